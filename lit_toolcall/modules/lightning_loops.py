"""Access to the inside of Lightning's training loop: the progress of an epoch, and the step that it logs by.

Lightning promises none of these names. They were read in 2.6.6, in `loops/fit_loop.py`, `loops/training_epoch_loop.py`
and `loops/progress.py`; tests/modules/test_lightning_loops.py fails where they, or the behaviour that a function here
corrects, change, and then the function is to be read again or may go. Each says when.

The state of the loop is that of a checkpoint: counts of what was ready, started, processed and completed, of the
current epoch and in total.
"""

from __future__ import annotations

from collections.abc import MutableMapping
from typing import Any

from lightning import Trainer

LoopState = MutableMapping[str, Any]


def loop_state(checkpoint: MutableMapping[str, Any]) -> LoopState:
    """Return the state of the training loop in a checkpoint; to change it changes the checkpoint."""
    state: LoopState = checkpoint["loops"]["fit_loop"]
    return state


def count_steps_of_epoch(state: LoopState) -> int:
    """Count the optimizer steps of the epoch that was trained last.

    `trainer.global_step` counts those of all epochs, whose lengths may differ. May go when Lightning counts them.
    """
    return int(_steps(state)["current"]["completed"])


def count_begun_epochs(state: LoopState) -> int:
    """Count the epochs that were begun, the last one included.

    `trainer.current_epoch` counts one that `max_steps` has cut short as a whole one. May go with that, see
    `reopen_epoch`.
    """
    return int(state["epoch_progress"]["current"]["started"])


def set_progress(state: LoopState, steps: int, micro_batches_before: int, micro_batches: int) -> None:
    """Let the loop resume after some optimizer steps, however many micro-batches they had and now have.

    Gradients of a step that was interrupted were not saved: it is trained again from its start.

    Lightning resumes at the micro-batch, counted with the number of them that the run before had. A checkpoint that is
    saved right after a step says that the last micro-batch is not completed
    (https://github.com/Lightning-AI/pytorch-lightning/issues/18060,
    https://github.com/Lightning-AI/pytorch-lightning/issues/19815); Lightning corrects this by itself only where the
    count is kept so. A validation that was interrupted would resume in its middle, though the sums of its first part
    are lost. May go when Lightning resumes by optimizer steps.

    Args:
        state: of the loop, which is changed.
        steps: of the epoch that are trained, as this run cuts them.
        micro_batches_before: of a step on each device when the checkpoint was written.
        micro_batches: the same now.
    """
    progress, counted = state["epoch_loop.batch_progress"], _steps(state)
    current = progress["current"]
    in_place = current["ready"] == current["processed"] == counted["current"]["completed"] * micro_batches_before
    after = current["processed"] - current["completed"] if in_place else 0  # 1 where it was saved right after a step
    progress["is_last_batch"] &= current["ready"] <= counted["current"]["completed"] * micro_batches_before
    for counts, trained in ((current, steps), (progress["total"], counted["total"]["completed"])):
        done = trained * micro_batches
        counts.update(ready=done, started=done, processed=done, completed=done - after)
    validation = state["epoch_loop.val_loop.batch_progress"]
    if validation["total"]["processed"] < validation["total"]["started"]:  # begun again, not from its middle
        validation["current"].update(ready=0, started=0, processed=0, completed=0)
    if steps and not progress["is_last_batch"]:
        reopen_epoch(state)


def reopen_epoch(state: LoopState) -> None:
    """Let a run resume inside an epoch that `max_steps` ended: Lightning has counted the epoch as completed.

    May go when `FitLoop.on_advance_end` counts whole epochs only; a near relative is
    https://github.com/Lightning-AI/pytorch-lightning/issues/19617.

    >>> state = {"epoch_progress": {"total": {"ready": 2, "started": 2, "processed": 2, "completed": 2}}}
    >>> reopen_epoch(state)
    >>> state
    {'epoch_progress': {'total': {'ready': 2, 'started': 2, 'processed': 1, 'completed': 1}}}
    """
    for counts in state["epoch_progress"].values():
        counts["processed"] = counts["completed"] = counts["ready"] - 1


def leave_out_schedules(checkpoint: MutableMapping[str, Any]) -> None:
    """Let the schedules of this run start as they are made: a schedule's own state would bring back its old settings.

    Lightning restores as many as the checkpoint holds, and refuses one without the key. May go when restoring them can
    be switched off.
    """
    checkpoint["lr_schedulers"] = []


def set_logged_step(trainer: Trainer, step: int) -> None:
    """Let what is logged next be logged under this step.

    Lightning logs by a count of its own, not by `trainer.global_step`, and raises it after a step's validation: a run
    that resumes from a checkpoint of a validation inside an epoch would log one step back. (After other checkpoints
    `_TrainingEpochLoop.reset` adds it, see https://github.com/Lightning-AI/pytorch-lightning/issues/12274.) May go when
    what is logged stands under `trainer.global_step`.
    """
    trainer.fit_loop.epoch_loop._batches_that_stepped = step


def _steps(state: LoopState) -> dict[str, dict[str, int]]:
    steps: dict[str, dict[str, int]] = state["epoch_loop.automatic_optimization.optim_progress"]["optimizer"]["step"]
    return steps
