"""Our check of values against the package `jsonschema`, on generated schemas and values."""

# ruff: noqa: ARG002

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from jsonschema.validators import extend
from referencing import Registry

from lit_toolcall.schema import find_call_problem, list_unchecked, tool_from_dict
from lit_toolcall.types import Problem, ToolCall

CASES = 10_000
NAMES = ["a", "b", "x-1", "n"]
PATTERNS = ["^x-", "^[a-z]$", "n$", "^.{1,2}$"]
RISKY = ["^(x|y)-", "(a+)+$"]
StrictValidator = extend(
    Draft202012Validator,
    type_checker=Draft202012Validator.TYPE_CHECKER.redefine("integer", lambda _, value: type(value) is int),
)


class Maker:
    """Makes schemas and values at random.

    Args:
        is_plain: whether schemas keep to what means the same to both: objects say whether they are closed, nothing has
            a default, no whole number is written with a point, every pattern is run.
    """

    def __init__(self, rng: random.Random, is_plain: bool) -> None:
        self.rng = rng
        self.is_plain = is_plain

    def value(self, depth: int = 3) -> Any:
        leaves: list[Any] = [None, True, False, 0, 1, 2, 5, -3, 0.5, 2.5, "", "a", "b", "n", "xx", "x-1", "long text"]
        if not self.is_plain:
            leaves += [1.0, 5.0]
        kind = self.rng.random()
        if depth and kind < 0.25:
            return [self.value(depth - 1) for _ in range(self.rng.randint(0, 3))]
        if depth and kind < 0.6:
            return {name: self.value(depth - 1) for name in self.rng.sample(NAMES, self.rng.randint(0, 3))}
        return self.rng.choice(leaves)

    def schema(self, depth: int = 3) -> Any:
        rng = self.rng
        if rng.random() < 0.04:
            return rng.choice([True, False])
        kinds = ["type", "types", "number", "text", "enum", "const", "ref", "nothing"]
        inner = ["object"] * 4 + ["array"] * 2 + ["anyOf", "oneOf", "allOf", "not", "if", "dependent", "base"]
        kind = rng.choice(kinds + inner if depth else kinds)
        schema: dict[str, Any] = getattr(self, f"_{kind}")(depth - 1)
        if not self.is_plain and rng.random() < 0.08:
            schema["default"] = self.value(1)
        if rng.random() < 0.1:
            schema |= {"title": "T", "format": "date"}
        return schema

    def _type(self, depth: int) -> dict[str, Any]:
        names = ["string", "integer", "number", "boolean", "null", "array", "object"]
        return {"type": self.rng.choice(names)}

    def _types(self, depth: int) -> dict[str, Any]:
        return {"type": self.rng.sample(["string", "integer", "number", "boolean", "null", "array", "object"], 2)}

    def _nothing(self, depth: int) -> dict[str, Any]:
        return {}

    def _number(self, depth: int) -> dict[str, Any]:
        keys = ["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"]
        schema: dict[str, Any] = {key: self.rng.choice([0, 1, 2.5, 5]) for key in self.rng.sample(keys, 1)}
        if self.rng.random() < 0.3:
            schema["multipleOf"] = self.rng.choice([1, 2, 0.5])
        return schema | (self.rng.choice([{}, {"type": "number"}, {"type": "integer"}]))

    def _text(self, depth: int) -> dict[str, Any]:
        patterns = PATTERNS if self.is_plain else PATTERNS + RISKY
        options = [("minLength", [0, 1, 3]), ("maxLength", [0, 1, 3]), ("pattern", patterns)]
        schema = {key: self.rng.choice(values) for key, values in self.rng.sample(options, 2)}
        return schema | self.rng.choice([{}, {"type": "string"}])

    def _enum(self, depth: int) -> dict[str, Any]:
        return {"enum": [self.value(1) for _ in range(self.rng.randint(1, 4))]}

    def _const(self, depth: int) -> dict[str, Any]:
        value = self.value(1)
        return {"const": value} if value is not None else {"enum": [None]}

    def _ref(self, depth: int) -> dict[str, Any]:
        return {"$ref": f"#/$defs/{self.rng.choice('ABC')}"}

    def _object(self, depth: int) -> dict[str, Any]:
        rng = self.rng
        names = rng.sample(NAMES, rng.randint(0, 3))
        schema: dict[str, Any] = {"properties": {name: self.schema(depth) for name in names}}
        if rng.random() < 0.5:
            schema["type"] = "object"
        if rng.random() < 0.5:
            schema["required"] = rng.sample(names, rng.randint(0, len(names)))
        if rng.random() < 0.2:
            patterns = PATTERNS if self.is_plain else PATTERNS + RISKY
            schema["patternProperties"] = {rng.choice(patterns): self.schema(depth)}
        if rng.random() < 0.1:
            schema["propertyNames"] = {"maxLength": 1}
        if rng.random() < 0.1:
            schema[rng.choice(["minProperties", "maxProperties"])] = rng.randint(0, 2)
        if rng.random() < 0.1:
            schema["dependentRequired"] = {rng.choice(NAMES): rng.sample(names, min(1, len(names)))}
        if self.is_plain or rng.random() < 0.5:
            key = "unevaluatedProperties" if rng.random() < 0.2 else "additionalProperties"
            schema[key] = rng.choice([True, True, False, self.schema(depth)])
            if key == "unevaluatedProperties" and rng.random() < 0.5:
                schema[rng.choice(["anyOf", "oneOf", "allOf"])] = [self._object(depth) for _ in range(2)]
        return schema

    def _array(self, depth: int) -> dict[str, Any]:
        rng = self.rng
        schema: dict[str, Any] = rng.choice([{}, {"type": "array"}]) | {}
        if rng.random() < 0.6:
            schema["items"] = self.schema(depth)
        if rng.random() < 0.4:
            schema["prefixItems"] = [self.schema(depth) for _ in range(rng.randint(1, 2))]
        if rng.random() < 0.3:
            schema[rng.choice(["minItems", "maxItems"])] = rng.randint(0, 2)
        if rng.random() < 0.3:
            schema["uniqueItems"] = True
        if rng.random() < 0.3:
            schema["contains"] = self.schema(depth)
            if rng.random() < 0.5:
                schema[rng.choice(["minContains", "maxContains"])] = rng.randint(0, 2)
        return schema

    def _anyOf(self, depth: int) -> dict[str, Any]:
        return {"anyOf": [self.schema(depth) for _ in range(self.rng.randint(1, 3))]}

    def _oneOf(self, depth: int) -> dict[str, Any]:
        return {"oneOf": [self.schema(depth) for _ in range(self.rng.randint(1, 3))]}

    def _allOf(self, depth: int) -> dict[str, Any]:
        return {"allOf": [self.schema(depth) for _ in range(self.rng.randint(1, 3))]}

    def _not(self, depth: int) -> dict[str, Any]:
        return {"not": self.schema(depth)}

    def _if(self, depth: int) -> dict[str, Any]:
        keys = ["if", *self.rng.sample(["then", "else"], self.rng.randint(0, 2))]
        return {key: self.schema(depth) for key in keys}

    def _dependent(self, depth: int) -> dict[str, Any]:
        return {"dependentSchemas": {self.rng.choice(NAMES): self.schema(depth)}}

    def _base(self, depth: int) -> dict[str, Any]:
        """A schema beside a composition."""
        key = self.rng.choice(["anyOf", "oneOf", "allOf"])
        return self._object(depth) | {key: [self._object(depth) for _ in range(self.rng.randint(1, 2))]}

    def parameters(self) -> dict[str, Any]:
        # C refers to A and B, which refer to nothing: no circle
        definitions = {name: self.schema(1) for name in "ABC"}
        while any('"$ref"' in json.dumps(definitions[name]) for name in "AB") or "/C" in json.dumps(definitions["C"]):
            definitions = {name: self.schema(1) for name in "ABC"}
        root = {"type": "object", "properties": {"v": self.schema()}, "additionalProperties": True}
        return {**root, "$defs": definitions}


