"""References of preference losses: the base model, a frozen adapter, or log-probabilities computed once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from lit_toolcall.losses import token_logps
from lit_toolcall.models.forward import answer_logits
from lit_toolcall.packing import PackedBatch
from lit_toolcall.types import UserError

if TYPE_CHECKING:
    from peft import PeftModel

ReferenceKind = Literal["base", "adapter", "cached", "none"]
POLICY_ADAPTER = "default"
"""PEFT's name of the adapter that trains."""
REFERENCE_ADAPTER = "reference"


class Reference(ABC):
    """Gives the log-probabilities that a policy is compared with; nothing of it trains."""

    @abstractmethod
    def logps(self, batch: PackedBatch) -> Tensor:
        """Give the log-probability of each trained token, (R,) in nats and fp32."""


class BaseReference(Reference):
    """The base model, which is the policy with its adapters off.

    Args:
        policy: the model that trains.
    """

    def __init__(self, policy: PeftModel) -> None:
        self.policy = policy

    @torch.no_grad()
    def logps(self, batch: PackedBatch) -> Tensor:
        with self.policy.disable_adapter():
            return token_logps(answer_logits(self.policy, batch), batch.target_ids)


class AdapterReference(Reference):
    """A second, frozen adapter in the policy's model: a copy of the policy as it is now.

    Args:
        policy: the model that trains.
    """

    def __init__(self, policy: PeftModel) -> None:
        self.policy = policy
        policy.add_adapter(REFERENCE_ADAPTER, policy.peft_config[POLICY_ADAPTER])
        weights = dict(policy.named_parameters())
        for name, weight in weights.items():
            if REFERENCE_ADAPTER in name.split("."):
                weight.data = weights[rename_adapter(name)].detach().clone()
                weight.requires_grad_(False)

    @torch.no_grad()
    def logps(self, batch: PackedBatch) -> Tensor:
        with use_adapter(self.policy, REFERENCE_ADAPTER):
            return token_logps(answer_logits(self.policy, batch), batch.target_ids)


def rename_adapter(name: str) -> str:
    """Name the policy's weight that a weight of the reference was copied from.

    >>> rename_adapter("layer.0.q_proj.lora_A.reference.weight")
    'layer.0.q_proj.lora_A.default.weight'
    """
    return ".".join(POLICY_ADAPTER if part == REFERENCE_ADAPTER else part for part in name.split("."))


@contextmanager
def use_adapter(policy: PeftModel, name: str) -> Iterator[None]:
    """Run with another adapter, and set the one that trains again."""
    policy.set_adapter(name, inference_mode=True)
    try:
        yield
    finally:
        policy.set_adapter(POLICY_ADAPTER)


class CachedReference(Reference):
    """Log-probabilities that were computed once.

    Args:
        logps_of_rows: for each row of the data set the log-probabilities of its trained tokens, in nats.
    """

    def __init__(self, logps_of_rows: Mapping[int, Tensor]) -> None:
        self.logps_of_rows = logps_of_rows

    def logps(self, batch: PackedBatch) -> Tensor:
        return torch.cat([self.logps_of_rows[row] for row in batch.rows]).to(batch.target_ids.device)


@torch.no_grad()
def compute_reference(policy: PeftModel, batches: Iterable[PackedBatch]) -> dict[int, Tensor]:
    """Compute what a `CachedReference` keeps, with the policy as it is now.

    Args:
        policy: in eval mode.
        batches: on the policy's device; each row stands in one of them.
    """
    computed: dict[int, Tensor] = {}
    for batch in batches:
        logps = token_logps(answer_logits(policy, batch), batch.target_ids).cpu()
        per_row = torch.bincount(batch.branch.cpu() // 2, minlength=batch.examples).tolist()
        computed |= dict(zip(batch.rows, logps.split(per_row), strict=True))
    return computed


def write_reference(path: Path, logps_of_rows: Mapping[int, Tensor], depends_on: Mapping[str, str]) -> None:
    """Keep log-probabilities beside hashes of what they depend on."""
    rows = {str(row): logps.contiguous() for row, logps in logps_of_rows.items()}
    partial = path.with_suffix(".partial")
    save_file(rows, partial, dict(depends_on))
    partial.rename(path)


def read_reference(path: Path, depends_on: Mapping[str, str]) -> CachedReference:
    """Read kept log-probabilities.

    Raises:
        UserError: they are not of these weights, this data and this rendering, or the file is not readable.
    """
    try:
        with safe_open(path, framework="pt") as file:
            kept = file.metadata() or {}
            changed = [name for name, value in depends_on.items() if kept.get(name) != value]
            if changed:
                raise UserError(
                    f"{path}: the reference was computed with other {' and '.join(changed)}: set them "
                    "back, or begin a run in another folder by --trainer.default_root_dir"
                )
            rows = list(file.keys())
            return CachedReference({int(row): file.get_tensor(row) for row in rows})
    except (SafetensorError, ValueError, OSError) as error:
        raise UserError(f"{path}: not a file of reference log-probabilities ({error}): remove it") from error
