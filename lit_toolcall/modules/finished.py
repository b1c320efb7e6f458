"""Finished models: a run, a checkpoint, an adapter folder, a model folder or a hub id, loaded to be asked."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
import yaml
from jsonargparse import ArgumentError, ArgumentParser
from safetensors import SafetensorError
from transformers import PreTrainedModel

from lit_toolcall.evaluation import EngineAnswerer
from lit_toolcall.generation import EngineFactory, GenerationOptions, TransformersEngine
from lit_toolcall.json_values import clip
from lit_toolcall.models.checkpoint import find_checkpoint, hash_sample, hash_weights, trained_state
from lit_toolcall.models.loading import DType, Quantization, add_token_rows, load_base
from lit_toolcall.models.lora import LoraOptions
from lit_toolcall.modules.policy import SETTINGS, PolicyModule
from lit_toolcall.paths import expand_path
from lit_toolcall.prompting import DEFAULT_PROMPT, PromptOptions, Renderer, load_renderer
from lit_toolcall.types import UserError

if TYPE_CHECKING:
    from peft import PeftModel

ADAPTER = "adapter_config.json"
KINDS: dict[str, tuple[Any, Any]] = {
    "base_model": (str, None),
    "prompt": (PromptOptions, DEFAULT_PROMPT),
    "generation": (GenerationOptions, GenerationOptions()),
    "lora": (LoraOptions, LoraOptions()),
    "dtype": (DType, "bfloat16"),
    "quantization": (Quantization, "none"),
}
"""The settings of a run that answers depend on: their types and defaults."""
MOST_BYTES = 1_000_000
"""Of a file of settings."""
MOST_SAID = 300
"""Characters of another library's message that are shown."""
BASE_PROMPT = replace(DEFAULT_PROMPT, special_tokens="text")
"""Of a base model that is loaded to be asked: it gets no tokens that it was never trained on."""


@dataclass(frozen=True)
class Overrides:
    """Settings that a user gives beside a finished model; None takes the model's own.

    Args:
        base_model: folder or hub id of the base, where it is not what the run says.
        prompt: how prompts are written.
        generation: how answers are decoded.
        dtype: of the base weights.
        quantization: of the base weights.
        trust_remote_code: whether Python code beside the weights, or a call format of the run's own, may run.
    """

    base_model: str | None = None
    prompt: PromptOptions | None = None
    generation: GenerationOptions | None = None
    dtype: DType | None = None
    quantization: Quantization | None = None
    trust_remote_code: bool = False


@dataclass(frozen=True)
class FinishedModel:
    """A model that is asked.

    Args:
        model: in eval mode.
        renderer: writes its prompts, and reads its answers.
        generation: how answers are decoded.
        base_model: folder or hub id.
        weights: a hash of the trained weights; `none` where the base model answers, followed by a hash of its own.
        held: how the base weights are held: dtype and quantization.
        source: the file or folder that the weights come from.
        is_base: whether nothing was trained here, so that the model knows no format of ours.
    """

    model: PreTrainedModel | PeftModel
    renderer: Renderer
    generation: GenerationOptions
    base_model: str
    weights: str
    held: dict[str, str]
    source: str
    is_base: bool = False

    def answerer(self, engine: EngineFactory | None = None, lenient: bool = False) -> EngineAnswerer:
        """Make what answers questions with it; lenient reads calls in other formats than its renderer's too."""
        made = (engine or TransformersEngine)(self.model, self.renderer)
        return EngineAnswerer(made, self.renderer, self.generation, logprobs=True, lenient=lenient)

    def ask_as(self, renderer: Renderer) -> FinishedModel:
        """Return the same base model with other prompts; new tokens get embeddings, in place."""
        assert isinstance(self.model, PreTrainedModel), "one that was trained is asked as it was trained"
        add_token_rows(self.model, renderer.tokenizer, renderer.new_tokens)
        return replace(self, renderer=renderer)


