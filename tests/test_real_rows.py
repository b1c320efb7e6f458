"""Every real row is kept or rejected with a reason, survives every call format, and is trained on exactly."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerFast

from lit_toolcall.data.sources import ApiBank, Ledger, SealTools, ShareGpt, Source, ToolRL
from lit_toolcall.formats import CALL_FORMATS, CallSyntaxError, find_call_format
from lit_toolcall.packing import Tree
from lit_toolcall.prompting import PromptOptions, Renderer, encode_examples
from lit_toolcall.types import Example

APART = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' and not loop.last %}{{ '(earlier) ' }}{% endif %}"
    "{{ message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""Writes earlier answers another way than they were given."""


def sources(data: Path) -> dict[str, tuple[Source, int]]:
    """Each file's source, and how many rows it has."""
    seal, tools = data / "seal-tools", str(data / "seal-tools" / "tool.jsonl")
    return {
        "api-bank": (ApiBank(str(data / "api-bank")), 2019),
        "seal dev": (SealTools(str(seal / "dev.jsonl"), tools), 700),
        "seal test": (SealTools(str(seal / "test_in_domain.jsonl"), tools), 700),
        "glaive": (ShareGpt(str(data / "glaive-demo" / "glaive_toolcall_en_demo.json")), 300),
        "toolrl": (ToolRL(str(data / "toolrl" / "rlla_sft.json")), 400),
    }


NAMES = ["api-bank", "seal dev", "seal test", "glaive", "toolrl"]


def read(data: Path, name: str) -> tuple[list[Example], Ledger, int]:
    source, rows = sources(data)[name]
    ledger = Ledger()
    return list(source.read(ledger)), ledger, rows


@pytest.mark.parametrize("name", NAMES)
def test_every_row_is_kept_or_rejected_with_a_reason(name: str, shared_data: Path) -> None:
    examples, ledger, rows = read(shared_data, name)
    assert len(examples) == ledger.kept
    assert ledger.kept + len(ledger.rejected) == rows
    assert all(rejection.place and rejection.reason for rejection in ledger.rejected)
    assert len({example.id for example in examples}) == len(examples)
    assert len(ledger.rejected) < 0.1 * rows


@pytest.mark.parametrize("form", CALL_FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_all_calls_survive_every_format_or_are_refused_by_name(name: str, form: str, shared_data: Path) -> None:
    written = find_call_format(form)
    refused: Counter[str] = Counter()
    for example in read(shared_data, name)[0]:
        for message in (*example.messages, *([example.answer] if example.answer else [])):
            if not message.calls:
                continue
            try:
                text = written.render(message.calls)
            except CallSyntaxError as error:
                refused[error.detail] += 1
                continue
            assert written.parse(text) == message.calls
    assert all("that this format cannot hold: " in reason for reason in refused)
    assert sum(refused.values()) <= 3, refused


@pytest.mark.parametrize("template", [(), (APART,)], ids=["in place", "apart"])
@pytest.mark.parametrize("name", NAMES)
def test_the_trained_tokens_are_exactly_the_answers(
    name: str,
    template: tuple[str, ...],
    shared_data: Path,
    make_tokenizer: Callable[..., PreTrainedTokenizerFast],
) -> None:
    renderer = Renderer(make_tokenizer(*template), PromptOptions())
    encoded = list(encode_examples(renderer, read(shared_data, name)[0], "all"))
    refused = [tree for _, tree in encoded if not isinstance(tree, Tree)]
    assert len(refused) <= 0.02 * len(encoded), refused
    for example, tree in encoded:
        if not isinstance(tree, Tree):
            continue
        turns = [*example.messages, *([example.answer] if example.answer else [])]
        answers = [
            renderer.render_answer(turn)
            for number, turn in enumerate(turns)
            if number and turn.role == "assistant" and (turn.content or turn.calls)
        ]
        trained = []
        for branch in tree.branches:
            marks = "".join("1" if weight else "0" for weight in branch.weights)
            trained += [branch.ids[found.start() : found.end()] for found in re.finditer("1+", marks)]
        assert [renderer.decode(ids) for ids in trained] == answers
