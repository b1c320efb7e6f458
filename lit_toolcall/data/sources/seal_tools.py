"""Seal-Tools (arXiv:2405.08355): queries with one or more calls, and the schemas of all tools in a second file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from lit_toolcall.data.sources.jsonl import read_named_tools
from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.reading.calls import check_calls, read_call
from lit_toolcall.data.sources.reading.fields import read_id, read_list, read_object, read_text
from lit_toolcall.data.sources.reading.files import Row
from lit_toolcall.data.sources.reading.values import RowError
from lit_toolcall.data.sources.source import RowFile, Source, keep_rows
from lit_toolcall.json_values import clip
from lit_toolcall.paths import expand_path
from lit_toolcall.types import Example, Message, Tool, ToolCall

RESPONSE_NAME = re.compile(r"API_call_\d+")


class SealTools(RowFile, Source):
    """Reads `{"query", "calling": [{"api", "parameters"}]}`; the available tools are those that the row calls.

    They stand in the order of the calls, and no other is available: without distractors and shuffling, both
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

    def __init__(self, path: str, tools_path: str, split: str = "train", limit: int | None = None) -> None:
        super().__init__(path, split, limit)
        self.tools_path = expand_path(tools_path, "tools_path")

    def read(self, ledger: Ledger) -> Iterator[Example]:
        example_of = partial(self._example_of, read_named_tools(self.tools_path))
        yield from keep_rows(self.rows(), example_of, self.limit, ledger)

    def _example_of(self, named: Mapping[str, Tool], row: Row) -> Example:
        fields = read_object(row)
        query = read_text(fields, "query")
        entries = read_list(fields, "calling")
        tools = self._called_tools(entries, named)
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

    def _called_tools(self, entries: list[Any], named: Mapping[str, Tool]) -> tuple[Tool, ...]:
        names = [entry.get("api") for entry in entries if isinstance(entry, dict)]
        called = dict.fromkeys(name for name in names if isinstance(name, str))
        unknown = next((name for name in called if name not in named), None)
        if unknown is not None:
            raise RowError(f"the tool {clip(unknown)!r} is not in {self.tools_path}")
        return tuple(named[name] for name in called)


def _refuse_response(call: ToolCall) -> None:
    for name, value in call.arguments.items():
        found = RESPONSE_NAME.search(value if isinstance(value, str) else repr(value))
        if found is not None:
            raise RowError(
                f"the argument {clip(name)!r} of the call {clip(call.name)!r} is {found[0]!r}, the response of another"
                " call, which is not known in one turn"
            )
