"""The entries of BFCL's multi-turn categories, with the tools of the APIs that they use and their gold calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from lit_toolcall.data.sources.bfcl import find_folder
from lit_toolcall.data.sources.reading.calls import read_tools
from lit_toolcall.data.sources.reading.files import Row, read_rows
from lit_toolcall.data.sources.reading.values import RowError, take_whole
from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.json_values import clip, list_names
from lit_toolcall.multi_turn.gold_calls import read_gold_call
from lit_toolcall.paths import expand_path
from lit_toolcall.types import Message, Tool, ToolCall, UserError

CATEGORIES = ("multi_turn_base", "multi_turn_miss_func", "multi_turn_miss_param", "multi_turn_long_context")

TOOL_FILES: Mapping[str, str] = {
    "GorillaFileSystem": "gorilla_file_system.json",
    "MathAPI": "math_api.json",
    "MessageAPI": "message_api.json",
    "TwitterAPI": "posting_api.json",
    "TicketAPI": "ticket_api.json",
    "TradingBot": "trading_bot.json",
    "TravelAPI": "travel_booking.json",
    "VehicleControlAPI": "vehicle_control.json",
}
"""By class, the file of its tools under `multi_turn_func_doc` (`MULTI_TURN_FUNC_DOC_FILE_MAPPING` of bfcl_eval)."""

MORE_TOOLS = "I have updated some more functions you can choose from. What about now?"
"""What the user says where tools are added (`DEFAULT_USER_PROMPT_FOR_ADDITIONAL_FUNCTION_FC` of bfcl_eval): for models
whose prompt holds the tools by itself, as ours does. For others BFCL puts the tools' JSON before this sentence."""


@dataclass(frozen=True)
class Turn:
    """What the user says, and what is expected.

    Args:
        messages: of the user.
        tools: on offer in this turn.
        gold: the expected calls; none where the model should see that it cannot do what is asked.
    """

    messages: tuple[Message, ...]
    tools: tuple[Tool, ...]
    gold: tuple[ToolCall, ...]


@dataclass(frozen=True)
class Entry:
    """A dialogue of several turns.

    Args:
        id: such as `multi_turn_base_0`.
        category: one of `CATEGORIES`.
        turns: in their order.
        owners: the API class of each tool, by the tool's name; those of tools that come later in the dialogue too.
        initial_config: what each class is loaded with.
        place: its source, `file:line`.
    """

    id: str
    category: str
    turns: tuple[Turn, ...]
    owners: Mapping[str, str]
    initial_config: Mapping[str, Any]
    place: str = ""

    @property
    def has_long_context(self) -> bool:
        """Whether the APIs pad their results with much that nobody asked for."""
        return self.category == "multi_turn_long_context"

    @property
    def is_unreachable(self) -> bool:
        """Whether a gold call is of a tool that is not on offer yet, so that nobody who keeps to the offer can pass."""
        return any(call.name not in {tool.name for tool in turn.tools} for turn in self.turns for call in turn.gold)


def read_entries(category: str, path: str | None = None) -> list[Entry]:
    """Read the entries of a multi-turn category.

    Args:
        category: one of `CATEGORIES`.
        path: a folder of BFCL's data, with `multi_turn_func_doc`; None for the installed package `bfcl_eval`.

    Raises:
        UserError: an unknown category, or data that is not there or not of BFCL's shape.
    """
    if category not in CATEGORIES:
        raise UserError(f"unknown multi-turn category '{category}': choose from {', '.join(CATEGORIES)}")
    folder = find_folder(None if path is None else expand_path(path))
    name = f"BFCL_v4_{category}.json"
    rows = list(_read_objects(folder / name))
    golds = list(_read_objects(folder / "possible_answer" / name))
    if len(rows) != len(golds):
        raise UserError(
            f"{folder / name} has {len(rows)} entries but {len(golds)} answers in possible_answer: "
            "take both from one version of BFCL"
        )
    tools = cache(lambda owner: _read_tool_file(folder / "multi_turn_func_doc" / TOOL_FILES[owner]))
    entries = []
    for row, gold in zip(rows, golds, strict=True):
        try:
            entries.append(_read_entry(category, row, gold, tools))
        except (RowError, CallSyntaxError) as error:
            raise UserError(f"{row.place}: not an entry of {category}: {error}") from error
    return entries


