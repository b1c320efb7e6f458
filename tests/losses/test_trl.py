"""Our DPO loss, its gradient and what is logged beside it against TRL's, on the same tiny models and pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from conftest import random_pairs
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from lit_toolcall.attention import PACKED_ATTENTION
from lit_toolcall.losses import (
    IPO,
    Hinge,
    PreferenceLoss,
    Robust,
    Sigmoid,
    SigmoidNorm,
    compare_answers,
    estimate_kl,
    mark_first_divergent,
    sum_pairs,
    token_logps,
)
from lit_toolcall.models.forward import answer_logits
from lit_toolcall.modules import DPOModule
from lit_toolcall.packing import Tree, pack_trees

trl = pytest.importorskip("trl", reason="trl is not installed: it comes with the extra `test`")
BETA = 0.3
OURS = {
    "sigmoid": Sigmoid(BETA),
    "ipo": IPO(BETA),
    "hinge": Hinge(BETA),
    "robust": Robust(BETA, label_smoothing=0.1),
    "sigmoid_norm": SigmoidNorm(BETA),
}
"""By TRL's names."""
LOGGED = (
    "rewards/chosen",
    "rewards/rejected",
    "rewards/accuracies",
    "rewards/margins",
    "logps/chosen",
    "logps/rejected",
)
"""What both log under the same name."""


def gradients(model: PreTrainedModel) -> torch.Tensor:
    return torch.cat([parameter.grad.flatten() for parameter in model.parameters() if parameter.grad is not None])


@pytest.mark.parametrize(("loss_type", "loss"), OURS.items())
def test_loss_gradient_and_logged_values_are_trls(
    loss_type: str,
    loss: PreferenceLoss,
    tmp_path: Path,
    tiny_model: Callable[..., PreTrainedModel],
    make_tokenizer: Callable[..., PreTrainedTokenizerFast],
) -> None:
    pairs = random_pairs(6, 97)
    policy, reference = tiny_model("llama"), tiny_model("llama")
    with torch.no_grad():
        for weight in policy.parameters():
            weight += 0.05 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(weight.numel()))
    theirs, their_gradients, their_log = trl_loss(policy, reference, pairs, loss_type, make_tokenizer(), tmp_path)

    policy.zero_grad()
    for model in (policy, reference):
        model.set_attn_implementation(PACKED_ATTENTION)
    batch = pack_trees(pairs)
    with torch.no_grad():
        reference_logps = token_logps(answer_logits(reference, batch), batch.target_ids)
    logps = token_logps(answer_logits(policy, batch), batch.target_ids)
    answers = compare_answers(
        logps,
        reference_logps,
        mark_first_divergent(batch.target_ids, batch.branch, batch.branches),
        batch.branch,
        batch.branches,
    )
    losses = loss(*answers)
    ours = losses.mean()
    ours.backward()
    sums = sum_pairs(losses.detach(), *(replace(each, policy=each.policy.detach()) for each in answers))
    sums |= {"start_loss": torch.tensor(0.0), "kl": estimate_kl(logps.detach(), reference_logps).sum()}
    module = SimpleNamespace(pair_loss=loss, reference_kind="adapter")  # no run: the means of a batch alone
    our_log = DPOModule.take_means(module, {name: value.item() for name, value in sums.items()})

    assert ours.item() == pytest.approx(theirs, rel=1e-5)
    our_gradients = gradients(policy)
    assert our_gradients.norm() > 1e-3
    assert torch.nn.functional.cosine_similarity(our_gradients, their_gradients, dim=0) > 0.99999
    assert (our_gradients - their_gradients).norm() / their_gradients.norm() < 1e-4
    assert 0 < our_log["rewards/accuracies"] < 1
    assert {name: our_log[name] for name in LOGGED} == pytest.approx(their_log, rel=1e-4, abs=1e-5)


def trl_loss(
    policy: PreTrainedModel,
    reference: PreTrainedModel,
    pairs: list[Tree],
    loss_type: str,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
) -> tuple[float, torch.Tensor, dict[str, float]]:
    from datasets import Dataset
    from trl.trainer.dpo_trainer import DataCollatorForPreference

    smoothing = {"label_smoothing": 0.1} if loss_type == "robust" else {}
    arguments = trl.DPOConfig(
        output_dir=str(folder), beta=BETA, loss_type=[loss_type], report_to=[], use_cpu=True, bf16=False, **smoothing
    )
    dataset = Dataset.from_list([{"prompt": "a", "chosen": "b", "rejected": "c"}])  # the constructor wants one
    trainer = trl.DPOTrainer(policy, reference, args=arguments, train_dataset=dataset, processing_class=tokenizer)
    rows = [
        {
            "prompt_ids": list(tree.trunk),
            "chosen_ids": list(tree.branches[0].ids),
            "rejected_ids": list(tree.branches[1].ids),
        }
        for tree in pairs
    ]
    loss = trainer.compute_loss(policy, DataCollatorForPreference(pad_token_id=0)(rows))
    loss.backward()
    logged = {name: trainer._metrics["train"][name] for name in LOGGED}  # kept until its own `log`
    return loss.item(), gradients(policy), {name: value for name, (value,) in logged.items()}
