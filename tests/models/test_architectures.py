"""Architectures: each is packed exactly or refused with a sentence."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from transformers import AutoConfig, AutoModelForCausalLM

from lit_toolcall.attention import PACKED_ATTENTION
from lit_toolcall.models.forward import answer_logits
from lit_toolcall.models.loading import refuse_inexact
from lit_toolcall.packing import Branch, Tree, pack_trees
from lit_toolcall.types import UserError

SIZES = {
    "vocab_size": 97,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 64,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "head_dim": 8,
}
MOST = {name: SIZES[name] for name in SIZES if name != "head_dim"}
GPT2 = {
    "vocab_size": 97,
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 4,
    "n_positions": 64,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
EXACT: dict[str, dict[str, Any]] = {
    "cohere2": MOST,
    "gpt2": GPT2 | {"attn_pdrop": 0.0},
    "gpt_neox": {name: value for name, value in MOST.items() if name != "num_key_value_heads"},
    "granite": MOST,
    "mistral": SIZES,
    "olmo2": MOST,
    "olmo3": MOST,
    "qwen3": SIZES,
    "smollm3": MOST,
    "starcoder2": MOST,
}
REFUSED: dict[str, dict[str, Any]] = {
    "bloom": {"vocab_size": 97, "hidden_size": 32, "n_layer": 2, "n_head": 4},
    "codegen": GPT2 | {"rotary_dim": 8, "n_ctx": 64},
    "falcon": {"vocab_size": 97, "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4},
    "gpt_oss": SIZES | {"num_local_experts": 2, "num_experts_per_tok": 1},
    "gptj": GPT2 | {"rotary_dim": 8},
    "mpt": {"vocab_size": 97, "d_model": 32, "n_layers": 2, "n_heads": 4},
}
TREE = Tree((5, 6, 7, 8), (Branch((9, 10, 2), (1.0,) * 3), Branch((9, 11, 12, 2), (1.0,) * 4)))
OTHER = Tree((20, 21), (Branch((22, 2), (1.0,) * 2),))


def run_packed(kind: str, settings: dict[str, Any]) -> tuple[torch.Tensor, torch.Tensor]:
    """Compute the logits of three packed answers, and of each by itself."""
    config = AutoConfig.for_model(kind, **settings)
    refuse_inexact(config)
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(config, attn_implementation="eager", dtype=torch.float32).eval()
    alone = []
    for tree in (TREE, OTHER):
        for branch in tree.branches:
            ids = torch.tensor([[*tree.trunk, *branch.ids]])
            alone.append(model(input_ids=ids, use_cache=False).logits[0, len(tree.trunk) - 1 : -1])
    model.set_attn_implementation(PACKED_ATTENTION)
    return answer_logits(model, pack_trees([TREE, OTHER], [TREE, OTHER])), torch.cat(alone)


@torch.no_grad()
@pytest.mark.parametrize("kind", EXACT)
def test_it_is_packed_exactly(kind: str) -> None:
    packed, alone = run_packed(kind, EXACT[kind])
    torch.testing.assert_close(packed, alone, atol=1e-5, rtol=1e-4)


@torch.no_grad()
@pytest.mark.parametrize("kind", REFUSED)
def test_it_is_refused(kind: str) -> None:
    with pytest.raises(UserError, match="cannot be packed exactly"):
        run_packed(kind, REFUSED[kind])
