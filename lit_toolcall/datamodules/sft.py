"""Supervised fine-tuning data: packed windows for training, questions for test and prediction."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from lightning import LightningDataModule, Trainer

from lit_toolcall.data.sources import Ledger, Source, write_rejections
from lit_toolcall.datamodules.loaders import Batches, Share, WindowLoader, share_validation
from lit_toolcall.datamodules.reading import EncodedRows, check_ledger, encode_sources, read_sources
from lit_toolcall.packing import PackedBatch
from lit_toolcall.prompting import PromptOptions, load_renderer
from lit_toolcall.types import Example, UserError


class SFTDataModule(LightningDataModule):
    """Questions with tools and their answers.

    Args:
        base_model: local folder or hub id whose tokenizer is used.
        prompt: how tools, dialogues and calls become text.
        train: sources of training rows.
        validation: sources of validation rows; where empty, `validation_share` of the training rows.
        test: sources of questions for `test` and `predict`.
        window_examples: rows of one optimizer step, over all ranks and micro-batches.
        same_tools_examples: rows of a group with the same tools on offer; groups are shuffled, and a micro-batch
            computes the tools once for all rows of a group that it holds. 1 is plain shuffling.
        test_batch_examples: questions answered at a time on each rank.
        max_tokens: longest training row, prompt and answer together, in tokens.
        validation_share: share of the training rows that is held back where `validation` is empty, 0 to 1.
        max_rejected_share: share of rejected rows, 0 to 1, above which nothing is trained.
        seed: of the shuffling and of the held-back rows.
        trust_remote_code: whether Python code beside the tokenizer may run.
    """

    def __init__(
        self,
        base_model: str,
        prompt: PromptOptions,
        train: list[Source] | None = None,
        validation: list[Source] | None = None,
        test: list[Source] | None = None,
        window_examples: int = 32,
        same_tools_examples: int = 1,
        test_batch_examples: int = 20,
        max_tokens: int = 2048,
        validation_share: float = 0.05,
        max_rejected_share: float = 0.05,
        seed: int = 42,
        trust_remote_code: bool = False,
    ) -> None:
        super().__init__()
        if same_tools_examples < 1:
            raise UserError(f"same_tools_examples={same_tools_examples} must be at least 1; 1 is plain shuffling")
        self.base_model = base_model
        self.prompt = prompt
        self.train = train or []
        self.validation = validation or []
        self.test = test or []
        self.window_examples = window_examples
        self.same_tools_examples = same_tools_examples
        self.test_batch_examples = test_batch_examples
        self.max_tokens = max_tokens
        self.validation_share = validation_share
        self.max_rejected_share = max_rejected_share
        self.seed = seed
        self.trust_remote_code = trust_remote_code
        self.train_rows: EncodedRows | None = None
        self.validation_rows: EncodedRows | None = None
        self.questions: list[Example] = []

    def setup(self, stage: str) -> None:
        if stage in ("fit", "validate") and self.train_rows is None:
            self._encode()
        if stage in ("test", "predict") and not self.questions:
            self.questions = self._read_questions()

    def _encode(self) -> None:
        """Encode training and validation rows, and write the rejected ones into the run folder."""
        if not self.train:
            raise UserError("data.train names no source: give at least one, such as JsonLines with a path")
        renderer = load_renderer(self.base_model, self.prompt, self.trust_remote_code)
        encoded = [encode_sources(sources, renderer, self.max_tokens) for sources in (self.train, self.validation)]
        if self.trainer is not None and self.trainer.is_global_zero:
            folder = Path(self.trainer.default_root_dir)
            folder.mkdir(parents=True, exist_ok=True)
            rejected = [rejection for rows in encoded for rejection in rows.ledger.rejected]
            write_rejections(rejected, folder / "rejected.jsonl")
        for rows, sources in zip(encoded, (self.train, self.validation), strict=True):
            if sources:
                check_ledger(rows.ledger, self.max_rejected_share)
        self.train_rows, self.validation_rows = (
            encoded if self.validation else hold_back(encoded[0], self.validation_share, self.seed)
        )

    def _read_questions(self) -> list[Example]:
        if not self.test:
            raise UserError("data.test names no source: give at least one, such as Bfcl, or JsonLines with a path")
        ledger = Ledger()
        questions = read_sources(self.test, ledger)
        check_questions(questions, ledger)
        return questions

    @property
    def _run(self) -> Trainer:
        assert self.trainer is not None, "loaders are made by a trainer"
        return self.trainer

    @property
    def _share(self) -> Share:
        return Share(self._run.global_rank, self._run.world_size)

    def train_dataloader(self) -> WindowLoader:
        assert self.train_rows is not None, "setup comes first"
        micro_batches = self._run.accumulate_grad_batches
        parts = micro_batches * self._run.world_size
        if min(len(self.train_rows.trees), self.window_examples) < parts:
            raise UserError(
                f"window_examples={self.window_examples} and {len(self.train_rows.trees)} rows cannot fill {parts} "
                "micro-batches: lower trainer.accumulate_grad_batches or the number of devices"
            )
        return WindowLoader(
            self.train_rows.trees,
            number_alike([example.tools for example in self.train_rows.examples]),
            group_rows=self.same_tools_examples,
            window_examples=self.window_examples,
            micro_batches=micro_batches,
            seed=self.seed,
            share=self._share,
            progress=self._progress,
        )

    def _progress(self) -> tuple[int, int]:
        return self._run.current_epoch, self._run.fit_loop.epoch_loop.batch_progress.current.ready

    def val_dataloader(self) -> Batches[PackedBatch]:
        assert self.validation_rows is not None, "setup comes first"
        parts = self._run.accumulate_grad_batches * self._run.world_size
        return share_validation(self.validation_rows.trees, max(1, self.window_examples // parts), self._share)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Questions stay on the host; Lightning would take their frozen dataclasses apart."""
        if isinstance(batch, PackedBatch):
            return super().transfer_batch_to_device(batch, device, dataloader_idx)
        return batch

    def test_dataloader(self) -> Batches[list[Example]]:
        """This rank's questions, each on one rank only, in batches of like length."""
        by_length = sorted(self.questions, key=lambda question: len(repr((question.tools, question.messages))))
        mine, size = self._share.of(by_length, "test questions"), self.test_batch_examples
        return Batches([mine[start : start + size] for start in range(0, len(mine), size)])

    predict_dataloader = test_dataloader


