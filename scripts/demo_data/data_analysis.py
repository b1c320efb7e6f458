"""Samples, charts and tables."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.strings import company, one_of
from demo_data.values import choice, flag, integer, number, percent, several

COLUMNS = one_of(
    (
        "price",
        "revenue",
        "age",
        "height",
        "weight",
        "score",
        "salary",
        "distance",
        "duration",
        "rating",
        "quantity",
        "temperature",
        "income",
    )
)
TABLES = one_of(
    (
        "orders",
        "patients",
        "sales",
        "survey",
        "students",
        "deliveries",
        "invoices",
        "runners",
        "tickets",
        "flights",
    )
)

TOOLS = (
    tool(
        "sampling|survey|stats",
        "estimate|plan|get",
        "sample_size|needed_respondents|survey_size",
        "Number of people to ask in a survey.|How many answers a poll needs for a margin of error.",
        [
            arg("population|group_size|people", "Size of the whole group", integer(500, 900000, 50)),
            arg("margin|error_margin|tolerance", "Margin of error", percent(1, 9, 0)),
            opt("confidence|confidence_level|certainty", "Confidence level", percent(80, 99, 0), 95),
        ],
        """
        How many people must I ask out of {population} for a margin of error of {margin}[ at {confidence} confidence]?
        Plan a survey of a town with {population} residents; the error should stay within {margin}[, confidence {confidence}].
        Estimate the sample size for a population of {population} and an error margin of {margin}[ with {confidence} confidence].
        We have {population} customers and accept an error of {margin}[ and want {confidence} certainty]. How large a sample is needed?
        Work out how many respondents give a {margin} margin of error in a group of {population}[ at the {confidence} level].
        With a margin of {margin}, what sample do I need from {population} members[ to be {confidence} sure]?
        """,
    ),
    tool(
        "stats|describe|summary",
        "compute|get|find",
        "trimmed_mean|robust_average|cut_average",
        "Mean of a list after cutting off its extremes.|Average that ignores the smallest and largest values.",
        [
            arg(
                "values|observations|sample",
                "Numbers to average|Measured values",
                several(number(0.5, 80), 4, 7),
            ),
            opt("cut|trim_share|dropped", "Share cut off at each end", percent(5, 30, 0), 10),
        ],
        """
        What is the trimmed mean of {values}[ if {cut} is cut off at each end]?
        Find the robust average of these values: {values}[, trimming {cut} at both ends].
        Compute the mean of {values} without the extremes[, dropping {cut} on each side].
        I measured {values}. Give me the average without the outliers[, cutting {cut} off each end].
        Get a trimmed average for the data {values}[ with a cut of {cut}].
        """,
        """
        Give me the trimmed means of two samples, {1.values}, and {2.values}.
        """,
    ),
    tool(
        "charts|plots|figures",
        "draw|make|create",
        "bar_chart|column_plot|bars",
        "Draw a bar chart of labeled values.|Make a chart with one bar a label.",
        [
            arg("labels|categories|names", "Name of each bar", several(company, 3, 3)),
            arg(
                "heights|amounts|bar_values",
                "Value of each bar, in the order of the names",
                several(integer(5, 900), 3, 3),
            ),
            opt(
                "title|heading|caption",
                "Heading above the chart",
                one_of(("Yearly", "Monthly", "Regional"), ("Sales", "Costs", "Profit", "Orders")),
            ),
            opt(
                "horizontal|sideways",
                "Whether the bars lie down",
                flag("with horizontal bars", "with upright bars"),
                False,
            ),
        ],
        """
        Draw a bar chart for {labels} using the values {heights}[, titled {title}].
        Make a chart with bars named {labels} and heights {heights}[, {horizontal}].
        Plot {heights} as bars labeled {labels}[ under the heading {title}][, {horizontal}].
        I need a bar chart of {labels}, whose numbers are {heights}[, and call it {title}].
        Create bars for {labels}. The values are {heights}.
        """,
    ),
    tool(
        "tables|dataset|frames",
        "group|aggregate|summarize",
        "column_by_group|table_column|grouped_column",
        "Summarize one column of a table for each group.|Aggregate a column by another column.",
        [
            arg("table|dataset_name|source_table", "Name of the table", TABLES),
            arg("column|measure|value_column", "Column to summarize", COLUMNS),
            arg(
                "by|group_column|grouped_by",
                "Column that forms the groups",
                one_of(("region", "gender", "month", "city", "department", "category")),
            ),
            opt(
                "how|statistic|aggregate",
                "Statistic to use",
                choice(
                    {
                        "mean|average": "mean|average",
                        "sum|total": "sum|total",
                        "max|maximum": "maximum",
                        "min|minimum": "minimum",
                    }
                ),
            ),
        ],
        """
        Summarize the {column} column of the {table} table by {by}[, using the {how}].
        For each {by}, aggregate {column} in {table}[ and take the {how}].
        In the table {table}, how does {column} vary by {by}?[ Use the {how} for each group.]
        Group {table} by {by} and summarize {column}[ with the {how}].
        Take the {table} data, split it by {by} and report {column}[ as a {how}].
        """,
        """
        From the {table} table, summarize {1.column} by {1.by} and {2.column} by {2.by}.
        """,
    ),
    tool(
        "probability|chance|odds",
        "get|compute|evaluate",
        "dice_total_chance|dice_sum_odds|throw_probability",
        "Chance that dice add up to a total.|Probability of a total when several dice are thrown.",
        [
            arg("dice|n_dice|dice_count", "Number of dice", integer(2, 8)),
            arg("total|target|wanted_sum", "Total to reach", integer(7, 30)),
            opt("faces|sides_per_die|die_faces", "Faces of each die", integer(4, 20, 2), 6),
        ],
        """
        How likely is it to throw a total of {total} with {dice} dice[ that have {faces} faces each]?
        Compute the probability that {dice} dice add up to {total}[, each with {faces} sides].
        If I throw {dice} dice[ with {faces} faces], what is the chance of getting {total}?
        Get the odds of a sum of {total} from {dice} dice.
        A game needs a total of {total} on {dice} dice[, {faces}-sided ones]. What are the chances?
        """,
        """
        What are the chances of throwing {1.total} and of throwing {2.total} with {dice} dice?
        """,
    ),
)