def load_finished(given: str, overrides: Overrides, device: torch.device | str = "cpu") -> FinishedModel:
    """Load a model to be asked.

    Args:
        given: a run folder, a .ckpt file, an adapter folder, a model folder, or a hub id.
        overrides: what a user sets beside it.
        device: that answers are computed on.

    Raises:
        UserError: there is no such model, or its settings cannot be found or used.
    """
    path = Path(expand_path(given, "MODEL"))
    if path.is_file() or (path.is_dir() and _has_checkpoint(path)):
        return _load_checkpoint(find_checkpoint(path, "MODEL"), overrides, device)
    if (path / ADAPTER).is_file():
        return _load_adapter(path, overrides, device)
    if path.is_dir() and not (path / "config.json").is_file():
        raise UserError(
            f"MODEL={given}: neither a run folder with checkpoints/last.ckpt, an adapter folder with {ADAPTER}, nor "
            "a model folder with config.json: give one of these, a .ckpt file, or a hub id"
        )
    if not path.exists() and (path.is_absolute() or given.startswith((".", "~")) or path.suffix == ".ckpt"):
        raise UserError(f"MODEL={given}: no such file or folder (seen from {Path.cwd()}): give its whole path")
    return _load_model(str(path) if path.is_dir() else given, overrides, device)


def _has_checkpoint(folder: Path) -> bool:
    beside = Path(f"{folder.resolve()}.ckpt")
    return any(file.is_file() for file in (beside, folder / "last.ckpt", folder / "checkpoints" / "last.ckpt"))


def _load_checkpoint(checkpoint: Path, overrides: Overrides, device: torch.device | str) -> FinishedModel:
    settings = _override(_read_run(checkpoint), overrides, checkpoint)
    policy = PolicyModule(
        init_adapter=str(checkpoint),
        lora=settings["lora"],
        base_model=settings["base_model"],
        prompt=settings["prompt"],
        dtype=settings["dtype"],
        quantization=settings["quantization"],
        trust_remote_code=overrides.trust_remote_code,
    )
    with _naming_base(checkpoint, overrides):
        policy.configure_model()
    weights = hash_weights(trained_state(policy))[:16]
    return _finish(policy.policy, policy.renderer, settings, weights, checkpoint, device)


def _read_run(checkpoint: Path) -> dict[str, Any]:
    """Read the settings of a checkpoint's run.

    Raises:
        UserError: its run folder has no `config.yaml` that `fit` has written.
    """
    file = checkpoint.resolve().parent.parent / "config.yaml"
    if not file.is_file():
        raise UserError(
            f"MODEL={checkpoint}: {file} is missing, which says how it was trained: copy it there from the run folder, "
            "or use `test --config`"
        )
    try:
        config = yaml.safe_load(_read_text(file))
        arguments = config["model"]["init_args"]
        return {
            "base_model": config["base_model"],
            "prompt": config["prompt"],
            **{name: arguments[name] for name in ("lora", "generation", "dtype", "quantization")},
        }
    except (ValueError, TypeError, KeyError, RecursionError, yaml.YAMLError) as error:
        said = clip(f"{type(error).__name__}: {' '.join(str(error).split())}", MOST_SAID)
        raise UserError(f"{file}: not what `fit` writes ({said}): use `test --config`") from None


def _load_adapter(folder: Path, overrides: Overrides, device: torch.device | str) -> FinishedModel:
    from peft import PeftModel  # takes a second, which --help does without

    if not (folder / "adapter_model.safetensors").is_file():
        raise UserError(f"MODEL={folder}: no adapter_model.safetensors in it: only weights in safetensors are loaded")
    own = _read_json(folder / SETTINGS) if (folder / SETTINGS).is_file() else {}
    peft = _read_json(folder / ADAPTER)
    if peft.get("peft_type") != "LORA":
        kind = clip(str(peft.get("peft_type")))
        raise UserError(f"{folder / ADAPTER}: peft_type is {kind}: only LORA adapters are loaded: merge it elsewhere")
    base = overrides.base_model or own.get("base_model") or peft.get("base_model_name_or_path")
    if base is None:
        raise UserError(f"MODEL={folder}: it does not name its base model: give it by --base_model")
    settings = _override({**own, "base_model": base}, overrides, folder)
    if not own and overrides.prompt is None:
        print(f"{folder} has no {SETTINGS}, which says how it was trained: the default prompt settings are used")
    with _naming_base(folder, overrides):
        renderer, model = _load_base(settings, overrides.trust_remote_code)
    add_token_rows(model, renderer.tokenizer, renderer.new_tokens)
    try:
        tuned = PeftModel.from_pretrained(model, str(folder))
    except (RuntimeError, ValueError, KeyError, TypeError, OSError, SafetensorError) as error:
        first = str(error).strip().partition("\n")[0]
        raise UserError(
            f"MODEL={folder}: this adapter does not fit {settings['base_model']} ({first}): give its base by "
            "--base_model, and the prompt settings that it was trained with"
        ) from error
    adapted = {
        name: weight for name, weight in tuned.state_dict().items() if "lora_" in name or "trainable_tokens" in name
    }
    return _finish(tuned, renderer, settings, hash_weights(adapted)[:16], folder, device)


