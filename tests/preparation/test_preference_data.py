"""Preference rows of several shapes, how they become trees, and what the data module makes of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from conftest import CHATML, TOOL
from tokenizers import normalizers
from transformers import PreTrainedTokenizerFast

from lit_toolcall.cli.main import main
from lit_toolcall.data.curriculum import Curriculum
from lit_toolcall.data.sources import Bfcl, Ledger, Pairs
from lit_toolcall.data.splits import split_by_question
from lit_toolcall.datamodules import PreferenceDataModule
from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.preparation.account import Account, check_account
from lit_toolcall.preparation.recipes import LeakageOptions
from lit_toolcall.prompting import PromptOptions, Renderer, encode_preference
from lit_toolcall.types import Message, Preference, Tool, ToolCall, UserError

ASKED = {"role": "user", "content": "Weather in Oslo?"}
SUNNY = {"role": "assistant", "content": "Sunny."}
RAINY = {"role": "assistant", "content": "Rainy."}


def read(tmp_path: Path, *rows: Any) -> tuple[list[Preference], Ledger]:
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    ledger = Ledger()
    return list(Pairs(str(path)).read_preferences(ledger)), ledger


@pytest.mark.parametrize(
    "row",
    [
        {"prompt": "Weather in Oslo?", "chosen": "Sunny.", "rejected": "Rainy."},
        {"prompt": [ASKED], "chosen": [SUNNY], "rejected": [RAINY]},
        {"prompt": "Weather in Oslo?", "chosen": [ASKED, SUNNY], "rejected": [ASKED, RAINY]},
        {  # UltraFeedback's, binarized
            "prompt": "Weather in Oslo?",
            "messages": [ASKED, SUNNY],
            "chosen": [ASKED, SUNNY],
            "rejected": [ASKED, RAINY],
        },
        {"messages": [ASKED, SUNNY], "chosen": [ASKED, SUNNY], "rejected": [ASKED, RAINY]},
        {"chosen": [ASKED, SUNNY], "rejected": [ASKED, RAINY]},
        {"messages": [ASKED], "chosen": SUNNY, "rejected": RAINY},
    ],
)
def test_every_shape_of_a_pair_is_read(tmp_path: Path, row: dict[str, Any]) -> None:
    [pair], _ = read(tmp_path, row)
    assert pair.messages == (Message("user", "Weather in Oslo?"),)
    assert (pair.chosen, pair.rejected) == ((Message("assistant", "Sunny."),), (Message("assistant", "Rainy."),))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ({"prompt": "a", "chosen": "b"}, "a pair must be an object with `chosen` and `rejected`"),
        ([], "a pair must be an object"),
        ({"prompt": "a", "chosen": "b", "rejected": "c", "origins": "x"}, "`origins`: not JSON"),
        ({"prompt": "a", "chosen": "b", "rejected": "b"}, "the chosen and the rejected answer are the same"),
        ({"chosen": "b", "rejected": "c"}, "no question: a pair has `messages`, `prompt` or `query`"),
        ({"prompt": "a", "chosen": [], "rejected": "c"}, "`chosen` is empty"),
        ({"prompt": "a", "chosen": "", "rejected": "c"}, "`chosen` is empty; give calls or an answer in words"),
        ({"prompt": "a", "chosen": [ASKED], "rejected": "c"}, "`chosen` must be the assistant's turns"),
        ({"prompt": "a", "chosen": "b", "rejected": [3]}, "`rejected`: message 1 must be an object"),
        ({"prompt": "a", "chosen": "b", "rejected": "c", "tools": ["f"]}, "the tool 'f' is given by name only"),
    ],
)
def test_a_row_that_is_no_pair_is_rejected_with_the_reason(tmp_path: Path, row: Any, sentence: str) -> None:
    pairs, ledger = read(tmp_path, row)
    assert not pairs
    assert sentence in ledger.rejected[0].reason


WEATHER = Tool(TOOL["name"], TOOL["description"], TOOL["parameters"])  # type: ignore[arg-type]
CALL = Message("assistant", "", (ToolCall("get_weather", {"city": "Oslo"}),))


WEATHER_CALL = {"type": "function", "function": {"name": "get_weather", "arguments": '{"city": "Oslo"}'}}


def preference(chosen: Sequence[Message], rejected: Sequence[Message]) -> Preference:
    return Preference("1", (WEATHER,), (Message("user", "Weather in Oslo?"),), tuple(chosen), tuple(rejected))


def test_what_a_tool_returns_inside_an_answer_has_no_weight(
    make_tokenizer: Callable[..., PreTrainedTokenizerFast],
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    result = Message("tool", '{"sky": "clear"}')
    tree = encode_preference(
        renderer,
        preference([CALL, result, Message("assistant", "Clear.")], [CALL, result, Message("assistant", "Rain.")]),
    )
    for branch, last in zip(tree.branches, ("Clear.", "Rain."), strict=True):
        trained = renderer.decode([token for token, weight in zip(branch.ids, branch.weights, strict=True) if weight])
        context = renderer.decode(
            [token for token, weight in zip(branch.ids, branch.weights, strict=True) if not weight]
        )
        assert "get_weather" in trained
        assert last in trained
        assert "clear" in context
        assert "clear" not in trained


def test_a_chosen_call_must_fit_its_tool_and_a_rejected_one_need_not(
    make_tokenizer: Callable[..., PreTrainedTokenizerFast],
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    wrong = Message("assistant", "", (ToolCall("get_weather", {"city": 3}),))
    encode_preference(renderer, preference([CALL], [wrong]))
    with pytest.raises(CallSyntaxError, match="city"):
        encode_preference(renderer, preference([wrong], [CALL]))


def test_what_cannot_be_trained_as_a_pair_is_one_sentence(
    make_tokenizer: Callable[..., PreTrainedTokenizerFast],
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    as_text = Message("assistant", renderer.format.render(CALL.calls))
    encode_preference(renderer, preference([as_text], [Message("assistant", "Rain.")]))
    with pytest.raises(CallSyntaxError, match="the chosen and the rejected answer are the same tokens"):
        encode_preference(renderer, preference([CALL], [as_text]))
    results = [Message("tool", "rain"), Message("tool", "snow")]
    with pytest.raises(CallSyntaxError, match="the chosen and the rejected answer are the same tokens"):
        encode_preference(renderer, preference(*([CALL, result, as_text] for result in results)))
    unreadable = Message("assistant", "<|tool_code|>", CALL.calls)  # the words open a block of their own
    encode_preference(renderer, preference([CALL], [unreadable]))
    with pytest.raises(CallSyntaxError, match="its calls are not read back from"):
        encode_preference(renderer, preference([unreadable], [CALL]))


def test_an_answer_of_several_turns_must_be_one_text(make_tokenizer: Callable[..., PreTrainedTokenizerFast]) -> None:
    earlier = "{% if message['role'] == 'assistant' and not loop.last %}{{ '(earlier) ' }}{% endif %}"
    template = CHATML.replace("{{ '<|im_start|>' + message", f"{earlier}{{{{ '<|im_start|>' + message", 1)
    renderer = Renderer(make_tokenizer(template), PromptOptions())
    turns = [CALL, Message("tool", "clear"), Message("assistant", "Clear.")]
    encode_preference(renderer, preference([CALL], [Message("assistant", "Rain.")]))
    with pytest.raises(CallSyntaxError, match="so that an answer of several turns is no one text"):
        encode_preference(renderer, preference(turns, [CALL]))


def test_a_tokenizer_that_changes_either_answer_is_found_out(
    make_tokenizer: Callable[..., PreTrainedTokenizerFast],
) -> None:
    tokenizer = make_tokenizer()
    tokenizer.backend_tokenizer.normalizer = normalizers.Lowercase()  # "Rain." would be trained as "rain."
    renderer = Renderer(tokenizer, PromptOptions())
    kept, changed = [Message("assistant", "sun.")], [Message("assistant", "Rain.")]
    for chosen, rejected in ((kept, changed), (changed, kept)):
        with pytest.raises(CallSyntaxError, match=r"the tokenizer loses something of the answer 'Rain\."):
            encode_preference(renderer, preference(chosen, rejected))


def make_module(tiny_folder: Path, path: Path, **options: Any) -> PreferenceDataModule:
    source, cache = Pairs(str(path)), str(path.parent / "cache")
    module = PreferenceDataModule(str(tiny_folder), PromptOptions(), train=[source], cache_dir=cache, **options)
    module.prepare_data()
    module.setup("fit")
    module.check_account()
    return module


def read_sides(module: PreferenceDataModule) -> list[Sequence[Preference]]:
    """Return the training pairs and the validation pairs."""
    assert module.train_rows is not None
    assert module.validation_rows is not None
    return [module.train_rows.rows, module.validation_rows.rows]


def rows(count: int) -> list[dict[str, Any]]:
    """Two pairs a question: one rejected answer near to the chosen one, one far from it."""
    made = []
    for number in range(count):
        question = f"Question {number}?"
        made.append(
            {"prompt": question, "chosen": f"The answer is {number}.", "rejected": f"The answer is {number + 1}."}
        )
        made.append({"prompt": question, "chosen": f"The answer is {number}.", "rejected": "What do you mean?"})
    return made


def write(tmp_path: Path, pairs: Sequence[dict[str, Any]]) -> Path:
    path = tmp_path / "pairs.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in pairs))
    return path


def test_all_pairs_of_a_question_are_on_one_side(tiny_folder: Path, tmp_path: Path) -> None:
    module = make_module(tiny_folder, write(tmp_path, rows(20)), validation_fraction=0.2)
    asked = [{pair.messages for pair in side} for side in read_sides(module)]
    assert not asked[0] & asked[1]
    assert len(module.validation_trees) == 8
    assert len(module.validation_questions) == 4
    assert asked[1] == {question.messages for question in module.validation_questions}
    numbers = [tree.row for tree in (*module.train_trees, *module.validation_trees)]
    assert numbers == list(range(40))


def ask(*numbers: int) -> Preference:
    """Make a pair of a question that asks for several numbers at once."""
    question = Message("user", f"Add {numbers}.")
    chosen, rejected = Message("assistant", "", (ToolCall("login", {}),)), Message("assistant", "No.")
    return Preference(str(numbers), (), (question,), (chosen,), (rejected,), origins=tuple(map(str, numbers)))


def test_a_question_alone_and_joined_with_another_are_on_one_side() -> None:
    asked = [(1,), (2,), (1, 3), (4,), (3,), (5,), (6,), (7,), (8,), (8, 9)]
    for seed in range(8):
        split = split_by_question([ask(*numbers) for numbers in asked], fraction=0.3, seed=seed)
        origins = [{origin for pair in side for origin in pair.origins} for side in (split.train, split.validation)]
        assert not origins[0] & origins[1]
        assert 1 <= len(split.validation) <= 3
    with pytest.raises(
        UserError, match="all pairs ask one question, or questions made of the same rows, so none can be held back"
    ):
        split_by_question([ask(1), ask(1, 2)], fraction=0.3, seed=0)


def test_questions_with_equal_answers_are_held_back_one_by_one() -> None:
    split = split_by_question([ask(number) for number in range(200)], fraction=0.05, seed=0)
    assert (len(split.train), len(split.validation), split.note) == (190, 10, "")


def test_more_pairs_held_back_than_asked_for_are_named(capsys: pytest.CaptureFixture[str]) -> None:
    pairs = [ask(0, number) for number in range(40)] + [ask(50, number) for number in range(51, 111)]
    sentence = "40 of 100 pairs are held back for validation, more than data.validation_fraction=0.05 asks for"
    split = split_by_question(pairs, fraction=0.05, seed=0)
    assert (split.train, split.validation) == (pairs[40:], pairs[:40])
    account = Account(found=100, read=100, kept=100, trained=60, split_note=split.note)
    check_account(account, max_rejected_fraction=0.0, max_leaked_fraction=0.0)
    assert sentence in capsys.readouterr().err


def test_far_pairs_come_before_near_ones(tiny_folder: Path, tmp_path: Path) -> None:
    module = make_module(
        tiny_folder, write(tmp_path, rows(20)), curriculum=Curriculum(stages=2), validation_fraction=0.1
    )
    order = module.order_rows().of_epoch(0)
    train, _ = read_sides(module)
    rejected = [train[row].rejected[0].content for row in order]
    far = ["mean" in text for text in rejected]
    assert all(far[: len(far) // 2])
    assert not any(far[len(far) // 2 :])


def test_a_pair_that_is_too_long_is_in_the_account(tiny_folder: Path, tmp_path: Path) -> None:
    long = {"prompt": "word " * 500, "chosen": "a", "rejected": "b"}
    module = make_module(
        tiny_folder,
        write(tmp_path, [*rows(20), long]),
        max_tokens=200,
        validation_fraction=0.1,
        max_rejected_fraction=0.5,
    )
    assert module.account.kept == 40
    assert [rejection.place.rpartition(":")[2] for rejection in module.account.rejected] == ["41"]
    assert "max_tokens=200" in module.account.rejected[0].reason


def test_parts_of_schemas_that_nothing_checks_are_in_the_account_of_pairs(
    tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    day = {"type": "object", "properties": {"day": {"type": "string", "format": "date"}}}
    tools = [{"name": "get_weather", "description": "Get the weather.", "parameters": day}]
    make_module(tiny_folder, write(tmp_path, [row | {"tools": tools} for row in rows(20)]), validation_fraction=0.1)
    assert "calls are not checked against: `format 'date'` (1 tool)\n" in capsys.readouterr().err


def test_pairs_over_a_benchmarks_questions_stop_or_are_removed(tiny_folder: Path, tmp_path: Path) -> None:
    [question, *_] = Bfcl(["simple_python"], limit=1).read(Ledger())
    planted = {"prompt": question.messages[0].content, "chosen": "a", "rejected": "b"}
    path = write(tmp_path, [*rows(20), planted])
    against = [Bfcl(["simple_python"])]
    with pytest.raises(UserError, match="repeat evaluation rows"):
        make_module(tiny_folder, path, leakage=LeakageOptions(against))
    module = make_module(tiny_folder, path, leakage=LeakageOptions(against, remove=True))
    assert len(module.train_trees) + len(module.validation_trees) == 40


def test_pairs_that_are_all_rejected_are_named(tiny_folder: Path, tmp_path: Path) -> None:
    module = PreferenceDataModule(
        str(tiny_folder),
        PromptOptions(),
        train=[Pairs(str(write(tmp_path, [{"prompt": "a", "chosen": "b"}] * 3)))],
        cache_dir=str(tmp_path / "cache"),
    )
    module.prepare_data()
    module.trainer = SimpleNamespace(is_global_zero=True, default_root_dir=str(tmp_path / "run"))  # type: ignore[assignment]
    with pytest.raises(UserError, match=r"no row is left to train on; 3 were rejected: fix them\n.*1: a pair must be"):
        module.setup("fit")
    assert len((tmp_path / "run" / "rejected.jsonl").read_text().splitlines()) == 3


def test_pairs_that_are_all_leaks_are_named(tiny_folder: Path, tmp_path: Path) -> None:
    [question, *_] = Bfcl(["simple_python"], limit=1).read(Ledger())
    planted = {"prompt": question.messages[0].content, "chosen": "a", "rejected": "b"}
    with pytest.raises(UserError, match="no row is left to train on; 1 were rejected"):
        make_module(
            tiny_folder, write(tmp_path, [planted]), leakage=LeakageOptions([Bfcl(["simple_python"])], remove=True)
        )


def test_a_shortened_pair_is_counted(tiny_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    distractor = {"name": "talk", "description": "word " * 500, "parameters": {"type": "object", "properties": {}}}
    pairs = rows(20)
    pairs[7]["tools"] = [TOOL, distractor]
    module = make_module(tiny_folder, write(tmp_path, pairs), max_tokens=400, validation_fraction=0.1)
    assert (module.account.kept, module.account.shortened) == (40, 1)
    kept = [pair.tools for side in read_sides(module) for pair in side if pair.tools]
    assert kept == [(WEATHER,)]
    assert "1 rows lost tools or old turns to fit data.max_tokens" in capsys.readouterr().err


def test_no_source_and_one_question_are_sentences(tiny_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"data\.train names no source"):
        PreferenceDataModule(str(tiny_folder), PromptOptions()).setup("fit")
    with pytest.raises(
        UserError, match=r"data\.validation_fraction=1\.0 must be at least 0 and below 1; or name sources in"
    ):
        make_module(tiny_folder, write(tmp_path, rows(4)), validation_fraction=1.0)
    with pytest.raises(UserError, match="all pairs ask one question"):
        make_module(tiny_folder, write(tmp_path, rows(1)))


def test_pairs_are_encoded_once_and_every_rank_maps_them(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = rows(20)
    written[3] |= {"tools": [TOOL], "chosen": {"role": "assistant", "content": "", "tool_calls": [WEATHER_CALL]}}
    path = write(tmp_path, [row | {"id": str(number), "origins": ["a"]} for number, row in enumerate(written)])
    options: dict[str, Any] = {"validation": [Pairs(str(path), limit=4)]}
    first = make_module(tiny_folder, path, **options)

    def fail(*_: object) -> None:
        raise AssertionError("encoded again")

    monkeypatch.setattr("lit_toolcall.datamodules.packed.prepare_rows", fail)
    second = make_module(tiny_folder, path, **options)
    assert list(second.train_trees) == list(first.train_trees)
    assert (second.fingerprint, second.row_identity) == (first.fingerprint, first.row_identity)
    pairs = list(Pairs(str(path)).read_preferences(Ledger()))
    assert [list(side) for side in read_sides(second)] == [pairs, pairs[:4]]
    renderer = second.load_renderer()
    for trees, side in ((second.train_trees, pairs), (second.validation_trees, pairs[:4])):
        assert list(trees) == [encode_preference(renderer, pair) for pair in side]
    with pytest.raises(AssertionError, match="encoded again"):  # other settings are other rows
        make_module(tiny_folder, path, max_tokens=2000, **options)


def test_inspect_shows_both_answers_of_a_pair_and_their_prompt_once(
    make_dpo_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_dpo_config())
    path = tmp_path / "pairs.jsonl"
    path.write_text(path.read_text().replace('"reason": "value"', '"reason": "value\\u001b[2J"'))
    main(["inspect", "--config", config, "--rows", "1"])
    shown = capsys.readouterr().out
    prompt, chosen, rejected = re.split(r"\n\[chosen\]\n|\n\[rejected: value\\x1b\[2J\]\n", shown)
    assert prompt.count("user\nWeather in") == 1
    assert "user\nWeather in" not in chosen + rejected
    for answer in (chosen, rejected):
        (trained,) = re.findall(">>>(.*?)<<<", answer, re.DOTALL)
        assert trained.startswith("<|tool_code|>\nget_weather(**{")
        assert trained.endswith("<|end|><|im_end|>")
    assert "12 training and 4 validation rows of 16 read" in shown


@pytest.mark.slow
def test_a_report_counts_chosen_and_rejected_answers(
    make_dpo_config: Callable[..., Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    config = str(make_dpo_config())
    path = tmp_path / "pairs.jsonl"
    planted = json.loads(path.read_text().splitlines()[0]) | {"rejected": "No.", "reason": "missing_call"}
    path.write_text(path.read_text() + json.dumps(planted) + "\nnot json\n")
    page = tmp_path / "report.html"
    main(["inspect", "--config", config, "--report", str(page)])
    said = capsys.readouterr().out
    assert "Rows: 17 kept, 1 rejected" in said
    for title, bars in {
        "Calls per chosen answer (0: in words)": [["1", "17"]],
        "Calls per rejected answer (0: in words)": [["0", "1"], ["1", "16"]],
        "Reasons of the rejected answers": [["value", "16"], ["missing_call", "1"]],
    }.items():
        lines = said.partition(f"{title}\n")[2].split("\n\n")[0].splitlines()
        assert [line.split("#")[0].split() for line in lines] == bars
    assert "Repeated queries: 1 rows ask what an earlier row asks" in said
    assert "missing_call" in page.read_text()