def mentions(schema: Any, *keys: str) -> bool:
    """Tell whether a keyword stands anywhere in a schema."""
    if isinstance(schema, Mapping):
        return any(key in schema for key in keys) or any(mentions(part, *keys) for part in schema.values())
    return isinstance(schema, list) and any(mentions(part, *keys) for part in schema)


def with_defaults(schema: Any) -> Any:
    """Write "or the default" out."""
    if isinstance(schema, list):
        return [with_defaults(part) for part in schema]
    if not isinstance(schema, Mapping):
        return schema
    values = ("enum", "const", "default", "required")
    rest = {key: part if key in values else with_defaults(part) for key, part in schema.items() if key != "default"}
    return {"anyOf": [{"const": schema["default"]}, rest]} if "default" in schema else rest


def leaves_open(schema: Any) -> bool:
    """Tell whether an object lists properties, and says not what holds for others."""
    if isinstance(schema, list):
        return any(map(leaves_open, schema))
    if not isinstance(schema, Mapping):
        return False
    says = "additionalProperties" in schema
    return ("properties" in schema and not says) or any(map(leaves_open, schema.values()))


def fits(validator: type[Draft202012Validator], parameters: Any, value: Any) -> bool:
    return bool(validator(parameters, registry=Registry()).is_valid({"v": value}))


