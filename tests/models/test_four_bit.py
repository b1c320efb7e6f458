"""QLoRA: gradients through 4-bit layers are those of the de-quantized base, whatever ran before."""

from __future__ import annotations

from pathlib import Path

import bitsandbytes.functional as four_bit
import pytest
import torch
from bitsandbytes.nn import Linear4bit
from torch import Tensor
from transformers import PreTrainedModel

from lit_toolcall.losses import token_logps
from lit_toolcall.models.forward import answer_logits
from lit_toolcall.models.loading import DType, load_base
from lit_toolcall.models.lora import LoraOptions, add_lora
from lit_toolcall.packing import Branch, PackedBatch, Tree, pack_trees


def rows_of(count: int) -> PackedBatch:
    """Pack one answer of a number of trained tokens, all of the batch; a trunk of one token where it is one."""
    ids = tuple(range(5, 5 + count))
    return pack_trees([Tree((3,), (Branch(ids, (1.0,) * count),))])


def gradients(model: PreTrainedModel, batch: PackedBatch, checkpointing: bool) -> dict[str, Tensor]:
    """Validate once, as at the start of a training, then compute the adapters' gradients."""
    if checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
        model.enable_input_require_grads()
    torch.manual_seed(0)
    policy = add_lora(model, LoraOptions(r=4, dropout=0.0, targets="all-linear"), [])
    for name, weight in policy.named_parameters():
        if "lora_B" in name:
            weight.data = torch.randn_like(weight) * 0.1
    with torch.no_grad():
        answer_logits(policy.eval(), batch)
    policy.train()
    token_logps(answer_logits(policy, batch), batch.target_ids).sum().backward()
    return {name: weight.grad for name, weight in policy.named_parameters() if weight.grad is not None}


def dequantize(folder: Path, quantized: PreTrainedModel) -> PreTrainedModel:
    """Load the base in full precision, with the values that its 4-bit layers stand for."""
    plain = load_base(str(folder), "float32")
    layers = dict(plain.named_modules())
    for name, module in quantized.named_modules():
        if isinstance(module, Linear4bit):
            layers[name].weight.data = four_bit.dequantize_4bit(module.weight.data, module.weight.quant_state).float()
    return plain


@pytest.mark.parametrize(
    ("rows", "dtype", "checkpointing"),
    [
        (1, "float32", False),
        (1, "bfloat16", True),
        (2, "bfloat16", False),
        (3, "float32", True),
        (17, "bfloat16", False),
        (17, "float16", True),
    ],
)
def test_gradients_are_those_of_the_dequantized_base(
    rows: int, dtype: DType, checkpointing: bool, tiny_folder: Path
) -> None:
    quantized = load_base(str(tiny_folder), dtype, "4bit")
    plain = dequantize(tiny_folder, quantized)
    found = gradients(quantized, rows_of(rows), checkpointing)
    expected = gradients(plain, rows_of(rows), checkpointing)
    assert found.keys() == expected.keys()
    assert len(found) == 2 * 7 * 3  # A and B of seven matrices in three layers
    one, two = (torch.cat([grads[name].float().flatten() for name in expected]) for grads in (found, expected))
    assert torch.cosine_similarity(one, two, dim=0) > 0.999


def test_a_forward_pass_in_eval_mode_repacks_no_layer(tiny_folder: Path) -> None:
    model = load_base(str(tiny_folder), "bfloat16", "4bit")
    layers = [module for module in model.modules() if isinstance(module, Linear4bit)]
    before = [layer.weight.data.clone() for layer in layers]
    for layer in layers:
        layer(torch.randn(1, layer.in_features))
    assert all(torch.equal(layer.weight.data, weight) for layer, weight in zip(layers, before, strict=True))
    assert not any(getattr(layer.weight.quant_state, "packing_format_for_cpu", False) for layer in layers)
