"""A model's own chat template; what it can express is found out by trying it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from itertools import groupby
from typing import Any, NamedTuple

from jinja2.exceptions import TemplateError
from transformers import PreTrainedTokenizerBase

from lit_toolcall.formats.thoughts import find_closing_tag
from lit_toolcall.types import UserError

Turn = dict[str, str]
"""`role`, `content` and, under the template's own name for it, the reasoning."""
Folding = Callable[[Sequence[Turn]], list[Turn]]
Shape = tuple[tuple[str, bool, bool], ...]
"""Of each turn: its role, whether it has content, whether it has reasoning."""
PROBE = "8c1f probe 7ab2"
THOUGHT = "3d5e thought 9c04"
REASONING_KEYS = ("reasoning_content", "reasoning", "thinking")
"""Names under which templates take what the assistant thought: Qwen3, GLM and DeepSeek; others; gpt-oss."""
THOUGHTS_END = "</think>"
KEPT_SHAPES = 10_000
"""Shapes of dialogues whose folding is kept for the next row."""
FIXED_DATE = "{% macro strftime_now(format) %}01 Jan 2026{% endmacro %}\n"
"""Before templates that would write today's date (Llama 3, SmolLM3): the prompt of a run must not change overnight."""
TEMPLATE_ERRORS = (TemplateError, TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError)
"""Errors of a template: raised on purpose, or by a turn that it does not expect."""


class TemplateLoss(UserError):
    """The chat template does not write all that a row holds; the run stops, since each such row would lose it."""


class Reasoning(NamedTuple):
    """The place of the assistant's reasoning in a template.

    Args:
        key: under which the template takes it.
        before: what the template writes between the prompt and the reasoning.
        after: what it writes between the reasoning and the content.
        is_open: whether the prompt itself opens the reasoning, so that an answer without any has to close it.
    """

    key: str
    before: str
    after: str
    is_open: bool = False


class ChatTemplate:
    """Renders turns of plain text with a tokenizer's chat template.

    Args:
        tokenizer: with a chat template.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer
        self._foldings: dict[Shape, Folding] = {}

    def render_prompt(self, turns: Sequence[Turn]) -> str:
        """Render turns up to where the assistant's answer begins; what a server would render too.

        Raises:
            UserError: the template takes no such sequence of turns.
            TemplateLoss: it takes them, and does not write all of them in their order.
        """
        joined = join_neighbours(turns)
        fitted = self._find_folding(joined)(joined)
        rendered = self._apply(fitted, answer_next=True)
        lost = find_lost(fitted, rendered)
        if lost is not None:
            raise self._loss(fitted, lost)
        return rendered

    @cached_property
    def turn_end(self) -> str:
        """The end of the assistant's turn, such as `<|im_end|>`: an answer is trained up to and including it."""
        turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": PROBE}]
        rendered = self._apply(turns, answer_next=False)
        end = rendered.rpartition(PROBE)[2].strip()
        # After a last turn's own token, Phi-3 writes one that ends the text: the turn is over before it.
        tokens = [token for token in self.tokenizer.get_added_vocab() if end.startswith(token)]
        return max(tokens, key=len, default=end or self.tokenizer.eos_token)

    @cached_property
    def reasoning(self) -> Reasoning | None:
        """The place of an answer's reasoning; None where the template has none after its own prompt.

        A prompt that ends with an opening tag (QwQ, DeepSeek R1) is such a place, even if the template drops it later.
        """
        question = {"role": "user", "content": "?"}
        prompt = self._apply([question], answer_next=True)
        closing = find_closing_tag(prompt)
        for key in REASONING_KEYS:
            answer = {"role": "assistant", "content": PROBE, key: THOUGHT}
            try:
                written = self._apply([question, answer], answer_next=False)
            except UserError:
                continue
            before, thought, rest = written.removeprefix(prompt).partition(THOUGHT)
            after, content, _ = rest.partition(PROBE)
            if written.startswith(prompt) and thought and content:
                return Reasoning(key, before, after, closing is not None and not before.strip())
        return None if closing is None else Reasoning(REASONING_KEYS[0], "", f"\n{closing}\n\n", is_open=True)

    def _find_folding(self, turns: Sequence[Turn]) -> Folding:
        """Choose how system turns are shown: as they are, else in the user's turns, where the template loses them.

        Raises:
            UserError: the template refuses such turns.
            TemplateLoss: no way shows them all.
        """
        shape = tuple((turn["role"], bool(turn["content"].strip()), len(turn) > 2) for turn in turns)
        if shape not in self._foldings:
            if len(self._foldings) >= KEPT_SHAPES:
                self._foldings.clear()
            self._foldings[shape] = self._try_foldings(shape)
        return self._foldings[shape]

    def _try_foldings(self, shape: Shape) -> Folding:
        probes = [self._make_probe(number, *kind) for number, kind in enumerate(shape)]
        has_system = any(role == "system" for role, _, _ in shape)
        problem: UserError | None = None
        for folding in FOLDINGS if has_system else FOLDINGS[:1]:
            fitted = folding(probes)
            try:
                rendered = self._apply(fitted, answer_next=True)
            except UserError as error:
                problem = problem if isinstance(problem, TemplateLoss) else error
                continue
            lost = find_lost(fitted, rendered)
            if lost is None:
                return folding
            problem = self._loss(fitted, lost)
        assert problem is not None
        raise problem

    def _make_probe(self, number: int, role: str, has_content: bool, has_reasoning: bool) -> Turn:
        turn = {"role": role, "content": f"{PROBE} {number}." if has_content else ""}
        return turn | ({self.reasoning.key: THOUGHT} if has_reasoning and self.reasoning else {})

    def _loss(self, turns: Sequence[Turn], lost: int) -> TemplateLoss:
        roles = ", ".join(turn["role"] for turn in turns)
        return TemplateLoss(
            f"{self.tokenizer.name_or_path or 'the model'}: the tokenizer's chat template loses the "
            f"{turns[lost]['role']}'s turn, the one numbered {lost + 1} of {roles}, or writes it changed or out of its "
            f"order ({turns[lost]['content'].strip()[:60]!r}): set another chat template, or remove such rows"
        )

    def render_with_tools(self, turns: Sequence[Mapping[str, Any]], tools: Sequence[Mapping[str, Any]]) -> str:
        """Render turns up to where the answer begins, with tools that the template itself writes.

        Args:
            turns: messages as OpenAI's API has them, the arguments of calls as objects.
            tools: as OpenAI's API has them; none where there are none.

        Raises:
            UserError: the template refuses them.
        """
        return self._apply(turns, answer_next=True, tools=tools)

    def _apply(
        self, turns: Sequence[Mapping[str, Any]], answer_next: bool, tools: Sequence[Mapping[str, Any]] = ()
    ) -> str:
        given: list[Any] | None = list(tools) or None
        messages: list[Any] = list(turns)
        template = FIXED_DATE + self.tokenizer.get_chat_template(tools=given)
        try:
            return self.tokenizer.apply_chat_template(  # type: ignore[return-value]  # tokenize=False gives text
                messages, tools=given, chat_template=template, tokenize=False, add_generation_prompt=answer_next
            )
        except TEMPLATE_ERRORS as error:
            roles = ", ".join(turn["role"] for turn in turns)
            raise UserError(
                f"the tokenizer's chat template refuses the turns {roles}: {error}: fix the row, or set another"
                " template"
            ) from error


