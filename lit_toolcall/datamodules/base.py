"""What SFT's and DPO's data have in common: questions to answer, and loaders over encoded rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

import torch
from lightning import LightningDataModule, Trainer

from lit_toolcall.data.curriculum import Curriculum
from lit_toolcall.data.sources import Source
from lit_toolcall.datamodules.loaders import Batches, RowOrder, Share, WindowLoader, number_alike, share_validation
from lit_toolcall.packing import PackedBatch, RowIdentity, Tree, hash_trees
from lit_toolcall.preparation.questions import check_answers, read_questions
from lit_toolcall.prompting import PromptOptions, Renderer, load_renderer
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, Tool, UserError


class PackedDataModule(LightningDataModule):
    """Rows in packed windows for training and validation, questions for test and prediction.

    Args:
        base_model: local folder or hub id whose tokenizer is used.
        prompt: how tools, dialogues and calls become text.
        test: sources of questions for `test`, `predict` and `pairs`.
        window_examples: rows of one optimizer step, over all ranks and micro-batches.
        same_tools_examples: rows of a group with the same tools on offer; 1 is plain shuffling.
        test_batch_examples: questions answered at a time on each rank.
        max_tokens: longest row, prompt and answers together, in tokens.
        seed: of the shuffling and the held-back rows.
        trust_remote_code: whether Python code beside the tokenizer may run.
    """

    curriculum: Curriculum | None

    def __init__(
        self,
        base_model: str,
        prompt: PromptOptions,
        test: list[Source] | None,
        window_examples: int,
        same_tools_examples: int,
        test_batch_examples: int,
        max_tokens: int,
        seed: int,
        trust_remote_code: bool,
    ) -> None:
        super().__init__()
        check_ranges(
            type(self),
            window_examples=window_examples,
            same_tools_examples=same_tools_examples,
            test_batch_examples=test_batch_examples,
            max_tokens=max_tokens,
            seed=seed,
        )
        self.base_model = base_model
        self.prompt = prompt
        self.test = test or []
        self.window_examples = window_examples
        self.same_tools_examples = same_tools_examples
        self.test_batch_examples = test_batch_examples
        self.max_tokens = max_tokens
        self.seed = seed
        self.trust_remote_code = trust_remote_code
        self.questions: list[Example] = []

    @property
    @abstractmethod
    def train_trees(self) -> Sequence[Tree]:
        """The training rows, the same on every rank."""

    @property
    @abstractmethod
    def validation_trees(self) -> Sequence[Tree]:
        """The validation rows, the same on every rank."""

    @property
    @abstractmethod
    def validation_questions(self) -> Sequence[Example]:
        """Questions with their answers, which a model may be asked while it trains."""

    @abstractmethod
    def order_rows(self) -> RowOrder:
        """Tell the order of the training rows."""

    def hash_rows(self) -> str:
        """Hash the training rows as they are encoded, in their order."""
        return hash_trees(self.train_trees)

    @cached_property
    def row_identity(self) -> RowIdentity:
        """What a run that goes on must have in common with the one before."""
        return RowIdentity(
            rows=len(self.train_trees),
            rows_hash=self.hash_rows(),
            seed=self.seed,
            window_examples=self.window_examples,
            same_tools_examples=self.same_tools_examples,
            curriculum=repr(self.curriculum),
        )

    def number_groups(self, offers: Iterable[tuple[Tool, ...]]) -> Sequence[int]:
        """Number the training rows by the tools on offer where those with the same are grouped, else one by one."""
        return number_alike(offers) if self.same_tools_examples > 1 else range(len(self.train_trees))

    def load_renderer(self) -> Renderer:
        """Make the renderer that encodes rows.

        Raises:
            UserError: the model has fewer positions than a row may have tokens, or its tokenizer cannot be loaded.
        """
        renderer = load_renderer(self.base_model, self.prompt, self.trust_remote_code)
        if renderer.positions is not None and self.max_tokens > renderer.positions:
            raise UserError(
                f"data.max_tokens={self.max_tokens} is more than the {renderer.positions} positions of "
                f"{self.base_model}: set it to {renderer.positions} or less"
            )
        return renderer

    def setup(self, stage: str) -> None:
        if stage in ("test", "predict"):
            self.questions = read_questions(self.test)
        if stage == "test":
            check_answers(self.questions, self.test)

    @property
    def _run(self) -> Trainer:
        assert self.trainer is not None, "loaders are made by a trainer"
        return self.trainer

    @property
    def _share(self) -> Share:
        return Share(self._run.global_rank, self._run.world_size)

    def train_dataloader(self) -> WindowLoader:
        trees, micro_batches = self.train_trees, self._run.accumulate_grad_batches
        parts = micro_batches * self._run.world_size
        if min(len(trees), self.window_examples) < parts:
            raise UserError(
                f"window_examples={self.window_examples} and {len(trees)} rows cannot fill {parts} "
                "micro-batches: lower trainer.accumulate_grad_batches or the number of devices"
            )
        return WindowLoader(
            trees,
            self.order_rows(),
            window_examples=self.window_examples,
            micro_batches=micro_batches,
            share=self._share,
            progress=self._progress,
        )

    def _progress(self) -> tuple[int, int]:
        return self._run.current_epoch, self._run.fit_loop.epoch_loop.batch_progress.current.ready

    def val_dataloader(self) -> Batches[PackedBatch]:
        parts = self._run.accumulate_grad_batches * self._run.world_size
        return share_validation(self.validation_trees, max(1, self.window_examples // parts), self._share)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Questions stay on the host; Lightning would take their frozen dataclasses apart."""
        if isinstance(batch, PackedBatch):
            return super().transfer_batch_to_device(batch, device, dataloader_idx)
        return batch

    def question_batches(self, ranks: int = 1) -> list[list[Example]]:
        """Cut the questions into batches of like length, small enough for each of some ranks to get one."""
        by_length = sorted(self.questions, key=lambda question: len(repr((question.tools, question.messages))))
        size = max(1, min(self.test_batch_examples, len(by_length) // ranks))
        return [by_length[start : start + size] for start in range(0, len(by_length), size)]

    def test_dataloader(self) -> Batches[list[Example]]:
        """This rank's questions, each on one rank only."""
        return Batches(self._share.of(self.question_batches(self._share.ranks), "test questions"))

    def predict_dataloader(self) -> Batches[list[Example]]:
        """As in a test, but cut alike for any number of ranks where that gives each work: `pairs` seeds by batch."""
        batches = self.question_batches()
        if len(batches) < self._share.ranks:
            return self.test_dataloader()
        return Batches(self._share.of(batches, "batches of questions"))
