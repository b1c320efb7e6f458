"""Every numeric setting that a config can name has a range, which its class checks."""

from __future__ import annotations

import inspect
import math
from collections.abc import Iterator
from enum import Enum
from functools import partial
from typing import Any, get_args, get_type_hints

import pytest
import torch
from torch.optim.lr_scheduler import MultiStepLR
from transformers import get_cosine_schedule_with_warmup

from lit_toolcall.cli.inspect import add_inspect_arguments
from lit_toolcall.cli.lightning_cli import SHORT_NAMES
from lit_toolcall.data.mixture import MixturePart
from lit_toolcall.data.sources import JsonLines
from lit_toolcall.modules.schedules import bind_schedule, make_optimizer
from lit_toolcall.prompting import PromptOptions
from lit_toolcall.ranges import INSPECT_RANGES, Range, count_of, find_range
from lit_toolcall.types import UserError

NEEDED: dict[str, Any] = {
    "against": [JsonLines("rows.jsonl")],
    "base_model": "model",
    "parts": [MixturePart(JsonLines("rows.jsonl"))],
    "path": "rows.jsonl",
    "prompt": PromptOptions(),
    "source": JsonLines("rows.jsonl"),
    "tools_path": "tools.jsonl",
}
"""Arguments without a default."""
NOT_SET = {"Ledger", "PairParts", "Renderer", "Row", "Score"}
"""Classes beside those that a config names, which no config reaches."""
FOR_CHECKERS = {"PeftModel": object}
"""Names that modules import for type checkers only."""


def types_in(hint: Any) -> list[Any]:
    """List a type and all that it is made of."""
    return [hint, *(part for argument in get_args(hint) for part in types_in(argument))]


def settings_of(owner: type) -> Iterator[tuple[str, list[Any]]]:
    """Yield each argument of a class with the types that it may have, those that go on to a base included."""
    arguments: dict[str, list[Any]] = {}
    for base in owner.__mro__:
        if base.__module__.startswith("lit_toolcall") and "__init__" in vars(base):
            for name, hint in get_type_hints(base.__init__, localns=FOR_CHECKERS).items():
                arguments.setdefault(name, types_in(hint))
    own = inspect.signature(owner).parameters
    takes_more = any(parameter.kind is parameter.VAR_KEYWORD for parameter in own.values())
    return iter((name, types) for name, types in arguments.items() if takes_more or name in own)


def find_classes() -> list[type]:
    """List all classes that a config can name, and those of their settings."""
    found: set[type] = set()
    left = [named for named in SHORT_NAMES if inspect.isclass(named)]
    for module in SHORT_NAMES:
        if inspect.ismodule(module):
            left += [value for name, value in vars(module).items() if inspect.isclass(value) and name[0] != "_"]
    while left:
        owner = left.pop()
        is_ours = owner.__module__.startswith("lit_toolcall") and not issubclass(owner, Exception | Enum)
        if owner in found or not is_ours or owner.__name__ in NOT_SET:
            continue
        found.add(owner)
        left += [each for _, types in settings_of(owner) for each in types if inspect.isclass(each)]
    return sorted(found, key=lambda owner: owner.__name__)


def is_numeric(types: list[Any]) -> bool:
    return any(each in (int, float) for each in types)


NUMBERS = [(owner, name) for owner in find_classes() for name, types in settings_of(owner) if is_numeric(types)]


def make(owner: type, **settings: Any) -> Any:
    needed = {name: NEEDED[name] for name, _ in settings_of(owner) if name in NEEDED and name not in settings}
    return owner(**needed, **settings)


def wrong_values(allowed: Range) -> list[Any]:
    bounds = [allowed.low if allowed.above else allowed.low - 1, allowed.high if allowed.below else allowed.high + 1]
    wrong = [*bounds, math.nan, math.inf, -math.inf, True, 10**400, -(10**400), "1"]
    return wrong + ([allowed.low + 0.5] if allowed.is_whole else [])


