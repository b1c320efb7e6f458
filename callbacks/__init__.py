"""Callbacks that a config names."""

from .checkpoint import AdapterCheckpoint
from .sample_calls import SampleCalls

__all__ = ["AdapterCheckpoint", "SampleCalls"]
