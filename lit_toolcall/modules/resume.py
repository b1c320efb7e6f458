"""Resuming a run: what must be the same as before, what may change, and the step at which it continues.

A checkpoint of `fit` holds, beside weights and optimizer state, plain values under `resume`: the run's identity, how
many rows of the epoch were trained, and the optimizer's settings. A run resumes at the start of an optimizer step, by
rows: the number of micro-batches and devices may change.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

from lit_toolcall.packing import RowIdentity, cut_global_batches
from lit_toolcall.types import UserError

CURE = "set it back, or begin a new run in another folder from the checkpoint's weights by model.init_args.init_adapter"


@dataclass(frozen=True)
class RunIdentity:
    """The parts of a run that a resumed one may not change; strings and numbers only, so that a checkpoint can hold it.

    Args:
        module: class of the LightningModule.
        optimizer: class of the optimizer, whose state the checkpoint holds.
        base_model: where the base model came from.
        base_hash: of a sample of its weights.
        dtype: of its weights; another one may be used, but then `base_hash` says nothing.
        quantization: of its weights.
        rows: the training rows and their order.
    """

    module: str
    optimizer: str
    base_model: str
    base_hash: str
    dtype: str
    quantization: str
    rows: RowIdentity


SETTINGS = {
    "optimizer": "model.init_args.optimizer",
    "quantization": "model.init_args.quantization",
    "seed": "data.init_args.seed",
    "global_batch_size": "data.init_args.global_batch_size",
    "tool_group_size": "data.init_args.tool_group_size",
    "curriculum": "data.init_args.curriculum",
}
"""Fields that are the value of one setting."""

EFFECTS = (
    (r"base_model|model\.init_args\.base_model", "the weights must be the same, which is checked"),
    (r"prompt.*|model\.init_args\.(prompt|lora\.(r|alpha|targets)).*", "it must be the same, which is checked"),
    (r"model\.init_args\.(optimizer\.class_path|quantization)", "it must be the same, which is checked"),
    (
        r"model\.init_args\.init_adapter",
        "the weights are the checkpoint's; for DPO it must be the same, which is checked",
    ),
    (r"model\.init_args\.reference", "what the policy is held to must come out the same, which is checked"),
    (r"model\.init_args\.(generation|gradient_checkpointing).*", "takes effect"),
    (
        r"model\.init_args\.(schedule|schedule_arguments|warmup_ratio)(\..*)?|trainer\.max_(steps|epochs)",
        "takes effect: the rate of the coming steps is that of the new schedule",
    ),
    (
        r"trainer\.limit_train_batches",
        "takes effect on micro-batches; an epoch must end after as many steps as before, which is checked",
    ),
    (
        r"data\.init_args\.(seed|global_batch_size|tool_group_size|curriculum)(\..*)?",
        "it must be the same, which is checked",
    ),
    (
        r"data\.init_args\.(train|augment|trained_turns|max_tokens|leakage|max_rejected_fraction|validation_fraction"
        r"|validation_split)(\..*)?",
        "takes effect on validation; the training rows must come out the same, which is checked",
    ),
    (r".*", "takes effect"),
)
"""The effect of a setting that differs from the checkpoint's run, by its name: the first that fits."""

OF_OPTIMIZER = "model.init_args.optimizer.init_args."


def tell_effect(setting: str, before: Any = None, now: Any = None) -> str:
    """Tell the effect of a setting that a resumed run changes from one value to another.

    >>> tell_effect("model.init_args.optimizer.init_args.lr", 0.1, 0.2), tell_effect("data.init_args.seed", 1, 2)
    ('takes effect', 'it must be the same, which is checked')
    >>> tell_effect("model.init_args.optimizer.init_args.amsgrad", False, True)
    'it must be the same, which is checked'
    """
    if setting.startswith(OF_OPTIMIZER) and needs_other_state(setting.removeprefix(OF_OPTIMIZER), before, now):
        return "it must be the same, which is checked"
    return next(effect for names, effect in EFFECTS if re.fullmatch(names, setting))


def identity_to_plain(identity: RunIdentity) -> dict[str, Any]:
    """Turn an identity into nested dicts of plain values."""
    return asdict(identity)


def identity_from_plain(plain: Mapping[str, Any]) -> RunIdentity | None:
    """Read what `identity_to_plain` has made; None where it is of another version, with other fields.

    >>> rows = RowIdentity(9, "ab", seed=1, global_batch_size=4, tool_group_size=1, curriculum="None")
    >>> identity = RunIdentity("SFTModule", "torch.optim.AdamW", "tiny", "cd", "float32", "none", rows)
    >>> identity_from_plain(identity_to_plain(identity)) == identity
    True
    """
    try:
        return RunIdentity(**{**plain, "rows": RowIdentity(**plain["rows"])})
    except TypeError:
        return None


def list_changes(before: RunIdentity, now: RunIdentity) -> list[str]:
    """List the forbidden differences, one clause each.

    >>> rows = RowIdentity(9, "ab", seed=1, global_batch_size=4, tool_group_size=1, curriculum="None")
    >>> identity = RunIdentity("SFTModule", "torch.optim.AdamW", "tiny", "cd", "float32", "none", rows)
    >>> from dataclasses import replace
    >>> list_changes(identity, replace(identity, rows=replace(rows, seed=2)))
    ['data.init_args.seed was 1 and is 2']
    """
    values = [_flat(identity) for identity in (before, now)]
    changes = [
        f"{setting} was {values[0][name]} and is {values[1][name]}"
        for name, setting in SETTINGS.items()
        if values[0][name] != values[1][name]
    ]
    if before.rows.rows != now.rows.rows:
        changes.append(f"data.init_args gave {before.rows.rows} training rows and gives {now.rows.rows}")
    elif before.rows.rows_hash != now.rows.rows_hash:
        changes.append(
            "data.init_args gives as many training rows as before, but others, or in another order (another source, "
            "file, augmentation, split, trained_turns, max_tokens or seed)"
        )
    if before.dtype == now.dtype and before.quantization == now.quantization:
        if before.base_hash != now.base_hash:
            changes.append(f"base_model {now.base_model} has other weights than {before.base_model} had")
    elif before.base_model != now.base_model:
        changes.append(
            f"base_model was {before.base_model} and is {now.base_model}, while its weights' type differs too"
        )
    return changes


