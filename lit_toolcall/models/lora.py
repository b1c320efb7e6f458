"""LoRA with targets by architecture; a target that matches nothing is an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import PreTrainedModel

from lit_toolcall.types import UserError

SPLIT_ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
SPLIT_MLP = ("gate_proj", "up_proj", "down_proj")
# By transformers' `model_type`. Phi-3 has one matrix for q, k and v: asked for q_proj, PEFT adapts o_proj only.
ATTENTION_TARGETS = {
    **dict.fromkeys(("llama", "mistral", "qwen2", "qwen3", "gemma3_text", "smollm3", "granite"), SPLIT_ATTENTION),
    "phi3": ("qkv_proj", "o_proj"),
}
MLP_TARGETS = {**dict.fromkeys(ATTENTION_TARGETS, SPLIT_MLP), "phi3": ("gate_up_proj", "down_proj")}


@dataclass(frozen=True)
class LoraOptions:
    """Low-rank adapters (arXiv:2106.09685).

    Args:
        r: rank of each adapter.
        alpha: scale of an adapter's output, divided by `r`.
        dropout: share of an adapter's inputs that are dropped in training, 0 to 1.
        targets: `attention` or `all-linear`, both by architecture, or a list of module names.
    """

    r: int = 16
    alpha: int = 32
    dropout: float = 0.05
    targets: str | list[str] = "attention"

    def __post_init__(self) -> None:
        if self.r < 1:
            raise UserError(f"lora.r={self.r} must be at least 1")
        if not 0 <= self.dropout < 1:
            raise UserError(f"lora.dropout={self.dropout} must lie between 0 and 1")


def lora_targets(model: PreTrainedModel, targets: str | Sequence[str]) -> list[str]:
    """Name the modules that adapters go to.

    Raises:
        UserError: no targets are known for this architecture, or a name matches no module.
    """
    architecture = model.config.model_type
    names = _targets_of(architecture, targets) if isinstance(targets, str) else list(targets)
    leaves = {name.rpartition(".")[2] for name, _ in model.named_modules()}
    unmatched = [name for name in names if name not in leaves]
    if unmatched or not names:
        raise UserError(
            f"lora.targets: {', '.join(unmatched) or 'an empty list'} matches no module of this "
            f"{architecture} model: choose from {', '.join(sorted(_linear_leaves(model)))}"
        )
    return names


def _targets_of(model_type: str, group: str) -> list[str]:
    if group not in ("attention", "all-linear"):
        raise UserError(f"lora.targets={group!r} is neither attention, all-linear nor a list of module names")
    if model_type not in ATTENTION_TARGETS:
        raise UserError(
            f"lora.targets={group!r} is not known for the architecture {model_type!r}: list the module names, "
            "such as [q_proj, v_proj]"
        )
    attention = ATTENTION_TARGETS[model_type]
    return list(attention if group == "attention" else attention + MLP_TARGETS[model_type])


def _linear_leaves(model: PreTrainedModel) -> set[str]:
    return {name.rpartition(".")[2] for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}


def add_lora(model: PreTrainedModel, options: LoraOptions, token_ids: Sequence[int]) -> PeftModel:
    """Freeze the model and add fp32 adapters to it, and trainable embedding rows for new tokens.

    Args:
        model: the base.
        options: rank, scale, targets.
        token_ids: tokens whose embedding rows train too, in both matrices; tied embeddings stay tied.
    """
    config = LoraConfig(
        task_type="CAUSAL_LM",
        r=options.r,
        lora_alpha=options.alpha,
        lora_dropout=options.dropout,
        target_modules=lora_targets(model, options.targets),
        trainable_token_indices=_token_rows(model, token_ids),
    )
    peft_model = get_peft_model(model, config)
    for parameter in peft_model.parameters():
        if parameter.requires_grad:  # 16-bit trainables cannot be unscaled, and lose small updates
            parameter.data = parameter.data.float()
    return peft_model


def switch_off_dropout(model: torch.nn.Module) -> None:
    """Set every dropout's probability to zero."""
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0


def _token_rows(model: PreTrainedModel, token_ids: Sequence[int]) -> dict[str, list[int]] | None:
    """Name the embeddings and their rows that train; PEFT takes care of an output that is tied to the input."""
    embeddings = [model.get_input_embeddings(), model.get_output_embeddings()]
    wanted = embeddings[:1] if embeddings[0].weight is embeddings[1].weight else embeddings
    names = [name.rpartition(".")[2] for name, module in model.named_modules() if module in wanted]
    return {name: list(token_ids) for name in names} if token_ids else None


def describe_parameters(model: PeftModel) -> str:
    """Say how many parameters train, counted on the model itself."""
    trainable = sum(p.numel() for p in model.parameters() if p.requires_grad)
    total = sum(p.numel() for p in model.parameters())
    return f"{trainable:,} of {total:,} parameters train ({trainable / total:.3%})"
