"""The report on a set of training rows: what they are made of, what was rejected, and what leaked in."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lit_toolcall.data.leakage import QUERY_KINDS, Leak, LeakKind, count_leaked_rows, split_words
from lit_toolcall.data.sources import Rejection
from lit_toolcall.json_values import name_type
from lit_toolcall.prompting import TrainedTurns, list_trained_messages
from lit_toolcall.report.charts import Chart, count_bars, histogram
from lit_toolcall.report.rendering import group_reason, render_html, render_text, show
from lit_toolcall.types import Example, Message, Preference


@dataclass(frozen=True)
class SourceRows:
    """One file's rows."""

    source: str
    kept: int
    rejected: int


@dataclass(frozen=True)
class RejectedRows:
    """Rows of one file, rejected for one reason."""

    source: str
    reason: str
    """Without what differs from row to row."""
    rows: int
    first: Rejection


@dataclass(frozen=True)
class UnreadKey:
    """A key that nothing reads, in one file."""

    source: str
    key: str
    rows: int
    """Kept rows that have it."""


@dataclass(frozen=True)
class RepeatedQuery:
    """A question, with all turns before it, that several rows ask."""

    query: str
    """The user's last message."""
    rows: int
    answers: int
    """Different ones among these rows."""
    places: tuple[str, ...]


@dataclass(frozen=True)
class SharedName:
    """A tool name that training rows share with evaluation rows."""

    name: str
    original: str
    """As the evaluation rows write it."""
    rows: int
    score: float


@dataclass(frozen=True)
class Leakage:
    """Leaks of evaluation rows into training rows."""

    evaluation_rows: int
    rows: tuple[tuple[LeakKind, int], ...]
    """Training rows with a leak of a kind."""
    names: tuple[SharedName, ...]
    queries: tuple[Leak, ...]


@dataclass(frozen=True)
class DataReport:
    """Counts over a set of training rows; `to_text` and `to_html` show them."""

    rows: int
    sources: tuple[SourceRows, ...]
    rejected: tuple[RejectedRows, ...]
    """The most frequent first."""
    charts: tuple[Chart, ...]
    repeated: tuple[RepeatedQuery, ...]
    """The most frequent first."""
    leakage: Leakage | None
    """None where it was not checked."""
    unread_keys: tuple[UnreadKey, ...] = ()
    """The most frequent first."""
    unchecked: tuple[tuple[str, int], ...] = ()
    """Parts of tools' schemas that calls are not checked against, with how many tools have each."""

    @property
    def rejected_rows(self) -> int:
        """Number of rejected rows of all sources."""
        return sum(group.rows for group in self.rejected)

    @property
    def repeated_rows(self) -> int:
        """Rows that ask what an earlier row asks."""
        return sum(query.rows - 1 for query in self.repeated)

    def to_text(self) -> str:
        """Write the report for a terminal, in plain aligned lines."""
        return render_text(self)

    def to_html(self) -> str:
        """Write the report as one page that needs no other file."""
        return render_html(self)


def make_data_report(
    rows: Sequence[Example] | Sequence[Preference],
    token_counts: Sequence[int] = (),
    rejected: Sequence[Rejection] = (),
    leaks: Sequence[Leak] | None = None,
    evaluation_rows: int = 0,
    trained_turns: TrainedTurns = "last",
    unread_keys: Sequence[tuple[str, str, int]] = (),
    unchecked: Sequence[tuple[str, int]] = (),
) -> DataReport:
    """Count everything.

    Args:
        rows: those that were kept.
        token_counts: tokens of each kept row, prompt and answers together; left out of the report where empty.
        rejected: the rows that were not.
        leaks: what `find_leaks` found in the kept rows; None where nothing was compared.
        evaluation_rows: rows that they were compared with.
        trained_turns: which of the assistant's turns in an example count as answers.
        unread_keys: keys that nothing reads: file, key, rows.
        unchecked: parts of tools' schemas that calls are not checked against: part, tools.
    """
    return DataReport(
        rows=len(rows),
        sources=_count_sources(rows, rejected),
        rejected=_group_rejected(rejected),
        charts=tuple(chart for chart in _draw_charts(rows, token_counts, trained_turns) if chart.bars),
        repeated=_find_repeated(rows),
        leakage=None if leaks is None else _sum_leaks(leaks, evaluation_rows),
        unread_keys=tuple(UnreadKey(*unread) for unread in unread_keys),
        unchecked=tuple(unchecked),
    )


def _source_of(place: str) -> str:
    return place.rpartition(":")[0] or place


