"""Keys of a row that nothing has read: one that would change what is trained rejects the row, others are counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lit_toolcall.data.name_words import split_name
from lit_toolcall.data.sources.reading.calls import ARGUMENT_KEYS, NAME_KEYS
from lit_toolcall.data.sources.reading.examples import OTHER_ANSWER_KEYS, SYSTEM_KEYS
from lit_toolcall.data.sources.reading.fields import find_structure, unwrap_text
from lit_toolcall.data.sources.reading.messages import REASONING_KEYS, TRAINED_KEYS, UNTRAINED_KEYS
from lit_toolcall.data.sources.reading.values import Flaw, RowError, RowFields, Unread
from lit_toolcall.json_values import clip
from lit_toolcall.schema.normalize import PARAMETER_KEYS, TOOL_KEYS, is_empty

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
        "context",
        "input",
        "inputs",
        "audio",
        "audios",
        "video",
        "videos",
    )
)
"""Keys that say what the model is shown or answers."""
WEIGHT_KEYS = frozenset((*TRAINED_KEYS, *UNTRAINED_KEYS, "mask", "weights", "sample_weight", "train_detail", "label"))
"""Keys that say how much is trained; `label` is false for an answer that its author calls bad."""
SHOWN_WORDS = {
    "system": "sys prompt message instruction instructions text content",
    "sys": "prompt message instruction instructions",
    "preamble": "text",
    "history": "chat conversation dialog dialogue message messages prior past previous",
    "reasoning": "text content trace step steps",
    "thought": "chain of process text",
    "thoughts": "chain of",
    "thinking": "text content process",
    "cot": "text",
}
"""A key of one of these words and none but those beside it says what the model is shown, however it is written."""
NOT_TRAINED_WORDS = frozenset(
    (
        "no",
        "not",
        "non",
        "dont",
        "mask",
        "masks",
        "masked",
        "skip",
        "skipped",
        "ignore",
        "ignored",
        "exclude",
        "excluded",
    )
)
TRAINED_WORDS = frozenset(("train", "trained", "trainable", "training", "loss", "weight", "weights"))
_FILLERS = (
    "is do use used for in from to the of on with step turn token tokens sample example row message answer response"
    " compute calculate include included only no not non dont"
)
FILLER_WORDS = frozenset(_FILLERS.split())
_MASK_WORDS = frozenset(("mask", "masks"))
"""Of a loss, 1 is trained; of a turn, 1 is not."""
_WEIGHT_WORDS = NOT_TRAINED_WORDS | TRAINED_WORDS | FILLER_WORDS
"""A key of these words alone says how much is trained, unless all are fillers."""
TOOLS_KEYS = ("tools", "functions")
"""Keys of the tools that a row offers."""
CALL_SETTINGS = ("auto", "none", "required")
"""What OpenAI's older `function_call` beside a dialogue says of a request, not of an answer."""


def check_unread(value: Any, unread: Iterable[Unread]) -> None:
    """Refuse a row with a key that nothing has read though it would change what is trained.

    Args:
        value: of the row.
        unread: its keys that nothing has read.

    Raises:
        RowError: with the key's name and value.
    """
    lacks_tools = isinstance(value, RowFields) and not any(value.peek(key) for key in TOOLS_KEYS)
    for path, key, part in unread:
        if _is_call_or_tool(path, key, part, lacks_tools) or not _is_harmless(key, part):
            shown = part.reason if isinstance(part, Flaw) else clip(repr(part), 40)
            raise RowError(
                f"`{clip(path, 60)}` is {shown}, which would change what is trained but is not read in such a row;"
                " put it where it is read, or remove it"
            )


def _is_call_or_tool(path: str, key: str, value: Any, lacks_tools: bool) -> bool:
    """Tell, whatever the key, calls beside a text, text beside a call, and tools where a row has no others."""
    is_inside = path != key
    if is_inside and path.startswith("expected_output") and key in ("text", "message") and value:
        return True
    return (is_inside and _holds(value, ARGUMENT_KEYS)) or (
        lacks_tools and _holds(value, ("function", *PARAMETER_KEYS))
    )


