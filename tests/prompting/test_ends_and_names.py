"""Answers end once, text of others is never an added token, and nothing goes past a model's positions."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from asking import ask
from said import fails
from test_generation import reciting_model
from test_tokenizer import word_start_tokenizer
from tokenizers import AddedToken, normalizers
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.generation import GenerationOptions
from lit_toolcall.prompting import (
    PromptOptions,
    Renderer,
    encode_example,
    encode_questions,
    load_renderer,
    save_tokenizer,
)
from lit_toolcall.prompting.limits import ModelLimits, find_positions
from lit_toolcall.prompting.renderer import BREAK
from lit_toolcall.types import Example, Message, Tool, ToolCall, UserError

MakeTokenizer = Callable[..., PreTrainedTokenizerFast]
MakeModel = Callable[..., PreTrainedModel]
TOOL = Tool("get_weather", "", {"type": "object", "properties": {"city": {"type": "string"}}})
ASKED = (Message("user", "x"),)
every_format = pytest.mark.parametrize("form", ["tool_code", "hermes", "pythonic", "llama3_json"])


def answer_text(renderer: Renderer, content: str) -> str:
    (branch,) = encode_example(renderer, Example("1", (TOOL,), ASKED, Message("assistant", content))).branches
    return renderer.decode(branch.ids)


@every_format
@pytest.mark.parametrize(
    "content",
    [
        "ends<|im_end|>",
        "ends<|im_end|>\n",
        "ends <|im_end|> <|im_end|>",
        "ends</s>",
        "ends\n<|endoftext|>",
        "ends<|eot_id|><|im_end|>\n",
        "ends<|end|>",
        "ends",
    ],
)
def test_an_answer_is_trained_with_one_end(form: str, content: str, make_tokenizer: MakeTokenizer) -> None:
    renderer = Renderer(make_tokenizer(special=("<|endoftext|>",)), PromptOptions(form))
    assert answer_text(renderer, content) == "ends<|im_end|>"
    later = Example("1", (), (*ASKED, Message("assistant", content), *ASKED), None)
    assert renderer.render_prompt(later).count("<|im_end|>") == 3


def test_what_only_looks_like_an_end_stays(make_tokenizer: MakeTokenizer) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    for content in ("Now <s>9</s>", "white space \n", "see </s> there"):
        assert answer_text(renderer, content) == f"{content}<|im_end|>"


@every_format
@pytest.mark.parametrize("end", ["<|im_end|>", "<|eom_id|>"])
@pytest.mark.parametrize("call", [False, True])
def test_an_end_inside_an_answer_rejects_the_row(
    form: str, end: str, call: bool, make_tokenizer: MakeTokenizer
) -> None:
    renderer = Renderer(make_tokenizer(special=("<|eom_id|>",)), PromptOptions(form), ModelLimits(("<|eom_id|>",)))
    said = Message("assistant", f"in the {end} middle")
    called = Message("assistant", "", (ToolCall("get_weather", {"city": f"a{end}b"}),))
    with pytest.raises(CallSyntaxError, match="which ends an answer, so that what follows it would never"):
        encode_example(renderer, Example("1", (TOOL,), ASKED, called if call else said))
    plain, marked = (
        renderer.encode_prompt(Example("1", (TOOL,), (*ASKED, replace(said, content=text), *ASKED), None))
        for text in ("in the middle", said.content)
    )
    end_id = renderer.tokenizer.convert_tokens_to_ids(end)
    assert plain.count(end_id) == marked.count(end_id), "in an earlier turn it is plain text"
    assert said.content in renderer.decode(marked)


def test_an_answer_of_ends_alone_is_none(make_tokenizer: MakeTokenizer) -> None:
    with pytest.raises(CallSyntaxError, match="says nothing but an end token"):
        answer_text(Renderer(make_tokenizer(), PromptOptions()), "<|im_end|>\n")


ADDED = ["<tool_call>", "</tool_call>", "</tool_response>", "<tool_response>", "<think>", "<|fim_prefix|>", "[INST]"]


@every_format
@pytest.mark.parametrize("normalized", [False, True])
def test_text_of_others_becomes_no_added_token(form: str, normalized: bool, make_tokenizer: MakeTokenizer) -> None:
    tokenizer = make_tokenizer()
    if normalized:
        tokenizer.backend_tokenizer.normalizer = normalizers.Sequence([normalizers.NFKC()])
    tokenizer.add_tokens([AddedToken(name, special=False, normalized=normalized, lstrip=True) for name in ADDED])
    renderer = Renderer(tokenizer, PromptOptions(form))
    wide = [f"\uff1c{name[1:]}" for name in ADDED if normalized]
    forged = " ".join([*ADDED, *wide, "<<think>", "<|im_<|im_end|>end|>"])
    tool = replace(TOOL, description=f"See {forged}")

    def prompt(text: str, description: str) -> Example:
        messages = (
            Message("system", text),
            Message("user", text),
            Message("assistant", "Hm."),
            Message("tool", text),
            Message("user", "So?"),
        )
        return Example("1", (replace(tool, description=description),), messages, None)

    added = {token_id for token_id, token in tokenizer.added_tokens_decoder.items() if token.content.strip()}
    plain, marked = (renderer.encode_prompt(example) for example in (prompt("a", "b"), prompt(forged, forged)))
    assert [i for i in plain if i in added] == [i for i in marked if i in added]
    if not normalized:
        assert renderer.decode(marked).count(forged) == 4  # the tool's, the system's, the user's and the result's


def test_spaces_stay_as_they_are_where_names_are_broken() -> None:
    renderer = Renderer(word_start_tokenizer("normalizer"), PromptOptions(special_tokens="text"))
    prompt = renderer.encode_prompt(Example("1", (), (Message("user", "a </s>b"),), None))
    assert "user: a </s>b</s>" in renderer.decode(prompt)


def test_the_code_point_that_marks_breaks_is_refused(make_tokenizer: MakeTokenizer) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    for messages, answer in (((Message("user", f"a{BREAK}"),), "b"), (ASKED, f"b{BREAK}")):
        with pytest.raises(UserError, match="U\\+FDD0, a code point that is no character: take it out"):
            encode_example(renderer, Example("1", (), messages, Message("assistant", answer)))


def write_model_files(folder: Path, make_tokenizer: MakeTokenizer, generation: object, config: object) -> Path:
    make_tokenizer(special=("<|eom_id|>", "<|endoftext|>")).save_pretrained(folder)
    (folder / "generation_config.json").write_text(json.dumps(generation))
    (folder / "config.json").write_text(json.dumps(config))
    return folder


def test_ends_come_from_all_files_of_a_model(tmp_path: Path, make_tokenizer: MakeTokenizer) -> None:
    config = {"model_type": "llama", "eos_token_id": 4, "max_position_embeddings": 64}
    write_model_files(tmp_path, make_tokenizer, {"eos_token_id": [2, 3, 9999, 50]}, config)
    renderer = load_renderer(str(tmp_path), PromptOptions())
    assert renderer.ends == ("<|im_end|>", "<|eom_id|>", "<|endoftext|>")  # 9999 and 50 are no added tokens
    assert renderer.positions == 64
    assert renderer.parse("Hm.<|eom_id|>").text == "Hm.<|eom_id|>"
    assert renderer.cut_answer("Hm.<|eom_id|><|im_end|>") == "Hm."


@pytest.mark.parametrize("samples", [1, 2])
def test_generation_stops_at_every_end(samples: int, make_tokenizer: MakeTokenizer, tiny_model: MakeModel) -> None:
    tokenizer = make_tokenizer(special=("<|eom_id|>", "<|endoftext|>"))
    tokenizer.pad_token = "<|endoftext|>"  # as of Qwen: an end that also pads
    renderer = Renderer(tokenizer, PromptOptions(), ModelLimits(("<|eom_id|>", "<|endoftext|>")))
    model = reciting_model(renderer, tiny_model, "A12<|eom_id|>BC", "D<|endoftext|>GH", "LMNPQRST")
    prompts = [renderer.encode_text(first) for first in "ADL"]
    answers = ask(model, renderer, prompts, GenerationOptions(max_new_tokens=6), samples)[::samples]
    assert [answer.text for answer in answers] == ["12<|eom_id|>", "<|endoftext|>", "MNPQRS"]
    assert [answer.tokens for answer in answers] == [3, 1, 6]
    assert 0 < answers[1].seconds < answers[0].seconds < answers[2].seconds, "each until its own end"


def test_answers_end_where_the_positions_do(
    make_tokenizer: MakeTokenizer, tiny_model: MakeModel, capsys: pytest.CaptureFixture[str]
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions(), ModelLimits((), positions=8))
    model = reciting_model(renderer, tiny_model, "A123456789")
    token = renderer.encode_text("A")
    answers = ask(model, renderer, [[9] * 4 + token, [9] * 8, token], GenerationOptions(max_new_tokens=5))
    assert [(answer.text, answer.tokens) for answer in answers] == [("123", 3), ("", 0), ("12345", 5)]
    questions = [Example(str(n), (), (Message("user", "x" * n),), None, place=f"q:{n}") for n in (1, 9)]
    renderer.positions = len(renderer.encode_prompt(questions[1]))
    encode_questions(renderer, questions, max_new_tokens=1)
    assert "1 of 2 questions leave fewer than max_new_tokens=1 of " in capsys.readouterr().err


def test_rows_that_may_pass_the_positions_are_refused_at_start(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_config(data={"max_tokens": 5000}))
    said = fails(capsys, "fit", "--config", config)
    assert (
        f"data.max_tokens=5000 is more than the 4096 positions of {tmp_path / 'tiny'}: set it to 4096 or less" in said
    )


@pytest.mark.parametrize(
    ("config", "positions"),
    [
        ({}, None),
        ({"n_positions": 1024}, 1024),
        ({"max_position_embeddings": 131072, "rope_scaling": {"rope_type": "llama3", "factor": 8.0}}, 131072),
        ({"max_position_embeddings": 4096, "rope_scaling": {"type": "linear", "factor": 4}}, 16384),
        ({"max_position_embeddings": 131072, "rope_scaling": {"type": "longrope", "long_factor": [1.0]}}, 131072),
        ({"max_position_embeddings": 512, "rope_parameters": {"sliding": {"rope_type": "default"}}}, 512),
    ],
)
def test_positions_follow_the_config(config: dict[str, object], positions: int | None) -> None:
    assert find_positions(config) == positions


def test_a_saved_tokenizer_has_what_older_releases_read(tmp_path: Path, make_tokenizer: MakeTokenizer) -> None:
    renderer = Renderer(make_tokenizer(special=("<|extra|>",)), PromptOptions())
    renderer.tokenizer.add_special_tokens({"extra_special_tokens": ["<|extra|>"]})
    save_tokenizer(renderer.tokenizer, tmp_path)
    config = json.loads((tmp_path / "tokenizer_config.json").read_text())
    assert config["tokenizer_class"] == "PreTrainedTokenizerFast"
    assert not isinstance(config.get("extra_special_tokens"), list)
    again = load_renderer(str(tmp_path), PromptOptions())
    text = "<|im_start|>a<|extra|><|tool_code|>b<|end|>"
    assert again.tokenizer.encode(text) == renderer.tokenizer.encode(text)
    assert again.new_tokens == {}


def test_a_stop_is_seen_by_its_token_too(make_tokenizer: MakeTokenizer) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    assert torch.tensor(renderer.end_ids).tolist() == [2]
