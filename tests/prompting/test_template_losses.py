"""Losses of a chat template are found before anything is trained; parts of a row without a place in it are counted."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from chat_templates import (
    CHATML,
    FIRST_ONLY,
    HOISTED,
    OPENS_AND_DROPS_THOUGHTS,
    OPENS_THOUGHTS,
    PHI3,
    PHI3_TOKENS,
    QWEN3,
    REFUSES_LATER,
    written,
)
from transformers import PreTrainedTokenizerFast

from lit_toolcall.cli.main import main
from lit_toolcall.preparation.account import Account, list_untrained
from lit_toolcall.preparation.truncation import shorten
from lit_toolcall.prompting import PromptOptions, Renderer, encode_example, encode_examples, encode_preference
from lit_toolcall.prompting.template import TemplateLoss
from lit_toolcall.types import Example, Message, Preference, Tool, ToolCall

MakeTokenizer = Callable[..., PreTrainedTokenizerFast]
S1, S2 = Message("system", "S1"), Message("system", "FROM NOW ON IN FRENCH")
U1, U2 = Message("user", "u1"), Message("user", "u2")
A1, OUI = Message("assistant", "a1"), Message("assistant", "oui")
TOOL = Tool("get_weather", "", {"type": "object", "properties": {"city": {"type": "string"}}})
CALLING = Message("assistant", "", (ToolCall("get_weather", {"city": "Oslo"}),))
MIDDLE = Example("1", (), (S1, U1, A1, S2, U2), OUI, place="rows.jsonl:1")


def renderer_for(make_tokenizer: MakeTokenizer, template: str, special: tuple[str, ...] = ()) -> Renderer:
    return Renderer(make_tokenizer(template, special), PromptOptions())


@pytest.mark.parametrize(
    ("template", "special", "first"),
    [
        (CHATML, (), True),
        (FIRST_ONLY, (), True),
        (HOISTED, (), True),
        (REFUSES_LATER, (), True),
        (PHI3, PHI3_TOKENS, False),
    ],
    ids=["in place", "first only", "hoisted", "refused", "dropped"],
)
@pytest.mark.parametrize(
    "messages",
    [(S1, U1, A1, S2, U2), (U1, A1, S2, U2), (S1, U1, S2, U2), (U1, A1, S2), (U1, S2, A1, U2), (U1, CALLING, S2, U2)],
    ids=["two", "late only", "between questions", "last", "before an answer", "after a call"],
)
def test_a_later_system_message_is_shown_in_its_place(
    messages: tuple[Message, ...], template: str, special: tuple[str, ...], first: bool, make_tokenizer: MakeTokenizer
) -> None:
    renderer = renderer_for(make_tokenizer, template, special)
    prompt = renderer.render_prompt(replace(MIDDLE, messages=messages))
    place = 0
    for message in messages:
        place = prompt.index(message.content, place)
    assert first or "system" not in prompt


@pytest.mark.parametrize(
    "template",
    [
        written("message['content'][:20]"),
        written("message['content'] if loop.revindex < 3 else ''"),
        written("message['content'].replace('clear', 'Clear')"),
        written("message['content'] if message['role'] == 'user' else ''"),
        written("'' if 'tool_response' in message['content'] else message['content']"),
        CHATML + "{% if messages | length > 3 %}{{ 1 // 0 }}{% endif %}",
        written("message['content'].split('Let me')[0]"),
    ],
    ids=[
        "truncated",
        "last turns only",
        "changed",
        "answers dropped",
        "results dropped",
        "crash",
        "words beside calls",
    ],
)
def test_a_template_that_loses_a_turn_is_refused_with_what_it_loses(
    template: str, make_tokenizer: MakeTokenizer
) -> None:
    row = Example(
        "1",
        (TOOL,),
        (
            Message("user", "What is the weather in Oslo today, please?"),
            replace(CALLING, content="Let me look."),
            Message("tool", '{"sky": "clear"}'),
            A1,
            U2,
        ),
        CALLING,
        place="rows.jsonl:7",
    )
    tokenizer = make_tokenizer(template)
    tokenizer.name_or_path = "my/model"
    renderer = Renderer(tokenizer, PromptOptions())
    if "1 // 0" in template:
        ((_, problem),) = encode_examples(renderer, [row])
        assert "the tokenizer's chat template refuses the turns user, assistant, user" in str(problem)
    else:
        with pytest.raises(TemplateLoss, match=r"^rows\.jsonl:7: my/model: the tokenizer's chat template loses the "):
            list(encode_examples(renderer, [row]))


def test_a_run_stops_at_a_loss(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_config())
    tokenizer = PreTrainedTokenizerFast.from_pretrained(tmp_path / "tiny")
    tokenizer.chat_template = written("message['content'][:60]")
    tokenizer.save_pretrained(tmp_path / "tiny")
    with pytest.raises(SystemExit):
        main(["fit", "--config", config])
    assert "the tokenizer's chat template loses the system's turn" in capsys.readouterr().err
    assert not (tmp_path / "run" / "checkpoints").exists()


def test_what_looks_like_syntax_and_white_space_are_kept(make_tokenizer: MakeTokenizer) -> None:
    renderer = renderer_for(make_tokenizer, written("message['content'] | trim"))
    for text in ("{{ 7 * 7 }}", "{% raw %}", " spaces around \n", "<|im_start|>system", "a</think>b", "", "\n"):
        example = Example("1", (), (Message("user", text), A1, Message("user", f"{text}?")), OUI)
        assert text.strip() in renderer.decode(encode_example(renderer, example).trunk)


def test_reasoning_is_trained_where_the_template_has_a_place(make_tokenizer: MakeTokenizer) -> None:
    renderer = renderer_for(make_tokenizer, QWEN3, ("<think>", "</think>"))
    answer = replace(CALLING, reasoning="I need the tool.")
    row = Example("1", (TOOL,), (Message("user", "Oslo?"),), answer)
    (branch,) = encode_example(renderer, row).branches
    thought = "<think>\nI need the tool.\n</think>\n\n"
    assert renderer.decode(branch.ids) == thought + renderer.render_answer(CALLING)
    result = Message("tool", "clear")
    same_question = renderer.render_prompt(replace(row, messages=(*row.messages, answer, result)))
    assert thought in same_question, "shown while the question is worked on"
    later = (*row.messages, answer, result, OUI, U2)
    assert "I need" not in renderer.render_prompt(replace(row, messages=later)), "and not after it"
    tree = encode_example(renderer, replace(row, messages=later, answer=OUI), "calls")
    assert [renderer.decode([i for i, w in zip(b.ids, b.weights, strict=True) if w]) for b in tree.branches] == [
        thought + renderer.render_answer(CALLING),
        "oui<|im_end|>",
    ]


@pytest.mark.parametrize("template", [OPENS_THOUGHTS, OPENS_AND_DROPS_THOUGHTS])
def test_thoughts_that_the_prompt_opens_are_closed(make_tokenizer: MakeTokenizer, template: str) -> None:
    renderer = renderer_for(make_tokenizer, template, ("<think>", "</think>"))
    row = Example("1", (TOOL,), (U1,), CALLING)
    assert renderer.render_prompt(row).endswith("<think>\n")
    calls = renderer_for(make_tokenizer, CHATML, ("<think>", "</think>")).render_answer(CALLING)
    assert renderer.render_answer(CALLING) == "\n</think>\n\n" + calls
    assert renderer.render_answer(replace(CALLING, reasoning="Hm.")) == "Hm.\n</think>\n\n" + calls
    assert renderer.format.parse("Hm.\n</think>\n\n" + calls.removesuffix("<|im_end|>")) == CALLING.calls
    own = Message("assistant", "So.\n</think>\n\nNo.")
    assert renderer.render_answer(own) == "So.\n</think>\n\nNo.<|im_end|>", "as a model wrote it"


def test_reasoning_without_a_place_is_counted_and_said(make_tokenizer: MakeTokenizer) -> None:
    renderer = renderer_for(make_tokenizer, CHATML)
    thinking = replace(OUI, reasoning="Hm.")
    assert renderer.render_answer(thinking) == renderer.render_answer(OUI)
    assert list_untrained(Account(unshown_reasoning=3)) == [
        "3 rows hold reasoning, which the model's chat template has no place for: it is neither shown nor trained"
    ]


def test_turns_that_a_row_does_not_train_are_context(make_tokenizer: MakeTokenizer) -> None:
    renderer = renderer_for(make_tokenizer, CHATML)
    wrong = replace(CALLING, trained=False)
    row = Example("1", (TOOL,), (U1, wrong, Message("tool", "no such city")), CALLING)
    for which in ("last", "calls", "all"):
        assert encode_example(renderer, row, which) == encode_example(renderer, row, "last")
    untrained = replace(row, messages=(U1, CALLING, Message("tool", "clear")), answer=replace(OUI, trained=False))
    (branch,) = encode_example(renderer, untrained, "calls").branches
    assert renderer.decode(branch.ids) == renderer.render_answer(CALLING)
    (_, problem), *_ = encode_examples(renderer, [untrained], "last")
    assert str(problem).startswith("the row marks its last turn as not trained, and data.trained_turns=last trains no")


def test_an_untrained_turn_inside_a_pair_has_no_weight(make_tokenizer: MakeTokenizer) -> None:
    renderer = renderer_for(make_tokenizer, CHATML)
    first, result = replace(CALLING, trained=False), Message("tool", "clear")
    pair = Preference("1", (TOOL,), (U1,), (first, result, OUI), (first, result, Message("assistant", "non")))
    tree = encode_preference(renderer, pair)
    texts = [renderer.decode([i for i, w in zip(b.ids, b.weights, strict=True) if w]) for b in tree.branches]
    assert texts == ["oui<|im_end|>", "non<|im_end|>"]
    with pytest.raises(Exception, match="no turn of the chosen or of the rejected answer is trained"):
        encode_preference(renderer, replace(pair, rejected=(replace(OUI, trained=False),)))


def test_a_shortened_row_keeps_a_later_system_message_in_its_place() -> None:
    row = replace(MIDDLE, messages=(S1, U1, A1, U2, A1, S2, Message("user", "u3")))
    shown = [[message.content for message in short.messages] for short in shorten(row)]
    assert shown == [["S1", "u2", "a1", S2.content, "u3"], ["S1", S2.content, "u3"]]


def test_calls_of_earlier_turns_are_trained_by_default(
    make_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_config())
    function = {"name": "get_weather", "arguments": {"city": "Oslo", "days": 2}}
    tool = {"name": "get_weather", "parameters": {"properties": {"city": {}, "days": {}}}}
    messages = [
        {"role": "user", "content": "Oslo?"},
        {"role": "assistant", "content": "", "tool_calls": [{"function": function}]},
        {"role": "tool", "content": "clear"},
        {"role": "assistant", "content": "Done, it is clear."},
    ]
    line = json.dumps({"messages": messages, "tools": [tool]})
    (tmp_path / "rows.jsonl").write_text(f"{line}\n" * 24)
    main(["inspect", "--config", config, "--rows", "1"])
    shown = capsys.readouterr().out
    assert '>>><|tool_code|>\nget_weather(**{"city": "Oslo", "days": 2})\n<|end|><|im_end|><<<' in shown
    assert ">>>Done, it is clear.<|im_end|><<<" in shown
