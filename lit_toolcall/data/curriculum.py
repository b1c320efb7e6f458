"""Curricula: the difficulty of rows and pairs, and the order in which an epoch visits them."""

from __future__ import annotations

import math
import random
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from lit_toolcall.data.augment.schemas import has_choices
from lit_toolcall.packing import shuffle_rows
from lit_toolcall.packing.trees import shared_prefix_length
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, UserError


@dataclass(frozen=True)
class Difficulty:
    """Counts that make a row hard, over its last answer.

    Args:
        tools: available tools.
        calls: calls of the answer; 0 where it is in words.
        arguments: arguments of these calls.
        enums: those among them whose schema, at any depth, names choices.
        nesting: levels of lists and objects in their values, summed over the arguments.
        prompt_tokens: tokens of the prompt.
    """

    tools: int
    calls: int
    arguments: int
    enums: int
    nesting: int
    prompt_tokens: int

    @property
    def score(self) -> float:
        """Weigh the counts as one number, higher is harder.

        log2(1 + tools) + 2 log2(1 + calls) + log2(1 + arguments + enums + nesting) + log2(1 + prompt_tokens / 100)

        A logarithm, because the tenth tool adds less than the second. Calls count twice: with as many tools available,
        small models fail on several calls far more often than on one. The weights are our choice, not a paper's; only
        the order that they give is used.

        >>> Difficulty(tools=1, calls=1, arguments=1, enums=0, nesting=0, prompt_tokens=100).score  # 1 + 2 + 1 + 1
        5.0
        >>> Difficulty(tools=3, calls=3, arguments=5, enums=1, nesting=1, prompt_tokens=300).score  # 2 + 4 + 3 + 2
        11.0
        """
        tools, calls = math.log2(1 + self.tools), math.log2(1 + self.calls)
        values = math.log2(1 + self.arguments + self.enums + self.nesting)
        return round(tools + 2 * calls + values + math.log2(1 + self.prompt_tokens / 100), 6)


def difficulty(example: Example, prompt_tokens: int) -> Difficulty:
    """Measure a row; one without an answer counts as one without calls.

    Args:
        example: the row.
        prompt_tokens: tokens of its prompt, tools and earlier turns included.
    """
    calls = example.answer.calls if example.answer is not None else ()
    properties = {tool.name: tool.parameters.get("properties", {}) for tool in example.tools}
    arguments = [
        (value, properties.get(call.name, {}).get(name, {})) for call in calls for name, value in call.arguments.items()
    ]
    return Difficulty(
        tools=len(example.tools),
        calls=len(calls),
        arguments=len(arguments),
        enums=sum(has_choices(schema) for _, schema in arguments),
        nesting=sum(count_levels(value) for value, _ in arguments),
        prompt_tokens=prompt_tokens,
    )


def count_levels(value: Any) -> int:
    """Count the levels of lists and objects that a JSON value is made of.

    >>> count_levels("Oslo"), count_levels(["Oslo"]), count_levels({"at": [{"x": 1}, 2]})
    (0, 1, 3)
    """
    levels, nodes = 0, [value]
    while nodes := [node for node in nodes if isinstance(node, dict | list | tuple)]:
        levels += 1
        nodes = [child for node in nodes for child in (node.values() if isinstance(node, dict) else node)]
    return levels


def closeness(chosen: Sequence[int], rejected: Sequence[int]) -> float:
    """Measure how similar two answers are, 0 (nothing in common at either end) to 1; similar pairs are hard.

    The tokens that both begin and end with, as a fraction of the longer answer: a call with one wrong value is close to
    the right one, words instead of a call are not.

    >>> closeness([1, 2, 3, 9], [1, 5, 3, 9])  # 1, 3 and 9 are shared
    0.75
    >>> closeness([1, 2, 2], [1, 2])  # no token counts twice
    0.6666666666666666
    >>> closeness([1, 2], [3])
    0.0
    """
    before = shared_prefix_length(chosen, rejected)
    after = shared_prefix_length(chosen[before:][::-1], rejected[before:][::-1])
    return (before + after) / max(len(chosen), len(rejected))


Pacing = Literal["stages", "linear", "root"]


