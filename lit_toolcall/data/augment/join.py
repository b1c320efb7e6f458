"""Rows with several calls, made of rows with one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from lit_toolcall.data.augment.alike import Words, are_alike, words_of
from lit_toolcall.data.augment.base import Augmentation, FreshIds, is_trainable
from lit_toolcall.data.augment.requests import can_join, join_requests
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, Message, Tool, ToolCall

MAX_DRAWS = 8
"""Rows that are drawn for one place in a request before it is given up."""


class JoinCalls(Augmentation):
    """Adds parallel rows: the requests of single-call rows as one, answered by all of their calls.

    Half of the further requests are of a tool that is called already, with other arguments, where such rows exist; the
    tools on offer are united. Rows with a system message or earlier turns are left alone, and so are rows whose tools
    could answer each other's requests.

    Args:
        most: calls of a new row, from two to this many, equally often.
        fraction: of the single-call rows behind which such a row is added, 0 to 1.
    """

    def __init__(self, most: int = 4, fraction: float = 0.3) -> None:
        super().__init__(fraction)
        check_ranges(type(self), most=most)
        self.most = most

    def augment(self, examples: Sequence[Example], rng: Random) -> list[Example]:
        single = [_read_single(example) for example in examples]
        pool = [row for row in single if row is not None]
        by_tool: dict[str, list[_Single]] = {}
        for row in pool:
            by_tool.setdefault(row.call.name, []).append(row)
        ids = FreshIds([example.id for example in examples])
        rows: list[Example] = []
        for example, first in zip(examples, single, strict=True):
            rows.append(example)
            if first is not None and self.is_picked(rng):
                joined = _gather(first, rng.randint(2, self.most), pool, by_tool, rng)
                if len(joined) > 1:
                    rows.append(_join(joined, ids.name(example.id, "joined"), rng))
        return rows


class _Single:
    """A row with one question and one call, and what is compared of its tools."""

    def __init__(self, example: Example, query: str, call: ToolCall) -> None:
        self.example = example
        self.query = query
        self.call = call
        self._words: dict[str, Words] = {}

    @property
    def words(self) -> dict[str, Words]:
        """By the tools' names; collected when first asked for, since most rows are never drawn."""
        if not self._words:
            self._words = {tool.name: words_of(tool) for tool in self.example.tools}
        return self._words


def _read_single(example: Example) -> _Single | None:
    if not is_trainable(example) or example.answer is None or len(example.answer.calls) != 1 or example.answer.content:
        return None
    if [message.role for message in example.messages] != ["user"] or not can_join(example.messages[0].content):
        return None
    (call,) = example.answer.calls
    if call.name not in {tool.name for tool in example.tools}:
        return None
    return _Single(example, example.messages[0].content, call)


def _gather(
    first: _Single, calls: int, pool: Sequence[_Single], by_tool: dict[str, list[_Single]], rng: Random
) -> list[_Single]:
    """Draw rows that can be asked together with a first one; fewer where hardly any can."""
    gathered = [first]
    while len(gathered) < calls:
        same = by_tool[rng.choice(gathered).call.name]
        sources = [same, pool] if rng.random() < 0.5 else [pool]
        drawn = (rng.choice(source) for source in sources for _ in range(MAX_DRAWS))
        fitting = next((row for row in drawn if all(_fit_together(row, other) for other in gathered)), None)
        if fitting is None:
            break
        gathered.append(fitting)
    return gathered


def _fit_together(one: _Single, other: _Single) -> bool:
    """Whether two rows ask for different calls, and the tools of neither could answer the other's request."""
    if one.call == other.call or one.query == other.query:
        return False
    tools = {tool.name: tool for tool in one.example.tools}
    if any(tool != tools.get(tool.name, tool) for tool in other.example.tools):
        return False
    return not (_has_rival(one, other) or _has_rival(other, one))


def _has_rival(asking: _Single, offering: _Single) -> bool:
    right = asking.words[asking.call.name]
    return any(name != right.name and are_alike(right, words) for name, words in offering.words.items())


def _join(rows: Sequence[_Single], identity: str, rng: Random) -> Example:
    tools: dict[str, Tool] = {}
    for row in rows:
        tools |= {tool.name: tool for tool in row.example.tools}
    return replace(
        rows[0].example,
        id=identity,
        tools=tuple(tools.values()),
        messages=(Message("user", join_requests([row.query for row in rows], rng)),),
        answer=Message("assistant", "", tuple(row.call for row in rows)),
        made_of=tuple(origin for row in rows for origin in row.example.origins),
    )
