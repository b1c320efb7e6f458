"""Counts what training rows are made of, what was rejected, and what leaked in."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from lit_toolcall.data.leakage import QUERY_KINDS, Leak, LeakKind, count_leaked_rows, split_words
from lit_toolcall.data.sources import Rejection
from lit_toolcall.prompting import TrainedTurns, list_trained_messages
from lit_toolcall.report.charts import Chart, count_bars, histogram
from lit_toolcall.report.data_report import (
    DataReport,
    Leakage,
    RejectedRows,
    RepeatedQuery,
    SharedName,
    SourceRows,
    UnreadKey,
)
from lit_toolcall.report.words import group_reason
from lit_toolcall.types import Example


def make_data_report(
    examples: Sequence[Example],
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
        examples: the rows that were kept.
        token_counts: tokens of each kept row, prompt and answer together; left out of the report where empty.
        rejected: the rows that were not.
        leaks: what `find_leaks` found in the kept rows; None where nothing was compared.
        evaluation_rows: rows that they were compared with.
        trained_turns: which of the assistant's turns count as answers.
        unread_keys: keys that nothing reads: file, key, rows.
        unchecked: parts of tools' schemas that calls are not checked against: part, tools.
    """
    return DataReport(
        rows=len(examples),
        sources=_count_sources(examples, rejected),
        rejected=_group_rejected(rejected),
        charts=tuple(chart for chart in _draw_charts(examples, token_counts, trained_turns) if chart.bars),
        repeated=_find_repeated(examples),
        leakage=None if leaks is None else _sum_leaks(leaks, evaluation_rows),
        unread_keys=tuple(UnreadKey(*unread) for unread in unread_keys),
        unchecked=tuple(unchecked),
    )


def _source_of(place: str) -> str:
    return place.rpartition(":")[0] or place


def _count_sources(examples: Sequence[Example], rejected: Sequence[Rejection]) -> tuple[SourceRows, ...]:
    kept = Counter(_source_of(example.place) for example in examples)
    refused = Counter(_source_of(rejection.place) for rejection in rejected)
    return tuple(SourceRows(source, kept[source], refused[source]) for source in dict.fromkeys([*kept, *refused]))


def _group_rejected(rejected: Sequence[Rejection]) -> tuple[RejectedRows, ...]:
    groups: dict[tuple[str, str], list[Rejection]] = defaultdict(list)
    for rejection in rejected:
        groups[_source_of(rejection.place), group_reason(rejection.reason)].append(rejection)
    counted = [RejectedRows(source, reason, len(rows), rows[0]) for (source, reason), rows in groups.items()]
    return tuple(sorted(counted, key=lambda group: -group.rows))


def _draw_charts(
    examples: Sequence[Example], token_counts: Sequence[int], trained_turns: TrainedTurns
) -> Iterator[Chart]:
    answers = [message for example in examples for message in list_trained_messages(example, trained_turns)]
    calls = [call for answer in answers for call in answer.calls]
    yield Chart("Tokens in a row, prompt and answer", histogram(token_counts))
    yield Chart("Tools on offer in a row", histogram([len(example.tools) for example in examples]))
    yield Chart("Calls in an answer (0: in words)", histogram([len(answer.calls) for answer in answers]))
    yield Chart("Arguments in a call", histogram([len(call.arguments) for call in calls]))
    yield Chart(
        "Types of the arguments", count_bars(_json_type(value) for call in calls for value in call.arguments.values())
    )


def _json_type(value: Any) -> str:
    types = ((bool, "boolean"), (int, "integer"), (float, "number"), (str, "string"), (dict, "object"))
    if value is None:
        return "null"
    return next((name for python_type, name in types if isinstance(value, python_type)), "array")


def _find_repeated(examples: Sequence[Example]) -> tuple[RepeatedQuery, ...]:
    groups: dict[tuple[tuple[str, tuple[str, ...]], ...], list[Example]] = defaultdict(list)
    for example in examples:
        turns = tuple((turn.role, split_words(turn.content)) for turn in example.messages if turn.role != "system")
        groups[turns].append(example)
    repeated = [
        RepeatedQuery(
            query=_last_query(rows[0]),
            rows=len(rows),
            answers=len({_answer_key(example) for example in rows}),
            places=tuple(example.place for example in rows),
        )
        for rows in groups.values()
        if len(rows) > 1
    ]
    return tuple(sorted(repeated, key=lambda query: -query.rows))


def _last_query(example: Example) -> str:
    return next((turn.content for turn in reversed(example.messages) if turn.role == "user"), "")


def _answer_key(example: Example) -> str:
    if example.answer is None:
        return ""
    calls = [(call.name, call.arguments) for call in example.answer.calls]
    return json.dumps([example.answer.content.strip(), calls], sort_keys=True)


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
