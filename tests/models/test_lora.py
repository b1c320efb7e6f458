"""Adapters go where they should, in fp32, with rows for new tokens that survive merging and reloading."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from peft import PeftModel
from peft.tuners.lora import LoraLayer
from torch import Tensor
from transformers import (
    BloomConfig,
    Gemma2Config,
    JambaConfig,
    LlamaConfig,
    MambaConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen3NextConfig,
)

from lit_toolcall.models.loading import add_token_rows, refuse_inexact
from lit_toolcall.models.lora import LoraOptions, add_lora, describe_parameters, lora_targets
from lit_toolcall.prompting.tokenizer import add_marker_tokens
from lit_toolcall.types import UserError

MakeModel = Callable[..., PreTrainedModel]
MakeTokenizer = Callable[..., PreTrainedTokenizerFast]
MARKERS = ("<|tool_code|>", "<|end|>")


@pytest.mark.parametrize(
    ("architecture", "attention", "mlp"),
    [
        ("llama", ["q_proj", "k_proj", "v_proj", "o_proj"], ["gate_proj", "up_proj", "down_proj"]),
        ("qwen2", ["q_proj", "k_proj", "v_proj", "o_proj"], ["gate_proj", "up_proj", "down_proj"]),
        ("gemma3", ["q_proj", "k_proj", "v_proj", "o_proj"], ["gate_proj", "up_proj", "down_proj"]),
        ("phi3", ["qkv_proj", "o_proj"], ["gate_up_proj", "down_proj"]),
    ],
)
def test_targets_follow_the_architecture(
    architecture: str, attention: list[str], mlp: list[str], tiny_model: MakeModel
) -> None:
    model = tiny_model(architecture)
    assert lora_targets(model, "attention") == attention
    assert lora_targets(model, "all-linear") == attention + mlp
    linear = {name for name, module in model.named_modules() if isinstance(module, torch.nn.Linear)}
    adapted = {name.rpartition(".")[2] for name in linear} - {"lm_head"}
    assert adapted == set(attention + mlp)


@pytest.mark.parametrize("targets", [["q_proj"], ["o_proj", "v_proj"], []])
def test_a_target_that_matches_nothing_is_refused_with_the_choices(targets: list[str], tiny_model: MakeModel) -> None:
    missing = ", ".join(name for name in targets if name != "o_proj") or "an empty list"
    with pytest.raises(UserError) as refused:
        lora_targets(tiny_model("phi3"), targets)
    assert str(refused.value) == (
        f"lora.targets: {missing} matches no linear layer in the blocks of this phi3 model: "
        "choose from down_proj, gate_up_proj, o_proj, qkv_proj"
    )


@pytest.mark.parametrize(
    ("targets", "reason"),
    [
        (["lm_head"], "lora.targets: lm_head matches no linear layer"),
        (["embed_tokens", "q_proj"], "lora.targets: embed_tokens matches no linear layer"),
        (["mlp"], "lora.targets: mlp matches no linear layer"),
        (["input_layernorm"], "lora.targets: input_layernorm matches no linear layer"),
        (["model.layers.9.self_attn.q_proj"], "lora.targets: model.layers.9.self_attn.q_proj matches no"),
        ([".*_proj"], "lora.targets: .*_proj matches no linear layer"),
        ([], "lora.targets: an empty list matches no linear layer"),
        (["all-linear"], "lora.targets: all-linear stands for a whole list: write it without brackets"),
        (["q_proj", "attention"], "lora.targets: attention stands for a whole list: write it without brackets"),
        (".*_proj", "lora.targets='.*_proj' is neither attention, all-linear nor a list"),
    ],
)
@pytest.mark.parametrize("tied", [True, False])
def test_what_is_no_linear_layer_of_a_block_is_refused(
    targets: str | list[str], reason: str, tied: bool, tiny_model: MakeModel
) -> None:
    with pytest.raises(UserError) as refused:
        lora_targets(tiny_model("llama", tie_word_embeddings=tied), targets)
    assert str(refused.value).startswith(reason)


def test_a_target_may_be_a_path(tiny_model: MakeModel) -> None:
    targets = ["model.layers.1.self_attn.q_proj", "layers.0.mlp.down_proj", "layers.0.mlp.down_proj"]
    model = add_lora(tiny_model("llama"), LoraOptions(r=4, targets=targets), [])
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    assert trained == 4 * ((16 + 16) + (32 + 16))  # one q_proj, one down_proj


@pytest.mark.parametrize(("alpha", "r"), [(8, 4), (4, 8)])
def test_an_adapter_is_scaled_by_alpha_over_r(alpha: int, r: int, tiny_model: MakeModel) -> None:
    model = add_lora(tiny_model("llama"), LoraOptions(r=r, alpha=alpha), [])
    scales = {module.scaling["default"] for module in model.modules() if isinstance(module, LoraLayer)}
    assert scales == {alpha / r}


def test_an_unknown_group_is_refused(tiny_model: MakeModel) -> None:
    with pytest.raises(UserError, match=r"^lora.targets='mlp' is neither attention, all-linear nor a list"):
        lora_targets(tiny_model("llama"), "mlp")


def test_an_unknown_architecture_asks_for_module_names(tiny_model: MakeModel) -> None:
    model = tiny_model("llama")
    model.config.model_type = "novel"
    with pytest.raises(UserError, match=r"not known for the architecture 'novel': list the module names"):
        lora_targets(model, "attention")
    assert lora_targets(model, ["q_proj"]) == ["q_proj"]


# r * (inputs + outputs) for each module; hidden 16, 4 query and 2 key-value heads of 4 (Gemma: of 8), MLP 32, 3 layers
SPLIT = 4 * ((16 + 16) + (16 + 8) + (16 + 8) + (16 + 16))  # q, k, v, o
FUSED = 4 * ((16 + 32) + (16 + 16))  # qkv, o
WIDE = 4 * ((16 + 32) + (16 + 16) + (16 + 16) + (32 + 16))  # q, k, v, o
SPLIT_MLP = 4 * ((16 + 32) + (16 + 32) + (32 + 16))  # gate, up, down
FUSED_MLP = 4 * ((16 + 64) + (32 + 16))  # gate_up, down


@pytest.mark.parametrize(
    ("architecture", "targets", "expected"),
    [
        ("llama", "attention", 3 * SPLIT),
        ("llama", "all-linear", 3 * (SPLIT + SPLIT_MLP)),
        ("qwen2", "attention", 3 * SPLIT),
        ("phi3", "attention", 3 * FUSED),
        ("phi3", "all-linear", 3 * (FUSED + FUSED_MLP)),
        ("gemma3", "attention", 3 * WIDE),
    ],
)
def test_the_count_of_trained_parameters(architecture: str, targets: str, expected: int, tiny_model: MakeModel) -> None:
    model = add_lora(tiny_model(architecture), LoraOptions(r=4, targets=targets), [])
    assert sum(weight.numel() for weight in model.parameters() if weight.requires_grad) == expected
    assert describe_parameters(model).startswith(f"{expected:,} of ")


@pytest.mark.parametrize(("tied", "matrices"), [(True, 1), (False, 2)])
def test_a_new_token_trains_a_row_of_each_embedding(tied: bool, matrices: int, tiny_model: MakeModel) -> None:
    model = add_lora(tiny_model("llama", tie_word_embeddings=tied), LoraOptions(r=4), [95, 96])
    trained = sum(weight.numel() for weight in model.parameters() if weight.requires_grad)
    assert trained == 3 * SPLIT + matrices * 2 * 16


@pytest.mark.parametrize("tied", [True, False])
def test_adapters_are_fp32_over_a_16_bit_base(tied: bool, tiny_model: MakeModel) -> None:
    model = add_lora(tiny_model("llama", tie_word_embeddings=tied).bfloat16(), LoraOptions(r=4), [95])
    with torch.autocast("cpu", torch.bfloat16):
        model(input_ids=torch.tensor([[5, 95]])).logits.sum().backward()
    assert {weight.dtype for weight in model.parameters() if weight.requires_grad} == {torch.float32}
    assert {weight.dtype for weight in model.parameters() if not weight.requires_grad} == {torch.bfloat16}


def grown_model(
    tiny_model: MakeModel, make_tokenizer: MakeTokenizer, tied: bool, room: int = 0
) -> tuple[PreTrainedModel, PreTrainedTokenizerFast, dict[int, list[int]]]:
    """Make a model of the tokenizer's size, then add the markers to both."""
    tokenizer = make_tokenizer()
    model = tiny_model("llama", vocab_size=len(tokenizer) + room, tie_word_embeddings=tied)
    pieces = add_marker_tokens(tokenizer, MARKERS)
    add_token_rows(model, tokenizer, pieces)
    return model, tokenizer, pieces


