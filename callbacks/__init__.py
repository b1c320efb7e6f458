"""Callbacks that a config can name."""

from .adapter_checkpoint import AdapterCheckpoint
from .defaults import ValidateAtEnd
from .preference_guard import PreferenceGuard
from .progress import QuestionProgress
from .sample_calls import SampleCalls

__all__ = ["AdapterCheckpoint", "PreferenceGuard", "QuestionProgress", "SampleCalls", "ValidateAtEnd"]
