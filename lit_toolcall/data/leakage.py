"""Leakage: training rows that repeat the questions or tool names of evaluation rows."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

from lit_toolcall.data.sources.bfcl import ANSWERED, UNANSWERED, Bfcl
from lit_toolcall.data.sources.source import Source
from lit_toolcall.json_values import clip
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example

# Japanese, Chinese and Korean sentences have few spaces or long endings: there each character is a word.
_CHARACTER_WORDS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
_WORD = re.compile(rf"[{_CHARACTER_WORDS}]|[^\W_{_CHARACTER_WORDS}]+")
_NAME_BREAK = re.compile(r"[\W_]+|(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")


def split_words(text: str) -> tuple[str, ...]:
    """List a text's words in one spelling: no case, no punctuation, one Unicode form.

    >>> split_words("What's the weather, in OSLO?")
    ('what', 's', 'the', 'weather', 'in', 'oslo')
    """
    spelled = text.lower() if text.isascii() else unicodedata.normalize("NFKC", text).casefold()
    return tuple(_WORD.findall(spelled))


def fold_name(name: str) -> tuple[str, ...]:
    """List the words of a tool's name, of any alphabet, in one spelling: no case, no dots, underscores or blanks.

    >>> fold_name("sendHTTPRequest"), fold_name("weather.get_forecast v2")
    (('send', 'http', 'request'), ('weather', 'get', 'forecast', 'v2'))
    """
    return tuple(word.casefold() for word in _NAME_BREAK.split(unicodedata.normalize("NFKC", name)) if word)


@dataclass(frozen=True)
class NameMatch:
    """The benchmark's tool that a name matches."""

    evaluation_id: str
    """The first question that offers it."""
    name: str
    """As the benchmark writes it."""
    score: float
    """1 for the same letters; else the parts that both names have, among the parts of either (Jaccard)."""


class ToolNameIndex:
    """Names that match when their letters and digits agree: all of them, or those after the last dot.

    `triangle_area` matches `triangle.area`, and `GetGames` matches `game_list.get_games`. Where both names have a
    part before the last dot, one word after it is not enough: `hotel.find` is no `recipe.find`.

    >>> index = ToolNameIndex([("q1", "recipe.find"), ("q2", "triangle.area")])
    >>> index.find("hotel.find"), index.find("triangleArea").name, index.find("Find").score
    (None, 'triangle.area', 0.5)

    Args:
        names: `(id of a question, name of a tool that it offers)`.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._whole: dict[str, tuple[str, str]] = {}
        self._last: dict[str, dict[bool, tuple[str, str]]] = {}
        for evaluation_id, name in names:
            self._whole.setdefault("".join(fold_name(name)), (evaluation_id, name))
            last, has_prefix = _last_part(name)
            self._last.setdefault("".join(last), {}).setdefault(has_prefix, (evaluation_id, name))
        self._whole.pop("", None)
        self._last.pop("", None)
        self._found: dict[str, NameMatch | None] = {}

    def find(self, name: str) -> NameMatch | None:
        """Find the benchmark's tool of this name; the one with the same letters, if there is one."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> NameMatch | None:
        if (whole := self._whole.get("".join(fold_name(name)))) is not None:
            return NameMatch(*whole, score=1.0)
        last, has_prefix = _last_part(name)
        alike = self._last.get("".join(last), {})
        match = alike.get(False) or alike.get(True)
        if match is None:
            return None
        other, other_has_prefix = _last_part(match[1])
        if has_prefix and other_has_prefix and min(len(last), len(other)) == 1:
            return None
        return NameMatch(*match, score=_jaccard(_parts(name), _parts(match[1])))


def _last_part(name: str) -> tuple[tuple[str, ...], bool]:
    """Split the words after the last dot off, and tell whether any stand before it."""
    before, _, after = name.rpartition(".")
    return fold_name(after), bool(fold_name(before))


def _parts(name: str) -> set[str]:
    """Collect the words before the last dot, and all that stands after it as one."""
    before, _, after = name.rpartition(".")
    return {*fold_name(before), "".join(fold_name(after))}


def _jaccard(first: set[str], second: set[str]) -> float:
    return len(first & second) / len(first | second)


MIN_WORDS = 4
"""A shorter question, such as `help me` or `version?`, says too little to be called a leak."""
MIN_NEAR_WORDS = 6
"""A shorter question matches exactly or not at all: one word more or less makes it another question."""
MIN_NEAR_CONTENT_WORDS = 3
"""A question with fewer words that are not `FUNCTION_WORDS` nearly matches only where it stands unchanged."""
MAX_NEAR_WORDS = 20_000
"""Words of a training row, over all of its turns, in which near matches are sought; bounds the time on one row."""
MAX_CANDIDATES = 200
"""Questions that a text is compared with: those that share the most bigrams of words."""
FUNCTION_WORDS = frozenset(
    split_words(
        "a about an and any are as at be by can could do does find for from get give have help here how i if in is it"
        " its know like ll looking m me my need of on or please s show so some tell that the there this to us ve want"
        " was we what when where which who will with would you your"
    )
)
"""Words that say little about what is asked; `I'm looking for a movie` is no near match of `I'm looking for a hat`."""


