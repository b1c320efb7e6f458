"""Shares, taxes, pensions."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import US_STATES
from demo_data.strings import company, country, date, one_of
from demo_data.values import choice, flag, integer, number, several, year

TOOLS = (
    tool(
        "shares|markets|trading",
        "place|submit|enter",
        "share_order|trade_order|stock_trade",
        "Buy or sell shares of a company.|Enter an order for shares.",
        [
            arg("company|issuer|firm", "Name of the company", company),
            arg(
                "side|action|direction",
                "Whether to buy or sell",
                choice({"buy|BUY": "buy", "sell|SELL": "sell"}),
            ),
            arg("shares|quantity|units", "Number of shares", integer(5, 4000)),
            opt("limit|limit_price|price_limit", "Price limit in dollars for one share", number(2, 600, 2)),
        ],
        """
        I want to {side} {shares} shares of {company}[ with a limit of ${limit}].
        Enter an order to {side} {shares} {company} shares[, limit {limit} dollars].
        Please {side} {shares} units of {company} for me[ at ${limit} per share].
        For my portfolio, {side} {company} stock, {shares} shares[, price limit ${limit}].
        Place a trade: {side} {shares} shares in {company}[, limit price ${limit}].
        """,
        """
        Place two orders: {1.side} {1.shares} shares of {1.company} and {2.side} {2.shares} shares of {2.company}.
        """,
    ),
    tool(
        "shares|company_data|markets",
        "fetch|get|look_up",
        "dividend_history|past_dividends|dividend_record",
        "Dividends that a company paid in past years.|Past dividend payments of a company.",
        [
            arg("company|firm_name|organization", "Company name", company),
            arg("since|from_year|first_year", "First year to show", year(1990, 2015)),
            opt("until|to_year|last_year", "Last year to show", year(2016, 2025)),
            opt(
                "adjusted|inflation_adjusted|real_terms",
                "Whether to correct for inflation",
                flag("adjusted for inflation", "without adjusting for inflation"),
                False,
            ),
        ],
        """
        What dividends has {company} paid since {since}[, up to {until}][, {adjusted}]?
        Show the dividend record of {company} from {since}[ to {until}].
        Get {company}'s dividends starting in {since}[ and ending in {until}][, {adjusted}].
        Look up how much {company} paid its shareholders from {since} on[, {adjusted}].
        I'm curious about dividends at {company} beginning with {since}[ through {until}].
        """,
        """
        Get the dividend history since {since} for {1.company}, {2.company} and {3.company}.
        What has {1.company} paid in dividends since {1.since}, and {2.company} since {2.since}?
        """,
    ),
    tool(
        "tax|taxes|revenue_office",
        "estimate|assess|figure",
        "income_tax_due|owed_tax|tax_on_income",
        "Income tax that a person owes.|Estimate the tax on a yearly income.",
        [
            arg("income|gross_income|earnings", "Income of the year in dollars", integer(9000, 400000, 250)),
            arg("region|state_name|state", "State where the person lives", one_of(US_STATES)),
            opt(
                "filing|filing_status|household",
                "Filing status",
                choice(
                    {
                        "single|SINGLE": "single",
                        "married|MARRIED": "married",
                        "head|HEAD_OF_HOUSEHOLD": "head of household",
                    }
                ),
                "single",
            ),
            opt("children|dependents|kids", "Number of children", integer(2, 6), 0),
        ],
        """
        How much income tax is due on ${income} in {region}[ for a {filing} filer][ with {children} children]?
        Estimate the tax of a person in {region} who earned ${income}[, filing as {filing}][, {children} dependents].
        I live in {region} and made {income} dollars[, with {children} children]. What do I owe in taxes?
        Figure the tax on a gross income of ${income} in {region}[, status {filing}].
        With earnings of ${income} in {region}[ and {children} kids], what will the tax be?
        """,
        """
        Compare the tax on ${income} in {1.region} and in {2.region}.
        """,
    ),
    tool(
        "pension|retirement|planning",
        "plan|estimate|project",
        "pension_income|retirement_payout|old_age_income",
        "Monthly pension after a working life.|Estimate the pension that a worker will get.",
        [
            arg("start_age|working_since|first_job_age", "Age at the start of work", integer(16, 35)),
            arg("end_age|retire_at|retirement_age", "Age at retirement", integer(55, 72)),
            arg("salary|average_salary|mean_pay", "Average salary a year", integer(15000, 180000, 500)),
            opt("country|nation", "Country of the pension scheme", country),
        ],
        """
        What pension can I expect if I work from age {start_age} to {end_age} with an average salary of {salary}[ in {country}]?
        Estimate the pension of someone who started at {start_age}, retires at {end_age} and earns {salary} a year[ in {country}].
        My average pay is {salary}, I began working at {start_age} and will stop at {end_age}[, all in {country}]. Plan my pension.
        Project the old-age income: first job at {start_age}, retirement at {end_age}, mean salary {salary}[, country {country}].
        If a person retires at {end_age} after starting at {start_age} on {salary} a year, what monthly pension results?
        """,
    ),
    tool(
        "portfolio|invest|funds",
        "rebalance|split|divide",
        "fund_shares|fund_mix|holdings",
        "Split a sum over several funds.|Divide money between funds by weight.",
        [
            arg("total|sum_to_invest|cash", "Sum to split, in dollars", integer(1000, 250000, 500)),
            arg("funds|fund_names|targets", "Names of the funds", several(company, 2, 4)),
            opt(
                "strategy|mode|risk",
                "How to split it",
                choice({"equal|EQUAL": "equally", "cautious|CAUTIOUS": "cautiously", "bold|BOLD": "boldly"}),
                "equal",
            ),
            opt("from_day|start_on|effective", "First day", date(2025, 2026)),
        ],
        """
        Split ${total} over the funds {funds}[ {strategy}][, starting on {from_day}].
        Divide {total} dollars between {funds}[, {strategy}].
        I have ${total} to invest in {funds}[ from {from_day} on]. How should it be split?
        Put ${total} into {funds}[, divided {strategy}].
        Rebalance my {total} dollars across {funds}[, effective {from_day}].
        """,
    ),
    tool(
        "prices|inflation|economy",
        "adjust|restate|compare",
        "price_by_inflation|old_price|purchasing_power",
        "What an old price is worth in another year.|Correct a price for inflation.",
        [
            arg("price|value|amount", "Price to correct", number(1, 900, 2)),
            arg("base_year|from_year|year_then", "Year of the price", year(1920, 1995)),
            arg("target_year|to_year|year_now", "Year to express it in", year(1996, 2024)),
            opt("country|market|place", "Country", country),
        ],
        """
        What would ${price} from {base_year} be worth in {target_year}[ in {country}]?
        Something cost {price} dollars in {base_year}. What is that in {target_year} money[ in {country}]?
        Adjust a price of ${price} from {base_year} to {target_year}[, for {country}].
        How much money in {target_year} buys what ${price} bought in {base_year}[ in {country}]?
        Correct {price} for inflation between {base_year} and {target_year}[ using figures for {country}].
        """,
        """
        What is ${price} from {base_year} worth in {1.target_year} and in {2.target_year}?
        """,
    ),
)
