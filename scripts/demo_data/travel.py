"""Trains, flights, hotels and trips."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.strings import city, clock, code, country, date, person
from demo_data.values import choice, flag, integer, record, several

TOOLS = (
    tool(
        "rail|trains|railway",
        "find|search|look_up",
        "train_connections|rail_journeys|train_options",
        "Train connections between two cities.|Search trains from one city to another.",
        [
            arg("origin|departure_city|from_station|start", "City where the trip starts", city),
            arg("destination|arrival_city|to_station|goal", "City where the trip ends", city),
            arg("day|travel_date|departure_day", "Day of travel", date(2025, 2026)),
            opt("after|earliest|not_before", "Earliest departure", clock()),
            opt(
                "direct|no_changes|direct_only",
                "Whether only direct trains count",
                flag("only direct trains", "changes are fine"),
                False,
            ),
        ],
        """
        Which trains go from {origin} to {destination} on {day}[ after {after}][, {direct}]?
        Find a train from {origin} to {destination} on {day}[, leaving after {after}].
        I have to be in {destination} on {day}; look for trains from {origin}[, {direct}].
        Search rail journeys on {day}: {origin} to {destination}[, not before {after}][, {direct}].
        How do I get from {origin} to {destination} by train on {day}[ if I leave after {after}]?
        On {day} I travel to {destination} from {origin} by rail. What are my options[; {direct}]?
        """,
        """
        Find trains on {day} from {1.origin} to {1.destination} and from {2.origin} to {2.destination}.
        Look for a train from {1.origin} to {1.destination} on {1.day} and back from {2.origin} to {2.destination} on {2.day}.
        """,
    ),
    tool(
        "stays|lodging|rooms",
        "reserve|book|request",
        "guest_room|overnight_stay|lodging_room",
        "Book a room for some nights.|Reserve a place to sleep in a city.",
        [
            arg("city|town|destination", "City of the stay", city),
            arg("arrival|check_in_day|first_night", "First night", date(2025, 2026)),
            arg("nights|n_nights|stay_length", "Number of nights", integer(2, 21)),
            opt("guests|people|travelers", "Number of guests", integer(2, 8), 1),
            opt(
                "breakfast|with_breakfast|breakfast_included",
                "Whether breakfast is included",
                flag("with breakfast|breakfast included", "without breakfast"),
            ),
        ],
        """
        Book a room in {city} for {nights} nights from {arrival}[ for {guests} people][, {breakfast}].
        I need somewhere to sleep in {city}, arriving {arrival}, {nights} nights[, {breakfast}].
        Reserve {nights} nights in {city} starting {arrival}[, {guests} guests].
        We arrive in {city} on {arrival} and stay {nights} nights. Find us a room[ {breakfast}][ for {guests}].
        Can you get me a room {breakfast} in {city} for {nights} nights, first night {arrival}?
        From {arrival} on, I'd like to stay {nights} nights in {city}[ together with my family, {guests} guests in all].
        """,
        """
        Book {1.nights} nights in {1.city} from {1.arrival}, then {2.nights} nights in {2.city} from {2.arrival}.
        """,
    ),
    tool(
        "flights|aviation|airport",
        "track|follow|check",
        "flight_delay|flight_progress|plane_status",
        "Whether a flight is on time.|Follow a flight by its number.",
        [
            arg("flight|flight_code|flight_number", "Flight number such as KL204", code("AA999")),
            arg("day|departure_date|date", "Day of departure", date(2025, 2026)),
            opt(
                "notify|send_updates|alert_me",
                "Whether to send updates",
                flag("send me updates", "no updates needed"),
                False,
            ),
        ],
        """
        Is flight {flight} on {day} delayed?
        Check whether {flight} leaves on time on {day}[ and {notify}].
        My sister lands with flight {flight} on {day}. Is it on schedule?[ Please {notify}.]
        Track flight {flight}, departing {day}[, {notify}].
        What is the status of {flight} on {day}[; {notify}]?
        """,
        """
        Check the flights {1.flight} on {1.day} and {2.flight} on {2.day} for delays.
        Track {1.flight} and {2.flight}, both leaving on {day}.
        """,
    ),
    tool(
        "visa|borders|entry_rules",
        "check|get|look_up",
        "visa_rules|entry_requirements|visa_need",
        "Whether a traveler needs a visa.|Entry rules of a country for a nationality.",
        [
            arg("citizen_of|nationality|passport_country", "Country that issued the passport", country),
            arg("visiting|destination_country|going_to", "Country to visit", country),
            opt("days|stay_days|length_of_stay", "Days of the stay", integer(5, 180)),
            opt(
                "purpose|reason|trip_type",
                "Purpose of the trip",
                choice(
                    {
                        "tourism|TOURISM": "tourism|a holiday",
                        "business|BUSINESS": "business|work meetings",
                        "study|STUDY": "study|a language course",
                    }
                ),
                "tourism",
            ),
        ],
        """
        Does somebody with a passport from {citizen_of} need a visa for {visiting}[ to stay {days} days][ for {purpose}]?
        Check the entry rules of {visiting} for citizens of {citizen_of}[, {days} days][, purpose: {purpose}].
        I hold a passport of {citizen_of} and want to visit {visiting}[ for {days} days]. Do I need a visa?
        What does {visiting} ask of travelers from {citizen_of}[ who come for {purpose}]?
        Look up visa rules: passport from {citizen_of}, trip to {visiting}[, stay of {days} days].
        """,
        """
        Do citizens of {citizen_of} need a visa for {1.visiting}, and for {2.visiting}?
        """,
    ),
    tool(
        "trips|itinerary|journeys",
        "plan|build|draft",
        "round_trip|tour_route|multi_stop_trip",
        "Plan a trip with several stops.|Build a tour through a list of cities.",
        [
            arg("stops|cities|waypoints", "Cities in the order of the visit", several(city, 2, 5)),
            arg("days|total_days|trip_length", "Days in all", integer(4, 30)),
            opt("budget|max_cost|spending_limit", "Most that it may cost, in dollars", integer(300, 9000, 50)),
            opt(
                "travel_by|transport|mode",
                "Way of traveling",
                choice({"train|rail": "train", "car|road": "car", "bus|coach": "bus"}),
            ),
        ],
        """
        Plan a trip of {days} days through {stops}[ by {travel_by}][ for at most ${budget}].
        I'd like to see {stops} in {days} days[, going by {travel_by}]. Draft a plan.
        Build a {days}-day tour with stops in {stops}[ and a budget of {budget} dollars].
        We have {days} days and want to visit {stops}[, spending no more than ${budget}]. How should we go about it?
        Draft an itinerary for {stops}, {days} days[, traveling by {travel_by}].
        """,
    ),
    tool(
        "rentals|car_hire|vehicles",
        "hire|rent|reserve",
        "rental_car|hire_car|vehicle",
        "Rent a car from a driver's details.|Hire a vehicle in a city.",
        [
            arg(
                "driver|renter|driver_info",
                "Person who drives",
                record(
                    arg("name|full_name", "Full name", person),
                    arg("age|years_old", "Age in years", integer(21, 79)),
                ),
            ),
            arg("pickup_city|collect_in|city", "City where the car is collected", city),
            arg(
                "size|car_class|category",
                "Size of the car",
                choice({"small|compact": "small", "family|midsize": "family", "van|minivan": "van"}),
            ),
            opt("days|rental_days|for_days", "Days of use", integer(2, 28), 1),
        ],
        """
        Rent a {size} car in {pickup_city} for {driver.name}, aged {driver.age}[, for {days} days].
        {driver.name} ({driver.age} years old) needs a {size} car in {pickup_city}[ for {days} days].
        Hire a {size} vehicle in {pickup_city}. The driver is {driver.name}, age {driver.age}[, and keeps it {days} days].
        I'm {driver.name}, {driver.age}, and would like a {size} car from {pickup_city}[ for {days} days].
        Reserve a car in {pickup_city}, size {size}, driver {driver.name} who is {driver.age}.
        """,
        """
        Rent a {size} car in {1.pickup_city} for {1.driver.name}, aged {1.driver.age}, and one in {2.pickup_city} for {2.driver.name}, aged {2.driver.age}.
        """,
    ),
)
