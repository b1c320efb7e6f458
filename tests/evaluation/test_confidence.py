"""Confidence: which tokens a call's text covers, in every format and tokenizer, and how well it is calibrated."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import accumulate, pairwise

import pytest
from test_generation import reciting_model
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from lit_toolcall.evaluation.answerer import EngineAnswerer
from lit_toolcall.evaluation.answers import answer_examples
from lit_toolcall.evaluation.confidence import (
    BINS,
    bin_equally,
    describe_confidence,
    find_tokens,
    list_hand_over,
    measure_auroc,
    measure_certainty,
    measure_confidence,
    summarize_confidence,
)
from lit_toolcall.formats import (
    CALL_FORMATS,
    CallFormat,
    Hermes,
    read_call,
    read_call_object,
    read_json,
)
from lit_toolcall.generation import Generated, GenerationOptions, TransformersEngine
from lit_toolcall.metrics.intervals import wilson_interval
from lit_toolcall.prompting import PromptOptions, Renderer
from lit_toolcall.types import Example, Message, Prediction, ToolCall

MakeTokenizer = Callable[..., PreTrainedTokenizerFast]
LINES = [
    'get_weather(**{"city": "Tromsø", "note": "snö ☃ 雪 𝄞", "days": 2})',
    "  What  is the weather in São Paulo?\n雪\t☃",
    "one two three [f(a=1), g(b='x')]",
]


def make_sentencepiece() -> Tokenizer:
    """Train a tokenizer of Llama 2's kind: a space first, unknown characters as bytes."""
    backend = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    backend.decoder = decoders.Sequence(
        [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)]
    )
    names = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    plain = [line.encode("ascii", "ignore").decode() for line in LINES]
    trainer = trainers.BpeTrainer(vocab_size=360, special_tokens=names)
    backend.train_from_iterator(plain * 4, trainer)
    state = json.loads(backend.to_str())
    state["added_tokens"] = []  # bytes are no special tokens
    return Tokenizer.from_str(json.dumps(state))


def byte_level_pieces(tokenizer: PreTrainedTokenizerFast, ids: Sequence[int]) -> list[bytes]:
    written = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str("".join(LINES))[0][0]
    of_sign = dict(zip(written, "".join(LINES).encode(), strict=True))
    return [bytes(of_sign[sign] for sign in token) for token in tokenizer.convert_ids_to_tokens(ids)]


def sentencepiece_pieces(backend: Tokenizer, ids: Sequence[int]) -> list[bytes]:
    tokens = [backend.id_to_token(token) for token in ids]
    pieces = [
        bytes([int(token[3:5], 16)]) if token.startswith("<0x") else token.replace("▁", " ").encode()
        for token in tokens
    ]
    assert pieces[0][:1] == b" "
    return [pieces[0][1:], *pieces[1:]]


def tokens_by_bytes(text: str, pieces: Sequence[bytes], start: int, stop: int) -> tuple[int, int]:
    """Find the tokens that share a byte with a part of a text, one by one."""
    first, last = len(text[:start].encode()), len(text[:stop].encode())
    ends = list(accumulate(map(len, pieces)))
    assert b"".join(pieces).decode() == text
    sharing = [
        number for number, end in enumerate(ends) if end - len(pieces[number]) < last and end > first and pieces[number]
    ]
    return sharing[0], sharing[-1] + 1


@pytest.mark.parametrize("line", LINES)
def test_the_tokens_of_a_part_are_those_that_share_a_byte_with_it(line: str, make_tokenizer: MakeTokenizer) -> None:
    byte_level, sentencepiece = make_tokenizer(), make_sentencepiece()
    draw = random.Random(4)
    tries = 0
    for _ in range(40):
        cuts = sorted(draw.sample(range(1, len(line)), 3))
        parts = [line[a:b] for a, b in zip([0, *cuts], [*cuts, len(line)], strict=True)]
        # tokens as a model may choose them, which are not those that the text would be cut into
        ids = [token for part in parts for token in byte_level.encode(part, add_special_tokens=False)]
        start, stop = sorted(draw.sample(range(len(line) + 1), 2))
        found = find_tokens(line, ids, lambda ids: byte_level.decode(list(ids)), [(start, stop)])
        assert found == [tokens_by_bytes(line, byte_level_pieces(byte_level, ids), start, stop)]
        tries += 1

        ids = sentencepiece.encode(line).ids
        found = find_tokens(line, ids, lambda ids: sentencepiece.decode(list(ids), False), [(start, stop)])
        assert found == [tokens_by_bytes(line, sentencepiece_pieces(sentencepiece, ids), start, stop)]
    assert tries == 40
    if "雪" in line:  # a character of several tokens
        assert any("<0x" in sentencepiece.id_to_token(token) for token in ids)


