"""The hash that tells base models apart."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from lit_toolcall.models.checkpoint import hash_sample
from lit_toolcall.models.loading import load_base


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.uint8, torch.int8, torch.bool])
@pytest.mark.parametrize("place", [slice(0, 300), slice(5_000, 5_300), slice(99_700, 100_000)])
def test_values_anywhere_and_of_any_type_are_hashed(dtype: torch.dtype, place: slice) -> None:
    weight = torch.zeros(100_000).to(dtype).reshape(100, 1000)
    retrained = weight.clone()
    retrained.view(-1)[place] = 1
    assert hash_sample({"w": weight}) == hash_sample({"w": weight.clone()})
    assert hash_sample({"w": weight}) != hash_sample({"w": retrained})


def test_names_shapes_and_types_are_hashed() -> None:
    weight = torch.zeros(4, 6)
    others = [{"v": weight}, {"w": weight.T}, {"w": weight.half()}, {"w": weight, "v": weight}]
    assert len({hash_sample(each) for each in ({"w": weight}, *others)}) == 5


def test_four_bit_weights_are_hashed(tiny_folder: Path) -> None:
    model = load_base(str(tiny_folder), "bfloat16", "4bit")
    weights = dict(model.named_parameters())
    before = hash_sample(weights)
    assert hash_sample(dict(load_base(str(tiny_folder), "bfloat16", "4bit").named_parameters())) == before
    (packed, *_) = (weight for weight in weights.values() if weight.dtype == torch.uint8)
    packed.data = packed.data.flip(0)
    assert hash_sample(weights) != before
