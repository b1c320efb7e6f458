"""Parallel rows: rows with several calls, made of rows with one, their requests joined in natural words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from lit_toolcall.data.augment.alike import ToolWords, are_alike, words_of
from lit_toolcall.data.augment.augmentation import Augmentation, FreshIds, is_trainable
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, Message, Tool, ToolCall

MAX_DRAWS = 8
"""Rows that are drawn for one place in a request before it is given up."""


class JoinCalls(Augmentation):
    """Adds parallel rows: the requests of single-call rows as one, answered by all of their calls.

    Half of the further requests are of a tool that is called already, with other arguments, where such rows exist; the
    available tools are united. Rows with a system message or earlier turns are left alone, and so are rows whose tools
    could answer each other's requests.

    Args:
        most: most calls of a new row; from 2 to this many, each number equally often.
        fraction: fraction of the single-call rows after which such a row is added, 0 to 1.
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
        self._words: dict[str, ToolWords] = {}

    @property
    def words(self) -> dict[str, ToolWords]:
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
    """Tell whether two rows ask for different calls, and the tools of neither could answer the other's request."""
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


MAX_CHARACTERS = 400
"""Longer requests are not joined."""

_QUESTIONS = """
are can could did do does had has have how is might was were what when where which who whose why would
"""
_ORDERS = """
add adjust analyze arrange assess block book build buy calculate change check combine compare compute convert create
delete describe divide draft draw enter estimate evaluate explain fetch figure file find freeze generate get give hide
hire list locate log look make measure mix open order outline pick place plan plot predict prepare provide put query
rate read recommend record register remove rent report reserve resize retrieve review rewrite run schedule search send
set show sort start subscribe suggest sum summarize switch take tell track transfer translate transpose turn update
verify wash work write
"""
_QUESTION_WORDS = frozenset(_QUESTIONS.split())
_IMPERATIVES = frozenset(_ORDERS.split())
_STATEMENT_WORDS = frozenset(("i", "my", "please", "we"))
_NO_NAMES = _QUESTION_WORDS | _IMPERATIVES | (_STATEMENT_WORDS - {"i"})
"""Words that have a capital only because a sentence begins with them."""

_GREETING = re.compile(
    r"(?:(?:hi|hello|hey|good (?:morning|afternoon|evening))(?: there)?[,.!]|quick question:) +", re.IGNORECASE
)
_THANKS = re.compile(
    r"(?<=[.!?]) +(?:thanks|thank you)(?: (?:in advance|very much|so much|a lot))?[.!]$", re.IGNORECASE
)
_INNER_END = re.compile(r"[.!?]['\")]* +\S")
_END = re.compile(r"[.!?]['\")]*$")
_LEADS = ("Also, ", "Then ", "After that, ", "Next, ", "And ")
_JOINTS = (", and ", ", then ", ", and also ", " and ")


def can_join(query: str) -> bool:
    """Tell whether a request is short prose on one line, with all quotes and brackets closed.

    >>> can_join("What is 2 + 2?"), can_join('Say "hello.')
    (True, False)
    """
    text = query.strip()
    is_closed = text.count('"') % 2 == 0 and text.count("(") == text.count(")") and text.count("[") == text.count("]")
    return is_closed and 0 < len(text) <= MAX_CHARACTERS and "\n" not in text and text[0].isalnum() and text[-1] != ":"


def join_requests(queries: Sequence[str], rng: Random) -> str:
    """Join requests that `can_join` takes: into one sentence where two are plain orders, else one after the other.

    Only words that are known to be no names lose their capital. Greetings stay at the beginning, thanks at the end.

    >>> join_requests(["Find a hotel in Rome.", "Hi! What is the weather there? Thanks!"], Random(0))
    'Find a hotel in Rome. Also, what is the weather there? Thanks!'
    >>> join_requests(["Find a hotel in Rome.", "Book a car."], Random(1))
    'Find a hotel in Rome, and book a car.'
    """
    last = len(queries) - 1
    parts = [
        _finish(_trim(query.strip(), is_first=index == 0, is_last=index == last)) for index, query in enumerate(queries)
    ]
    joined = parts[0]
    previous, was_joined = parts[0], False
    for index, part in enumerate(parts[1:], start=1):
        # Three orders in one sentence read like a list without an end.
        was_joined = not was_joined and _is_order(previous) and _is_order(part) and rng.random() < 0.5
        if was_joined:
            joined = joined.removesuffix(".") + rng.choice(_JOINTS) + _lower_first(part)
        else:
            joined += " " + _lead_in(part, is_last=index == last and last > 1, rng=rng)
        previous = part
    return joined


def _trim(text: str, is_first: bool, is_last: bool) -> str:
    """Leave out a greeting in the middle and thanks before the end."""
    if not is_first:
        greeting = _GREETING.match(text)
        text = text[greeting.end() :] if greeting else text
        text = text[0].upper() + text[1:]
    return text if is_last else _THANKS.sub("", text)


def _finish(text: str) -> str:
    """End a request that has no end."""
    if _END.search(text):
        return text
    return text.rstrip(",; ") + ("?" if _first_word(text) in _QUESTION_WORDS else ".")


def _is_order(text: str) -> bool:
    """Tell whether a request is one sentence that begins with an imperative and ends with a full stop."""
    return (
        _first_word(text) in _IMPERATIVES and text.endswith(".") and _INNER_END.search(text) is None and ":" not in text
    )


def _lead_in(part: str, is_last: bool, rng: Random) -> str:
    """Put a connective before a sentence that can have one."""
    first = _first_word(part)
    if first in _IMPERATIVES:
        lead = rng.choice(("", *_LEADS, *(["Finally, "] if is_last else [])))
    elif first in _QUESTION_WORDS:
        lead = rng.choice(("", "Also, ", "And "))
    elif first in _STATEMENT_WORDS:
        lead = rng.choice(("", "Also, "))
    else:
        lead = ""
    return lead + (_lower_first(part) if lead else part)


def _first_word(text: str) -> str:
    return re.split(r"[^A-Za-z]", text, maxsplit=1)[0].lower()


def _lower_first(text: str) -> str:
    return text[0].lower() + text[1:] if _first_word(text) in _NO_NAMES else text
