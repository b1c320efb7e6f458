"""The base of both data modules: encoded rows with their loaders, and questions to answer."""

from __future__ import annotations

import json
from abc import abstractmethod
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Generic

import torch
from lightning import LightningDataModule, Trainer

from lit_toolcall.data.curriculum import Curriculum
from lit_toolcall.data.sources import PreferenceSource, Source, write_rejections
from lit_toolcall.data.splits import number_alike
from lit_toolcall.data.stored import StoredTrees
from lit_toolcall.datamodules.loaders import Batches, MicroBatchLoader, RowOrder, Shard, pack_validation
from lit_toolcall.packing import PackedBatch, RowIdentity, Tree
from lit_toolcall.paths import expand_path
from lit_toolcall.preparation.account import Account, check_account
from lit_toolcall.preparation.pipeline import EncodedRows, is_prepared, load_rows, prepare_rows
from lit_toolcall.preparation.questions import check_answers, read_questions
from lit_toolcall.preparation.recipes import LeakageOptions, Recipe
from lit_toolcall.prompting import PromptOptions, Renderer, load_renderer
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, Preference, RowT, UserError

CACHE_DIR = "~/.cache/lit_toolcall/rows"
NEEDS_ROWS = ("fit", "validate")
"""Commands that train or validate on rows."""