def test_the_walk_finds_the_classes() -> None:
    names = {owner.__name__ for owner in find_classes()}
    assert {"SFTModule", "DPOModule", "PairModule", "SFTDataModule", "PreferenceDataModule", "Mixture"} <= names
    assert {"LoraOptions", "GenerationOptions", "PairOptions", "LeakageOptions", "Curriculum", "MixturePart"} <= names
    assert {"JsonLines", "Bfcl", "ApiBank", "JoinCalls", "SampleCalls", "PreferenceGuard", "AdapterCheckpoint"} <= names
    assert {"Sigmoid", "SigmoidSFT", "DPOP", "IPO", "Hinge", "Robust", "SigmoidNorm", "CallAware"} <= names
    assert len(NUMBERS) > 60


@pytest.mark.parametrize(("owner", "name"), NUMBERS, ids=[f"{owner.__name__}.{name}" for owner, name in NUMBERS])
def test_a_number_outside_its_range_is_refused_by_its_name(owner: type, name: str) -> None:
    if inspect.isabstract(owner):
        assert find_range(owner, name)
        return
    _, allowed = find_range(owner, name)
    is_list = name == "levels"
    for wrong in wrong_values(allowed):
        with pytest.raises(UserError) as refused:
            make(owner, **{name: [wrong] if is_list else wrong})
        value = repr(wrong) if len(repr(wrong)) <= 40 else repr(wrong)[:40]
        assert f"{name}={value}" in str(refused.value)
        assert " must " in str(refused.value)
        assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    ("value", "allowed", "words"),
    [
        (5, Range(0, 1), "lie between 0 and 1"),
        (math.nan, Range(0, 1), "lie between 0 and 1"),
        (0, count_of(hint="1 is all"), "be at least 1; 1 is all"),
        (10**12, count_of(), "be at most 1,000,000,000"),
        (2.5, count_of(), "be a whole number"),
        (True, Range(0, 1), "be a number"),
        (1, Range(0, 1, below=True), "be at least 0 and below 1"),
        (0, Range(0, 1, above=True), "be above 0 and at most 1"),
    ],
)
def test_a_refusal_says_what_is_allowed(value: Any, allowed: Range, words: str) -> None:
    assert not allowed.holds(value)
    assert allowed.refuse(value) == words


@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf, 10**400])
def test_numbers_of_optimizers_and_schedules_are_finite(wrong: float) -> None:
    parameters = [torch.nn.Parameter(torch.zeros(1))]
    for name in ("eps", "weight_decay"):
        with pytest.raises(UserError, match=rf"^model\.optimizer.*{name}"):
            make_optimizer(partial(torch.optim.AdamW, **{name: wrong}), parameters, has_scaler=False)
    optimizer = make_optimizer(torch.optim.AdamW, parameters, has_scaler=False)
    for schedule, arguments in (
        (get_cosine_schedule_with_warmup, {"num_cycles": wrong}),
        (MultiStepLR, {"milestones": [1, wrong]}),
    ):
        with pytest.raises(UserError, match=rf"^model\.schedule_arguments\.{next(iter(arguments))}="):
            bind_schedule(schedule, arguments, optimizer, steps=10, warmup_steps=1)


def test_an_optimizer_keeps_its_own_infinity() -> None:
    class Growing(torch.optim.SGD):
        def __init__(self, parameters: Any, growth_rate: float = math.inf) -> None:
            super().__init__(parameters)
            self.param_groups[0]["growth_rate"] = growth_rate

    assert make_optimizer(Growing, [torch.nn.Parameter(torch.zeros(1))], has_scaler=False)


def test_every_number_of_inspect_has_a_range() -> None:
    class Parser:
        """Keeps the arguments that are numbers."""

        numbers: list[str] = []  # noqa: RUF012

        def add_argument(self, name: str, type: Any, **_: Any) -> None:
            self.numbers += [name.removeprefix("--")] if is_numeric(types_in(type)) else []

    parser = Parser()
    add_inspect_arguments(parser)  # type: ignore[arg-type]
    assert set(parser.numbers) == set(INSPECT_RANGES)


def test_values_inside_are_taken() -> None:
    for owner in {owner for owner, _ in NUMBERS}:
        if not inspect.isabstract(owner):
            make(owner)
