"""API-Bank's files (arXiv:2304.08244): dialogues in which each next request, or each next response, is a row."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Literal

from huggingface_hub import snapshot_download

from lit_toolcall.data.sources.api_bank.transcripts import RESPONSE_MARK, read_dialogue
from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.reading.fields import read_object
from lit_toolcall.data.sources.reading.files import Row, read_rows
from lit_toolcall.data.sources.reading.values import RowFields
from lit_toolcall.data.sources.source import Source, keep_rows
from lit_toolcall.hub import is_offline
from lit_toolcall.json_values import clip
from lit_toolcall.paths import expand_path
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, UserError

HUB_ID = "liminghao1630/API-Bank"
ROWS_FILE = re.compile(r"(?:lv|level-)([123])(?!.*icl)(?:-.+)?\.json")
"""`lv1-api-train.json`, `lv3-train.json`, `level-1-api.json`; `icl` files repeat others with examples."""


class ApiBank(Source):
    """Reads API-Bank: api rows answer with a call, response rows in words.

    A row's category is its level, `api_bank_1`, and where it answers in words `api_bank_1_response`.

    The available tools are those that the row lists and, from then on, those that `ToolSearcher` found in
    the dialogue (the newest description of a name counts). The date that a row gives becomes a system
    message. Results stay as they were printed, and so do earlier turns, calls that do not fit their tools
    too.

    Requests are read with `ast` and nothing is evaluated. API-Bank's own parser loses arguments (`a=''`
    swallows the next one, 3.5 becomes "3", -2 is dropped), so its scores and ours differ on such rows.
    Two spellings that are not Python are read too: values without quotes (`location=New York`), and lists
    in quotes of the same kind (`attendees='['Ann', 'Bo']'`). A quoted value takes the type that its tool
    declares where the text is exactly such a value (`'5'` for an int); a bare one is text where the tool
    asks for text.

    API-Bank marks no argument as required, so all are, except where the description says "[Optional]" or
    "Only needed for". An answer that then does not fit is rejected; its tool is never relaxed. Of the
    2,019 rows in the repository (1,245 of level 3, 774 of the level-1 test) 1,999 are kept. Rejected are
    8 answers with an argument that their tool does not have, 3 such calls of ToolSearcher, 1 without a
    required argument, 4 calls of a tool that no search found in full, and 4 rows with a placeholder such
    as `<Appointment_ID>` for a value.

    Args:
        path: a folder, searched at every depth for files such as `lv3-api-train.json` and `level-1-api.json`;
            or one such file, or a dataset id on the Hugging Face hub.
        levels: levels to read, among 1, 2 and 3; the file's name says its level.
        responses: also read the rows whose answer is in words.
        limit: examples to take at most; all where it is not given.
        split: `train` or `test` reads only the files with or without `train` in their name; `all` reads both,
            so do not train on it when you mean to score on API-Bank.
    """

    def __init__(
        self,
        path: str = HUB_ID,
        levels: Sequence[int] = (1, 2, 3),
        responses: bool = True,
        limit: int | None = None,
        split: Literal["all", "train", "test"] = "all",
    ) -> None:
        self.path = expand_path(path)
        self.levels = levels
        self.responses = responses
        check_ranges(type(self), levels=levels, limit=limit)
        self.limit = limit
        self.split = split

    @property
    def is_fixed(self) -> bool:
        return super().is_fixed and Path(self.path).exists()

    def read(self, ledger: Ledger) -> Iterator[Example]:
        files = self._files()
        kept = (keep_rows(self._rows(file), partial(_read_example, file), None, ledger) for file in files)
        yield from islice(chain.from_iterable(kept), self.limit)

    def _rows(self, file: Path) -> Iterator[Row]:
        return (row for row in read_rows(str(file)) if self.responses or not _is_response(row))

    def _files(self) -> list[Path]:
        root = Path(self.path) if Path(self.path).exists() else _download(self.path)
        found = [root] if root.is_file() else find_files(sorted(root.rglob("*.json")))
        wanted = [file for file in found if _level(file) in self.levels and self._is_in_split(file)]
        if not wanted:
            raise UserError(
                f"{self.path}: no API-Bank file of the levels {list(self.levels)} and the split"
                f" {self.split!r}; the names must look like lv3-api-train.json or level-1-api.json"
            )
        return wanted

    def _is_in_split(self, file: Path) -> bool:
        return self.split == "all" or ("train" in file.name) == (self.split == "train")


def find_files(files: Sequence[Path]) -> list[Path]:
    """Pick the files of rows by their names, and leave out the unions of others beside them.

    >>> files = [Path("lv3-train.json"), Path("lv3-api-train.json"), Path("x.json")]
    >>> [file.name for file in find_files(files)]
    ['lv3-api-train.json']
    """
    named = [file for file in files if ROWS_FILE.fullmatch(file.name)]
    parts = {(file.parent, _level(file)) for file in named if "-api" in file.name}
    return [file for file in named if "-api" in file.name or not _is_union(file, parts)]


def _is_union(file: Path, parts: set[tuple[Path, int]]) -> bool:
    return "response" not in file.name and (file.parent, _level(file)) in parts


def _level(file: Path) -> int:
    name = ROWS_FILE.fullmatch(file.name)
    return int(name[1]) if name is not None else 0


def _is_response(row: Row) -> bool:
    transcript = row.value.peek("input") if isinstance(row.value, RowFields) else None
    return isinstance(transcript, str) and transcript.rstrip().endswith(RESPONSE_MARK)


def _read_example(file: Path, row: Row) -> Example:
    tools, messages, answer, is_call = read_dialogue(read_object(row))
    return Example(
        id=f"{file.stem}:{row.number}",
        tools=tools,
        messages=messages,
        answer=answer,
        category=f"api_bank_{_level(file)}" + ("" if is_call else "_response"),
        place=row.place,
    )


def _download(path: str) -> Path:
    try:
        return Path(
            snapshot_download(path, repo_type="dataset", allow_patterns=["*.json"], local_files_only=is_offline())
        )
    except (OSError, ValueError) as error:
        reason = clip(str(error).strip().split("\n")[0], 160)
        raise UserError(
            f"{path}: no such folder here, and the Hugging Face hub gave no such dataset ({reason}); give the"
            " path of a local copy, or connect to the network"
        ) from None
