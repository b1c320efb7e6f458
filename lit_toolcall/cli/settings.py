"""The settings that exist, parameters of the classes that a config names, and the values that a command line gives."""

from __future__ import annotations

import collections.abc
import dataclasses
import importlib
import inspect
import types
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, Union, get_args, get_origin, get_type_hints

import yaml

from lit_toolcall.cli.config_files import find_config, read_config

CLASS_KEYS = ("class_path", "init_args", "dict_kwargs")
NOT_SET = inspect.Parameter.empty


class Parameter(NamedTuple):
    """One parameter of a class or function: its type, and its default or `NOT_SET`."""

    hint: Any
    default: Any


class Group:
    """The type of a group of settings that has no class, such as `trainer`."""

    def __init__(self, parameters: Mapping[str, Parameter]) -> None:
        self.parameters = parameters


def group(parameters: Mapping[str, Parameter]) -> Parameter:
    """Make a parameter of settings that stand under one name."""
    return Parameter(Group(parameters), {})


def parameters_of(made: Any) -> tuple[dict[str, Parameter], bool]:
    """List the parameters of a class's constructor, or of a function, those of its base classes included.

    Returns:
        The parameters by name, and whether it takes others that cannot be known.
    """
    if not inspect.isclass(made):
        return _parameters_of_function(made, skip=0)
    found: dict[str, Parameter] = {}
    for owner in made.__mro__:
        if "__init__" not in vars(owner) or owner is object:
            continue
        own, is_open = _parameters_of_function(vars(owner)["__init__"], skip=1)
        if found:  # what a base class needs may be given by the class itself
            own = {name: each._replace(default=None) for name, each in own.items()}
        found = {**own, **found}
        if not is_open:
            return found, False
    return found, True


def _parameters_of_function(function: Any, skip: int) -> tuple[dict[str, Parameter], bool]:
    try:
        parameters = list(inspect.signature(function).parameters.values())[skip:]
    except (TypeError, ValueError):
        return {}, True
    try:
        hints = get_type_hints(function)
    except Exception:  # names that only a type checker imports
        hints = {}
    named = [each for each in parameters if each.kind not in (each.VAR_KEYWORD, each.VAR_POSITIONAL)]
    found = {each.name: Parameter(hints.get(each.name, Any), each.default) for each in named}
    return found, any(each.kind is each.VAR_KEYWORD for each in parameters)


def strip_optional(hint: Any) -> list[Any]:
    """List the types that a type stands for, None left out.

    >>> strip_optional(int | None)
    [<class 'int'>]
    """
    if get_origin(hint) in (Union, types.UnionType):
        return [each for member in get_args(hint) for each in strip_optional(member)]
    return [] if hint in (None, type(None)) else [hint]


def element_of(hint: Any) -> Any:
    """Return the type of a list's entries; None where the type is no list."""
    origin = get_origin(hint) or hint
    if inspect.isclass(origin) and origin not in (str, bytes) and issubclass(origin, collections.abc.Iterable):
        if issubclass(origin, collections.abc.Mapping) or get_origin(hint) is None:
            return Any if origin in (list, tuple, set) else None
        return (get_args(hint) or (Any,))[0]
    return None


def class_of(hint: Any) -> type | None:
    """Return the class whose settings a type stands for: the class itself, or what a factory makes."""
    if get_origin(hint) is collections.abc.Callable:
        made = (get_args(hint) or (Any,))[-1]
        return made if inspect.isclass(made) and made is not Any else None
    is_plain = hint in (int, float, str, bool, bytes, complex, object, Path, Any) or get_origin(hint) is Literal
    return hint if inspect.isclass(hint) and not is_plain and element_of(hint) is None else None


def list_subclasses(base: type) -> list[type]:
    """List the classes of a family that are known so far, the family's own name included, ours first."""
    found: dict[str, type] = {}
    waiting = [base]
    while waiting:
        each = waiting.pop(0)
        waiting += type.__subclasses__(each)
        if not each.__name__.startswith("_"):
            found.setdefault(each.__name__, each)
    return sorted(found.values(), key=lambda each: not each.__module__.startswith("lit_toolcall"))


def list_abstract_methods(made: Any) -> list[str]:
    """Name a class's abstract methods; LightningModule has no metaclass that refuses such a class."""
    if not inspect.isclass(made):
        return []
    return [name for name in dir(made) if getattr(inspect.getattr_static(made, name), "__isabstractmethod__", False)]


