"""Writes a data report as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from lit_toolcall.report.words import show, show_place

if TYPE_CHECKING:
    from lit_toolcall.report.data_report import DataReport

MAX_LINES = 200
"""Lines of one table."""


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
    return environment.get_template("data_report.html.jinja").render(report=report, max_lines=MAX_LINES)
