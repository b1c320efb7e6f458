"""What the training data are made of, as text for the terminal and as a page."""

from lit_toolcall.report.counting import make_data_report
from lit_toolcall.report.data_report import DataReport

__all__ = ["DataReport", "make_data_report"]
