"""Refusals of the argument parser in the user's words: which setting, its value, and what to write instead.

The parser decides what is refused; its own messages name the types that it tried. Here the settings are looked at
again, from the outside in, for the first that is wrong.
"""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
import traceback
from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

from lit_toolcall.cli.commands import COMMANDS
from lit_toolcall.cli.settings import (
    CLASS_KEYS,
    CONFIG_OPTIONS,
    NOT_SET,
    Group,
    Parameter,
    class_of,
    element_of,
    find_made,
    list_abstract_methods,
    list_options,
    list_settings,
    list_subclasses,
    load_text,
    parameters_of,
    read_given,
    strip_optional,
)
from lit_toolcall.cli.wording import KINDS, guess_name, name_kind, show, with_article
from lit_toolcall.losses import PreferenceLoss
from lit_toolcall.types import UserError

SettingsOf = Mapping[str, Mapping[str, Parameter]]
"""What each command can be given: its top-level settings by name."""


def explain_refusal(message: str, arguments: Sequence[str], settings_of: SettingsOf) -> str:
    """Say what is wrong with a command line that the parser refused.

    Args:
        message: the parser's own.
        arguments: of the command line, the command first.
        settings_of: what this command and others can be given.
    """
    command, *options = arguments
    if missing := re.search(r"argument (?:-\w/)?(--\S+): expected", message):
        return f"{missing[1]} has no value: write one after it"
    try:
        given = read_given(options)
    except UserError as error:
        return str(error)
    settings = settings_of[command]
    return (
        _find_foreign(given, command, settings_of)
        or _find_stray(message, options, given, settings)
        or find_in_settings(given, settings, "", given, settings)
        or _find_covered(options, given, settings)
        or _find_missing(given, settings, command)
        or _find_unaccepted(message, given, settings)
        or shorten_message(message)
    )


def _find_foreign(given: Mapping[str, Any], command: str, settings_of: SettingsOf) -> str | None:
    """Find settings of another command, or a command's name above its settings."""
    for name in given:
        if name in settings_of[command]:
            continue
        if name in COMMANDS:
            return f"`{name}` is a command, not a setting: move what stands under it to the top level"
        others = [other for other, of_other in settings_of.items() if name in of_other]
        if others:
            return (
                f"`{name}` is a setting of {' and '.join(f'`{other}`' for other in others)}, not of `{command}`: "
                "remove it, or give a config of `{command}`"
            )
    return None


def _find_stray(
    message: str, options: Sequence[str], given: Mapping[str, Any], settings: Mapping[str, Parameter]
) -> str | None:
    """Find an argument that belongs to no option, and an unknown option."""
    if not message.startswith("unrecognized arguments"):
        return None
    for name, value in list_options(options):
        if not name:
            return f"`{show(value)}` belongs to no option: write --config before a config"
    for name, _ in list_options(options):
        first = name.split(".")[0]
        if first not in settings and name not in CONFIG_OPTIONS:
            return say_unknown(first, "", list(settings), given, settings)
    return None


def _find_covered(options: Sequence[str], given: Mapping[str, Any], settings: Mapping[str, Parameter]) -> str | None:
    """Find a wrong option that a later config or option replaces: the parser checks each of them."""
    pairs = [(name, value) for name, value in list_options(options) if name and name not in CONFIG_OPTIONS]
    alone = (_name_classes(read_given([f"--{name}={value}"]), given) for name, value in pairs)
    found = (find_in_settings(option, settings, "", given, settings) for option in alone)
    return next((mistake for mistake in found if mistake), None)


def _name_classes(option: dict[str, Any], given: Mapping[str, Any]) -> dict[str, Any]:
    """Name the classes in an option's settings that all settings together name.

    >>> _name_classes({"model": {"init_args": {}}}, {"model": {"class_path": "SFTModule"}})
    {'model': {'class_path': 'SFTModule', 'init_args': {}}}
    """
    named: dict[str, Any] = {}
    for name, value in option.items():
        below = given.get(name)
        if isinstance(value, dict) and isinstance(below, dict):
            value = _name_classes({key: below[key] for key in ("class_path",) if key in below} | value, below)
        named[name] = value
    return named


