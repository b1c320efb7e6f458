"""Checkpoints of a policy: the trained weights in them, finding, reading and hashing."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from lit_toolcall.paths import expand_path
from lit_toolcall.types import UserError


def trained_state(module: nn.Module) -> dict[str, Tensor]:
    """Take the weights that train; the base is on disk already."""
    trained = {name for name, parameter in module.named_parameters() if parameter.requires_grad}
    return {name: weight for name, weight in module.state_dict().items() if name in trained}


def is_untrained(state: Mapping[str, Tensor]) -> bool:
    """Tell whether adapters are as they begin: their second matrices are zero, and the base model answers.

    >>> is_untrained({"lora_A.weight": torch.ones(2, 2), "lora_B.weight": torch.zeros(2, 2)})
    True
    """
    seconds = [weight for name, weight in state.items() if "lora_B" in name]
    return bool(seconds) and not any(bool(weight.any()) for weight in seconds)


def check_trained_state(module: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Refuse a checkpoint whose weights are not exactly those that train here.

    Raises:
        UserError: a weight is missing, unknown, or of another shape.
    """
    expected = {name: tuple(weight.shape) for name, weight in trained_state(module).items()}
    found = {name: tuple(weight.shape) for name, weight in state.items()}
    wrong = sorted(name for name in expected.keys() | found.keys() if expected.get(name) != found.get(name))
    if wrong:
        raise UserError(
            f"the checkpoint does not fit this model: {len(wrong)} weights differ in name or shape, such as "
            f"{wrong[0]}: use the config it was trained with (config.yaml in its run folder)"
        )


def find_checkpoint(path: str | Path, argument: str = "ckpt_path") -> Path:
    """Find the file that a user means: itself, the one beside a PEFT folder, or the last one of a run folder.

    Args:
        path: of a file, a PEFT folder that `fit` has written, or a run folder.
        argument: where the user gave the path.

    Raises:
        UserError: a folder of another kind.
    """
    given = Path(expand_path(str(path), argument))
    if not given.is_dir():
        return given
    beside = Path(f"{given.resolve()}.ckpt")
    for file in (beside, given / "last.ckpt", given / "checkpoints" / "last.ckpt"):
        if file.is_file():
            return file
    if (given / "adapter_config.json").is_file():
        raise UserError(f"{argument}={path}: a PEFT folder without {beside.name} beside it: give a .ckpt file of `fit`")
    raise UserError(f"{argument}={path}: a folder without a checkpoint: give a .ckpt file or the run folder of a `fit`")


def read_checkpoint(path: str | Path, argument: str = "ckpt_path") -> dict[str, Any]:
    """Read a checkpoint without running anything that it holds.

    Args:
        path: of a file that `fit` has written, of the PEFT folder beside it, or of a run folder.
        argument: where the user gave the path.

    Raises:
        UserError: no such file, or not a checkpoint.
    """
    file = find_checkpoint(path, argument)
    if not file.is_file():
        raise UserError(f"{argument}={path}: no such file: checkpoints lie in the run folder under checkpoints/")
    try:
        checkpoint = torch.load(file, map_location="cpu", weights_only=True)
    except (
        pickle.UnpicklingError,
        RuntimeError,
        EOFError,
        ValueError,
        KeyError,
        UnicodeDecodeError,
    ) as error:
        raise UserError(
            f"{argument}={path}: not a checkpoint of this program: give a .ckpt file that `fit` has written"
        ) from error
    if not isinstance(checkpoint, dict) or "state_dict" not in checkpoint:
        raise UserError(f"{argument}={path}: holds no trained weights: give a .ckpt file that `fit` has written")
    return checkpoint


def hash_sample(weights: Mapping[str, Tensor], values_each: int = 4096) -> str:
    """Hash evenly spaced values of each weight, of any dtype, and its shape: enough to tell models apart, at no cost.

    >>> weights = {"a": torch.zeros(10_000)}
    >>> retrained = {"a": torch.zeros(10_000).index_fill(0, torch.arange(5_000, 10_000), 1.0)}
    >>> hash_sample(weights) == hash_sample(retrained)
    False
    """
    return hash_weights(
        {
            f"{name} {tuple(weight.shape)} {weight.dtype}": _take_evenly(weight, values_each)
            for name, weight in weights.items()
        }
    )


def _take_evenly(weight: Tensor, values: int) -> Tensor:
    """Take so many values from the first to the last, or all where there are no more.

    >>> _take_evenly(torch.arange(10), 4)
    tensor([0, 3, 6, 9])
    """
    flat = weight.detach().flatten()
    if flat.numel() <= values:
        return flat
    return flat[torch.arange(values, device=flat.device) * (flat.numel() - 1) // (values - 1)]


def hash_weights(weights: Mapping[str, Tensor]) -> str:
    """Hash weights and their names, in hexadecimal."""
    hashed = hashlib.sha256()
    for name, weight in sorted(weights.items()):
        hashed.update(name.encode())
        hashed.update(weight.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes())
    return hashed.hexdigest()
