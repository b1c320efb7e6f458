"""Suites: test sets by name, or a file of a user's own rows."""

from lit_toolcall.suites.table import SUITES, Suite, SuiteOptions, read_suite

__all__ = ["SUITES", "Suite", "SuiteOptions", "read_suite"]
