"""The behaviour of Lightning's loops that is corrected, tried on Lightning alone: fails where Lightning changes."""

from __future__ import annotations

import re
import signal
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import ModelCheckpoint, TQDMProgressBar
from lightning.pytorch.cli import LightningCLI
from torch import Tensor
from torch.optim import SGD
from torch.optim.lr_scheduler import LambdaLR
from torch.utils.data import DataLoader

from lit_toolcall.modules.lightning_loops import (
    count_begun_epochs,
    count_steps_of_epoch,
    leave_out_schedules,
    loop_state,
    set_logged_step,
    set_progress,
)

ROOT = Path(__file__).parents[2]
BATCHES = 8
MICRO_BATCHES = 2
"""Of a step of the run that writes the checkpoint: 4 steps an epoch."""


class Plain(LightningModule):
    """A module as anybody writes it; notes the epoch, the micro-batch, the step, and the step that is logged by.

    Of validations it notes the step and the batch.
    """

    def __init__(self, stops_in_validation: bool = False) -> None:
        super().__init__()
        self.stops_in_validation = stops_in_validation
        self.layer = torch.nn.Linear(1, 1)
        self.seen: list[tuple[int, int, int, int]] = []
        self.validated: list[tuple[int, int]] = []
        self.scheduled_at_start = 0

    def configure_optimizers(self) -> Any:
        optimizer = SGD(self.parameters(), lr=0.1)
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": LambdaLR(optimizer, lambda _: 1.0)}}

    def train_dataloader(self) -> DataLoader[Tensor]:
        return DataLoader(torch.ones(BATCHES, 1))  # type: ignore[arg-type]

    def val_dataloader(self) -> DataLoader[Tensor]:
        return DataLoader(torch.ones(2, 1))  # type: ignore[arg-type]

    def on_train_start(self) -> None:
        self.scheduled_at_start = self.lr_schedulers().last_epoch  # type: ignore[union-attr]

    def training_step(self, batch: Tensor, batch_idx: int) -> Tensor:
        logged = self.trainer.fit_loop.epoch_loop._batches_that_stepped
        self.seen.append((self.trainer.current_epoch, batch_idx, self.trainer.global_step, logged))
        return self.layer(batch).sum()

    def validation_step(self, batch: Tensor, batch_idx: int) -> None:  # noqa: ARG002
        self.validated.append((self.trainer.global_step, batch_idx))
        if self.stops_in_validation and batch_idx == 1:
            raise KeyboardInterrupt


class Placed(Plain):
    """Goes on at the step that it stopped in, with other micro-batches, as TrainingModule does."""

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        state = loop_state(checkpoint)
        set_progress(state, count_steps_of_epoch(state), MICRO_BATCHES, self.trainer.accumulate_grad_batches)
        leave_out_schedules(checkpoint)


class PlacedAndLogged(Placed):
    def on_train_batch_start(self, batch: Tensor, batch_idx: int) -> None:  # noqa: ARG002
        set_logged_step(self.trainer, self.trainer.global_step)


class Save(Callback):
    """Saves a checkpoint in the first epoch at one moment, or stops there as by Ctrl-C and saves then."""

    def __init__(self, moment: str, path: Path) -> None:
        self.moment, self.path = moment, path

    def save(self, trainer: Trainer, moment: str) -> None:
        if moment == self.moment and not self.path.exists():
            trainer.save_checkpoint(self.path)

    def on_train_batch_start(self, trainer: Trainer, module: Any, batch: Any, batch_idx: int) -> None:  # noqa: ARG002
        if self.moment == f"stopped in {batch_idx}":
            raise KeyboardInterrupt

    def on_exception(self, trainer: Trainer, *_: Any) -> None:
        trainer.save_checkpoint(self.path)

    def on_train_batch_end(self, trainer: Trainer, *arguments: Any) -> None:
        self.save(trainer, f"after {arguments[3]}")

    def on_validation_end(self, trainer: Trainer, *_: Any) -> None:
        self.save(trainer, "after validation")

    def on_train_end(self, trainer: Trainer, *_: Any) -> None:
        self.save(trainer, "at the end")


def make_trainer(micro_batches: int, callback: Callback, **settings: Any) -> Trainer:
    return Trainer(
        accelerator="cpu",
        accumulate_grad_batches=micro_batches,
        callbacks=[callback],
        enable_checkpointing=False,
        enable_model_summary=False,
        enable_progress_bar=False,
        logger=False,
        num_sanity_val_steps=0,
        **settings,
    )


def save(moment: str, folder: Path, **settings: Any) -> Path:
    """Train one epoch, validate in its middle, and save a checkpoint at a moment."""
    path = folder / "saved.ckpt"
    trainer = make_trainer(MICRO_BATCHES, Save(moment, path), val_check_interval=4, **{"max_epochs": 1, **settings})
    handler = signal.getsignal(signal.SIGINT)
    try:
        trainer.fit(Plain(stops_in_validation=moment == "stopped in validation"))
    except SystemExit:
        assert moment.startswith("stopped")
    finally:
        signal.signal(signal.SIGINT, handler)
    return path


def read(path: Path) -> dict[str, Any]:
    checkpoint: dict[str, Any] = torch.load(path, weights_only=True)
    return checkpoint


def resume(module: Plain, path: Path, micro_batches: int = MICRO_BATCHES, **settings: Any) -> Plain:
    make_trainer(micro_batches, Callback(), max_epochs=2, **settings).fit(module, ckpt_path=path, weights_only=True)
    return module


