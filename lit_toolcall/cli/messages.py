"""What the argument parser refuses, said in the user's words: which setting, its value, and what to write instead.

The parser decides what is refused; its own messages name the types that it tried. Here the settings are looked at
again, from the outside in, for the first that cannot be.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from lit_toolcall.cli.commands import COMMANDS
from lit_toolcall.cli.mistakes import find_in_settings, say_unknown
from lit_toolcall.cli.settings import Parameter, list_options, read_given
from lit_toolcall.cli.wording import KINDS, show
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
            return f"`{name}` stands above the settings: remove that level, since one config is of one command"
        others = [other for other, of_other in settings_of.items() if name in of_other]
        if others:
            return (
                f"`{name}` is a setting of {' and '.join(f'`{other}`' for other in others)}, not of `{command}`: "
                + ("this config is of that command; use config.yaml of the run folder, or remove the setting")
            )
    return None


def _find_stray(
    message: str, options: Sequence[str], given: Mapping[str, Any], settings: Mapping[str, Parameter]
) -> str | None:
    """Find what stands on the command line and belongs to no option."""
    if not message.startswith("unrecognized arguments"):
        return None
    for name, value in list_options(options):
        if not name:
            return f"`{show(value)}` belongs to no option: write --config before a config"
    for name, _ in list_options(options):
        first = name.split(".")[0]
        if first not in settings and name not in ("config", "c"):
            return say_unknown(first, "", list(settings), given, settings)
    return None


def _find_covered(options: Sequence[str], given: Mapping[str, Any], settings: Mapping[str, Parameter]) -> str | None:
    """Find an option that cannot be, though a later config or option says otherwise: the parser takes each in turn."""
    pairs = [(name, value) for name, value in list_options(options) if name and name not in ("config", "c")]
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
    """Leave out of a parser's message what speaks of its insides: addresses, types, what else it tried.

    >>> shorten_message("Parser key \\"rows\\":\\n  Expected a <class 'int'>. Got value: x")
    'rows=x: a whole number belongs here'
    """
    if simple := re.search(r'Parser key "([\w.]+)":\s+Expected a <class \'(\w+)\'>\. Got value: (.*)', message):
        kind = next((words for each, words in KINDS.items() if each.__name__ == simple[2]), f"a {simple[2]}")
        return f"{simple[1]}={show(simple[3])}: {kind} belongs here"
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
