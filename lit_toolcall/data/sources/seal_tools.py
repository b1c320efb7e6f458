"""Seal-Tools (arXiv:2405.08355): queries with one or more calls, and the schemas of all tools in a second file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lit_toolcall.data.sources.base import Ledger
from lit_toolcall.data.sources.fields import read_call, read_id, read_list, read_object, read_text
from lit_toolcall.data.sources.files import Row
from lit_toolcall.data.sources.jsonl import read_named_tools
from lit_toolcall.data.sources.row_fields import RowError
from lit_toolcall.data.sources.row_source import RowSource
from lit_toolcall.data.sources.rows import check_calls
from lit_toolcall.json_values import clip
from lit_toolcall.paths import expand_path
from lit_toolcall.types import Example, Message, Tool, ToolCall

RESPONSE_NAME = re.compile(r"API_call_\d+")


class SealTools(RowSource):
    """Reads `{"query", "calling": [{"api", "parameters"}]}`; the tools on offer are those that the row calls.

    They stand in the order of the calls, and nothing else is on offer: without distractors and shuffling, both
    of them augmentations, a model learns to call whatever it is shown.

    A value such as `API_call_0` is the response of another call of the row. No response is published, so such a
    row cannot be answered and is rejected. A text takes its argument's type where it is exactly such a value
    (`"40.7"` for a float); the row is rejected where it is not. Of the 1,400 rows of `dev.jsonl` and
    `test_in_domain.jsonl` 1,332 are kept; 58 need a response, 10 hold a value of another type.

    Args:
        path: a file of JSON lines, a `.json` file with one array of rows, a `.parquet` file, or a dataset id on
            the Hugging Face hub.
        tools_path: the file of schemas, `tool.jsonl`.
        split: the hub dataset's split.
        limit: examples to take at most; all where it is not given.
    """

    # A slot stays out of vars(): settings name the cache of encoded rows, and what was read is none of them.
    __slots__ = ("_tools",)

    def __init__(self, path: str, tools_path: str, split: str = "train", limit: int | None = None) -> None:
        super().__init__(path, split, limit)
        self.tools_path = expand_path(tools_path, "tools_path")
        self._tools: Mapping[str, Tool] = {}

    def read(self, ledger: Ledger) -> Iterator[Example]:
        self._tools = read_named_tools(self.tools_path)
        yield from super().read(ledger)

    def example_of(self, row: Row) -> Example:
        fields = read_object(row)
        query = read_text(fields, "query")
        entries = read_list(fields, "calling")
        tools = self._called_tools(entries)
        calls = tuple(read_call(entry, "api", "parameters", tools) for entry in entries)
        for call in calls:
            _refuse_response(call)
        check_calls(calls, tools)
        return Example(
            id=read_id(fields, self.path, row.number),
            tools=tools,
            messages=(Message("user", query),),
            answer=Message("assistant", calls=calls),
            place=row.place,
        )

    def _called_tools(self, entries: list[Any]) -> tuple[Tool, ...]:
        names = [entry.get("api") for entry in entries if isinstance(entry, dict)]
        called = dict.fromkeys(name for name in names if isinstance(name, str))
        unknown = next((name for name in called if name not in self._tools), None)
        if unknown is not None:
            raise RowError(f"the tool {clip(unknown)!r} is not in {self.tools_path}")
        return tuple(self._tools[name] for name in called)


def _refuse_response(call: ToolCall) -> None:
    for name, value in call.arguments.items():
        found = RESPONSE_NAME.search(value if isinstance(value, str) else repr(value))
        if found is not None:
            raise RowError(
                f"the argument {clip(name)!r} of the call {clip(call.name)!r} is {found[0]!r}, the response of another"
                " call, which is not known in one turn"
            )