def hold_back(rows: EncodedRows, share: float, seed: int) -> tuple[EncodedRows, EncodedRows]:
    """Hold back a random share of rows, at least one.

    Returns:
        The rest, and the rows held back.
    """
    if not 0 < share < 1:
        raise UserError(f"validation_share={share} must lie between 0 and 1, or name data.validation")
    count = len(rows.trees)
    held = set(random.Random(seed).sample(range(count), max(1, round(share * count))))
    if len(held) == count:
        raise UserError(f"validation_share={share} leaves none of {count} rows for training: lower it or add rows")

    def pick(wanted: bool) -> EncodedRows:
        picked = [row for row in range(count) if (row in held) == wanted]
        return EncodedRows(
            tuple(rows.examples[row] for row in picked), tuple(rows.trees[row] for row in picked), rows.ledger
        )

    return pick(False), pick(True)


def number_alike(values: Sequence[object]) -> list[int]:
    """Number values, equal ones alike; their text says what is equal.

    >>> number_alike([{"a": 1}, {"b": 2}, {"a": 1}])
    [0, 1, 0]
    """
    numbers: dict[str, int] = {}
    return [numbers.setdefault(repr(value), len(numbers)) for value in values]


def check_questions(questions: list[Example], ledger: Ledger) -> None:
    """Refuse a test that would silently skip rows.

    Raises:
        UserError: a row was rejected, no row is left, or an id occurs twice.
    """
    if ledger.rejected:
        raise UserError(f"{len(ledger.rejected)} test rows cannot be read, the first: {ledger.rejected[0]}")
    if not questions:
        raise UserError("data.test holds no question")
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            raise UserError(f"{question.place}: the id {question.id!r} occurs twice among the test rows: rename one")
        seen.add(question.id)
