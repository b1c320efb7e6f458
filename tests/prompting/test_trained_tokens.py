"""The decoded trained tokens are exactly the answer and its end, and its calls read back, on every row there is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import cycle
from pathlib import Path

import pytest
from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

from lit_toolcall.data.sources import ApiBank, JsonLines, Ledger
from lit_toolcall.formats import CALL_FORMATS
from lit_toolcall.prompting import PromptOptions, Renderer, encode_example, load_tokenizer
from lit_toolcall.types import Example, ToolCall

MakeTokenizer = Callable[..., PreTrainedTokenizerFast]
TURN_END = "<|im_end|>"  # of ChatML by its template, of the plain template as the tokenizer's end of sequence


@cache
def demo_examples() -> list[Example]:
    ledger = Ledger()
    files = [JsonLines(f"demo:{name}.jsonl", tools_path="demo:tools.jsonl") for name in ("train", "validation")]
    examples = [example for file in files for example in file.read(ledger)]
    assert examples
    assert not ledger.rejected
    return examples


@cache
def api_bank_examples(folder: Path) -> list[Example]:
    return list(ApiBank(str(folder / "api-bank")).read(Ledger()))


@pytest.fixture(params=["chatml", "plain"])
def tokenizer(request: pytest.FixtureRequest, make_tokenizer: MakeTokenizer, tmp_path: Path) -> PreTrainedTokenizerBase:
    if request.param == "chatml":
        return make_tokenizer()
    make_tokenizer(template=None).save_pretrained(tmp_path)
    return load_tokenizer(str(tmp_path))


def spelling(calls: Sequence[ToolCall] | None) -> str:
    """Tells 1, 1.0 and True apart, and the order of arguments."""
    assert calls is not None
    return repr([(call.name, dict(call.arguments)) for call in calls])


def check_trained_tokens(renderer: Renderer, example: Example) -> None:
    tree, answer = encode_example(renderer, example), example.answer
    assert answer is not None
    (branch,) = tree.branches
    trained = [token for token, weight in zip(branch.ids, branch.weights, strict=True) if weight]
    text = renderer.decode(trained)
    calls = renderer.format.render(answer.calls) if answer.calls else ""
    assert text == "\n".join(part for part in (answer.content, calls) if part) + TURN_END
    assert text == renderer.render_answer(answer)
    assert spelling(renderer.parse(text).calls) == spelling(answer.calls)


def check_prompt(renderer: Renderer, example: Example) -> None:
    assert renderer.decode(encode_example(renderer, example).trunk) == renderer.render_prompt(example)


def make_renderers(tokenizer: PreTrainedTokenizerBase, form: str) -> Iterator[Renderer]:
    """Both ways of showing tools, in turn."""
    return cycle([Renderer(tokenizer, PromptOptions(form, tools_as)) for tools_as in ("signature", "json")])


every_format = pytest.mark.parametrize("form", CALL_FORMATS)


@every_format
def test_the_calls_of_every_row_read_back(form: str, shared_data: Path) -> None:
    answers = [example.answer for example in demo_examples() + api_bank_examples(shared_data)]
    written = [answer.calls for answer in answers if answer is not None and answer.calls]
    assert written
    for calls in written:
        assert spelling(CALL_FORMATS[form].parse(CALL_FORMATS[form].render(calls))) == spelling(calls)


@pytest.mark.slow
@every_format
def test_every_demonstration_row_is_trained_exactly(make_tokenizer: MakeTokenizer, form: str) -> None:
    for example, renderer in zip(demo_examples(), make_renderers(make_tokenizer(), form), strict=False):
        check_trained_tokens(renderer, example)


@every_format
def test_every_api_bank_row_is_trained_exactly(make_tokenizer: MakeTokenizer, form: str, shared_data: Path) -> None:
    for example, renderer in zip(api_bank_examples(shared_data), make_renderers(make_tokenizer(), form), strict=False):
        check_trained_tokens(renderer, example)


@every_format
def test_rows_are_trained_exactly_and_their_prompts_kept_with_each_template(
    tokenizer: PreTrainedTokenizerBase, form: str, shared_data: Path
) -> None:
    sample = [*demo_examples(), *api_bank_examples(shared_data)][::31]
    for example, renderer in zip(sample, make_renderers(tokenizer, form), strict=False):
        check_trained_tokens(renderer, example)
        check_prompt(renderer, example)
