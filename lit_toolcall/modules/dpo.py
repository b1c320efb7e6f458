"""Direct preference optimization (DPO): a policy against a frozen reference, over pairs of answers."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lightning.pytorch.utilities import rank_zero_info
from torch import Tensor
from tqdm import tqdm

from lit_toolcall.losses import (
    AnswerLogps,
    PreferenceLoss,
    Sigmoid,
    compare_answers,
    estimate_kl,
    mark_first_divergent,
    sum_pairs,
    token_logps,
)
from lit_toolcall.models.checkpoint import hash_weights, trained_state
from lit_toolcall.models.forward import answer_logits, in_eval_mode
from lit_toolcall.models.lora import switch_off_dropout
from lit_toolcall.models.reference import (
    AdapterReference,
    BaseReference,
    Reference,
    ReferenceKind,
    compute_reference,
    read_reference,
    write_reference,
)
from lit_toolcall.modules.policy import gather_objects, leave_frozen_to_ranks
from lit_toolcall.modules.schedules import name_of
from lit_toolcall.modules.training import Mode, Sums, TrainingModule, add_sums
from lit_toolcall.packing import PackedBatch
from lit_toolcall.types import Preference, UserError

REFERENCE_FILE = "reference.safetensors"
DPO_MEANS: dict[str, Mode | None] = {
    "loss": "min",
    "start_loss": None,
    "rewards/accuracies": "max",
    "rewards/margins": "max",
    "rewards/chosen": "max",
    "rewards/rejected": "min",
    "logps/chosen": "max",
    "logps/rejected": "min",
    "chosen_logp_change": "max",
    "rejected_logp_change": "min",
    "chosen_fell": "min",
    "kl": "min",
}
"""What DPO logs for training and validation: whether the least or the greatest is best; None where neither is."""
AGAINST_REFERENCE = ("start_loss", "chosen_logp_change", "rejected_logp_change", "chosen_fell", "kl")
"""Those of them that are logged only where there is a reference."""


class DPOModule(TrainingModule):
    """Trains a policy to prefer the chosen answer of each pair to the rejected one (arXiv:2305.18290).

    Dropout is off, since with it policy and reference would differ before the first step.

    Args:
        reference: what the policy is compared with: `base`, the model with its adapters off; `adapter`, a frozen copy
            of the policy as it starts, such as SFT's result; `cached`, the log-probabilities of the policy as it
            starts, computed once before the first step and kept in the run folder; `none`, for a loss that needs none.
        loss: a `PreferenceLoss` with its settings, ours or your own by its import path; Sigmoid, DPO's, by default.
        settings: those of every policy, see `PolicyModule`.
    """

    row_kind = Preference
    progress_bar = ("loss", "rewards/accuracies", "rewards/margins")
    reference: Reference

    def __init__(
        self, *, reference: ReferenceKind = "adapter", loss: PreferenceLoss | None = None, **settings: Any
    ) -> None:
        super().__init__(**settings)
        self.pair_loss = Sigmoid() if loss is None else loss
        self.reference_kind: ReferenceKind = reference if self.pair_loss.needs_reference else "none"
        if reference == "none" and self.pair_loss.needs_reference:
            raise UserError(
                f"model.reference=none: the loss {type(self.pair_loss).__name__} compares with a reference: set "
                "reference to adapter, base or cached, or choose a loss that needs none"
            )
        if reference != self.reference_kind:
            rank_zero_info(
                f"the loss {type(self.pair_loss).__name__} needs no reference: model.reference={reference} is not used"
            )
        self._first_sums: Sums = {}

    def configure_model(self) -> None:
        if "policy" in self._modules:
            return
        super().configure_model()
        self._start_hash = self._hash_start()
        self._reference_hash = self._hash_reference()
        if self.reference_kind == "base":
            self.reference = BaseReference(self.policy)
        if self.reference_kind == "adapter":
            self.reference = AdapterReference(self.policy)
            leave_frozen_to_ranks(self)
        switch_off_dropout(self.policy)  # of the reference too, which PEFT has given its own
        if self.lora.dropout:
            rank_zero_info(
                f"DPO trains without dropout, as its reference answers: lora.dropout={self.lora.dropout} is not used"
            )

    def _hash_start(self) -> str:
        """Hash what the policy computes before it trains; an adapter without a start of its own adds nothing."""
        if self.reference_kind != "cached":
            return ""
        trained = trained_state(self)
        frozen = {name: weight for name, weight in self.state_dict().items() if name not in trained}
        return hash_weights(frozen | (trained if self.init_adapter else {}))

    def _hash_reference(self) -> str:
        """Hash what the reference adds to the base: nothing, unless the policy starts from an adapter."""
        if self.reference_kind == "none":
            return "none"
        adds = self.init_adapter is not None and self.reference_kind != "base"
        return hash_weights(trained_state(self) if adds else {})

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        super().on_save_checkpoint(checkpoint)
        checkpoint["reference_hash"] = self._reference_hash

    def check_resume(self, checkpoint: Mapping[str, Any]) -> None:
        """Refuse to resume what was not trained against this reference; other commands take any policy.

        Raises:
            UserError: the checkpoint is not a DPO's, or of another reference; or what `TrainingModule` refuses.
        """
        if "reference_hash" not in checkpoint:
            raise UserError(
                "the checkpoint of --ckpt_path is not a DPO's: start from an SFT result by model.init_args.init_adapter"
            )
        if checkpoint["reference_hash"] != self._reference_hash:
            raise UserError(
                "the checkpoint of --ckpt_path was trained against another reference: model.init_args.reference and "
                "init_adapter, and the file it names, must be those that its run began with"
            )
        super().check_resume(checkpoint)

    def on_fit_start(self) -> None:
        super().on_fit_start()
        if self.reference_kind == "cached":
            self.reference = self._prepare_cached()

    def on_validation_start(self) -> None:
        if self.reference_kind == "cached" and not hasattr(self, "reference"):  # `validate` on its own
            self.reference = self._prepare_cached()

    def _prepare_cached(self) -> Reference:
        """Compute the reference's log-probabilities on all ranks and keep them; or read those that are kept.

        Raises:
            UserError: they are of other weights, data or rendering, or the policy has trained and they are gone.
        """
        data: Any = self.trainer.datamodule  # type: ignore[attr-defined]  # Lightning sets it, undeclared
        depends_on = {"weights": self._start_hash, "data": data.fingerprint, "rendering": self.renderer.fingerprint}
        path = Path(self.trainer.default_root_dir) / REFERENCE_FILE
        if not path.is_file():
            if self.trained_steps:
                raise UserError(
                    f"{path}: no such file, and the policy has trained already: a cached reference is computed before "
                    "the first step"
                )
            self._compute_cached(path, data.reference_batches(), depends_on)
        self.trainer.strategy.barrier()
        return read_reference(path, depends_on)

    def _compute_cached(self, path: Path, batches: Iterable[PackedBatch], depends_on: Mapping[str, str]) -> None:
        moved = (batch.to(self.device) for batch in tqdm(batches, desc="reference", unit="batch", file=sys.stderr))
        with in_eval_mode(self.policy), self.trainer.precision_plugin.forward_context():
            computed = gather_objects(compute_reference(self.policy, moved))
        if self.trainer.is_global_zero:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_reference(path, {row: logps for rows in computed for row, logps in rows.items()}, depends_on)

    def score_batch(self, batch: PackedBatch, logged: bool) -> tuple[Tensor, Sums]:
        divergent = mark_first_divergent(batch.target_ids, batch.branch, batch.branches)
        reference = None if self.reference_kind == "none" else self.reference.logps(batch)
        logps = token_logps(answer_logits(self.policy, batch), batch.target_ids)
        chosen, rejected = compare_answers(logps, reference, divergent, batch.branch, batch.branches)
        losses = self.pair_loss(chosen, rejected)
        if losses.shape != chosen.policy.shape:
            raise UserError(
                f"model.loss={name_of(self.pair_loss)} returns the shape {tuple(losses.shape)} for "
                f"{len(chosen.policy)} pairs: return one loss per pair, without a mean"
            )
        if logps.requires_grad and not losses.requires_grad:
            raise UserError(
                f"model.loss={name_of(self.pair_loss)} returns a loss without a gradient: compute it from the `policy` "
                "of both answers"
            )
        is_first = self.trainer.training and self.trainer.global_step == 0
        sums: Sums = {}
        if logged or is_first:
            sums = sum_pairs(losses.detach(), _detach(chosen), _detach(rejected))
            if reference is not None:
                sums["start_loss"] = self.pair_loss(_detach(chosen).at_start(), _detach(rejected).at_start()).sum()
                sums["kl"] = estimate_kl(logps.detach(), reference).sum()
        if is_first:
            self._first_sums = add_sums(self._first_sums, sums)
        return losses.sum() / batch.step_examples, sums

    @property
    def first_losses(self) -> tuple[float, float | None]:
        """This rank's loss of the first step, and its value where policy equals reference; None without a reference."""
        sums = self._first_sums
        start = (sums["start_loss"] / sums["pairs"]).item() if "start_loss" in sums else None
        return (sums["loss"] / sums["pairs"]).item(), start

    def take_means(self, sums: Mapping[str, float]) -> dict[str, float]:
        pairs, tokens = sums["pairs"], sums["chosen_tokens"] + sums["rejected_tokens"]
        chosen, rejected, beta = sums["chosen_reward"], sums["rejected_reward"], self.pair_loss.beta
        means = {
            "loss": sums["loss"] / pairs,
            "rewards/accuracies": sums["preferred"] / pairs,
            "rewards/margins": beta * (chosen - rejected) / pairs,
            "rewards/chosen": beta * chosen / pairs,
            "rewards/rejected": beta * rejected / pairs,
            "logps/chosen": sums["chosen_logp"] / pairs,
            "logps/rejected": sums["rejected_logp"] / pairs,
        }
        if self.reference_kind == "none":
            return means
        return means | {
            "start_loss": sums["start_loss"] / pairs,
            "chosen_logp_change": chosen / sums["chosen_tokens"],
            "rejected_logp_change": rejected / sums["rejected_tokens"],
            "chosen_fell": sums["chosen_fell"] / pairs,
            "kl": sums["kl"] / tokens,
        }


def _detach(answers: AnswerLogps) -> AnswerLogps:
    return replace(answers, policy=answers.policy.detach(), divergent_policy=answers.divergent_policy.detach())
