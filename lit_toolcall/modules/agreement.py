"""Checks that a model and its data agree, made before data are read."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol, runtime_checkable

from lit_toolcall.prompting import PromptOptions
from lit_toolcall.types import Example, Preference, UserError

RowKind = type[Example | Preference]
DATA_MODULES: dict[RowKind, str] = {Example: "SFTDataModule", Preference: "PreferenceDataModule"}
"""By what one of its rows is."""


@runtime_checkable
class RowData(Protocol):
    """A data module that says what its rows are, and how they are encoded."""

    row_kind: RowKind
    base_model: str
    prompt: PromptOptions


def refuse_other_rows(model: str, row_kind: RowKind | None, data: object) -> None:
    """Keep SFT from training on rejected answers, and DPO from taking neighbouring rows for pairs.

    Args:
        model: name of the model's class.
        row_kind: what the rows must be that it trains on; None for any.
        data: the trainer's data module.

    Raises:
        UserError: there is none, or its rows are of the other kind.
    """
    if row_kind is None:
        return
    right = DATA_MODULES[row_kind]
    if data is None:
        raise UserError(f"{model} trains on the rows of a data module: give the trainer datamodule={right}(...)")
    if isinstance(data, RowData) and data.row_kind is not row_kind:
        raise UserError(f"{model} does not train on the rows of {type(data).__name__}: set data.class_path to {right}")


def refuse_other_prompts(base_model: str, prompt: PromptOptions, data: object) -> None:
    """Keep a model from training on rows that another tokenizer has encoded, or that are written another way.

    Args:
        base_model: the model's.
        prompt: the model's.
        data: the trainer's data module.

    Raises:
        UserError: those of the data differ.
    """
    if not isinstance(data, RowData):
        return
    if Path(data.base_model) != Path(base_model):
        raise UserError(
            f"base_model is {base_model} for the model and {data.base_model} for the data: give both the same"
        )
    if data.prompt != prompt:
        raise UserError(f"prompt is {prompt} for the model and {data.prompt} for the data: give both the same")
