"""Writes a data report for a terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lit_toolcall.report.charts import Chart
from lit_toolcall.report.words import show, show_place

if TYPE_CHECKING:
    from lit_toolcall.report.data_report import DataReport, Leakage

MAX_LINES = 20
"""Lines of one table; the page shows more."""
BAR_CHARACTERS = 40


def render_text(report: DataReport) -> str:
    """Write each part with a heading, its columns aligned."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: DataReport) -> Iterator[str]:
    yield f"Rows: {report.rows:,} kept, {report.rejected_rows:,} rejected"
    yield from _table(
        ["kept", "rejected", "source"],
        [[f"{rows.kept:,}", f"{rows.rejected:,}", show_place(rows.source, 100)] for rows in report.sources],
    )
    if report.rejected:
        yield from ("", "Rejected, by source and reason")
        yield from _table(
            ["rows", "the first", "reason"],
            [[f"{group.rows:,}", show_place(group.first.place), show(group.reason)] for group in report.rejected],
        )
    if report.unread_keys:
        yield from ("", "Keys that nothing reads")
        yield from _table(
            ["rows", "key", "source"],
            [[f"{unread.rows:,}", show(unread.key), show_place(unread.source)] for unread in report.unread_keys],
        )
    if report.unchecked:
        yield from ("", "Parts of tools' schemas that calls are not checked against")
        yield from _table(["tools", "part"], [[f"{tools:,}", show(part)] for part, tools in report.unchecked])
    for chart in report.charts:
        yield from ("", chart.title, *_bars(chart))
    yield from ("", f"Repeated queries: {report.repeated_rows:,} rows ask what an earlier row asks")
    yield from _table(
        ["rows", "answers", "query"],
        [[f"{query.rows:,}", f"{query.answers:,}", show(query.query, 80)] for query in report.repeated],
    )
    yield ""
    if report.leakage is None:
        yield "Leakage: not checked"
    else:
        yield from _leakage(report.leakage, report.rows)


def _leakage(leakage: Leakage, rows: int) -> Iterator[str]:
    yield f"Leakage: compared with {leakage.evaluation_rows:,} evaluation rows"
    yield from _table(
        ["rows", "share", "have in common"],
        [[f"{count:,}", f"{count / max(rows, 1):.1%}", f"a {kind}"] for kind, count in leakage.rows],
    )
    if leakage.names:
        yield from ("", "Shared tool names")
        yield from _table(
            ["rows", "score", "name", "in the evaluation rows"],
            [
                [f"{name.rows:,}", f"{name.score:.2f}", show(name.name, 60), show(name.original, 60)]
                for name in leakage.names
            ],
        )
    if leakage.queries:
        yield from ("", "Shared queries")
        yield from _table(
            ["score", "training row", "asks", "evaluation row", "asks"],
            [
                [
                    f"{leak.score:.2f}",
                    show_place(leak.place),
                    show(leak.found, 60),
                    show(leak.evaluation_id, 40),
                    show(leak.original, 60),
                ]
                for leak in leakage.queries
            ],
        )


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Align columns, those that begin with a figure to the right."""
    if not rows:
        return
    shown = rows[:MAX_LINES]
    widths = [max(len(row[column]) for row in (heads, *shown)) for column in range(len(heads))]
    right = [all(row[column][:1].isdigit() for row in shown) for column in range(len(heads))]
    for row in (heads, *shown):
        cells = [
            cell.rjust(width) if is_right else cell.ljust(width)
            for cell, width, is_right in zip(row, widths, right, strict=True)
        ]
        yield f"  {'  '.join(cells)}".rstrip()
    if len(rows) > len(shown):
        yield f"  and {len(rows) - len(shown):,} more"


def _bars(chart: Chart) -> Iterator[str]:
    label_width = max(len(bar.label) for bar in chart.bars)
    count_width = len(f"{chart.highest:,}")
    for bar in chart.bars:
        length = -(-bar.count * BAR_CHARACTERS // chart.highest)  # any row at all is one sign at least
        yield f"  {bar.label.rjust(label_width)}  {bar.count:>{count_width},}  {'#' * length}".rstrip()
