"""A progress bar of one line: epochs from 1, and questions instead of their batches."""

from __future__ import annotations

from typing import Any

from lightning import LightningModule, Trainer
from lightning.pytorch.callbacks import TQDMProgressBar
from lightning.pytorch.callbacks.progress.tqdm_progress import convert_inf


class QuestionProgress(TQDMProgressBar):
    """Shows `Epoch 1 of 3` while training, and counts questions in `test`, `predict` and `pairs`."""

    def __init__(self) -> None:
        super().__init__()

    def get_metrics(self, trainer: Trainer, pl_module: LightningModule) -> dict[str, Any]:
        """Keep values short enough for one line; `loss` is that of training, `val/loss` of validation."""
        metrics = super().get_metrics(trainer, pl_module)
        metrics.pop("v_num", None)  # Lightning's number of a run, which is not used
        short = {name.removeprefix("train/"): value for name, value in metrics.items()}
        return {name: f"{value:.3g}" if isinstance(value, float) else value for name, value in short.items()}

    def print(self, *args: Any, sep: str = " ", **kwargs: Any) -> None:
        """As Lightning's, which drops what is printed before the first bar is there."""
        bars = (self._train_progress_bar, self._val_progress_bar, self._test_progress_bar, self._predict_progress_bar)
        if any(bar is not None and not bar.disable for bar in bars):
            super().print(*args, sep=sep, **kwargs)
        else:
            print(*args, sep=sep, **kwargs)

    def on_exception(self, *_: Any) -> None:
        """End the bars' lines: the error is written below them."""
        for bar in (
            self._train_progress_bar,
            self._val_progress_bar,
            self._test_progress_bar,
            self._predict_progress_bar,
        ):
            if bar is not None:
                bar.leave = bar.n > 0
                bar.close()

    def on_train_epoch_start(self, trainer: Trainer, *_: Any) -> None:
        """As Lightning's, which writes `Epoch 0` of the first."""
        self.train_progress_bar.reset()
        self.train_progress_bar.total = convert_inf(self.total_train_batches)
        self.train_progress_bar.set_description(describe_epoch(trainer.current_epoch, trainer.max_epochs))

    def on_test_batch_start(self, trainer: Trainer, *rest: Any) -> None:
        self._start(self.test_progress_bar, "Testing", trainer.test_dataloaders, rest)

    def on_test_batch_end(self, *arguments: Any) -> None:
        self.test_progress_bar.update(len(arguments[3]))

    def on_predict_batch_start(self, trainer: Trainer, *rest: Any) -> None:
        self._start(self.predict_progress_bar, "Answering", trainer.predict_dataloaders, rest)

    def on_predict_batch_end(self, *arguments: Any) -> None:
        self.predict_progress_bar.update(len(arguments[3]))

    @staticmethod
    def _start(bar: Any, description: str, loader: Any, rest: tuple[Any, ...]) -> None:
        """Count this rank's questions before the first batch."""
        _, _, batch_idx, *_ = rest
        if batch_idx == 0:
            bar.reset()
            bar.unit = " questions"
            bar.total = sum(len(batch) for batch in loader)
            bar.set_description(description)


def describe_epoch(epoch: int, epochs: int | None) -> str:
    """Write an epoch's number, from 1, and how many there are where that is known.

    >>> describe_epoch(0, 3), describe_epoch(4, -1)
    ('Epoch 1 of 3', 'Epoch 5')
    """
    return f"Epoch {epoch + 1}" if epochs in (None, -1) else f"Epoch {epoch + 1} of {epochs}"
