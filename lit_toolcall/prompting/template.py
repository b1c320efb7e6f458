"""A model's own chat template: what it can say, found out by trying it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from itertools import groupby

from jinja2.exceptions import TemplateError
from transformers import PreTrainedTokenizerBase

from lit_toolcall.types import UserError

Turn = dict[str, str]
PROBE = "8c1f probe 7ab2"
FIXED_DATE = "{% macro strftime_now(format) %}01 Jan 2026{% endmacro %}\n"
"""Before templates that would write today's date (Llama 3, SmolLM3): the prompt of a run must not change overnight."""


class ChatTemplate:
    """Renders turns of plain text with a tokenizer's chat template.

    Args:
        tokenizer: with a chat template.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase) -> None:
        self.tokenizer = tokenizer

    def render_prompt(self, turns: Sequence[Turn]) -> str:
        """Render turns up to where the assistant's answer begins; what a server would render too.

        Raises:
            UserError: the template takes no such sequence of turns.
        """
        return self._apply(self._fit(turns), answer_next=True)

    @cached_property
    def turn_end(self) -> str:
        """What ends the assistant's turn, such as `<|im_end|>`: an answer is trained up to and with it."""
        turns = [{"role": "user", "content": "?"}, {"role": "assistant", "content": PROBE}]
        rendered = self._apply(turns, answer_next=False)
        end = rendered.rpartition(PROBE)[2].strip()
        # Behind a last turn's own token, Phi-3 writes one that ends the text: the turn is over before it.
        tokens = [token for token in self.tokenizer.get_added_vocab() if end.startswith(token)]
        return max(tokens, key=len, default=end or self.tokenizer.eos_token)

    @cached_property
    def takes_system(self) -> bool:
        """Whether a system turn is shown; some templates refuse it (Gemma), some drop it in silence (Phi-3)."""
        turns = [{"role": "system", "content": PROBE}, {"role": "user", "content": "?"}]
        try:
            return PROBE in self._apply(turns, answer_next=True)
        except UserError:
            return False

    def _fit(self, turns: Sequence[Turn]) -> list[Turn]:
        """Join neighbours of one role, since some templates insist on alternation; fold the system turn if need be."""
        joined = [
            {"role": role, "content": "\n".join(turn["content"] for turn in group)}
            for role, group in groupby(turns, key=lambda turn: turn["role"])
        ]
        if self.takes_system or joined[0]["role"] != "system":
            return joined
        system, *rest = joined
        if rest and rest[0]["role"] == "user":
            first = {"role": "user", "content": f"{system['content']}\n\n{rest[0]['content']}"}
            return [first, *rest[1:]]
        return [{"role": "user", "content": system["content"]}, *rest]

    def _apply(self, turns: Sequence[Turn], answer_next: bool) -> str:
        template = FIXED_DATE + self.tokenizer.get_chat_template()
        try:
            return self.tokenizer.apply_chat_template(  # type: ignore[return-value]  # tokenize=False gives text
                list(turns), chat_template=template, tokenize=False, add_generation_prompt=answer_next
            )
        except TemplateError as error:
            roles = ", ".join(turn["role"] for turn in turns)
            raise UserError(
                f"the tokenizer's chat template refuses the turns {roles}: {error}: mend the row, or set another"
                " template"
            ) from error


def check_template(template: ChatTemplate) -> None:
    """Find out at start whether the template works at all.

    Raises:
        UserError: it refuses one question, or loses it.
    """
    rendered = template.render_prompt([{"role": "user", "content": PROBE}])
    if PROBE not in rendered:
        raise UserError("the tokenizer's chat template loses the user's turn: set another chat template")
