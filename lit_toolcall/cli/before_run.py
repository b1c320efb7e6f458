"""What a command refuses, or says, before it begins."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import yaml
from lightning import LightningDataModule, LightningModule

from lit_toolcall.datamodules import PreferenceDataModule, SFTDataModule
from lit_toolcall.modules import DPOModule, SFTModule
from lit_toolcall.modules.resume import tell_effect
from lit_toolcall.types import UserError


def refuse_other_rows(model: LightningModule, data: LightningDataModule) -> None:
    """Keep SFT from training on rejected answers, and DPO from taking neighbouring rows for pairs.

    Raises:
        UserError: the model trains on the rows of the other data module.
    """
    is_sft = isinstance(model, SFTModule) and isinstance(data, PreferenceDataModule)
    if is_sft or (isinstance(model, DPOModule) and isinstance(data, SFTDataModule)):
        right = SFTDataModule if is_sft else PreferenceDataModule
        raise UserError(
            f"{type(model).__name__} does not train on the rows of {type(data).__name__}: set data.class_path to "
            f"{right.__name__}"
        )


def print_differences(checkpoint: Path, dumped: str, command: str) -> None:
    """Say where this run differs from what the checkpoint was trained with, and for `fit` what comes of it.

    Other commands look at model and prompt alone, and this run's hold.
    """
    trained_with = checkpoint.parent.parent / "config.yaml"
    if not trained_with.is_file():
        return
    before, now = (flatten_config(yaml.safe_load(text)) for text in (trained_with.read_text(), dumped))
    now = {name.removeprefix(f"{command}."): value for name, value in now.items()}
    trained_as = before.get("model.class_path")
    if now.get("model.class_path") != trained_as:  # its settings would be compared with none
        print(f"model.class_path is {now.get('model.class_path')}; the checkpoint was trained as {trained_as}")
        return
    for name in (name for name in now if before.get(name) != now[name] and name not in ("ckpt_path", "config")):
        difference = f"{name} is {now[name]}; the checkpoint was trained with {before.get(name)}"
        if command == "fit":
            print(f"{difference}: {tell_effect(name)}")
        elif name.partition(".")[0] in ("base_model", "prompt", "model"):
            print(difference)


def flatten_config(config: Any, prefix: str = "") -> dict[str, Any]:
    """Name each value of nested mappings by its path.

    >>> flatten_config({"model": {"lora": {"r": 16}}})
    {'model.lora.r': 16}
    """
    if not isinstance(config, dict):
        return {prefix.removesuffix("."): config}
    return {name: value for key in config for name, value in flatten_config(config[key], f"{prefix}{key}.").items()}


def make_run_folder(folder: Path) -> None:
    """Find out at once whether results can be kept.

    Raises:
        UserError: the folder cannot be made or written to.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"trainer.default_root_dir={folder}: {error.strerror or error}: name another folder") from error
    if not os.access(folder, os.W_OK):
        raise UserError(f"trainer.default_root_dir={folder}: it cannot be written to: name another folder")


def refuse_used_folder(folder: Path) -> None:
    """Keep a new run from mixing with an earlier one.

    Raises:
        UserError: the folder holds a run.
    """
    if (folder / "checkpoints" / "last.ckpt").exists():
        raise UserError(
            f"{folder} already holds a run: go on with it by --ckpt_path {folder}/checkpoints/last.ckpt, "
            "or name another folder by --trainer.default_root_dir"
        )
