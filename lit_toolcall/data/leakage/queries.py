"""Finds a question among those of a benchmark: the same words, or nearly the same."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from lit_toolcall.data.leakage.words import split_words

MIN_WORDS = 4
"""A shorter question, such as `help me` or `version?`, says too little to be called a leak."""
MIN_NEAR_WORDS = 6
"""A shorter question matches exactly or not at all: one word more or less makes it another question."""
MIN_NEAR_CONTENT_WORDS = 3
"""A question with fewer words that are not `FUNCTION_WORDS` nearly matches only where it stands unchanged."""
MAX_NEAR_WORDS = 20_000
"""Words of a training row, over all of its turns, in which near matches are sought; bounds the time on one row."""
MAX_CANDIDATES = 200
"""Questions that a text is compared with, those that share the most pairs of words."""
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
    """Share of the question's words that need no edit, 0 to 1."""
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

    A text nearly matches a question when some run of its words becomes the question by inserting, dropping or
    replacing at most `(1 - near_fraction) * words of the question` words, and half of the question's content words are
    in the text; what stands around that run costs nothing, so neither a polite opening nor a prompt in which the
    question is embedded hides it.

    To compare few pairs, an inverted index holds each question's rarest pairs of neighbouring words. An edit breaks
    two such pairs at most, so `e` edits leave one of any `2e + 1` whole: no near match is lost.

    Args:
        queries: `(id, text)`; the first of several with the same words counts.
        near_fraction: least share of a question's words, 0 to 1, that must need no edit.
    """

    def __init__(self, queries: Iterable[tuple[str, str]], near_fraction: float) -> None:
        self._exact: dict[tuple[str, ...], _Question] = {}
        for evaluation_id, query in queries:
            words = split_words(query)
            if len(words) >= MIN_WORDS and words not in self._exact:
                self._exact[words] = _make_question(evaluation_id, query, words, near_fraction)
        self._by_pair = _index_rarest_pairs(self._exact.values())

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
        for pair in pairwise(words):
            shared += self._by_pair.get(pair, ())
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


def _index_rarest_pairs(known: Iterable[_Question]) -> dict[tuple[str, str], list[_Question]]:
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
    """Count the fewest word edits that make the query out of some run of the text's words.

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
