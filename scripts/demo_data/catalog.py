"""All domains, and which of their tools are kept for validation."""

from __future__ import annotations

from random import Random

from demo_data import (
    banking,
    calendars,
    computing,
    cooking,
    data_analysis,
    games,
    health,
    home,
    investing,
    law,
    learning,
    media,
    nature,
    physics,
    roads,
    shapes,
    shopping,
    sport,
    travel,
    weather,
    work,
    world,
)
from demo_data.define import BaseTool
from demo_data.variants import Variant, make_variant

DOMAINS: dict[str, tuple[BaseTool, ...]] = {
    "shapes and numbers": shapes.TOOLS,
    "data analysis": data_analysis.TOOLS,
    "physics": physics.TOOLS,
    "banking": banking.TOOLS,
    "investing and tax": investing.TOOLS,
    "weather and sky": weather.TOOLS,
    "travel": travel.TOOLS,
    "roads and traffic": roads.TOOLS,
    "cooking": cooking.TOOLS,
    "health and fitness": health.TOOLS,
    "shopping": shopping.TOOLS,
    "calendar and mail": calendars.TOOLS,
    "music, films, books": media.TOOLS,
    "sports": sport.TOOLS,
    "games": games.TOOLS,
    "home devices": home.TOOLS,
    "world and history": world.TOOLS,
    "law and offices": law.TOOLS,
    "learning": learning.TOOLS,
    "nature and lab": nature.TOOLS,
    "work and housing": work.TOOLS,
    "computing": computing.TOOLS,
}
HELD_OUT = frozenset(
    {
        "polygons.interior_angle",
        "probability.dice_total_chance",
        "waves.echo_delay",
        "cards.lost_card",
        "prices.price_by_inflation",
        "tides.high_tides",
        "visa.visa_rules",
        "transit.next_departures",
        "recipes.recipe_portions",
        "fitness.burned_energy",
        "orders.parcel",
        "reminders.reminder",
        "library.library_book",
        "tournaments.upcoming_tournaments",
        "rpg.hero_sheet",
        "heating.room_heat",
        "maps.straight_distance",
        "fines.speeding_fine",
        "courses.evening_courses",
        "wildlife.animal_numbers",
        "leave.days_off",
        "files.large_files",
    }
)
"""Keys of the base tools that are called or available in validation rows only."""


def make_variants(copies: int, held_out: bool) -> dict[str, list[list[Variant]]]:
    """All variants of the tools of one split: domain, then tool, then variant."""
    taken: set[str] = set()
    domains: dict[str, list[list[Variant]]] = {}
    for domain, tools in DOMAINS.items():
        kept = [tool for tool in tools if (tool.key in HELD_OUT) == held_out]
        made = []
        for tool in kept:
            rng = Random(f"variants of {tool.key}")
            made.append([make_variant(tool, rng, taken) for _ in range(copies)])
        if made:
            domains[domain] = made
    return domains
