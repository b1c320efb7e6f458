"""Shops, orders and prices."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import PRODUCTS
from demo_data.strings import city, code, company, country, date, one_of, person, street
from demo_data.values import choice, flag, integer, number, percent, record, several

COLORS = one_of(
    (
        "black",
        "white",
        "red",
        "navy blue",
        "green",
        "yellow",
        "gray",
        "purple",
        "orange",
        "beige",
        "pink",
        "silver",
    )
)

TOOLS = (
    tool(
        "store|shop|catalog",
        "search|browse|find",
        "products|articles|goods",
        "Search the shop for a product.|Find articles by name, color and price.",
        [
            arg("product|article|query|search_term", "What to look for", one_of(PRODUCTS)),
            opt("color|colour|shade", "Wanted color", COLORS),
            opt("max_price|price_limit|up_to", "Highest price in dollars", number(8, 400, 2)),
            opt(
                "sort|order_by|sorted_by",
                "Order of the results",
                choice({"price|PRICE": "price", "rating|RATING": "rating", "newest|NEWEST": "newest first"}),
                "rating",
            ),
            opt(
                "in_stock|available_only|only_available",
                "Whether to hide sold-out articles",
                flag("in stock only|only what is in stock", ""),
            ),
        ],
        """
        Find me a {color} {product} for at most ${max_price}.
        I'm looking for a {product}[ under {max_price} dollars][, sorted by {sort}].
        Search the shop for a {product}[ in {color}][, {in_stock}].
        Which {product} can I get[ in {color}][ for less than ${max_price}]?
        Show me a {product} in {color}[, ordered by {sort}][, {in_stock}].
        My old {product} broke. Find a new one[ that costs no more than ${max_price}][ in {color}].
        """,
        """
        Search for a {1.product} and for a {2.product}[, both in {color}].
        Find a {1.color} {1.product} and a {2.color} {2.product}.
        """,
    ),
    tool(
        "cart|basket|shop",
        "add|put|place",
        "cart_item|basket_article|item_in_basket",
        "Put an article into the shopping cart.|Add a number of pieces to the basket.",
        [
            arg("article_id|sku|item_code", "Article code", code("AA-9999")),
            arg("pieces|quantity|amount", "Number of pieces", integer(2, 60)),
            opt(
                "gift|gift_wrap|wrap_as_gift",
                "Whether to wrap it as a gift",
                flag("wrapped as a gift", "without gift wrap"),
                False,
            ),
            opt("voucher|coupon|discount_code", "Discount code", code("AAAA99")),
        ],
        """
        Put {pieces} pieces of {article_id} into my cart[, {gift}][, voucher {voucher}].
        Add {pieces} of article {article_id}[ {gift}][ and use the code {voucher}].
        I'd like {pieces} units of {article_id}[, {gift}].
        Please place item {article_id} in the basket, quantity {pieces}[, coupon {voucher}].
        Add the product with code {article_id} to my basket, {pieces} times[, {gift}].
        """,
        """
        Put {1.pieces} of {1.article_id} and {2.pieces} of {2.article_id} into my cart.
        Add {1.pieces} pieces of {1.article_id}, {2.pieces} of {2.article_id} and {3.pieces} of {3.article_id}.
        """,
    ),
    tool(
        "orders|delivery|shipping",
        "track|locate|trace",
        "parcel|shipment|package",
        "Where a parcel is now.|Follow a shipment by its number.",
        [
            arg("tracking_id|parcel_number|shipment_code", "Number of the parcel", code("AA999999")),
            opt("carrier|shipper|delivery_firm", "Firm that delivers it", company),
            opt(
                "history|all_steps|full_log",
                "Whether to show all past steps",
                flag("with its full history", "just the current place"),
            ),
        ],
        """
        Where is my parcel {tracking_id}[, sent with {carrier}]?
        Track the shipment {tracking_id}[ handled by {carrier}][, {history}].
        I'm still waiting for package {tracking_id}[ from {carrier}]. Where is it?
        Locate parcel number {tracking_id}[, {history}].
        Trace {tracking_id} for me[ {history}].
        """,
        """
        Where are my parcels {1.tracking_id} and {2.tracking_id}?
        Track the shipments {1.tracking_id}, {2.tracking_id} and {3.tracking_id}[, all sent with {carrier}].
        """,
    ),
    tool(
        "orders|returns|service",
        "start|open|register",
        "product_return|refund_case|return_request",
        "Send back an article and get the money.|Open a return for an order.",
        [
            arg("order|order_number|purchase_id", "Number of the order", code("99999")),
            arg("articles|items|returned_items", "Articles to send back", several(one_of(PRODUCTS), 1, 3)),
            arg(
                "reason|cause|return_reason",
                "Reason of the return",
                choice(
                    {
                        "damaged|broken": "it arrived damaged|it is broken",
                        "too_small|size": "it is too small",
                        "wrong_item|mixup": "it is the wrong item",
                        "not_needed|changed_mind": "I do not need it anymore",
                    }
                ),
            ),
            opt(
                "exchange|swap|replace",
                "Whether to exchange instead of a refund",
                flag("I'd like an exchange", "I'd like my money back"),
            ),
        ],
        """
        I want to return the {articles} of order {order} because {reason}[. {exchange}].
        Open a return for order {order}: {articles}, since {reason}[, and {exchange}].
        From order {order}, the {articles} must go back since {reason}.
        Register a return. Order number {order}, items: {articles}, reason: {reason}[. {exchange}].
        Can I send back the {articles} from my order {order}? The reason is that {reason}.
        """,
    ),
    tool(
        "prices|checkout|sales",
        "apply|compute|work_out",
        "rebate|price_cut|reduced_price",
        "Price after a discount.|Work out a reduced price.",
        [
            arg("price|list_price|original", "Price before the discount", number(3, 1500, 2)),
            arg("discount|rebate_rate|cut", "Discount", percent(3, 70, 0)),
            opt("tax|sales_tax|vat", "Tax to add", percent(4, 25)),
            opt(
                "round_up|whole_dollars|rounded",
                "Whether to round to whole dollars",
                flag("rounded to whole dollars", "without rounding"),
            ),
        ],
        """
        What does a ${price} article cost after a {discount} discount[ and {tax} tax][, {round_up}]?
        Take {discount} off a price of {price} dollars[ and add {tax} tax].
        Compute the sale price: list price {price}, discount {discount}[, tax {tax}].
        A jacket costs ${price} and is reduced by {discount}[, plus {tax} tax]. What do I pay?
        If something at ${price} is {discount} off, how much is it[ with {tax} tax][, {round_up}]?
        """,
        """
        What do articles at ${1.price} and ${2.price} cost with {discount} off?
        """,
    ),
    tool(
        "shipping|post|freight",
        "quote|price|estimate",
        "parcel_postage|shipping_fee|postage",
        "Cost of sending a parcel.|Postage by weight and country.",
        [
            arg("weight|parcel_weight|kilograms", "Weight of the parcel in kilograms", number(0.3, 30)),
            arg("to_country|destination|country", "Country to send it to", country),
            opt(
                "express|fast|priority",
                "Whether to send it by express",
                flag("by express", "by standard mail"),
                False,
            ),
            opt("insured_value|insure_for|value", "Value to insure, in dollars", integer(50, 5000, 10)),
        ],
        """
        What does it cost to send {weight} kg to {to_country}[ {express}][, insured for ${insured_value}]?
        Quote the postage of a parcel of {weight} kilograms to {to_country}[, {express}].
        I want to ship a box to {to_country}, it weighs {weight} kg[ and should be insured for {insured_value} dollars].
        Estimate the fee for a {weight} kg package going to {to_country}[ {express}].
        How expensive is a parcel to {to_country} that weighs {weight} kg[, sent {express}]?
        """,
        """
        Compare the postage of {weight} kg to {1.to_country}, {2.to_country} and {3.to_country}.
        """,
    ),
    tool(
        "accounts|customers|profile",
        "change|update|set",
        "delivery_address|home_address|postal_address",
        "Change where orders are sent.|Store a new address of a customer.",
        [
            arg("customer|client_name|name", "Name of the customer", person),
            arg(
                "address|new_address|location",
                "New address",
                record(
                    arg("street|street_line", "Street and number", street),
                    arg("city|town", "City", city),
                    arg("postcode|zip_code", "Postal code", code("99999")),
                ),
            ),
            opt("valid_from|starting|effective_date", "First day of the new address", date(2025, 2026)),
        ],
        """
        {customer} has moved to {address.street}, {address.postcode} {address.city}. Update the address[ from {valid_from} on].
        Change the delivery address of {customer} to {address.street} in {address.city}, postcode {address.postcode}[, as of {valid_from}].
        I'm {customer} and my new address is {address.street}, {address.city} {address.postcode}[, valid from {valid_from}].
        Set a new address for {customer}: {address.street}, {address.postcode}, {address.city}.
        For customer {customer}, store the address {address.street}, {address.city}, zip {address.postcode}[, starting {valid_from}].
        """,
    ),
)
