"""What becomes of a row's keys that nothing has read: those that would change what is trained refuse the row."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from lit_toolcall.data.sources.files import clip
from lit_toolcall.data.sources.messages import REASONING_KEYS
from lit_toolcall.data.sources.row_fields import Flaw, RowError, list_unread
from lit_toolcall.data.sources.rows import SYSTEM_KEYS
from lit_toolcall.data.sources.training_marks import TRAINED_KEYS, UNTRAINED_KEYS

DIALOGUE_KEYS = frozenset(
    (
        *SYSTEM_KEYS,
        *REASONING_KEYS,
        "developer",
        "instruction",
        "instructions",
        "history",
        "expected_output",
        "messages",
        "conversations",
        "query",
        "prompt",
        "tools",
        "functions",
        "tool_calls",
        "function_call",
        "refusal",
        "image",
        "images",
        "image_url",
        "audio",
        "audios",
        "video",
        "videos",
    )
)
"""Keys that say what the model is shown or answers."""
WEIGHT_KEYS = frozenset((*TRAINED_KEYS, *UNTRAINED_KEYS, "mask", "weights", "sample_weight", "train_detail", "label"))
"""Keys that say how much is trained; `label` is false for an answer that its author calls bad."""
CALL_SETTINGS = ("auto", "none", "required")
"""What OpenAI's older `function_call` beside a dialogue says of a request, not of an answer."""


def check_unread(value: Any) -> None:
    """Refuse a row with a key that nothing has read though it would change what is trained.

    Raises:
        RowError: with the key's name and value.
    """
    for path, key, part in list_unread(value):
        if not _is_harmless(key, part):
            shown = part.reason if isinstance(part, Flaw) else clip(repr(part), 40)
            raise RowError(
                f"`{clip(path, 60)}` is {shown}, which would change what is trained but is not read in such a row;"
                " put it where it is read, or remove it"
            )


def _is_harmless(key: str, value: Any) -> bool:
    if value is None or value in ("", [], {}):
        return True
    if key == "function_call" and value in CALL_SETTINGS:
        return True
    if key in ("mask", *UNTRAINED_KEYS):
        return value is False
    if key == "label":
        return value is not False
    if key in WEIGHT_KEYS:
        return type(value) in (bool, int, float) and value == 1
    return key not in DIALOGUE_KEYS


def name_unread(value: Any) -> Iterator[str]:
    """Yield the paths of a row's keys that nothing has read and that are not null, each once."""
    yield from dict.fromkeys(path for path, _, part in list_unread(value) if part is not None)
