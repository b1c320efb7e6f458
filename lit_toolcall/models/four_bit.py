"""4-bit base weights (QLoRA, arXiv:2305.14314)."""

from __future__ import annotations

import torch
from transformers import BitsAndBytesConfig


def four_bit_config(dtype: torch.dtype) -> BitsAndBytesConfig:
    """Configure QLoRA's NF4 with double quantization.

    Args:
        dtype: of the computation.
    """
    return BitsAndBytesConfig(
        load_in_4bit=True,
        bnb_4bit_quant_type="nf4",
        bnb_4bit_use_double_quant=True,
        bnb_4bit_compute_dtype=dtype,
    )


def keep_gradients(model: torch.nn.Module) -> None:
    """Keep 4-bit layers in the layout that has a backward pass.

    On a CPU with AVX512-BF16 bitsandbytes repacks a layer at its first forward pass in eval mode, such as the first
    validation, for a kernel without one (`gemv_4bit`): from then on no gradient would pass through the layer, and the
    scales would be rounded to bfloat16.
    """
    from bitsandbytes.nn import Linear4bit  # takes a second, which --help does without

    for module in model.modules():
        if isinstance(module, Linear4bit):
            module.support_avx512bf16_for_cpu = False
