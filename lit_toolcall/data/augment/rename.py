"""Tools and arguments under other names."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from random import Random
from typing import Any

from lit_toolcall.data.augment.augmentation import Augmentation, is_trainable
from lit_toolcall.data.augment.schemas import (
    change_descriptions,
    has_plain_parameters,
    list_choices,
    list_descriptions,
    list_texts,
)
from lit_toolcall.data.augment.spelling import Spelling, is_plain_word, quoted_words, quotes_name, rename, replace_names
from lit_toolcall.types import BfclQuestion, Example, Message, Tool, ToolCall

NewNames = Mapping[str, str]
"""New names by their old ones."""


class RenameTools(Augmentation):
    """Renames tools and arguments in schemas, answer and earlier calls, so that the model reads the schemas.

    Names get another spelling (snake, camel, dotted) and synonyms of some of their words; descriptions that speak of a
    name follow. What is said in the dialogue stays as it is. A name stays too where the dialogue speaks of it, where it
    is also a value, or where it is a plain word that a description quotes, since that might be a value. No two tools of
    a row, and no two arguments of a tool, get one name.

    Args:
        fraction: fraction of the rows that are renamed, 0 to 1.
    """

    def __init__(self, fraction: float = 0.3) -> None:
        super().__init__(fraction)

    def augment(self, examples: Sequence[Example], rng: Random) -> list[Example]:
        return [
            rename_example(example, rng) if is_trainable(example) and self.is_picked(rng) else example
            for example in examples
        ]


@dataclass(frozen=True)
class Names:
    """New names for a row.

    Args:
        tools: of its tools.
        arguments: of their arguments, by the old name of the tool.
    """

    tools: NewNames
    arguments: Mapping[str, NewNames]


ChooseName = Callable[[str, Spelling, Random], str]
"""Says a name another way; returns the name itself where it must stay."""


def rename_example(example: Example, rng: Random) -> Example:
    """Return a row with the same meaning under other names."""
    return apply_names(example, choose_names(example, rng))


def choose_names(example: Example, rng: Random, choose_name: ChooseName = rename) -> Names:
    """Choose other names for a row's tools and arguments; a name that must stay, as `RenameTools` has it, does."""
    calls = list(_list_calls(example))
    turns = (*example.messages, *([example.answer] if example.answer is not None else []))
    kept = _find_kept_names(example.tools, calls, "\n".join(turn.content for turn in turns))
    spelling: Spelling = rng.choice(("snake", "camel", "dotted"))
    called = [call.name for call in calls]
    tool_names = _choose([tool.name for tool in example.tools], called, kept, spelling, rng, choose_name)
    spelling = "snake" if spelling == "dotted" else spelling
    argument_names = {
        tool.name: _choose_arguments(tool, calls, kept, spelling, rng, choose_name) for tool in example.tools
    }
    return Names(tool_names, argument_names)


def apply_names(example: Example, names: Names) -> Example:
    """Return a row under other names: its tools, its calls, and what BFCL knows of it."""
    return replace(
        example,
        tools=tuple(_rename_tool(tool, names) for tool in example.tools),
        messages=tuple(_rename_calls(message, names) for message in example.messages),
        answer=None if example.answer is None else _rename_calls(example.answer, names),
        bfcl=None if example.bfcl is None else _rename_question(example.bfcl, names),
    )


def _list_calls(example: Example) -> Iterator[ToolCall]:
    """Yield all calls of a row; of BFCL's accepted values, what they would be if they were one call's."""
    for turn in (*example.messages, *([example.answer] if example.answer is not None else [])):
        yield from turn.calls
    if example.bfcl is not None:
        for gold in example.bfcl.ground_truth or ():
            yield from (ToolCall(name, accepted) for name, accepted in gold.items())


def _find_kept_names(tools: Sequence[Tool], calls: Sequence[ToolCall], said: str) -> set[str]:
    """List the names that may not change, for one of the reasons that `RenameTools` gives."""
    names = {tool.name for tool in tools} | {name for tool in tools for name in tool.parameters.get("properties", {})}
    described = quoted_words("\n".join(text for tool in tools for text in list_descriptions(tool)))
    values = {value for call in calls for value in list_texts(dict(call.arguments))}
    values |= {value for tool in tools for value in list_choices(tool.parameters)}
    return {
        name
        for name in names
        if name in values or quotes_name(said, name) or (is_plain_word(name) and name in described)
    }


def _choose(
    names: Sequence[str],
    others: Iterable[str],
    kept: set[str],
    spelling: Spelling,
    rng: Random,
    choose_name: ChooseName,
) -> dict[str, str]:
    """Choose new names, none of which is an old one, another new one, or one of the others."""
    taken = {*names, *others}
    chosen = {}
    for name in names:
        new = choose_name(name, spelling, rng)
        chosen[name] = name if name in kept or new in taken else new
        taken.add(new)
    return chosen


def _choose_arguments(
    tool: Tool, calls: Sequence[ToolCall], kept: set[str], spelling: Spelling, rng: Random, choose_name: ChooseName
) -> dict[str, str]:
    if not has_plain_parameters(tool):
        return {}
    # An earlier call may give an argument that is no property, and one may be required; a new name must not be theirs.
    given = [name for call in calls if call.name == tool.name for name in call.arguments]
    others = [*given, *tool.parameters.get("required", [])]
    return _choose(list(tool.parameters.get("properties", {})), others, kept, spelling, rng, choose_name)


def _rename_tool(tool: Tool, names: Names) -> Tool:
    argument_names = names.arguments.get(tool.name, {})
    new_names = {**names.tools, **argument_names}
    changed = change_descriptions(tool, lambda text: replace_names(text, new_names))
    parameters = _rename_arguments(changed.parameters, argument_names)
    return Tool(names.tools.get(tool.name, tool.name), changed.description, parameters)


def _rename_arguments(parameters: Mapping[str, Any], names: NewNames) -> dict[str, Any]:
    renamed = dict(parameters)
    if "properties" in renamed:
        renamed["properties"] = {names.get(name, name): part for name, part in renamed["properties"].items()}
    if "required" in renamed:
        renamed["required"] = [names.get(name, name) for name in renamed["required"]]
    return renamed


def _rename_calls(message: Message, names: Names) -> Message:
    if not message.calls:
        return message
    return replace(
        message, calls=tuple(ToolCall(*_rename_call(call.name, call.arguments, names)) for call in message.calls)
    )


def _rename_call(name: str, arguments: Mapping[str, Any], names: Names) -> tuple[str, dict[str, Any]]:
    argument_names = names.arguments.get(name, {})
    return names.tools.get(name, name), {argument_names.get(key, key): value for key, value in arguments.items()}


def _rename_question(question: BfclQuestion, names: Names) -> BfclQuestion:
    """Rename in the docs what BFCL's check reads, and in the accepted values."""
    functions = tuple(
        {
            **docs,
            "name": names.tools.get(docs["name"], docs["name"]),
            "parameters": _rename_arguments(docs["parameters"], names.arguments.get(docs["name"], {})),
        }
        for docs in question.functions
    )
    if question.ground_truth is None:
        return replace(question, functions=functions)
    truth = tuple(
        dict(_rename_call(name, accepted, names) for name, accepted in gold.items()) for gold in question.ground_truth
    )
    return replace(question, functions=functions, ground_truth=truth)
