"""Callbacks that a config names."""

from .checkpoint import AdapterCheckpoint
from .preference_guard import PreferenceGuard
from .sample_calls import SampleCalls

__all__ = ["AdapterCheckpoint", "PreferenceGuard", "SampleCalls"]
