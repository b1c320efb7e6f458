"""One dialogue between a model and the user of an entry, over its APIs, up to its end or the first turn that fails."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from lit_toolcall.generation import Generated
from lit_toolcall.multi_turn.checks import DialogueProblem, check_turn
from lit_toolcall.multi_turn.entries import Entry, Turn
from lit_toolcall.multi_turn.results import DialogueResult
from lit_toolcall.multi_turn.simulation import Simulation
from lit_toolcall.types import Example, Message, Prediction

MAX_STEPS = 20
"""Steps with calls that a turn may have (`MAXIMUM_STEP_LIMIT` of bfcl_eval)."""
NO_CHARACTER = "\ufdd0"
"""A code point that no prompt may hold (`lit_toolcall.prompting.renderer.BREAK`)."""


class Answer(Protocol):
    """What a model answered to a question."""

    @property
    def prediction(self) -> Prediction:
        """Its text and calls."""

    @property
    def generated(self) -> Generated:
        """Its tokens and seconds."""


def clean_text(text: str) -> str:
    r"""Replace what is no character, so that every renderer and tokenizer takes the text.

    >>> clean_text("a\ufdd0b\ud800")
    'a\ufffdb\ufffd'
    """
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace(NO_CHARACTER, "\ufffd")


def remember_text(answer: Answer) -> Message:
    """Keep an answer in the dialogue as its text, as it came: for models whose prompts are written in this process."""
    return Message("assistant", clean_text(answer.prediction.text))


def remember_calls(answer: Answer) -> Message:
    """Keep an answer in the dialogue as calls, its text only where it has none: for endpoints that take messages."""
    calls = answer.prediction.calls or ()
    return Message("assistant", "" if calls else clean_text(answer.prediction.text), calls)


class Dialogue:
    """Asks step by step, makes the calls of each answer, and checks each turn at its end.

    An answer that cannot be parsed, or that has no calls, ends the turn. The dialogue ends with the first turn that
    fails: what follows cannot make it valid.

    Args:
        entry: what is asked.
        simulation: the entry's APIs.
        remember: makes the message that stands for an answer in later prompts.

    Attributes:
        result: None as long as there is a question to answer.
    """

    def __init__(
        self, entry: Entry, simulation: Simulation, remember: Callable[[Answer], Message] = remember_text
    ) -> None:
        self.entry = entry
        self.simulation = simulation
        self.remember = remember
        self.result: DialogueResult | None = None
        self._messages: list[Message] = []
        self._transcript: list[Mapping[str, Any]] = []
        self._results: list[str] = []
        self._turn = self._turn_steps = self._steps = self._tokens = 0
        self._seconds = 0.0
        self._say()

    @property
    def question(self) -> Example:
        """What the model is asked next."""
        return Example(
            id=f"{self.entry.id}:{self._turn}:{self._turn_steps}",
            tools=self._current.tools,
            messages=tuple(self._messages),
            answer=None,
            category=self.entry.category,
            place=self.entry.place,
        )

    @property
    def _current(self) -> Turn:
        return self.entry.turns[self._turn]

    def _say(self) -> None:
        """Add what the user says at the beginning of a turn."""
        self._messages += self._current.messages
        self._transcript += [{"role": said.role, "content": said.content} for said in self._current.messages]

    def take(self, answer: Answer) -> None:
        """Take the answer to the question: make its calls, or end the turn."""
        calls = answer.prediction.calls
        self._steps += 1
        self._tokens += answer.generated.tokens
        self._seconds += answer.generated.seconds
        self._messages.append(self.remember(answer))
        self._transcript.append(
            {
                "role": "assistant",
                "content": answer.prediction.text,
                "calls": None
                if calls is None
                else [{"name": call.name, "arguments": dict(call.arguments)} for call in calls],
            }
        )
        if not calls:
            self._end_turn()
            return
        on_offer = {tool.name for tool in self._current.tools}
        for call in calls:
            result = self.simulation.call("model", call, on_offer)
            self._results.append(result)
            self._messages.append(Message("tool", clean_text(result)))
            self._transcript.append({"role": "tool", "content": result})
        self._turn_steps += 1
        if self._turn_steps > MAX_STEPS:
            # BFCL knows such a dialogue by the turns that it lacks: it checks one that ends so in its last turn.
            self._end_turn(is_forced=True)

    def _end_turn(self, is_forced: bool = False) -> None:
        is_last = self._turn == len(self.entry.turns) - 1
        if is_forced and not is_last:
            self.end(DialogueProblem.FORCE_TERMINATED)
            return
        gold_results = [self.simulation.call("gold", call, self.entry.owners) for call in self._current.gold]
        found = None
        if self._current.gold:
            differences = self.simulation.list_differences()
            found = check_turn(self._turn_steps, differences, self._results, gold_results)
        if found is not None:
            self.end(found.problem, found.detail)
        elif is_last:
            self.end(None)
        else:
            self._turn += 1
            self._turn_steps = 0
            self._say()

    def end(self, problem: DialogueProblem | None, detail: tuple[str, ...] = ()) -> None:
        """End the dialogue with its first problem, or with none."""
        self.simulation.end()
        is_asked = problem is not DialogueProblem.TOO_LONG_FOR_MODEL
        self.result = DialogueResult(
            id=self.entry.id,
            category=self.entry.category,
            valid=problem is None if is_asked else None,
            problem=problem,
            detail=detail,
            turn=self._turn if problem is not None and is_asked else None,
            turns=len(self.entry.turns),
            unreachable=self.entry.is_unreachable,
            steps=self._steps,
            calls=len(self._results),
            tokens=self._tokens,
            seconds=self._seconds,
            messages=tuple(self._transcript),
        )


def build_gold_example(entry: Entry, simulation: Simulation) -> Example:
    """Make the last question of the dialogue in which the model makes the gold calls, those of a turn in one answer.

    Args:
        entry: what is asked.
        simulation: whose gold side has made no calls yet; it has made all of them afterwards.
    """
    messages: list[Message] = []
    for turn in entry.turns:
        messages += turn.messages
        if turn.gold:
            messages.append(Message("assistant", "", turn.gold))
        for call in turn.gold:
            messages.append(Message("tool", clean_text(simulation.call("gold", call, entry.owners))))
    return Example(entry.id, entry.turns[-1].tools, tuple(messages), None, entry.category, entry.place)
