"""Several samples of each prompt over one copy of the prompt's keys and values.

Repeating it for every sample would fill the memory with copies, which each new token would read and move again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import torch
from torch import Tensor
from transformers import AttentionInterface, DynamicCache, PreTrainedModel
from transformers.masking_utils import AttentionMaskInterface

if TYPE_CHECKING:
    from peft import PeftModel

SHARED_TRUNK = "shared_trunk"


@dataclass(frozen=True)
class Trunk:
    """The keys and values of padded prompts.

    Args:
        cache: keys and values of all but the prompts' last tokens, (B, K, L, D) a layer.
        mask: (B, L) 1 for tokens, 0 for padding on the left.
    """

    cache: DynamicCache
    mask: Tensor

    def layer(self, number: int) -> tuple[Tensor, Tensor]:
        """Take the keys and values of one layer, each (B, K, L, D)."""
        layer: Any = self.cache.layers[number]
        return layer.keys, layer.values


class SampleCache(DynamicCache):
    """Keeps what follows the trunk, sample by sample, and says that it is as long as both together.

    Args:
        trunk_tokens: length of the padded prompts in the trunk.
    """

    def __init__(self, trunk_tokens: int) -> None:
        super().__init__()
        self.trunk_tokens = trunk_tokens

    def get_seq_length(self, layer_idx: int = 0) -> int:
        return self.trunk_tokens + int(super().get_seq_length(layer_idx))


_trunk: ContextVar[Trunk] = ContextVar("trunk")
"""`generate` passes no keyword of ours on to the attention."""


def read_trunk(model: PreTrainedModel | PeftModel, input_ids: Tensor, mask: Tensor) -> Trunk:
    """Run all but the last token of padded prompts.

    Args:
        model: with an attention that takes padding.
        input_ids: (B, L + 1), padded on the left.
        mask: (B, L + 1), 0 for padding.
    """
    before, seen = input_ids[:, :-1], mask[:, :-1]
    positions = (seen.cumsum(-1) - 1).clamp(min=0)
    cache = DynamicCache()  # without the model's config, under which sliding layers would forget
    model(
        input_ids=before,
        attention_mask=seen,
        position_ids=positions,
        past_key_values=cache,
        use_cache=True,
        logits_to_keep=1,
    )
    return Trunk(cache, seen)


@contextmanager
def sharing(trunk: Trunk) -> Iterator[SampleCache]:
    """Give a cache for samples of the trunk's prompts, used with the attention `SHARED_TRUNK`."""
    token = _trunk.set(trunk)
    try:
        yield SampleCache(trunk.mask.shape[1])
    finally:
        _trunk.reset(token)


def attend_shared(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001 (transformers' signature)
    scaling: float | None = None,
    sliding_window: int | None = None,
    **_: Any,
) -> tuple[Tensor, None]:
    """Attend from each sample's newest token to its prompt's trunk and to the sample's own tokens.

    Args:
        module: a layer's attention, which knows its number.
        query: (B * S, H, 1, D), the samples of a prompt one after the other.
        key, value: (B * S, K, T, D), the samples' own tokens, their newest token included; K divides H.
        attention_mask: none; padding is in the trunk only.
        scaling: factor of the scores.
        sliding_window: how many tokens back a token sees, itself included; None for all.

    Returns:
        (B * S, 1, H, D) and no attention weights.
    """
    trunk = _trunk.get()
    trunk_key, trunk_value = trunk.layer(cast(int, module.layer_idx))  # (B, K, L, D)
    prompts, kv_heads, length, size = trunk_key.shape
    answers, heads, new_tokens = query.shape[0], query.shape[1], key.shape[2]
    samples, groups = answers // prompts, heads // kv_heads
    scale = size**-0.5 if scaling is None else scaling
    # scaled first: in float16 a product of large queries and keys would be infinite
    by_sample = (query * scale).view(answers, kv_heads, groups, size)
    # (B, K, S * G, D)
    by_prompt = by_sample.view(prompts, samples, kv_heads, groups, size).transpose(1, 2).flatten(2, 3)

    trunk_scores = (by_prompt @ trunk_key.transpose(-1, -2)).float()  # (B, K, S * G, L)
    seen, own = _visible(trunk.mask, new_tokens, sliding_window)
    trunk_scores = trunk_scores.masked_fill(~seen[:, None, None], float("-inf"))
    trunk_scores = trunk_scores.view(prompts, kv_heads, samples, groups, length).transpose(1, 2)
    own_scores = (by_sample @ key.transpose(-1, -2)).float()  # (B * S, K, G, T)
    own_scores = own_scores.masked_fill(~own, float("-inf"))
    scores = torch.cat([trunk_scores.reshape(answers, kv_heads, groups, length), own_scores], dim=-1)
    weights = scores.softmax(-1).to(value.dtype)

    of_trunk = weights[..., :length].view(prompts, samples, kv_heads, groups, length).transpose(1, 2).flatten(2, 3)
    from_trunk = (of_trunk @ trunk_value).view(prompts, kv_heads, samples, groups, size).transpose(1, 2)
    attended = from_trunk.reshape(answers, kv_heads, groups, size) + weights[..., length:] @ value
    return attended.reshape(answers, 1, heads, size), None


def _visible(mask: Tensor, new_tokens: int, window: int | None) -> tuple[Tensor, Tensor]:
    """Say which tokens of the trunk, (B, L), and of its own answer, (T,), a sample's newest token sees."""
    seen, own = mask.bool(), torch.ones(new_tokens, dtype=torch.bool, device=mask.device)
    if window is None:
        return seen, own
    back = mask.flip(-1).cumsum(-1).flip(-1) + new_tokens - 1  # how far back a token of the trunk lies
    return seen & (back < window), torch.arange(new_tokens - 1, -1, -1, device=mask.device) < window


def _no_mask(*_: Any, **__: Any) -> None:
    return None


AttentionInterface.register(SHARED_TRUNK, attend_shared)
AttentionMaskInterface.register(SHARED_TRUNK, _no_mask)
