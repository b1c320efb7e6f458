"""Robustness: test sets changed in ways that change no right answer, and what a model loses by each."""

from lit_toolcall.robustness.curves import describe_curves, make_curves
from lit_toolcall.robustness.making import Category, RobustSet, group_by_language, make_robust
from lit_toolcall.robustness.table import CHANGING_KINDS, TRANSFORMATIONS, UNSEEN
from lit_toolcall.robustness.transformation import ORIGINAL, Level, Outcome, Surroundings

__all__ = [
    "CHANGING_KINDS",
    "ORIGINAL",
    "TRANSFORMATIONS",
    "UNSEEN",
    "Category",
    "Level",
    "Outcome",
    "RobustSet",
    "Surroundings",
    "describe_curves",
    "group_by_language",
    "make_curves",
    "make_robust",
]
