"""Attention over packed batches, registered with transformers under the name `packed`.

Each run of a packed batch sees all of its ancestors' ranges and itself causally. No mask over the whole batch exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention
from transformers import AttentionInterface

from lit_toolcall.packing.trees import Run

PACKED_ATTENTION = "packed"
SHORT_RUN_SCORES = 512 * 512
"""On CPU, runs of up to so many scores are attended to by plain products, three times as fast as the fused kernel
(8 runs of 110 tokens after 40, 9 heads of 64, bf16, 2 cores, forward and backward: 11 against 32 ms)."""


def attend_packed(
    query: Tensor, key: Tensor, value: Tensor, runs: Sequence[Run], scale: float, window: int | None = None
) -> Tensor:
    """Attend run by run.

    Args:
        query: (1, H, T, D).
        key, value: (1, K, T, D), where K divides H.
        runs: cover the T tokens in their order.
        scale: factor of the scores.
        window: tokens that a token sees back, itself included (sliding-window layers); None for all.

    Returns:
        (1, H, T, D)
    """
    lengths = [run.end - run.start for run in runs]
    # one split, since the backward pass of many slices would fill T rows of zeros for each
    keys, values = (dict(zip(_starts(runs), states.split(lengths, dim=2), strict=True)) for states in (key, value))
    outputs = []
    for run, run_query in zip(runs, query.split(lengths, dim=2), strict=True):
        path = [start for start, _ in run.sees] + [run.start]
        run_key, run_value = (torch.cat([of[start] for start in path], dim=2) for of in (keys, values))
        outputs.append(_attend_run(run_query, run_key, run_value, run, scale, window))
    return torch.cat(outputs, dim=2)


def _starts(runs: Sequence[Run]) -> list[int]:
    return [run.start for run in runs]


def _attend_run(query: Tensor, key: Tensor, value: Tensor, run: Run, scale: float, window: int | None) -> Tensor:
    length = run.end - run.start
    grouped = query.shape[1] != key.shape[1]
    if query.device.type == "cpu" and length * key.shape[2] <= SHORT_RUN_SCORES:
        groups = query.shape[1] // key.shape[1]
        key, value = (states.repeat_interleave(groups, dim=1) for states in (key, value))
        scores = (query @ key.transpose(-1, -2)).float() * scale  # (1, H, L, P + L)
        scores = scores.masked_fill(~visible(run, window), float("-inf"))
        return scores.softmax(-1).to(value.dtype) @ value
    causal = not run.sees and (window is None or length <= window)
    mask = None if causal else visible(run, window, query.device)
    return scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=causal, scale=scale, enable_gqa=grouped
    )


def visible(run: Run, window: int | None, device: torch.device | str = "cpu") -> Tensor:
    """Say which keys each token of a run sees: its ancestors, then itself, causal from the lower right.

    Args:
        run: of L tokens after P ancestor tokens.
        window: as in `attend_packed`.
        device: where the mask is made.

    Returns:
        (L, P + L) bool.

    >>> visible(Run(5, 7, ((0, 2),)), window=None).int().tolist()
    [[1, 1, 1, 0], [1, 1, 1, 1]]
    >>> visible(Run(5, 7, ((0, 2),)), window=2).int().tolist()
    [[0, 1, 1, 0], [0, 0, 1, 1]]
    """
    length = run.past + run.end - run.start
    positions = torch.arange(length, device=device)
    back = positions[run.past :, None] - positions[None, :]  # (L, P + L), how far back a key lies
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
    runs: Sequence[Run] = (),
    sliding_window: int | None = None,
    softcap: float | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """What transformers calls in each attention layer; `runs` travels there as a keyword of the model's forward.

    Returns:
        (1, T, H, D) and no attention weights.
    """
    assert runs, "packed attention needs the batch's runs"
    assert attention_mask is None, "packed attention takes no mask"
    assert softcap is None, "refused when the model is loaded"
    assert not (module.training and dropout), "refused when the model is loaded"
    scale = query.shape[-1] ** -0.5 if scaling is None else scaling
    attended = attend_packed(query, key, value, runs, scale, sliding_window)
    return attended.transpose(1, 2).contiguous(), None


AttentionInterface.register(PACKED_ATTENTION, packed_attention_forward)
