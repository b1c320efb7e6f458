"""Markers become single tokens and stay so on disk; a tokenizer that cannot serve is refused in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import AutoTokenizer, PreTrainedTokenizerFast

from lit_toolcall.formats import CallSyntaxError
from lit_toolcall.prompting import PromptOptions, Renderer, encode_example, load_tokenizer
from lit_toolcall.prompting.tokenizer import add_marker_tokens, describe_load_error
from lit_toolcall.types import Example, Message, Tool, ToolCall, UserError

MakeTokenizer = Callable[..., PreTrainedTokenizerFast]
MARKERS = ("<|tool_code|>", "<|end|>")
RESERVED = ("<|reserved_special_token_0|>", "<|reserved_special_token_1|>", "<|reserved_special_token_2|>")


def ids_of(tokenizer: PreTrainedTokenizerFast, text: str) -> list[int]:
    return tokenizer.encode(text, add_special_tokens=False)


def test_new_markers_are_added_with_the_pieces_that_they_were(make_tokenizer: MakeTokenizer) -> None:
    tokenizer = make_tokenizer()
    before, size = [ids_of(tokenizer, marker) for marker in MARKERS], len(tokenizer)
    assert all(len(pieces) > 1 for pieces in before)
    assert add_marker_tokens(tokenizer, MARKERS) == {size: before[0], size + 1: before[1]}
    assert ids_of(tokenizer, "".join(MARKERS)) == [size, size + 1]
    assert not set(MARKERS) & set(tokenizer.all_special_tokens)  # servers hide special tokens


@pytest.mark.parametrize("reserved", [RESERVED, ("<unused0>", "<unused1>", "<unused2>")], ids=["llama", "gemma"])
def test_reserved_tokens_are_renamed_and_keep_their_ids(
    reserved: tuple[str, ...], make_tokenizer: MakeTokenizer
) -> None:
    tokenizer = make_tokenizer(special=reserved)
    first, second, third = tokenizer.convert_tokens_to_ids(list(reserved))
    pieces, size = [ids_of(tokenizer, marker) for marker in MARKERS], len(tokenizer)
    assert add_marker_tokens(tokenizer, MARKERS) == {first: pieces[0], second: pieces[1]}
    assert len(tokenizer) == size
    assert ids_of(tokenizer, "".join(MARKERS)) == [first, second]
    assert tokenizer.decode([first, second]) == "".join(MARKERS)
    assert ids_of(tokenizer, reserved[2]) == [third]
    assert len(ids_of(tokenizer, reserved[0])) > 1


def test_where_too_few_are_reserved_the_rest_is_added(make_tokenizer: MakeTokenizer) -> None:
    tokenizer = make_tokenizer(special=("<unused0>",))
    reserved, size = tokenizer.convert_tokens_to_ids("<unused0>"), len(tokenizer)
    assert list(add_marker_tokens(tokenizer, MARKERS)) == [reserved, size]


@pytest.mark.parametrize("special", [(), RESERVED, ("<unused0>",)], ids=["added", "renamed", "both"])
def test_markers_have_the_same_ids_after_saving_and_loading(
    special: tuple[str, ...], make_tokenizer: MakeTokenizer, tmp_path: Path
) -> None:
    make_tokenizer(special=special).save_pretrained(tmp_path / "base")
    tokenizer = load_tokenizer(str(tmp_path / "base"))
    add_marker_tokens(tokenizer, MARKERS)
    tokenizer.save_pretrained(tmp_path / "trained")
    loaded = AutoTokenizer.from_pretrained(tmp_path / "trained")
    text = '<|im_start|>a<|tool_code|>\nget_weather(**{"days": 2})\n<|end|><|im_end|><|reserved_special_token_2|>'
    assert ids_of(loaded, text) == ids_of(tokenizer, text)
    assert loaded.decode(ids_of(loaded, text)) == text
    assert len(loaded) == len(tokenizer)
    assert loaded.get_vocab() == tokenizer.get_vocab()
    assert add_marker_tokens(loaded, MARKERS) == {}


def test_a_marker_of_the_vocabulary_is_left_as_it_is(make_tokenizer: MakeTokenizer) -> None:
    tokenizer = make_tokenizer(special=("<|end|>", "<unused0>"))
    vocabulary, reserved = tokenizer.get_vocab(), tokenizer.convert_tokens_to_ids("<unused0>")
    assert list(add_marker_tokens(tokenizer, MARKERS)) == [reserved]
    assert ids_of(tokenizer, "<|end|>") == [vocabulary["<|end|>"]]


def test_markers_as_text_leave_the_vocabulary_alone(make_tokenizer: MakeTokenizer) -> None:
    tokenizer = make_tokenizer(special=RESERVED)
    vocabulary = tokenizer.get_vocab()
    renderer = Renderer(tokenizer, PromptOptions(special_tokens="text"))
    assert renderer.new_tokens == {}
    assert renderer.tokenizer.get_vocab() == vocabulary


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        (
            "You are trying to access a gated repo.\nMake sure",
            "access to this tokenizer is gated: accept its licence on the hub and log in with `hf auth login`",
        ),
        (
            "Please pass the argument `trust_remote_code=True` to allow custom code to be run.",
            "its tokenizer is Python code of its own: read it, then set trust_remote_code",
        ),
        (
            "We couldn't connect to 'https://huggingface.co'.\nCheck your connection",
            "no tokenizer could be loaded, neither from a folder of that name nor from the hub: check the name and the "
            "network, or give a local folder (We couldn't connect to 'https://huggingface.co')",
        ),
        (
            "",
            "no tokenizer could be loaded, neither from a folder of that name nor from the hub: check the name and the "
            "network, or give a local folder (OSError)",
        ),
    ],
    ids=["gated", "remote code", "network", "no words"],
)
def test_why_a_tokenizer_could_not_be_loaded_is_said_in_one_sentence(cause: str, said: str) -> None:
    assert describe_load_error("me/mine", "tokenizer", OSError(cause)) == f"base_model=me/mine: {said}"


def test_a_folder_without_a_tokenizer_is_a_users_error(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no tokenizer could be loaded"):
        load_tokenizer(str(tmp_path))


def test_a_tokenizer_without_an_end_is_refused(make_tokenizer: MakeTokenizer, tmp_path: Path) -> None:
    tokenizer = make_tokenizer()
    tokenizer.eos_token = None
    tokenizer.save_pretrained(tmp_path)
    with pytest.raises(UserError, match="has no end-of-sequence token, so an answer could not end"):
        load_tokenizer(str(tmp_path))


def test_a_tokenizer_without_a_template_gets_the_plain_one(make_tokenizer: MakeTokenizer, tmp_path: Path) -> None:
    make_tokenizer(template=None).save_pretrained(tmp_path)
    renderer = Renderer(load_tokenizer(str(tmp_path)), PromptOptions())
    example = Example("a", (), (Message("user", "Weather?"),), None)
    assert renderer.render_prompt(example) == "<|im_start|>### user\nWeather?\n### assistant\n"  # its own first token
    assert renderer.render_answer(Message("assistant", "Clear.")) == "Clear.<|im_end|>"


def word_start_tokenizer(kind: str) -> PreTrainedTokenizerFast:
    """Write the space before a word into it, as SentencePiece does, and before a text's first word too."""
    backend = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    spaces = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    if kind == "normalizer":  # as the tokenizer.json of Llama 2 and Phi-3 has it
        backend.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    else:
        backend.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=kind, split=False)
    backend.decoder = decoders.Sequence(spaces if kind == "never" else [*spaces, decoders.Strip(" ", 1, 0)])
    names = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=600, special_tokens=names)
    backend.train_from_iterator(['get_weather(**{"city": "Oslo"}) No tool fits, sorry.'] * 4, trainer)
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=backend, bos_token="<s>", eos_token="</s>", unk_token="<unk>")
    tokenizer.chat_template = "{% for m in messages %}{{ m['role'] + ': ' + m['content'] + '</s>' }}{% endfor %}"
    return tokenizer


