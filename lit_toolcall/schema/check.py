"""Checks a call against the available tools, and says what is wrong with one that does not fit.

JSON Schema (draft 2020-12, and the older spellings that tools are written in) in our own words, not the package
`jsonschema`'s: a default that fits, objects that are closed across compositions, keywords that are not checked inside
`not` and `oneOf`, bounds on time, and patterns that cannot run long would each replace a part of it. A test holds the
two together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lit_toolcall.json_values import JSON_TYPES, equal_json, hash_json, list_names, name_type
from lit_toolcall.schema.keywords import describe_broken_bound, describe_broken_size, find_pattern, read_count
from lit_toolcall.schema.references import COMPOSING, REFUSING, Schema, as_schema, resolve_reference
from lit_toolcall.types import Problem, Tool, ToolCall

Finding = tuple[Problem, str]

MAX_STEPS = 100_000
"""The most schemas that are held against the parts of one call."""
MAX_CHECK_DEPTH = 120
"""The deepest that schemas lead into each other while one call is checked."""

_REFERENCE_ALONE = frozenset(("$ref", "title", "description"))
_OF_COMPOSED = COMPOSING | {"not"}
_OF_TEXT = frozenset(("minLength", "maxLength", "pattern"))
_OF_NUMBERS = frozenset(("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"))
_OF_LISTS = frozenset(("minItems", "maxItems", "uniqueItems", "contains"))
_OF_OBJECTS = frozenset(("minProperties", "maxProperties", "propertyNames", "dependentRequired", "dependencies"))


def find_call_problem(call: ToolCall, tools: Sequence[Tool]) -> Finding | None:
    """Return the first problem of a call with a sentence about it, None where the call fits its tool.

    Types are JSON's and strict: true is no integer, 5.0 is no integer, 5 is a number; a schema without a type
    takes anything. A value that equals its argument's default always fits, and null where `nullable` says so. An
    object whose schema lists properties takes no others, unless `additionalProperties`, `patternProperties` or a
    schema that it is composed of allows them. What is not checked (`list_unchecked` names it) refuses nothing.

    >>> tool = Tool("wait", "", {"properties": {"s": {"type": "integer"}}, "required": ["s"]})
    >>> find_call_problem(ToolCall("wait", {"s": 5}), [tool])
    >>> find_call_problem(ToolCall("wait", {"s": "5"}), [tool])[1]
    "call 'wait': argument 's' is '5', of type string: its type is integer"
    >>> find_call_problem(ToolCall("wiat", {"s": 5}), [tool])[1]
    "call 'wiat' is not among this example's tools: wait"
    """
    tool = next((tool for tool in tools if tool.name == call.name), None)
    if tool is None:
        known = list_names([tool.name for tool in tools])
        return Problem.UNKNOWN_TOOL, f"call {call.name!r:.60} is not among this example's tools: {known}"
    place = f"call {call.name!r:.60}"
    try:
        return _Check(tool.parameters, place).place(dict(call.arguments), tool.parameters, "")
    except (_TooMuch, RecursionError):
        return Problem.TOO_LONG, f"{place}: checking it against its tool's schema takes too long: simplify the schema"


@dataclass(slots=True)
class PropertyNames:
    """What the schemas of one object say of its properties' names.

    Args:
        is_composed: whether several schemas may speak of the object.
    """

    is_composed: bool
    taken: set[str] = field(default_factory=set)
    """Names that a schema which the object fits speaks of."""
    listed: dict[str, None] = field(default_factory=dict)
    """Names that any of the schemas lists, in order, for sentences."""
    lists: bool = False
    """One of them lists properties."""
    is_open: bool = False
    """One of them takes any others."""
    branch_lists: bool = False
    """A branch of `anyOf` or `oneOf` lists properties."""
    branch_is_free: bool = False
    """A branch that the object fits lists none."""

    @property
    def is_listing(self) -> bool:
        """Tell whether the object takes listed properties only, unless it is open."""
        return self.lists or (self.branch_lists and not self.branch_is_free)

    def add_branch(self, branch: PropertyNames, fits: bool) -> None:
        """Note what a branch of `anyOf` or `oneOf` says."""
        self.listed |= branch.listed
        self.branch_lists |= branch.is_listing
        if fits:
            self.taken |= branch.taken
            self.is_open |= branch.is_open
            self.branch_is_free |= not branch.is_listing

    def extra(self, value: Mapping[str, Any]) -> list[str]:
        """List the value's names that no schema speaks of."""
        if self.is_open or not self.is_listing:
            return []
        return [name for name in value if name not in self.taken]


