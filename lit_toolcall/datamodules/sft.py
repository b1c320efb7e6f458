"""The data module of supervised fine-tuning: examples in packed batches, questions for test and prediction."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from lit_toolcall.data.augment import Augmentation, augment_all
from lit_toolcall.data.curriculum import Curriculum, difficulty
from lit_toolcall.data.sources import Source
from lit_toolcall.datamodules.packed import CACHE_DIR, PackedDataModule
from lit_toolcall.packing import Tree
from lit_toolcall.preparation.recipes import ExampleRecipe, LeakageOptions, ValidationSplit
from lit_toolcall.prompting import DEFAULT_PROMPT, PromptOptions, TrainedTurns
from lit_toolcall.types import Example


class SFTDataModule(PackedDataModule[Example]):
    """Questions with tools and their answers.

    Args:
        base_model: local folder or hub id whose tokenizer is used.
        prompt: how prompts are written.
        train: sources of training rows.
        validation: sources of validation rows; where empty, `validation_fraction` of the training rows.
        test: sources of questions for `test`, `predict` and `pairs`.
        global_batch_size: rows of one optimizer step, over all ranks and micro-batches.
        tool_group_size: rows of a group with the same tools, which a micro-batch computes once; groups are shuffled.
            1 is plain shuffling.
        eval_batch_size: questions answered at a time on each rank.
        augment: augmentations of the training rows, and of the questions of `pairs`, applied in this order.
        curriculum: order from easy to hard rows; None is plain shuffling.
        trained_turns: the assistant's turns that are trained: `calls` (the last one, and earlier ones with calls),
            `last` (only the last one, for data whose earlier calls are rows of their own) or `all`. Those that a row
            marks as not trained never are.
        max_tokens: longest row, prompt and answers together, in tokens. A longer one loses tools that it does not call,
            then its oldest turns; one that is still too long is rejected.
        validation_fraction: fraction of the training rows that is held back where `validation` is empty, 0 to 1.
        validation_split: choice of these rows: `random`, or `unseen_tools` for rows whose tools are not in training.
        leakage: evaluation rows that training rows must not repeat.
        max_rejected_fraction: fraction of rejected rows, 0 to 1, above which no training begins.
        seed: seed of the shuffling, the held-back rows and the augmentations.
        cache_dir: folder of encoded rows, which a run with the same data and settings uses again.
        trust_remote_code: whether Python code beside the tokenizer may run.
    """

    train: Sequence[Source]
    validation: Sequence[Source]
    row_kind = Example
    source_example = "JsonLines"

    def __init__(
        self,
        base_model: str,
        prompt: PromptOptions = DEFAULT_PROMPT,
        train: list[Source] | None = None,
        validation: list[Source] | None = None,
        test: list[Source] | None = None,
        global_batch_size: int = 32,
        tool_group_size: int = 1,
        eval_batch_size: int = 20,
        augment: list[Augmentation] | None = None,
        curriculum: Curriculum | None = None,
        trained_turns: TrainedTurns = "calls",
        max_tokens: int = 2048,
        validation_fraction: float = 0.05,
        validation_split: ValidationSplit = "random",
        leakage: LeakageOptions | None = None,
        max_rejected_fraction: float = 0.05,
        seed: int = 42,
        cache_dir: str = CACHE_DIR,
        trust_remote_code: bool = False,
    ) -> None:
        super().__init__(
            base_model,
            prompt,
            train or [],
            validation or [],
            test,
            global_batch_size=global_batch_size,
            tool_group_size=tool_group_size,
            eval_batch_size=eval_batch_size,
            curriculum=curriculum,
            max_tokens=max_tokens,
            validation_fraction=validation_fraction,
            leakage=leakage,
            max_rejected_fraction=max_rejected_fraction,
            seed=seed,
            cache_dir=cache_dir,
            trust_remote_code=trust_remote_code,
        )
        self.augment = augment or []
        self.trained_turns: TrainedTurns = trained_turns
        self.validation_split: ValidationSplit = validation_split
        self.augment_questions = False  # true while `pairs` runs

    def make_recipe(self) -> ExampleRecipe:
        return ExampleRecipe(
            train=self.train,
            validation=self.validation,
            validation_fraction=self.validation_fraction,
            validation_split=self.validation_split,
            augment=self.augment,
            trained_turns=self.trained_turns,
            max_tokens=self.max_tokens,
            leakage=self.leakage,
            seed=self.seed,
        )

    def setup(self, stage: str) -> None:
        super().setup(stage)
        if stage == "predict" and self.augment_questions:
            self.questions = augment_all(self.augment, self.questions, self.seed)

    @property
    def validation_questions(self) -> Sequence[Example]:
        assert self.validation_rows is not None, "setup comes first"
        return self.validation_rows.rows

    def score_row(self, row: Example, tree: Tree) -> float:
        return difficulty(row, count_prompt_tokens(tree)).score


def count_prompt_tokens(tree: Tree) -> int:
    """Count the tokens before the last answer, earlier turns and their answers included.

    >>> from lit_toolcall.packing import Branch
    >>> count_prompt_tokens(Tree((1, 2), (Branch((3, 4, 5, 6), (1.0, 0.0, 1.0, 1.0)),)))
    4
    """
    weights = tree.branches[-1].weights
    answer = sum(1 for _ in takewhile(bool, reversed(weights)))
    return len(tree.trunk) + len(weights) - answer