@dataclass(frozen=True)
class Curriculum:
    """An order of training from easy rows to hard ones.

    With `stages`, each epoch visits every row once: the easiest part of the rows first, shuffled, then the next. With
    `linear` and `root`, rows are drawn from a pool of the easiest, which grows from `start_fraction` of all rows until,
    after `epochs_to_full` epochs, all are in it (competence-based curriculum, arXiv:1903.09848; root, the square root
    there, grows faster at first). An epoch always has as many visits as there are rows. Up to `epochs_to_full: 1.0`
    the pool grows faster than it is used up, and each epoch visits every row once; above, the first epochs visit easy
    rows several times, all in the pool about equally often, and the hardest rows not yet.

    Args:
        pacing: `stages`, `linear` or `root`.
        stages: parts of nearly equal size that the rows are cut into; for `stages`.
        start_fraction: fraction of the rows in the first pool, above 0, at most 1; for `linear` and `root`.
        epochs_to_full: epochs until all rows are in the pool, above 0; for `linear` and `root`.
    """

    pacing: Pacing = "stages"
    stages: int = 3
    start_fraction: float = 0.1
    epochs_to_full: float = 1.0

    def __post_init__(self) -> None:
        if self.pacing not in get_args(Pacing):
            raise UserError(f"curriculum.pacing={self.pacing!r} must be one of {', '.join(get_args(Pacing))}")
        check_ranges(
            type(self), stages=self.stages, start_fraction=self.start_fraction, epochs_to_full=self.epochs_to_full
        )

    def pool_fraction(self, epochs: float) -> float:
        """Return the fraction of the rows that may be drawn after so many epochs, for `linear` and `root`.

        >>> Curriculum("linear", start_fraction=0.5, epochs_to_full=2.0).pool_fraction(1.0)  # halfway from 0.5 to 1
        0.75
        >>> round(Curriculum("root", start_fraction=0.6).pool_fraction(0.4375), 6)  # 0.36 + 0.64 * 0.4375 = 0.64
        0.8
        """
        assert self.pacing != "stages"
        done = min(1.0, epochs / self.epochs_to_full)
        if self.pacing == "linear":
            return self.start_fraction + (1 - self.start_fraction) * done
        return math.sqrt(self.start_fraction**2 + (1 - self.start_fraction**2) * done)


def order_rows(
    scores: Sequence[float],
    curriculum: Curriculum,
    prompt_keys: Sequence[Hashable],
    group_rows: int,
    seed: int,
    epoch: int,
) -> list[int]:
    """List the rows that an epoch visits, in order, as many as there are; the same for the same arguments anywhere.

    A run that resumes within an epoch drops the first of them.

    Args:
        scores: how hard each row is, `Difficulty.score`.
        curriculum: the order from easy to hard.
        prompt_keys: one key per row, equal where prompts begin alike and can be shared in a batch.
        group_rows: rows of a group with equal keys, which are visited one after the other; 1 is no grouping. Groups lie
            inside a stage, or enter the pool by their mean score.
        seed: of the shuffling; rows of equal score are in one order for all epochs.
        epoch: from 0.

    >>> order_rows([3.0, 1.0, 2.0], Curriculum(stages=3), range(3), group_rows=1, seed=0, epoch=0)
    [1, 2, 0]
    """
    ties = list(range(len(scores)))
    random.Random(f"{seed}:ties").shuffle(ties)
    by_score = sorted(range(len(scores)), key=lambda row: (scores[row], ties[row]))
    if curriculum.pacing == "stages":
        return list(_order_by_stages(by_score, curriculum.stages, prompt_keys, group_rows, seed, epoch))
    groups = _group_easy_first(by_score, prompt_keys, group_rows)
    groups.sort(key=lambda group: sum(scores[row] for row in group) / len(group))
    return _draw_from_pool(groups, len(scores), curriculum, random.Random(f"{seed}:{epoch}"), epoch)


def _order_by_stages(
    by_score: Sequence[int], stages: int, prompt_keys: Sequence[Hashable], group_rows: int, seed: int, epoch: int
) -> Iterator[int]:
    for stage in range(stages):
        rows = by_score[len(by_score) * stage // stages : len(by_score) * (stage + 1) // stages]
        keys = [prompt_keys[row] for row in rows]
        yield from (rows[index] for index in shuffle_rows(keys, group_rows, seed * stages + stage, epoch))


def _group_easy_first(by_score: Sequence[int], prompt_keys: Sequence[Hashable], group_rows: int) -> list[list[int]]:
    """Group rows of equal keys and similar scores."""
    groups: list[list[int]] = []
    open_groups: dict[Hashable, list[int]] = {}
    for row in by_score:
        group = open_groups.get(prompt_keys[row])
        if group is None or len(group) == group_rows:
            group = open_groups[prompt_keys[row]] = []
            groups.append(group)
        group.append(row)
    return groups


def _draw_from_pool(
    groups: Sequence[Sequence[int]], visits: int, curriculum: Curriculum, choose: random.Random, epoch: int
) -> list[int]:
    """Draw whole groups, easiest first in `groups`, from a growing pool; none again before the pool is used up."""
    order: list[int] = []
    unvisited: list[int] = []
    pooled_groups = pooled_rows = 0
    while len(order) < visits:
        wanted = curriculum.pool_fraction(epoch + len(order) / visits) * visits
        while pooled_rows < wanted and pooled_groups < len(groups):
            unvisited.append(pooled_groups)
            pooled_rows += len(groups[pooled_groups])
            pooled_groups += 1
        if not unvisited:
            unvisited = list(range(pooled_groups))
        drawn = choose.randrange(len(unvisited))
        unvisited[drawn], unvisited[-1] = unvisited[-1], unvisited[drawn]
        order.extend(groups[unvisited.pop()])
    return order[:visits]
