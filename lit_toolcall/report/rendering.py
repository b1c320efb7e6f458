"""A data report as text for a terminal and as a page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from lit_toolcall.report.charts import Chart

if TYPE_CHECKING:
    from lit_toolcall.report.data_report import DataReport, Leakage

MAX_TERMINAL_LINES = 20
MAX_PAGE_LINES = 200
"""Lines of one table."""
BAR_CHARACTERS = 40
MAX_REASON_CHARACTERS = 500
_QUOTED = re.compile(r"(?<!\w)('[^']*'|\"[^\"]*\")(?!\w)")
_LIST = re.compile(r"\b(tools: |it takes |one of |keys are ).*")
_DIGITS = re.compile(r"\d[\d,.]*(?<=\d)")


def show(text: str, characters: int = 160) -> str:
    """Write a text on one line, clipped, with a sign in the place of each that a terminal or browser would act on.

    >>> show("ring\\x1b[2J the\\nbell", 12)
    'ring�[2J the...'
    """
    kept = text[:characters]
    line = "".join(sign if sign.isprintable() else " " if sign.isspace() else "\ufffd" for sign in kept)
    return line if len(text) <= characters else f"{line}..."


def show_place(place: str, characters: int = 60) -> str:
    """Write where a row was read, clipped at its start: the file's name and the line tell rows apart.

    >>> show_place("/home/data/glaive/train.jsonl:17", 20)
    '...laive/train.jsonl:17'
    """
    line = show(place, len(place))
    return line if len(line) <= characters else f"...{line[-characters:]}"


def group_reason(reason: str) -> str:
    """Leave out what differs from row to row: numbers, quoted parts, and lists of what would have been right.

    >>> group_reason("call 'get_wether' is not among this example's tools: get_weather, get_time")
    "call '...' is not among this example's tools: ..."
    >>> group_reason("1,203 tokens, more than max_tokens=1024")
    'N tokens, more than max_tokens=N'
    """
    reason = _QUOTED.sub("'...'", reason[:MAX_REASON_CHARACTERS])
    return _DIGITS.sub("N", _LIST.sub(r"\1...", reason))


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
        ["rows", "fraction", "have in common"],
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
    shown = rows[:MAX_TERMINAL_LINES]
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


def render_html(report: DataReport) -> str:
    """Write one self-contained page: no script, nothing loaded, every text of a row escaped."""
    # autoescape, because rows come from anywhere
    environment = Environment(
        loader=PackageLoader("lit_toolcall.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["show"] = show
    environment.filters["show_place"] = show_place
    return environment.get_template("data_report.html.jinja").render(report=report, max_lines=MAX_PAGE_LINES)
