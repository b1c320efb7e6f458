"""LoRA with targets by architecture; a target that matches nothing is an error."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

from lit_toolcall.models.loading import load_config
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import UserError

if TYPE_CHECKING:
    from peft import PeftModel

SPLIT_ATTENTION = ("q_proj", "k_proj", "v_proj", "o_proj")
SPLIT_MLP = ("gate_proj", "up_proj", "down_proj")
# By transformers' `model_type`. Phi-3 has one matrix for q, k and v: asked for q_proj, PEFT adapts o_proj only.
ATTENTION_TARGETS = {
    **dict.fromkeys(("llama", "mistral", "qwen2", "qwen3", "gemma3_text", "smollm3", "granite"), SPLIT_ATTENTION),
    "phi3": ("qkv_proj", "o_proj"),
}
MLP_TARGETS = {**dict.fromkeys(ATTENTION_TARGETS, SPLIT_MLP), "phi3": ("gate_up_proj", "down_proj")}

GROUPS = ("attention", "all-linear")


@dataclass(frozen=True)
class LoraOptions:
    """Low-rank adapters (arXiv:2106.09685).

    Args:
        r: rank of each adapter.
        alpha: scale of an adapter's output, divided by `r`.
        dropout: fraction of an adapter's inputs that are dropped in training, 0 to 1.
        targets: `attention` or `all-linear`, both by architecture, or a list of module names.
    """

    r: int = 16
    alpha: int = 32
    dropout: float = 0.05
    targets: str | list[str] = "attention"

    def __post_init__(self) -> None:
        check_ranges(type(self), r=self.r, alpha=self.alpha, dropout=self.dropout)


def lora_targets(model: PreTrainedModel, targets: str | Sequence[str]) -> list[str]:
    """Name the modules that adapters go to.

    Raises:
        UserError: no targets are known for this architecture, or a name matches no linear layer of its blocks.
    """
    architecture = model.config.model_type
    names = _targets_of(architecture, targets) if isinstance(targets, str) else list(dict.fromkeys(targets))
    groups = [name for name in names if name in GROUPS]
    if groups:
        raise UserError(f"lora.targets: {groups[0]} stands for a whole list: write it without brackets")
    layers = _block_layers(model)
    unmatched = [name for name in names if not any(_matches(layer, name) for layer in layers)]
    if unmatched or not names:
        leaves = sorted({layer.rpartition(".")[2] for layer in layers})
        raise UserError(
            f"lora.targets: {', '.join(unmatched) or 'an empty list'} matches no linear layer in the blocks of this "
            f"{architecture} model: choose from {', '.join(leaves)}"
        )
    return names


def check_targets(base_model: str, options: LoraOptions, trust_remote_code: bool) -> None:
    """Check an architecture and the adapters' targets in it without reading weights.

    Raises:
        UserError: there is no such model, it cannot be packed exactly, or a target matches nothing.
    """
    config = load_config(base_model, trust_remote_code)
    with torch.device("meta"):
        lora_targets(AutoModelForCausalLM.from_config(config, trust_remote_code=trust_remote_code), options.targets)


def _matches(layer: str, target: str) -> bool:
    """Tell whether PEFT takes a layer for a target: by its whole path, or by the end of it."""
    return layer == target or layer.endswith(f".{target}")


def _block_layers(model: PreTrainedModel) -> list[str]:
    """List the paths of all linear layers but the one that gives the logits, which may be tied to the embeddings."""
    head = model.get_output_embeddings()
    return [
        name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear) and module is not head
    ]


def _targets_of(model_type: str, group: str) -> list[str]:
    if group not in GROUPS:
        raise UserError(f"lora.targets={group!r} is neither attention, all-linear nor a list of module names")
    if model_type not in ATTENTION_TARGETS:
        raise UserError(
            f"lora.targets={group!r} is not known for the architecture {model_type!r}: list the module names, "
            "such as [q_proj, v_proj]"
        )
    attention = ATTENTION_TARGETS[model_type]
    return list(attention if group == "attention" else attention + MLP_TARGETS[model_type])


def add_lora(model: PreTrainedModel, options: LoraOptions, token_ids: Sequence[int]) -> PeftModel:
    """Freeze the model and add fp32 adapters to it, and trainable embedding rows for new tokens.

    Args:
        model: the base.
        options: rank, scale, targets.
        token_ids: tokens whose embedding rows train too, in both matrices; tied embeddings stay tied.
    """
    from peft import LoraConfig, get_peft_model  # takes a second, which --help does without

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
