"""Prompts that begin like the one before, such as the steps of a dialogue: their common prefix is computed once."""

from __future__ import annotations

from collections.abc import Sequence

from transformers import DynamicCache

from lit_toolcall.generation.engine import Generated, Request
from lit_toolcall.generation.transformers_engine import TransformersEngine
from lit_toolcall.packing.trees import shared_prefix_length


class PrefixCacheEngine(TransformersEngine):
    """Runs the model as `TransformersEngine` does, and keeps the keys and values of the last prompt.

    A request of one prompt and one sample computes only what follows its longest common prefix with the prompt before
    it; others run as ever. The model's weights must not change as long as something is kept.

    Attributes:
        computed_tokens: prompt tokens that such requests computed so far.
        reused_tokens: those whose keys and values were there.
    """

    computed_tokens = 0
    reused_tokens = 0
    _kept: tuple[Sequence[int], DynamicCache] | None = None
    """A prompt, and its keys and values: (1, K, L, D) each, a layer."""

    @property
    def identity(self) -> str:
        return TransformersEngine.__qualname__  # the same answers

    def forget(self) -> None:
        """Free the memory of the last prompt."""
        self._kept = None

    def generate(self, request: Request) -> list[list[Generated]]:
        try:
            answers = super().generate(request)
        except BaseException:
            self.forget()  # of an unknown length
            raise
        if self._kept is not None:
            prompt, cache = self._kept
            crop_cache(cache, len(prompt))  # the answer goes
        return answers

    def find_cache(self, prompts: Sequence[Sequence[int]], samples: int) -> DynamicCache | None:
        if len(prompts) != 1 or samples != 1:
            return None
        (prompt,) = prompts
        before, cache = self._kept or ((), DynamicCache())
        reused = min(shared_prefix_length(before, prompt), len(prompt) - 1)  # the last token's logits are needed
        if reused:
            crop_cache(cache, reused)
        else:
            cache = DynamicCache()  # without the model's config, under which sliding layers would forget
        self._kept = tuple(prompt), cache
        self.reused_tokens += reused
        self.computed_tokens += len(prompt) - reused
        return cache


def crop_cache(cache: DynamicCache, tokens: int) -> None:
    """Cut the keys and values of all tokens but the first `tokens` off."""
    excess = int(cache.get_seq_length()) - tokens
    if excess > 0:
        cache.crop(-excess)
