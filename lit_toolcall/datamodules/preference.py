"""Preference data: pairs of answers in packed windows for training, questions for test and prediction."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from lit_toolcall.data.curriculum import Curriculum
from lit_toolcall.data.pair_difficulty import closeness
from lit_toolcall.data.sources import Ledger, PreferenceSource, Source, write_rejections
from lit_toolcall.data.sources.base import write_reason
from lit_toolcall.datamodules.base import PackedDataModule
from lit_toolcall.datamodules.loaders import RowOrder
from lit_toolcall.datamodules.prepare_pairs import (
    check_pair_leakage,
    encode_pairs,
    has_reasoning,
    hold_back,
    list_questions,
    read_pairs,
)
from lit_toolcall.packing import PackedBatch, Tree, pack_trees
from lit_toolcall.preparation.questions import read_every_row
from lit_toolcall.preparation.settings import LeakageOptions
from lit_toolcall.preparation.statistics import Account, check_account, list_unread_keys
from lit_toolcall.prompting import PromptOptions
from lit_toolcall.ranges import check_ranges
from lit_toolcall.schema import count_unchecked
from lit_toolcall.types import Example, Preference, UserError


class PreferenceDataModule(PackedDataModule):
    """Pairs of answers, one better than the other.

    Args:
        base_model: local folder or hub id whose tokenizer is used.
        prompt: how tools, dialogues and calls become text.
        train: sources of training pairs.
        validation: sources of validation pairs; where empty, `validation_share` of the pairs.
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
        validation_share: share of the pairs that is held back where `validation` is empty, 0 to 1; pairs of a question,
            and of questions that are made of the same row, stay together.
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
        check_ranges(type(self), validation_share=validation_share, max_rejected_share=max_rejected_share)
        self.train = train or []
        self.validation = validation or []
        self.question_sources = validation_questions or []
        self.curriculum = curriculum
        self.validation_share = validation_share
        self.leakage = leakage
        self.max_rejected_share = max_rejected_share
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
        renderer = self.load_renderer()
        read, validation = read_pairs(self.train, ledger), read_pairs(self.validation, ledger)
        found, unread = ledger.kept + len(ledger.rejected), len(ledger.rejected)
        train, leaks = check_pair_leakage(read, self.leakage, ledger)
        removed = len(ledger.rejected) - unread
        if train and not self.validation:
            train, validation = hold_back(train, self.validation_share, self.seed)
        self.train_pairs, shortened = encode_pairs(train, renderer, self.max_tokens, ledger, first_row=0)
        self.validation_pairs, shortened_too = encode_pairs(
            validation, renderer, self.max_tokens, ledger, len(self.train_pairs)
        )
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
            unshown_reasoning=0
            if renderer.template.reasoning
            else sum(has_reasoning(pair) for pair, _ in (*self.train_pairs, *self.validation_pairs)),
            shortened=shortened + shortened_too,
            rejected=tuple(ledger.rejected),
            removed=removed,
            leaks=tuple(write_reason(f"{leak.place}: {leak}") for leak in leaks),
            unread_keys=list_unread_keys(ledger),
            unchecked=count_unchecked(tool for pair in (*train, *validation) for tool in pair.tools),
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
        keys = self.number_groups(pair.tools for pair, _ in self.train_pairs)
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
