"""BM25 over short texts, and the terms that texts are compared by."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from lit_toolcall.data.leakage import FUNCTION_WORDS, fold_name, split_words

SATURATION = 1.2
"""k1: how soon further occurrences of a term count for nothing; Lucene's default."""
LENGTH_PENALTY = 0.75
"""b: how much longer documents are marked down; Lucene's default."""


class Bm25:
    """Documents ranked by BM25 (Robertson and Zaragoza, 2009, doi:10.1561/1500000019), with Lucene's weight of a term.

    Args:
        documents: the terms of each; a term counts as often as it occurs.

    Example:
        >>> [int(number) for number in Bm25([["rain"], ["tax", "rate"], ["tax"]]).rank(["tax"])]
        [2, 1, 0]
    """

    def __init__(self, documents: Iterable[Sequence[str]]) -> None:
        counted = [Counter(terms) for terms in documents]
        self.size = len(counted)
        lengths = np.array([counts.total() for counts in counted], dtype=np.float64)  # (D,)
        norms = SATURATION * (
            1 - LENGTH_PENALTY + LENGTH_PENALTY * lengths / max(1.0, lengths.sum() / max(1, self.size))
        )
        postings: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for number, counts in enumerate(counted):
            for term, count in counts.items():
                postings[term].append((number, count))
        self._weights: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]] = {}
        for term, posted in postings.items():
            numbers, counts_of = np.array(posted).T  # (P,) documents with the term, (P,) its occurrences
            rarity = np.log(1 + (self.size - len(posted) + 0.5) / (len(posted) + 0.5))
            self._weights[term] = numbers, rarity * counts_of / (counts_of + norms[numbers])

    def score(self, terms: Iterable[str]) -> NDArray[np.float64]:
        """Score all documents, (D,): 0 for one that has none of the terms."""
        scores = np.zeros(self.size)
        for term, count in Counter(terms).items():
            if term in self._weights:
                numbers, weights = self._weights[term]
                scores[numbers] += count * weights
        return scores

    def rank(self, terms: Iterable[str]) -> NDArray[np.int64]:
        """Return the numbers of all documents, (D,), the best first, equally good ones in their order."""
        return np.argsort(-self.score(terms), kind="stable")


def split_terms(text: str) -> list[str]:
    """List the terms of a text or name: words of one spelling, plurals cut, without those that say little.

    Words of camel and snake case are told apart.

    >>> split_terms("getHotelPrices for 3 cities"), split_terms("weather.hourly_forecast")
    (['hotel', 'price', '3', 'city'], ['weather', 'hourly', 'forecast'])
    """
    words = (word for part in fold_name(text) for word in split_words(part) if word not in FUNCTION_WORDS)
    return [cut_ending(word) for word in words]


def cut_ending(word: str) -> str:
    """Cut the plural off an English word: Harman's S-stemmer (1991, J. Am. Soc. Inf. Sci. 42(1), pp. 7-15).

    >>> [cut_ending(word) for word in ("cities", "prices", "cars", "glass", "bus", "ties")]
    ['city', 'price', 'car', 'glass', 'bus', 'ty']
    """
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return f"{word[:-3]}y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    return word[:-1] if word.endswith("s") and not word.endswith(("us", "ss")) else word
