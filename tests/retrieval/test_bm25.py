"""BM25 against the formula worked by hand and a plain count; terms of hostile texts."""

from __future__ import annotations

import math
import time
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lit_toolcall.retrieval.bm25 import LENGTH_PENALTY, SATURATION, Bm25, cut_ending, split_terms

WORDS = st.lists(st.sampled_from("abcde"), max_size=8)


def score_by_hand(documents: list[list[str]], query: list[str], number: int) -> float:
    """The textbook's sum, term by term."""
    mean = sum(map(len, documents)) / len(documents) or 1.0
    total = 0.0
    for term in query:
        holders = sum(term in document for document in documents)
        count = Counter(documents[number])[term]
        rarity = math.log(1 + (len(documents) - holders + 0.5) / (holders + 0.5))
        length = 1 - LENGTH_PENALTY + LENGTH_PENALTY * len(documents[number]) / max(1.0, mean)
        total += rarity * count / (count + SATURATION * length) if count else 0.0
    return total


def test_the_formula_by_hand() -> None:
    # 2 documents of 1 and 3 terms, mean 2; "tax" is in both: log(1 + 0.5/2.5) = 0.1823
    # first: 1 / (1 + 1.2 * (0.25 + 0.75 * 0.5)) = 0.5714; second: 2 / (2 + 1.2 * (0.25 + 0.75 * 1.5)) = 0.5479
    first, second = Bm25([["tax"], ["tax", "tax", "rate"]]).score(["tax"])
    assert first == pytest.approx(0.1823 * 0.5714, abs=1e-4)
    assert second == pytest.approx(0.1823 * 0.5479, abs=1e-4)


@settings(max_examples=30)
@given(st.lists(WORDS, min_size=1, max_size=6), WORDS)
def test_scores_are_those_of_the_formula(documents: list[list[str]], query: list[str]) -> None:
    scores = Bm25(documents).score(query)
    assert scores.tolist() == pytest.approx([score_by_hand(documents, query, n) for n in range(len(documents))])


@given(st.lists(WORDS, max_size=6), WORDS)
def test_every_document_is_ranked_once_and_equal_ones_in_order(documents: list[list[str]], query: list[str]) -> None:
    index = Bm25(documents)
    scores, ranked = index.score(query), index.rank(query).tolist()
    assert ranked == sorted(range(len(documents)), key=lambda number: (-scores[number], number))


def test_no_documents_rank_none() -> None:
    assert Bm25([]).rank(["a"]).tolist() == []


def test_no_terms_leave_the_order() -> None:
    assert Bm25([["a"], [], ["b"]]).rank([]).tolist() == [0, 1, 2]


@given(st.text())
def test_terms_are_words_without_case_and_marks(text: str) -> None:
    terms = split_terms(text)
    assert all(terms)
    assert split_terms(text.replace("_", " ")) == terms


def test_other_alphabets_have_terms() -> None:
    assert split_terms("天気を教えて")[:2] == ["天", "気"]
    assert split_terms("ΤΙΜΉ café погода") == ["τιμή", "café", "погода"]
    assert split_terms("get the of __ !!! \x00") == []


def test_a_long_text_takes_no_long_time() -> None:
    begun = time.monotonic()
    Bm25([split_terms("aB" * 200_000), split_terms("_" * 200_000)]).rank(split_terms("aB" * 200_000))
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("word", ["", "s", "es", "ies", "us"])
def test_short_words_stand(word: str) -> None:
    assert isinstance(cut_ending(word), str)
