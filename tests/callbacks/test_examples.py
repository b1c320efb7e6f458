"""The examples in the docstrings of callbacks, which pytest does not collect: it would import each module twice."""

from __future__ import annotations

import doctest
import pkgutil
from importlib import import_module

import lit_toolcall.callbacks


def test_the_examples_in_docstrings_are_right() -> None:
    names = [module.name for module in pkgutil.iter_modules(lit_toolcall.callbacks.__path__)]
    results = [doctest.testmod(import_module(f"lit_toolcall.callbacks.{name}")) for name in names]
    assert sum(result.attempted for result in results) >= 2
    assert not any(result.failed for result in results)
