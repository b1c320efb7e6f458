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
    outputs = []
    for run in runs:
        run_key, run_value = (_gather(states, run) for states in (key, value))
        causal = not run.sees and (window is None or run.end - run.start <= window)
        mask = None if causal else visible(run, window, query.device)
        outputs.append(
            scaled_dot_product_attention(
                query[:, :, run.start : run.end],
                run_key,
                run_value,
                attn_mask=mask,
                is_causal=causal,
                scale=scale,
                enable_gqa=query.shape[1] != key.shape[1],
            )
        )
    return torch.cat(outputs, dim=2)


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


def _gather(states: Tensor, run: Run) -> Tensor:
    own = states[:, :, run.start : run.end]
    if not run.sees:
        return own
    return torch.cat([*(states[:, :, start:end] for start, end in run.sees), own], dim=2)


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