@pytest.mark.slow
@pytest.mark.parametrize("is_plain", [True, False], ids=["plain", "ours"])
def test_values_fit_as_in_jsonschema(is_plain: bool) -> None:
    """Of what both read alike every verdict is the same; elsewhere they differ for a reason of this list alone."""
    maker = Maker(random.Random(0), is_plain)
    reasons: Counter[str] = Counter()
    verdicts: Counter[bool] = Counter()
    for _ in range(CASES):
        parameters, value = maker.parameters(), maker.value()
        tool = tool_from_dict({"name": "f", "parameters": parameters})
        finding = find_call_problem(ToolCall("f", {"v": value}), [tool])
        ours, theirs = finding is None, fits(Draft202012Validator, parameters, value)
        verdicts[ours] += 1
        if ours == theirs:
            continue
        shown = f"{json.dumps(parameters)} {value!r} {finding}"
        assert not is_plain, shown
        if ours == fits(StrictValidator, parameters, value):
            reasons["a whole number with a point is no integer"] += 1
        elif ours == fits(StrictValidator, with_defaults(parameters), value):
            reasons["a value that equals the default fits"] += 1
        elif leaves_open(parameters):
            reasons["an object that lists properties takes no others"] += 1
        elif mentions(parameters, "pattern", "patternProperties") and list_unchecked(tool):
            reasons["a pattern that could run long is not run"] += 1
        else:
            pytest.fail(shown)
    print(dict(reasons), dict(verdicts))
    assert min(verdicts.values()) > CASES / 5
    assert len(reasons) == (0 if is_plain else 4)


def test_findings_of_objects_that_are_closed_are_named_so() -> None:
    maker = Maker(random.Random(1), is_plain=False)
    found: Counter[Problem] = Counter()
    for _ in range(2000):
        parameters = maker.parameters()
        tool = tool_from_dict({"name": "f", "parameters": parameters})
        finding = find_call_problem(ToolCall("f", {"v": maker.value()}), [tool])
        if finding is not None:
            found[finding[0]] += 1
            assert finding[1].startswith("call 'f': ")
            assert "\n" not in finding[1]
    assert {Problem.TYPE, Problem.ENUM, Problem.CONSTRAINT, Problem.EXTRA_ARGUMENT, Problem.MISSING_ARGUMENT} <= set(
        found
    )
