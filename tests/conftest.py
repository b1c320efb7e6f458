"""Tiny models and a tokenizer for every test; nothing is downloaded."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    AutoModelForCausalLM,
    Gemma3TextConfig,
    LlamaConfig,
    Phi3Config,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
)

from lit_toolcall.cli.main import main
from lit_toolcall.data.sources import JsonLines, Ledger
from lit_toolcall.packing import Branch, Tree
from lit_toolcall.types import Example

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


def random_pairs(count: int, vocabulary: int, same_trunk: bool = False) -> list[Tree]:
    """Make pairs of random answers to random prompts."""
    draw = random.Random(3)

    def ids(low: int, high: int) -> tuple[int, ...]:
        return tuple(draw.randrange(3, vocabulary) for _ in range(draw.randint(low, high)))

    def answer() -> Branch:
        tokens = ids(3, 12)
        return Branch(tokens, (1.0,) * len(tokens))

    trunk = ids(20, 40)
    return [Tree(trunk if same_trunk else ids(20, 40), (answer(), answer()), row) for row in range(count)]


CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
SAMPLES = [
    'get_weather(**{"city": "Oslo", "days": 2, "hourly": true, "limits": [1.5, -3]})',
    "What is the weather in Oslo for the next two days?",
    "Tools: name # description of the argument: str int float bool",
]


@pytest.fixture
def make_tokenizer() -> Callable[..., PreTrainedTokenizerFast]:
    """Train a byte-level tokenizer on a few lines: `make_tokenizer(template, extra special tokens)`."""

    def make(template: str | None = CHATML, special: Sequence[str] = ()) -> PreTrainedTokenizerFast:
        backend = Tokenizer(models.BPE())
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        backend.decoder = decoders.ByteLevel()
        names = ["<pad>", "<|im_start|>", "<|im_end|>", *special]
        alphabet = pre_tokenizers.ByteLevel.alphabet()
        trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=names, initial_alphabet=alphabet)
        backend.train_from_iterator(SAMPLES * 4, trainer)
        tokenizer = PreTrainedTokenizerFast(
            tokenizer_object=backend, pad_token="<pad>", bos_token="<|im_start|>", eos_token="<|im_end|>"
        )
        tokenizer.chat_template = template
        return tokenizer

    return make


@pytest.fixture
def tiny_folder(
    tmp_path: Path,
    tiny_model: Callable[..., PreTrainedModel],
    make_tokenizer: Callable[..., PreTrainedTokenizerFast],
) -> Path:
    """A folder with a random Llama and its tokenizer, as from_pretrained takes it."""
    folder = tmp_path / "tiny"
    tokenizer = make_tokenizer()
    sizes = {"vocab_size": len(tokenizer), "max_position_embeddings": 4096, "tie_word_embeddings": True}
    tiny_model("llama", **sizes, hidden_size=64, intermediate_size=128).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


TOOL = {
    "name": "get_weather",
    "description": "Get the weather.",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "days": {"type": "integer"}},
        "required": ["city"],
    },
}
CITIES = ["Oslo", "Lima", "Rome", "Cairo", "Quito", "Delhi", "Paris", "Tunis"]


def make_row(city: str, days: int) -> dict[str, object]:
    expected = {"function": "get_weather", "arguments": {"city": city, "days": days}}
    return {"query": f"Weather in {city} for {days} days?", "tools": [TOOL], "expected_output": expected}


@pytest.fixture
def make_config(tmp_path: Path, tiny_folder: Path) -> Callable[..., Path]:
    """Write a config of a tiny run: `make_config(model={...}, data={...}, trainer={...}, rows=24)`."""

    def make(
        model: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        trainer: dict[str, object] | None = None,
        rows: int = 24,
    ) -> Path:
        questions = tmp_path / "rows.jsonl"
        lines = [json.dumps(make_row(CITIES[index % 8], index)) for index in range(rows)]
        questions.write_text("\n".join(lines) + "\n")
        source = [{"class_path": "JsonLines", "init_args": {"path": str(questions)}}]
        optimizer = {"class_path": "torch.optim.AdamW", "init_args": {"lr": 1e-2}}
        config = {
            "base_model": str(tiny_folder),
            "model": {
                "class_path": "SFTModule",
                "init_args": {
                    "dtype": "float32",
                    "lora": {"r": 4, "dropout": 0.0},
                    "optimizer": optimizer,
                    "warmup_ratio": 0.0,
                    "generation": {"max_new_tokens": 8},
                    **(model or {}),
                },
            },
            "data": {
                "class_path": "SFTDataModule",
                "init_args": {
                    "train": source,
                    "test": source,
                    "global_batch_size": 8,
                    "cache_dir": str(tmp_path / "cache"),
                    **(data or {}),
                },
            },
            "trainer": {
                "accelerator": "cpu",
                "devices": 1,
                "max_epochs": 2,
                "accumulate_grad_batches": 2,
                "log_every_n_steps": 1,
                "gradient_clip_val": 1.0,
                "enable_progress_bar": False,
                "default_root_dir": str(tmp_path / "run"),
                "callbacks": [{"class_path": "AdapterCheckpoint"}],
                **(trainer or {}),
            },
        }
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump(config))
        return path

    return make


def called(city: str, days: int) -> list[dict[str, Any]]:
    function = {"name": "get_weather", "arguments": json.dumps({"city": city, "days": days})}
    return [{"role": "assistant", "content": "", "tool_calls": [{"type": "function", "function": function}]}]


def make_pair(number: int) -> dict[str, Any]:
    city, wrong = CITIES[number % 8], CITIES[(number + 3) % 8]
    return {
        "id": str(number),
        "tools": json.dumps([TOOL]),
        "messages": [{"role": "user", "content": f"Weather in {city} for {number} days?"}],
        "chosen": called(city, number),
        "rejected": called(wrong, number),
        "reason": "value",
        "scores": {"chosen": [1.0], "rejected": [0.0]},
    }


@pytest.fixture
def make_dpo_config(tmp_path: Path, make_config: Callable[..., Path]) -> Callable[..., Path]:
    """Write a config of a tiny DPO run: `make_dpo_config(reference="base")`."""

    def make(
        pairs: int = 16,
        trainer: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        **model: object,
    ) -> Path:
        path = tmp_path / "pairs.jsonl"
        path.write_text("".join(json.dumps(make_pair(number)) + "\n" for number in range(pairs)))
        config_path = make_config(
            model=model, trainer={"accumulate_grad_batches": 1, "max_epochs": 1, **(trainer or {})}
        )
        config = yaml.safe_load(config_path.read_text())
        config["model"]["class_path"] = "DPOModule"
        settings = config["data"]["init_args"]
        config["data"] = {
            "class_path": "PreferenceDataModule",
            "init_args": {
                "train": [{"class_path": "Pairs", "init_args": {"path": str(path)}}],
                "validation_fraction": 0.25,
                "test": settings["test"],
                "global_batch_size": 4,
                "cache_dir": settings["cache_dir"],
                **(data or {}),
            },
        }
        config_path.write_text(yaml.safe_dump(config))
        return config_path

    return make


@pytest.fixture
def sft_checkpoint(make_config: Callable[..., Path], tmp_path: Path) -> str:
    """A short SFT run's last checkpoint."""
    folder = tmp_path / "sft"
    main(["fit", "--config", str(make_config()), "--trainer.default_root_dir", str(folder), "--trainer.max_steps", "3"])
    return str(folder / "checkpoints" / "last.ckpt")


@pytest.fixture(scope="module")
def demo() -> list[Example]:
    """Every fourth of the demonstration rows."""
    sources = [JsonLines(f"demo:{name}.jsonl", "demo:tools.jsonl") for name in ("train", "validation")]
    return [example for source in sources for example in source.read(Ledger())][::4]


@pytest.fixture
def own_loss(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Write a loss of a user's own: `own_loss("my_module", "-chosen.logratio")` returns its path."""

    def write(module: str, returned: str, needs_reference: bool = True) -> str:
        (tmp_path / f"{module}.py").write_text(
            "from dataclasses import dataclass\n"
            "from lit_toolcall.losses import PreferenceLoss\n\n"
            "@dataclass(frozen=True)\n"
            "class Own(PreferenceLoss):\n"
            f"    needs_reference = {needs_reference}\n"
            "    scale: float = 1.0\n\n"
            "    def __call__(self, chosen, rejected):\n"
            f"        return {returned}\n"
        )
        monkeypatch.syspath_prepend(str(tmp_path))
        return f"{module}.Own"

    return write