CALLING = Message("assistant", "", (ToolCall("get_weather", {"city": "Oslo"}),))
every_format = pytest.mark.parametrize("form", ["tool_code", "hermes"])


def answered(answer: Message) -> Example:
    tools = tuple(
        Tool(call.name, "", {"type": "object", "properties": {"city": {"type": "string"}}}) for call in answer.calls
    )
    return Example("a", tools, (Message("user", "Weather?"),), answer)


@pytest.mark.parametrize(
    ("kind", "special_tokens"),
    [(kind, mode) for kind in ("normalizer", "first", "always", "never") for mode in ("add", "text")],
)
@every_format
def test_a_tokenizer_that_puts_spaces_before_words_is_exact(
    kind: str, special_tokens: Literal["add", "text"], form: str
) -> None:
    renderer = Renderer(word_start_tokenizer(kind), PromptOptions(form, special_tokens=special_tokens))
    for answer in (CALLING, Message("assistant", "No tool fits.")):
        (branch,) = encode_example(renderer, answered(answer)).branches
        assert renderer.decode(branch.ids) == renderer.render_answer(answer)


@every_format
def test_a_tokenizer_that_changes_an_answer_is_found_out(
    form: str, make_tokenizer: Callable[..., PreTrainedTokenizerFast]
) -> None:
    tokenizer = make_tokenizer()
    tokenizer.backend_tokenizer.normalizer = normalizers.Lowercase()  # "Oslo" would be trained as "oslo"
    with pytest.raises(CallSyntaxError, match="the tokenizer loses something of the answer"):
        encode_example(Renderer(tokenizer, PromptOptions(form)), answered(CALLING))
