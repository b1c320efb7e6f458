"""Rows made of tools: the available tools, the question, the right answer."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from demo_data.define import BaseTool
from demo_data.phrases import Sentence, dress, expand, fill, join, slots
from demo_data.smalltalk import NO_TOOL_ANSWERS
from demo_data.values import Said
from demo_data.variants import Variant, write_call

# of 20 rows in a row: 14 ask for one call, 2 fit no tool, 4 ask for several calls
KINDS = ("one",) * 14 + ("none",) * 2 + ("same",) * 2 + ("several",) * 2
OFFERS = (1,) * 11 + (2,) * 5 + (3,) * 2 + (4,) * 2


@dataclass(frozen=True)
class Ask:
    """A request and the calls that answer it."""

    query: Sentence
    calls: tuple[dict[str, Any], ...]


def _said(base: BaseTool, names: set[str], rng: Random) -> dict[str, Said]:
    """Values for all arguments of a tool that are named, `key` or `key.field`."""
    said: dict[str, Said] = {}
    for argument in base.arguments:
        fields = {name.partition(".")[2] for name in names if name.startswith(f"{argument.key}.")}
        drawn = argument.kind.draw(rng)
        while isinstance(drawn.value, str) and drawn.value in [other.value for other in said.values()]:
            drawn = argument.kind.draw(rng)
        if fields:
            said[argument.key] = Said({field: drawn.value[field] for field in drawn.value if field in fields}, "")
        elif argument.key in names:
            said[argument.key] = drawn
        elif argument.required:
            raise ValueError(f"{base.key}: a template does not say {argument.key!r}: {sorted(names)}")
    if unknown := {name.partition(".")[0] for name in names} - set(said):
        raise ValueError(f"{base.key}: a template says {sorted(unknown)}, which is no argument")
    return said


def ask_once(variant: Variant, template: str, rng: Random) -> Ask:
    """One question for one call."""
    text = expand(template, rng)
    said = _said(variant.base, set(slots(text)), rng)
    return Ask(Sentence(fill(text, said), text.startswith("{")), (write_call(variant, said),))


def ask_pair(variant: Variant, template: str, rng: Random) -> Ask:
    """One question for several calls of one tool; slots without a number are shared."""
    text = expand(template, rng)
    found = slots(text)
    numbers = sorted({name[0] for name in found if name[0].isdigit()})
    own = {number: {name[2:] for name in found if name[0] == number} for number in numbers}
    shared = {name for name in found if not name[0].isdigit()}
    shared_keys = {name.partition(".")[0] for name in shared}
    base = variant.base
    common = {argument.key: argument.kind.draw(rng) for argument in base.arguments if argument.key in shared_keys}
    words: dict[str, Said] = dict(common)
    calls: list[dict[str, Any]] = []
    taken: set[str] = set()
    for number in numbers:
        said = _said(base, own[number] | shared, rng) | common
        while taken & {f"{name}={said[name.partition('.')[0]].value}" for name in own[number]}:
            said = _said(base, own[number] | shared, rng) | common
        taken |= {f"{name}={said[name.partition('.')[0]].value}" for name in own[number]}
        words |= {f"{number}.{key}": said[key] for key in {name.partition(".")[0] for name in own[number]}}
        calls.append(write_call(variant, said))
    return Ask(Sentence(fill(text, words), text.startswith("{")), tuple(calls))


def _suits(kind: str, offer: Sequence[Variant]) -> bool:
    return kind != "several" or len(offer) > 1


class RowMaker:
    """Makes the rows of one split from that split's tools alone.

    Args:
        domains: from a domain to its tools, each a list of variants.
        talk: requests that no tool can serve.
        rng: every choice comes from it.
    """

    def __init__(self, domains: dict[str, list[list[Variant]]], talk: Sequence[str], rng: Random) -> None:
        self.domains = domains
        self.rng = rng
        self.tools = [(domain, variants) for domain, tools in domains.items() for variants in tools]
        self.offers: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self.queries: set[str] = set()
        self.talk = list(talk)
        rng.shuffle(self.talk)

    def make(self, count: int, rows_per_offer: int, prefix: str) -> list[dict[str, Any]]:
        """Make `count` rows, a multiple of `rows_per_offer`, those with the same available tools one after the other.

        Each stretch of them covers all tools and kinds of row evenly.
        """
        rng = self.rng
        rows: list[dict[str, Any]] = []
        kinds: list[str] = []
        order: list[tuple[str, list[Variant]]] = []
        sizes: list[int] = []
        while len(rows) < count:
            order = order or rng.sample(self.tools, len(self.tools))
            sizes = sizes or rng.sample(OFFERS, len(OFFERS))
            offer = self._offer(*order.pop(), size=sizes.pop())
            for _ in range(rows_per_offer):
                if not any(_suits(kind, offer) for kind in kinds):
                    kinds += rng.sample(KINDS, len(KINDS))
                kind = kinds.pop(next(index for index, kind in enumerate(kinds) if _suits(kind, offer)))
                row = self._row(kind, offer)
                while not self._is_fit(row["messages"][0]["content"]):
                    row = self._row(kind, offer)
                self.queries.add(row["messages"][0]["content"])
                rows.append({"id": f"{prefix}-{len(rows) + 1:04}"} | row)
        return rows

    def _is_fit(self, query: str) -> bool:
        return query not in self.queries and 6 <= len(query.split()) <= 60

    def _offer(self, domain: str, variants: list[Variant], size: int) -> list[Variant]:
        """Tools that are available together: a variant of one tool, then others, half of them of its domain."""
        rng = self.rng
        key = variants[0].base.key
        offer = [variants[self.offers[key] % len(variants)]]
        self.offers[key] += 1
        while len(offer) < size:
            near = self.domains[domain] if rng.random() < 0.45 else self.domains[rng.choice(list(self.domains))]
            other = rng.choice(rng.choice(near))
            if other.base not in [tool.base for tool in offer]:
                offer.append(other)
            elif len(near) <= 2:
                domain = rng.choice(list(self.domains))
        rng.shuffle(offer)
        return offer

    def _ask(self, variant: Variant) -> Ask:
        """A question for a tool, by its next template in turn."""
        self.asked[variant.name] += 1
        return ask_once(variant, variant.asks[self.asked[variant.name] % len(variant.asks)], self.rng)

    def _row(self, kind: str, offer: list[Variant]) -> dict[str, Any]:
        rng = self.rng
        used = rng.choice(offer)
        if kind == "none":
            return self._finish(self._no_tool_query(offer), (), offer)
        if kind == "several":
            asked = rng.sample(offer, min(len(offer), rng.choice((2, 2, 2, 3))))
            return self._joined([self._ask(tool) for tool in asked], offer)
        if kind == "same" and used.pairs and rng.random() < 0.7:
            ask = ask_pair(used, rng.choice(used.pairs), rng)
            return self._finish(dress(ask.query, rng), ask.calls, offer)
        if kind == "same":
            return self._joined([self._ask(used), self._ask(used)], offer)
        ask = self._ask(used)
        return self._finish(dress(ask.query, rng), ask.calls, offer)

    def _joined(self, asks: list[Ask], offer: list[Variant]) -> dict[str, Any]:
        calls = tuple(call for ask in asks for call in ask.calls)
        return self._finish(join([ask.query for ask in asks], self.rng), calls, offer)

    def _no_tool_query(self, offer: list[Variant]) -> str:
        rng = self.rng
        if self.talk and rng.random() < 0.2:
            return self.talk.pop()
        bases = [tool.base for tool in offer]
        asked = rng.choice([variants for _, variants in self.tools if variants[0].base not in bases])
        return dress(self._ask(rng.choice(asked)).query, rng)

    def _finish(self, query: str, calls: tuple[dict[str, Any], ...], offer: list[Variant]) -> dict[str, Any]:
        answer: dict[str, Any] = {"role": "assistant", "content": ""}
        if calls:
            functions = [
                {"name": call["name"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)} for call in calls
            ]
            answer["tool_calls"] = [{"type": "function", "function": function} for function in functions]
        else:
            answer["content"] = self.rng.choice(NO_TOOL_ANSWERS)
        return {"tools": [tool.name for tool in offer], "messages": [{"role": "user", "content": query}, answer]}
