"""Answering prompts: the seam for engines, and the engine that runs a model by transformers."""

from lit_toolcall.generation.engine import (
    Engine,
    EngineFactory,
    Generated,
    GenerationOptions,
    Request,
    ask_engine,
    find_room,
)
from lit_toolcall.generation.prefix_cache import PrefixCacheEngine
from lit_toolcall.generation.transformers_engine import TransformersEngine

__all__ = [
    "Engine",
    "EngineFactory",
    "Generated",
    "GenerationOptions",
    "PrefixCacheEngine",
    "Request",
    "TransformersEngine",
    "ask_engine",
    "find_room",
]