def _find_missing(given: Mapping[str, Any], settings: Mapping[str, Parameter], command: str) -> str | None:
    if not given:
        return f"{command} needs a config: give --config NAME; `lit_toolcall configs` lists the shipped ones"
    for name in ("base_model", "model", "data"):
        if name in settings and given.get(name) is None:
            return f"`{name}` is not set: give a --config that has it; `lit_toolcall configs` lists the shipped ones"
    return None


def _find_unaccepted(message: str, given: Mapping[str, Any], settings: Mapping[str, Parameter]) -> str | None:
    named = re.search(
        r"(?:[Oo]ption|[Kk]ey) ['\"]([\w.]+)['\"] is not accepted|does not accept option '([\w.]+)'", message
    )
    if named is None:
        return None
    place, _, key = (named[1] or named[2]).rpartition(".")
    return say_unknown(key, place, [], given, settings)


def shorten_message(message: str) -> str:
    """Shorten a parser's message: without addresses, types and its other attempts.

    >>> shorten_message("Parser key \\"rows\\":\\n  Expected a <class 'int'>. Got value: x")
    'rows=x must be a whole number'
    """
    if simple := re.search(r'Parser key "([\w.]+)":\s+Expected a <class \'(\w+)\'>\. Got value: (.*)', message):
        kind = next((words for each, words in KINDS.items() if each.__name__ == simple[2]), f"a {simple[2]}")
        return f"{simple[1]}={show(simple[3])} must be {kind}"
    if "'NoneType' object has no attribute 'keys'" in message:
        place = re.search(r'Parser key "([\w.]+)"', message)
        return f"{place[1] if place else 'a setting'}.init_args is null: leave it out, or give settings under it"
    text = re.split(r"\n?\s*(?:Given value|Got value)", message)[0]
    tried = [each.strip(" -\n") for each in re.split(r"\n\s+- |Errors: - | - ", text.partition("Errors:")[2])]
    tried = [each for each in tried if each and "NoneType" not in each]
    made = dict.fromkeys(re.findall(r"class_path='([\w.]+)'", message))
    of_class = f"{', '.join(made)}: " if made else ""
    text = f"{text.split('Does not validate')[0]} {of_class}{tried[0]}" if tried else text
    text = re.sub(r'Parser key "([\w.]+)":', r"`\1`:", text)
    text = re.sub(r" (?:object )?at 0x[0-9a-f]+", "", text)
    text = re.sub(r"<class '([\w.]+)'>", r"\1", text)
    text = " ".join(text.split())
    return text if len(text) <= 400 else f"{text[:400]}..."


LINKED = ("base_model", "prompt")
"""Set once at the top level, for model and data."""
ELSEWHERE = {
    "batch_size": "global_batch_size",
    "epochs": "max_epochs",
    "gradient_accumulation_steps": "accumulate_grad_batches",
    "learning_rate": "lr",
    "lora_alpha": "alpha",
    "lora_dropout": "dropout",
    "lora_r": "r",
    "max_length": "max_tokens",
    "max_seq_length": "max_tokens",
    "model_name_or_path": "base_model",
    "num_train_epochs": "max_epochs",
    "output_dir": "default_root_dir",
    "predict": "test",
    "questions": "test",
    "rank": "r",
    "target_modules": "targets",
}
"""Settings by their names in other trainers, and by likely first guesses."""
RENAMED = {
    "batch_examples": "batch_size",
    "corrupted_share": "corrupted_fraction",
    "max_leaked_share": "max_leaked_fraction",
    "max_rejected_share": "max_rejected_fraction",
    "near_share": "near_fraction",
    "same_tools_examples": "tool_group_size",
    "share": "fraction",
    "start_share": "start_fraction",
    "test_batch_examples": "eval_batch_size",
    "validation_share": "validation_fraction",
    "warmup_share": "warmup_ratio",
    "window_examples": "global_batch_size",
}
"""Settings by the names that they had before 0.1.0."""
FILES = (".csv", ".gz", ".json", ".jsonl", ".parquet", ".txt", ".yaml", ".zst")


