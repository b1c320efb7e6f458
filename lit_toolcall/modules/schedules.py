"""Optimizers and learning-rate schedules: those that can be used, and how a schedule gets its numbers of steps."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Mapping
from math import ceil
from typing import Any

from torch import Tensor
from torch.optim import LBFGS, Optimizer, SparseAdam
from torch.optim.lr_scheduler import ConstantLR, LRScheduler, ReduceLROnPlateau

from lit_toolcall.import_path import import_object
from lit_toolcall.ranges import FINITE, Range, check_number
from lit_toolcall.types import UserError

OptimizerFactory = Callable[[Any], Optimizer]
"""Makes an optimizer of parameters."""
ScheduleFactory = Callable[..., Any]
"""Makes a schedule of an optimizer; it takes numbers of steps by the names that `list_steps` knows."""

REFUSED_OPTIMIZERS = {
    LBFGS: "it computes the loss several times per step, which micro-batches do not allow",
    SparseAdam: "adapters have dense gradients",
}
RATE_NAMES = ("lr", "initial_lr")
"""The settings that a schedule computes anew at each step."""
LEARNING_RATES = Range(0, 1e38, above=True)
"""All that 32 bits can hold: one that is merely too high shows in the loss."""
DECAY_FRACTION = 0.1
"""Of all steps, where a schedule such as WSD asks for `num_decay_steps` (arXiv:2404.06395)."""


def find_schedule(schedule: ScheduleFactory | str | None) -> ScheduleFactory:
    """Find a schedule by its import path.

    >>> find_schedule("torch.optim.lr_scheduler.LinearLR").__name__
    'LinearLR'

    Raises:
        UserError: there is nothing to call there, or no path is given.
    """
    if schedule is None:  # which the parser lets pass
        raise UserError("model.schedule is null: leave it out, or set transformers.get_constant_schedule for one rate")
    if not isinstance(schedule, str):
        return schedule
    wanted = "a function, such as transformers.get_constant_schedule"
    found = import_object(schedule, "model.schedule", wanted)
    if not callable(found):
        raise UserError(f"model.schedule={schedule} is a {type(found).__name__}: give the path of {wanted}")
    made: ScheduleFactory = found
    return made


def count_warmup_steps(warmup_ratio: float, steps: int) -> int:
    """Count the warm-up steps, rounded up.

    >>> [count_warmup_steps(ratio, 10) for ratio in (0.0, 0.03, 0.1, 0.3)]
    [0, 1, 1, 3]
    """
    return ceil(round(warmup_ratio * steps, 6))


def list_steps(steps: int, warmup_steps: int, rates: list[float]) -> dict[str, Any]:
    """List what a schedule may ask for, by its names in transformers and in torch."""
    whole = dict.fromkeys(("num_training_steps", "total_steps", "total_iters", "T_max"), steps)
    decay_steps = ceil(round(DECAY_FRACTION * steps, 6))
    return {**whole, "num_warmup_steps": warmup_steps, "num_decay_steps": decay_steps, "max_lr": rates}


def bind_schedule(
    factory: ScheduleFactory,
    arguments: Mapping[str, Any],
    optimizer: Optimizer,
    steps: int,
    warmup_steps: int,
) -> LRScheduler:
    """Make a schedule over a run's steps.

    Args:
        factory: a function or class that takes the optimizer as `optimizer`.
        arguments: further arguments, by name; they win over the run's numbers of steps.
        optimizer: with the highest rate of each group.
        steps: of the whole run.
        warmup_steps: among them.

    Raises:
        UserError: it takes or returns something else.

    >>> import torch
    >>> from transformers import get_constant_schedule
    >>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=0.5)
    >>> bind_schedule(get_constant_schedule, {}, optimizer, steps=10, warmup_steps=1).get_last_lr()
    [0.5]
    """
    name = name_of(factory)
    try:
        parameters = inspect.signature(factory).parameters
    except ValueError as error:
        raise UserError(f"model.schedule={name}: its parameters cannot be read: name a Python function") from error
    open_ended = any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values())
    unknown = [argument for argument in arguments if argument not in parameters]
    if unknown and not open_ended:
        takes = ", ".join(parameter for parameter in parameters if parameter != "optimizer")
        raise UserError(f"model.schedule_arguments: {name} takes no {unknown[0]}; it takes {takes}")
    check_finite("model.schedule_arguments", arguments)
    known = list_steps(steps, warmup_steps, [group["lr"] for group in optimizer.param_groups])
    if "num_stable_steps" in arguments:  # WSD's other way of saying how long it is
        del known["num_training_steps"]
    given: dict[str, Any] = {"optimizer": optimizer}
    if factory is ConstantLR:  # its `total_iters` are those before the full rate
        del known["total_iters"]
    given |= {argument: value for argument, value in known.items() if argument in parameters}
    given |= arguments
    missing = [argument for argument, value in parameters.items() if _is_required(value) and argument not in given]
    if missing or "optimizer" not in parameters:
        raise UserError(
            f"model.schedule={name} needs {missing[0] if missing else 'optimizer'}: "
            + (
                f"give it in model.init_args.schedule_arguments, or write a function that takes optimizer and any of "
                f"{', '.join(known)}"
                if missing
                else f"a schedule takes the optimizer by this name, and any of {', '.join(known)}"
            )
        )
    try:
        schedule = factory(**given)
    except (ValueError, TypeError, KeyError, AttributeError, ZeroDivisionError) as error:
        raise UserError(f"model.schedule={name}: {error}: change model.init_args.schedule_arguments") from error
    from transformers.optimization import AdafactorSchedule  # imports PEFT, which takes a second

    if isinstance(schedule, ReduceLROnPlateau | AdafactorSchedule) or not isinstance(schedule, LRScheduler):
        raise UserError(
            f"model.schedule={name} makes a {type(schedule).__name__}, which does not follow from the step alone: "
            "choose a schedule over steps, such as transformers.get_cosine_schedule_with_warmup"
        )
    if steps < sum(given.get(part, 0) for part in ("num_warmup_steps", "num_decay_steps")):
        raise UserError(
            f"model.schedule={name}: {warmup_steps} warm-up and {given.get('num_decay_steps', 0)} decay steps are more "
            f"than the run's {steps}: lower model.init_args.warmup_ratio or num_decay_steps in schedule_arguments"
        )
    return schedule


def check_finite(setting: str, values: Mapping[str, Any]) -> None:
    """Refuse NaN, infinity and values near it in settings of other libraries' classes, and counts below 0.

    Args:
        setting: that the values stand under.
        values: by name; numbers are checked, in lists too. Those named `num_...` are counts.

    Raises:
        UserError: a number is NaN, infinite, or a count below 0.

    >>> check_finite("model.schedule_arguments", {"gamma": 0.5, "milestones": [3, 5], "last": True})
    """
    for name, value in values.items():
        for each in value if isinstance(value, list | tuple) else [value]:
            if isinstance(each, float | int) and not isinstance(each, bool):
                check_number(f"{setting}.{name}", each, Range(0, FINITE.high) if name.startswith("num_") else FINITE)


def _is_required(parameter: inspect.Parameter) -> bool:
    named = parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY, parameter.POSITIONAL_ONLY)
    return named and parameter.default is parameter.empty and parameter.name != "optimizer"


def takes_warmup(factory: ScheduleFactory) -> bool:
    """Tell whether a schedule has a warm-up of `num_warmup_steps`.

    >>> from transformers import get_constant_schedule, get_wsd_schedule
    >>> takes_warmup(get_constant_schedule), takes_warmup(get_wsd_schedule)
    (False, True)
    """
    return "num_warmup_steps" in inspect.signature(factory).parameters


def make_optimizer(factory: OptimizerFactory, parameters: Any, has_scaler: bool) -> Optimizer:
    """Make an optimizer.

    Args:
        factory: of the config.
        parameters: the trained ones.
        has_scaler: whether gradients are scaled, as under fp16.

    Raises:
        UserError: its arguments are wrong, or it cannot train with micro-batches and schedules.
    """
    try:
        optimizer = factory(parameters)
    except (ValueError, TypeError, RuntimeError) as error:
        raise UserError(f"model.optimizer: {error}: change its init_args") from error
    for refused, reason in REFUSED_OPTIMIZERS.items():
        if isinstance(optimizer, refused):
            raise UserError(f"model.optimizer={refused.__name__}: {reason}: choose another, such as torch.optim.AdamW")
    if not all(isinstance(group["lr"], float | int | Tensor) for group in optimizer.param_groups):
        raise UserError(
            f"model.optimizer={type(optimizer).__name__} chooses its rate by itself: give lr in its init_args, and for "
            "Adafactor relative_step: false, so that the schedule sets it"
        )
    for group in optimizer.param_groups:
        check_number("model.optimizer.init_args.lr", float(group["lr"]), LEARNING_RATES)
    own = inspect.signature(type(optimizer)).parameters  # Prodigy's own growth_rate is infinity
    for group in read_settings(optimizer):
        set_here = {name: value for name, value in group.items() if name in own and own[name].default != value}
        check_finite("model.optimizer.init_args", set_here)
    if has_scaler and getattr(optimizer, "_step_supports_amp_scaling", False):
        raise UserError(
            "model.optimizer: a fused optimizer hides its gradients from clipping and logging under trainer.precision "
            "16-mixed: set its fused to false, or the precision to bf16-mixed"
        )
    return optimizer


def read_settings(optimizer: Optimizer) -> list[dict[str, Any]]:
    """Read the settings of each parameter group: plain values, which a checkpoint can hold."""
    plain = (bool, int, float, str, type(None))
    return [
        {
            name: value
            for name, value in group.items()
            if isinstance(value, plain) or (isinstance(value, tuple) and all(isinstance(item, plain) for item in value))
        }
        for group in optimizer.param_groups
    ]


def apply_settings(
    optimizer: Optimizer, now: list[dict[str, Any]], before: list[dict[str, Any]], schedule: LRScheduler, steps: int
) -> None:
    """Let a restored optimizer resume with the settings of this run, at its schedule's rate.

    What an optimizer keeps in its groups for itself, such as Prodigy's estimate, stays as it was restored.

    Args:
        optimizer: its state restored, and with it the settings of the earlier run.
        now: settings of this run before its first step.
        before: those of the earlier run; empty where they are not known, so that all are set.
        schedule: of this run, at step 0.
        steps: how many have been trained.
    """
    groups = optimizer.param_groups
    for number, group in enumerate(groups):
        former = before[number] if number < len(before) else {}
        changed = {name for name, value in now[number].items() if name not in former or former[name] != value}
        group.update({name: value for name, value in now[number].items() if name in changed or name in RATE_NAMES})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # about a schedule's step before the optimizer's
        for _ in range(steps):
            schedule.step()


def name_of(thing: object) -> str:
    """Name a class or function as a config does."""
    named = thing if inspect.isroutine(thing) or inspect.isclass(thing) else type(thing)
    return f"{named.__module__}.{named.__qualname__}"