@dataclass(frozen=True)
class QueryMatch:
    """The benchmark's question that a text repeats."""

    evaluation_id: str
    query: str
    """As the benchmark writes it."""
    score: float
    """Fraction of the question's words that need no edit, 0 to 1."""
    is_exact: bool
    """Nothing but the question, word for word."""


@dataclass(frozen=True, eq=False)
class _Question:
    evaluation_id: str
    query: str
    words: tuple[str, ...]
    distinct: frozenset[str]
    content: frozenset[str]
    allowed_edits: int


class QueryIndex:
    """Benchmark questions by their words, for exact and near matches.

    A text nearly matches a question when some stretch of its words becomes the question by inserting, dropping or
    replacing at most `(1 - near_fraction) * words of the question` words, and half of the question's content words are
    in the text; what stands around it costs nothing, so neither a polite opening nor a prompt in which the
    question is embedded hides it.

    To compare few questions, an inverted index holds each question's rarest bigrams of words. An edit breaks two of
    them at most, so `e` edits leave one of any `2e + 1` whole: no near match is lost.

    Args:
        queries: `(id, text)`; the first of several with the same words counts.
        near_fraction: fraction of a question's words, 0 to 1, that must need no edit.
    """

    def __init__(self, queries: Iterable[tuple[str, str]], near_fraction: float) -> None:
        self._exact: dict[tuple[str, ...], _Question] = {}
        for evaluation_id, query in queries:
            words = split_words(query)
            if len(words) >= MIN_WORDS and words not in self._exact:
                self._exact[words] = _make_question(evaluation_id, query, words, near_fraction)
        self._by_bigram = _index_rarest_bigrams(self._exact.values())

    def find(self, words: tuple[str, ...], near_words: int) -> QueryMatch | None:
        """Find the question that a text repeats, the best match of several.

        Args:
            words: all of the text.
            near_words: how many of them are searched for a near match, from the first on.
        """
        if (same := self._exact.get(words)) is not None:
            return QueryMatch(same.evaluation_id, same.query, score=1.0, is_exact=True)
        words = words[:near_words]
        shared: list[_Question] = []
        for bigram in pairwise(words):
            shared += self._by_bigram.get(bigram, ())
        if not shared:
            return None
        distinct = frozenset(words)
        best: QueryMatch | None = None
        for question, _ in Counter(shared).most_common(MAX_CANDIDATES):
            if _has_too_few_words(question, distinct):
                continue
            edits = count_edits(question.words, words)
            score = 1 - edits / len(question.words)
            if edits <= question.allowed_edits and (best is None or score > best.score):
                best = QueryMatch(question.evaluation_id, question.query, score, is_exact=False)
        return best


def _make_question(evaluation_id: str, query: str, words: tuple[str, ...], near_fraction: float) -> _Question:
    distinct = frozenset(words)
    content = distinct - FUNCTION_WORDS
    edits = int((1 - near_fraction) * len(words) + 1e-9)  # 0.3 * 10 is a little less than 3
    return _Question(
        evaluation_id, query, words, distinct, content, edits if len(content) >= MIN_NEAR_CONTENT_WORDS else 0
    )


def _has_too_few_words(question: _Question, distinct: frozenset[str]) -> bool:
    """Tell, before any alignment, that a text of these words cannot nearly match."""
    if len(question.distinct - distinct) > question.allowed_edits:
        return True
    return 2 * len(question.content & distinct) < len(question.content)


def _index_rarest_bigrams(known: Iterable[_Question]) -> dict[tuple[str, str], list[_Question]]:
    questions = [question for question in known if len(question.words) >= MIN_NEAR_WORDS]
    pairs_of = [dict.fromkeys(pairwise(question.words)) for question in questions]
    occurrences = Counter(pair for pairs in pairs_of for pair in pairs)
    by_pair: dict[tuple[str, str], list[_Question]] = {}
    for question, pairs in zip(questions, pairs_of, strict=True):
        rarest = sorted(pairs, key=lambda pair: occurrences[pair])
        for pair in rarest[: 2 * question.allowed_edits + 1]:
            by_pair.setdefault(pair, []).append(question)
    return by_pair


