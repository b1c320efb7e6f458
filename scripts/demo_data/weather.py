"""Weather, sky and environment."""

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.strings import city, clock, company, country, date, month, weekday
from demo_data.values import choice, flag, integer, number, several, year

DEGREES = choice({"celsius|C|metric": "Celsius", "fahrenheit|F|imperial": "Fahrenheit"})

TOOLS = (
    tool(
        "weather|meteo|forecast",
        "fetch|get|show",
        "daily_outlook|day_weather|outlook",
        "Weather expected on one day at a place.|Daily weather outlook for a town.",
        [
            arg("city|town|place|locality", "Name of the city|Town to look at", city),
            arg("day|on_date|calendar_day", "Day of the forecast", date(2025, 2026)),
            opt("unit|degrees|temperature_scale", "Scale for temperatures", DEGREES, "celsius"),
        ],
        """
        What will the weather be like in {city} on {day}[, in {unit}]?
        Show the outlook for {city} on {day}[ with temperatures in {unit}].
        I'm traveling to {city} on {day}. Will I need a coat?[ Temperatures in {unit}, please.]
        For {day}, get me the forecast of {city}[ using {unit}].
        Get the {city} weather for {day}[, degrees in {unit}].
        Is it going to be sunny in {city} on {day}?
        """,
        """
        Compare the weather on {day} in {1.city} and {2.city}.
        What will it be like in {1.city} on {1.day} and in {2.city} on {2.day}?
        """,
    ),
    tool(
        "climate|weather|records",
        "look_up|get|report",
        "monthly_rainfall|rain_record|month_rain",
        "Rain that fell at a place in one month.|Rainfall of a month in the past.",
        [
            arg("place|location_name|where", "City or town", city),
            arg("month|month_name|calendar_month", "Name of the month", month),
            arg("year|in_year|season_year", "Year with four digits", year(1970, 2024)),
            opt(
                "in_inches|inches",
                "Whether to report inches instead of millimeters",
                flag("in inches", "in millimeters"),
                False,
            ),
        ],
        """
        How much rain fell in {place} in {month} {year}[, {in_inches}]?
        Report the rainfall of {month} {year} for {place}[ {in_inches}].
        Was {month} {year} a wet month in {place}? Give me the amount[ {in_inches}].
        Look up {place}'s rain in {month} of {year}[, measured {in_inches}].
        I want to know the rainfall in {place} for {month} {year}[, expressed {in_inches}].
        """,
        """
        Compare the rain in {place} in {1.month} {1.year} with {2.month} {2.year}.
        How much rain did {1.place} and {2.place} get in {month} {year}?
        """,
    ),
    tool(
        "air|environment|pollution",
        "check|read|measure",
        "air_pollutants|smog_level|pollutant_levels",
        "Current level of pollutants in the air.|Read how polluted the air of a city is.",
        [
            arg("city|urban_area|place_name", "City to check", city),
            arg(
                "pollutants|substances|gases",
                "Pollutants to read",
                several(
                    choice(
                        {
                            "ozone|O3": "ozone",
                            "fine dust|PM2.5": "fine dust",
                            "nitrogen dioxide|NO2": "nitrogen dioxide",
                            "carbon monoxide|CO": "carbon monoxide",
                            "sulfur dioxide|SO2": "sulfur dioxide",
                        }
                    ),
                    1,
                    3,
                ),
            ),
            opt("hours|past_hours|window", "Hours to look back", integer(2, 72), 1),
        ],
        """
        How much {pollutants} is there in the air of {city}[ over the past {hours} hours]?
        Check {city} for {pollutants}[, looking back {hours} hours].
        Read the levels of {pollutants} in {city}[ for the last {hours} hours].
        I have asthma. What are the values of {pollutants} in {city}?
        Measure the {pollutants} in {city}'s air[ during the last {hours} hours].
        """,
        """
        Check the {pollutants} levels in {1.city} and also in {2.city}.
        """,
    ),
    tool(
        "sky|sun|astronomy",
        "get|tell|find",
        "daylight_hours|sun_times|sunset_info",
        "Sunrise, sunset and length of a day.|When the sun rises and sets at coordinates.",
        [
            arg("latitude|lat|north", "Latitude in degrees, negative in the south", number(-65, 68, 2)),
            arg("longitude|lon|east", "Longitude in degrees, negative in the west", number(-179, 179, 2)),
            arg("day|date_of_interest|for_day", "Day", date()),
        ],
        """
        When does the sun rise and set at latitude {latitude} and longitude {longitude} on {day}?
        How long is the day on {day} at {latitude}, {longitude}?
        Find sunrise and sunset for lat {latitude}, lon {longitude}, date {day}.
        On {day}, at what time will the sun go down at coordinates ({latitude}, {longitude})?
        Tell me the hours of daylight at a latitude of {latitude} and a longitude of {longitude} for {day}.
        """,
        """
        How long is the day at latitude {latitude}, longitude {longitude} on {1.day} and on {2.day}?
        """,
    ),
    tool(
        "alerts|weather|warnings",
        "subscribe|set|add",
        "storm_alert|weather_warning|wind_alarm",
        "Send a warning when the wind gets strong.|Set up an alert for storms at a place.",
        [
            arg("area|watched_place|district", "Place to watch", city),
            arg(
                "wind_speed|threshold|limit_kmh",
                "Wind speed in km/h that sets off the alert",
                integer(30, 150, 5),
            ),
            opt(
                "channel|notify_by|via",
                "How to be told",
                choice({"sms|SMS": "text message|SMS", "email|EMAIL": "email", "push|PUSH": "push notification"}),
            ),
            opt("quiet_from|mute_after|silent_from", "Time from which no alert is sent", clock()),
        ],
        """
        Warn me when the wind in {area} gets above {wind_speed} km/h[, by {channel}][, but not after {quiet_from}].
        Set an alert for {area} at {wind_speed} km/h[ and notify me by {channel}].
        I keep a boat near {area}. Let me know if winds exceed {wind_speed} km/h[ via {channel}].
        Add a storm alarm for winds over {wind_speed} kilometers per hour in {area}[ with silence from {quiet_from}].
        Subscribe me to wind warnings for {area}, limit {wind_speed} km/h[, sent by {channel}].
        """,
        """
        Set wind alerts of {1.wind_speed} km/h for {1.area} and {2.wind_speed} km/h for {2.area}.
        """,
    ),
    tool(
        "carbon|footprint|environment",
        "estimate|report|get",
        "carbon_output|co2_of_firm|emissions",
        "Carbon dioxide that a company puts out.|Emissions of a firm in one year.",
        [
            arg("firm|company_name|emitter", "Name of the company", company),
            arg("year|reporting_year|fiscal_year", "Year of the report", year(2005, 2024)),
            opt("country|operations_in|region", "Only emissions in this country", country),
            opt("scope|emission_scope|level", "Scope of the emissions, 1 to 3", integer(2, 3), 1),
        ],
        """
        How much carbon dioxide did {firm} emit in {year}[ in {country}]?
        Estimate the {year} emissions of {firm}[, scope {scope}][, only in {country}].
        What was the carbon output of {firm} during {year}[ for scope {scope}]?
        For {year}, give me the CO2 figure of {firm}[ in {country}].
        I'm writing a report about {firm} and need its emissions in {year}[ with scope {scope}].
        """,
    ),
    tool(
        "tides|sea|coast",
        "show|get|list",
        "high_tides|tide_table|tide_times",
        "Times of high water at a harbor.|Tide table of a port for a weekday.",
        [
            arg("harbor|port|harbour_name", "Harbor or port city", city),
            arg("weekday|day_of_week|day_name", "Day of the week", weekday),
            opt(
                "low_too|include_low|with_low_water",
                "Whether to list low water as well",
                flag("with low tides too", "without low tides"),
                False,
            ),
        ],
        """
        When is high tide in {harbor} on {weekday}[, {low_too}]?
        Show the tide table of {harbor} for {weekday}[ {low_too}].
        I want to go sailing from {harbor} this {weekday}. What are the tides[, {low_too}]?
        List {weekday}'s high water times at {harbor}[, {low_too}].
        Get me the tides at the port of {harbor} for next {weekday}.
        """,
        """
        Show the tides in {harbor} for {1.weekday} and {2.weekday}.
        """,
    ),
)
