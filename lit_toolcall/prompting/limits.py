"""End tokens and number of positions of a model, as its own files give them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transformers import GenerationConfig, PretrainedConfig, PreTrainedTokenizerBase

from lit_toolcall.hub import is_offline

POSITION_KEYS = ("max_position_embeddings", "n_positions", "max_sequence_length")
SANE_LENGTH = 10_000_000
"""A tokenizer's `model_max_length` above it means that nobody has set one."""
SCALED_INSIDE = ("longrope", "su", "llama3", "default", "proportional")
"""Kinds of RoPE scaling whose factor `max_position_embeddings` holds already."""


@dataclass(frozen=True)
class ModelLimits:
    """A model's end tokens and positions.

    Args:
        ends: tokens that end an answer, as text, in addition to the tokenizer's end of sequence.
        positions: longest sequence, prompt and answer together, in tokens; None where its files do not say.
    """

    ends: tuple[str, ...] = ()
    positions: int | None = None


def read_limits(base_model: str, tokenizer: PreTrainedTokenizerBase) -> ModelLimits:
    """Read `config.json` and `generation_config.json`; a file that is not there says nothing."""
    try:
        config, _ = PretrainedConfig.get_config_dict(base_model, local_files_only=is_offline())
    except OSError:  # a tokenizer on its own, such as one in a folder of a tool
        config = {}
    try:
        generation = GenerationConfig.from_pretrained(base_model, local_files_only=is_offline()).to_dict()
    except OSError:  # most models have none
        generation = {}
    text_config = config.get("text_config")
    text_config = text_config if isinstance(text_config, dict) else {}
    ends = [find_ends(settings.get("eos_token_id"), tokenizer) for settings in (generation, config, text_config)]
    positions = find_positions(config | text_config)
    if positions is None and tokenizer.model_max_length <= SANE_LENGTH:
        positions = tokenizer.model_max_length
    return ModelLimits(tuple(dict.fromkeys(end for some in ends for end in some)), positions)


def find_ends(token_ids: Any, tokenizer: PreTrainedTokenizerBase) -> list[str]:
    """List the tokens that end an answer; only added ones, since a config of another vocabulary names any word."""
    listed = token_ids if isinstance(token_ids, Sequence) else [token_ids]
    added = tokenizer.added_tokens_decoder
    return [added[token_id].content for token_id in listed if type(token_id) is int and token_id in added]


def find_positions(config: Mapping[str, Any]) -> int | None:
    """Find how many positions a model has, with what RoPE scaling adds.

    Args:
        config: of the text model.

    >>> find_positions({"max_position_embeddings": 2048})
    2048
    >>> scaling = {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}
    >>> find_positions({"max_position_embeddings": 32768, "rope_scaling": scaling})
    131072
    """
    named = [config[key] for key in POSITION_KEYS if type(config.get(key)) is int and config[key] > 0]
    if not named:
        return None
    scaling = config.get("rope_scaling") or config.get("rope_parameters") or {}
    kinds = [kind for kind in (scaling, *scaling.values()) if isinstance(kind, dict)]  # Gemma 3 has one per layer type
    return max(_scale(named[0], kind) for kind in kinds)


def _scale(positions: int, scaling: Mapping[str, Any]) -> int:
    kind, factor = scaling.get("rope_type", scaling.get("type", "default")), scaling.get("factor")
    if kind in SCALED_INSIDE or not isinstance(factor, int | float):
        return positions
    trained = scaling.get("original_max_position_embeddings", positions)
    return max(positions, int((trained if type(trained) is int else positions) * factor))
