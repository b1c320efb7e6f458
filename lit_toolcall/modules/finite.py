"""NaN and infinity: found before they are trained on or kept."""

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
    """Keep NaN and infinity in weights and optimizer state from being written.

    Raises:
        UserError: a value is NaN or infinite, or a weight is so large that its square is.
    """
    broken = chain(
        (f"the weights {name}" for name, weight in checkpoint["state_dict"].items() if not _is_finite(weight.square())),
        (f"the optimizer's {name}" for name, value in _list_states(checkpoint) if not _is_finite(value)),
    )
    first = next(broken, None)
    if first is not None:
        raise UserError(
            f"after step {checkpoint['global_step']} {first} hold NaN or infinity, or are too large to compute "
            f"with: this state is not kept, earlier checkpoints are: {CURE}"
        )


def _list_states(checkpoint: Mapping[str, Any]) -> Iterable[tuple[str, Tensor]]:
    for state in checkpoint.get("optimizer_states", ()):  # none where weights alone are saved
        for values in state["state"].values():
            yield from ((name, value) for name, value in values.items() if isinstance(value, Tensor))


def _is_finite(values: Tensor) -> bool:
    return bool(values.isfinite().all())


def describe_broken_step(step: int, loss: float, gradient_norm: float) -> str:
    """Say what of a step is NaN or infinite, and what to do.

    >>> describe_broken_step(3, loss=float("nan"), gradient_norm=float("nan"))[:33]
    'the loss of step 3 is nan: lower '
    """
    what = f"loss of step {step} is {loss}"
    if isfinite(loss):
        what = f"gradient of step {step} has the norm {gradient_norm}, its loss is {loss:.4g}"
    return f"the {what}: {CURE}, or look at model.loss. Earlier checkpoints are kept"
