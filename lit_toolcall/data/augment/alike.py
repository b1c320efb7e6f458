"""Tools that are alike, and the pool of tools that rows can borrow."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, TypeVar

from lit_toolcall.data.name_words import split_name
from lit_toolcall.types import Example, Tool

T = TypeVar("T")

ALIKE_FRACTION = 0.3
"""Two tools that have at least this fraction of their words in common are alike."""
ALIKE_NAME_FRACTION = 0.5
"""Two names that have at least this fraction of their words in common are alike."""
MAX_DRAWS = 20
"""Tools that are drawn for one place among a row's tools before it is left empty."""

_SMALL_WORDS = """
a an and are as at be by default defaults e for from g get has if in into is it its of on or such that the this to was
which with
"""
_STOP_WORDS = frozenset(_SMALL_WORDS.split())


@dataclass(frozen=True)
class ToolWords:
    """The words of a tool, which `are_alike` compares."""

    name: str
    named: frozenset[str]
    """The words of its name."""
    letters: str
    """Its name without case and marks, so that spellings of one name are equal."""
    about: frozenset[str]
    """The words of its name and its description."""
    arguments: frozenset[str]
    """The words of its arguments' names and descriptions."""
    definition: str
    """The description and the parameters as JSON."""


def words_of(tool: Tool) -> ToolWords:
    """Collect the words of a tool, which `are_alike` compares."""
    properties: Mapping[str, Any] = tool.parameters.get("properties", {})
    texts = [f"{name} {part.get('description', '')}" for name, part in properties.items()]
    return ToolWords(
        tool.name,
        _words(tool.name),
        "".join(split_name(tool.name)) or tool.name,
        _words(f"{tool.name} {tool.description}"),
        _words(" ".join(texts)),
        json.dumps([tool.description, tool.parameters]),
    )


def _words(text: str) -> frozenset[str]:
    found = set(split_name(text)) - _STOP_WORDS
    return frozenset(word.removesuffix("s") for word in found)


def are_alike(one: ToolWords, other: ToolWords) -> bool:
    """Tell whether one tool might answer what the other is asked, so that a row with both has two right answers.

    They have one name, one description and parameters, or `ALIKE_FRACTION` of their words in common: of those
    about the tools themselves, or of all of them.

    >>> weather = words_of(Tool("get_weather", "Weather in a city.", {}))
    >>> are_alike(weather, words_of(Tool("city_weather", "The weather of a city.", {})))
    True
    >>> are_alike(weather, words_of(Tool("get_time", "The time at an airport.", {})))
    False
    """
    return (
        one.name == other.name
        or one.definition == other.definition
        or _overlap(one.about, other.about) >= ALIKE_FRACTION
        or _overlap(one.about | one.arguments, other.about | other.arguments) >= ALIKE_FRACTION
    )


def _may_be_taken_for(one: ToolWords, other: ToolWords) -> bool:
    return _overlap(one.named, other.named) >= ALIKE_NAME_FRACTION or are_alike(one, other)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    """The words that both have among all that one of them has; 0 where there are none."""
    every = len(one | other)
    return len(one & other) / every if every else 0.0


def _shuffle(items: Sequence[T], rng: Random) -> Iterator[T]:
    """Yield the items in a random order, drawing no more of it than is taken (Fisher and Yates)."""
    moved: dict[int, int] = {}
    for place in range(len(items)):
        drawn = rng.randrange(place, len(items))
        yield items[moved.get(drawn, drawn)]
        moved[drawn] = moved.get(place, place)


class ToolPool:
    """Every tool of some rows once, to be borrowed by other rows."""

    def __init__(self, examples: Iterable[Example]) -> None:
        found: dict[str, Tool] = {}
        for example in examples:
            for tool in example.tools:
                found.setdefault(json.dumps([tool.name, tool.description, tool.parameters]), tool)
        self._tools = [(tool, words_of(tool)) for tool in found.values()]

    def draw(self, count: int, beside: Sequence[Tool], rng: Random) -> list[Tool]:
        """Draw tools that are like none of those beside them and like none of each other.

        Args:
            count: how many; fewer come back where the pool has hardly any that fit.
            beside: the available tools.
            rng: decides.
        """
        drawn: list[Tool] = []
        taken = [words_of(tool) for tool in beside]
        for tool, words in self._candidates(count * MAX_DRAWS, rng):
            if len(drawn) == count:
                break
            if not any(are_alike(words, other) for other in taken):
                drawn.append(tool)
                taken.append(words)
        return drawn

    def draw_unlike(self, count: int, right: Sequence[Tool], beside: Sequence[Tool], rng: Random) -> list[Tool]:
        """Draw tools that are like none of the right ones, in what they say or in name, but may be like each other.

        No two of them have names of the same words, nor has one of them the words of a name beside it. Asked for fewer
        with the same random numbers it returns the first of the same tools.

        Args:
            count: how many; fewer come back only where no more of the pool fit.
            right: the tools that none may be like.
            beside: all available tools.
            rng: decides.
        """
        drawn: list[Tool] = []
        right_words = [words_of(tool) for tool in right]
        taken = {words_of(tool).letters for tool in beside}
        for tool, words in _shuffle(self._tools, rng):
            if len(drawn) == count:
                break
            if words.letters in taken or any(_may_be_taken_for(words, other) for other in right_words):
                continue
            drawn.append(tool)
            taken.add(words.letters)
        return drawn

    def _candidates(self, draws: int, rng: Random) -> Iterator[tuple[Tool, ToolWords]]:
        if self._tools:
            for _ in range(draws):
                yield rng.choice(self._tools)