def join_neighbours(turns: Sequence[Turn]) -> list[Turn]:
    """Join neighbours of one role, since some templates insist on alternation.

    >>> join_neighbours([{"role": "user", "content": "a"}, {"role": "user", "content": "b"}])
    [{'role': 'user', 'content': 'a\\nb'}]
    """
    joined: list[Turn] = []
    for role, group in groupby(turns, key=lambda turn: turn["role"]):
        parts = list(group)
        names = dict.fromkeys(name for turn in parts for name in turn if name != "role")
        joined.append(
            {"role": role} | {name: "\n".join(turn[name] for turn in parts if name in turn) for name in names}
        )
    return joined


def fold_none(turns: Sequence[Turn]) -> list[Turn]:
    """Leave system turns where they are."""
    return list(turns)


def fold_later(turns: Sequence[Turn]) -> list[Turn]:
    """Fold all system turns but the first one of a dialogue: some templates write `messages[0]` only."""
    first = 1 if turns[0]["role"] == "system" else 0
    return [*turns[:first], *fold_all(turns[first:])]


def fold_all(turns: Sequence[Turn]) -> list[Turn]:
    """Write each system turn into the user's turn that follows it, else as one of the user's.

    >>> fold_all([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}])
    [{'role': 'user', 'content': 'Be brief.\\n\\nHi'}]
    """
    folded: list[Turn] = []
    waiting = ""
    for turn in turns:
        if turn["role"] == "system":
            waiting = turn["content"]
        elif waiting and turn["role"] == "user":
            folded.append({"role": "user", "content": f"{waiting}\n\n{turn['content']}"})
            waiting = ""
        else:
            folded += [{"role": "user", "content": waiting}, turn] if waiting else [turn]
            waiting = ""
    return join_neighbours([*folded, {"role": "user", "content": waiting}] if waiting else folded)


FOLDINGS: tuple[Folding, ...] = (fold_none, fold_later, fold_all)


def find_lost(turns: Sequence[Turn], rendered: str) -> int | None:
    """Find the first turn whose content a rendered text does not hold in its order; None where it holds all.

    A first system turn may stand anywhere (Mistral writes it into the last question). White space around a content and
    thoughts before an earlier answer may go, as many templates mean it.

    >>> find_lost([{"role": "user", "content": "a "}, {"role": "user", "content": "b"}], "a c")
    1
    """
    place = 0
    for number, turn in enumerate(turns):
        content = turn["content"].strip()
        if turn["role"] == "assistant":
            content = content.rpartition(THOUGHTS_END)[2].strip()
        if not number and turn["role"] == "system":
            if content not in rendered:
                return number
            continue
        found = rendered.find(content, place)
        if found < 0:
            return number
        place = found + len(content)
    return None


def check_template(template: ChatTemplate) -> None:
    """Find out at start whether the template works at all.

    Raises:
        UserError: it refuses one question, or loses it.
    """
    template.render_prompt([{"role": "user", "content": PROBE}])
