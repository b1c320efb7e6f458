"""The same tool under other names, so that a model must read the schema instead of knowing it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from demo_data.define import Argument, BaseTool
from demo_data.phrases import without_slots
from demo_data.values import Dialect, Said

_DROP_RATE = 0.4
"""How often a variant does without an optional argument."""
_NO_ARTICLE = (
    "Whether",
    "How",
    "One",
    "If",
    "What",
    "Which",
    "Any",
    "Up",
    "At",
    "True",
    "Only",
    "Each",
    "No",
    "A",
    "An",
    "Your",
)


@dataclass(frozen=True)
class Variant:
    """One spelling of a tool."""

    base: BaseTool
    definition: Mapping[str, Any]
    """`{"name", "description", "parameters"}` as tools.jsonl holds it."""
    names: Mapping[str, str]
    """From an argument's key (`key.field` inside an object) to its name here, in the schema's order."""
    dialects: Mapping[str, Dialect]
    asks: tuple[str, ...]
    """The templates that this variant's arguments can answer."""
    pairs: tuple[str, ...]

    @property
    def name(self) -> str:
        return str(self.definition["name"])


def camel(name: str) -> str:
    """Turn snake_case into camelCase.

    >>> camel("find_next_train")
    'findNextTrain'
    """
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


def _tool_name(base: BaseTool, rng: Random) -> str:
    module, verb, noun = rng.choice(base.modules), rng.choice(base.verbs), rng.choice(base.nouns)
    action = f"{verb}_{noun}"
    dotted = (
        f"{module}.{action}",
        f"{module}.{noun}",
        f"{module}.{noun}.{verb}",
        f"{module}.{camel(action)}",
    )
    plain = (action, action, camel(action), noun if "_" in noun else action, f"{noun}_{verb}")
    return rng.choices(dotted, (6, 5, 1, 2))[0] if rng.random() < 0.45 else rng.choices(plain, (4, 4, 3, 2, 1))[0]


def _describe(argument: Argument, dialect: Dialect, with_article: bool, rng: Random) -> str:
    text = rng.choice(argument.descriptions) + rng.choice(dialect.hints)
    first = text.split()[0].rstrip(",")
    if with_article and first not in _NO_ARTICLE and first[1:] == first[1:].lower():
        text = f"The {text[:1].lower()}{text[1:]}"
    text += "." if with_article else ""
    if argument.required:
        return text
    if argument.default is None:
        return text + rng.choice((" Optional." if with_article else " (optional)", ""))
    written = dialect.write(argument.default)
    default = f"'{written}'" if isinstance(written, str) else str(written)
    endings = (
        f" Default is {default}.",
        f" Optional, defaults to {default}.",
        f" (default is {default})",
        "",
    )
    ending = rng.choice(endings)
    return text.rstrip(".") + ending if ending.startswith(" (") else text.rstrip(".") + "." * bool(ending) + ending


def _schema(argument: Argument, path: str, state: _State) -> dict[str, Any]:
    rng = state.rng
    dialect = rng.choice(argument.kind.dialects)
    state.dialects[path] = dialect
    schema: dict[str, Any] = dict(dialect.schema)
    schema["description"] = _describe(argument, dialect, state.with_article, rng)
    if argument.kind.fields:
        schema |= _object(argument.kind.fields, f"{path}.", state)
    if argument.default is not None and ("efault" not in schema["description"] or rng.random() < 0.3):
        schema["default"] = dialect.write(argument.default)
    return schema


def _object(arguments: tuple[Argument, ...], prefix: str, state: _State) -> dict[str, Any]:
    rng = state.rng
    required = [argument for argument in arguments if argument.required]
    optional = [argument for argument in arguments if not argument.required]
    rng.shuffle(required)
    rng.shuffle(optional)
    properties: dict[str, Any] = {}
    for argument in required + optional:
        spelt = camel if state.camel_arguments else str
        free = [spelt(name) for name in argument.names if spelt(name) not in properties]
        name = rng.choice(free)
        state.names[prefix + argument.key] = name
        properties[name] = _schema(argument, prefix + argument.key, state)
    names = [state.names[prefix + argument.key] for argument in required]
    return {"properties": properties, "required": names}


@dataclass
class _State:
    """What a variant has decided so far."""

    rng: Random
    with_article: bool
    camel_arguments: bool
    names: dict[str, str]
    dialects: dict[str, Dialect]


def make_variant(base: BaseTool, rng: Random, taken: set[str]) -> Variant:
    """Choose the names and descriptions of one variant; its name joins `taken`."""
    name = _tool_name(base, rng)
    while name in taken:
        name = _tool_name(base, rng)
    taken.add(name)
    is_camel = name != name.lower()
    state = _State(rng, rng.random() < 0.6, is_camel and rng.random() < 0.5, {}, {})
    kept = tuple(argument for argument in base.arguments if argument.required or rng.random() > _DROP_RATE)
    absent = {argument.key for argument in base.arguments} - {argument.key for argument in kept}
    parameters = {"type": "object"} | _object(kept, "", state)
    description = rng.choice(base.descriptions)
    definition = {"name": name, "description": description, "parameters": parameters}
    asks, pairs = (
        tuple(filter(None, (without_slots(template, absent) for template in templates)))
        for templates in (base.asks, base.pairs)
    )
    return Variant(base, definition, state.names, state.dialects, asks, pairs)


def _write(path: str, value: Any, variant: Variant) -> Any:
    if isinstance(value, dict):
        order = [key for key in variant.names if key.startswith(f"{path}.")]
        fields = [key.removeprefix(f"{path}.") for key in order]
        return {
            variant.names[key]: _write(key, value[field].value, variant)
            for key, field in zip(order, fields, strict=True)
            if field in value
        }
    return variant.dialects[path].write(value)


def write_call(variant: Variant, said: Mapping[str, Said]) -> dict[str, Any]:
    """The call that gives a tool the said values, in the schema's order."""
    arguments = {name: _write(key, said[key].value, variant) for key, name in variant.names.items() if key in said}
    return {"name": variant.name, "arguments": arguments}
