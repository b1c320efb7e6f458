"""Sampling of a policy's own answers, and pairs made of them: the command `pairs`."""

from __future__ import annotations

import hashlib
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random
from typing import Any

from lit_toolcall.generation import Generated, GenerationOptions, Request, ask_engine
from lit_toolcall.models.checkpoint import hash_weights
from lit_toolcall.modules.policy import PolicyModule
from lit_toolcall.pairs import (
    AnswerRanking,
    PairOptions,
    PairParts,
    PaperRanking,
    make_corruption,
    make_pairs,
    preference_to_record,
    read_candidate,
)
from lit_toolcall.prompting import encode_questions
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, UserError


class PairModule(PolicyModule):
    """Samples answers to the questions of `data.test` and pairs better with worse ones: `pairs.jsonl`.

    The policy is that of `--ckpt_path` or `init_adapter`. A run that was stopped resumes when it is started again.

    Args:
        pairs: how many answers and pairs, and which may be chosen.
        ranking: tells the better of two answers.
        seed: of the samples and of the errors that are put in; equal seeds, weights and batches give equal pairs.
        generation: how answers are sampled; the temperature must be above 0.
        settings: those of every policy, see `PolicyModule`.
    """

    parts: PairParts

    def __init__(
        self,
        *,
        pairs: PairOptions | None = None,
        ranking: AnswerRanking | None = None,
        seed: int = 42,
        generation: GenerationOptions | None = None,
        **settings: Any,
    ) -> None:
        check_ranges(type(self), seed=seed)
        options = generation or GenerationOptions(temperature=1.0)
        if not options.temperature:
            raise UserError("model.generation.temperature is 0: samples would be all the same; set it above 0")
        super().__init__(generation=options, **settings)
        self.options = pairs or PairOptions()
        self.ranking = ranking or PaperRanking()
        self.seed = seed

    def on_predict_start(self) -> None:
        """Refuse questions that no pair can be made of, and find the batches that earlier starts have done."""
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it, undeclared
        batches: list[list[Example]] = data.question_batches()
        check_batches(batches, self.trainer.world_size)
        self.engine = self.make_engine()
        self.numbers = {batch[0].id: number for number, batch in enumerate(batches)}
        settings = [
            asdict(self.options),
            (type(self.ranking).__qualname__, vars(self.ranking)),
            asdict(self.generation),
            self.seed,
        ]
        depends_on = {
            "settings": _hash(settings),
            "weights": hash_weights(self.state_dict()),
            "rendering": self.renderer.fingerprint,
            "questions": _hash(batches),
            "engine": self.engine.identity,
        }
        self.parts = PairParts(Path(self.trainer.default_root_dir), self.global_rank, depends_on)
        self.trainer.strategy.barrier()
        self.parts.begin()
        if self.parts.done:
            self.print(f"resuming: {len(self.parts.done)} of {len(batches)} batches are done")

    def predict_step(self, batch: list[Example], batch_idx: int) -> None:  # noqa: ARG002 (Lightning's signature)
        number = self.numbers[batch[0].id]
        if number in self.parts.done:
            return
        request = Request(
            prompts=encode_questions(self.renderer, batch, self.generation.max_new_tokens),
            stop_strings=self.renderer.stop_strings,
            options=self.generation,
            samples=self.options.samples,
            seed=int(_hash([self.seed, batch[0].id])[:15], 16),
        )
        begun = time.perf_counter()
        samples = ask_engine(self.engine, request)
        seconds = time.perf_counter() - begun
        self.parts.add(number, self._make(batch, samples) | {"seconds": seconds})
        if self.trainer.received_sigterm:  # Lightning looks for it in `fit` only
            sys.exit(f"Stopped after {len(self.parts.read())} of {len(self.numbers)} batches. Start again to resume.")

    def _make(self, batch: Sequence[Example], samples: Sequence[Sequence[Generated]]) -> dict[str, Any]:
        """Make pairs of a batch's answers, an answer with an error for each question, and counts for the summary."""
        pairs, corrupted, counts = [], [], Counter(questions=len(batch))
        for question, answers in zip(batch, samples, strict=True):
            read = [read_candidate(self.renderer, question, answer.text, answer.is_cut) for answer in answers]
            candidates = [candidate for candidate in read if candidate]
            made = make_pairs(question, candidates, self.ranking, self.options)
            pairs += [preference_to_record(pair, ranks) for pair, ranks in made]
            wrong = make_corruption(question, Random(f"{self.seed}:{question.id}"))
            corrupted += [preference_to_record(*wrong)] if wrong else []
            counts["samples"] += len(answers)
            counts["cut"] += sum(answer.is_cut for answer in answers)
            counts["exact"] += sum(each.score.exact for each in candidates)
            counts["valid"] += sum(each.score.valid for each in candidates)
            counts["paired"] += bool(made)
            counts["tokens"] += sum(answer.tokens for answer in answers)
        return {"pairs": pairs, "corrupted": corrupted, "counts": dict(counts)}

    def on_predict_epoch_end(self) -> None:
        """Join all ranks' parts."""
        self.trainer.strategy.barrier()
        if self.trainer.is_global_zero:
            batches = self.parts.read()
            pairs = choose_pairs(batches, self.options.corrupted_fraction, self.seed)
            print(describe_pairs(batches, pairs))
            print(f"pairs: {self.parts.finish(pairs)}")