def move(model: PeftModel) -> None:
    """Set what trains to something that training might have reached."""
    torch.manual_seed(1)
    for weight in model.parameters():
        if weight.requires_grad:
            weight.data = torch.randn_like(weight) * 0.5


def logits_of(model: PreTrainedModel | PeftModel, pieces: dict[int, list[int]]) -> Tensor:
    first, second = pieces
    with torch.no_grad():
        return model.eval()(input_ids=torch.tensor([[5, first, 7, 8, second, 9]])).logits


@pytest.mark.parametrize("tied", [True, False])
def test_new_rows_begin_at_the_mean_of_their_pieces(
    tied: bool, tiny_model: MakeModel, make_tokenizer: MakeTokenizer
) -> None:
    model, tokenizer, pieces = grown_model(tiny_model, make_tokenizer, tied)
    inputs, outputs = (embedding.weight for embedding in (model.get_input_embeddings(), model.get_output_embeddings()))
    assert (inputs is outputs) == tied
    assert len(inputs) == len(outputs) == len(tokenizer)
    for weight in (inputs, outputs):
        for token, parts in pieces.items():
            torch.testing.assert_close(weight[token], sum(weight[part] for part in parts) / len(parts))


def test_a_vocabulary_with_room_is_not_resized(tiny_model: MakeModel, make_tokenizer: MakeTokenizer) -> None:
    model, tokenizer, _ = grown_model(tiny_model, make_tokenizer, tied=True, room=10)
    assert len(model.get_input_embeddings().weight) == len(tokenizer) - len(MARKERS) + 10


