"""Many dialogues, one after the other or several in lockstep."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence

from lit_toolcall.multi_turn.checks import DialogueProblem
from lit_toolcall.multi_turn.dialogue import AnswerLike, Dialogue, build_gold_example, remember_text
from lit_toolcall.multi_turn.entries import Entry
from lit_toolcall.multi_turn.results import DialogueResult
from lit_toolcall.multi_turn.simulation import Simulator
from lit_toolcall.ranges import check_number, count_of
from lit_toolcall.types import Example, Message

Ask = Callable[[Sequence[Example]], Iterable[AnswerLike]]
"""Asks a model: an answer for each question, in their order; each is taken as it comes."""
Fits = Callable[[Example], bool]
"""Says whether a question leaves a model room for an answer."""


def run_dialogues(
    entries: Sequence[Entry],
    ask: Ask,
    fits: Fits | None = None,
    at_once: int = 1,
    remember: Callable[[AnswerLike], Message] = remember_text,
) -> Iterator[DialogueResult]:
    """Hold the dialogues of entries with a model, and yield each result when its dialogue is over.

    Entries with the same tools come one after the other, so that an engine that keeps the last prompt's keys and values
    reads the tools once. Whether an entry fits the model is found out by its gold calls before the model is asked.

    Args:
        entries: those that are still to be asked.
        ask: asks the model.
        fits: says whether the model has positions for a question and its answer; None where they are not known.
        at_once: dialogues whose questions are asked together; 1 where the engine keeps the last prompt.
        remember: makes the message that stands for an answer in later prompts.

    Raises:
        UserError: `at_once` is less than 1; the simulated APIs are not installed, or cannot load an entry or make its
            gold calls; or `ask` raises it. The results of all dialogues that were over by then are yielded before.
    """
    check_number("at_once", at_once, count_of())
    waiting = deque(sorted(entries, key=lambda entry: [tool.name for tool in entry.turns[0].tools]))
    active: list[Dialogue] = []
    with Simulator() as simulator:
        while waiting or active:
            while waiting and len(active) < at_once:
                active.append(_begin(waiting.popleft(), simulator, fits, remember))
            for dialogue in active:
                if dialogue.result is None and fits is not None and not fits(dialogue.question):
                    dialogue.end(DialogueProblem.CONTEXT_FULL)
                if dialogue.result is not None:
                    yield dialogue.result
            active = [dialogue for dialogue in active if dialogue.result is None]
            answers = ask([dialogue.question for dialogue in active]) if active else ()
            for dialogue, answer in zip(active, answers, strict=True):
                dialogue.take(answer)
                if dialogue.result is not None:
                    yield dialogue.result
            active = [dialogue for dialogue in active if dialogue.result is None]


def _begin(
    entry: Entry, simulator: Simulator, fits: Fits | None, remember: Callable[[AnswerLike], Message]
) -> Dialogue:
    dialogue = Dialogue(entry, simulator.load(entry), remember)
    if fits is not None and not fits(_measure(entry, simulator)):
        dialogue.end(DialogueProblem.TOO_LONG_FOR_MODEL)
    return dialogue


def _measure(entry: Entry, simulator: Simulator) -> Example:
    """Return the longest question of a dialogue with the gold calls."""
    measured = simulator.load(entry)
    try:
        return build_gold_example(entry, measured)
    finally:
        measured.end()