class _TooMuch(Exception):
    """A call and a schema that take more steps, or nest deeper, than a check takes."""


class _Check:
    """Holds one call against one tool's schema."""

    def __init__(self, root: Schema, call: str) -> None:
        self.root = root
        self.call = call
        self.steps = self.depth = self.unknown = 0
        """`unknown` counts what could not be decided: a value that fits only apart from it may fit or not."""
        self.following: set[tuple[int, int]] = set()

    def place(self, value: Any, schema: Schema, path: str) -> Finding | None:
        """Check a value by all that its place's schema says; `path` is empty for the call's own arguments."""
        if not schema:
            return None
        schema = self._skip_reference(schema)
        names = PropertyNames(is_composed=not schema.keys().isdisjoint(COMPOSING))
        finding = self.value(value, schema, path, names)
        if finding is not None or type(value) is not dict or not names.is_composed:
            return finding
        extra = names.extra(value)
        return self._name_problem([], extra, names.listed, path) if extra else None

    def _skip_reference(self, schema: Schema) -> Schema:
        """Go on to where a schema refers to and says nothing else, so that names are told as of a plain one."""
        if "$ref" in schema and schema.keys() <= _REFERENCE_ALONE:
            return resolve_reference(schema["$ref"], self.root) or schema
        return schema

    def value(self, value: Any, schema: Schema, path: str, names: PropertyNames) -> Finding | None:
        """Check a value by one schema, and note what that says of an object's names."""
        self.steps += 1
        if self.steps > MAX_STEPS or self.depth > MAX_CHECK_DEPTH:
            raise _TooMuch
        if "default" in schema and equal_json(value, schema["default"]):
            names.is_open = True
            return None
        if value is None and schema.get("nullable") is True:
            return None
        self.depth += 1
        finding = self._type(value, schema["type"], path) if "type" in schema else None
        if finding is None and ("enum" in schema or "const" in schema):
            finding = self._choices(value, schema, path)
        if finding is None:
            finding = self._inside(value, schema, path, names)
        self.depth -= 1
        return finding

    def _inside(self, value: Any, schema: Schema, path: str, names: PropertyNames) -> Finding | None:
        kind = type(value)
        finding = None
        if kind is dict:
            if "unevaluatedProperties" in schema:
                return self._unevaluated(value, schema, path, names)
            finding = self._object(value, schema, path, names)
        elif kind is list:
            finding = self._list(value, schema, path)
        elif kind is str:
            if not schema.keys().isdisjoint(_OF_TEXT):
                finding = self._text(value, schema, path)
        elif kind in (int, float) and not schema.keys().isdisjoint(_OF_NUMBERS):
            finding = self._number(value, schema, path)
        if finding is None and not schema.keys().isdisjoint(_OF_COMPOSED):
            return self._composed(value, schema, path, names)
        return finding

    def _object(self, value: Mapping[str, Any], schema: Schema, path: str, names: PropertyNames) -> Finding | None:
        properties: Mapping[str, Any] = schema.get("properties") or {}
        required: Sequence[str] = schema.get("required") or ()
        others = schema.get("additionalProperties")
        missing = [name for name in required if name not in value]
        rest = [name for name in value if name not in properties]
        by_pattern, patterned = self._by_pattern(value, schema) if "patternProperties" in schema else ([], set())
        rest = [name for name in rest if name not in patterned]
        if names.is_composed:
            names.listed |= dict.fromkeys((*properties, *required))
            names.taken.update(properties, required, patterned)
            names.lists |= "properties" in schema or others is False
            names.is_open |= others is not None and others is not False
        closed = others is False or (others is None and "properties" in schema and not names.is_composed)
        # a name that is required may be given, listed or not
        extra = [name for name in rest if name not in required] if closed and rest else []
        if missing or extra:
            return self._name_problem(missing, extra, {**properties, **dict.fromkeys(required)}, path)
        inside = f"{path}." if path else ""
        of_others = as_schema(others)
        for name, part in value.items():
            of_part = properties.get(name, of_others if name in rest else None)
            finding = self.place(part, of_part, f"{inside}{name}") if of_part else None
            if finding is not None:
                return finding
        for name, of_part in by_pattern:
            finding = self.place(value[name], of_part, f"{inside}{name}")
            if finding is not None:
                return finding
        return None if schema.keys().isdisjoint(_OF_OBJECTS) else self._more_of_object(value, schema, path)

    def _by_pattern(self, value: Mapping[str, Any], schema: Schema) -> tuple[list[tuple[str, Schema]], set[str]]:
        """Return the schemas that names fall under by their pattern, and all names that do or may do so."""
        found, patterned = [], set()
        for pattern, part in schema["patternProperties"].items():
            for name in value:
                matches = find_pattern(pattern, name)
                self.unknown += matches is None
                if matches is not False:
                    patterned.add(name)
                of_part = as_schema(part)
                if matches and of_part:
                    found.append((name, of_part))
        return found, patterned

    def _more_of_object(self, value: Mapping[str, Any], schema: Schema, path: str) -> Finding | None:
        finding = self._size(len(value), schema, "Properties", path, value)
        if finding is not None:
            return finding
        of_names = as_schema(schema.get("propertyNames"))
        for name in value if of_names else ():
            finding = self.place(name, of_names or {}, f"{path}.{name}" if path else name)
            if finding is not None:
                return Problem.EXTRA_ARGUMENT, f"{finding[1]} (as a name)"
        for key in ("dependentRequired", "dependencies"):
            wanted = schema.get(key)
            for name, others in wanted.items() if isinstance(wanted, Mapping) else ():
                missing = [other for other in others if other not in value] if isinstance(others, list) else []
                if name in value and missing:
                    return self._name_problem(missing, [], {}, path)
        return None

    def _unevaluated(self, value: Mapping[str, Any], schema: Schema, path: str, outer: PropertyNames) -> Finding | None:
        """Check an object whose schema says what holds for the names of which no schema of it speaks."""
        others = as_schema(schema["unevaluatedProperties"])
        names = PropertyNames(is_composed=True)
        rest = {key: part for key, part in schema.items() if key not in ("unevaluatedProperties", "default")}
        finding = self.value(value, rest, path, names)
        if finding is not None or others is None:
            return finding
        outer.is_open = True
        outer.listed |= names.listed
        left = [] if names.is_open else [name for name in value if name not in names.taken]
        if others is REFUSING:
            return self._name_problem([], left, names.listed, path) if left else None
        findings = (self.place(value[name], others, f"{path}.{name}" if path else name) for name in left)
        return next((finding for finding in findings if finding is not None), None)

    def _name_problem(self, missing: list[str], extra: list[str], listed: Mapping[str, Any], path: str) -> Finding:
        inside = f"{path}." if path else ""
        wanted, found = (list_names([repr(f"{inside}{name}") for name in names]) for names in (missing, extra))
        known = list_names(listed)
        if missing and extra:
            return Problem.ARGUMENT_NAME, f"{self.call}: {found} given where {wanted} is required: it takes {known}"
        if missing:
            return Problem.MISSING_ARGUMENT, f"{self.call}: required argument {wanted} is missing"
        return Problem.EXTRA_ARGUMENT, f"{self.call}: argument {found} is not in its schema: it takes {known}"

    def _said(self, value: Any, path: str) -> str:
        return (
            f"{self.call}: argument {path!r} is {_show(value)}"
            if path
            else f"{self.call}: the object of its arguments is {_show(value)}"
        )

    def _type(self, value: Any, declared: Any, path: str) -> Finding | None:
        names = [declared] if isinstance(declared, str) else declared
        # type() and not isinstance: to Python a bool is an int.
        kind = type(value)
        if any(kind in JSON_TYPES[name] for name in names):
            return None
        says = f"of type {name_type(value)}: its type is {' or '.join(names)}"
        return Problem.TYPE, f"{self._said(value, path)}, {says}"

    def _choices(self, value: Any, schema: Schema, path: str) -> Finding | None:
        asked = [schema.get("enum"), [schema["const"]] if "const" in schema else None]
        for choices in (choices for choices in asked if isinstance(choices, list)):
            self.steps += len(choices) // 16
            if not any(equal_json(value, choice) for choice in choices):
                known = list_names([_show(choice) for choice in choices])
                return Problem.ENUM, f"{self._said(value, path)}, which is not one of {known}"
        return None

    def _broken(self, value: Any, path: str, says: str) -> Finding:
        return Problem.CONSTRAINT, f"{self._said(value, path)}, {says}"

    def _size(self, size: int, schema: Schema, of_what: str, path: str, value: Any) -> Finding | None:
        says = describe_broken_size(size, schema, of_what)
        return None if says is None else self._broken(value, path, says)

    def _text(self, value: str, schema: Schema, path: str) -> Finding | None:
        finding = self._size(len(value), schema, "Length", path, value)
        if finding is None and "pattern" in schema:
            matches = find_pattern(schema["pattern"], value)
            self.unknown += matches is None
            if matches is False:
                return self._broken(value, path, f"which does not match its pattern {_show(schema['pattern'])}")
        return finding

    def _number(self, value: float, schema: Schema, path: str) -> Finding | None:
        says = describe_broken_bound(value, schema)
        return None if says is None else self._broken(value, path, says)

    def _list(self, value: list[Any], schema: Schema, path: str) -> Finding | None:
        firsts = schema.get("prefixItems") or ()
        items = as_schema(schema.get("items"))
        if items or firsts:
            for i, part in enumerate(value):
                of_part = as_schema(firsts[i]) if i < len(firsts) else items
                if of_part is REFUSING and i >= len(firsts):
                    return self._broken(value, path, f"of {len(value)} items: it has at most {len(firsts)}")
                finding = self.place(part, of_part, f"{path}[{i}]") if of_part else None
                if finding is not None:
                    return finding
        if schema.keys().isdisjoint(_OF_LISTS):
            return None
        finding = self._size(len(value), schema, "Items", path, value)
        if finding is None and schema.get("uniqueItems") is True and len(set(map(hash_json, value))) < len(value):
            return self._broken(value, path, "whose items are not all different")
        return self._contains(value, schema, path) if finding is None and "contains" in schema else finding

    def _contains(self, value: list[Any], schema: Schema, path: str) -> Finding | None:
        wanted = as_schema(schema["contains"])
        least, most = read_count(schema.get("minContains", 1)), read_count(schema.get("maxContains"))
        if wanted is None:
            return None
        fits = [self._try(part, wanted, f"{path}[{i}]", None) for i, part in enumerate(value)]
        sure, possible = fits.count(True), len(fits) - fits.count(False)
        if least is not None and possible < least:
            return self._broken(value, path, f"of which {possible} items fit its `contains`: at least {least} must")
        if most is not None and sure > most:
            return self._broken(value, path, f"of which {sure} items fit its `contains`: at most {most} may")
        self.unknown += possible > sure
        return None

    def _try(self, value: Any, schema: Schema, path: str, names: PropertyNames | None) -> bool | None:
        """Tell whether a value fits a schema; None where that hangs on what is not checked."""
        before = self.unknown
        finding = self.place(value, schema, path) if names is None else self.value(value, schema, path, names)
        is_sure, self.unknown = self.unknown == before, before
        return False if finding is not None else (True if is_sure else None)

    def _composed(self, value: Any, schema: Schema, path: str, names: PropertyNames) -> Finding | None:
        for check in _COMPOSED:
            finding = check(self, value, schema, path, names)
            if finding is not None:
                return finding
        return None

    def _reference(self, value: Any, schema: Schema, path: str, names: PropertyNames) -> Finding | None:
        if "$ref" not in schema:
            return None
        target = resolve_reference(schema["$ref"], self.root)
        step = (id(target), id(value))
        if target is None or step in self.following:  # elsewhere, or in a circle: it says nothing
            self.unknown += 1
            names.is_open = True
            return None
        self.following.add(step)
        finding = self.value(value, target, path, names)
        self.following.discard(step)
        return finding

    def _all_of(self, value: Any, schema: Schema, path: str, names: PropertyNames) -> Finding | None:
        for part in _parts(schema, "allOf"):
            finding = self.value(value, part, path, names)
            if finding is not None:
                return finding
        return None

    def _branches(
        self, value: Any, parts: Sequence[Schema], path: str, names: PropertyNames
    ) -> tuple[list[bool | None], list[PropertyNames], Finding | None]:
        """Try each branch; with the finding to name where none fits."""
        fits: list[bool | None] = []
        of_branches, told = [], None
        for part in parts:
            branch, before = PropertyNames(is_composed=True), self.unknown
            finding = self.value(value, part, path, branch)
            fits.append(False if finding is not None else (None if self.unknown > before else True))
            self.unknown = before
            of_branches.append(branch)
            # a branch of the value's type says more than one of another type
            if told is None or (finding is not None and self._is_of_other_type(told, value, path)):
                told = finding
            names.add_branch(branch, fits[-1] is not False)
        return fits, of_branches, told

    def _is_of_other_type(self, finding: Finding, value: Any, path: str) -> bool:
        return finding[0] is Problem.TYPE and finding[1].startswith(f"{self._said(value, path)},")

    def _any_of(self, value: Any, schema: Schema, path: str, names: PropertyNames) -> Finding | None:
        parts = _parts(schema, "anyOf")
        fits, _, told = self._branches(value, parts, path, names)
        if not parts or True in fits:
            return None
        self.unknown += None in fits
        return None if None in fits else told

    def _one_of(self, value: Any, schema: Schema, path: str, names: PropertyNames) -> Finding | None:
        parts = _parts(schema, "oneOf")
        outer = set(names.taken) if names.lists else set()
        fits, of_branches, told = self._branches(value, parts, path, names)
        if not parts:
            return None
        if not any(fit is not False for fit in fits):
            return told
        sure = fits.count(True)
        if sure > 1 and type(value) is dict:
            # Of objects that list other properties one is meant, since what is not listed is one too many.
            listing = [branch for branch, fit in zip(of_branches, fits, strict=True) if fit]
            sure = sum(not set(branch.extra(value)) - outer for branch in listing) or sure
        if sure > 1:
            return self._broken(value, path, f"which fits {sure} schemas of its `oneOf`: only one may fit")
        self.unknown += None in fits
        return None

    def _not(self, value: Any, schema: Schema, path: str, _: PropertyNames) -> Finding | None:
        refused = as_schema(schema.get("not"))
        if refused is None:
            return None
        fits = self._try(value, refused, path, PropertyNames(is_composed=True))
        self.unknown += fits is None
        return self._broken(value, path, "which its schema rules out (`not`)") if fits else None

    def _condition(self, value: Any, schema: Schema, path: str, names: PropertyNames) -> Finding | None:
        asked = as_schema(schema.get("if"))
        if asked is None:
            return None
        of_asked = PropertyNames(is_composed=True)
        fits = self._try(value, asked, path, of_asked)
        if fits is None:
            self.unknown += 1
            names.is_open = True
            return None
        if fits:
            names.taken |= of_asked.taken
            names.is_open |= of_asked.is_open
        part = as_schema(schema.get("then" if fits else "else"))
        return None if part is None else self.value(value, part, path, names)

    def _dependent(self, value: Any, schema: Schema, path: str, names: PropertyNames) -> Finding | None:
        for key in ("dependentSchemas", "dependencies") if type(value) is dict else ():
            parts = schema.get(key)
            for name, part in parts.items() if isinstance(parts, Mapping) else ():
                wanted = as_schema(part) if name in value else None
                finding = None if wanted is None else self.value(value, wanted, path, names)
                if finding is not None:
                    return finding
        return None


_COMPOSED: tuple[Callable[[_Check, Any, Schema, str, PropertyNames], Finding | None], ...] = (
    _Check._reference,
    _Check._all_of,
    _Check._any_of,
    _Check._one_of,
    _Check._condition,
    _Check._dependent,
    _Check._not,
)


def _show(value: Any) -> str:
    try:
        return f"{value!r:.60}"
    except (ValueError, RecursionError):  # Python writes no integer of more than 4300 digits
        return f"a {type(value).__name__}"


def _parts(schema: Schema, key: str) -> list[Schema]:
    found = schema.get(key)
    return [part for part in map(as_schema, found) if part is not None] if isinstance(found, list) else []
