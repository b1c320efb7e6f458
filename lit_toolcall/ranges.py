"""The range of every numeric setting that a config can name, and the error for values outside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from lit_toolcall.types import UserError

MOST = 1_000_000_000
"""Of anything that is counted: rows, tokens, steps."""
WIDE = 100
"""An upper bound of at least this only keeps mistakes out."""


@dataclass(frozen=True)
class Range:
    """The numbers that a setting may have.

    Args:
        low, high: the least and the greatest.
        is_whole: whether the number must be whole.
        above: whether it must be more than `low`.
        below: whether it must be less than `high`.
        hint: the meaning of a bound, or the way out.
        is_optional: whether the setting may be left out, as None.
    """

    low: float
    high: float
    is_whole: bool = False
    above: bool = False
    below: bool = False
    hint: str = ""
    is_optional: bool = False

    def holds(self, value: Any) -> bool:
        """Tell whether a value is a number of this range; `true` is none, nor are NaN and infinity.

        >>> fraction = Range(0, 1)
        >>> [fraction.holds(value) for value in (0, 0.5, 1, 1.1, float("nan"), True, "0.5", None)]
        [True, True, True, False, False, False, False, False]
        """
        if value is None:
            return self.is_optional
        if isinstance(value, bool) or not isinstance(value, int if self.is_whole else int | float):
            return False
        is_low = value > self.low if self.above else value >= self.low
        return is_low and (value < self.high if self.below else value <= self.high)

    def refuse(self, value: Any) -> str:
        """Say what a value must be; a bound that only keeps mistakes out is named where it is passed.

        >>> count = Range(1, 1_000_000, is_whole=True, hint="leave it out for all")
        >>> print(Range(0, 1).refuse(2), count.refuse(0), count.refuse(10**9), count.refuse(True), sep="; also ")
        lie between 0 and 1; also be at least 1; leave it out for all; also be at most 1,000,000; also be a whole number
        """
        if isinstance(value, bool) or not isinstance(value, int if self.is_whole else int | float):
            return "be a whole number" if self.is_whole else "be a number"
        is_huge = value > self.high >= WIDE
        low = f"{'above' if self.above else 'at least'} {_write(self.low)}"
        high = f"{'below' if self.below else 'at most'} {_write(self.high)}"
        if is_huge:
            return f"be {high}"
        if self.high >= WIDE:
            words = f"be {low}"
        elif self.is_whole or self.above or self.below:
            words = f"be {low} and {high}"
        else:
            words = f"lie between {_write(self.low)} and {_write(self.high)}"
        return f"{words}{self.hint and '; '}{self.hint}"


def _write(number: float) -> str:
    return f"{number:,}" if number >= 1000 else str(number)


def count_of(low: int = 1, hint: str = "", *, is_optional: bool = False, high: int = MOST) -> Range:
    """Allow whole numbers from `low`."""
    return Range(low, high, is_whole=True, hint=hint, is_optional=is_optional)


FRACTION = Range(0, 1)
SPLIT = Range(0, 1, hint="or name sources in data.validation", below=True)
SEED = count_of(0, high=2**32 - 1)
LIMIT = count_of(hint="leave it out for all rows", is_optional=True)

PREFIXES = {
    "AdapterCheckpoint": "AdapterCheckpoint: ",
    "Curriculum": "curriculum.",
    "EndpointAnswerer": "",
    "EvalOptions": "--",
    "GenerationOptions": "generation.",
    "LeakageOptions": "data.leakage.",
    "Lookup": "--",
    "LoraOptions": "lora.",
    "PackedDataModule": "data.",
    "PairModule": "model.",
    "PairOptions": "model.pairs.",
    "PolicyModule": "model.",
    "PreferenceLoss": "model.loss.",
    "SuiteOptions": "--",
}
"""The way a user writes a setting of a class; other classes are named before it."""

RANGES: dict[str, dict[str, Range]] = {
    "AdapterCheckpoint": {
        "every_n_train_steps": count_of(hint="leave it out for one at each validation", is_optional=True),
        "save_top_k": count_of(-1, "-1 keeps all"),
    },
    "AddDistractors": {"tools": count_of(hint="or set fraction to 0")},
    "ApiBank": {"levels": count_of(high=3), "limit": LIMIT},
    "Augmentation": {"fraction": FRACTION},
    "Bfcl": {"limit": LIMIT, "seed": SEED},
    "Curriculum": {
        "stages": count_of(hint="1 is plain shuffling"),
        "start_fraction": Range(0, 1, above=True),
        "epochs_to_full": Range(0, MOST, above=True),
    },
    "EvalOptions": {
        "batch_size": count_of(),
        "devices": count_of(),
        "max_new_tokens": count_of(high=1_000_000, is_optional=True),
    },
    "EndpointAnswerer": {
        "concurrency": count_of(high=1000),
        "timeout_seconds": Range(0, 86_400, above=True),
        "retries": count_of(0, high=100),
    },
    "GenerationOptions": {
        "max_new_tokens": count_of(high=1_000_000),
        "temperature": Range(0, 100, hint="0 takes the most likely token"),
        "top_p": Range(0, 1, above=True, hint="1 considers all tokens"),
        "repetition_penalty": Range(0, 100, above=True, hint="1 is no penalty"),
    },
    "JoinCalls": {"most": count_of(2, "or set fraction to 0", high=1000)},
    "JsonLines": {"limit": LIMIT, "skip": count_of(0)},
    "LeakageIndex": {"near_fraction": Range(0.5, 1, hint="0.5 is half of the words")},
    "LeakageOptions": {
        "max_leaked_fraction": FRACTION,
        "near_fraction": Range(0.5, 1, hint="0.5 is half of the words"),
    },
    "LoraOptions": {
        "r": count_of(high=65_536),
        "alpha": count_of(high=1_000_000),
        "dropout": Range(0, 1, below=True),
    },
    "Mixture": {"rows": LIMIT, "seed": SEED},
    "MixturePart": {
        "weight": Range(0, MOST),
        "limit": count_of(hint="for none of its rows set weight to 0", is_optional=True),
    },
    "PackedDataModule": {
        "global_batch_size": count_of(),
        "tool_group_size": count_of(hint="1 is plain shuffling"),
        "eval_batch_size": count_of(),
        "max_tokens": count_of(),
        "validation_fraction": SPLIT,
        "max_rejected_fraction": FRACTION,
        "seed": SEED,
    },
    "PairModule": {"seed": SEED},
    "PairOptions": {
        "samples": count_of(high=1_000_000),
        "pairs_per_question": count_of(high=1_000_000),
        "corrupted_fraction": Range(0, 1, below=True),
    },
    "PolicyModule": {"warmup_ratio": FRACTION},
    "PreferenceGuard": {
        "max_chosen_drop": Range(0, 1_000_000, above=True),
        "max_valid_drop": Range(0, 1, above=True),
        "tolerance": Range(0, 1_000_000, is_optional=True),
    },
    "PreferenceLoss": {  # beyond them a loss trains nothing, prefers the rejected answers, or is NaN
        "beta": Range(0, 1000, above=True),
        "label_smoothing": Range(0, 0.5, below=True),
        "sft_weight": Range(0, 1_000_000),
        "penalty": Range(0, 1_000_000),
    },
    "RowFile": {"limit": LIMIT},
    "SampleCalls": {"questions": count_of(hint="leave the callback out for none"), "batch_size": count_of()},
    "Lookup": {"retrieve": count_of(0), "shots": count_of(0)},
    "SealTools": {"limit": LIMIT},
    "SuiteOptions": {"limit": LIMIT, "fraction": Range(0, 1, above=True), "seed": SEED},
}
"""By class and argument; a class has those of its bases too."""

INSPECT_RANGES = {"rows": count_of(), "first": count_of(0)}
"""Of the arguments of `inspect`."""
COMPARE_RANGES = {"examples": count_of(0)}
"""Of the arguments of `compare`."""
FINITE = Range(-1.0e30, 1.0e30)
"""Of settings of other libraries' classes."""


