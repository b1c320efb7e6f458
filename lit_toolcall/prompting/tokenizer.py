"""Loading a tokenizer, and making a call format's markers single tokens of it."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path

from tokenizers import AddedToken, Tokenizer
from transformers import AutoTokenizer, PreTrainedTokenizerBase

from lit_toolcall.hub import is_offline
from lit_toolcall.types import UserError

RESERVED = re.compile(r"<\|reserved_special_token_\d+\|>|<unused\d+>|<\|placeholder\d+\|>|\[unused\d+\]")
"""How Llama 3, Gemma, Phi-3 and BERT-like vocabularies name tokens that nothing uses."""

PLAIN_TEMPLATE = """\
{{- bos_token or '' }}
{%- for message in messages %}{{ '### ' + message['role'] + '\\n' + message['content'] }}
{%- if message['role'] == 'assistant' %}{{ eos_token }}{% endif %}{{ '\\n' }}{% endfor %}
{%- if add_generation_prompt %}{{ '### assistant\\n' }}{% endif %}"""
"""For models without a chat template of their own."""


def load_tokenizer(base_model: str, trust_remote_code: bool = False) -> PreTrainedTokenizerBase:
    """Load a model's tokenizer, with a plain chat template where it has none.

    Raises:
        UserError: there is none, it cannot be reached, or it has no end-of-sequence token.
    """
    try:
        tokenizer = AutoTokenizer.from_pretrained(
            base_model, trust_remote_code=trust_remote_code, local_files_only=is_offline()
        )
    except (OSError, ValueError) as error:
        raise UserError(describe_load_error(base_model, "tokenizer", error)) from error
    if tokenizer.eos_token is None:
        raise UserError(f"{base_model}: its tokenizer has no end-of-sequence token, so an answer could not end")
    if tokenizer.chat_template is None:
        tokenizer.chat_template = PLAIN_TEMPLATE
    return tokenizer


def save_tokenizer(tokenizer: PreTrainedTokenizerBase, folder: Path) -> None:
    """Write a tokenizer so that releases of transformers before 5 load it too.

    These know the class of a plain `tokenizer.json` by another name, and take `extra_special_tokens` as a mapping only,
    which names of their own need; as `additional_special_tokens` all releases take the list.
    """
    tokenizer.save_pretrained(folder)
    path = folder / "tokenizer_config.json"
    config = json.loads(path.read_text(encoding="utf-8"))
    if config.get("tokenizer_class") == "TokenizersBackend":
        config["tokenizer_class"] = "PreTrainedTokenizerFast"
    if isinstance(config.get("extra_special_tokens"), list):
        config["additional_special_tokens"] = config.pop("extra_special_tokens")
    path.write_text(json.dumps(config, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def describe_load_error(base_model: str, what: str, error: Exception) -> str:
    """Say in one sentence why a model or tokenizer could not be loaded, and what to do.

    >>> describe_load_error("me/mine", "model", OSError("You are trying to access a gated repo."))
    'base_model=me/mine: access to this model is gated: accept its licence on the hub and log in with `hf auth login`'
    """
    text = str(error)
    if base_model.startswith((".", "/", "~")) and not Path(base_model).is_dir():
        return (
            f"base_model={base_model}: no such folder (seen from {Path.cwd()}): start where it lies, or give its whole"
            " path by --base_model; scripts/quickstart.sh makes the quickstart's"
        )
    if "gated" in text:
        return (
            f"base_model={base_model}: access to this {what} is gated: "
            "accept its licence on the hub and log in with `hf auth login`"
        )
    if "trust_remote_code" in text:
        return f"base_model={base_model}: its {what} is Python code of its own: read it, then set trust_remote_code"
    cause = text.strip().splitlines()[0].rstrip(".") if text.strip() else type(error).__name__
    return (
        f"base_model={base_model}: no {what} could be loaded, neither from a folder of that name nor from the hub: "
        f"check the name and the network, or give a local folder ({cause})"
    )


def add_marker_tokens(tokenizer: PreTrainedTokenizerBase, markers: Sequence[str]) -> dict[int, list[int]]:
    """Make each marker one token, in place: a reserved token is renamed where there is one, else one is added.

    A marker that the vocabulary already holds stays as it is and needs no training.

    Returns:
        For each new token's id, the ids that its text was made of before.
    """
    new = [marker for marker in markers if marker not in tokenizer.get_vocab()]
    pieces = {marker: tokenizer.encode(marker, add_special_tokens=False) for marker in new}
    reserved = sorted(
        (name for name in tokenizer.get_added_vocab() if RESERVED.fullmatch(name)),
        key=tokenizer.convert_tokens_to_ids,
    )
    renamed = dict(zip(reserved, new, strict=False))
    if renamed:
        _rename_tokens(tokenizer, renamed)
    rest = new[len(renamed) :]
    # Not special in the tokenizer's sense, so that servers which hide special tokens show the calls.
    tokenizer.add_tokens([AddedToken(marker, special=False, normalized=False) for marker in rest])
    return {tokenizer.get_vocab()[marker]: pieces[marker] for marker in new}


def _rename_tokens(tokenizer: PreTrainedTokenizerBase, names: dict[str, str]) -> None:
    state = json.loads(tokenizer.backend_tokenizer.to_str())
    for token in state["added_tokens"]:
        if token["content"] in names:
            token.update(content=names[token["content"]], special=False, normalized=False)
    vocabulary = state["model"]["vocab"]
    if isinstance(vocabulary, dict):  # BPE and WordPiece; Unigram's is a list of [piece, score]
        state["model"]["vocab"] = {names.get(name, name): index for name, index in vocabulary.items()}
    else:
        state["model"]["vocab"] = [[names.get(name, name), score] for name, score in vocabulary]
    tokenizer._tokenizer = Tokenizer.from_str(json.dumps(state))
