"""Geography, history and culture."""

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.strings import city, clock, country, language, one_of, person, title
from demo_data.values import choice, flag, integer, number, several, year

EVENTS = one_of(
    ("first", "second", "great", "long"),
    ("siege", "fire", "flood", "treaty", "uprising", "coronation", "famine"),
    ("of",),
    ("Ghent", "Riga", "Toledo", "Cusco", "Kyoto", "Fez", "Bergen", "Krakow", "Lisbon", "Genoa"),
)
FIGURES = choice(
    {
        "population|inhabitants": "population",
        "area|surface": "area",
        "gdp|economy": "economic output",
        "life_expectancy|lifespan": "life expectancy",
        "literacy|literacy_rate": "literacy rate",
    }
)

TOOLS = (
    tool(
        "geo|countries|world",
        "get|read|look_up",
        "country_figures|nation_facts|country_profile",
        "Figures about a country.|Facts of a country in a year.",
        [
            arg("country|nation|state", "Name of the country", country),
            arg("figures|facts|indicators", "Figures to read", several(FIGURES, 1, 3)),
            opt("year|reference_year|in_year", "Year of the figures", year(1960, 2023)),
        ],
        """
        What is the {figures} of {country}[ in {year}]?
        Look up {country}: {figures}[, year {year}].
        For a school project I need the {figures} of {country}[ as of {year}].
        Get the {figures} for {country}[ in the year {year}].
        Tell me about {country}, namely its {figures}[ back in {year}].
        """,
        """
        Compare the {figures} of {1.country} and {2.country}[ in {year}].
        What was the {figures} of {country} in {1.year} and in {2.year}?
        """,
    ),
    tool(
        "maps|geo|distance",
        "measure|find|tell",
        "straight_distance|air_line|line_between",
        "Straight distance between two cities.|How far two places are apart through the air.",
        [
            arg("first|place_a|point_one", "First city", city),
            arg("second|place_b|point_two", "Second city", city),
            opt(
                "unit|in_unit|measured_in",
                "Unit of the distance",
                choice(
                    {
                        "km|kilometers": "kilometers|km",
                        "mi|miles": "miles",
                        "nm|nautical_miles": "nautical miles",
                    }
                ),
                "km",
            ),
            opt("digits|decimals|precision", "Decimals of the result", integer(2, 4), 0),
        ],
        """
        How far is it from {first} to {second} as the crow flies[, in {unit}]?
        Measure the straight line between {first} and {second}[ in {unit}][ with {digits} decimals].
        Tell me the distance from {first} to {second}[ in {unit}].
        Which distance lies between {first} and {second}[, given in {unit}]?
        Find out how many {unit} separate {first} from {second}.
        """,
        """
        How far is {first} from {1.second} and from {2.second}[, in {unit}]?
        Measure the distance between {1.first} and {1.second} and between {2.first} and {2.second}.
        """,
    ),
    tool(
        "history|chronicle|past",
        "describe|find|get",
        "past_event|event_record|history_event",
        "Describe an event of the past.|Details of a historical event.",
        [
            arg("event|event_name|what", "Name of the event", EVENTS),
            opt(
                "details|aspects|parts",
                "What to tell about it",
                several(
                    choice(
                        {
                            "causes|why": "causes",
                            "people|who": "people",
                            "outcome|result": "outcome",
                            "dates|when": "dates",
                        }
                    ),
                    1,
                    3,
                ),
            ),
            opt("language|in_language|written_in", "Language of the text", language, "English"),
            opt("max_words|length|word_limit", "Most words to use", integer(40, 600, 10)),
        ],
        """
        What happened in the {event}?[ I'm interested in the {details}.]
        Describe the {event}[ with its {details}][ in at most {max_words} words].
        Tell the story of the {event}[ in {language}][, no longer than {max_words} words].
        Get the {details} of the {event}[, written in {language}].
        I'm studying the {event}. Give me details[ on the {details}][ in {language}].
        """,
        """
        Describe the {1.event} and the {2.event}[ in {language}].
        """,
    ),
    tool(
        "history|rulers|dynasties",
        "find|look_up|name",
        "reigning_ruler|throne_holder|monarch_in_year",
        "Who ruled a country in a year.|Ruler of a realm at a time.",
        [
            arg("realm|country|kingdom", "Country that was ruled", country),
            arg("year|at_year|when", "Year, negative before the common era", integer(-900, 1899)),
            opt(
                "full|with_biography|biography",
                "Whether to add a short biography",
                flag("with a short biography", "without a biography"),
                False,
            ),
        ],
        """
        Who ruled {realm} in the year {year}[, {full}]?
        Find the ruler of {realm} for the year {year}[ {full}].
        In the year {year}, who sat on the throne of {realm}?
        Look up who was in power in {realm}, year {year}[, {full}].
        Name the monarch of {realm} at the time {year}[, {full}].
        """,
        """
        Who ruled {1.realm} and who ruled {2.realm} in the year {year}?
        Who was in power in {realm} in the years {1.year} and {2.year}?
        """,
    ),
    tool(
        "museum|art|culture",
        "find|search|list",
        "artworks|gallery_pieces|paintings",
        "Find works of art.|Search paintings and statues by artist.",
        [
            arg("artist|maker|artist_name", "Name of the artist", person),
            opt("work|work_title|titled", "Title of the work", title),
            opt(
                "kind|medium|art_form",
                "Kind of art",
                choice(
                    {
                        "painting|oil": "painting",
                        "statue|sculpture": "statue",
                        "photo|photograph": "photograph",
                    }
                ),
            ),
            opt("city|museum_city|shown_in", "City where it is shown", city),
            opt("height|max_height|height_cm", "Greatest height in centimeters", number(20, 400)),
        ],
        """
        Where can I see the work {work} by {artist}?
        Search for art by {artist}[ in {city}][, at most {height} cm high].
        List the works of {artist}[ that are shown in {city}].
        Find a {kind} by {artist}[ called {work}][ in {city}].
        Which works by {artist} are there[ in {city}]?
        """,
        """
        List works by {1.artist} and by {2.artist}[ that are shown in {city}].
        """,
    ),
    tool(
        "time|clocks|zones",
        "convert|shift|translate",
        "time_between_cities|clock_shift|zone_time",
        "What a time in one city is in another.|Convert a clock time between cities.",
        [
            arg("time|clock_time|local_time", "Time in the first city", clock()),
            arg("here|from_city|base_city", "City of the given time", city),
            arg("there|to_city|target_city", "City to convert to", city),
        ],
        """
        If it is {time} in {here}, what time is it in {there}?
        Convert {time} in {here} to the time in {there}.
        My call starts at {time} {here} time. When is that in {there}?
        What do clocks in {there} show when they show {time} in {here}?
        Shift {time} from {here} to {there} time.
        """,
        """
        It is {time} in {here}. What time is it in {1.there}, and in {2.there}?
        """,
    ),
)