def count_edits(query: Sequence[str], text: Sequence[str]) -> int:
    """Count the fewest word edits that make the query out of some stretch of the text's words.

    Bit-parallel: one bit a word of the query (Myers, A fast bit-vector algorithm for approximate string matching
    based on dynamic programming, J. ACM 46(3), 1999, doi:10.1145/316542.316550).

    >>> count_edits("weather in oslo today".split(), "please tell me the weather in lima today".split())
    1
    """
    positions: dict[str, int] = {}
    for index, word in enumerate(query):
        positions[word] = positions.get(word, 0) | 1 << index
    every, last = (1 << len(query)) - 1, len(query) - 1
    # a column's differences from row to row: the bits that step up, and those that step down
    up, down, edits = every, 0, len(query)
    fewest = edits
    for word in text:
        equal = positions.get(word, 0)
        diagonal = (((equal & up) + up) ^ up) | equal
        right_up = down | (every & ~(diagonal | up))
        right_down = up & diagonal
        edits += (right_up >> last & 1) - (right_down >> last & 1)
        right_up, right_down = right_up << 1, right_down << 1
        up, down = every & (right_down | ~(equal | down | right_up)), every & right_up & (equal | down)
        fewest = min(fewest, edits)
    return fewest


class LeakKind(StrEnum):
    """Kinds of leaks, the worst first."""

    QUERY = "query"
    """A user turn is a question of the benchmark, but for case and punctuation."""
    NEAR_QUERY = "near query"
    """A user turn holds a question of the benchmark, but for a few words."""
    TOOL_NAME = "tool name"
    """An available tool has the name of one of the benchmark's; by itself no proof, `get_weather` is everywhere."""


QUERY_KINDS = (LeakKind.QUERY, LeakKind.NEAR_QUERY)


@dataclass(frozen=True)
class Leak:
    """One thing that a training row repeats of an evaluation row."""

    kind: LeakKind
    example_id: str
    place: str
    """Source of the training row, `file:line`."""
    found: str
    """The training row's text or tool name."""
    evaluation_id: str
    original: str
    """The evaluation row's text or tool name."""
    score: float
    """0 to 1; a query's fraction of words that need no edit, a name's fraction of common words."""

    def __str__(self) -> str:
        what = "offers the tool" if self.kind is LeakKind.TOOL_NAME else "asks"
        return (
            f"{what} {clip(self.found)!r}, which the evaluation row {clip(self.evaluation_id)} has as"
            f" {clip(self.original)!r} ({self.kind}, {self.score:.2f}); leave the row out of training"
        )


class LeakageIndex:
    """An index of the evaluation rows, in which training rows are looked up.

    Only what users say is compared, turn by turn, and questions of three words or fewer never match.

    Args:
        examples: the evaluation rows, from any source.
        near_fraction: least fraction of a question's words, 0.5 to 1, that a training text must hold in the same
            order to match. At 0.75 one changed word in a question of 6 words is found, two in one of 8.

    Raises:
        UserError: near_fraction is out of range.
    """

    def __init__(self, examples: Iterable[Example], near_fraction: float = 0.75) -> None:
        check_ranges(type(self), near_fraction=near_fraction)
        kept = tuple(examples)
        self.near_fraction = near_fraction
        self._names = ToolNameIndex((example.id, tool.name) for example in kept for tool in example.tools)
        self._queries = QueryIndex(((example.id, text) for example in kept for text in _asked(example)), near_fraction)

    def find(self, example: Example) -> Leak | None:
        """Find the worst leak of a training row; None where it has none."""
        return next(self.find_all(example), None)

    def find_all(self, example: Example) -> Iterator[Leak]:
        """Yield the leaks of a training row: the best matching query, if any, then each tool name."""
        query = self._find_query(example)
        if query is not None:
            yield query
        for tool in example.tools:
            name = self._names.find(tool.name)
            if name is not None:
                ids = (example.id, example.place, tool.name, name.evaluation_id)
                yield Leak(LeakKind.TOOL_NAME, *ids, original=name.name, score=name.score)

    def _find_query(self, example: Example) -> Leak | None:
        best: tuple[QueryMatch, str] | None = None
        near_words = MAX_NEAR_WORDS
        for text in _asked(example):
            words = split_words(text)
            match = self._queries.find(words, near_words)
            near_words = max(0, near_words - len(words))
            if match is not None and (best is None or _rank(match) > _rank(best[0])):
                best = match, text
        if best is None:
            return None
        match, text = best
        kind = LeakKind.QUERY if match.is_exact else LeakKind.NEAR_QUERY
        ids = (example.id, example.place, text, match.evaluation_id)
        return Leak(kind, *ids, original=match.query, score=match.score)


def find_leaks(examples: Iterable[Example], index: LeakageIndex) -> list[Leak]:
    """List everything that training rows share with the evaluation rows, in the rows' order."""
    return [leak for example in examples for leak in index.find_all(example)]


def count_leaked_rows(leaks: Iterable[Leak], kinds: Sequence[LeakKind] = QUERY_KINDS) -> int:
    """Count the training rows that have a leak of one of these kinds."""
    return len({(leak.example_id, leak.place) for leak in leaks if leak.kind in kinds})


def benchmark_sources() -> list[Source]:
    """List what training data must not hold: every single-turn category of BFCL."""
    return [Bfcl((*ANSWERED, *UNANSWERED))]


def _asked(example: Example) -> Iterator[str]:
    return (message.content for message in example.messages if message.role == "user")


def _rank(match: QueryMatch) -> tuple[bool, float]:
    return match.is_exact, match.score
