"""Supervised fine-tuning data: packed windows for training, questions for test and prediction."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cached_property
from itertools import takewhile
from pathlib import Path

from lit_toolcall.data.augment import Augmentation, augment_all
from lit_toolcall.data.curriculum import Curriculum, difficulty
from lit_toolcall.data.sources import Source, write_rejections
from lit_toolcall.data.stored import StoredTrees
from lit_toolcall.datamodules.base import PackedDataModule
from lit_toolcall.datamodules.loaders import RowOrder
from lit_toolcall.packing import Tree
from lit_toolcall.paths import expand_path
from lit_toolcall.preparation.pipeline import DONE, load_rows, prepare_rows
from lit_toolcall.preparation.settings import LeakageOptions, Recipe, ValidationSplit
from lit_toolcall.preparation.statistics import Account, EncodedRows, check_account
from lit_toolcall.prompting import PromptOptions, Renderer, TrainedTurns
from lit_toolcall.ranges import check_ranges
from lit_toolcall.types import Example, UserError

NEEDS_ROWS = ("fit", "validate")
"""Commands that train or validate on rows."""


class SFTDataModule(PackedDataModule):
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
        augment: what changes or adds training rows, and the questions of the command `pairs`, in this order.
        curriculum: how easy rows come first; None is plain shuffling.
        trained_turns: the assistant's turns that are trained: `calls` (the last one, and earlier ones with calls),
            `last` (the last one alone, for rows whose earlier calls are rows of their own) or `all`. Those that a row
            marks as not trained never are.
        max_tokens: longest row, prompt and answers together, in tokens. A longer one loses tools that it does not call,
            then its oldest turns; one that is still too long is rejected.
        validation_share: share of the training rows that is held back where `validation` is empty, 0 to 1.
        validation_split: how they are chosen: `random`, or `unseen_tools`, so that training has none of their tools.
        leakage: evaluation rows that training rows must not repeat.
        max_rejected_share: share of rejected rows, 0 to 1, above which nothing is trained.
        seed: of the shuffling, the held-back rows and the augmentations.
        cache_dir: where encoded rows are kept for the next run with the same data and settings.
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
        augment: list[Augmentation] | None = None,
        curriculum: Curriculum | None = None,
        trained_turns: TrainedTurns = "calls",
        max_tokens: int = 2048,
        validation_share: float = 0.05,
        validation_split: ValidationSplit = "random",
        leakage: LeakageOptions | None = None,
        max_rejected_share: float = 0.05,
        seed: int = 42,
        cache_dir: str = "~/.cache/lit_toolcall/rows",
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
        self.augment = augment or []
        self.curriculum = curriculum
        self.trained_turns: TrainedTurns = trained_turns
        self.validation_share = validation_share
        self.validation_split: ValidationSplit = validation_split
        self.leakage = leakage
        self.max_rejected_share = max_rejected_share
        self.cache_dir = cache_dir
        self.train_rows: EncodedRows | None = None
        self.validation_rows: EncodedRows | None = None
        self.account = Account()
        self.augment_questions = False  # true while `pairs` runs

    def prepare_data(self) -> None:
        """Encode the rows, unless an earlier run has; on one rank, while the others wait."""
        if not self.train or (self.trainer is not None and self.trainer.state.fn not in (None, *NEEDS_ROWS)):
            return
        recipe, renderer, folder = self._recipe
        if not (folder / DONE).is_file() or not recipe.is_fixed:
            prepare_rows(recipe, renderer, folder)

    def setup(self, stage: str) -> None:
        super().setup(stage)
        if stage == "predict" and self.augment_questions:
            self.questions = augment_all(self.augment, self.questions, self.seed)
        if stage in ("fit", "validate") and self.train_rows is None:
            self._load()

    @cached_property
    def _recipe(self) -> tuple[Recipe, Renderer, Path]:
        renderer = self.load_renderer()
        recipe = Recipe(
            train=self.train,
            validation=self.validation,
            validation_share=self.validation_share,
            validation_split=self.validation_split,
            augment=self.augment,
            trained_turns=self.trained_turns,
            max_tokens=self.max_tokens,
            leakage=self.leakage,
            seed=self.seed,
        )
        return recipe, renderer, Path(expand_path(self.cache_dir, "cache_dir")) / recipe.name_folder(renderer)

    def _load(self) -> None:
        """Map the encoded rows, and write the rejected ones into the run folder."""
        if not self.train:
            raise UserError("data.train names no source: give at least one, such as JsonLines with a path")
        self.train_rows, self.validation_rows, self.account = load_rows(self._recipe[2])
        if self.trainer is None:  # `inspect` shows what a training would refuse
            return
        if self.trainer.is_global_zero:
            folder = Path(self.trainer.default_root_dir)
            folder.mkdir(parents=True, exist_ok=True)
            write_rejections((*self.account.rejected, *self.account.dropped), folder / "rejected.jsonl")
            (folder / "sources.json").write_text(json.dumps(self.account.sources, indent=1) + "\n", encoding="utf-8")
        check_account(self.account, self.max_rejected_share, self.leakage.max_leaked_share if self.leakage else 0.0)

    @property
    def train_trees(self) -> Sequence[Tree]:
        assert self.train_rows is not None, "setup comes first"
        return self.train_rows.trees

    @property
    def validation_trees(self) -> Sequence[Tree]:
        assert self.validation_rows is not None, "setup comes first"
        return self.validation_rows.trees

    @property
    def validation_questions(self) -> Sequence[Example]:
        assert self.validation_rows is not None, "setup comes first"
        return self.validation_rows.examples

    def hash_rows(self) -> str:
        trees = self.train_trees
        assert isinstance(trees, StoredTrees), "rows are mapped from files"
        return trees.hash_content()

    def order_rows(self) -> RowOrder:
        assert self.train_rows is not None
        rows = self.train_rows
        keys = self.number_groups(example.tools for example in rows.examples)
        scores: Sequence[float] = ()
        if self.curriculum is not None:
            pairs = zip(rows.examples, rows.trees, strict=True)
            scores = [difficulty(example, count_prompt_tokens(tree)).score for example, tree in pairs]
        return RowOrder(keys, self.same_tools_examples, self.seed, self.curriculum, scores)


def count_prompt_tokens(tree: Tree) -> int:
    """Count the tokens before the last answer, earlier turns and their answers included.

    >>> from lit_toolcall.packing import Branch
    >>> count_prompt_tokens(Tree((1, 2), (Branch((3, 4, 5, 6), (1.0, 0.0, 1.0, 1.0)),)))
    4
    """
    weights = tree.branches[-1].weights
    answer = sum(1 for _ in takewhile(bool, reversed(weights)))
    return len(tree.trunk) + len(weights) - answer
