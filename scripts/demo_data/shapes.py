"""Shapes, sums and sequences."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.values import choice, flag, integer, number, several

UNIT = choice({"cm|centimeters": "cm|centimeters", "m|meters": "m|meters", "ft|feet": "feet|ft", "in|inches": "inches"})

TOOLS = (
    tool(
        "shapes|solids|geo",
        "measure|work_out|get",
        "torus_volume|ring_volume|donut_volume",
        "Volume of a torus from its two radii.|Work out how much space a ring-shaped solid fills.",
        [
            arg(
                "outer|major_radius|big_radius",
                "Radius from the center to the middle of the tube",
                integer(5, 90),
            ),
            arg(
                "tube|minor_radius|tube_radius",
                "Radius of the tube|Half the thickness of the ring",
                integer(1, 5),
            ),
            opt("unit|length_unit|measured_in", "Unit of both lengths", UNIT, "cm"),
        ],
        """
        How much space does a torus fill if its major radius is {outer} and its tube radius is {tube}[, all in {unit}]?
        Work out the volume of a ring with outer radius {outer} and tube radius {tube}[, both in {unit}].
        Find the volume of a torus, R = {outer} and r = {tube}[, measured in {unit}].
        A donut has a big radius of {outer} and a tube of radius {tube}[, in {unit}]. What is its volume?
        Given a big radius of {outer} and a small radius of {tube}, get the volume of the torus[ using {unit}].
        With a minor radius of {tube} and a major radius of {outer}, what volume does the torus have[ in {unit}]?
        """,
        """
        Compare the volumes of two rings: radius {1.outer} with tube {1.tube}, and radius {2.outer} with tube {2.tube}.
        Find the volume of a torus with R={1.outer}, r={1.tube} and of another one with R={2.outer}, r={2.tube}.
        """,
    ),
    tool(
        "plane|shapes|flat_shapes",
        "find|compute|determine",
        "trapezoid_area|trapezium_surface|trapezoid_size",
        "Area of a trapezoid from its parallel sides and height.|Compute the surface of a trapezium.",
        [
            arg(
                "a|top_side|side_a",
                "Length of the first parallel side|One of the parallel sides",
                integer(3, 60),
            ),
            arg(
                "b|bottom_side|side_b",
                "Length of the second parallel side|The other parallel side",
                integer(4, 95),
            ),
            arg("h|height|altitude", "Distance between the parallel sides", number(1.5, 40)),
            opt("digits|round_to|precision", "Decimal places of the result", integer(0, 5), 2),
        ],
        """
        What's the area of a trapezoid whose parallel sides are {a} and {b} and whose height is {h}?
        Find the surface of a trapezium with a={a}, b={b} and height {h}[, rounded to {digits} decimal places].
        Compute the area of a trapezoid: sides {a} and {b}, height {h}[, precision {digits}].
        My garden bed is a trapezoid, {a} feet on one side, {b} on the other and {h} deep. How large is it?
        For a trapezoid of height {h}, parallel sides {a} and {b}, give the area[ to {digits} decimals].
        I need the area of a trapezoid that is {h} high with parallel sides of {a} and {b}.
        """,
        """
        Give me the areas of two trapezoids of height {h}: one with sides {1.a} and {1.b}, one with {2.a} and {2.b}.
        """,
    ),
    tool(
        "polygons|shapes|angles",
        "get|calc|tell",
        "interior_angle|corner_angle|regular_polygon_angle",
        "Interior angle of a regular polygon.|Angle at each corner of a regular polygon.",
        [
            arg("sides|n_sides|edges", "Number of sides|How many sides the polygon has", integer(3, 40)),
            opt(
                "in_radians|radians|use_radians",
                "Whether to answer in radians",
                flag("in radians", "in degrees"),
                False,
            ),
        ],
        """
        What is each corner angle of a regular polygon with {sides} sides[, {in_radians}]?
        Tell me the interior angle of a regular {sides}-sided polygon[ {in_radians}].
        How big are the angles in a regular shape that has {sides} edges[, expressed {in_radians}]?
        Calculate the angle at every corner of a regular polygon of {sides} sides[ and give it {in_radians}].
        A regular polygon has {sides} sides. Find its interior angle[ {in_radians}].
        """,
        """
        What are the interior angles of regular polygons with {1.sides} and with {2.sides} sides?
        Find the corner angle for {1.sides}, {2.sides} and {3.sides} sides.
        """,
    ),
    tool(
        "sequences|series|numbers",
        "sum|add_up|total",
        "arithmetic_series|even_steps|step_sequence",
        "Sum of an arithmetic sequence.|Add up a sequence whose terms grow by equal steps.",
        [
            arg("first|start|initial_term", "First term of the sequence", integer(-40, 90)),
            arg("step|difference|increment", "Difference between neighboring terms", integer(-9, 15)),
            arg("terms|count|n_terms", "Number of terms", integer(4, 120)),
        ],
        """
        Add up {terms} terms of the arithmetic sequence that starts at {first} with a step of {step}.
        What is the sum of an arithmetic series with first term {first}, common difference {step} and {terms} terms?
        Starting from {first} and adding {step} each time, what do the first {terms} terms sum to?
        Total the arithmetic sequence: first = {first}, difference = {step}, n = {terms}.
        Sum an arithmetic sequence of {terms} terms, beginning at {first} and changing by {step}.
        """,
        """
        Sum two sequences of {terms} terms: one starting at {1.first} with step {1.step}, the other at {2.first} with step {2.step}.
        """,
    ),
    tool(
        "numbers|lists|arrays",
        "pick|find|select",
        "nth_largest|kth_biggest|ranked_value",
        "The k-th largest number of a list.|Find the number at a given rank in a list.",
        [
            arg(
                "values|numbers|data",
                "List of whole numbers to look at|Numbers to rank",
                several(integer(-50, 400), 4, 7),
            ),
            arg("k|rank|position", "Rank of the wanted number, 1 for the largest", integer(2, 4)),
            opt(
                "distinct|unique_only|ignore_repeats",
                "Whether equal numbers count once",
                flag("counting repeats once", "counting repeats"),
                False,
            ),
        ],
        """
        In the list {values}, which number has rank {k}[, {distinct}]?
        Given the numbers {values}, find the one with rank {k} from the top[, {distinct}].
        Pick the value at rank {k} among {values}.
        Here are some scores: {values}. Which one is at position {k} from the top?
        Find the number ranked {k} in {values}[ while {distinct}].
        """,
        """
        From the list {values}, give me both the number at rank {1.k} and the one at rank {2.k}.
        """,
    ),
    tool(
        "numbers|integers|digits",
        "convert|change|translate",
        "number_base|radix|base_notation",
        "Write a number in another base.|Convert a whole number to a different number base.",
        [
            arg("value|number|decimal_number", "Whole number in base ten", integer(10, 90000)),
            arg("base|target_base|to_base", "Base to write it in", integer(2, 16)),
            opt(
                "uppercase|capital_letters",
                "Whether letters are capitals",
                flag("with capital letters", "with small letters"),
            ),
        ],
        """
        How is {value} written in base {base}[ {uppercase}]?
        Convert the number {value} to base {base}[, {uppercase}].
        Write {value} in base {base} notation.
        I have the decimal number {value} and need it in base {base}[ {uppercase}].
        What does {value} look like when you change it to base {base}?
        Translate {value} from decimal into base {base}.
        """,
        """
        Convert {1.value} to base {1.base} and {2.value} to base {2.base}.
        Write {value} in base {1.base}, in base {2.base} and in base {3.base}.
        """,
    ),
)
