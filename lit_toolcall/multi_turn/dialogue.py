"""One dialogue between a model and the user of an entry, over its APIs, up to its end or the first turn that fails."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, Protocol

from lit_toolcall.generation import Generated
from lit_toolcall.multi_turn.checks import DialogueProblem, check_turn
from lit_toolcall.multi_turn.entries import Entry, Turn
from lit_toolcall.multi_turn.results import DialogueResult
from lit_toolcall.multi_turn.simulation import Simulation
from lit_toolcall.types import Example, Message, Prediction, ToolCall

MAX_STEPS = 20
"""Steps with calls that a turn may have (`MAXIMUM_STEP_LIMIT` of bfcl_eval)."""
MAX_CALLS = 100
"""Calls that an answer may have; BFCL's longest turn has 34 gold calls."""
MAX_RESULT_CHARACTERS = 1_000_000
"""Characters that the results of a dialogue may have in all; with the gold calls of BFCL it is 70,454 at most."""
NO_CHARACTER = "\ufdd0"
"""A code point that no prompt may hold (`lit_toolcall.prompting.renderer.BREAK`)."""


class AnswerLike(Protocol):
    """What a model answered to a question."""

    @property
    def prediction(self) -> Prediction:
        """Its text and calls."""

    @property
    def generated(self) -> Generated:
        """Its tokens and seconds."""

    @property
    def no_room(self) -> bool:
        """Whether the prompt alone did not fit the model's context, so that nothing was answered."""


def clean_text(text: str) -> str:
    r"""Replace what is no character, so that every renderer and tokenizer takes the text.

    >>> clean_text("a\ufdd0b\ud800")
    'a\ufffdb\ufffd'
    """
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace(NO_CHARACTER, "\ufffd")


def remember_text(answer: AnswerLike) -> Message:
    """Keep an answer in the dialogue as its text, as it came: for models whose prompts are written in this process."""
    return Message("assistant", clean_text(answer.prediction.text))


def remember_calls(answer: AnswerLike) -> Message:
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
        self, entry: Entry, simulation: Simulation, remember: Callable[[AnswerLike], Message] = remember_text
    ) -> None:
        self.entry = entry
        self.simulation = simulation
        self.remember = remember
        self.result: DialogueResult | None = None
        self._messages: list[Message] = []
        self._transcript: list[Mapping[str, Any]] = []
        self._results: list[str] = []
        self._last_text = ""
        self._calls = self._result_characters = 0
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
        self._transcript += [_write_message(said) for said in self._current.messages]

    def take(self, answer: AnswerLike) -> None:
        """Take the answer to the question: make its calls, or end the turn.

        Raises:
            UserError: a gold call of the turn that ends cannot be made.
        """
        calls = answer.prediction.calls
        self._last_text = answer.prediction.text
        self._steps += 1
        self._tokens += answer.generated.tokens
        self._seconds += answer.generated.seconds
        if answer.no_room:
            self.end(DialogueProblem.CONTEXT_FULL)
            return
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
        if len(calls) > MAX_CALLS:
            self.end(DialogueProblem.TOO_MANY_CALLS, (f"{len(calls)} calls",))
            return
        on_offer = {tool.name for tool in self._current.tools}
        for call in calls:
            self._make(call, on_offer)
            if self.result is not None:
                return
        self._turn_steps += 1
        if self._turn_steps > MAX_STEPS:
            # BFCL knows such a dialogue by the turns that it lacks: it checks one that ends so in its last turn.
            self._end_turn(is_forced=True)

    def _make(self, call: ToolCall, on_offer: Collection[str]) -> None:
        """Make a call, or end the dialogue where that passes a bound."""
        result = self.simulation.call(call, on_offer)
        self._calls += 1
        self._result_characters += len(result.text)
        if self.simulation.is_out_of_time:
            self.end(DialogueProblem.OUT_OF_TIME)
        elif self._result_characters > MAX_RESULT_CHARACTERS:
            self.end(DialogueProblem.RESULTS_TOO_LONG)
        else:
            if result.is_of_api:
                self._results.append(result.text)
            self._messages.append(Message("tool", clean_text(result.text)))
            self._transcript.append({"role": "tool", "content": result.text})

    def _end_turn(self, is_forced: bool = False) -> None:
        is_last = self._turn == len(self.entry.turns) - 1
        if is_forced and not is_last:
            self.end(DialogueProblem.FORCE_TERMINATED)
            return
        gold_results = []
        for call in self._current.gold:
            result = self.simulation.call_gold(call)
            if result is None:
                self.end(DialogueProblem.OUT_OF_MEMORY, (call.name,))
                return
            gold_results.append(result)
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
            calls_made=self._calls,
            tokens=self._tokens,
            seconds=self._seconds,
            text=self._last_text,
            question=tuple(_write_message(said) for turn in self.entry.turns for said in turn.messages),
            tools=tuple(tool.name for tool in self.entry.turns[-1].tools),
            messages=tuple(self._transcript),
        )


def _write_message(message: Message) -> dict[str, Any]:
    return {"role": message.role, "content": message.content}


def build_gold_example(entry: Entry, simulation: Simulation) -> Example:
    """Make the last question of the dialogue in which the model makes the gold calls, those of a turn in one answer.

    Args:
        entry: what is asked.
        simulation: that has made no calls yet; its gold side has made all of them afterwards.

    Raises:
        UserError: a gold call cannot be made.
    """
    messages: list[Message] = []
    for turn in entry.turns:
        messages += turn.messages
        if turn.gold:
            messages.append(Message("assistant", "", turn.gold))
        for call in turn.gold:
            result = simulation.call_gold(call)
            assert result is not None, "no call of a model's came before"
            messages.append(Message("tool", clean_text(result)))
    return Example(entry.id, entry.turns[-1].tools, tuple(messages), None, entry.category, entry.place)