def _is_harmless(key: str, value: Any) -> bool:
    if is_empty(value):
        return True
    if key == "function_call" and value in CALL_SETTINGS:
        return True
    if key in ("mask", *UNTRAINED_KEYS):
        return value is False
    if key == "label":
        return value is not False
    if key in WEIGHT_KEYS:
        return type(value) in (bool, int, float) and value == 1
    words = set(split_name(key))
    spelt = next((known for known, of_known in _WORDS_OF_WEIGHT_KEYS if words == of_known and known != key), None)
    if spelt is not None:
        return _is_harmless(spelt, value)
    if words <= _WEIGHT_WORDS and not words <= FILLER_WORDS:
        turned = words & NOT_TRAINED_WORDS - (_MASK_WORDS if words & TRAINED_WORDS else set())
        return type(value) in (bool, int, float) and value == (0 if turned else 1)
    return not _is_shown(key, words, value)


def _is_shown(key: str, words: set[str], value: Any) -> bool:
    """Tell whether a key holds what the model would be shown or answer: by its name, or since it holds a dialogue."""
    if key in OTHER_ANSWER_KEYS:  # beside an answer that is read
        return False
    return (
        words in _WORDS_OF_DIALOGUE_KEYS
        or any(word in words and words <= {word, *beside.split()} for word, beside in SHOWN_WORDS.items())
        or _is_dialogue(value)
    )


def _is_dialogue(value: Any) -> bool:
    """Tell whether a value is a list of messages, OpenAI's or ShareGPT's."""
    if not isinstance(value, list) or not value:
        return False
    return all(
        isinstance(entry, dict) and ({"role", "content"} <= entry.keys() or {"from", "value"} <= entry.keys())
        for entry in value
    )


_WORDS_OF_WEIGHT_KEYS = tuple((key, set(split_name(key))) for key in sorted(WEIGHT_KEYS))
_WORDS_OF_DIALOGUE_KEYS = tuple(set(split_name(key)) for key in sorted(DIALOGUE_KEYS))


def _holds(value: Any, keys: Sequence[str]) -> bool:
    """Tell objects with a name and one of the keys, as calls and tools are, from anything else; also as JSON text."""
    if isinstance(value, str):
        if unwrap_text(value)[:1] not in ("[", "{"):
            return False
        value = find_structure(value)
    parts = value if isinstance(value, list) else [value]
    objects = [_unwrapped(part) for part in parts if isinstance(part, dict)]
    return bool(objects) and all(held & set(NAME_KEYS) and held & set(keys) for held in objects)


def _unwrapped(value: dict[str, Any]) -> set[str]:
    """The keys of an object, and of OpenAI's `function` inside of it."""
    inner = dict.get(value, "function")
    return set(dict.keys(value)) | (set(dict.keys(inner)) if isinstance(inner, dict) else set())


def name_unread(value: Any, unread: Iterable[Unread]) -> Iterator[str]:
    """Yield the paths of a row's keys that nothing has read and that are not null, each once; its tools' too."""
    yield from dict.fromkeys(path for path, _, part in unread if part is not None)
    if isinstance(value, RowFields):
        yield from dict.fromkeys(path for key in TOOLS_KEYS for path in _name_unread_of_tools(value, key))


def _name_unread_of_tools(row: RowFields, key: str) -> Iterator[str]:
    """Yield what the tools of a row hold beside what every reader of tools takes."""
    tools = row.peek(key)
    for tool in tools if isinstance(tools, list) else ():
        inner = tool.get("function") if isinstance(tool, dict) else None
        for part, dot in ((tool, f"{key}[]."), (inner, f"{key}[].function.")):
            if isinstance(part, dict):
                yield from (f"{dot}{name}" for name in part if name not in TOOL_KEYS and part[name] is not None)
