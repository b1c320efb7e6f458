"""The references of DPO: three kinds agree, none of them moves, and sharing a prompt changes no gradient."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from conftest import random_pairs
from peft import PeftModel
from torch import Tensor

from lit_toolcall.losses import Sigmoid, compare_answers, mark_first_divergent, token_logps
from lit_toolcall.models.checkpoint import hash_weights
from lit_toolcall.models.forward import answer_logits
from lit_toolcall.models.loading import add_token_rows, load_base
from lit_toolcall.models.lora import LoraOptions, add_lora
from lit_toolcall.models.reference import (
    REFERENCE_ADAPTER,
    AdapterReference,
    BaseReference,
    CachedReference,
    Reference,
    compute_reference,
    read_reference,
    write_reference,
)
from lit_toolcall.packing import PackedBatch, Tree, pack_trees
from lit_toolcall.prompting import PromptOptions, load_renderer
from lit_toolcall.types import UserError


@pytest.fixture
def make_policy(tiny_folder: Path) -> Callable[[], PeftModel]:
    """Make a fresh policy with adapters and trained rows for new tokens, the same each time."""

    def make() -> PeftModel:
        torch.manual_seed(1)
        renderer = load_renderer(str(tiny_folder), PromptOptions(special_tokens="add"))
        base = load_base(str(tiny_folder), "float32")
        add_token_rows(base, renderer.tokenizer, renderer.new_tokens)
        targets = LoraOptions(r=4, dropout=0.0, targets="all-linear")
        return add_lora(base, targets, sorted(renderer.new_tokens)).eval()

    return make


def move(policy: PeftModel) -> None:
    """Change what trains, as steps of an optimizer would."""
    with torch.no_grad():
        for name, weight in policy.named_parameters():
            if weight.requires_grad:
                weight += 0.1 * torch.randn(weight.shape, generator=torch.Generator().manual_seed(len(name)))


def loss_and_gradient(policy: PeftModel, reference: Reference, batches: list[PackedBatch]) -> tuple[float, Tensor]:
    policy.zero_grad()
    total = 0.0
    for batch in batches:
        before = reference.logps(batch)
        logps = token_logps(answer_logits(policy, batch), batch.target_ids)
        answers = compare_answers(
            logps,
            before,
            mark_first_divergent(batch.target_ids, batch.branch, batch.branches),
            batch.branch,
            batch.branches,
        )
        loss = Sigmoid()(*answers).sum()
        loss.backward()
        total += loss.item()
    trained = [weight.grad.flatten() for weight in policy.parameters() if weight.grad is not None]
    return total, torch.cat(trained)


def test_the_three_kinds_give_the_same_loss_and_gradient(make_policy: Callable[[], PeftModel]) -> None:
    batch = pack_trees(random_pairs(5, 350))
    results = []
    for kind in ("base", "adapter", "cached"):
        policy = make_policy()
        references = {
            "base": lambda policy=policy: BaseReference(policy),
            "adapter": lambda policy=policy: AdapterReference(policy),
            "cached": lambda policy=policy: CachedReference(compute_reference(policy, [batch])),
        }
        reference = references[kind]()
        move(policy)
        results.append(loss_and_gradient(policy, reference, [batch]))
    (loss, gradient), *others = results
    assert gradient.norm() > 1e-3
    for other_loss, other_gradient in others:
        assert other_loss == pytest.approx(loss, abs=1e-5)
        assert torch.allclose(other_gradient, gradient, atol=1e-6, rtol=1e-4)


def test_only_the_policys_adapter_trains_and_the_reference_stays(make_policy: Callable[[], PeftModel]) -> None:
    policy = make_policy()
    move(policy)  # as an SFT result
    trained_before = {name for name, weight in policy.named_parameters() if weight.requires_grad}
    reference = AdapterReference(policy)
    assert {name for name, weight in policy.named_parameters() if weight.requires_grad} == trained_before

    def hash_of(trained: bool) -> str:
        weights = policy.named_parameters()
        return hash_weights({name: weight for name, weight in weights if (name in trained_before) == trained})

    frozen, policys = hash_of(trained=False), hash_of(trained=True)
    optimizer = torch.optim.AdamW([weight for weight in policy.parameters() if weight.requires_grad], lr=1e-2)
    for seed in range(3):
        torch.manual_seed(seed)
        loss_and_gradient(policy, reference, [pack_trees(random_pairs(4, 350))])
        optimizer.step()
    assert hash_of(trained=False) == frozen
    assert hash_of(trained=True) != policys
    copies = [name for name, _ in policy.named_parameters() if REFERENCE_ADAPTER in name.split(".")]
    assert len(copies) == len(trained_before), "every weight that trains has its copy"


@pytest.mark.parametrize("same_trunk", [False, True])
def test_sharing_a_prompt_changes_no_gradient(make_policy: Callable[[], PeftModel], same_trunk: bool) -> None:
    pairs = random_pairs(6, 350, same_trunk)
    policy = make_policy()
    reference = AdapterReference(policy)
    move(policy)
    shared_loss, shared = loss_and_gradient(policy, reference, [pack_trees(pairs)])

    def unshared(batch_of: Tree) -> Tensor:
        """Each answer in a batch of its own, the prompt before it again."""
        sums = []
        for branch in batch_of.branches:
            alone = pack_trees([Tree(batch_of.trunk, (branch,))])
            before = reference.logps(alone)
            sums.append((token_logps(answer_logits(policy, alone), alone.target_ids) - before).sum())
        return -torch.nn.functional.logsigmoid(0.1 * (sums[0] - sums[1]))

    policy.zero_grad()
    plain = sum(unshared(pair) for pair in pairs)
    plain.backward()
    gradient = torch.cat([weight.grad.flatten() for weight in policy.parameters() if weight.grad is not None])
    assert plain.item() == pytest.approx(shared_loss, abs=1e-4)
    assert torch.nn.functional.cosine_similarity(shared, gradient, dim=0) > 0.99999
    tokens = pack_trees(pairs).tokens
    assert tokens < sum(2 * len(pair.trunk) + len(pair.branches[0].ids) + len(pair.branches[1].ids) for pair in pairs)


def test_a_kept_reference_is_refused_where_something_changed(tmp_path: Path) -> None:
    path = tmp_path / "reference.safetensors"
    depends_on = {"weights": "w", "data": "d", "rendering": "r"}
    write_reference(path, {0: torch.tensor([-1.0, -2.0]), 1: torch.tensor([-3.0])}, depends_on)
    kept = read_reference(path, depends_on)
    assert kept.logps_of_rows[0].tolist() == [-1.0, -2.0]
    for name in depends_on:
        with pytest.raises(UserError, match=f"computed with other {name}: set them back"):
            read_reference(path, depends_on | {name: "another"})
    path.write_bytes(b"not tensors")
    with pytest.raises(UserError, match="not a file of reference log-probabilities"):
        read_reference(path, depends_on)
