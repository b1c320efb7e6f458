"""How near an answer in words comes to the expected one."""

from __future__ import annotations

import re

from lit_toolcall.types import Example, Prediction

MAX_WORDS = 1000
"""Words that are compared of each text; the comparison takes time and memory in the product of both numbers."""

_MARKS = re.compile(r"[\W_]+")


def rouge_l(words: str, expected: str) -> float:
    """Return the F1 of ROUGE-L, by torchmetrics: of the longest common subsequence of words, from 0 to 1.

    Lin, Text Summarization Branches Out (2004) 74-81. Words are runs of letters and digits of any script in lower
    case, split at everything else and not stemmed; in ASCII they are those of Google's `rouge_score`.

    Example:
        >>> round(rouge_l("The alarm is set, Ann.", "Your alarm is set."), 3)  # 3 of 5 and of 4 words
        0.667
        >>> rouge_l("", "Your alarm is set.")
        0.0
    """
    from torchmetrics.functional.text.rouge import rouge_score  # torch takes seconds, which `compare` does without

    scores = rouge_score(words, expected, rouge_keys="rougeL", normalizer=_normalise, tokenizer=_split)
    return float(scores["rougeL_fmeasure"])


def _normalise(text: str) -> str:
    return _MARKS.sub(" ", text.lower())


def _split(text: str) -> list[str]:
    return text.split()[:MAX_WORDS]


def score_words(prediction: Prediction, example: Example) -> float | None:
    """Return the ROUGE-L of an answer whose expected answer is words; None where that one has calls or is not known.

    An answer that makes a call, or cannot be read, says nothing and scores 0.
    """
    if example.bfcl is not None or example.answer is None or example.answer.calls or not example.answer.content.strip():
        return None
    if prediction.calls is None or prediction.calls or prediction.problem is not None:
        return 0.0
    said = prediction.text if prediction.words is None else prediction.words
    return rouge_l(said, example.answer.content)
