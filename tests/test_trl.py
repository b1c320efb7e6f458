"""Our DPO loss and its gradient against TRL's, on the same tiny models and pairs."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

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
    mark_first_divergent,
    token_logps,
)
from lit_toolcall.models.forward import answer_logits
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


def gradients(model: PreTrainedModel) -> torch.Tensor:
    return torch.cat([parameter.grad.flatten() for parameter in model.parameters() if parameter.grad is not None])


@pytest.mark.parametrize(("loss_type", "loss"), OURS.items())
def test_loss_and_gradient_are_trls(
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
    theirs, their_gradients = trl_loss(policy, reference, pairs, loss_type, make_tokenizer(), tmp_path)

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
    ours = loss(*answers).mean()
    ours.backward()

    assert ours.item() == pytest.approx(theirs, rel=1e-5)
    our_gradients = gradients(policy)
    assert our_gradients.norm() > 1e-3
    assert torch.nn.functional.cosine_similarity(our_gradients, their_gradients, dim=0) > 0.99999
    assert (our_gradients - their_gradients).norm() / their_gradients.norm() < 1e-4


def trl_loss(
    policy: PreTrainedModel,
    reference: PreTrainedModel,
    pairs: list[Tree],
    loss_type: str,
    tokenizer: PreTrainedTokenizerFast,
    folder: Path,
) -> tuple[float, torch.Tensor]:
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
    return loss.item(), gradients(policy)