def find_in_settings(
    values: Any, parameters: Mapping[str, Parameter], place: str, given: Mapping[str, Any], top: Mapping[str, Parameter]
) -> str | None:
    """Find the first setting in a mapping that is wrong.

    Args:
        values: the mapping.
        parameters: what it may hold.
        place: its full name; empty at the top.
        given: all settings, to name the right place of a setting.
        top: settings of the top level.

    Returns:
        A sentence, or None where each fits.
    """
    prefix = f"{place}." if place else ""

    def find(hint: Any, value: Any, name: str) -> str | None:
        return _find_mistake(hint, value, name, given, top)

    for key in values:
        if key not in parameters and key == "loss_arguments":
            return _say_loss(values.get("loss"), values[key], place)
        if key not in parameters:
            return say_unknown(key, place, list(parameters), given, top)
    for key, value in values.items():
        mistake = find(parameters[key].hint, value, f"{prefix}{key}")
        if mistake is not None:
            return mistake
    return None


def _find_mistake(
    hint: Any, value: Any, name: str, given: Mapping[str, Any], top: Mapping[str, Parameter]
) -> str | None:
    """Say why a value is not of a type; None where it is."""
    members = strip_optional(hint)
    if not members or hint is Any:
        return None
    if value is None:
        is_optional = len(members) < len(get_args(hint)) and hint not in members
        return None if is_optional else f"`{name}` is null, and must be {_say_expected(members)}"
    found = [_find_in_member(member, value, name, given, top) for member in members]
    if not all(found):
        return None
    loaded = load_text(value) if isinstance(value, str) else value
    if isinstance(value, str) and not isinstance(loaded, str | None):
        return _find_mistake(hint, loaded, name, given, top)
    fitting = [mistake for member, mistake in zip(members, found, strict=True) if _is_meant(member, loaded)]
    if len(members) == 1 or fitting:
        return (fitting or found)[0]
    if all(get_origin(member) is Literal for member in members):
        return _find_in_choices([choice for member in members for choice in get_args(member)], value, name)
    families = [made for member in members if (made := class_of(member)) and len(list_subclasses(made)) > 1]
    if families and isinstance(value, str) and not {int, float, str}.intersection(members):
        return _find_in_class(families[0], value, name, given, top)
    return _say_wrong(name, value, members)


def _is_meant(member: Any, value: Any) -> bool:
    """Tell which of several types a value of the wrong kind was meant for, by its shape."""
    if isinstance(value, list):
        return element_of(member) is not None
    return isinstance(value, dict) and class_of(member) is not None and element_of(member) is None


def _find_in_member(
    hint: Any, value: Any, name: str, given: Mapping[str, Any], top: Mapping[str, Parameter]
) -> str | None:
    if isinstance(value, str) and (str in (hint, get_origin(hint)) or hint is Path):
        return None
    entries = element_of(hint)
    if entries is not None:
        return _find_in_list(entries, value, name, given, top)
    if isinstance(hint, Group):
        if not isinstance(value, dict):
            return f"`{name}` is {name_kind(value)}, and must hold settings"
        return find_in_settings(value, hint.parameters, name, given, top)
    if get_origin(hint) is Literal:
        return _find_in_choices(get_args(hint), value, name)
    if inspect.isclass(hint) and issubclass(hint, Enum):
        return _find_in_choices([each.name for each in hint], value, name)
    if hint in (int, float, bool, str):
        return None if _is_of(value, hint) else _say_wrong(name, value, [hint])
    if get_origin(hint) in (dict, Mapping):
        return None if isinstance(value, dict) else _say_wrong(name, value, [hint])
    made = class_of(hint)
    if made is None:
        return None if get_origin(hint) is not Callable else _find_function(value, name)
    taken = get_args(hint)[0] if get_origin(hint) is Callable else []
    return _find_in_class(made, value, name, given, top, len(taken) if isinstance(taken, list) else 0)


def _find_in_list(
    entries: Any, value: Any, name: str, given: Mapping[str, Any], top: Mapping[str, Parameter]
) -> str | None:
    made = class_of(entries)
    if isinstance(value, list | tuple):
        found = (_find_mistake(entries, each, f"{name}[{number}]", given, top) for number, each in enumerate(value))
        return next((mistake for mistake in found if mistake), None)
    if isinstance(value, dict) and "class_path" in value:
        return f"`{name}` is a list: put `- ` before `class_path`"
    if made is not None:
        example = f"[{{class_path: {_example(made)}{_example_arguments(value)}}}]"
        return f"`{name}` is a list of {_plural(made)}, not {name_kind(value)}: give `{example}`"
    return f"`{name}` is a list, not {name_kind(value)}: give `[{show(value)}]`"


