"""Recipes, food and restaurants."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import DISHES, INGREDIENTS
from demo_data.strings import city, clock, date, minutes, one_of, person
from demo_data.values import choice, flag, integer, number, record, several

DIETS = choice(
    {
        "vegan|VEGAN": "vegan",
        "vegetarian|VEGETARIAN": "vegetarian",
        "gluten_free|GLUTEN_FREE": "gluten-free",
        "low_carb|LOW_CARB": "low-carb",
        "dairy_free|DAIRY_FREE": "dairy-free",
    }
)
CUISINES = one_of(
    (
        "Greek",
        "Thai",
        "Indian",
        "Mexican",
        "Lebanese",
        "Korean",
        "Ethiopian",
        "Peruvian",
        "Spanish",
        "Turkish",
        "Vietnamese",
        "French",
        "Moroccan",
    )
)

TOOLS = (
    tool(
        "kitchen|pantry|cooking",
        "suggest|find|propose",
        "dishes_from_pantry|meals_by_ingredient|dish_ideas",
        "Dishes that use given ingredients.|Suggest meals from what is in the kitchen.",
        [
            arg(
                "ingredients|pantry_items|have|available",
                "Ingredients at hand",
                several(one_of(INGREDIENTS), 2, 5),
            ),
            opt("diet|dietary_rule|restriction", "Diet to keep to", DIETS),
            opt("max_time|time_limit|ready_within", "Longest cooking time", minutes()),
        ],
        """
        What can I cook with {ingredients}[ in {max_time}]?[ It has to be {diet}.]
        Suggest a[ {diet}] dish that uses {ingredients}[ and takes at most {max_time}].
        I have {ingredients} at home. Which meals could I make[ within {max_time}]?
        Find[ {diet}] meals with {ingredients}[, ready within {max_time}].
        My fridge holds {ingredients}. Propose something for dinner[ that is {diet}].
        """,
        """
        Suggest a dish with {1.ingredients}, and another one with {2.ingredients}.
        """,
    ),
    tool(
        "recipes|kitchen|cookbook",
        "scale|adjust|resize",
        "recipe_portions|recipe_servings|recipe_amounts",
        "Change a recipe to another number of portions.|Scale the amounts of a recipe.",
        [
            arg("dish|recipe_name|recipe", "Name of the dish", one_of(DISHES)),
            arg("servings|portions|people_to_feed", "Wanted number of portions", integer(2, 40)),
            opt(
                "original|base_portions|written_for",
                "Portions that the recipe is written for",
                integer(2, 8),
                4,
            ),
        ],
        """
        Scale my {dish} recipe to {servings} portions[; it is written for {original}].
        I'm cooking {dish} for {servings} people. Adjust the amounts[ from the {original} portions in the book].
        How much of everything do I need to make {dish} for {servings} guests?
        Resize the recipe for {dish} to {servings} servings[ from {original}].
        Adjust {dish} to feed {servings}[, the original serves {original}].
        """,
        """
        Scale the recipes for {1.dish} and {2.dish} to {servings} portions each.
        Adjust {1.dish} to {1.servings} servings and {2.dish} to {2.servings}.
        """,
    ),
    tool(
        "nutrition|food|diet",
        "get|read|look_up",
        "food_energy|nutrient_content|nutrient_values",
        "Nutrients in an amount of food.|Energy and nutrients of a food.",
        [
            arg("food|item|foodstuff", "Food to look up", one_of(INGREDIENTS)),
            arg("grams|weight_g|portion_grams", "Amount in grams", integer(10, 750, 5)),
            opt(
                "nutrient|component|only",
                "Single nutrient to report",
                choice(
                    {
                        "protein|PROTEIN": "protein",
                        "fat|FAT": "fat",
                        "fiber|FIBER": "fiber",
                        "sugar|SUGAR": "sugar",
                        "iron|IRON": "iron",
                    }
                ),
            ),
        ],
        """
        How much {nutrient} is in {grams} grams of {food}?
        What nutrients do {grams} g of {food} contain[, just the {nutrient}]?
        Look up the nutrition of {food}, {grams} grams[, only {nutrient}].
        I ate {grams} g of {food}. What did I take in[, in terms of {nutrient}]?
        Get the food values for {grams} grams of {food}.
        """,
        """
        How much {nutrient} do {1.grams} grams of {1.food} and {2.grams} grams of {2.food} contain?
        """,
    ),
    tool(
        "tables|dining|restaurants",
        "book|reserve|hold",
        "dinner_table|dining_spot|table_for_guests",
        "Book a table at a restaurant.|Reserve a table in a restaurant of some cuisine.",
        [
            arg("cuisine|kitchen_style|food_type", "Kind of cuisine", CUISINES),
            arg("city|location|town", "City of the restaurant", city),
            arg("party|guest_count|seats", "Number of guests", integer(2, 14)),
            arg("day|evening|reservation_date", "Day of the visit", date(2025, 2026)),
            opt("time|at|arrival_time", "Time of the visit", clock(), "19:00"),
            opt(
                "outside|terrace|outdoor_seating",
                "Whether to sit outside",
                flag("outside|on the terrace", "inside"),
            ),
        ],
        """
        Book a table for {party} at a {cuisine} restaurant in {city} on {day}[ at {time}][, {outside}].
        We are {party} people and fancy {cuisine} food in {city} on {day}[, {outside}]. Please reserve.
        Reserve {party} seats for {cuisine} food in {city}, date {day}[, time {time}].
        I want to eat {cuisine} in {city} on {day} with {party} guests in all[, {outside}].
        On {day}, I need a table for {party} in a {cuisine} place in {city}[, at {time}].
        """,
    ),
    tool(
        "baking|oven|kitchen",
        "convert|translate|change",
        "oven_heat|oven_setting|baking_temperature",
        "Convert an oven temperature.|Change a baking temperature to another scale.",
        [
            arg("degrees|temperature|heat", "Temperature to convert", integer(100, 500, 5)),
            arg(
                "scale|given_in|from_scale",
                "Scale of the given temperature",
                choice({"celsius|C": "Celsius|°C", "fahrenheit|F": "Fahrenheit|°F"}),
            ),
            opt(
                "fan|fan_oven|convection",
                "Whether the oven has a fan",
                flag("for a fan oven", "for an oven without fan"),
                False,
            ),
        ],
        """
        My recipe says {degrees} {scale}. What is that on the other scale[ {fan}]?
        Convert an oven temperature of {degrees} {scale}[ {fan}].
        Change {degrees} {scale} to the other oven scale[, {fan}].
        The cake needs {degrees} {scale}; which setting is that[ {fan}]?
        Translate the baking temperature {degrees} {scale}[ {fan}].
        """,
        """
        Convert {1.degrees} and {2.degrees} {scale} for my oven.
        """,
    ),
    tool(
        "orders|delivery|takeaway",
        "place|send|submit",
        "food_order|takeaway_order|meal_order",
        "Order food to be delivered.|Send a food order to a kitchen.",
        [
            arg(
                "customer|client|contact",
                "Who orders",
                record(arg("name|full_name", "Name", person), arg("city|town", "City of delivery", city)),
            ),
            arg("meal|dish_name|dish", "Dish to order", one_of(DISHES)),
            arg("portions|quantity|count", "Number of portions", integer(2, 15)),
            opt(
                "spicy|hot|extra_spicy",
                "Whether to make it spicy",
                flag("make it spicy|extra spicy please", "not spicy please"),
            ),
            opt("tip|gratuity|tip_amount", "Tip in dollars", number(1, 12)),
        ],
        """
        Order {portions} portions of {meal} for {customer.name} in {customer.city}[, {spicy}].
        {customer.name} from {customer.city} would like {portions} portions of {meal}[ and tips ${tip}].
        Please send {portions} servings of {meal} to {customer.name} in {customer.city}[, with a tip of ${tip}][, {spicy}].
        I'm {customer.name}, living in {customer.city}. Bring me {portions} portions of {meal}[, {spicy}].
        Place an order: {portions} x {meal}, name {customer.name}, city {customer.city}[, tip ${tip}].
        """,
    ),
)
