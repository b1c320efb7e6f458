"""Callbacks that a config names."""

from .checkpoint import AdapterCheckpoint

__all__ = ["AdapterCheckpoint"]
