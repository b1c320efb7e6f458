"""Tiny models and a tokenizer for every test; nothing is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    Phi3Config,
    PretrainedConfig,
    PreTrainedModel,
    Qwen2Config,
)

SIZES = {
    "vocab_size": 97,
    "hidden_size": 16,
    "intermediate_size": 32,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}


def tiny_config(architecture: str, **changes: object) -> PretrainedConfig:
    """Configure a random model of hidden size 16."""
    sizes = SIZES | changes
    if architecture == "gemma3":  # two sliding-window layers, one full
        return Gemma3TextConfig(
            **sizes,
            head_dim=8,
            query_pre_attn_scalar=8,
            sliding_window=8,
            layer_types=["sliding_attention", "full_attention", "sliding_attention"],
        )
    classes = {"llama": LlamaConfig, "qwen2": Qwen2Config, "phi3": Phi3Config}
    return classes[architecture](**sizes)


@pytest.fixture
def tiny_model() -> Callable[..., PreTrainedModel]:
    """Make a random model of an architecture: `tiny_model("llama")`."""

    def make(architecture: str, **changes: object) -> PreTrainedModel:
        torch.manual_seed(0)
        return AutoModelForCausalLM.from_config(tiny_config(architecture, **changes), dtype=torch.float32)

    return make


@pytest.fixture
def shared_data() -> Path:
    """The folder with real training rows, or a skip."""
    folder = Path(__file__).parents[2] / "shared" / "data"
    if not folder.is_dir():
        pytest.skip(f"no real training rows at {folder}")
    return folder