def check_batches(batches: Sequence[Sequence[Example]], ranks: int) -> None:
    """Refuse questions that no pair can be made of, and batches that leave a rank without work.

    Raises:
        UserError: a question has no answer or is a benchmark's, or there are fewer batches than ranks.
    """
    questions = [question for batch in batches for question in batch]
    for question in questions:
        if question.answer is None:
            raise UserError(f"{question.place}: a question without an answer: pairs need one to tell right from wrong")
        if question.bfcl is not None:
            raise UserError(f"{question.place}: a benchmark's question: a model must not be trained on it")
    if len(batches) < ranks:
        raise UserError(
            f"{len(questions)} questions make {len(batches)} batches of data.eval_batch_size for {ranks} devices: "
            f"set it to {len(questions) // ranks} or less, or lower trainer.devices"
        )


def choose_pairs(batches: Sequence[Mapping[str, Any]], corrupted_fraction: float, seed: int) -> list[dict[str, Any]]:
    """Take all pairs of samples, and as many with an error put in as their fraction allows.

    >>> batch = {"pairs": [{"id": "a"}] * 3, "corrupted": [{"id": "b"}, {"id": "c"}]}
    >>> len(choose_pairs([batch], corrupted_fraction=0.25, seed=0))  # 3 of samples, 1 of 4 with an error
    4
    """
    sampled = [pair for batch in batches for pair in batch["pairs"]]
    corrupted = [pair for batch in batches for pair in batch["corrupted"]]
    wanted = min(len(corrupted), int(len(sampled) * corrupted_fraction / (1 - corrupted_fraction)))
    chosen = sorted(Random(seed).sample(range(len(corrupted)), wanted))
    return sampled + [corrupted[index] for index in chosen]


def describe_pairs(batches: Sequence[Mapping[str, Any]], pairs: Sequence[Mapping[str, Any]]) -> str:
    """Sum up what was sampled, and the pairs by what is wrong with their rejected answers.

    >>> counts = {"questions": 2, "samples": 8, "cut": 2, "exact": 4, "valid": 6, "paired": 1, "tokens": 90}
    >>> print(describe_pairs([{"counts": counts, "seconds": 3.0}], [{"reason": "type"}, {"reason": "type"}]))
    2 questions, 8 answers in 3 s (30 tokens per second and rank)
    exact 50.0%, valid 75.0%, cut off at max_new_tokens 25.0% of the answers; pairs for 50.0% of the questions
    2 pairs, by what is wrong with the rejected answer:
           2  type
    """
    counts: Counter[str] = Counter()
    for batch in batches:
        counts.update(batch["counts"])
    seconds = sum(batch["seconds"] for batch in batches)
    samples, questions = max(1, counts["samples"]), max(1, counts["questions"])
    lines = [
        f"{counts['questions']:,} questions, {counts['samples']:,} answers in {seconds:,.0f} s "
        f"({counts['tokens'] / max(seconds, 1e-9):,.0f} tokens per second and rank)",
        f"exact {counts['exact'] / samples:.1%}, valid {counts['valid'] / samples:.1%}, cut off at max_new_tokens "
        f"{counts['cut'] / samples:.1%} of the answers; "
        f"pairs for {counts['paired'] / questions:.1%} of the questions",
        f"{len(pairs):,} pairs, by what is wrong with the rejected answer:",
    ]
    reasons = Counter(pair["reason"] for pair in pairs)
    return "\n".join([*lines, *(f"{count:>8,}  {reason}" for reason, count in reasons.most_common())])


def _hash(value: Any) -> str:
    return hashlib.sha256(repr(value).encode()).hexdigest()