class PackedDataModule(LightningDataModule, Generic[RowT]):
    """Rows in packed batches for training and validation, questions for test and prediction.

    Args:
        base_model: local folder or hub id whose tokenizer is used.
        prompt: how prompts are written.
        train: sources of training rows.
        validation: sources of validation rows; where empty, `validation_fraction` of the training rows.
        test: sources of questions for `test`, `predict` and `pairs`.
        global_batch_size: rows of one optimizer step, over all ranks and micro-batches.
        tool_group_size: rows of a group with the same tools; 1 is plain shuffling.
        eval_batch_size: questions answered at a time on each rank.
        curriculum: order from easy to hard rows; None is plain shuffling.
        max_tokens: longest row, prompt and answers together, in tokens.
        validation_fraction: fraction of the training rows that is held back, 0 to 1.
        leakage: evaluation rows that training rows must not repeat.
        max_rejected_fraction: fraction of rejected rows, 0 to 1, above which no training begins.
        seed: seed of the shuffling and the held-back rows.
        cache_dir: folder of encoded rows, which a run with the same data and settings uses again.
        trust_remote_code: whether Python code beside the tokenizer may run.
    """

    row_kind: ClassVar[type[Example | Preference]]
    source_example: ClassVar[str]
    """The source that is suggested where a config names none."""

    def __init__(
        self,
        base_model: str,
        prompt: PromptOptions,
        train: Sequence[Source] | Sequence[PreferenceSource],
        validation: Sequence[Source] | Sequence[PreferenceSource],
        test: list[Source] | None,
        global_batch_size: int,
        tool_group_size: int,
        eval_batch_size: int,
        curriculum: Curriculum | None,
        max_tokens: int,
        validation_fraction: float,
        leakage: LeakageOptions | None,
        max_rejected_fraction: float,
        seed: int,
        cache_dir: str,
        trust_remote_code: bool,
    ) -> None:
        super().__init__()
        check_ranges(
            type(self),
            global_batch_size=global_batch_size,
            tool_group_size=tool_group_size,
            eval_batch_size=eval_batch_size,
            max_tokens=max_tokens,
            validation_fraction=validation_fraction,
            max_rejected_fraction=max_rejected_fraction,
            seed=seed,
        )
        self.base_model = base_model
        self.prompt = prompt
        self.train = train
        self.validation = validation
        self.test = test or []
        self.global_batch_size = global_batch_size
        self.tool_group_size = tool_group_size
        self.eval_batch_size = eval_batch_size
        self.curriculum = curriculum
        self.max_tokens = max_tokens
        self.validation_fraction = validation_fraction
        self.leakage = leakage
        self.max_rejected_fraction = max_rejected_fraction
        self.seed = seed
        self.cache_dir = cache_dir
        self.trust_remote_code = trust_remote_code
        self.train_rows: EncodedRows[RowT] | None = None
        self.validation_rows: EncodedRows[RowT] | None = None
        self.account = Account()
        self.questions: list[Example] = []

    @abstractmethod
    def make_recipe(self) -> Recipe[RowT]:
        """Make the recipe of the training and validation rows."""

    @abstractmethod
    def score_row(self, row: RowT, tree: Tree) -> float:
        """Return a training row's difficulty; a curriculum begins with the lowest."""

    @property
    @abstractmethod
    def validation_questions(self) -> Sequence[Example]:
        """Questions with their answers, which a model may be asked while it trains."""

    @property
    def train_trees(self) -> StoredTrees:
        """The training rows, the same on every rank."""
        assert self.train_rows is not None, "setup comes first"
        return self.train_rows.trees

    @property
    def validation_trees(self) -> StoredTrees:
        """The validation rows, the same on every rank."""
        assert self.validation_rows is not None, "setup comes first"
        return self.validation_rows.trees

    @cached_property
    def row_identity(self) -> RowIdentity:
        """The rows and settings that a resumed run must share with the run before."""
        return RowIdentity(
            rows=len(self.train_trees),
            rows_hash=self.train_trees.hash_content(),
            seed=self.seed,
            global_batch_size=self.global_batch_size,
            tool_group_size=self.tool_group_size,
            curriculum=repr(self.curriculum),
        )

    def order_rows(self) -> RowOrder:
        """Return the order of the training rows; those with the same tools may be grouped."""
        assert self.train_rows is not None, "setup comes first"
        rows, trees = self.train_rows.rows, self.train_rows.trees
        keys = number_alike(row.tools for row in rows) if self.tool_group_size > 1 else range(len(trees))
        scores: Sequence[float] = ()
        if self.curriculum is not None:
            scores = [self.score_row(row, tree) for row, tree in zip(rows, trees, strict=True)]
        return RowOrder(keys, self.tool_group_size, self.seed, self.curriculum, scores)

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

    @cached_property
    def prepared(self) -> tuple[Recipe[RowT], Renderer, Path]:
        """The recipe of the rows, the renderer that writes them, and the folder of their cache."""
        recipe, renderer = self.make_recipe(), self.load_renderer()
        return recipe, renderer, Path(expand_path(self.cache_dir, "cache_dir")) / recipe.name_folder(renderer)

    def prepare_data(self) -> None:
        """Encode the rows, unless an earlier run has; on one rank, while the others wait."""
        if not self.train or (self.trainer is not None and self.trainer.state.fn not in (None, *NEEDS_ROWS)):
            return
        recipe, renderer, folder = self.prepared
        if not is_prepared(recipe, renderer, folder):
            prepare_rows(recipe, renderer, folder)

    def setup(self, stage: str) -> None:
        if stage in ("test", "predict"):
            self.questions = read_questions(self.test)
        if stage == "test":
            check_answers(self.questions, self.test)
        if stage in NEEDS_ROWS and self.train_rows is None:
            self.load_rows()

    def load_rows(self) -> None:
        """Map the encoded rows, and write the rejected ones into the run folder.

        Raises:
            UserError: no source is named, or the rows are not fit to be trained on.
        """
        if not self.train:
            raise UserError(f"data.train names no source: give at least one, such as {self.source_example} with a path")
        self.train_rows, self.validation_rows, self.account = load_rows(self.prepared[2])
        if self.trainer is None:  # `inspect` shows what `fit` would refuse
            return
        if self.trainer.is_global_zero:
            folder = Path(self.trainer.default_root_dir)
            folder.mkdir(parents=True, exist_ok=True)
            write_rejections((*self.account.rejected, *self.account.dropped), folder / "rejected.jsonl")
            (folder / "sources.json").write_text(json.dumps(self.account.sources, indent=1) + "\n", encoding="utf-8")
        self.check_account()

    def check_account(self) -> None:
        """Print the account of the rows.

        Raises:
            UserError: they are not fit to be trained on.
        """
        check_account(
            self.account, self.max_rejected_fraction, self.leakage.max_leaked_fraction if self.leakage else 0.0
        )

    @property
    def _attached(self) -> Trainer:
        assert self.trainer is not None, "loaders are made by a trainer"
        return self.trainer

    @property
    def _shard(self) -> Shard:
        return Shard(self._attached.global_rank, self._attached.world_size)

    @property
    def _parts(self) -> int:
        """Micro-batches of an optimizer step over all ranks."""
        return self._attached.accumulate_grad_batches * self._attached.world_size

    @property
    def _micro_batch_rows(self) -> int:
        return max(1, self.global_batch_size // self._parts)

    def train_dataloader(self) -> MicroBatchLoader:
        trees, parts = self.train_trees, self._parts
        if min(len(trees), self.global_batch_size) < parts:
            raise UserError(
                f"global_batch_size={self.global_batch_size} and {len(trees)} rows cannot fill {parts} "
                "micro-batches: lower trainer.accumulate_grad_batches or the number of devices"
            )
        return MicroBatchLoader(
            trees,
            self.order_rows(),
            global_batch_size=self.global_batch_size,
            micro_batches=self._attached.accumulate_grad_batches,
            shard=self._shard,
            progress=self._progress,
        )

    def _progress(self) -> tuple[int, int]:
        return (
            self._attached.current_epoch,
            self._attached.fit_loop.epoch_loop.batch_progress.current.ready,
        )

    def val_dataloader(self) -> Batches[PackedBatch]:
        return pack_validation(self.validation_trees, self._micro_batch_rows, self._shard)

    def transfer_batch_to_device(self, batch: Any, device: torch.device, dataloader_idx: int) -> Any:
        """Questions stay on the host; Lightning would take their frozen dataclasses apart."""
        if isinstance(batch, PackedBatch):
            return super().transfer_batch_to_device(batch, device, dataloader_idx)
        return batch

    def question_batches(self, ranks: int = 1) -> list[list[Example]]:
        """Cut the questions into batches of similar length, small enough that each rank gets one."""
        by_length = sorted(self.questions, key=lambda question: len(repr((question.tools, question.messages))))
        size = max(1, min(self.eval_batch_size, len(by_length) // ranks))
        return [by_length[start : start + size] for start in range(0, len(by_length), size)]

    def test_dataloader(self) -> Batches[list[Example]]:
        """This rank's questions, each on one rank only."""
        return Batches(self._shard.of(self.question_batches(self._shard.ranks), "test questions"))

    def predict_dataloader(self) -> Batches[list[Example]]:
        """As in a test, but with the same batches for any number of ranks, if each gets one: `pairs` seeds by batch."""
        batches = self.question_batches()
        if len(batches) < self._shard.ranks:
            return self.test_dataloader()
        return Batches(self._shard.of(batches, "batches of questions"))
