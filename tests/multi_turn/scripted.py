"""Scripted models for dialogues of several turns."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import pytest

from lit_toolcall.generation import Generated
from lit_toolcall.multi_turn import Entry
from lit_toolcall.types import Example, Prediction, ToolCall

needs_bfcl = pytest.mark.skipif(
    importlib.util.find_spec("bfcl_eval") is None or importlib.util.find_spec("mpmath") is None,
    reason="the simulated APIs are not installed: pip install --no-deps bfcl-eval==2026.3.23 mpmath",
)


@dataclass(frozen=True)
class Said:
    """An answer as an engine and a parser would give it."""

    prediction: Prediction
    generated: Generated = field(default_factory=lambda: Generated("", 3, 0.5))
    no_room: bool = False


def say(*calls: ToolCall, text: str = "Done.") -> Said:
    return Said(Prediction(str(calls) if calls else text, calls))


def place_of(example: Example) -> tuple[str, int, int]:
    """Return the entry, the turn and the step that a question is of."""
    entry, turn, step = example.id.split(":")
    return entry, int(turn), int(step)


@dataclass
class Model:
    """Answers each question by a function of its entry, turn and step, and keeps the questions.

    Args:
        calls: gives the calls of a step; none ends the turn.
    """

    calls: Callable[[str, int, int], Sequence[ToolCall]]
    questions: list[Example] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)

    def __call__(self, examples: Sequence[Example]) -> list[Said]:
        self.questions += examples
        self.batches.append(len(examples))
        return [say(*self.calls(*place_of(example))) for example in examples]


def gold_model(entries: Sequence[Entry], calls_a_step: int = 100) -> Model:
    """Make a model that makes the gold calls, some a step."""
    by_id = {entry.id: entry for entry in entries}
    return Model(lambda entry, turn, step: by_id[entry].turns[turn].gold[step * calls_a_step :][:calls_a_step])


def idle_model() -> Model:
    """Make a model that never calls."""
    return Model(lambda *_: ())
