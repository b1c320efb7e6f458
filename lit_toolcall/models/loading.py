"""Loading a base model: its dtype, 4-bit quantization, new tokens, and whether packing is exact for it."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from typing import Any, Literal, cast

import torch
from safetensors import SafetensorError
from torch import Tensor
from transformers import (
    MODEL_FOR_CAUSAL_LM_MAPPING,
    AutoConfig,
    AutoModelForCausalLM,
    BitsAndBytesConfig,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from lit_toolcall.attention import INSTEAD, PACKED_ATTENTION
from lit_toolcall.hub import is_offline
from lit_toolcall.prompting.tokenizer import describe_load_error
from lit_toolcall.types import UserError

DType = Literal["float32", "bfloat16", "float16"]
Quantization = Literal["none", "4bit"]
DTYPES = {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}
EXACT_LAYERS = {"full_attention", "sliding_attention"}


def load_base(
    base_model: str, dtype: DType, quantization: Quantization = "none", trust_remote_code: bool = False
) -> PreTrainedModel:
    """Load frozen base weights, with the packed attention set.

    Args:
        base_model: a local folder or a hub id.
        dtype: of the weights; of the computation where they are quantized.
        quantization: `4bit` is QLoRA's NF4 with double quantization (arXiv:2305.14314).
        trust_remote_code: whether Python code beside the weights may run.

    Raises:
        UserError: it cannot be loaded, or cannot be packed exactly.
    """
    config = load_config(base_model, trust_remote_code)
    try:
        model = AutoModelForCausalLM.from_pretrained(
            base_model,
            config=config,
            dtype=DTYPES[dtype],
            attn_implementation=PACKED_ATTENTION,
            quantization_config=four_bit_config(DTYPES[dtype]) if quantization == "4bit" else None,
            trust_remote_code=trust_remote_code,
            local_files_only=is_offline(),
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise UserError(describe_load_error(base_model, "model", error)) from error
    except pickle.UnpicklingError as error:
        raise UserError(
            f"base_model={base_model}: its weights are a pickle of more than tensors, which is not loaded since it "
            "could run code: use weights in safetensors"
        ) from error
    keep_gradients(model)
    return model.requires_grad_(False)


def load_config(base_model: str, trust_remote_code: bool = False) -> PretrainedConfig:
    """Read a model's configuration, without its weights.

    Raises:
        UserError: it cannot be read, or cannot be packed exactly.
    """
    try:
        config = AutoConfig.from_pretrained(
            base_model, trust_remote_code=trust_remote_code, local_files_only=is_offline()
        )
    except (OSError, ValueError) as error:
        raise UserError(describe_load_error(base_model, "model", error)) from error
    refuse_inexact(config)
    return config


def refuse_inexact(config: PretrainedConfig) -> None:
    """Refuse a model that packed attention does not compute exactly.

    Raises:
        UserError: layers without attention (their state would leak between packed rows), an attention that cannot be
            replaced, soft-capped scores, or dropout inside attention.
    """
    values = config.get_text_config().to_dict()
    model_class: Any = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(config), PreTrainedModel)
    layers = set(values.get("layer_types") or EXACT_LAYERS) - EXACT_LAYERS
    reasons = [f"its layers are {', '.join(sorted(layers))}"] if layers else []
    reasons += ["it carries a state from token to token"] if model_class._is_stateful else []  # Mamba and its like
    is_fixed = model_class is not PreTrainedModel and not model_class._supports_attention_backend
    reasons += ["its attention cannot be replaced"] if is_fixed else []  # BLOOM, Falcon and others of their age
    reasons += ["it caps attention scores"] if values.get("attn_logit_softcapping") else []
    reasons += ["it drops attention weights in training"] if values.get("attention_dropout") else []
    if reasons:
        raise UserError(
            f"a {config.model_type} model cannot be packed exactly, since {' and '.join(reasons)}: {INSTEAD}"
        )


def add_token_rows(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, pieces: Mapping[int, list[int]]) -> None:
    """Give each new token an embedding: the mean of the tokens that its text was before.

    Args:
        model: the base; its embeddings grow where the tokenizer has outgrown them, tied ones stay tied.
        tokenizer: with the new tokens.
        pieces: for each new token's id, the ids of its sub-tokens.
    """
    if len(tokenizer) > _weight(model.get_input_embeddings()).shape[0]:
        model.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    weights = [_weight(model.get_input_embeddings()), _weight(model.get_output_embeddings())]
    for weight in {id(weight): weight for weight in weights}.values():  # a tied one once
        _set_means(weight.data, pieces)


def _weight(embeddings: torch.nn.Module) -> Tensor:
    return cast(Tensor, embeddings.weight)


def _set_means(weight: Tensor, pieces: Mapping[int, list[int]]) -> None:
    for token_id, piece_ids in pieces.items():
        weight[token_id] = weight[piece_ids].float().mean(0).to(weight.dtype)


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