def _read_objects(path: Path) -> Iterator[Row]:
    if not path.is_file():
        raise UserError(f"{path} does not exist: set path to a folder with BFCL's data, version 4")
    for row in read_rows(str(path)):
        if row.problem is not None or not isinstance(row.value, dict):
            raise UserError(f"{row.place}: {row.problem or 'not an object'}: take the file from bfcl_eval again")
        yield row


def _read_tool_file(path: Path) -> tuple[Tool, ...]:
    functions = [take_whole(row.value) for row in _read_objects(path)]
    try:
        return read_tools(functions)
    except RowError as error:
        raise UserError(f"{path}: {error}") from error


def _read_entry(category: str, row: Row, gold: Row, tools_of: Callable[[str], tuple[Tool, ...]]) -> Entry:
    entry, answer = take_whole(row.value), take_whole(gold.value)
    identity = entry.get("id")
    if not isinstance(identity, str) or answer.get("id") != identity:
        raise RowError(f"its id {clip(repr(identity))} is not that of its answer, {clip(repr(answer.get('id')))}")
    owners_named, config = entry.get("involved_classes"), entry.get("initial_config")
    if not _are_names(owners_named, TOOL_FILES):
        raise RowError(f"`involved_classes` must be a list of {list_names(TOOL_FILES)}")
    if not isinstance(config, dict):
        raise RowError("`initial_config` must be an object")
    owners = {tool.name: owner for owner in owners_named for tool in tools_of(owner)}
    tools = {tool.name: tool for owner in owners_named for tool in tools_of(owner)}
    withheld = _read_withheld(entry.get("missed_function", {}), tools)
    turns, golds = entry.get("question"), answer.get("ground_truth")
    if not isinstance(turns, list) or not turns or not isinstance(golds, list) or len(golds) != len(turns):
        raise RowError("`question` and `ground_truth` must be lists with one item a turn")
    read = []
    for number, (messages, calls) in enumerate(zip(turns, golds, strict=True)):
        later = {name for turn, names in withheld.items() if turn > number for name in names}
        added = {name for turn, names in withheld.items() if turn <= number for name in names}
        # as in BFCL, tools that were withheld come after the others
        names = [name for name in tools if name not in later | added] + [name for name in tools if name in added]
        if number in withheld and messages != []:
            raise RowError("the user says something in a turn that adds tools")
        said = (Message("user", MORE_TOOLS),) if number in withheld else _read_messages(messages)
        read.append(Turn(said, tuple(tools[name] for name in names), _read_gold(calls, tools)))
    return Entry(identity, category, tuple(read), owners, config, row.place)


def _are_names(value: Any, known: Mapping[str, Any]) -> bool:
    return isinstance(value, list) and all(isinstance(name, str) and name in known for name in value)


def _read_withheld(missed: Any, tools: Mapping[str, Tool]) -> dict[int, list[str]]:
    """Read which tools are on offer only from a turn on, by that turn."""
    if not isinstance(missed, dict) or not all(
        key.isdecimal() and _are_names(names, tools) for key, names in missed.items()
    ):
        raise RowError("`missed_function` must name tools by the turn that adds them")
    return {int(turn): names for turn, names in missed.items()}


def _read_messages(messages: Any) -> tuple[Message, ...]:
    if not isinstance(messages, list) or not messages:
        raise RowError("a turn must be a list of messages, none only where tools are added")
    for message in messages:
        if (
            not isinstance(message, dict)
            or message.get("role") != "user"
            or not isinstance(message.get("content"), str)
        ):
            raise RowError("a message of a turn must have the role user, and `content`")
    return tuple(Message("user", message["content"]) for message in messages)


def _read_gold(calls: Any, tools: Mapping[str, Tool]) -> tuple[ToolCall, ...]:
    if not isinstance(calls, list) or not all(isinstance(call, str) for call in calls):
        raise RowError("`ground_truth` must hold a list of calls for each turn")
    return tuple(read_gold_call(call, tools) for call in calls)
