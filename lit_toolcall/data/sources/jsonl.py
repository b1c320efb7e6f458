"""Rows in JSON-lines files: the paper's format and OpenAI's messages with tools."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice

from lit_toolcall.data.sources.ledger import Ledger, write_reason
from lit_toolcall.data.sources.reading.calls import ToolByName, read_tool
from lit_toolcall.data.sources.reading.examples import example_from_row
from lit_toolcall.data.sources.reading.files import Row, file_stem
from lit_toolcall.data.sources.reading.values import RowError
from lit_toolcall.data.sources.source import RowFile, Source, keep_rows, read_rows_at
from lit_toolcall.json_values import clip
from lit_toolcall.paths import expand_path
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, Tool, UserError

LANGUAGE_CODE = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8}){0,4}")
"""A code as BCP 47 writes it, an underscore in place of a hyphen too."""


class JsonLines(RowFile, Source):
    """Reads `{"query", "tools", "expected_output"}` or `{"messages", "tools"}`, told apart row by row.

    The answer is `expected_output` (one `{"function", "arguments"}`, a list of them, or a text where no tool
    fits), or the last message where it is the assistant's. A row without one is kept for prediction. TRL's
    `{"prompt", "completion"}` are read too, and so are OpenAI's older `functions` and `function_call`.
    A value that is not text may be given as JSON text. A call that stands in a text, in any format in use, is
    read as a call. `system` and `history` beside the dialogue come before it; a turn with `weight: 0` or `train: false`
    is not trained; results of parallel calls are put in order by `tool_call_id`. The answer's calls must fit the
    row's tools; calls in earlier turns are context and are not checked.

    Args:
        path: a file of JSON lines or a `.json` file with one array of rows, also compressed (`.gz`, `.bz2`, `.xz`,
            `.zst`), a `.parquet` file, a dataset id on the Hugging Face hub, or `demo:train.jsonl` and
            `demo:validation.jsonl`, which the package ships.
        tools_path: a file of tools, one schema a line or one array, for rows whose `tools` are names, and for rows
            without `tools`; the package ships `demo:tools.jsonl`.
        limit: examples to take at most; all where it is not given.
        skip: rows to leave out at the file's beginning, such as those that another training has taken.
        split: the hub dataset's split.
        config: the hub dataset's config, for one that has several.
        offer_all: whether a row without `tools` offers all tools of `tools_path`; `tools: []` offers none.
        category_key: the key of a row's category, by which answers are counted.
        language_key: the key of a row's language, such as `lang`, which is then its category. One id may stand for a
            question in several languages: it becomes `ID@language=LANGUAGE`.
    """

    def __init__(
        self,
        path: str,
        tools_path: str | None = None,
        limit: int | None = None,
        skip: int = 0,
        split: str = "train",
        config: str | None = None,
        offer_all: bool = True,
        category_key: str = "category",
        language_key: str | None = None,
    ) -> None:
        super().__init__(path, split, limit, config)
        self.tools_path = None if tools_path is None else expand_path(tools_path, "tools_path")
        check_ranges(type(self), skip=skip)
        self.skip = skip
        self.offer_all = offer_all
        self.category_key = category_key
        self.language_key = language_key

    def read(self, ledger: Ledger) -> Iterator[Example]:
        named = {} if self.tools_path is None else read_named_tools(self.tools_path)
        tool_by_name = _lookup(named, self.tools_path)
        offered = tuple(named.values()) if self.offer_all else ()
        stem = file_stem(self.path)

        def example_of(row: Row) -> Example:
            place = f"{stem}:{row.number}"
            category_key = self.category_key if self.language_key is None else self.language_key
            example = example_from_row(row.value, place, row.place, tool_by_name, offered, category_key)
            return example if self.language_key is None else name_language(example)

        yield from keep_rows(islice(self.rows(), self.skip, None), example_of, self.limit, ledger)


def name_language(example: Example) -> Example:
    """Put the language of a row, which is its category, into its id; a row without one stays.

    Raises:
        RowError: it is no language code.

    >>> name_language(Example("7", (), (), None, category="pt-BR")).id
    '7@language=pt-BR'
    """
    if not example.category:
        return example
    if not LANGUAGE_CODE.fullmatch(example.category):
        raise RowError(f"{clip(repr(example.category), 40)} is no language code: write it as `en` or `pt-BR`")
    return replace(example, id=name_in_language(example.id, example.category))


def name_in_language(identity: str, language: str) -> str:
    """Name a question in one of its languages; a name that says it already stays.

    >>> name_in_language("7", "de"), name_in_language("7@language=de", "de")
    ('7@language=de', '7@language=de')
    """
    ending = f"@language={language}"
    return f"{identity.removesuffix(ending)}{ending}"


def read_named_tools(path: str) -> dict[str, Tool]:
    """Read a file of tools, one schema a line, by their names.

    Raises:
        UserError: the file or one of its lines cannot be used, or two tools of one name differ.
    """
    tools: dict[str, Tool] = {}
    for row in read_rows_at(path):
        try:
            if row.problem is not None:
                raise RowError(row.problem)
            tool = read_tool(row.value)
        except RowError as error:
            raise UserError(f"{row.place}: {write_reason(str(error))}") from None
        if tools.setdefault(tool.name, tool) != tool:
            raise UserError(f"{row.place}: a second, different tool is named {clip(tool.name)!r}; rename one")
    return tools


def _lookup(tools: Mapping[str, Tool], tools_path: str | None) -> ToolByName:
    def tool_by_name(name: str) -> Tool:
        if name in tools:
            return tools[name]
        if tools_path is None:
            raise RowError(f"the tool {clip(name)!r} is given by name only; set tools_path to a file of tools")
        raise RowError(f"the tool {clip(name)!r} is not in {tools_path}")

    return tool_by_name
