"""The options of prompts: one set for training, evaluation and serving."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class PromptOptions:
    """How tools, dialogues and calls become text.

    Args:
        call_format: how calls are written: `tool_code`, `hermes`, `pythonic`, `llama3_json`, or a subclass of
            `lit_toolcall.formats.CallFormat` of your own, by its import path.
        tools_as: how tools are shown: `json` is the JSON Schema; `signature` is one typed line per argument, with about
            a third fewer tokens.
        special_tokens: `add` makes each marker of the call format one token with an embedding of its own; `text`
            leaves the vocabulary alone.
    """

    call_format: str = "tool_code"
    tools_as: Literal["json", "signature"] = "signature"
    special_tokens: Literal["add", "text"] = "add"


DEFAULT_PROMPT = PromptOptions()
"""Of every model, data module and command that is not told otherwise."""
