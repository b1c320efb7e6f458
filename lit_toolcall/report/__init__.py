"""A report on training data, as text for the terminal and as a page."""

from lit_toolcall.report.data_report import DataReport, make_data_report

__all__ = ["DataReport", "make_data_report"]
