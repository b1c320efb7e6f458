"""The interface of a source, and the base of those that make one example, or one preference, of each row of a file."""

from __future__ import annotations

import json
import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeVar, cast

from lit_toolcall.data.sources.ledger import Ledger
from lit_toolcall.data.sources.reading.examples import check_messages, settle_example
from lit_toolcall.data.sources.reading.files import COMPRESSED_ENDINGS, Row, is_parquet, read_rows
from lit_toolcall.data.sources.reading.tables import read_hub_rows, read_parquet_rows
from lit_toolcall.data.sources.reading.unread import check_unread, name_unread
from lit_toolcall.data.sources.reading.values import RowError, list_unread
from lit_toolcall.paths import expand_path
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, Message, Preference

DATASET_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*")
FILE_ENDINGS = (".json", ".jsonl", ".parquet", ".csv", ".tsv", *COMPRESSED_ENDINGS)
Made = TypeVar("Made", Example, Preference)


def is_shipped(kind: type) -> bool:
    """Tell a class of this package from a user's own, of whose code nobody knows what it depends on.

    >>> is_shipped(Source), is_shipped(dict)
    (True, False)
    """
    return kind.__module__.partition(".")[0] == __name__.partition(".")[0]


class BaseSource:
    """A source of rows, whatever is made of them."""

    def settings(self) -> dict[str, Any]:
        """Return what the rows depend on, by name, for the cache of encoded rows and the record of a run.

        These are all attributes; a source that keeps some of what it has read leaves that out.
        """
        return dict(vars(self))

    @property
    def is_fixed(self) -> bool:
        """Tell whether equal settings and files mean equal rows.

        Not for a dataset on the hub, which may change, nor for a reader of a user's own, which may read anything.
        """
        return is_shipped(type(self))


class Source(BaseSource, ABC):
    """Reads examples from somewhere. A row is yielded or in the ledger; never neither."""

    @abstractmethod
    def read(self, ledger: Ledger) -> Iterator[Example]:
        """Yield the examples in their order, counting each in `ledger.kept`.

        Raises:
            UserError: the source itself cannot be read (no such file, no network); bad rows go to the ledger.
        """


class PreferenceSource(BaseSource, ABC):
    """Reads preferences from somewhere. A row is yielded or in the ledger; never neither."""

    @abstractmethod
    def read_preferences(self, ledger: Ledger) -> Iterator[Preference]:
        """Yield the preferences in their order, counting each in `ledger.kept`.

        Raises:
            UserError: the source itself cannot be read (no such file, no network); bad rows go to the ledger.
        """


def check_different(chosen: Sequence[Message], rejected: Sequence[Message]) -> None:
    """Refuse two answers that are one, arguments in any order; 1, 1.0 and true are three values.

    >>> from lit_toolcall.types import ToolCall
    >>> one, true = (Message("assistant", "", (ToolCall("f", {"n": value}),)) for value in (1, True))
    >>> check_different([one], [true])

    Raises:
        RowError: they are the same.
    """
    if _describe(chosen) == _describe(rejected):
        raise RowError("the chosen and the rejected answer are the same")


def _describe(turns: Sequence[Message]) -> list[Any]:
    return [
        [turn.role, turn.content, [[call.name, json.dumps(call.arguments, sort_keys=True)] for call in turn.calls]]
        for turn in turns
    ]


class RowFile(BaseSource):
    """Rows in a file or on the hub.

    Args:
        path: a file of JSON lines or a `.json` file with one array of rows, also compressed (`.gz`, `.bz2`, `.xz`,
            `.zst`), a `.parquet` file, or a dataset id on the Hugging Face hub.
        split: the hub dataset's split.
        limit: rows to take at most; all where it is not given.
        config: the hub dataset's config, for one that has several.
    """

    def __init__(self, path: str, split: str = "train", limit: int | None = None, config: str | None = None) -> None:
        self.path = expand_path(path)
        self.split = split
        check_ranges(type(self), limit=limit)
        self.limit = limit
        self.config = config

    def rows(self) -> Iterator[Row]:
        """Yield every row, those that cannot be read too."""
        return read_rows_at(self.path, self.split, self.config)

    @property
    def is_fixed(self) -> bool:
        return super().is_fixed and not is_on_hub(self.path)


class RowSource(RowFile, Source):
    """Reads rows and makes an example of each; a row that cannot be one goes to the ledger.

    A reader of your own is a subclass with `example_of`, in a module on the import path; a config names it as any
    other: `class_path: my_reader.MyRows`.
    """

    @abstractmethod
    def example_of(self, row: Row) -> Example:
        """Make the example of one row, whose value is any JSON value.

        Raises:
            RowError: with the reason, for the ledger.
        """

    def read(self, ledger: Ledger) -> Iterator[Example]:
        return keep_rows(self.rows(), self.example_of, self.limit, ledger, is_own_code=not is_shipped(type(self)))


def keep_rows(
    rows: Iterable[Row], make: Callable[[Row], Made], limit: int | None, ledger: Ledger, is_own_code: bool = False
) -> Iterator[Made]:
    """Yield what is made of each row, up to a limit; a row of which nothing can be made goes to the ledger.

    So does a dialogue of too many messages, and a row with a key that is not read though it would change what is
    trained. Other keys that are not read are counted in the ledger. Calls that stand as text in an answer become calls.

    Args:
        rows: those that cannot be read too.
        make: makes an example or a preference of a row; raises RowError.
        limit: of what is made.
        ledger: takes what becomes of the rows.
        is_own_code: whether `make` is a user's, who decides alone which keys to leave out.

    >>> ledger = Ledger()
    >>> rows = [Row("f:1", 1, "yes"), Row("f:2", 2, problem="not JSON")]
    >>> made = list(keep_rows(rows, lambda row: Example(row.value, (), (), None), None, ledger))
    >>> [example.id for example in made], ledger.kept, len(ledger.rejected)
    (['yes'], 1, 1)
    """
    taken = 0
    for row in rows:
        if limit is not None and taken >= limit:
            return
        try:
            if row.problem is not None:
                raise RowError(row.problem)
            made = make(row)
            check_messages(made)
            if isinstance(made, Example):
                made = cast(Made, settle_example(made))
            unread = list_unread(row.value)
            if not is_own_code:
                check_unread(row.value, unread)
        except RowError as error:
            ledger.reject(row.place, str(error))
            continue
        taken += 1
        ledger.kept += 1
        ledger.note_unread(row.place, name_unread(row.value, unread))
        yield made


def is_on_hub(path: str) -> bool:
    """Tell a dataset on the hub from a file: `owner/name`, where there is no such file.

    >>> is_on_hub("Team-ACE/ToolACE"), is_on_hub("data/rows.jsonl"), is_on_hub("demo:train.jsonl")
    (True, False, False)
    """
    return bool(DATASET_ID.fullmatch(path)) and not Path(path).exists() and not path.endswith(FILE_ENDINGS)


def read_rows_at(path: str, split: str = "train", config: str | None = None) -> Iterator[Row]:
    """Yield every row of a file or of a dataset on the hub.

    Of a dataset on the hub only data files are read; no script of it is run, and no pickle is loaded (`datasets`
    refuses both).

    Args:
        path: a file, or `owner/name` on the hub where there is no such file.
        split: the hub dataset's split.
        config: the hub dataset's config; its default one where it is not given.

    Raises:
        UserError: there is no such file and no such dataset, or it cannot be decoded.
    """
    if is_on_hub(path):
        yield from read_hub_rows(path, split, config)
    elif is_parquet(path):
        yield from read_parquet_rows(path)
    else:
        yield from read_rows(path)
