"""Teams, matches and training plans."""

# ruff: noqa: E501 - a template is one line

from __future__ import annotations

from demo_data.define import arg, opt, tool
from demo_data.pools import SPORTS
from demo_data.strings import city, country, date, one_of, person, team
from demo_data.values import choice, flag, integer, number, several, year

TOOLS = (
    tool(
        "sports|league|results",
        "show|fetch|get",
        "team_results|recent_matches|last_matches",
        "Latest results of a team.|How a team played in its last matches.",
        [
            arg("team|club|team_name", "Name of the team", team),
            arg("sport|discipline|kind_of_sport", "Sport", one_of(SPORTS)),
            opt("matches|last_n|number_of_matches", "Number of matches", integer(2, 15), 5),
            opt("season|season_year|year", "Year of the season", year(1998, 2024)),
            opt(
                "home_only|only_home|at_home",
                "Whether only home matches count",
                flag("at home only|counting only home matches", "home and away"),
                False,
            ),
        ],
        """
        How did the {team} do in {sport}[ in their last {matches} matches][ of {season}][, {home_only}]?
        Show the results of the {team} ({sport})[, last {matches} matches][, {home_only}].
        I missed the {sport} matches of the {team}[ in the {season} season]. What were the scores?
        Get the last[ {matches}] {sport} results for the {team}[ in {season}].
        Fetch {sport} scores of the {team}[, {home_only}].
        """,
        """
        Show the recent {sport} results of the {1.team} and the {2.team}.
        """,
    ),
    tool(
        "athletes|players|sports",
        "look_up|get|find",
        "athlete_profile|career_figures|career_record",
        "Facts about the career of an athlete.|Career figures of a player.",
        [
            arg("athlete|player_name|name", "Full name of the athlete", person),
            arg("sport|discipline", "Sport of the athlete", one_of(SPORTS)),
            opt(
                "figures|stats|fields",
                "Figures to show",
                several(
                    choice(
                        {
                            "medals|medal_count": "medals",
                            "goals|goal_count": "goals",
                            "matches|match_count": "matches",
                            "injuries|injury_list": "injuries",
                            "titles|title_count": "titles",
                        }
                    ),
                    1,
                    3,
                ),
            ),
            opt("team|club|plays_for", "Team of the athlete", team),
        ],
        """
        Look up the {sport} career of {athlete}[ from the {team}][, only {figures}].
        What has {athlete} achieved in {sport}[ in terms of {figures}]?
        Find the record of {athlete}, {sport}[, team {team}].
        I'm writing about {athlete} and the {sport} career behind the name[; I need {figures}].
        Get figures for {athlete} in {sport}: {figures}.
        """,
        """
        Compare the {sport} careers of {1.athlete} and {2.athlete}.
        """,
    ),
    tool(
        "running|coach|training",
        "draft|plan|make",
        "race_preparation|running_plan|race_training",
        "Training plan for a race.|Prepare a runner for a distance.",
        [
            arg("distance|race_km|kilometers", "Length of the race in kilometers", number(3, 100)),
            arg("weeks|n_weeks|time_left", "Weeks until the race", integer(4, 30)),
            opt("days|days_per_week|weekly_runs", "Training days a week", integer(2, 6), 3),
            opt("goal|target_minutes|finish_time", "Wanted time in minutes", integer(15, 600)),
        ],
        """
        Plan my training for a {distance} km race in {weeks} weeks[ with {days} runs a week][; I want to finish in {goal} minutes].
        I run {distance} kilometers in {weeks} weeks. How should I train[ on {days} days a week]?
        Draft a plan: {distance} km, {weeks} weeks[, {days} days a week][, target {goal} minutes].
        Make a running plan of {weeks} weeks for {distance} km[ and a goal of {goal} minutes].
        With {weeks} weeks left before a race over {distance} km, which training plan fits[ {days} days per week]?
        """,
    ),
    tool(
        "tournaments|competitions|cups",
        "list|search|find",
        "upcoming_tournaments|cup_events|competition_dates",
        "Tournaments of a sport in a country.|Upcoming competitions.",
        [
            arg("sport|game|kind", "Sport", one_of(SPORTS)),
            arg("country|host_country|nation", "Country where it takes place", country),
            opt("from_date|after|starting", "First day", date(2025, 2026)),
            opt(
                "age_group|class|division",
                "Age group",
                choice({"junior|U18": "juniors", "adult|open": "adults", "senior|masters": "seniors"}),
            ),
        ],
        """
        Which {sport} tournaments take place in {country}[ after {from_date}][ for {age_group}]?
        List {sport} competitions in {country}[ for {age_group}].
        I'd like to watch {sport} in {country}[ from {from_date} on]. What is coming up?
        Search {country} for {sport} tournaments[, starting {from_date}][, {age_group}].
        Are there any {sport} cups in {country}[ for {age_group}]?
        """,
        """
        List {1.sport} and {2.sport} tournaments in {country}.
        Which {sport} tournaments are there in {1.country}, {2.country} and {3.country}?
        """,
    ),
    tool(
        "courts|gyms|venues",
        "rent|book|reserve",
        "sports_court|playing_field|sports_hall",
        "Rent a court or field for a sport.|Book a place to play.",
        [
            arg("sport|activity|used_for", "Sport to play", one_of(SPORTS)),
            arg("city|town|location", "City", city),
            arg("day|date|play_date", "Day", date(2025, 2026)),
            opt("hours|n_hours|duration", "Number of hours", integer(2, 5), 1),
            opt(
                "floodlight|lights|with_lights",
                "Whether lights are needed",
                flag("with lights", "without lights"),
                False,
            ),
        ],
        """
        Rent a place to play {sport} in {city} on {day}[ for {hours} hours][, {floodlight}].
        We'd like to play {sport} in {city} on {day}[, {hours} hours]. Book something[ {floodlight}].
        Reserve a {sport} court in {city}, {day}[, {floodlight}].
        Book a {sport} field for {day} in {city}[ for {hours} hours].
        Is there a free {sport} court in {city} on {day}[ {floodlight}]? Please reserve it.
        """,
        """
        Book a {sport} court in {city} on {1.day} and on {2.day}.
        """,
    ),
)
