"""Looks training rows up among the questions that a model will be scored on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from lit_toolcall.data.leakage.names import ToolNameIndex
from lit_toolcall.data.leakage.queries import MAX_NEAR_WORDS, QueryIndex, QueryMatch
from lit_toolcall.data.leakage.words import split_words
from lit_toolcall.data.sources.bfcl import ANSWERED, UNANSWERED, Bfcl
from lit_toolcall.data.sources.source import Source
from lit_toolcall.json_values import clip
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example


class LeakKind(StrEnum):
    """What a training row has in common with a benchmark, the worst first."""

    QUERY = "query"
    """A user turn is a question of the benchmark, but for case and punctuation."""
    NEAR_QUERY = "near query"
    """A user turn holds a question of the benchmark, but for a few words."""
    TOOL_NAME = "tool name"
    """A tool on offer has the name of one of the benchmark's; by itself no proof, `get_weather` is everywhere."""


QUERY_KINDS = (LeakKind.QUERY, LeakKind.NEAR_QUERY)


@dataclass(frozen=True)
class Leak:
    """Something that a training row shares with an evaluation row."""

    kind: LeakKind
    example_id: str
    place: str
    """Where the training row was read, `file:line`."""
    found: str
    """The training row's text or tool name."""
    evaluation_id: str
    original: str
    """The evaluation row's text or tool name."""
    score: float
    """0 to 1; a query's share of words that need no edit, a name's share of common words."""

    def __str__(self) -> str:
        what = "offers the tool" if self.kind is LeakKind.TOOL_NAME else "asks"
        return (
            f"{what} {clip(self.found)!r}, which the evaluation row {clip(self.evaluation_id)} has as"
            f" {clip(self.original)!r} ({self.kind}, {self.score:.2f}); leave the row out of training"
        )


class LeakageIndex:
    """What a model will be scored on, ready to be looked up.

    Only what users say is compared, turn by turn, and questions of three words or fewer never match.

    Args:
        examples: the evaluation rows, from any source.
        near_fraction: least share of a question's words, 0.5 to 1, that a training text has in common with it, in
            their order. At 0.75 one changed word in a question of 6 words is found, two in one of 8.

    Raises:
        UserError: near_fraction is out of range.
    """

    def __init__(self, examples: Iterable[Example], near_fraction: float = 0.75) -> None:
        check_ranges(type(self), near_fraction=near_fraction)
        kept = tuple(examples)
        self.near_fraction = near_fraction
        self._names = ToolNameIndex((example.id, tool.name) for example in kept for tool in example.tools)
        self._queries = QueryIndex(((example.id, text) for example in kept for text in _asked(example)), near_fraction)

    def find(self, example: Example) -> Leak | None:
        """Find the worst that a training row shares with an evaluation row; None where it shares nothing."""
        return next(self.find_all(example), None)

    def find_all(self, example: Example) -> Iterator[Leak]:
        """Yield what a training row shares: the best matching query, if any, then each tool name."""
        query = self._find_query(example)
        if query is not None:
            yield query
        for tool in example.tools:
            name = self._names.find(tool.name)
            if name is not None:
                ids = (example.id, example.place, tool.name, name.evaluation_id)
                yield Leak(LeakKind.TOOL_NAME, *ids, original=name.name, score=name.score)

    def _find_query(self, example: Example) -> Leak | None:
        best: tuple[QueryMatch, str] | None = None
        near_words = MAX_NEAR_WORDS
        for text in _asked(example):
            words = split_words(text)
            match = self._queries.find(words, near_words)
            near_words = max(0, near_words - len(words))
            if match is not None and (best is None or _rank(match) > _rank(best[0])):
                best = match, text
        if best is None:
            return None
        match, text = best
        kind = LeakKind.QUERY if match.is_exact else LeakKind.NEAR_QUERY
        ids = (example.id, example.place, text, match.evaluation_id)
        return Leak(kind, *ids, original=match.query, score=match.score)


def find_leaks(examples: Iterable[Example], index: LeakageIndex) -> list[Leak]:
    """List everything that training rows share with the evaluation rows, in the rows' order."""
    return [leak for example in examples for leak in index.find_all(example)]


def count_leaked_rows(leaks: Iterable[Leak], kinds: Sequence[LeakKind] = QUERY_KINDS) -> int:
    """Count the training rows that have a leak of one of these kinds."""
    return len({(leak.example_id, leak.place) for leak in leaks if leak.kind in kinds})


def benchmark_sources() -> list[Source]:
    """List what training data must not hold: every single-turn Python category of BFCL."""
    return [Bfcl((*ANSWERED, *UNANSWERED))]


def _asked(example: Example) -> Iterator[str]:
    return (message.content for message in example.messages if message.role == "user")


def _rank(match: QueryMatch) -> tuple[bool, float]:
    return match.is_exact, match.score