def _count_sources(rows: Sequence[Example | Preference], rejected: Sequence[Rejection]) -> tuple[SourceRows, ...]:
    kept = Counter(_source_of(row.place) for row in rows)
    refused = Counter(_source_of(rejection.place) for rejection in rejected)
    return tuple(SourceRows(source, kept[source], refused[source]) for source in dict.fromkeys([*kept, *refused]))


def _group_rejected(rejected: Sequence[Rejection]) -> tuple[RejectedRows, ...]:
    groups: dict[tuple[str, str], list[Rejection]] = defaultdict(list)
    for rejection in rejected:
        groups[_source_of(rejection.place), group_reason(rejection.reason)].append(rejection)
    counted = [RejectedRows(source, reason, len(rows), rows[0]) for (source, reason), rows in groups.items()]
    return tuple(sorted(counted, key=lambda group: -group.rows))


def _draw_charts(
    rows: Sequence[Example | Preference], token_counts: Sequence[int], trained_turns: TrainedTurns
) -> Iterator[Chart]:
    answers = _list_answers(rows, trained_turns)
    calls = [call for messages in answers.values() for message in messages for call in message.calls]
    reasons = [show(row.reason or "not said", 40) for row in rows if isinstance(row, Preference)]
    yield Chart(f"Tokens per row, prompt and answer{'s' if reasons else ''}", histogram(token_counts))
    yield Chart("Available tools per row", histogram([len(row.tools) for row in rows]))
    for name, messages in answers.items():
        yield Chart(f"Calls per {name} (0: in words)", histogram([len(message.calls) for message in messages]))
    yield Chart("Reasons of the rejected answers", count_bars(reasons))
    yield Chart("Arguments per call", histogram([len(call.arguments) for call in calls]))
    yield Chart(
        "Types of arguments", count_bars(name_type(value) for call in calls for value in call.arguments.values())
    )


def _list_answers(rows: Sequence[Example | Preference], trained_turns: TrainedTurns) -> dict[str, list[Message]]:
    """List the trained turns, by the name of their kind of answer."""
    answers: dict[str, list[Message]] = defaultdict(list)
    for row in rows:
        if isinstance(row, Example):
            answers["answer"] += list_trained_messages(row, trained_turns)
        else:
            for name, turns in (("chosen answer", row.chosen), ("rejected answer", row.rejected)):
                answers[name] += [turn for turn in turns if turn.role == "assistant" and turn.trained]
    return answers


def _find_repeated(rows: Sequence[Example | Preference]) -> tuple[RepeatedQuery, ...]:
    groups: dict[tuple[tuple[str, tuple[str, ...]], ...], list[Example | Preference]] = defaultdict(list)
    for row in rows:
        turns = tuple((turn.role, split_words(turn.content)) for turn in row.messages if turn.role != "system")
        groups[turns].append(row)
    repeated = [
        RepeatedQuery(
            query=_last_query(alike[0]),
            rows=len(alike),
            answers=len({_answer_key(row) for row in alike}),
            places=tuple(row.place for row in alike),
        )
        for alike in groups.values()
        if len(alike) > 1
    ]
    return tuple(sorted(repeated, key=lambda query: -query.rows))


def _last_query(row: Example | Preference) -> str:
    return next((turn.content for turn in reversed(row.messages) if turn.role == "user"), "")


def _answer_key(row: Example | Preference) -> str:
    if isinstance(row, Example):
        turns: Sequence[Message] = [row.answer] if row.answer else []
    else:
        turns = (*row.chosen, *row.rejected)
    written = [[turn.content.strip(), [(call.name, call.arguments) for call in turn.calls]] for turn in turns]
    return json.dumps(written, sort_keys=True)


def _sum_leaks(leaks: Sequence[Leak], evaluation_rows: int) -> Leakage:
    names: dict[tuple[str, str, float], set[tuple[str, str]]] = defaultdict(set)
    for leak in leaks:
        if leak.kind is LeakKind.TOOL_NAME:
            names[leak.found, leak.original, leak.score].add((leak.example_id, leak.place))
    shared = [SharedName(name, original, len(rows), score) for (name, original, score), rows in names.items()]
    return Leakage(
        evaluation_rows,
        rows=tuple((kind, count_leaked_rows(leaks, [kind])) for kind in LeakKind),
        names=tuple(sorted(shared, key=lambda name: (-name.rows, name.name))),
        queries=tuple(sorted((leak for leak in leaks if leak.kind in QUERY_KINDS), key=lambda leak: -leak.score)),
    )
