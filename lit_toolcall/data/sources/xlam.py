"""xLAM's function calling rows (arXiv:2406.18518), and others in their shape: a query, tools and answers."""

from __future__ import annotations

from lit_toolcall.data.sources.reading.calls import check_calls, read_call, read_tools
from lit_toolcall.data.sources.reading.fields import read_id, read_list, read_object, read_text
from lit_toolcall.data.sources.reading.files import Row
from lit_toolcall.data.sources.source import RowSource
from lit_toolcall.types import Example, Message


class XLam(RowSource):
    """Reads `{"query", "tools", "answers"}`, with `tools` and `answers` as lists or as their JSON text.

    The parameters of a tool are flat, `{"days": {"description", "type", "default"}}`, with Python types such
    as `List[int]`, `str, optional` and `int, default: 5`. An argument is optional where its type says so or
    where it has a default. A default of another type than its argument's is converted where its text is
    exactly such a value, and else left out. An answer's text is converted in the same way.

    A row whose answers are an empty list is rejected, because it has no words to answer with.
    """

    def example_of(self, row: Row) -> Example:
        fields = read_object(row)
        query = read_text(fields, "query")
        tools = read_tools(fields.get("tools"))
        calls = tuple(read_call(entry, "name", "arguments", tools) for entry in read_list(fields, "answers"))
        check_calls(calls, tools)
        return Example(
            id=read_id(fields, self.path, row.number),
            tools=tools,
            messages=(Message("user", query),),
            answer=Message("assistant", calls=calls),
            place=row.place,
        )
