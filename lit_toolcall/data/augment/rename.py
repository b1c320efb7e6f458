"""Tools and arguments under other names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from random import Random

from lit_toolcall.data.augment.augmentation import Augmentation, is_trainable
from lit_toolcall.data.augment.schemas import (
    change_descriptions,
    has_plain_parameters,
    list_choices,
    list_descriptions,
    list_texts,
)
from lit_toolcall.data.augment.spelling import Spelling, is_plain_word, quoted_words, quotes_name, rename, replace_names
from lit_toolcall.types import Example, Message, Tool, ToolCall

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


def rename_example(example: Example, rng: Random) -> Example:
    """Return a row with the same meaning under other names."""
    assert example.answer is not None
    turns = (*example.messages, example.answer)
    calls = [call for turn in turns for call in turn.calls]
    kept = _find_kept_names(example.tools, calls, "\n".join(turn.content for turn in turns))
    spelling: Spelling = rng.choice(("snake", "camel", "dotted"))
    called = [call.name for call in calls]
    tool_names = _choose([tool.name for tool in example.tools], called, kept, spelling, rng)
    spelling = "snake" if spelling == "dotted" else spelling
    argument_names = {tool.name: _choose_arguments(tool, calls, kept, spelling, rng) for tool in example.tools}
    return replace(
        example,
        tools=tuple(_rename_tool(tool, tool_names, argument_names[tool.name]) for tool in example.tools),
        messages=tuple(_rename_calls(message, tool_names, argument_names) for message in example.messages),
        answer=_rename_calls(example.answer, tool_names, argument_names),
    )


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
    names: Sequence[str], others: Iterable[str], kept: set[str], spelling: Spelling, rng: Random
) -> dict[str, str]:
    """Choose new names, none of which is an old one, another new one, or one of the others."""
    taken = {*names, *others}
    chosen = {}
    for name in names:
        new = rename(name, spelling, rng)
        chosen[name] = name if name in kept or new in taken else new
        taken.add(new)
    return chosen


def _choose_arguments(
    tool: Tool, calls: Sequence[ToolCall], kept: set[str], spelling: Spelling, rng: Random
) -> dict[str, str]:
    if not has_plain_parameters(tool):
        return {}
    # An earlier call may give an argument that is no property, and one may be required; a new name must not be theirs.
    given = [name for call in calls if call.name == tool.name for name in call.arguments]
    others = [*given, *tool.parameters.get("required", [])]
    return _choose(list(tool.parameters.get("properties", {})), others, kept, spelling, rng)


def _rename_tool(tool: Tool, tool_names: NewNames, argument_names: NewNames) -> Tool:
    new_names = {**tool_names, **argument_names}
    changed = change_descriptions(tool, lambda text: replace_names(text, new_names))
    parameters = dict(changed.parameters)
    if "properties" in parameters:
        properties = parameters["properties"]
        parameters["properties"] = {argument_names.get(name, name): part for name, part in properties.items()}
    if "required" in parameters:
        parameters["required"] = [argument_names.get(name, name) for name in parameters["required"]]
    return Tool(tool_names[tool.name], changed.description, parameters)


def _rename_calls(message: Message, tool_names: NewNames, argument_names: Mapping[str, NewNames]) -> Message:
    if not message.calls:
        return message
    calls = tuple(
        ToolCall(
            tool_names.get(call.name, call.name),
            {argument_names.get(call.name, {}).get(name, name): value for name, value in call.arguments.items()},
        )
        for call in message.calls
    )
    return replace(message, calls=calls)