def _load_model(base_model: str, overrides: Overrides, device: torch.device | str) -> FinishedModel:
    folder = Path(base_model)
    is_own = (folder / SETTINGS).is_file()
    own = _read_json(folder / SETTINGS) if is_own else {"prompt": asdict(BASE_PROMPT)}
    settings = _override({**own, "base_model": base_model}, overrides, base_model)
    renderer, model = _load_base(settings, overrides.trust_remote_code)
    weights = f"none {hash_sample(dict(model.named_parameters()))[:16]}"
    add_token_rows(model, renderer.tokenizer, renderer.new_tokens)
    finished = _finish(model, renderer, settings, weights, base_model, device)
    return replace(finished, is_base=not is_own)


def _load_base(settings: Mapping[str, Any], trust_remote_code: bool) -> tuple[Renderer, PreTrainedModel]:
    renderer = load_renderer(settings["base_model"], settings["prompt"], trust_remote_code)
    model = load_base(settings["base_model"], settings["dtype"], settings["quantization"], trust_remote_code)
    return renderer, model


def _finish(
    model: PreTrainedModel | PeftModel,
    renderer: Renderer,
    settings: Mapping[str, Any],
    weights: str,
    source: Path | str,
    device: torch.device | str,
) -> FinishedModel:
    model.eval()
    if settings["quantization"] == "none":  # 4-bit weights stay where they were loaded
        model.to(device)  # type: ignore[arg-type]  # transformers' stubs name neither
    folder = Path(settings["base_model"])
    return FinishedModel(
        model,
        renderer,
        settings["generation"],
        str(folder.resolve()) if folder.is_dir() else settings["base_model"],
        weights,
        {"dtype": settings["dtype"], "quantization": settings["quantization"]},
        str(source),
    )


@contextmanager
def _naming_base(source: Path, overrides: Overrides) -> Iterator[None]:
    """Say where a base model is named, where the one that a run names is not found.

    Raises:
        UserError: it is not found.
    """
    try:
        yield
    except UserError as error:
        if overrides.base_model is not None or not str(error).startswith("base_model="):
            raise
        cure = "" if "--base_model" in str(error) else "; if its base model has moved, name it by --base_model"
        raise UserError(f"MODEL={source}: {error}{cure}") from error


def _read_text(path: Path) -> str:
    """Read a small file.

    Raises:
        UserError: it cannot be read, or is too large for settings.
    """
    try:
        if path.stat().st_size > MOST_BYTES:
            raise UserError(f"{path} is larger than {MOST_BYTES:,} bytes: take the file that `fit` has written")
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read ({error}): take the file that `fit` has written") from None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(_read_text(path))
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not JSON ({error}): take the file that `fit` has written") from None
    if not isinstance(value, dict):
        raise UserError(f"{path} holds no JSON object: take the file that `fit` has written")
    return value


def _override(settings: Mapping[str, Any], overrides: Overrides, source: Path | str) -> dict[str, Any]:
    """Make options of a run's plain values; what a user gives comes first.

    Raises:
        UserError: a value is of the wrong type or unknown, or is Python code that the user does not trust.
    """
    parser = ArgumentParser(exit_on_error=False)
    for name, (kind, default) in KINDS.items():
        parser.add_argument(f"--{name}", type=kind, default=default)
    known = {name: value for name, value in settings.items() if name in KINDS and value is not None}
    for name in ("prompt", "generation", "lora"):
        group = known.get(name, {})
        if not isinstance(group, dict) or "class_path" in group:  # the parser would open a file, or import a class
            raise UserError(f"MODEL={source}: its settings under `{name}` are no values: use `test --config`")
    try:
        read = parser.instantiate_classes(parser.parse_object(known))
    except (ArgumentError, TypeError, ValueError, KeyError, ArithmeticError, RecursionError) as error:
        said = clip(" ".join(str(error).split()), MOST_SAID)
        raise UserError(f"MODEL={source}: its settings cannot be used ({said}): use `test --config`") from None
    merged: dict[str, Any] = {name: read[name] for name in KINDS}
    merged |= {name: value for name, value in vars(overrides).items() if value is not None and name in KINDS}
    own_format = merged["prompt"].call_format
    if "." in own_format and overrides.prompt is None and not overrides.trust_remote_code:
        raise UserError(
            f"the run's call format {clip(own_format)} is Python code of its own: read it, then set "
            "--trust_remote_code true"
        )
    return merged