def test_a_part_that_ends_where_the_text_is_cut_has_the_last_token(make_tokenizer: MakeTokenizer) -> None:
    tokenizer = make_tokenizer()
    ids = [*tokenizer.encode("f(1)", add_special_tokens=False), *tokenizer.encode("weather", add_special_tokens=False)]
    assert find_tokens("f(1)", ids, lambda ids: tokenizer.decode(list(ids)), [(0, 4)])[0][1] <= len(ids) - 1


CALLS = (
    ToolCall("get_weather", {"city": "Oslo; <b>\n", "limits": [1, 2.5]}),
    ToolCall("get_weather", {"city": "Oslo; <b>\n", "limits": [1, 2.5]}),
    ToolCall("stop", {}),
)
READ_ALONE: dict[str, Callable[[str], ToolCall]] = {
    "tool_code": read_call,
    "hermes": lambda text: read_call_object(read_json(text), "arguments"),
    "pythonic": lambda text: CALL_FORMATS["pythonic"].parse(f"[{text}]")[0],
    "llama3_json": lambda text: read_call_object(read_json(text), "parameters"),
}


def test_every_format_is_tested() -> None:
    assert READ_ALONE.keys() == CALL_FORMATS.keys()


BEFORE = (
    "",
    "Let me see.\n",
    "<think>get_weather() or stop()?</think>\n",
    "First <think>a</think> then <think>b</think>\n",
    "an open thought of stop()</think>",
    "  \n",
)
AFTER = {"tool_code": "<think>{} never closed", "hermes": "<think>{} never closed", "pythonic": "", "llama3_json": ""}
"""In the last two, calls run to the end of the answer."""


@pytest.mark.parametrize("name", CALL_FORMATS)
@pytest.mark.parametrize("before", BEFORE)
def test_each_call_reads_alone_from_where_it_stands(name: str, before: str) -> None:
    form = CALL_FORMATS[name]
    text = before + form.render(CALLS) + AFTER[name]
    assert form.parse(text) == CALLS
    spans = form.place_calls(text)
    assert [READ_ALONE[name](text[start:end]) for start, end in spans] == list(CALLS)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    assert all(text[start:end] == text[start:end].strip() for start, end in spans)


@pytest.mark.parametrize("form", CALL_FORMATS.values(), ids=CALL_FORMATS)
def test_words_have_no_calls_to_place(form: CallFormat) -> None:
    assert form.place_calls("Hello.") == form.place_calls("<think>f()</think>") == []


class Lines(CallFormat):
    """A format of a user's own, which finds all calls at once and says no more."""

    start = "CALL"
    instruction = ""

    def write(self, calls: Sequence[ToolCall]) -> str:
        return "CALL " + " ".join(call.name for call in calls)

    def read(self, text: str) -> tuple[ToolCall, ...]:
        return tuple(ToolCall(name, {}) for name in text.split()[1:]) if text.startswith("CALL") else ()

    def find_calls(self, text: str, position: int) -> tuple[int, int] | None:
        return (0, len(text)) if position == 0 and text.startswith("CALL") else None


TOKENS = ["<tool_call>", '{"name": ', '"f", ', '"arguments": {}}', "</tool_call>", "\n<tool_call>",
          '{"name": "g", "arguments": {}}', "</tool_call>", "<end>"]  # fmt: skip
LOGPROBS = (-1.0, -0.1, -0.2, -0.3, -5.0, -1.0, -0.5, -1.0, -0.01)