def _example_arguments(value: Any) -> str:
    looks_like_file = isinstance(value, str) and ("." in value or "/" in value)
    return f", init_args: {{path: {value}}}" if looks_like_file else ", init_args: {...}"


def _find_in_choices(choices: Sequence[Any], value: Any, name: str) -> str | None:
    if value in choices and not isinstance(value, bool):
        return None
    known = list(dict.fromkeys(str(choice) for choice in choices))
    return f"{name}={show(value)} is not one of {', '.join(known)}{guess_name(str(value), known)}"


def _find_function(value: Any, name: str) -> str | None:
    path = value.get("class_path") if isinstance(value, dict) else value
    if not isinstance(path, str):
        return f"`{name}` is {name_kind(value)}, and must be the import path of a function or class"
    return (
        _find_import_mistake(path, name) if "." in path else f"{name}={show(path)}: give its import path, module.name"
    )


def _find_in_class(
    base: type, value: Any, name: str, given: Mapping[str, Any], top: Mapping[str, Parameter], taken: int = 0
) -> str | None:
    """Say why a value does not make an object of a family of classes; None where it does.

    Args:
        base: of the family.
        value: of the setting.
        name: of the setting.
        given: all settings.
        top: settings of the top level.
        taken: how many of its first arguments an object gets where it is made.
    """
    if isinstance(value, str):
        if "/" in value or Path(value).suffix in FILES:
            example = f"{{class_path: {_example(base)}{_example_arguments(value)}}}"
            return f"`{name}` is {with_article(_singular(base))}, not a file: give `{example}`"
        value = {"class_path": value}
    if not isinstance(value, dict):
        return f"`{name}` is {name_kind(value)}, and must be {_say_expected([base])}"
    if "class_path" not in value:
        parameters, is_open = parameters_of(base)
        if set(value) <= {"init_args", "dict_kwargs"} or list_abstract_methods(base) or len(list_subclasses(base)) > 1:
            return f"`{name}` names no class: add `class_path: {_example(base)}`"
        return None if is_open else find_in_settings(value, parameters, name, given, top)
    path = value["class_path"]
    if not isinstance(path, str):
        return f"{name}.class_path={show(path)} must be the name of a class, such as {_example(base)}"
    mistake = _find_class_mistake(base, path, f"{name}.class_path")
    if mistake is not None:
        return mistake
    if outside := [key for key in value if key not in CLASS_KEYS]:
        keys = " and ".join(f"`{key}`" for key in outside)
        return f"`{name}`: move {keys} under `init_args`, beside `class_path`"
    chosen = find_made(base, path)
    parameters, is_open = parameters_of(chosen)
    if value.get("dict_kwargs") and not is_open:
        return f"`{name}`: {show(path)} takes no `dict_kwargs`: move its settings under `init_args`"
    inner = value.get("init_args")
    inner = load_text(inner) if isinstance(inner, str) else inner
    if inner is not None and not isinstance(inner, dict):
        return f"`{name}.init_args` is {name_kind(inner)}, and must hold settings"
    known = {key: each for key, each in (inner or {}).items() if key in parameters or not is_open}
    mistake = find_in_settings(known, parameters, f"{name}.init_args", given, top)
    is_factory = not issubclass(type(base), type) or not inspect.isclass(chosen)
    if mistake is not None or is_factory or name in ("model", "data"):
        return mistake
    needed = [key for key, each in list(parameters.items())[taken:] if each.default is NOT_SET]
    missing = [key for key in needed if key not in known]
    if missing:
        return f"`{name}`: {path.rpartition('.')[2]} needs `{missing[0]}`: set {name}.init_args.{missing[0]}"
    return None


