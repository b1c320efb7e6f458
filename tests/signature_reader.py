"""Reads tools back from the notation of `lit_toolcall.schema.signature`."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

from lit_toolcall.schema import SchemaError
from lit_toolcall.schema.json_schema import MAX_SCHEMA_DEPTH
from lit_toolcall.schema.signature import BARE_NAME, TYPE_SIGNS, infer_type
from lit_toolcall.types import Tool

_TYPE_OF_SIGN = {sign: json_type for json_type, sign in TYPE_SIGNS.items()}
_WORD = re.compile(r"[a-z]+")
_DECODER = json.JSONDecoder()


def parse_signature(text: str) -> Tool:
    """Return the tool that `render_signature` wrote.

    Raises:
        SchemaError: the text is not in that notation; the message says where.

    >>> parse_signature('pay # Pays.\\n amount: float # in euros').parameters["properties"]
    {'amount': {'type': 'number', 'description': 'in euros'}}
    """
    reader = _Reader(text)
    name = reader.name()
    rest = reader.attributes()
    description = reader.comment() or ""
    schema = _join({"type": "object", **reader.fields(closing="", depth=0)}, rest)
    return Tool(name, description, schema)


def _join(schema: dict[str, Any], rest: Mapping[str, Any]) -> dict[str, Any]:
    """Add what stands as JSON behind a type; required names there are such as no field has."""
    if "properties" in schema and isinstance(rest.get("required"), list):
        rest = {**rest, "required": [*schema["required"], *rest["required"]]}
    return {**schema, **rest}


class _Reader:
    """Reads a signature left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def fail(self, expected: str) -> NoReturn:
        line = self.text.count("\n", 0, self.position) + 1
        found = self.text[self.position : self.position + 30] or "the end"
        raise SchemaError(f"signature, line {line}: expected {expected}, found {found!r}")

    def comes(self, sign: str) -> bool:
        """Step over a sign where it comes next, and say whether it did."""
        if not self.text.startswith(sign, self.position):
            return False
        self.position += len(sign)
        return True

    def skip_blank(self, characters: str = " ") -> None:
        while self.position < len(self.text) and self.text[self.position] in characters:
            self.position += 1

    def json(self) -> Any:
        try:
            value, self.position = _DECODER.raw_decode(self.text, self.position)
        except (ValueError, RecursionError):
            self.fail("a JSON value")
        return value

    def name(self) -> str:
        if self.text.startswith('"', self.position):
            return self.json()
        match = BARE_NAME.match(self.text, self.position)
        if match is None:
            self.fail("a name")
        self.position = match.end()
        return match[0]

    def attributes(self) -> dict[str, Any]:
        return self.json() if self.text.startswith("{", self.position) else {}

    def comment(self) -> str | None:
        """The comment up to the end of the line, where there is one."""
        self.skip_blank()
        if not self.comes("#"):
            return None
        self.skip_blank()
        end = self.text.find("\n", self.position)
        end = len(self.text) if end < 0 else end
        if self.text.startswith('"', self.position):
            written = self.json()
            if self.position != end:
                self.fail("the end of the line")
            return written
        written, self.position = self.text[self.position : end].strip(), end
        return written

    def fields(self, closing: str, depth: int) -> dict[str, Any]:
        """The fields up to a closing brace, or up to the end of the text."""
        properties: dict[str, Any] = {}
        required = []
        self.skip_blank(" \n")
        while not self.comes(closing) if closing else self.position < len(self.text):
            name = self.name()
            if name in properties:
                self.fail(f"an argument that is not {name!r} again")
            is_optional, is_required = self.comes("?"), self.comes("!")
            if not self.comes(":"):
                self.fail("a colon")
            properties[name] = self.field(depth + 1)
            if not is_optional and (is_required or "default" not in properties[name]):
                required.append(name)
            self.comes(",")
            self.skip_blank(" \n")
        return {"properties": properties, "required": required}

    def field(self, depth: int) -> dict[str, Any]:
        self.skip_blank()
        schema, description = self.type(depth)
        default = {"default": self.json()} if self.comes("=") else {}
        if description is None:
            description = self.comment()
        return {**schema, **default, **({} if description is None else {"description": description})}

    def type(self, depth: int) -> tuple[dict[str, Any], str | None]:
        """A type and, where it opens with a brace and a comment, that comment."""
        if depth > MAX_SCHEMA_DEPTH + 1:
            raise SchemaError(f"signature: types nest more than {MAX_SCHEMA_DEPTH} deep: flatten them")
        schema: dict[str, Any]
        description = None
        if self.comes("{"):
            description = self.comment()
            schema = {"type": "object", **self.fields("}", depth)}
        elif self.comes("("):
            schema, description = self.type(depth + 1)
            if not self.comes(")"):
                self.fail("a closing parenthesis")
        else:
            schema = self.union()
        schema = _join(schema, self.attributes())
        while self.comes("[]"):
            schema = {"type": "array", "items": schema, **self.attributes()}
        return schema, description

    def union(self) -> dict[str, Any]:
        """Types, or the choices of an enum, with `|` between them."""
        word = _WORD.match(self.text, self.position)
        if word is None or word[0] in ("true", "false"):
            choices = [self.json()]
            while self.comes("|"):
                choices.append(self.json())
            json_type = infer_type(choices)
            return {"type": json_type, "enum": choices} if json_type else self.fail("choices of one type")
        if self.comes("any"):
            return {}
        types = [self.type_name()]
        while self.comes("|"):
            types.append(self.type_name())
        return {"type": types[0] if len(types) == 1 else types}

    def type_name(self) -> str:
        word = _WORD.match(self.text, self.position)
        if word is None or word[0] not in _TYPE_OF_SIGN:
            self.fail(f"a type, one of {', '.join(_TYPE_OF_SIGN)}")
        self.position = word.end()
        return _TYPE_OF_SIGN[word[0]]
