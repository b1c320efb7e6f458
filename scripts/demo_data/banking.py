"""Loans, savings, money."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.strings import code, currency, date, person
from demo_data.values import choice, flag, integer, number, percent

TOOLS = (
    tool(
        "loans|credit|lending",
        "work_out|quote|get",
        "loan_instalment|monthly_repayment|repayment_rate",
        "Monthly payment of a loan.|What a borrower pays back each month.",
        [
            arg(
                "amount|principal_sum|borrowed",
                "Sum borrowed, in dollars|Loan sum in dollars",
                integer(2000, 900000, 500),
            ),
            arg("rate|yearly_rate|interest", "Yearly interest", percent(1, 14)),
            arg(
                "years|term_years|duration",
                "Years until it is paid back|Length of the loan in years",
                integer(2, 35),
            ),
            opt(
                "fees|with_fees|add_fees",
                "Whether to add bank fees",
                flag("including fees|with all fees", "without fees|leaving fees out"),
                False,
            ),
        ],
        """
        What would I pay each month on a loan of ${amount} at {rate} over {years} years[, {fees}]?
        Work out the monthly payment if someone borrows ${amount} for {years} years at {rate} interest[, {fees}].
        Quote the repayment for a {years}-year loan of ${amount} with a rate of {rate}.
        We plan to borrow {amount} dollars and pay it back over {years} years. The bank asks {rate}. What is due each month?
        Get the instalment of a loan: sum {amount}, interest {rate}, term {years} years[, {fees}].
        At {rate} a year, how much is each payment when ${amount} is paid back in {years} years?
        """,
        """
        Compare the payments on ${amount} over {years} years at {1.rate} and at {2.rate}.
        """,
    ),
    tool(
        "savings|deposits|bank",
        "project|forecast|grow",
        "savings_balance|saved_sum|future_savings",
        "Balance of a savings plan in the future.|How a regular deposit grows with interest.",
        [
            arg("deposit|monthly_deposit|saved_per_month", "Sum saved each month", integer(20, 2500, 5)),
            arg("rate|growth_rate|annual_yield", "Interest a year", percent(0.5, 9)),
            arg("months|period_months|n_months", "Number of months", integer(6, 240)),
            opt(
                "start_balance|opening_sum|initial",
                "Sum in the account at the start",
                integer(100, 50000, 50),
                0,
            ),
        ],
        """
        How much will I have after {months} months if I save ${deposit} a month at {rate}[ and start with ${start_balance}]?
        Project my savings: {deposit} dollars monthly, {rate} interest, {months} months[, opening balance ${start_balance}].
        Saving ${deposit} every month with a yield of {rate}, where do I stand after {months} months?
        Forecast the balance of a plan with ${deposit} per month for {months} months at {rate} a year[ and ${start_balance} to begin with].
        My account has {rate} interest[ and holds ${start_balance} now]. What happens if I add ${deposit} monthly for {months} months?
        """,
    ),
    tool(
        "money|exchange|fx",
        "exchange|swap|change",
        "cash|travel_money|notes",
        "Exchange cash into another currency.|What travel money is worth in another currency.",
        [
            arg("amount|sum|cash_amount", "Amount of money", number(10, 9000, 2)),
            arg("source|sold_currency|have", "Currency to give, three-letter code", currency),
            arg("target|bought_currency|want", "Currency to receive, three-letter code", currency),
            opt("on|rate_date|day", "Day of the exchange rate", date()),
        ],
        """
        How many {target} do I get for {amount} {source}[ at the rate of {on}]?
        Exchange {amount} {source} into {target}[, using the rate from {on}].
        I have {amount} {source} left and need {target}. What is it worth[ on {on}]?
        Swap {amount} {source} for {target}.
        Take {amount} in {source} and turn it into {target}[ with the exchange rate of {on}].
        What are {amount} {source} in {target}[, by the {on} rate]?
        """,
        """
        Exchange {1.amount} {1.source} into {1.target} and {2.amount} {2.source} into {2.target}.
        How much is {amount} {source} in {1.target} and in {2.target}?
        """,
    ),
    tool(
        "bank|transfers|payments",
        "send|make|order",
        "bank_transfer|money_transfer|payment_order",
        "Send money from one account to another.|Order a payment to somebody.",
        [
            arg(
                "recipient|payee|to_name",
                "Name of the person who is paid|Person who receives the money",
                person,
            ),
            arg("account|iban|to_account", "Account number of the receiver", code("AA99 9999 9999")),
            arg("amount|value_eur|sum", "Amount in euros", number(5, 4000, 2)),
            opt("reference|note|purpose", "Text on the statement", code("INV-9999")),
            opt("when|execution_day|pay_on", "Day of the payment", date()),
        ],
        """
        Send {amount} euros to {recipient}, account {account}[, with the note {reference}][, on {when}].
        Transfer {amount} EUR to account {account} of {recipient}[ on {when}].
        I owe {recipient} {amount} euros, please pay it to {account}[ with reference {reference}].
        Order a payment: {recipient}, {account}, {amount} euros[, reference {reference}][, date {when}].
        Can you pay {recipient} {amount} euros to the account {account}[ and write {reference} on it]?
        """,
        """
        Pay {1.amount} euros to {1.recipient} at {1.account} and {2.amount} euros to {2.recipient} at {2.account}.
        """,
    ),
    tool(
        "cards|bank|wallet",
        "block|freeze|lock",
        "lost_card|payment_card|bank_card",
        "Block a payment card.|Stop a card that was lost or stolen.",
        [
            arg("card_ending|last_digits|card_number_end", "Last four digits of the card", code("9999")),
            arg(
                "reason|cause|why",
                "Reason for it",
                choice(
                    {
                        "lost|LOST": "I lost it|it is lost",
                        "stolen|STOLEN": "it was stolen|somebody stole it",
                        "damaged|DAMAGED": "it is damaged",
                    }
                ),
            ),
            opt(
                "replace|send_new|order_replacement",
                "Whether to send a new card",
                flag("send me a new one", "do not send a new one"),
            ),
        ],
        """
        Block my card ending in {card_ending}, {reason}[, and {replace}].
        My card with the last digits {card_ending} must be frozen because {reason}[. Please {replace}].
        Please lock the card {card_ending} right away since {reason}.
        Freeze the card that ends in {card_ending} because {reason}[ and {replace}].
        I need the card ending {card_ending} to be stopped, {reason}[; {replace}].
        """,
    ),
)
