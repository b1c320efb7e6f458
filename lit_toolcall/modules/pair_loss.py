"""The loss over pairs that a config names."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from functools import partial

from torch import Tensor

from lit_toolcall.losses import LOSSES, AnswerLogps
from lit_toolcall.modules.import_path import import_callable
from lit_toolcall.ranges import FINITE, LOSS_RANGES, check_number
from lit_toolcall.types import UserError

PairLoss = Callable[[AnswerLogps, AnswerLogps], Tensor]
"""Takes the chosen and the rejected answers of N pairs, gives one loss a pair, (N,)."""


def bind_loss(name: str, arguments: Mapping[str, float]) -> PairLoss:
    """Find a loss and set its arguments.

    Args:
        name: one of `LOSSES`, or the import path of a function, `my_module.my_loss`.
        arguments: by name, beyond the answers.

    >>> bind_loss("sigmoid", {"beta": 0.2}).keywords
    {'beta': 0.2}

    Raises:
        UserError: there is no such loss, it has no such argument, or the argument makes no sense.
    """
    loss = LOSSES.get(name) or _import_loss(name)
    known = list(inspect.signature(loss).parameters.values())[2:]
    names = [parameter.name for parameter in known]
    unknown = [argument for argument in arguments if argument not in names]
    if unknown:
        raise UserError(
            f"model.loss_arguments: {name} has no {', '.join(unknown)}; it takes {', '.join(names) or 'none'}"
        )
    missing = [p.name for p in known if p.default is p.empty and p.name not in arguments]
    if missing:
        raise UserError(f"model.loss_arguments: {name} needs {', '.join(missing)}")
    for argument, value in arguments.items():
        check_number(f"model.loss_arguments.{argument}", value, LOSS_RANGES[argument] if name in LOSSES else FINITE)
    return partial(loss, **arguments)


def beta_of(loss: PairLoss) -> float:
    """Tell the factor of logged rewards: the loss's `beta`, or 1 where it has none."""
    beta = inspect.signature(loss).parameters.get("beta")
    return 1.0 if beta is None else float(beta.default)


def _import_loss(path: str) -> PairLoss:
    if "." not in path:
        near = difflib.get_close_matches(path, LOSSES, n=1)
        guess = f" (did you mean {near[0]}?)" if near else ""
        raise UserError(
            f"model.loss={path}: no such loss{guess}: choose from {', '.join(LOSSES)}, or give a function's import path"
        )
    return import_callable(path, "model.loss", "my_module.my_loss")