CONFIG_OPTIONS = ("config", "c")
"""Options that name a config."""
ASKING = ("h", "help", "print_config")
"""Options that ask for something to be printed."""


def read_given(arguments: Sequence[str]) -> dict[str, Any]:
    """Merge the settings of configs and options as plain values; later ones win.

    >>> read_given(["--trainer.devices", "2", "--model=SFTModule", "--model.init_args.lora.r", "8"])
    {'trainer': {'devices': '2'}, 'model': {'class_path': 'SFTModule', 'init_args': {'lora': {'r': '8'}}}}
    """
    given: dict[str, Any] = {}
    for name, value in list_options(arguments):
        if name in CONFIG_OPTIONS:
            given = _merge(given, read_config(find_config(value)))
        elif name:
            _set(given, name.removesuffix("+").split("."), value)
    return given


def list_options(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """List options that set something, with their values; what belongs to none has an empty name."""
    waiting = list(arguments)
    while waiting:
        token = waiting.pop(0)
        if not token.startswith("-") or token in ("-", "--"):
            yield "", token
            continue
        name, equals, value = token.lstrip("-").partition("=")
        if name in ASKING:
            continue
        if not equals and waiting and not waiting[0].startswith("--"):
            value = waiting.pop(0)
        yield name, value


def _merge(below: Any, above: Any) -> Any:
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return above
    if "class_path" in above and above["class_path"] != below.get("class_path"):
        return above
    return {name: _merge(below.get(name), above.get(name, below.get(name))) for name in {**below, **above}}


def _set(settings: dict[str, Any], names: Sequence[str], value: str) -> None:
    for name in names[:-1]:
        if "class_path" in settings and name not in CLASS_KEYS:
            settings = settings.setdefault("init_args", {})
        inner = settings.get(name)
        if isinstance(inner, list) and inner:  # the parser takes the last entry
            inner = inner[-1]
        if isinstance(inner, str):
            inner = settings[name] = {"class_path": inner}
        if not isinstance(inner, dict):
            inner = settings[name] = {}
        settings = inner
    last = names[-1]
    if "class_path" in settings and last not in CLASS_KEYS:
        settings = settings.setdefault("init_args", {})
    if isinstance(settings, dict):
        settings[last] = {"class_path": value} if last in ("model", "data") and "{" not in value else value


def load_text(text: str) -> Any:
    """Read a value as the command line's parser does: `"2"` is a number, `"[a]"` a list.

    >>> load_text("[1, a]"), load_text("a: [")
    ([1, 'a'], 'a: [')
    """
    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return text


def list_settings(parameters: Mapping[str, Parameter], given: Any, prefix: str = "") -> Iterator[str]:
    """List every setting by its full name, inside the classes that are given or are the defaults."""
    for name, parameter in parameters.items():
        place = f"{prefix}{name}"
        yield place
        value = given.get(name) if isinstance(given, dict) else None
        for hint in strip_optional(parameter.hint):
            entries = element_of(hint)
            if entries is not None and isinstance(value, list):
                for number, entry in enumerate(value):
                    yield from _list_inside(entries, NOT_SET, entry, f"{place}[{number}]")
            elif entries is None:
                yield from _list_inside(hint, parameter.default, value, place)


def _list_inside(hint: Any, default: Any, value: Any, place: str) -> Iterator[str]:
    made = class_of(hint)
    if made is None:
        return
    if dataclasses.is_dataclass(made):
        yield from list_settings(parameters_of(made)[0], value, f"{place}.")
        return
    if isinstance(value, dict) and isinstance(value.get("class_path"), str):
        chosen = find_made(made, value["class_path"])
        inner = value.get("init_args")
    else:
        chosen, inner = default if inspect.isclass(default) else None, None
    if chosen is not None:
        yield from list_settings(parameters_of(chosen)[0], inner, f"{place}.init_args.")


def find_made(base: type | None, name: str) -> Any:
    """Find a class or function by its short name, among a family's, or by its import path; None where there is none."""
    if "." not in name:
        return next((each for each in list_subclasses(base) if each.__name__ == name), None) if base else None
    module, _, attribute = name.rpartition(".")
    try:
        return getattr(importlib.import_module(module), attribute, None)
    except Exception:  # any error of a user's own module, which is reported elsewhere
        return None