def _find_class_mistake(base: type, path: str, name: str) -> str | None:
    """Say why a name is neither a class of a family nor a function that makes one; None where it is."""
    family = list_subclasses(base)
    if "." not in path:
        names = [each.__name__ for each in family if not list_abstract_methods(each)]
        if path in names:
            return None
        if any(each.__name__ == path for each in family):
            return f"{name}={path}: `{path}` is an abstract base class: choose {_choices(base)}"
        guess = guess_name(path, names) or f": choose {_choices(base)}, or give the import path of your own"
        return f"{name}: no {_singular(base)} `{show(path)}`{guess}"
    mistake = _find_import_mistake(path, name)
    if mistake is not None:
        return mistake
    chosen = find_made(base, path)
    if not inspect.isclass(chosen):
        if callable(chosen) and (_makes(chosen, base) or not base.__module__.startswith("lit_toolcall")):
            return None
        return f"{name}={path}: {name_kind(chosen)}, not a class made from `{base.__name__}`"
    if not issubclass(chosen, base):
        return f"{name}={path}: `{chosen.__name__}` is not {with_article(_singular(base))}: choose {_choices(base)}"
    missing = list_abstract_methods(chosen)
    if missing and base.__module__.startswith("lit_toolcall") and not chosen.__module__.startswith("lit_toolcall"):
        return f"{name}={path}: `{chosen.__name__}` has no {', '.join(missing)}: {_plural(base)} need it, so add it"
    if missing:
        return f"{name}={path}: `{chosen.__name__}` is an abstract base class: choose {_choices(base)}"
    return None


def _makes(function: Any, base: type) -> bool:
    """Tell whether a function says that it returns an object of a family, which the parser asks for."""
    try:
        returned = get_type_hints(function).get("return")
    except Exception:  # names that only a type checker imports
        return True
    return inspect.isclass(returned) and issubclass(returned, base)


def _find_import_mistake(path: str, name: str) -> str | None:
    module, _, attribute = path.rpartition(".")
    if not all(part.isidentifier() for part in path.split(".")):
        return f"{name}={show(path)}: not an import path such as my_module.MyClass"
    try:
        holder = importlib.import_module(module)
    except ModuleNotFoundError as error:
        missing = error.name or module
        if module == missing or module.startswith(f"{missing}."):
            if find_made_nested(path) is not None:
                return None
            return (
                f"{name}={path}: no module `{missing}` on the import path: start in its folder, or set PYTHONPATH to it"
            )
        return f"{name}={path}: importing `{module}` needs `{missing}`, which is not installed: install it"
    except Exception as error:  # of a module of the user's own
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = " ".join(str(error).split())[:200]
        return (
            f"{name}={path}: importing `{module}` fails with {type(error).__name__}: {said} "
            f"({place.filename}:{place.lineno}): fix it"
        )
    if hasattr(holder, attribute):
        return None
    known = [each for each in dir(holder) if not each.startswith("_")]
    return f"{name}={path}: the module `{module}` has no `{attribute}`{guess_name(attribute, known)}"


def find_made_nested(path: str) -> Any:
    """Find a class inside a class, `module.Outer.Inner`; None where there is none."""
    outer, _, inner = path.rpartition(".")
    holder = find_made(None, outer) if "." in outer else None
    return vars(holder).get(inner) if inspect.isclass(holder) else None


def say_unknown(
    key: str, place: str, siblings: Sequence[str], given: Mapping[str, Any], top: Mapping[str, Parameter]
) -> str:
    """Say that there is no such setting, and name the one that was probably meant."""
    where = f"`{place}` has no `{key}`" if place else f"there is no setting `{key}`"
    nearest = difflib.get_close_matches(key, siblings, n=1, cutoff=0.6)
    everywhere = list(list_settings(top, _with_defaults(given)))
    for meant in (key, ELSEWHERE.get(key), RENAMED.get(key)):
        homes = [each for each in everywhere if each.rpartition(".")[2] == meant]
        if homes and key == "predict":
            return f"{where}: the questions of `predict` are set by `{homes[0]}`"
        if meant in siblings:
            return f"{where}: it is called `{meant}` here"
        if homes:
            return f"{where}: it is `{homes[0]}`"
    if nearest:
        return f"{where}: did you mean `{nearest[0]}`?"
    leaves = {each.rpartition(".")[2]: each for each in reversed(everywhere)}
    far = difflib.get_close_matches(key, leaves, n=1, cutoff=0.75)
    if far:
        return f"{where}: did you mean `{leaves[far[0]]}`?"
    names = [name for name in siblings if not (place.startswith(("model", "data")) and name in LINKED)]
    return f"{where}: it has {', '.join(names)}" if place and names else f"{where}: --print_config shows all there are"


