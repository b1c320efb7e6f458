"""What becomes of a row's keys that nothing has read: those that would change what is trained refuse the row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from lit_toolcall.data.sources.fields import ARGUMENT_KEYS, NAME_KEYS, decode_structure, unwrap_text
from lit_toolcall.data.sources.files import clip
from lit_toolcall.data.sources.messages import REASONING_KEYS
from lit_toolcall.data.sources.row_fields import Flaw, RowError, RowFields, list_unread
from lit_toolcall.data.sources.rows import SYSTEM_KEYS
from lit_toolcall.data.sources.training_marks import TRAINED_KEYS, UNTRAINED_KEYS
from lit_toolcall.schema.normalize import PARAMETER_KEYS


def _plain(key: str) -> str:
    """Write a key as camelCase and snake_case have it in common."""
    return key.replace("_", "").replace("-", "").lower()


DIALOGUE_KEYS = frozenset(
    _plain(key)
    for key in (
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
        "tool_call",
        "function_call",
        "function_calls",
        "tool_use",
        "tool_uses",
        "refusal",
        "image",
        "images",
        "image_url",
        "documents",
        "audio",
        "audios",
        "video",
        "videos",
    )
)
"""Keys that say what the model is shown or answers, without their underscores."""
_WEIGHTS = (*TRAINED_KEYS, *UNTRAINED_KEYS, "mask", "weights", "sample_weight", "train_detail", "label")
WEIGHT_KEYS = frozenset(map(_plain, _WEIGHTS))
"""Keys that say how much is trained; `label` is false for an answer that its author calls bad."""
CALL_SETTINGS = ("auto", "none", "required")
"""What OpenAI's older `function_call` beside a dialogue says of a request, not of an answer."""


def check_unread(value: Any) -> None:
    """Refuse a row with a key that nothing has read though it would change what is trained.

    Whatever their key, calls beside a turn's text do, and so do tools where the row has no others.

    Raises:
        RowError: with the key's name and value.
    """
    lacks_tools = isinstance(value, RowFields) and not any(value.peek(key) for key in ("tools", "functions"))
    for path, key, part in list_unread(value):
        is_call_or_tool = (path != key and _holds(part, ARGUMENT_KEYS)) or (
            lacks_tools and _holds(part, ("function", *PARAMETER_KEYS))
        )
        if is_call_or_tool or not _is_harmless(_plain(key), part):
            shown = part.reason if isinstance(part, Flaw) else clip(repr(part), 40)
            raise RowError(
                f"`{clip(path, 60)}` is {shown}, which would change what is trained but is not read in such a row;"
                " put it where it is read, or remove it"
            )


def _is_harmless(key: str, value: Any) -> bool:
    if value is None or value in ("", [], {}):
        return True
    if key == "functioncall" and value in CALL_SETTINGS:
        return True
    if key in ("mask", *UNTRAINED_KEYS):
        return value is False
    if key == "label":
        return value is not False
    if key in WEIGHT_KEYS:
        return type(value) in (bool, int, float) and value == 1
    return key not in DIALOGUE_KEYS


def _holds(value: Any, keys: Sequence[str]) -> bool:
    """Tell objects with a name and one of the keys, as calls and tools are, from anything else; also as JSON text."""
    if isinstance(value, str):
        if unwrap_text(value)[:1] not in ("[", "{"):
            return False
        try:
            value = decode_structure(value, "a key")
        except RowError:
            return False
    parts = value if isinstance(value, list) else [value]
    objects = [_unwrapped(part) for part in parts if isinstance(part, dict)]
    return bool(objects) and all(held & set(NAME_KEYS) and held & set(keys) for held in objects)


def _unwrapped(value: dict[str, Any]) -> set[str]:
    """The keys of an object, and of OpenAI's `function` inside of it."""
    inner = dict.get(value, "function")
    return set(dict.keys(value)) | (set(dict.keys(inner)) if isinstance(inner, dict) else set())


def name_unread(value: Any) -> Iterator[str]:
    """Yield the paths of a row's keys that nothing has read and that are not null, each once."""
    yield from dict.fromkeys(path for path, _, part in list_unread(value) if part is not None)
