"""From examples to text and token ids, and back from text to calls."""

from lit_toolcall.prompting.dialogue import TrainedTurns, list_trained_messages
from lit_toolcall.prompting.encoding import (
    RowProblem,
    encode_example,
    encode_examples,
    encode_preference,
    encode_questions,
)
from lit_toolcall.prompting.native import NativeRenderer
from lit_toolcall.prompting.options import DEFAULT_PROMPT, PromptOptions
from lit_toolcall.prompting.renderer import Renderer, load_renderer
from lit_toolcall.prompting.tokenizer import load_tokenizer, save_tokenizer

__all__ = [
    "DEFAULT_PROMPT",
    "NativeRenderer",
    "PromptOptions",
    "Renderer",
    "RowProblem",
    "TrainedTurns",
    "encode_example",
    "encode_examples",
    "encode_preference",
    "encode_questions",
    "list_trained_messages",
    "load_renderer",
    "load_tokenizer",
    "save_tokenizer",
]
