"""Checkpoints of trained weights, each with a plain PEFT folder beside it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any, Literal, cast

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.trainer.states import TrainerFn
from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor

from lit_toolcall.modules.policy import PolicyModule
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import UserError

from .monitors import choose_mode


def peft_folder(checkpoint: str | Path) -> Path:
    """Name the PEFT folder of a checkpoint: `last.ckpt` has `last/` beside it."""
    return Path(checkpoint).with_suffix("")


class AdapterCheckpoint(ModelCheckpoint):
    """Keeps the best checkpoints by a logged value, and the last one, also when training is interrupted.

    Args:
        every_n_train_steps: optimizer steps between checkpoints; None: at each validation.
        monitor: logged value to rank by.
        mode: `min` or `max`; for what is logged by this program it follows from the name.
        save_top_k: how many of the best to keep.
        dirpath: folder of the checkpoints; `checkpoints/` in the run folder by default.
    """

    def __init__(
        self,
        every_n_train_steps: int | None = None,
        monitor: str = "val/loss",
        mode: Literal["min", "max"] | None = None,
        save_top_k: int = 3,
        dirpath: str | None = None,
    ) -> None:
        check_ranges(type(self), every_n_train_steps=every_n_train_steps, save_top_k=save_top_k)
        super().__init__(
            dirpath=dirpath,
            filename=f"step={{step}}-{monitor.rpartition('/')[2]}={{{monitor}:.4f}}",
            auto_insert_metric_name=False,  # a slash in a metric's name would make folders
            monitor=monitor,
            mode=mode or choose_mode(monitor),
            save_top_k=save_top_k,
            save_last=True,
            save_on_exception=True,
            every_n_train_steps=every_n_train_steps,
        )
        self._last_step = 0  # of last.ckpt

    def setup(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        self.dirpath = self.dirpath or str(Path(trainer.default_root_dir) / "checkpoints")
        super().setup(trainer, pl_module, stage)

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Continue the same `last.ckpt`: beside one that it has not written itself, Lightning would begin another."""
        super().load_state_dict(state_dict)
        if state_dict.get("dirpath") == self.dirpath:
            self.last_model_path = self.last_model_path or str(Path(str(self.dirpath)) / "last.ckpt")

    def on_exception(self, trainer: Trainer, pl_module: LightningModule, exception: BaseException) -> None:
        """Save `last.ckpt` alone: Lightning would also name a file after a validation loss of 0.

        An error that the user has to fix, such as a NaN loss, leaves no checkpoint to resume from.
        """
        if isinstance(exception, UserError):
            return
        if trainer.state.fn != TrainerFn.FITTING:
            if isinstance(pl_module, PolicyModule) and hasattr(pl_module, "results"):
                rank_zero_info(f"Stopped. {pl_module.results.describe_unfinished()}")
            return
        self._save_last(trainer)
        if self.last_model_path:
            rank_zero_info(f"Stopped at step {trainer.global_step}. Resume with --ckpt_path {self.last_model_path}")

    def check_monitor_top_k(self, trainer: Trainer, current: Tensor | None = None) -> bool:
        """Never rank NaN or infinity: Lightning takes them while there are fewer than `save_top_k`."""
        return current is not None and bool(current.isfinite()) and super().check_monitor_top_k(trainer, current)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Save `last.ckpt` also where this one is not among the best: Lightning would keep an older one."""
        super().on_validation_end(trainer, pl_module)
        if not self._every_n_train_steps and not self._should_save_on_train_epoch_end(trainer):
            self._save_last(trainer)

    def on_train_epoch_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        super().on_train_epoch_end(trainer, pl_module)
        if not self._every_n_train_steps and self._should_save_on_train_epoch_end(trainer):
            self._save_last(trainer)

    def on_train_end(self, trainer: Trainer, pl_module: LightningModule) -> None:  # noqa: ARG002 (Lightning's signature)
        """Keep the last step, also where no validation came after it."""
        self._save_last(trainer)

    def _save_last(self, trainer: Trainer) -> None:
        is_training = trainer.state.fn == TrainerFn.FITTING and not (trainer.sanity_checking or trainer.fast_dev_run)  # type: ignore[attr-defined]
        if is_training and self._last_step != trainer.global_step:
            self._save_last_checkpoint(trainer, self._monitor_candidates(trainer))

    def _save_checkpoint(self, trainer: Trainer, filepath: str) -> None:
        super()._save_checkpoint(trainer, filepath)
        if filepath == self.last_model_path:
            self._last_step = trainer.global_step
        if trainer.is_global_zero:
            cast(PolicyModule, trainer.lightning_module).save_peft_folder(peft_folder(filepath))

    def _remove_checkpoint(self, trainer: Trainer, filepath: str) -> None:
        super()._remove_checkpoint(trainer, filepath)
        if trainer.is_global_zero:
            shutil.rmtree(peft_folder(filepath), ignore_errors=True)