class WordRenderer:
    """Decodes a token of `TOKENS` by its number."""

    def __init__(self, form: CallFormat) -> None:
        self.format = form

    def decode(self, ids: Sequence[int]) -> str:
        return "".join(TOKENS[token] for token in ids)

    def cut_answer(self, text: str) -> str:
        return text.partition("<end>")[0]


def measure(generated: Generated, form: CallFormat | None = None) -> dict[str, object] | None:
    renderer = WordRenderer(form or Hermes())
    calls = renderer.format.parse(renderer.cut_answer(generated.text))
    found = measure_confidence(renderer, Prediction(generated.text, calls), generated)  # type: ignore[arg-type]
    return found and found.record


def test_an_answer_has_all_tokens_and_a_call_its_own() -> None:
    generated = Generated("".join(TOKENS), 9, 0.1, LOGPROBS, tuple(range(9)))
    assert measure(generated) == {
        "mean": round(sum(LOGPROBS) / 9, 5),
        "lowest": -5.0,
        "calls": [{"mean": -0.2, "lowest": -0.3}, {"mean": -0.5, "lowest": -0.5}],
    }


def test_what_is_not_known_is_null() -> None:
    known = Generated("".join(TOKENS), 9, 0.1, LOGPROBS, tuple(range(9)))
    calls = [
        (measure(replace(known, **changes)) or {}).get("calls", "none")
        for changes in (
            {"logprobs": None},  # an engine that gives none
            {"logprobs": ()},  # no token
            {"logprobs": (-math.inf, *LOGPROBS[1:])},  # JSON knows no infinity
            {"token_ids": None},
            {"token_ids": (0, 1)},
            {"token_ids": tuple(range(8, -1, -1))},  # of another text
        )
    ]
    assert calls == ["none", "none", "none", None, None, None]
    words = Generated(TOKENS[8], 1, 0.1, (-0.5,), (8,))
    assert measure(words) == {"mean": -0.5, "lowest": -0.5, "calls": []}


def test_a_format_that_does_not_say_where_each_call_stands_has_no_confidence_of_calls() -> None:
    form = Lines()
    assert form.place_calls("CALL f") == [(0, 6)]
    renderer = WordRenderer(form)
    for text, count in (("CALL f", 1), ("CALL f g", 2)):
        renderer.decode = lambda ids, text=text: text[: len(ids)]  # type: ignore[method-assign, misc]
        generated = Generated(text, len(text), 0.1, (-1.0,) * len(text), tuple(range(len(text))))
        prediction = Prediction(text, form.parse(text))
        found = measure_confidence(renderer, prediction, generated)  # type: ignore[arg-type]
        assert found is not None
        assert found.calls == ((measure_certainty([-1.0]),) if count == 1 else None)


def test_answers_are_the_same_with_and_without(
    make_tokenizer: MakeTokenizer, tiny_model: Callable[..., PreTrainedModel]
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions(call_format="hermes"))
    model = reciting_model(renderer, tiny_model, "\n" + "".join(chr(code) for code in range(65, 80)))
    engine = TransformersEngine(model, renderer)
    questions = [Example(str(n), (), (Message("user", "Weather?" * n),), None) for n in range(1, 4)]
    options = GenerationOptions(max_new_tokens=9)
    plain = answer_examples(EngineAnswerer(engine, renderer, options), questions)
    measured = answer_examples(EngineAnswerer(engine, renderer, options, logprobs=True), questions)
    assert [each.generated.text for each in plain] == [each.generated.text for each in measured]
    assert all(each.record["confidence"] is None for each in plain)
    for each in measured:
        assert each.generated.token_ids is not None
        assert renderer.decode(each.generated.token_ids).startswith(each.generated.text)
        assert len(each.generated.token_ids) == len(each.generated.logprobs or ()) == each.generated.tokens
        assert each.record["confidence"]["lowest"] <= each.record["confidence"]["mean"] < 0


def make_records(count: int) -> list[dict[str, object]]:
    draw = random.Random(count)
    records: list[dict[str, object]] = []
    for number in range(count):
        mean = round(-draw.random() * 2, 1)  # ties
        confidence = {"mean": mean, "lowest": mean - draw.random(), "calls": []}
        records.append({"id": str(number), "correct": draw.random() < math.exp(mean), "confidence": confidence})
    return records


