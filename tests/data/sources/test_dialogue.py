"""Dialogues: the turns that are trained, in place and apart, and the parts that a row loses when it is too long."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from lit_toolcall.cli.inspect import PLAIN, describe_rows, show_row
from lit_toolcall.cli.inspect import TRAINED as COLOUR
from lit_toolcall.cli.main import main
from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.packing import Branch, Tree, pack_trees
from lit_toolcall.preparation.pipeline import DONE, fit_row
from lit_toolcall.preparation.recipes import ExampleRecipe
from lit_toolcall.preparation.truncation import find_fitting, shorten
from lit_toolcall.prompting import PromptOptions, Renderer, TrainedTurns, encode_example, encode_examples
from lit_toolcall.types import Example, Message, Tool, ToolCall, UserError

MakeTokenizer = Callable[..., PreTrainedTokenizerFast]
APART = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' }}"
    "{% if message['role'] == 'assistant' and not loop.last %}{{ '(earlier) ' }}{% endif %}"
    "{{ message['content'] + '<|im_end|>\n' }}{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
"""Writes earlier answers another way than they were given, as templates do that drop earlier thoughts."""
PARAMETERS = {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}
TOOLS = (Tool("find_city", "", PARAMETERS), Tool("get_weather", "Weather.", PARAMETERS))
MESSAGES = (
    Message("system", "Be brief."),
    Message("user", "Weather in Oslo?"),
    Message("assistant", "Let me look.", (ToolCall("get_weather", {"city": "Oslo"}),)),
    Message("tool", '{"sky": "clear"}'),
    Message("assistant", "It is clear."),
    Message("user", "And in Rome?"),
)
ROW = Example("1", TOOLS, MESSAGES, Message("assistant", "", (ToolCall("get_weather", {"city": "Rome"}),)))
TRAINED = {
    "last": ["Rome"],
    "calls": ["Oslo", "Rome"],
    "all": ["Oslo", "clear", "Rome"],
}


def renderer_for(make_tokenizer: MakeTokenizer, *template: str) -> Renderer:
    return Renderer(make_tokenizer(*template), PromptOptions())


def trained_texts(renderer: Renderer, tree: Tree) -> list[str]:
    """The trained stretches of a tree, as text."""
    texts = []
    for branch in tree.branches:
        marks = "".join("1" if weight else "0" for weight in branch.weights)
        texts += [renderer.decode(branch.ids[found.start() : found.end()]) for found in re.finditer("1+", marks)]
    return texts


@pytest.mark.parametrize("template", [(), (APART,)], ids=["in place", "apart"])
@pytest.mark.parametrize("which", ["last", "calls", "all"])
def test_exactly_the_wanted_answers_are_trained(
    which: TrainedTurns, template: tuple[str, ...], make_tokenizer: MakeTokenizer
) -> None:
    renderer = renderer_for(make_tokenizer, *template)
    tree = encode_example(renderer, ROW, which)
    turns = [message for message in (*MESSAGES, ROW.answer) if message and message.role == "assistant"]
    wanted = [
        renderer.render_answer(turn)
        for turn, said in zip(turns, ("Oslo", "clear", "Rome"), strict=True)
        if said in TRAINED[which]
    ]
    assert trained_texts(renderer, tree) == wanted
    assert len(tree.branches) == (len(wanted) if template else 1)


@pytest.mark.parametrize("template", [(), (APART,)], ids=["in place", "apart"])
def test_each_trained_answer_stands_behind_its_inference_prompt(
    template: tuple[str, ...], make_tokenizer: MakeTokenizer
) -> None:
    renderer = renderer_for(make_tokenizer, *template)
    tree = encode_example(renderer, ROW, "all")
    paths = [tree.trunk + branch.ids for branch in tree.branches]
    for number in (2, 4):
        prompt = tuple(renderer.encode_prompt(replace(ROW, messages=MESSAGES[:number])))
        answer = tuple(renderer.encode_text(renderer.render_answer(MESSAGES[number])))
        assert any(path[: len(prompt + answer)] == prompt + answer for path in paths)


def test_turns_apart_share_what_their_prompts_share(make_tokenizer: MakeTokenizer) -> None:
    tree = encode_example(renderer_for(make_tokenizer, APART), ROW, "all")
    assert pack_trees([tree]).tokens < sum(len(tree.trunk) + len(branch.ids) for branch in tree.branches)


def test_a_dialogue_is_as_long_as_what_the_model_runs_over(make_tokenizer: MakeTokenizer) -> None:
    renderer = renderer_for(make_tokenizer, APART)
    turns = [Message("user", f"Weather in city {number}?") for number in range(20)]
    messages = tuple(message for turn in turns for message in (turn, Message("assistant", "It is clear.")))
    row = Example("1", (), (*messages, Message("user", "And now?")), Message("assistant", "It rains."))
    tree = encode_example(renderer, row, "all")
    longest = max(len(tree.trunk) + len(branch.ids) for branch in tree.branches)
    written = sum(len(tree.trunk) + len(branch.ids) for branch in tree.branches)
    assert longest < tree.tokens < written / 5
    # Packing repeats a common beginning of fewer than 16 tokens.
    assert tree.tokens <= pack_trees([tree]).tokens < tree.tokens + 16 * len(tree.branches)


def test_a_trained_turn_must_fit_the_tools(make_tokenizer: MakeTokenizer) -> None:
    wrong = replace(MESSAGES[2], calls=(ToolCall("get_wether", {}),))
    row = replace(ROW, messages=(*MESSAGES[:2], wrong, *MESSAGES[3:]))
    renderer = renderer_for(make_tokenizer)
    encode_example(renderer, row, "last")  # as context it stays as it was made
    with pytest.raises(CallSyntaxError, match="'get_wether' is not among this example's tools"):
        encode_example(renderer, row, "calls")


@pytest.mark.slow
def test_many_rows_are_encoded_as_one_by_one(make_tokenizer: MakeTokenizer) -> None:
    renderer = renderer_for(make_tokenizer)
    rows = [replace(ROW, id=str(number), answer=None if number % 7 == 3 else ROW.answer) for number in range(1200)]
    encoded = list(encode_examples(renderer, rows, "all"))
    assert [example for example, _ in encoded] == rows
    assert all(isinstance(tree, Tree) == (row.answer is not None) for row, tree in encoded)
    assert encoded[0][1] == encode_example(renderer, ROW, "all")


def test_a_long_row_loses_distractors_then_old_turns_and_never_its_query(make_tokenizer: MakeTokenizer) -> None:
    renderer = renderer_for(make_tokenizer)
    whole = encode_example(renderer, ROW).tokens

    def fit(max_tokens: int) -> Example | None:
        found = fit_row(ROW, renderer, ExampleRecipe((), max_tokens=max_tokens))
        return found[0] if found else None

    short = fit(whole - 1)
    assert short
    assert [tool.name for tool in short.tools] == ["get_weather"]
    assert short.messages == MESSAGES
    shortest = fit(encode_example(renderer, short).tokens - 1)
    assert shortest
    assert shortest.messages == (MESSAGES[0], MESSAGES[5])
    assert fit(encode_example(renderer, shortest).tokens - 1) is None


def test_tools_that_only_dropped_turns_call_go_with_them() -> None:
    called = Message("assistant", "", (ToolCall("find_city", {"city": "Oslo"}),))
    row = replace(ROW, messages=(*MESSAGES[:2], called, *MESSAGES[3:]))
    shown = [([tool.name for tool in short.tools], len(short.messages)) for short in shorten(row)]
    assert shown == [(["get_weather"], 2)]
    in_words = replace(row, answer=Message("assistant", "I cannot tell."))
    assert [tool.name for tool in list(shorten(in_words))[-1].tools] == ["find_city"]


@given(st.lists(st.integers(1, 50), max_size=12), st.sets(st.integers(0, 11)), st.integers(1, 50))
def test_the_search_finds_what_trying_every_version_finds(lengths: list[int], refused: set[int], most: int) -> None:
    lengths.sort(reverse=True)
    versions = [Example(str(number), (), (), None) for number in range(len(lengths))]
    tried = []

    def encode(version: Example) -> Tree:
        number = int(version.id)
        tried.append(number)
        if number in refused:
            raise UserError("the chat template refuses these turns")
        return Tree((1,) * lengths[number], (Branch((2,), (1.0,)),))

    fitting = [row for row in versions if int(row.id) not in refused and lengths[int(row.id)] + 1 <= most]
    found = find_fitting(versions, encode, most)
    assert (found and found[0]) == (fitting[0] if fitting else None)
    assert len(tried) == len(set(tried))


def test_few_of_many_versions_are_encoded() -> None:
    tried = []

    def encode(version: Example) -> Tree:
        tried.append(version)
        return Tree((1,) * (600 - int(version.id)), (Branch((2,), (1.0,)),))

    assert find_fitting([Example(str(number), (), (), None) for number in range(512)], encode, 301)
    assert len(tried) <= 10  # 2 to the 9th is 512


@pytest.mark.parametrize("template", [(), (APART,)], ids=["in place", "apart"])
def test_inspect_marks_exactly_what_is_trained(template: tuple[str, ...], make_tokenizer: MakeTokenizer) -> None:
    renderer = renderer_for(make_tokenizer, *template)
    tree = encode_example(renderer, ROW, "all")
    shown = show_row(0, ROW, tree, renderer, colour=False, tokens=False)
    assert re.findall(">>>(.*?)<<<", shown, re.DOTALL) == trained_texts(renderer, tree)
    assert ("[branch 3 of 3]" in shown) == bool(template)
    trained = sum(len(renderer.encode_text(text)) for text in trained_texts(renderer, tree))
    assert f" after them, {trained} trained\n" in shown
    assert f" {trained} trained (" in describe_rows([tree], validation=0, found=1)
    coloured = show_row(0, ROW, tree, renderer, colour=True, tokens=False)
    found = re.findall(re.escape(COLOUR) + "(.*?)" + re.escape(PLAIN), coloured, re.DOTALL)
    assert found == trained_texts(renderer, tree)


def test_a_second_start_reads_the_encoded_rows(
    make_config: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    config = str(make_config())
    main(["inspect", "--config", config])
    first = capsys.readouterr().out
    (folder,) = (tmp_path / "cache").iterdir()
    assert json.loads((folder / DONE).read_text())["kept"] == 24

    def fail(*_: object) -> None:
        raise AssertionError("encoded again")

    with monkeypatch.context() as patch:
        patch.setattr("lit_toolcall.datamodules.packed.prepare_rows", fail)
        main(["inspect", "--config", config])
    assert capsys.readouterr().out == first
    (tmp_path / "rows.jsonl").write_text((tmp_path / "rows.jsonl").read_text().replace("Oslo", "Bern"))
    main(["inspect", "--config", config])
    assert "Bern" in capsys.readouterr().out
    assert len(list((tmp_path / "cache").iterdir())) == 2