def test_the_state_holds_what_is_read(tmp_path: Path) -> None:
    state = loop_state(read(save("after 3", tmp_path)))
    counts = {"ready", "started", "processed", "completed"}
    for name in ("epoch_progress", "epoch_loop.batch_progress", "epoch_loop.val_loop.batch_progress"):
        assert state[name]["total"].keys() == state[name]["current"].keys() == counts
    assert state["epoch_loop.batch_progress"]["is_last_batch"] is False
    assert (count_steps_of_epoch(state), count_begun_epochs(state)) == (2, 1)


@pytest.mark.parametrize("micro_batches", [2, 1])
@pytest.mark.parametrize(
    ("moment", "steps"),
    [
        ("stopped in 4", 2),
        ("stopped in 5", 2),
        ("stopped in 7", 3),  # the last micro-batch of the epoch
        ("stopped in validation", 2),
        ("after 3", 2),
        ("after 4", 2),
        ("after validation", 2),
    ],
)
def test_a_run_goes_on_at_the_start_of_the_step(moment: str, steps: int, micro_batches: int, tmp_path: Path) -> None:
    seen = resume(PlacedAndLogged(), save(moment, tmp_path), micro_batches).seen
    first = [(0, batch) for batch in range(steps * micro_batches, BATCHES)]
    assert [(epoch, batch) for epoch, batch, _, _ in seen] == [*first, *((1, batch) for batch in range(BATCHES))]
    assert [step for _, _, step, _ in seen] == [steps + number // micro_batches for number in range(len(seen))]
    assert all(step == logged for _, _, step, logged in seen)


@pytest.mark.parametrize("micro_batches", [2, 1])
def test_an_epoch_that_max_steps_ended_goes_on(micro_batches: int, tmp_path: Path) -> None:
    path = save("at the end", tmp_path, max_epochs=None, max_steps=3)
    seen = resume(Placed(), path, micro_batches).seen
    assert seen[0][:3] == (0, 3 * micro_batches, 3)
    assert len(seen) == BATCHES - 3 * micro_batches + BATCHES


def test_a_validation_is_done_again_from_its_start(tmp_path: Path) -> None:
    module = resume(Placed(), save("stopped in validation", tmp_path), val_check_interval=4)
    assert module.validated[:2] == [(2, 0), (2, 1)]


# What Lightning does by itself. Where one of these fails, the function that corrects it is to be read again, or may go.


def test_lightning_counts_an_epoch_that_max_steps_ended_as_completed(tmp_path: Path) -> None:  # reopen_epoch
    state = loop_state(read(save("at the end", tmp_path, max_epochs=None, max_steps=3)))
    assert state["epoch_progress"]["current"] == {"ready": 1, "started": 1, "processed": 1, "completed": 1}


def test_lightning_saves_a_micro_batch_too_few_after_a_step(tmp_path: Path) -> None:  # set_progress: `after`
    current = loop_state(read(save("after 3", tmp_path)))["epoch_loop.batch_progress"]["current"]
    assert current == {"ready": 4, "started": 4, "processed": 4, "completed": 3}


def test_lightning_resumes_at_the_micro_batch(tmp_path: Path) -> None:  # set_progress
    assert resume(Plain(), save("stopped in 5", tmp_path)).seen[0][:3] == (0, 5, 2)
    assert resume(Plain(), tmp_path / "saved.ckpt", micro_batches=1).seen[0][:3] == (0, 5, 2)


def test_lightning_resumes_in_the_middle_of_a_validation(tmp_path: Path) -> None:  # set_progress: `validation`
    module = resume(Plain(), save("stopped in validation", tmp_path), val_check_interval=4)
    assert module.validated[:2] == [(2, 0), (4, 0)]  # the batch that is left, counted from 0 again


def test_lightning_logs_one_step_back_after_a_validation(tmp_path: Path) -> None:  # set_logged_step
    assert resume(Placed(), save("after validation", tmp_path)).seen[0] == (0, 4, 2, 1)


def test_lightning_restores_a_schedule_that_the_checkpoint_holds(tmp_path: Path) -> None:  # leave_out_schedules
    path = save("at the end", tmp_path)
    assert resume(Plain(), path).scheduled_at_start == 1  # stepped once, by the epoch
    assert resume(Placed(), path).scheduled_at_start == 0
    without = read(path)
    del without["lr_schedulers"]
    torch.save(without, path)
    with pytest.raises(KeyError, match="learning rate scheduler"):
        resume(Plain(), path)


PRIVATE: dict[type, tuple[str, ...]] = {
    LightningCLI: ("_get", "_parse_ckpt_path"),
    ModelCheckpoint: (
        "_every_n_train_steps",
        "_monitor_candidates",
        "_remove_checkpoint",
        "_save_checkpoint",
        "_save_last_checkpoint",
        "_should_save_on_train_epoch_end",
        "check_monitor_top_k",
    ),
    TQDMProgressBar: (
        "_predict_progress_bar",
        "_test_progress_bar",
        "_train_progress_bar",
        "_val_progress_bar",
    ),
}
"""What our subclasses call or replace besides; a method of another name would be replaced by nobody."""


@pytest.mark.parametrize("base", PRIVATE)
def test_what_subclasses_replace_exists(base: type) -> None:
    made = {} if base is LightningCLI else vars(base())
    assert not [name for name in PRIVATE[base] if not hasattr(base, name) and name not in made]


def test_no_other_module_reaches_into_the_loops() -> None:
    inside = re.compile(r"fit_loop|epoch_loop|batch_progress|epoch_progress|optim_progress|_batches_that_stepped")
    files = [*(ROOT / "lit_toolcall").rglob("*.py"), *(ROOT / "callbacks").glob("*.py")]
    reaching = {path.relative_to(ROOT).as_posix() for path in files if inside.search(path.read_text())}
    # modules and data never import each other, and the loader of global batches asks for the micro-batch that is next
    assert reaching == {"lit_toolcall/modules/lightning_loops.py", "lit_toolcall/datamodules/packed.py"}