def test_calibration_equals_a_count_by_hand() -> None:
    records = make_records(203)
    unscored = [
        {"id": "x", "correct": None, "confidence": {"mean": -1.0, "lowest": -1.0}},
        {"id": "y", "correct": True},
    ]
    summary = summarize_confidence([*records, *unscored])
    assert summary is not None
    assert summary["total"] == 203
    assert summary["correct"] == sum(bool(record["correct"]) for record in records)
    for measure_name in ("mean", "lowest"):
        certain = [(math.exp(record["confidence"][measure_name]), record["correct"]) for record in records]  # type: ignore[index]
        pairs = [
            (sure > other) + (sure == other) / 2 for sure, right in certain if right for other, no in certain if not no
        ]
        assert summary[measure_name]["auroc"] == pytest.approx(sum(pairs) / len(pairs))
        bins = summary[measure_name]["bins"]
        assert [each["total"] for each in bins].count(20) == 7
        assert sum(each["total"] for each in bins) == 203
        assert sum(each["correct"] for each in bins) == summary["correct"]
        assert sorted(each["confidence"] for each in bins) == [each["confidence"] for each in bins]
        assert all((each["low"], each["high"]) == wilson_interval(each["correct"], each["total"]) for each in bins)
        error = sum(abs(each["confidence"] * each["total"] - each["correct"]) for each in bins) / 203
        assert summary[measure_name]["calibration_error"] == pytest.approx(error)
        for line in summary[measure_name]["hand_over"]:
            ordered = sorted(records, key=lambda record: record["confidence"][measure_name])  # type: ignore[index]
            kept = ordered[round(203 * line["percent"] / 100) :]
            assert (line["kept"], line["kept_correct"]) == (len(kept), sum(bool(record["correct"]) for record in kept))
            assert line["correct"] == line["kept_correct"] + line["handed"]
    assert json.loads(json.dumps(summary)) == summary


def test_a_larger_model_answers_what_it_is_handed() -> None:
    records = make_records(40)
    none = {str(number): {"correct": False} for number in range(40)}
    same = {str(record["id"]): record for record in records}
    right = sum(bool(record["correct"]) for record in records)
    assert [line["correct"] for line in list_hand_over(records, "mean", none)] == [
        line["kept_correct"] for line in list_hand_over(records, "mean")
    ]
    assert {line["correct"] for line in list_hand_over(records, "lowest", same)} == {right}


def test_nothing_to_measure() -> None:
    assert summarize_confidence([]) is None
    assert summarize_confidence([{"id": "1", "correct": True, "confidence": None}]) is None
    assert measure_auroc([(0.5, True)]) is None
    assert len(bin_equally([(0.5, True)] * 3)) == 3 < BINS
    summary = summarize_confidence([{"id": "1", "correct": True, "confidence": {"mean": 0.0, "lowest": 0.0}}])
    assert summary is not None
    assert "AUROC not known" in describe_confidence(summary)


@pytest.mark.parametrize("value", [0.5, 800.0, float("nan"), -1.0e308, float("-inf")])
def test_what_is_no_log_probability_is_not_known(value: float) -> None:
    known = {"correct": True, "confidence": {"mean": -0.1, "lowest": -0.2, "calls": []}}
    wrong = {"correct": False, "confidence": {"mean": value, "lowest": value, "calls": []}}
    summary = summarize_confidence([known, wrong])
    assert summary is not None
    assert summary["total"] == 1
    assert summarize_confidence([wrong]) is None


def test_a_mean_of_the_greatest_numbers_is_a_number() -> None:
    assert measure_certainty([-1.7e308] * 3).lowest == -1.7e308
    assert math.isfinite(measure_certainty([-1.7e308] * 3).mean)


@pytest.mark.parametrize("value", [0.5, float("nan"), float("-inf")])
def test_an_answer_with_what_is_no_log_probability_has_no_confidence(
    value: float, make_tokenizer: MakeTokenizer
) -> None:
    renderer = Renderer(make_tokenizer(), PromptOptions())
    measured = [
        measure_confidence(renderer, Prediction("x", ()), Generated("x", 2, 0.1, (-0.5, each)))
        for each in (-0.1, value)
    ]
    assert [each is not None for each in measured] == [True, False]
