"""Suites: test sets by name, or a file of a user's own rows, and the figures over their answers."""

from lit_toolcall.suites.content import Lookup, SuiteContent, SuiteOptions, read_suite
from lit_toolcall.suites.measuring import describe_results, measure
from lit_toolcall.suites.table import SUITES, Suite

__all__ = [
    "SUITES",
    "Lookup",
    "Suite",
    "SuiteContent",
    "SuiteOptions",
    "describe_results",
    "measure",
    "read_suite",
]
