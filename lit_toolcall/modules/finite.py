"""Checks for NaN and infinity, before they are trained on or kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import chain
from math import isfinite
from typing import Any

from torch import Tensor

from lit_toolcall.types import UserError

MAX_SKIPPED_STEPS = 30
"""Steps in a row that fp16's gradient scaler may leave out: each halves the scale, which starts at 2 to the 16th."""
CURE = "lower the learning rate, or compute in 32 bits (model.init_args.dtype, trainer.precision)"


def refuse_broken_state(checkpoint: Mapping[str, Any]) -> None:
    """Refuse to write NaN or infinity in weights and optimizer state.

    Raises:
        UserError: a value is NaN or infinite, or a weight is so large that its square is.
    """
    first = _find_broken(checkpoint)
    if first is not None:
        raise UserError(
            f"after step {checkpoint['global_step']} {first} hold NaN or infinity, or are too large to compute "
            f"with: this state is not kept, earlier checkpoints are: {CURE}"
        )


def refuse_broken_checkpoint(checkpoint: Mapping[str, Any]) -> None:
    """Refuse to train on or answer with weights or an optimizer state that another program has kept, or spoilt.

    Raises:
        UserError: a value is NaN or infinite, or a weight is so large that its square is.
    """
    first = _find_broken(checkpoint)
    if first is not None:
        raise UserError(
            f"in the checkpoint {first} hold NaN or infinity, or are too large to compute with: choose an earlier one"
        )


def _find_broken(checkpoint: Mapping[str, Any]) -> str | None:
    broken = chain(
        (f"the weights {name}" for name, weight in checkpoint["state_dict"].items() if not _is_finite(weight.square())),
        (f"the optimizer's {name}" for name, value in _list_states(checkpoint) if not _is_finite(value)),
    )
    return next(broken, None)


def refuse_broken_rates(rates: Iterable[float | Tensor], step: int) -> None:
    """Refuse to train at a learning rate that is NaN, infinite or negative; tensors are left to the weights' check.

    Raises:
        UserError: a schedule has given one.

    >>> refuse_broken_rates([0.1, 0.0], step=1)
    """
    for rate in rates:
        if not isinstance(rate, Tensor) and not (isfinite(rate) and rate >= 0):
            raise UserError(
                f"model.schedule gives step {step} the learning rate {rate}: change model.init_args.schedule_arguments "
                "or the schedule. Earlier checkpoints are kept"
            )


def _list_states(checkpoint: Mapping[str, Any]) -> Iterable[tuple[str, Tensor]]:
    for state in checkpoint.get("optimizer_states", ()):  # none where weights alone are saved
        for values in state["state"].values():
            yield from ((name, value) for name, value in values.items() if isinstance(value, Tensor))


def _is_finite(values: Tensor) -> bool:
    return bool(values.isfinite().all())


def describe_broken_step(step: int, loss: float, gradient_norm: float) -> str:
    """Say whether the loss or the gradient of a step is NaN or infinite, and what to do.

    >>> describe_broken_step(3, loss=float("nan"), gradient_norm=float("nan"))[:33]
    'the loss of step 3 is nan: lower '
    """
    what = f"loss of step {step} is {loss}"
    if isfinite(loss):
        what = f"gradient of step {step} has the norm {gradient_norm}, its loss is {loss:.4g}"
    return f"the {what}: {CURE}, or look at model.loss. Earlier checkpoints are kept"
