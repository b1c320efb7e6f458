"""Tools chosen before asking: of a pool of many, the few that fit a question best."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from lit_toolcall.json_values import clip
from lit_toolcall.ranges import check_number, count_of
from lit_toolcall.retrieval.bm25 import Bm25, split_terms
from lit_toolcall.schema import find_call_problem
from lit_toolcall.types import Example, Message, Tool, UserError

NAME_WEIGHT = 2
"""How often the words of a tool's name count; others count once."""
CHOSEN_FROM = 0.8
"""What the scores of a clause are multiplied by when a tool is chosen for it, so that the others get theirs."""
MAX_CLAUSES = 16
"""Clauses of a question that are looked up, beside the whole of it."""
_CLAUSE_END = re.compile(r"[.;!?]\s+|\n+|,?\s+(?:and|then|also|plus)\s+", re.IGNORECASE)
_TAKEN = -1.0
"""Stands for the score of a tool that cannot be chosen any more; all others are at least 0."""


class ToolIndex:
    """A pool of tools, looked up by what is asked.

    Args:
        pool: all tools, such as `collect_tools` of a test set; of equal ones the first.
    """

    def __init__(self, pool: Iterable[Tool]) -> None:
        self.tools = tuple({repr(tool): tool for tool in pool}.values())
        self._ranking = Bm25(map(list_terms, self.tools))
        self._named: dict[str, list[int]] = defaultdict(list)
        for number, tool in enumerate(self.tools):
            self._named[tool.name].append(number)

    def choose(self, texts: Sequence[str], k: int, left_out: Sequence[int] = ()) -> tuple[Tool, ...]:
        """Choose tools for some texts, each in its turn: the best match of a text, then it counts less.

        No two tools of one name are chosen.

        Args:
            texts: at least one, the first one first where they match equally well.
            k: how many tools; all where the pool has fewer.
            left_out: numbers of tools that are never chosen.

        Returns:
            In the order of choice; equally good ones in the pool's order.
        """
        if not self.tools:
            return ()
        scores = np.stack([self._ranking.score(split_terms(text)) for text in texts])  # (texts, tools)
        scores[:, list(left_out)] = _TAKEN
        chosen: list[Tool] = []
        while len(chosen) < k:
            text, number = divmod(int(np.argmax(scores)), len(self.tools))
            if scores[text, number] < 0:
                break
            chosen.append(self.tools[number])
            scores[:, self._named[chosen[-1].name]] = _TAKEN
            scores[text] *= CHOSEN_FROM
        return tuple(chosen)

    def list_unfit(self, example: Example) -> list[int]:
        """List the tools that share a name with one of the question's own and cannot stand in its place.

        Where the own tool is in the pool, it is all others of its name. Where it is not, such as in a pool from a file
        that describes it in other words, it is those that refuse an expected call which the own tool takes, since the
        answer is compared with that call.

        Raises:
            UserError: all tools of the pool that have an expected tool's name refuse its call.
        """
        unfit: list[int] = []
        for tool in example.tools:
            named = self._named.get(tool.name, [])
            others = [number for number in named if self.tools[number] != tool]
            if len(others) < len(named):
                unfit += others
                continue
            refusals = {
                number: found for number in named if (found := _find_refusal(self.tools[number], tool, example))
            }
            if refusals and len(refusals) == len(named):
                raise UserError(
                    f"{example.place or clip(example.id)}: the pool's tool {clip(tool.name, 60)!r} is another than the "
                    f"question's and does not take the expected call ({next(iter(refusals.values()))}): put the "
                    "question's own into the pool, or rename one"
                )
            unfit += refusals
        return unfit


def _find_refusal(tool: Tool, own: Tool, example: Example) -> str | None:
    """Say how an expected call that a question's own tool takes does not fit another tool of that name."""
    for call in example.answer.calls if example.answer is not None else ():
        finding = find_call_problem(call, [tool]) if call.name == tool.name else None
        if finding is not None and find_call_problem(call, [own]) is None:
            return finding[1]
    return None


def retrieve_tools(example: Example, index: ToolIndex, k: int) -> Example:
    """Offer a question the k tools of a pool that fit it best, in place of its own.

    The whole of what the user says is looked up, and each clause of the last message, so that each of several wishes
    gets its tools.

    Args:
        example: the question.
        index: the pool, the same for all questions.
        k: how many tools.

    Raises:
        UserError: k is out of range, or an expected call does not fit the pool's tool of its name.

    >>> tools = [Tool("get_weather", "", {}), Tool("book_hotel", "", {}), Tool("play_song", "", {})]
    >>> question = Example("1", (), (Message("user", "Book a hotel, then play songs"),), None)
    >>> [tool.name for tool in retrieve_tools(question, ToolIndex(tools), 2).tools]
    ['book_hotel', 'play_song']
    """
    check_number("retrieved tools", k, count_of(high=100_000))
    chosen = index.choose(list_texts(example.messages), k, index.list_unfit(example))
    return replace(example, tools=chosen, is_retrieved=True)


def collect_tools(examples: Iterable[Example]) -> list[Tool]:
    """List all tools of some questions, in their order."""
    return [tool for example in examples for tool in example.tools]


def list_texts(messages: Sequence[Message]) -> list[str]:
    """List what a dialogue is looked up by: all that the user says, and the clauses of the last message.

    >>> list_texts([Message("user", "Book a hotel in Rome, then play a song.")])
    ['Book a hotel in Rome, then play a song.', 'Book a hotel in Rome', 'play a song.']
    """
    asked = [message.content for message in messages if message.role == "user"]
    clauses = [part for part in _CLAUSE_END.split(asked[-1]) if len(split_terms(part)) > 1] if asked else []
    return ["\n".join(asked), *(clauses[:MAX_CLAUSES] if len(clauses) > 1 else ())]


def list_terms(tool: Tool) -> list[str]:
    """List the terms of a tool: its name, its description, and its arguments' names and descriptions.

    >>> list_terms(Tool("getTaxRate", "The tax.", {"properties": {"zipCode": {"description": "US code"}}}))
    ['tax', 'rate', 'tax', 'rate', 'tax', 'zip', 'code', 'code']
    """
    texts = [*[tool.name] * NAME_WEIGHT, tool.description, *_describe(tool.parameters)]
    return [term for text in texts for term in split_terms(text)]


def _describe(schema: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names and descriptions of a schema's properties, at any depth."""
    left: list[Any] = [schema]
    while left:
        part = left.pop()
        if isinstance(part, list):
            left += part
        elif isinstance(part, Mapping):
            properties = part.get("properties")
            yield from properties if isinstance(properties, Mapping) else ()
            if isinstance(part.get("description"), str):
                yield part["description"]
            left += part.values()
