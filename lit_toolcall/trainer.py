"""The trainer of the command line, for Python too."""

from __future__ import annotations

import sys

from lightning import LightningDataModule, LightningModule, Trainer

from lit_toolcall.datamodules import SFTDataModule
from lit_toolcall.modules import PairModule
from lit_toolcall.types import UserError


class ToolCallTrainer(Trainer):
    """Lightning's trainer with one more command."""

    def pairs(
        self,
        model: LightningModule | None = None,
        datamodule: LightningDataModule | None = None,
        ckpt_path: str | None = None,
    ) -> None:
        """Sample a model's own answers to the questions of `data.test` and make preference pairs of them.

        Args:
            model: a PairModule.
            datamodule: an SFTDataModule; holds the questions.
            ckpt_path: a .ckpt file that `fit` has written; without it, model.init_adapter or the base model answers.

        Raises:
            UserError: another model or data module.
        """
        if not isinstance(model, PairModule):
            raise UserError(f"pairs needs model.class_path PairModule, not {type(model).__name__}")
        if not isinstance(datamodule, SFTDataModule):
            raise UserError(f"pairs needs data.class_path SFTDataModule, not {type(datamodule).__name__}")
        datamodule.augment_questions = True
        try:
            self.predict(model, datamodule=datamodule, return_predictions=False, ckpt_path=ckpt_path)
        except SystemExit as stopped:
            if self.interrupted and not isinstance(stopped.code, str):  # by Ctrl-C, of which Lightning says no more
                sys.exit("Stopped; the batches done are kept. Start again to resume.")
            raise
        finally:
            datamodule.augment_questions = False
