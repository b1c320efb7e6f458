"""What is known about a set of training rows."""

from __future__ import annotations

from dataclasses import dataclass

from lit_toolcall.data.leakage import Leak, LeakKind
from lit_toolcall.data.sources import Rejection
from lit_toolcall.report.charts import Chart
from lit_toolcall.report.html import render_html
from lit_toolcall.report.text import render_text


@dataclass(frozen=True)
class SourceRows:
    """One file's rows."""

    source: str
    kept: int
    rejected: int


@dataclass(frozen=True)
class RejectedRows:
    """Rows of one file, rejected for one reason."""

    source: str
    reason: str
    """Without what differs from row to row."""
    rows: int
    first: Rejection


@dataclass(frozen=True)
class UnreadKey:
    """A key that nothing reads, in one file."""

    source: str
    key: str
    rows: int
    """Kept rows that have it."""


@dataclass(frozen=True)
class RepeatedQuery:
    """A question, with all turns before it, that several rows ask."""

    query: str
    """What the user said last."""
    rows: int
    answers: int
    """Different ones among these rows."""
    places: tuple[str, ...]


@dataclass(frozen=True)
class SharedName:
    """A tool name that training rows share with evaluation rows."""

    name: str
    original: str
    """As the evaluation rows write it."""
    rows: int
    score: float


@dataclass(frozen=True)
class Leakage:
    """What training rows share with evaluation rows."""

    evaluation_rows: int
    rows: tuple[tuple[LeakKind, int], ...]
    """Training rows with a leak of a kind."""
    names: tuple[SharedName, ...]
    queries: tuple[Leak, ...]


@dataclass(frozen=True)
class DataReport:
    """What is known about a set of training rows; `to_text` and `to_html` show it."""

    rows: int
    sources: tuple[SourceRows, ...]
    rejected: tuple[RejectedRows, ...]
    """The most frequent first."""
    charts: tuple[Chart, ...]
    repeated: tuple[RepeatedQuery, ...]
    """The most frequent first."""
    leakage: Leakage | None
    """None where it was not checked."""
    unread_keys: tuple[UnreadKey, ...] = ()
    """The most frequent first."""
    unchecked: tuple[tuple[str, int], ...] = ()
    """Parts of tools' schemas that calls are not checked against, with how many tools have each."""

    @property
    def rejected_rows(self) -> int:
        return sum(group.rows for group in self.rejected)

    @property
    def repeated_rows(self) -> int:
        """Rows that ask what an earlier row asks."""
        return sum(query.rows - 1 for query in self.repeated)

    def to_text(self) -> str:
        """Write the report for a terminal, in plain aligned lines."""
        return render_text(self)

    def to_html(self) -> str:
        """Write the report as one page that needs no other file."""
        return render_html(self)
