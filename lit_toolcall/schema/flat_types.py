"""What flat parameters say in a type's name beside the type: that it may be left out, and its default."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_MARK = re.compile(r",\s*(?:optional\b|(?P<default>defaults?\b(?:\s+to\b)?\s*[:=]?))\s*", re.IGNORECASE)
_FROM_TEXT: Mapping[str, re.Pattern[str]] = {
    "integer": re.compile(r"-?(?:0|[1-9][0-9]{0,17})"),
    "number": re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,18})?"),
    "boolean": re.compile(r"(?i:true|false)"),
}
"""Exactly such a value; no more digits than fit a float's range."""
_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "array": (list,),
    "object": (dict,),
}


def split_flat_type(type_name: str) -> tuple[str, bool, str | None]:
    """Return the type alone, whether its argument may be left out, and the text of its default.

    >>> split_flat_type("List[int], optional"), split_flat_type("int, default: 5")
    (('List[int]', True, None), ('int', True, '5'))
    >>> split_flat_type("str, optional, defaults to 'en'"), split_flat_type("Dict[str, int]")
    (('str', True, 'en'), ('Dict[str, int]', False, None))
    """
    mark = _MARK.search(type_name)
    if mark is None:
        bare = type_name.strip().lower()
        return type_name, bare.startswith("optional[") or bare.endswith("?"), None
    rest = type_name[mark.end() :]
    if not mark["default"]:
        mark_of_default = _MARK.match(rest)
        rest = rest[mark_of_default.end() :] if mark_of_default is not None else ""
    text = re.sub(r",\s*optional\s*$", "", rest, flags=re.IGNORECASE).strip()
    if len(text) >= 2 and text[0] == text[-1] and text[0] in "'\"":
        text = text[1:-1]
    return type_name[: mark.start()], True, text if text not in ("", "None", "null") else None


def settle_default(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a schema whose default is of its type: converted where a text is exactly such a value, else left out.

    A null stays, and so does any default where the schema names no type or several.

    >>> settle_default({"type": "integer", "default": "5"}), settle_default({"type": "integer", "default": ""})
    ({'type': 'integer', 'default': 5}, {'type': 'integer'})
    """
    declared, default = schema.get("type"), schema.get("default")
    if default is None or not isinstance(declared, str) or declared not in _TYPES or type(default) in _TYPES[declared]:
        return schema
    if isinstance(default, str) and declared in _FROM_TEXT and _FROM_TEXT[declared].fullmatch(default):
        return schema | {"default": _read(declared, default)}
    return {key: value for key, value in schema.items() if key != "default"}


def _read(declared: str, text: str) -> int | float | bool:
    if declared == "boolean":
        return text.lower() == "true"
    return float(text) if "." in text else int(text)