def _flat(identity: RunIdentity) -> dict[str, Any]:
    own = {field.name: getattr(identity, field.name) for field in fields(identity) if field.name != "rows"}
    return own | asdict(identity.rows)


def list_setting_changes(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]]) -> list[str]:
    """List the changed settings that would need another optimizer state: switches, and whether there is momentum.

    >>> list_setting_changes([{"lr": 0.1, "amsgrad": False}], [{"lr": 0.2, "amsgrad": True}])
    ['amsgrad of model.init_args.optimizer was False and is True']
    """
    return [
        f"{name} of model.init_args.optimizer was {former[name]} and is {value}"
        for former, group in zip(before, now, strict=False)
        for name, value in group.items()
        if name in former and former[name] != value and needs_other_state(name, former[name], value)
    ]


def needs_other_state(name: str, before: Any, now: Any) -> bool:
    """Tell whether an optimizer with another value of a setting keeps another state.

    >>> needs_other_state("weight_decay", 0, 0.1), needs_other_state("momentum", 0, 0.9)
    (False, True)
    """
    is_switch = any(isinstance(side, bool | None) for side in (before, now))
    return is_switch or (name == "momentum" and not now * before)


def refuse_changes(
    before: RunIdentity,
    now: RunIdentity,
    settings_before: Sequence[Mapping[str, Any]],
    settings: Sequence[Mapping[str, Any]],
) -> None:
    """Refuse to resume with other rows, steps or weights.

    Args:
        before: of the checkpoint's run.
        now: of this run.
        settings_before: those of the checkpoint's optimizer, one mapping per parameter group.
        settings: those of this run's.

    Raises:
        UserError: something differs that may not.
    """
    if before.module != now.module:
        raise UserError(
            f"the checkpoint of --ckpt_path was trained as {before.module}, not {now.module}: start from its weights "
            "by model.init_args.init_adapter"
        )
    changes = list_changes(before, now)
    if before.optimizer == now.optimizer:
        changes += list_setting_changes(settings_before, settings)
    if changes:
        raise UserError(
            f"a run must be resumed with what it began with: {'; '.join(changes)}: "
            f"{CURE if len(changes) == 1 else CURE.replace('it', 'them', 1)}"
        )


def refuse_other_limit(before: int | None, now: int | None) -> None:
    """Refuse to end epochs after another step: a begun one would be over already, or be trained twice.

    Args:
        before: steps after which trainer.limit_train_batches ended an epoch; None where it did not.
        now: the same of this run.

    Raises:
        UserError: they differ.
    """
    if before != now:
        was, will = ("all its steps" if steps is None else f"{steps} steps" for steps in (before, now))
        raise UserError(
            f"trainer.limit_train_batches ended an epoch after {was} and would end it after {will}: set it back; "
            "trainer.max_steps ends a run sooner"
        )


@dataclass(frozen=True)
class EpochProgress:
    """The progress of an epoch.

    Args:
        steps: how many of its optimizer steps.
        rows: how many of its rows.
        is_end: whether these are all of its steps.
    """

    steps: int
    rows: int
    is_end: bool


def count_epoch_steps(rows: RowIdentity, parts: int) -> int:
    """Count an epoch's optimizer steps; the last one depends on how many micro-batches it must fill.

    Args:
        rows: of the run.
        parts: micro-batches of a step over all devices.

    >>> rows = RowIdentity(9, "", seed=1, global_batch_size=4, tool_group_size=1, curriculum="None")
    >>> count_epoch_steps(rows, parts=1), count_epoch_steps(rows, parts=2)
    (3, 2)
    """
    return len(cut_global_batches(range(rows.rows), rows.global_batch_size, parts))


def find_progress(steps: int, rows: RowIdentity, parts: int) -> EpochProgress:
    """Find how far an epoch has been trained: its optimizer steps count, not the micro-batches that were begun.

    Args:
        steps: of the epoch.
        rows: of the run.
        parts: micro-batches of a step over all devices.

    >>> rows = RowIdentity(9, "", seed=1, global_batch_size=4, tool_group_size=1, curriculum="None")
    >>> find_progress(2, rows, parts=1), find_progress(2, rows, parts=2).is_end
    (EpochProgress(steps=2, rows=8, is_end=False), True)
    """
    is_end = steps >= count_epoch_steps(rows, parts)
    return EpochProgress(steps, rows.rows if is_end else steps * rows.global_batch_size, is_end)


def refuse_too_few_rows(progress: EpochProgress, rows: RowIdentity, parts: int) -> None:
    """Refuse more micro-batches than the rest of the epoch has rows.

    Raises:
        UserError: none of the steps that are left can be filled.
    """
    left = rows.rows - progress.rows
    if 0 < left < parts:
        raise UserError(
            f"{left} rows of the epoch are left, which cannot fill {parts} micro-batches: lower "
            "trainer.accumulate_grad_batches or the number of devices"
        )
