"""Preference data: pairs of answers in packed windows for training, questions for test and prediction."""

from __future__ import annotations

import hashlib
import random
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from tqdm import tqdm

from lit_toolcall.data.curriculum import Curriculum
from lit_toolcall.data.leakage import Leak
from lit_toolcall.data.pair_difficulty import closeness
from lit_toolcall.data.sources import Ledger, PreferenceSource, Source, write_rejections
from lit_toolcall.datamodules.account import Account, check_account, check_share
from lit_toolcall.datamodules.base import PackedDataModule
from lit_toolcall.datamodules.loaders import RowOrder, number_alike
from lit_toolcall.datamodules.prepare import check_leakage
from lit_toolcall.datamodules.questions import read_every_row
from lit_toolcall.datamodules.recipe import LeakageOptions
from lit_toolcall.datamodules.shorten import find_fitting, shorten
from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.packing import PackedBatch, Tree, pack_trees
from lit_toolcall.prompting import PromptOptions, Renderer, encode_preference, load_renderer
from lit_toolcall.types import Example, Message, Preference, UserError


class PreferenceDataModule(PackedDataModule):
    """Pairs of answers, one better than the other.

    Args:
        base_model: local folder or hub id whose tokenizer is used.
        prompt: how tools, dialogues and calls become text.
        train: sources of training pairs.
        validation: sources of validation pairs; where empty, those of `validation_share` of the questions.
        validation_questions: sources of questions with answers that callbacks ask while training; where empty, the
            validation pairs' questions with their chosen answers.
        test: sources of questions for `test` and `predict`.
        window_examples: pairs of one optimizer step, over all ranks and micro-batches.
        same_tools_examples: pairs of a group with the same tools on offer, which a micro-batch computes once; groups
            are shuffled. 1 is plain shuffling.
        test_batch_examples: questions answered at a time on each rank.
        curriculum: how easy pairs, whose answers are far apart, come first; None is plain shuffling.
        max_tokens: longest pair, prompt and both answers together, in tokens. A longer one loses tools that no answer
            calls, then its oldest turns; one that is still too long is rejected.
        validation_share: share of the questions whose pairs are held back where `validation` is empty, 0 to 1.
        leakage: evaluation rows that training pairs must not repeat.
        max_rejected_share: share of rejected pairs, 0 to 1, above which nothing is trained.
        seed: of the shuffling and the held-back questions.
        trust_remote_code: whether Python code beside the tokenizer may run.
    """

    def __init__(
        self,
        base_model: str,
        prompt: PromptOptions,
        train: list[PreferenceSource] | None = None,
        validation: list[PreferenceSource] | None = None,
        validation_questions: list[Source] | None = None,
        test: list[Source] | None = None,
        window_examples: int = 4,
        same_tools_examples: int = 1,
        test_batch_examples: int = 20,
        curriculum: Curriculum | None = None,
        max_tokens: int = 2048,
        validation_share: float = 0.05,
        leakage: LeakageOptions | None = None,
        max_rejected_share: float = 0.05,
        seed: int = 42,
        trust_remote_code: bool = False,
    ) -> None:
        super().__init__(
            base_model,
            prompt,
            test,
            window_examples=window_examples,
            same_tools_examples=same_tools_examples,
            test_batch_examples=test_batch_examples,
            max_tokens=max_tokens,
            seed=seed,
            trust_remote_code=trust_remote_code,
        )
        self.train = train or []
        self.validation = validation or []
        self.question_sources = validation_questions or []
        self.curriculum = curriculum
        self.validation_share = validation_share
        self.leakage = leakage
        self.max_rejected_share = check_share("max_rejected_share", max_rejected_share)
        self.account = Account()
        self.train_pairs: list[tuple[Preference, Tree]] = []
        self.validation_pairs: list[tuple[Preference, Tree]] = []
        self._questions_to_ask: list[Example] = []

    def setup(self, stage: str) -> None:
        super().setup(stage)
        if stage in ("fit", "validate") and not self.train_pairs:
            self._load()

    def _load(self) -> None:
        if not self.train:
            raise UserError("data.train names no source: give at least one, such as Pairs with a path")
        ledger = Ledger()
        renderer = load_renderer(self.base_model, self.prompt, self.trust_remote_code)
        read, validation = read_pairs(self.train, ledger), read_pairs(self.validation, ledger)
        found, unread = ledger.kept + len(ledger.rejected), len(ledger.rejected)
        train, leaks = check_pair_leakage(read, self.leakage, ledger)
        removed = len(ledger.rejected) - unread
        if not self.validation:
            train, validation = hold_back(train, self.validation_share, self.seed)
        self.train_pairs = encode_pairs(train, renderer, self.max_tokens, ledger, first_row=0)
        self.validation_pairs = encode_pairs(validation, renderer, self.max_tokens, ledger, len(self.train_pairs))
        if self.question_sources:
            self._questions_to_ask = read_every_row(self.question_sources, "data.validation_questions")
        else:
            self._questions_to_ask = list_questions([pair for pair, _ in self.validation_pairs], renderer)
        self.account = Account(
            found=found,
            unread=unread,
            read=len(read),
            kept=len(self.train_pairs) + len(self.validation_pairs),
            trained=len(self.train_pairs),
            rejected=tuple(ledger.rejected),
            removed=removed,
            leaks=tuple(f"{leak.place}: {leak}" for leak in leaks),
        )
        if self.trainer is not None and self.trainer.is_global_zero:
            folder = Path(self.trainer.default_root_dir)
            folder.mkdir(parents=True, exist_ok=True)
            write_rejections(self.account.rejected, folder / "rejected.jsonl")
        check_account(self.account, self.max_rejected_share, self.leakage.max_leaked_share if self.leakage else 0.0)

    @property
    def train_trees(self) -> Sequence[Tree]:
        return [tree for _, tree in self.train_pairs]

    @property
    def validation_trees(self) -> Sequence[Tree]:
        return [tree for _, tree in self.validation_pairs]

    @property
    def validation_questions(self) -> Sequence[Example]:
        return self._questions_to_ask

    def order_rows(self) -> RowOrder:
        keys: Sequence[int] = range(len(self.train_pairs))
        if self.same_tools_examples > 1:
            keys = number_alike(pair.tools for pair, _ in self.train_pairs)
        scores: Sequence[float] = ()
        if self.curriculum is not None:
            scores = [closeness(*(branch.ids for branch in tree.branches)) for tree in self.train_trees]
        return RowOrder(keys, self.same_tools_examples, self.seed, self.curriculum, scores)

    @property
    def fingerprint(self) -> str:
        """A hash of all pairs' token ids and weights, in hexadecimal."""
        hashed = hashlib.sha256()
        for tree in (*self.train_trees, *self.validation_trees):
            hashed.update(repr((tree.row, tree.trunk, tree.branches)).encode())
        return hashed.hexdigest()

    def reference_batches(self) -> list[PackedBatch]:
        """Pack this rank's share of all pairs, training and validation, each once."""
        mine = self._share.of([*self.train_trees, *self.validation_trees], "pairs")
        size = max(1, self.window_examples // (self._run.accumulate_grad_batches * self._run.world_size))
        return [pack_trees(mine[start : start + size]) for start in range(0, len(mine), size)]


def read_pairs(sources: Sequence[PreferenceSource], ledger: Ledger) -> list[Preference]:
    """Read every source in order."""
    return [preference for source in sources for preference in source.read_preferences(ledger)]


def check_pair_leakage(
    pairs: Sequence[Preference], options: LeakageOptions | None, ledger: Ledger
) -> tuple[list[Preference], Sequence[Leak]]:
    """Find the pairs that repeat evaluation rows, and reject them where that is wanted; as `check_leakage`."""
    by_row = {str(row): pair for row, pair in enumerate(pairs)}
    clean, leaks = check_leakage([replace(as_question(pair), id=row) for row, pair in by_row.items()], options, ledger)
    return [by_row[example.id] for example in clean], leaks


def hold_back(pairs: Sequence[Preference], share: float, seed: int) -> tuple[list[Preference], list[Preference]]:
    """Split pairs into training and validation; all pairs of a question are on one side.

    Raises:
        UserError: the share is none, or there are too few questions.
    """
    if not 0 < share < 1:
        raise UserError(f"data.validation_share={share} must lie between 0 and 1; or name sources in data.validation")
    numbers = number_alike((pair.tools, pair.messages) for pair in pairs)
    questions = sorted(set(numbers))
    if len(questions) < 2:
        raise UserError(f"the pairs ask {len(questions)} questions, too few to hold one back: name data.validation")
    held = set(random.Random(seed).sample(questions, max(1, round(share * len(questions)))))
    train, validation = (
        [pair for pair, number in zip(pairs, numbers, strict=True) if (number in held) == side]
        for side in (False, True)
    )
    return train, validation


def encode_pairs(
    pairs: Sequence[Preference], renderer: Renderer, max_tokens: int, ledger: Ledger, first_row: int
) -> list[tuple[Preference, Tree]]:
    """Encode pairs; those that cannot be trained on go to the ledger.

    Args:
        pairs: in their order.
        renderer: writes and tokenizes.
        max_tokens: of a pair, prompt and both answers together.
        ledger: takes the rejected ones.
        first_row: number of the first encoded pair; the others follow.
    """
    encoded: list[tuple[Preference, Tree]] = []
    progress = tqdm(pairs, desc="encoding", unit="pair", disable=len(pairs) < 1_000, file=sys.stderr)
    for pair in progress:
        try:
            fitting = _encode_to_fit(pair, renderer, max_tokens, first_row + len(encoded))
        except (CallSyntaxError, UserError) as problem:
            fitting, reason = None, str(problem)
        else:
            reason = f"the pair has more than max_tokens={max_tokens} tokens: raise max_tokens or shorten the row"
        if fitting is None:
            ledger.reject(pair.place, reason)
        else:
            encoded.append(fitting)
    return encoded


def _encode_to_fit(pair: Preference, renderer: Renderer, max_tokens: int, row: int) -> tuple[Preference, Tree] | None:
    whole = encode_preference(renderer, pair, row)
    if whole.tokens <= max_tokens:
        return pair, whole
    return find_fitting(
        list(_shorten_pair(pair)), lambda shorter: encode_preference(renderer, shorter, row), max_tokens
    )


def _shorten_pair(pair: Preference) -> Iterator[Preference]:
    calls = tuple(call for answer in (pair.chosen, pair.rejected) for turn in answer for call in turn.calls)
    for shorter in shorten(replace(as_question(pair), answer=Message("assistant", "", calls))):
        yield replace(pair, tools=shorter.tools, messages=shorter.messages)


def as_question(pair: Preference) -> Example:
    """Take a pair's question, with the chosen answer's first turn as the right one."""
    return Example(pair.id, pair.tools, pair.messages, pair.chosen[0], place=pair.place)


def list_questions(pairs: Sequence[Preference], renderer: Renderer) -> list[Example]:
    """List the questions of pairs, each once, with the calls of a chosen answer that stands there as text read."""
    first: dict[int, Preference] = {}
    for number, pair in zip(number_alike((pair.tools, pair.messages) for pair in pairs), pairs, strict=True):
        first.setdefault(number, pair)
    return [_read_calls(as_question(pair), renderer) for pair in first.values()]


def _read_calls(question: Example, renderer: Renderer) -> Example:
    assert question.answer is not None
    calls = () if question.answer.calls else renderer.parse(question.answer.content).calls
    return replace(question, answer=Message("assistant", "", calls)) if calls else question
