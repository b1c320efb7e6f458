"""Callbacks that a config names."""

from .checkpoint import AdapterCheckpoint
from .end_validation import ValidateAtEnd
from .preference_guard import PreferenceGuard
from .progress import QuestionProgress
from .sample_calls import SampleCalls

__all__ = ["AdapterCheckpoint", "PreferenceGuard", "QuestionProgress", "SampleCalls", "ValidateAtEnd"]
