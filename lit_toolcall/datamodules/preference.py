"""The data module of preference optimization: pairs of answers in packed batches, questions for test and prediction."""

from __future__ import annotations

from collections.abc import Sequence

from lit_toolcall.data.curriculum import Curriculum, closeness
from lit_toolcall.data.fingerprint import hash_bytes
from lit_toolcall.data.sources import PreferenceSource, Source
from lit_toolcall.datamodules.packed import CACHE_DIR, PackedDataModule
from lit_toolcall.packing import PackedBatch, Tree, pack_trees
from lit_toolcall.preparation.questions import list_questions, read_every_row
from lit_toolcall.preparation.recipes import LeakageOptions, PreferenceRecipe
from lit_toolcall.prompting import DEFAULT_PROMPT, PromptOptions
from lit_toolcall.types import Example, Preference


class PreferenceDataModule(PackedDataModule[Preference]):
    """Pairs of answers, one better than the other.

    Args:
        base_model: local folder or hub id whose tokenizer is used.
        prompt: how prompts are written.
        train: sources of training pairs.
        validation: sources of validation pairs; where empty, `validation_fraction` of the pairs.
        validation_questions: sources of questions with answers, which SampleCalls asks during training; where empty,
            the validation pairs' questions with their chosen answers.
        test: sources of questions for `test` and `predict`.
        global_batch_size: pairs of one optimizer step, over all ranks and micro-batches.
        tool_group_size: pairs of a group with the same tools, which a micro-batch computes once; groups are shuffled.
            1 is plain shuffling.
        eval_batch_size: questions answered at a time on each rank.
        curriculum: order from easy pairs, whose answers differ most, to hard ones; None is plain shuffling.
        max_tokens: longest pair, prompt and both answers together, in tokens. A longer one loses tools that no answer
            calls, then its oldest turns; one that is still too long is rejected.
        validation_fraction: fraction of the pairs that is held back where `validation` is empty, 0 to 1; pairs of one
            question, and of questions made of the same row, stay together.
        leakage: evaluation rows that training pairs must not repeat.
        max_rejected_fraction: fraction of rejected pairs, 0 to 1, above which no training begins.
        seed: seed of the shuffling and the held-back questions.
        cache_dir: folder of encoded pairs, which a run with the same data and settings uses again.
        trust_remote_code: whether Python code beside the tokenizer may run.
    """

    train: Sequence[PreferenceSource]
    validation: Sequence[PreferenceSource]
    row_kind = Preference
    source_example = "Pairs"

    def __init__(
        self,
        base_model: str,
        prompt: PromptOptions = DEFAULT_PROMPT,
        train: list[PreferenceSource] | None = None,
        validation: list[PreferenceSource] | None = None,
        validation_questions: list[Source] | None = None,
        test: list[Source] | None = None,
        global_batch_size: int = 4,
        tool_group_size: int = 1,
        eval_batch_size: int = 20,
        curriculum: Curriculum | None = None,
        max_tokens: int = 2048,
        validation_fraction: float = 0.05,
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
        self.question_sources = validation_questions or []
        self._questions_to_ask: list[Example] = []

    def make_recipe(self) -> PreferenceRecipe:
        return PreferenceRecipe(
            train=self.train,
            validation=self.validation,
            validation_fraction=self.validation_fraction,
            max_tokens=self.max_tokens,
            leakage=self.leakage,
            seed=self.seed,
        )

    def load_rows(self) -> None:
        super().load_rows()
        assert self.validation_rows is not None
        if self.question_sources:
            self._questions_to_ask = read_every_row(self.question_sources, "data.validation_questions")
        else:
            self._questions_to_ask = list_questions(self.validation_rows.rows, self.prepared[1])

    @property
    def validation_questions(self) -> Sequence[Example]:
        return self._questions_to_ask

    def score_row(self, row: Preference, tree: Tree) -> float:  # noqa: ARG002
        return closeness(*(branch.ids for branch in tree.branches))

    @property
    def fingerprint(self) -> str:
        """A hash of all pairs' token ids and weights, in hexadecimal."""
        hashes = [trees.hash_content() for trees in (self.train_trees, self.validation_trees)]
        return hash_bytes("".join(hashes).encode())

    def reference_batches(self) -> list[PackedBatch]:
        """Pack this rank's shard of all pairs, training and validation, each once."""
        mine = self._shard.of([*self.train_trees, *self.validation_trees], "pairs")
        size = self._micro_batch_rows
        return [pack_trees(mine[start : start + size]) for start in range(0, len(mine), size)]
