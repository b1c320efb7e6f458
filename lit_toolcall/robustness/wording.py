"""Kinds `names` and `descriptions`: tools and arguments under other names, and without their descriptions."""

from __future__ import annotations

from dataclasses import replace
from random import Random

from lit_toolcall.data.augment.rename import Names, apply_names, choose_names
from lit_toolcall.data.augment.schemas import remove_descriptions
from lit_toolcall.data.augment.spelling import Spelling, rename
from lit_toolcall.data.name_words import split_name
from lit_toolcall.robustness.transformation import Outcome, Surroundings
from lit_toolcall.types import Example, Tool

MAX_DRAWS = 4
"""Attempts at another spelling or synonyms before a word is added to a name."""
_FIRST_WORDS = ("run", "use", "start")
"""Of a tool whose name has no synonyms."""
_LAST_WORDS = ("value", "param", "input", "setting")
"""Of an argument whose name has no synonyms."""


def rename_tools(example: Example, _: Surroundings, rng: Random) -> Outcome:
    """Give the tools other names, in the schemas, the expected and the earlier calls alike."""
    names = choose_names(example, rng, _rename_tool)
    return _rename(example, Names(names.tools, {}))


def rename_arguments(example: Example, _: Surroundings, rng: Random) -> Outcome:
    """Give the tools' arguments other names."""
    names = choose_names(example, rng, _rename_argument)
    return _rename(example, Names({}, names.arguments))


def _rename(example: Example, names: Names) -> Outcome:
    pairs = [pair for mapping in (names.tools, *names.arguments.values()) for pair in mapping.items()]
    kept = [old for old, new in pairs if old == new]
    if len(kept) == len(pairs):
        return Outcome(None, "no name that can change")
    return Outcome(apply_names(example, names), "some names stay" if kept else "")


def _rename_tool(name: str, spelling: Spelling, rng: Random) -> str:
    return _rename_surely(name, spelling, rng, first=rng.choice(_FIRST_WORDS))


def _rename_argument(name: str, spelling: Spelling, rng: Random) -> str:
    return _rename_surely(name, spelling, rng, last=rng.choice(_LAST_WORDS))


def _rename_surely(name: str, spelling: Spelling, rng: Random, first: str = "", last: str = "") -> str:
    """Say a name by synonyms or in another spelling, else with one more word."""
    for _ in range(MAX_DRAWS):
        new = rename(name, spelling, rng)
        if new != name:
            return new
    longer = " ".join([first, *split_name(name), last]).strip()
    new = rename(longer, spelling, rng)
    return name if new == longer else new  # it stays where no name can be made of it


def describe_nothing(example: Example, _: Surroundings, __: Random, of_tools: bool, of_arguments: bool) -> Outcome:
    """Remove the descriptions of the tools, of their arguments, or both."""
    tools = tuple(_remove(tool, of_tools, of_arguments) for tool in example.tools)
    if tools == example.tools:
        return Outcome(None, "no description")
    return Outcome(replace(example, tools=tools))


def _remove(tool: Tool, of_tools: bool, of_arguments: bool) -> Tool:
    bare = remove_descriptions(tool) if of_arguments else tool
    return replace(bare, description="") if of_tools else bare