def check_ranges(owner: type, **settings: Any) -> None:
    """Refuse numbers that a class cannot work with; each item of a list must be in range.

    Args:
        owner: the class; a user's own has the ranges of the one that it is made from.
        settings: by argument.

    Raises:
        UserError: one is outside its range.
    """
    for name, value in settings.items():
        place, allowed = find_range(owner, name)
        check_number(PREFIXES.get(place, f"{owner.__name__}: ") + name, value, allowed)


def find_range(owner: type, name: str) -> tuple[str, Range]:
    """Find the range of a class's argument, and the class that it is declared for."""
    for base in owner.__mro__:
        if name in RANGES.get(base.__name__, {}):
            return base.__name__, RANGES[base.__name__][name]
    raise LookupError(f"{owner.__name__} has no range for {name}")


def check_number(setting: str, value: Any, allowed: Range) -> None:
    """Refuse a number outside its range.

    Args:
        setting: as the user writes it.
        value: a number, or a list of numbers.
        allowed: the range.

    Raises:
        UserError: it is outside.

    >>> check_number("lora.r", 0, count_of(high=8))
    Traceback (most recent call last):
    lit_toolcall.types.UserError: lora.r=0 must be at least 1 and at most 8
    """
    numbers = value if isinstance(value, Sequence) and not isinstance(value, str) else [value]
    for number in numbers:
        if not allowed.holds(number):
            raise UserError(f"{setting}={_clip(number)} must {allowed.refuse(number)}")


def _clip(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}..."
