"""The logged values that a callback may monitor, and for each whether more or less is better."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from lightning import Callback, LightningModule
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint

from lit_toolcall.metrics import RATES
from lit_toolcall.modules import DPOModule, SFTModule
from lit_toolcall.modules.dpo import AGAINST_REFERENCE, DPO_MEANS
from lit_toolcall.modules.sft import SFT_MEANS
from lit_toolcall.modules.training import STEP_VALUES, Mode
from lit_toolcall.ranges import check_number, count_of
from lit_toolcall.types import UserError

from .sample_calls import SampleCalls

RENAMED = {
    "chosen_logp": "logps/chosen",
    "chosen_reward": "rewards/chosen",
    "margin": "rewards/margins",
    "preference_accuracy": "rewards/accuracies",
    "rejected_logp": "logps/rejected",
    "rejected_reward": "rewards/rejected",
}
"""Logged values by the names that they had before 0.1.0."""


def list_logged(model: LightningModule, callbacks: Sequence[Callback]) -> dict[str, Mode | None]:
    """List what a run logs that a callback may monitor, with the better direction."""
    means = DPO_MEANS if isinstance(model, DPOModule) else SFT_MEANS
    if isinstance(model, DPOModule) and model.reference_kind == "none":
        means = {name: mode for name, mode in DPO_MEANS.items() if name not in AGAINST_REFERENCE}
    logged = {f"val/{name}": mode for name, mode in means.items()}
    if any(isinstance(callback, SampleCalls) for callback in callbacks):
        logged |= {f"val/{name}": rate.better for name, rate in RATES.items()}
    logged |= {f"train/{name}": mode for name, mode in means.items()}
    return logged | {f"train/{name}": None for name in STEP_VALUES}


def choose_mode(monitor: str) -> Mode:
    """Tell whether the least or the greatest value of a monitor is best; a name that nothing is known of is a loss.

    >>> choose_mode("val/loss"), choose_mode("val/exact_match")
    ('min', 'max')
    """
    name = monitor.partition("/")[2]
    if name in RATES:
        return RATES[name].better
    return SFT_MEANS.get(name) or DPO_MEANS.get(name) or "min"


def check_monitors(model: LightningModule, callbacks: Sequence[Callback]) -> None:
    """Refuse to monitor what a run never logs, or to keep the worst of it.

    A model or callback of a user's own may log more than is known here: then every name is taken.

    Raises:
        UserError: a name is not among what is logged, its mode contradicts it, or the patience is negative.
    """
    for callback in callbacks:
        if isinstance(callback, EarlyStopping):
            check_number("EarlyStopping: patience", callback.patience, count_of(0))
    if type(model) not in (SFTModule, DPOModule) or any(not _is_known(callback) for callback in callbacks):
        return
    logged = list_logged(model, callbacks)
    for callback in callbacks:
        if isinstance(callback, ModelCheckpoint | EarlyStopping) and callback.monitor is not None:
            _check_monitor(type(callback).__name__, callback.monitor, callback.mode, logged)


def _is_known(callback: Callback) -> bool:
    return type(callback).__module__.split(".")[0] in ("lightning", "lit_toolcall")


def _check_monitor(owner: str, monitor: str, mode: str, logged: dict[str, Mode | None]) -> None:
    if monitor not in logged:
        if monitor.removeprefix("val/") in RATES:
            raise UserError(f"{owner}: monitor={monitor} is logged by SampleCalls only: add it to trainer.callbacks")
        stage, _, name = monitor.partition("/")
        if name in RENAMED:
            raise UserError(f"{owner}: monitor={monitor} is called {stage}/{RENAMED[name]} now")
        near = difflib.get_close_matches(monitor.replace("_", "/", 1), logged, n=1)
        guess = f" (did you mean {near[0]}?)" if near else ""
        known = ", ".join(name for name in logged if name.startswith("val/"))
        raise UserError(f"{owner}: monitor={monitor} is not logged{guess}: choose from {known}, or their train/ names")
    better = logged[monitor]
    if better is not None and mode != better:
        raise UserError(f"{owner}: mode={mode} would keep the worst by {monitor}: set mode to {better}")
