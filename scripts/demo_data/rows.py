"""From tools to rows: which tools are on offer, what is asked, what the right answer is."""

from __future__ import annotations

import json
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
        self.turns = {variants[0].base.key: rng.randrange(100) for _, variants in self.tools}
        self.queries: set[str] = set()
        self.talk = list(talk)
        rng.shuffle(self.talk)

    def make(self, count: int, prefix: str) -> list[dict[str, Any]]:
        """Make `count` rows; each stretch of them covers all tools and kinds of row evenly."""
        rows: list[dict[str, Any]] = []
        kinds: list[str] = []
        order: list[tuple[str, list[Variant]]] = []
        while len(rows) < count:
            kinds = kinds or self.rng.sample(KINDS, len(KINDS))
            order = order or self.rng.sample(self.tools, len(self.tools))
            domain, variants = order.pop()
            kind = kinds.pop()
            row = self._row(kind, domain, variants)
            while not self._is_fit(row["messages"][0]["content"]):
                row = self._row(kind, domain, variants)
            self.queries.add(row["messages"][0]["content"])
            rows.append({"id": f"{prefix}-{len(rows) + 1:04}"} | row)
        return rows

    def _is_fit(self, query: str) -> bool:
        return query not in self.queries and 6 <= len(query.split()) <= 60

    def _next(self, variants: list[Variant]) -> tuple[Variant, str]:
        """The tool's next variant and its next template, each in turn."""
        key = variants[0].base.key
        turn = self.turns[key]
        self.turns[key] += 1
        variant = variants[turn % len(variants)]
        return variant, variant.asks[turn // len(variants) % len(variant.asks)]

    def _row(self, kind: str, domain: str, variants: list[Variant]) -> dict[str, Any]:
        rng = self.rng
        variant, template = self._next(variants)
        if kind == "none":
            return self._no_tool_row(domain, variant, template)
        if kind == "several":
            return self._several_row(domain, variant, template)
        if kind == "same":
            return self._same_row(domain, variant, template)
        ask = ask_once(variant, template, rng)
        return self._finish(dress(ask.query, rng), ask.calls, domain, [variant])

    def _same_row(self, domain: str, variant: Variant, template: str) -> dict[str, Any]:
        rng = self.rng
        if variant.pairs and rng.random() < 0.7:
            ask = ask_pair(variant, rng.choice(variant.pairs), rng)
            return self._finish(dress(ask.query, rng), ask.calls, domain, [variant])
        asks = [ask_once(variant, template, rng), ask_once(variant, rng.choice(variant.asks), rng)]
        return self._joined(asks, domain, [variant])

    def _several_row(self, domain: str, variant: Variant, template: str) -> dict[str, Any]:
        rng = self.rng
        used = [variant]
        asks = [ask_once(variant, template, rng)]
        for _ in range(rng.choice((1, 1, 1, 2))):
            done = [tool.base for tool in used]
            near = [tools for tools in self.domains[domain] if tools[0].base not in done]
            far = [tools for _, tools in self.tools if tools[0].base not in done]
            free = near if near and rng.random() < 0.5 else far
            other, ask = self._next(rng.choice(free))
            used.append(other)
            asks.append(ask_once(other, ask, rng))
        return self._joined(asks, domain, used)

    def _joined(self, asks: list[Ask], domain: str, used: list[Variant]) -> dict[str, Any]:
        calls = tuple(call for ask in asks for call in ask.calls)
        return self._finish(join([ask.query for ask in asks], self.rng), calls, domain, used)

    def _no_tool_row(self, domain: str, variant: Variant, template: str) -> dict[str, Any]:
        rng = self.rng
        if self.talk and rng.random() < 0.2:
            return self._finish(self.talk.pop(), (), domain, [], without=None)
        query = dress(ask_once(variant, template, rng).query, rng)
        return self._finish(query, (), domain, [], without=variant.base)

    def _finish(
        self,
        query: str,
        calls: tuple[dict[str, Any], ...],
        domain: str,
        used: list[Variant],
        without: BaseTool | None = None,
    ) -> dict[str, Any]:
        rng = self.rng
        offer = list(used)
        size = max(rng.choice(OFFERS), len(offer), 1)
        while len(offer) < size:
            near = self.domains[domain] if rng.random() < 0.45 else self.domains[rng.choice(list(self.domains))]
            other = rng.choice(rng.choice(near))
            if other.base is not without and other.base not in [tool.base for tool in offer]:
                offer.append(other)
            elif len(near) <= 2:
                domain = rng.choice(list(self.domains))
        rng.shuffle(offer)
        answer: dict[str, Any] = {"role": "assistant", "content": ""}
        if calls:
            functions = [
                {"name": call["name"], "arguments": json.dumps(call["arguments"], ensure_ascii=False)} for call in calls
            ]
            answer["tool_calls"] = [{"type": "function", "function": function} for function in functions]
        else:
            answer["content"] = rng.choice(NO_TOOL_ANSWERS)
        user = {"role": "user", "content": query}
        return {"tools": [tool.name for tool in offer], "messages": [user, answer]}