def _say_loss(loss: Any, arguments: Any, place: str) -> str:
    """Write a loss and its `loss_arguments`, the two settings of before 0.1.0, as one class.

    >>> _say_loss("ipo", {"beta": 0.2}, "model.init_args")
    '`model.init_args` has no `loss_arguments`: write `loss: {class_path: IPO, init_args: {beta: 0.2}}`'
    """
    named = loss.get("class_path") if isinstance(loss, dict) else loss
    classes = {each.__name__.lower(): each.__name__ for each in list_subclasses(PreferenceLoss)}
    chosen = classes.get(str(named or "sigmoid").replace("_", "").lower(), named)
    arguments = load_text(arguments) if isinstance(arguments, str) else arguments
    settings = ", ".join(f"{name}: {value}" for name, value in arguments.items()) if isinstance(arguments, dict) else ""
    written = f"{{class_path: {chosen}, init_args: {{{settings}}}}}" if settings else str(chosen)
    return f"`{place}` has no `loss_arguments`: write `loss: {written}`"


def _with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    defaults = {"model": {"class_path": "SFTModule"}, "data": {"class_path": "SFTDataModule"}}
    return {**defaults, **{name: value for name, value in given.items() if value is not None}}


def _is_of(value: Any, kind: type) -> bool:
    if kind is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, kind) and (kind is bool or not isinstance(value, bool))


def _say_wrong(name: str, value: Any, expected: Sequence[Any]) -> str:
    if isinstance(value, dict | list):
        return f"`{name}` is {name_kind(value)}, and must be {_say_expected(expected)}"
    return f"{name}={show(value)} must be {_say_expected(expected)}"


def _say_expected(expected: Sequence[Any]) -> str:
    """Name the types that a setting takes.

    >>> _say_expected([int, float])
    'a whole number or a number'
    """
    words: list[str] = []
    plain = [hint for hint in expected if hint in KINDS]
    for hint in plain or expected:
        made = class_of(hint)
        if get_origin(hint) is Literal:
            word = " or ".join(str(choice) for choice in get_args(hint))
        elif element_of(hint) is not None:
            word = "a list"
        elif isinstance(hint, Group):
            word = "a mapping"
        elif made is not None:
            word = (
                f"{with_article(_singular(made))} (`class_path: {_example(made)}`)"
                if len(list_subclasses(made)) > 1
                else "a mapping of settings"
            )
        else:
            word = KINDS.get(get_origin(hint) or hint, "another value")
        words += [word] if word not in words else []
    return " or ".join(words)


NOUNS = {
    "Augmentation": "augmentation",
    "Callback": "callback",
    "Logger": "logger",
    "PreferenceLoss": "loss",
    "Source": "source",
}
NOT_CHOSEN = ("lit_toolcall.cli.lightning_cli", "lit_toolcall.loggers", "lit_toolcall.modules.policy")
"""Modules of classes that a config does not name."""


def _singular(base: type) -> str:
    return NOUNS.get(base.__name__, base.__name__)


def _plural(base: type) -> str:
    return f"{_singular(base)}es" if _singular(base).endswith("s") else f"{_singular(base)}s"


def _choices(base: type) -> str:
    """Name a family's classes that can be made, our own where it has any."""
    family = [each for each in list_subclasses(base) if not list_abstract_methods(each) and each is not base]
    named = [each.__name__ for each in family if each.__module__ not in NOT_CHOSEN]
    own = [each.__name__ for each in family if each.__module__.startswith("lit_toolcall.data")]
    return ", ".join((own or named)[:12]) or base.__name__


def _example(base: type) -> str:
    preferred = ("JsonLines", "AdapterCheckpoint", "SFTModule", "SFTDataModule", "AdamW", "CSVLogger")
    names = [each.__name__ for each in list_subclasses(base) if not list_abstract_methods(each)]
    return next((name for name in preferred if name in names), names[0] if names else base.__name__)
