"""Rows in JSON-lines files: the paper's format and OpenAI's messages with tools."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from lit_toolcall.data.sources.base import Ledger, Source
from lit_toolcall.data.sources.files import Row, RowError, clip, file_stem, read_rows
from lit_toolcall.data.sources.row_source import keep_rows
from lit_toolcall.data.sources.rows import ToolByName, example_from_row, read_tool
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, Tool, UserError


class JsonLines(Source):
    """Reads `{"query", "tools", "expected_output"}` or `{"messages", "tools"}`, told apart row by row.

    The answer is `expected_output` (one `{"function", "arguments"}`, a list of them, or a text where no tool
    fits), or the last message where it is the assistant's. A row without one is kept for prediction. `tools`
    may be a list or its JSON text, and so may `arguments`. OpenAI's older `functions` and `function_call`
    are read too. The answer's calls must fit the row's tools; calls in earlier turns are context and are not
    checked.

    Args:
        path: a file of JSON lines, a `.json` file with one array of rows, or `demo:train.jsonl` and
            `demo:validation.jsonl`, which the package ships.
        tools_path: a file of tools, one schema a line, for rows whose `tools` are names; the package
            ships `demo:tools.jsonl`.
        limit: examples to take at most; all where it is not given.
        skip: rows at the file's beginning to leave out, as where another training has taken them.
    """

    def __init__(self, path: str, tools_path: str | None = None, limit: int | None = None, skip: int = 0) -> None:
        self.path = path
        self.tools_path = tools_path
        check_ranges(type(self), limit=limit, skip=skip)
        self.limit = limit
        self.skip = skip

    def read(self, ledger: Ledger) -> Iterator[Example]:
        tool_by_name = _lookup(self.tools_path)

        def example_of(row: Row) -> Example:
            return example_from_row(row.value, f"{file_stem(self.path)}:{row.number}", row.place, tool_by_name)

        yield from keep_rows(islice(read_rows(self.path), self.skip, None), example_of, self.limit, ledger)


def read_named_tools(path: str) -> dict[str, Tool]:
    """Read a file of tools, one schema a line, by their names.

    Raises:
        UserError: the file or one of its lines cannot be used, or two tools of one name differ.
    """
    tools: dict[str, Tool] = {}
    for row in read_rows(path):
        try:
            if row.problem is not None:
                raise RowError(row.problem)
            tool = read_tool(row.value)
        except RowError as error:
            raise UserError(f"{row.place}: {error}") from None
        if tools.setdefault(tool.name, tool) != tool:
            raise UserError(f"{row.place}: a second, different tool is named {clip(tool.name)!r}; rename one")
    return tools


def _lookup(tools_path: str | None) -> ToolByName:
    tools = {} if tools_path is None else read_named_tools(tools_path)

    def tool_by_name(name: str) -> Tool:
        if name in tools:
            return tools[name]
        if tools_path is None:
            raise RowError(f"the tool {clip(name)!r} is given by name only; set tools_path to a file of tools")
        raise RowError(f"the tool {clip(name)!r} is not in {tools_path}")

    return tool_by_name