@pytest.mark.parametrize("tied", [True, False])
def test_adding_adapters_changes_no_logit(tied: bool, tiny_model: MakeModel, make_tokenizer: MakeTokenizer) -> None:
    model, _, pieces = grown_model(tiny_model, make_tokenizer, tied)
    before = logits_of(model, pieces)
    torch.testing.assert_close(logits_of(add_lora(model, LoraOptions(), sorted(pieces)), pieces), before)


def test_tied_embeddings_stay_tied_under_training(tiny_model: MakeModel, make_tokenizer: MakeTokenizer) -> None:
    base, _, pieces = grown_model(tiny_model, make_tokenizer, tied=True)
    first, second = sorted(pieces)
    begun = base.get_input_embeddings().weight[first].clone()
    model = add_lora(base, LoraOptions(), [first, second])
    move(model)
    with torch.no_grad():
        output = model.eval()(input_ids=torch.tensor([[5, 7, first, second]]), output_hidden_states=True)
        rows = model.get_input_embeddings()(torch.tensor([first, second]))
    assert not torch.allclose(rows[0], begun)
    torch.testing.assert_close(output.logits[0][:, [first, second]], output.hidden_states[-1][0] @ rows.T)


@pytest.mark.parametrize("tied", [True, False])
def test_merged_logits_are_the_unmerged_ones(tied: bool, tiny_model: MakeModel, make_tokenizer: MakeTokenizer) -> None:
    base, _, pieces = grown_model(tiny_model, make_tokenizer, tied)
    untouched = logits_of(base, pieces)
    model = add_lora(base, LoraOptions(), sorted(pieces))
    move(model)
    unmerged = logits_of(model, pieces)
    assert (unmerged - untouched).abs().max() > 0.1
    merged = model.merge_and_unload()
    torch.testing.assert_close(logits_of(merged, pieces), unmerged, atol=1e-4, rtol=0)
    inputs, outputs = (
        embedding.weight for embedding in (merged.get_input_embeddings(), merged.get_output_embeddings())
    )
    assert torch.equal(inputs, outputs) == tied


@pytest.mark.parametrize("tied", [True, False])
def test_a_saved_adapter_gives_the_same_logits_over_a_fresh_base(
    tied: bool, tiny_model: MakeModel, make_tokenizer: MakeTokenizer, tmp_path: Path
) -> None:
    base, tokenizer, pieces = grown_model(tiny_model, make_tokenizer, tied)
    model = add_lora(base, LoraOptions(), sorted(pieces))
    move(model)
    model.save_pretrained(tmp_path, save_embedding_layers=False)
    fresh = tiny_model("llama", vocab_size=len(tokenizer) - len(MARKERS), tie_word_embeddings=tied)
    fresh.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    loaded = PeftModel.from_pretrained(fresh, tmp_path)
    torch.testing.assert_close(logits_of(loaded, pieces), logits_of(model, pieces), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        (Gemma2Config(), "a gemma2 model cannot be packed exactly, since it caps attention scores"),
        (
            Qwen3NextConfig(num_hidden_layers=4, layer_types=["linear_attention"] * 3 + ["full_attention"]),
            "a qwen3_next model cannot be packed exactly, since its layers are linear_attention",
        ),
        (
            LlamaConfig(attention_dropout=0.1),
            "a llama model cannot be packed exactly, since it drops attention weights in training",
        ),
        (MambaConfig(), "a mamba model cannot be packed exactly, since it carries a state from token to token"),
        (JambaConfig(), "a jamba model cannot be packed exactly, since it carries a state from token to token"),
        (BloomConfig(), "a bloom model cannot be packed exactly, since its attention cannot be replaced"),
    ],
    ids=["soft caps", "linear attention", "attention dropout", "no attention", "some attention", "fixed attention"],
)
def test_what_cannot_be_packed_exactly_is_refused(config: LlamaConfig, reason: str) -> None:
    with pytest.raises(UserError) as refused:
        refuse_inexact(config)
    assert str(refused.value).startswith(reason)
    assert str(refused.value).endswith(
        ": use a model with plain attention, such as Llama, Qwen2, Qwen3, Gemma 3 or Phi-3"
    )


@pytest.mark.parametrize("architecture", ["llama", "qwen2", "gemma3", "phi3"])
def test_plain_attention_is_accepted(architecture: str, tiny_model: MakeModel) -> None:
    refuse_inexact(tiny_model(architecture).config)
