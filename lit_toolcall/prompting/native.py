"""Prompts as a model's own chat template writes tools and calls: what the model saw when it was made."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from transformers import PreTrainedTokenizerBase

from lit_toolcall.prompting.limits import ModelLimits
from lit_toolcall.prompting.options import PromptOptions
from lit_toolcall.prompting.renderer import PROBE_EXAMPLE, Renderer
from lit_toolcall.prompting.template import find_lost
from lit_toolcall.types import Example, Message, Tool, UserError

READ_FIRST = PromptOptions(call_format="hermes", tools_as="json", special_tokens="text")
"""Most templates that take tools ask for this format; `Lenient` reads the others."""
ID = "call{:05}"
"""Of calls: nine letters and digits, as Mistral's templates demand."""


class NativeRenderer(Renderer):
    """Hands tools, calls and results to the chat template, which writes them: `apply_chat_template(tools=...)`.

    The tokens are those that the template gives, but for today's date, and for text of users, tools and schemas that
    spells a special token, which is tokenized as plain text. A template that reads such text, to cut thoughts off say,
    does not see it.

    Args:
        tokenizer: the base model's; it gets no new tokens.
        limits: what the model's own files say of its ends and positions.
    """

    def __init__(self, tokenizer: PreTrainedTokenizerBase, limits: ModelLimits | None = None) -> None:
        super().__init__(tokenizer, READ_FIRST, limits)

    def render_prompt(self, example: Example) -> str:
        """Write everything up to where the answer begins.

        Raises:
            UserError: the template refuses these turns, or loses one of the user's.
        """
        turns: list[Mapping[str, Any]] = []
        ids: list[str] = []
        for message in example.messages:
            if message.role == "tool":
                turns.append(self._write_result(message, ids.pop(0) if ids else ID.format(0)))
                continue
            turns.append(self._write_turn(message, len(turns)))
            if message.calls:
                ids = [call["id"] for call in turns[-1]["tool_calls"]]
        rendered = self.template.render_with_tools(turns, [self._write_tool(tool) for tool in example.tools])
        asked = [{"role": "user", "content": turn["content"]} for turn in turns if turn["role"] == "user"]
        lost = find_lost(asked, rendered)
        if lost is not None:
            raise UserError(
                f"the tokenizer's chat template loses what the user says ({asked[lost]['content'].strip()[:60]!r}) "
                "where it is given tools: name a call format by --prompt.call_format"
            )
        return rendered

    @property
    def takes_tools(self) -> bool:
        """Tell whether the template shows tools, calls and results."""
        try:
            rendered = self.render_prompt(PROBE_EXAMPLE)
        except UserError:
            return False
        (tool,) = PROBE_EXAMPLE.tools
        return tool.description in rendered and rendered.count(tool.name) > 1 and "clear" in rendered

    def _write_tool(self, tool: Tool) -> dict[str, Any]:
        function = {"name": tool.name, "description": tool.description, "parameters": tool.parameters}
        return {"type": "function", "function": self._break_value(function)}

    def _write_turn(self, message: Message, number: int) -> dict[str, Any]:
        if message.role != "assistant":
            return {"role": message.role, "content": self._break_added(message.content)}
        words, _ = self._write_parts(message)
        if not message.calls:
            return {"role": "assistant", "content": words}
        calls = [
            {
                "id": ID.format(100 * number + place),
                "type": "function",
                "function": {"name": self._break_added(call.name), "arguments": self._break_value(call.arguments)},
            }
            for place, call in enumerate(message.calls)
        ]
        return {"role": "assistant", "content": words, "tool_calls": calls}

    def _write_result(self, message: Message, call_id: str) -> dict[str, Any]:
        return {"role": "tool", "tool_call_id": call_id, "content": self._break_added(message.content)}

    def _break_value(self, value: Any) -> Any:
        """Keep all texts of a JSON value from being read as added tokens."""
        if isinstance(value, str):
            return self._break_added(value)
        if isinstance(value, Mapping):
            return {self._break_added(key): self._break_value(part) for key, part in value.items()}
        return [self._break_value(part) for part in value] if isinstance(value, list | tuple) else value
