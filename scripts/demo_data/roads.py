"""Driving, parking and city traffic."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import LANDMARKS
from demo_data.strings import city, clock, code, one_of, street, weekday
from demo_data.values import choice, flag, integer, number, several

TOOLS = (
    tool(
        "routes|navigation|maps",
        "plan|find|compute",
        "driving_way|car_route|road_route",
        "Way to drive between two cities.|Plan a drive by car.",
        [
            arg("start|from_city|departure", "City where the drive starts", city),
            arg("finish|to_city|arrival", "City where the drive ends", city),
            opt(
                "avoid|avoiding|exclude",
                "Road types to avoid",
                several(
                    choice(
                        {
                            "tolls|toll_roads": "toll roads",
                            "ferries|ferry": "ferries",
                            "highways|motorways": "highways",
                        }
                    ),
                    1,
                    2,
                ),
            ),
            opt(
                "prefer|route_type|optimize_for",
                "What matters most",
                choice({"fastest|FAST": "fastest", "shortest|SHORT": "shortest", "scenic|SCENIC": "most scenic"}),
                "fastest",
            ),
        ],
        """
        How do I drive from {start} to {finish}[ avoiding {avoid}]?
        Find the {prefer} way by car from {start} to {finish}[ without {avoid}].
        Plan a drive to {finish}, starting in {start}[, and avoid {avoid}].
        We drive from {start} to {finish} and want the {prefer} route[, no {avoid}].
        What is the best road from {start} to {finish}[ if I avoid {avoid}]?
        Give me a[ {prefer}] car route between {start} and {finish}.
        """,
        """
        Plan the drive from {1.start} to {1.finish} and the one from {2.start} to {2.finish}.
        """,
    ),
    tool(
        "parking|garage|city_parking",
        "find|search|locate",
        "parking_space|car_park|free_parking_spot",
        "Find a place to park near a sight.|Search for free parking spaces.",
        [
            arg("near|landmark|close_to", "Place to park close to", one_of(LANDMARKS)),
            arg("city|town_name|municipality", "City", city),
            arg("hours|duration_hours|for_hours", "Hours of parking", integer(2, 12)),
            opt(
                "covered|indoor|under_roof",
                "Whether the space must have a roof",
                flag("under a roof", "in the open"),
            ),
            opt("max_price|price_cap|hourly_limit", "Highest price an hour", number(1, 9)),
        ],
        """
        Where can I park near {near} in {city} for {hours} hours[, {covered}]?
        Find parking for {hours} hours close to {near} in {city}[ at no more than ${max_price} an hour].
        I'm visiting {near} in {city} and need {hours} hours of parking[, {covered}].
        Search a parking space in {city} by {near}, {hours} hours[, at most ${max_price} per hour].
        Locate a spot for my car near {near}, {city}, for {hours} hours[ {covered}].
        """,
        """
        Find {hours} hours of parking in {city} near {1.near} and near {2.near}.
        """,
    ),
    tool(
        "vehicle|car|motoring",
        "compute|get|figure_out",
        "trip_fuel_cost|gas_expense|petrol_price",
        "Cost of the fuel for a drive.|What a drive costs in fuel.",
        [
            arg("distance|kilometers|trip_km", "Length of the drive in kilometers", integer(20, 2400)),
            arg("consumption|liters_per_100km|usage", "Liters of fuel for 100 km", number(3.5, 14)),
            arg("price|price_per_liter|fuel_price", "Price of a liter of fuel", number(1.1, 2.4, 2)),
            opt(
                "return_trip|both_ways|round_trip",
                "Whether to count the way back",
                flag("there and back|including the way back", "one way"),
                False,
            ),
        ],
        """
        What does the fuel cost for {distance} km at {consumption} liters per 100 km and {price} a liter[, {return_trip}]?
        Figure out the gas cost: {distance} kilometers, consumption {consumption}, price {price} per liter[, {return_trip}].
        My car uses {consumption} liters per 100 km and fuel is {price} per liter. What will {distance} km cost me[, {return_trip}]?
        Get the fuel cost of a {distance} km drive when a liter costs {price} and the car needs {consumption} liters per 100 km.
        If fuel costs {price} and I burn {consumption} l/100km, how expensive is a drive of {distance} km[ {return_trip}]?
        """,
        """
        At {price} a liter and {consumption} l/100km, what do {1.distance} km and {2.distance} km cost in fuel?
        """,
    ),
    tool(
        "transit|bus|city_transport",
        "list|get|show",
        "next_departures|stop_departures|upcoming_buses",
        "Next buses or trams at a stop.|Departures from a public transport stop.",
        [
            arg("stop|station_name|halt", "Street or name of the stop", street),
            arg("line|route_number|service", "Line, such as M42", code("A99")),
            opt("count|how_many|limit", "Number of departures", integer(2, 12), 3),
            opt("day|weekday|on_day", "Day of the week", weekday),
        ],
        """
        When does line {line} leave from the stop {stop}[ on {day}]?
        Show the next[ {count}] departures of {line} at {stop}.
        I'm waiting at {stop} for the {line}. When does it come?[ Show me {count} departures.]
        List[ {count}] buses of line {line} from {stop}[ for {day}].
        Get departures at {stop}, line {line}[, {count} of them][, for {day}].
        """,
        """
        When do the lines {1.line} and {2.line} leave from {stop}?
        """,
    ),
    tool(
        "traffic|roads|congestion",
        "report|file|send",
        "road_incident|traffic_problem|road_hazard",
        "Report a problem on a road.|Tell the traffic office about a hazard.",
        [
            arg("street|road|address", "Street with its number", street),
            arg(
                "kind|incident_type|hazard",
                "Type of the problem",
                choice(
                    {
                        "accident|crash": "an accident",
                        "pothole|road_damage": "a pothole",
                        "fallen_tree|tree": "a fallen tree",
                        "flooding|water": "flooding",
                    }
                ),
            ),
            opt("seen_at|time_seen|at_time", "Time when it was seen", clock()),
            opt("blocked_lanes|lanes_blocked|lanes", "Number of blocked lanes", integer(2, 4)),
        ],
        """
        Report {kind} at {street}[, seen at {seen_at}][; {blocked_lanes} lanes are blocked].
        There is {kind} at {street}[ and {blocked_lanes} lanes are blocked]. Please tell the traffic office.
        Send a notice about {kind} near {street}[ that I saw at {seen_at}].
        I noticed {kind} at {street}[ at {seen_at}]. Could you report it?
        File a report for {street}: {kind}[, {blocked_lanes} blocked lanes].
        """,
        """
        Report {1.kind} at {1.street} and {2.kind} at {2.street}.
        """,
    ),
)
