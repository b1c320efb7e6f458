"""Attention over packed batches, registered with transformers under the name `packed`.

Each chunk of a packed batch sees all of its ancestors' ranges and itself causally. No mask over the whole batch exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from lit_toolcall.packing.batch import Chunk
from lit_toolcall.types import UserError

PACKED_ATTENTION = "packed"
INSTEAD = "use a model with plain attention, such as Llama, Qwen2, Qwen3, Gemma 3 or Phi-3"
HARMLESS = {"position_ids", "cache_position"}
"""Tensors that transformers passes to every layer, and that attention itself does not use."""
SHORT_CHUNK_SCORES = 512 * 512
"""On CPU, chunks of up to so many scores are attended to by plain products, three times as fast as the fused kernel
(8 chunks of 110 tokens after 40, 9 heads of 64, bf16, 2 cores, forward and backward: 11 against 32 ms)."""


def attend_packed(
    query: Tensor, key: Tensor, value: Tensor, chunks: Sequence[Chunk], scale: float, window: int | None = None
) -> Tensor:
    """Attend chunk by chunk.

    Args:
        query: (1, H, T, D).
        key, value: (1, K, T, D), where K divides H.
        chunks: cover the T tokens in their order.
        scale: factor of the scores.
        window: how many tokens back a token sees, itself included (sliding-window layers); None for all.

    Returns:
        (1, H, T, D)
    """
    lengths = [chunk.end - chunk.start for chunk in chunks]
    # one split, since the backward pass of many slices would fill T rows of zeros for each
    keys, values = (dict(zip(_starts(chunks), states.split(lengths, dim=2), strict=True)) for states in (key, value))
    outputs = []
    for chunk, chunk_query in zip(chunks, query.split(lengths, dim=2), strict=True):
        path = [start for start, _ in chunk.sees] + [chunk.start]
        chunk_key, chunk_value = (torch.cat([of[start] for start in path], dim=2) for of in (keys, values))
        outputs.append(_attend_chunk(chunk_query, chunk_key, chunk_value, chunk, scale, window))
    return torch.cat(outputs, dim=2)


def _starts(chunks: Sequence[Chunk]) -> list[int]:
    return [chunk.start for chunk in chunks]


def _attend_chunk(query: Tensor, key: Tensor, value: Tensor, chunk: Chunk, scale: float, window: int | None) -> Tensor:
    length = chunk.end - chunk.start
    grouped = query.shape[1] != key.shape[1]
    if query.device.type == "cpu" and length * key.shape[2] <= SHORT_CHUNK_SCORES:
        groups = query.shape[1] // key.shape[1]
        key, value = (states.repeat_interleave(groups, dim=1) for states in (key, value))
        scores = (query @ key.transpose(-1, -2)).float() * scale  # (1, H, L, P + L)
        scores = scores.masked_fill(~visible(chunk, window), float("-inf"))
        return scores.softmax(-1).to(value.dtype) @ value
    causal = not chunk.sees and (window is None or length <= window)
    mask = None if causal else visible(chunk, window, query.device)
    return scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=causal, scale=scale, enable_gqa=grouped
    )


def visible(chunk: Chunk, window: int | None, device: torch.device | str = "cpu") -> Tensor:
    """Say which keys each token of a chunk sees: its ancestors, then itself, causal from the lower right.

    Args:
        chunk: of L tokens after P ancestor tokens.
        window: as in `attend_packed`.
        device: where the mask is made.

    Returns:
        (L, P + L) bool.

    >>> visible(Chunk(5, 7, ((0, 2),)), window=None).int().tolist()
    [[1, 1, 1, 0], [1, 1, 1, 1]]
    >>> visible(Chunk(5, 7, ((0, 2),)), window=2).int().tolist()
    [[0, 1, 1, 0], [0, 0, 1, 1]]
    """
    length = chunk.past + chunk.end - chunk.start
    positions = torch.arange(length, device=device)
    back = positions[chunk.past :, None] - positions[None, :]  # (L, P + L), how far back a key lies
    seen = back >= 0
    return seen if window is None else seen & (back < window)


def packed_attention_forward(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,
    scaling: float | None = None,
    dropout: float = 0.0,
    chunks: Sequence[Chunk] = (),
    sliding_window: int | None = None,
    softcap: float | None = None,
    **others: Any,
) -> tuple[Tensor, None]:
    """Attend in one layer, as transformers calls it; `chunks` travels there as a keyword of the model's forward.

    Returns:
        (1, T, H, D) and no attention weights.

    Raises:
        UserError: the layer brings a mask, sinks or a bias of its own, which would be dropped.
    """
    assert chunks, "packed attention needs the batch's chunks"
    brought = {name for name, value in others.items() if isinstance(value, Tensor)} - HARMLESS
    if attention_mask is not None or brought:
        raise UserError(
            f"{type(module).__name__} attends with {', '.join(sorted(brought)) or 'a mask'} of its own, which cannot "
            f"be packed exactly: {INSTEAD}"
        )
    assert softcap is None, "refused when the model is loaded"
    assert not (module.training and dropout), "refused when the model is loaded"
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    attended = attend_packed(query, key, value, chunks, scale, sliding_window)
    return attended.transpose(1, 2).contiguous(), None


AttentionInterface.register(PACKED_ATTENTION, packed_attention_forward)
