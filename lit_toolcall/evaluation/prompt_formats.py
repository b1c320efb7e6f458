"""The prompt format in which a base model calls tools best, chosen on the demonstration's validation rows."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from lit_toolcall.data.sources import JsonLines
from lit_toolcall.evaluation.answerer import Answerer
from lit_toolcall.evaluation.answers import Answered, score_answer
from lit_toolcall.evaluation.results import RECORD as RESULTS
from lit_toolcall.evaluation.results import ResultOrigin, hash_questions, list_differences
from lit_toolcall.evaluation.run import make_batches
from lit_toolcall.preparation.questions import read_questions
from lit_toolcall.prompting import NativeRenderer, PromptOptions, Renderer
from lit_toolcall.prompting.limits import read_limits
from lit_toolcall.prompting.tokenizer import load_tokenizer
from lit_toolcall.types import Example, UserError

NATIVE = "native"
CANDIDATES: Mapping[str, PromptOptions | None] = {
    NATIVE: None,
    "hermes": PromptOptions("hermes", "json", "text"),
    "llama3_json": PromptOptions("llama3_json", "json", "text"),
    "pythonic": PromptOptions("pythonic", "json", "text"),
    "tool_code": PromptOptions("tool_code", "json", "text"),
    "pythonic, signatures": PromptOptions("pythonic", "signature", "text"),
}
"""By name; `native` is the chat template of the model, where it takes tools. Of equal ones the first is chosen."""
WITH_CALLS, WITHOUT_CALLS = 32, 8
"""Questions that are asked in each format; the right answer to those without calls is words."""
MAX_NEW_TOKENS = 256
"""Of each of these answers, at most."""
RECORD = "prompt_formats.json"
"""Beside the answers: what was chosen, and what it depends on."""


@dataclass(frozen=True)
class FormatScore:
    """The answers in one format.

    Args:
        name: in `CANDIDATES`.
        total: the questions.
        exact: answers that are right.
        with_calls: the questions that want calls.
        exact_calls: those of them that are answered right.
        valid: answers without an invalid tool, argument or syntax.
        called: answers in which calls were read.
    """

    name: str
    total: int
    exact: int
    with_calls: int
    exact_calls: int
    valid: int
    called: int

    @property
    def rank(self) -> tuple[int, int, int]:
        """What the best format has most of.

        Questions that want calls come first: to a prompt that a model does not understand it answers in words, which is
        right where no call is wanted.
        """
        return self.exact_calls, self.exact, self.valid


@dataclass(frozen=True)
class FormatChoice:
    """The format that a base model is asked in.

    Args:
        chosen: its name.
        scores: of all that were tried, in the order of `CANDIDATES`.
    """

    chosen: str
    scores: tuple[FormatScore, ...]

    def to_json(self) -> dict[str, Any]:
        """Return what `metrics.json` says of it."""
        return {
            "chosen": self.chosen,
            "questions": self.scores[0].total,
            "candidates": [asdict(score) for score in self.scores],
        }


def make_format_renderer(name: str, base_model: str, trust_remote_code: bool = False) -> Renderer | None:
    """Make the renderer of a candidate; None where the model's chat template takes no tools.

    Raises:
        UserError: the tokenizer cannot be loaded.
    """
    tokenizer = load_tokenizer(base_model, trust_remote_code)
    limits, options = read_limits(base_model, tokenizer), CANDIDATES[name]
    if options is not None:
        return Renderer(tokenizer, options, limits)
    native = NativeRenderer(tokenizer, limits)
    return native if native.takes_tools else None


def draw_format_questions(seed: int = 0) -> list[Example]:
    """Draw the questions that formats are compared on: they are in no suite.

    >>> len(draw_format_questions()), sum(bool(each.answer.calls) for each in draw_format_questions())
    (40, 32)
    """
    rows = read_questions([JsonLines("demo:validation.jsonl", tools_path="demo:tools.jsonl")])
    drawn: list[Example] = []
    for wants_calls, count in ((True, WITH_CALLS), (False, WITHOUT_CALLS)):
        those = [row for row in rows if row.answer is not None and bool(row.answer.calls) == wants_calls]
        drawn += random.Random(f"{seed}:{wants_calls}").sample(those, count)
    return drawn


def choose_format(
    answerers: Mapping[str, Answerer],
    questions: Sequence[Example],
    batch_size: int,
    tell: Callable[[int], object] = lambda _: None,
) -> FormatChoice:
    """Ask the questions in each format, and choose the best.

    The best is that with the most exact answers to the questions that want calls, then to all, then with the most valid
    answers; of equally good ones the first.

    Args:
        answerers: by the names of their formats, at least one; they read leniently.
        questions: with their answers.
        batch_size: questions asked at a time.
        tell: gets the number of questions that are done since.

    Raises:
        UserError: a question cannot be answered.
    """
    scores = []
    for name, answerer in answerers.items():
        answered = []
        for batch in make_batches(questions, batch_size):
            for question, answer in zip(batch, answerer.stream(batch), strict=True):
                answered.append(score_answer(question, answer))
                tell(1)
        scores.append(_add_up(name, answered))
    return FormatChoice(max(scores, key=lambda score: score.rank).name, tuple(scores))


def _add_up(name: str, answered: Sequence[Answered]) -> FormatScore:
    scores = [each.score for each in answered if each.score is not None]
    wanting = [each.score for each in answered if each.score is not None and each.score.expected_tools]
    return FormatScore(
        name,
        total=len(scores),
        exact=sum(score.exact for score in scores),
        with_calls=len(wanting),
        exact_calls=sum(score.exact for score in wanting),
        valid=sum(score.valid for score in scores),
        called=sum(bool(each.prediction.calls) for each in answered),
    )


def describe_formats(choice: FormatChoice) -> str:
    """Write the table of all formats that were tried.

    >>> print(describe_formats(FormatChoice("hermes", (FormatScore("hermes", 40, 12, 32, 9, 30, 28),))))
    prompt formats on 40 questions, 32 of which want calls:
    format    exact  exact with calls    valid  calls read
    hermes       12                 9       30          28  chosen
    """
    first = choice.scores[0]
    width = max(len(score.name) for score in choice.scores)
    lines = [f"prompt formats on {first.total} questions, {first.with_calls} of which want calls:"]
    lines.append(f"{'format':<{width}}{'exact':>9}{'exact with calls':>18}{'valid':>9}{'calls read':>12}")
    for score in choice.scores:
        mark = "  chosen" if score.name == choice.chosen else ""
        lines.append(
            f"{score.name:<{width}}{score.exact:>9}{score.exact_calls:>18}{score.valid:>9}{score.called:>12}{mark}"
        )
    return "\n".join(lines)


def describe_choice(origin: ResultOrigin, questions: Sequence[Example]) -> ResultOrigin:
    """Return what a choice depends on: the model, how it decodes, the questions and the candidates.

    Args:
        origin: of the model's answers.
        questions: that formats are compared on.
    """
    prompts = {name: None if options is None else asdict(options) for name, options in CANDIDATES.items()}
    hashed = hashlib.sha256(json.dumps(prompts).encode()).hexdigest()[:16]
    return replace(origin, questions=hash_questions(questions), prompts=hashed)


def read_choice(folder: Path, origin: ResultOrigin, cure: str) -> FormatChoice | None:
    """Read the choice that was made for a folder; None where none was.

    Args:
        folder: of the answers.
        origin: what a choice depends on now.
        cure: what to do where the folder holds another one.

    Raises:
        UserError: it was made for another model or other settings, the file is not what `eval` writes, or the folder
            holds answers for which none was made; before minutes go into choosing.
    """
    path = folder / RECORD
    if not path.is_file():
        if (folder / RESULTS).is_file():
            raise UserError(f"{folder} holds answers for which no prompt format was chosen: {cure}")
        return None
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        before = ResultOrigin(**written["origin"])
        choice = FormatChoice(written["chosen"], tuple(FormatScore(**score) for score in written["candidates"]))
        if choice.chosen not in [score.name for score in choice.scores if score.name in CANDIDATES]:
            raise ValueError("no such format")
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"{path}: not what `eval` writes: move it away with the answers beside it, or {cure}"
        ) from error
    others = list_differences(before, origin)
    if others:
        raise UserError(f"{path}: the prompt format was chosen for what differs ({'; '.join(others)}): {cure}")
    return choice


def write_choice(folder: Path, origin: ResultOrigin, choice: FormatChoice) -> None:
    """Keep a choice, so that an interrupted evaluation does not make it again."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = folder / f"{RECORD}.part"
    partial.write_text(json.dumps({"origin": asdict(origin), **choice.to_json()}, indent=1) + "\n", encoding="utf-8")
    partial.replace(folder / RECORD)
