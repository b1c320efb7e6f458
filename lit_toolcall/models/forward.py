"""The forward pass over a packed batch."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from torch import Tensor, nn
from transformers import PreTrainedModel

from lit_toolcall.attention import PACKED_ATTENTION
from lit_toolcall.packing import PackedBatch

if TYPE_CHECKING:
    from peft import PeftModel


def base_of(model: PreTrainedModel | PeftModel) -> PreTrainedModel:
    """Return the transformers model, also where PEFT wraps it."""
    return model if isinstance(model, PreTrainedModel) else cast(PreTrainedModel, model.get_base_model())


@contextmanager
def use_attention(model: PreTrainedModel | PeftModel, implementation: str) -> Iterator[None]:
    """Run with another attention implementation, and set the former one again."""
    base = base_of(model)
    former = base.config._attn_implementation
    base.set_attn_implementation(implementation)
    try:
        yield
    finally:
        base.set_attn_implementation(former)


@contextmanager
def in_eval_mode(model: nn.Module) -> Iterator[None]:
    """Switch dropout off, and back to what it was."""
    was_training = model.training
    model.eval()
    try:
        yield
    finally:
        model.train(was_training)


def answer_logits(model: PreTrainedModel | PeftModel, batch: PackedBatch) -> Tensor:
    """Run a packed batch and compute logits only where a trained token is predicted; no (T, V) tensor exists.

    Returns:
        (R, V) logits in the model's dtype.
    """
    assert base_of(model).config._attn_implementation == PACKED_ATTENTION, "the model was not loaded for packing"
    output = model(
        input_ids=batch.input_ids,
        position_ids=batch.position_ids,
        use_cache=False,
        logits_to_keep=batch.target_indices,
        chunks=batch.chunks,
    )
    return output.logits[0]
