"""Answering questions with a model."""

from lit_toolcall.generation.generate import Generated, GenerationOptions, generate_answers

__all__ = ["Generated", "GenerationOptions", "generate_answers"]
