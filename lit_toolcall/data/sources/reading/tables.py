"""Rows of tables: parquet files and datasets on the hub, as the JSON that they were before Arrow held them."""

from __future__ import annotations

import glob
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow
from huggingface_hub import constants

from lit_toolcall.data.sources.reading.files import Row, check_file
from lit_toolcall.data.sources.reading.values import Flaw, RowError, watch
from lit_toolcall.hub import is_offline
from lit_toolcall.json_values import MAX_DEPTH, clip
from lit_toolcall.types import UserError

if TYPE_CHECKING:
    from datasets import Dataset


def read_parquet_rows(path: str) -> Iterator[Row]:
    """Yield every row of a parquet file.

    Raises:
        UserError: there is no such file, or it cannot be decoded.
    """
    yield from _dataset_rows(path, _open_parquet(path))


def read_hub_rows(path: str, split: str, config: str | None) -> Iterator[Row]:
    """Yield every row of a dataset on the hub.

    Only data files are read; no script of the dataset is run, and no pickle is loaded (`datasets` refuses both).

    Args:
        path: `owner/name`.
        split: one of the dataset's splits.
        config: one of its configs; the default one where it is not given.

    Raises:
        UserError: no network, no such dataset, config or split, or rows that cannot be decoded.
    """
    yield from _dataset_rows(path, _download(path, split, config))


def _open_parquet(path: str) -> Dataset:
    check_file(path, "a parquet file")
    from datasets import load_dataset  # takes a second, and most runs do without

    try:
        return load_dataset("parquet", data_files=glob.escape(str(Path(path).absolute())), split="train")
    except Exception as error:  # datasets raises a dozen kinds
        raise UserError(f"{path}: not a readable parquet file ({_reason(error)}); write it again") from None


def _download(path: str, split: str, config: str | None) -> Dataset:
    if is_offline() and not constants.HF_HUB_OFFLINE:
        raise UserError(
            f"{path}: no such file here, and no network to ask the Hugging Face hub; give a local copy's path, or set"
            " HF_HUB_OFFLINE=1 where it was downloaded before"
        )
    from datasets import load_dataset  # takes a second, and most runs do without

    try:
        found = load_dataset(path, config)
    except Exception as error:  # datasets raises a dozen kinds
        raise UserError(
            f"{path}: no such file here, and the Hugging Face hub gave no such dataset ({_reason(error)}); give a local"
            " copy's path, or check the name, its config and `hf auth login`"
        ) from None
    if split not in found:
        raise UserError(f"{path}: no split {split!r}; choose from {', '.join(found)}")
    return found[split]


def _reason(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return clip(" ".join(str(error).split()), 200) or type(error).__name__


def _dataset_rows(path: str, dataset: Dataset) -> Iterator[Row]:
    schema = dataset.features.arrow_schema
    with_structs = {column.name for column in schema if _has_struct(column.type)}
    rows = iter(_without_decoding(dataset))
    for number in range(1, len(dataset) + 1):
        place = f"{path}:row {number}"
        try:
            value = next(rows)
        except Exception as error:  # a date that Python cannot hold raises what its library raises
            raise UserError(f"{place}: cannot be decoded ({_reason(error)}); write the rows as JSON lines") from None
        columns = {name: drop_nulls(part) if name in with_structs else part for name, part in value.items()}
        yield Row(place, number, value=watch({name: mark_flaws(part, name) for name, part in columns.items()}))


def _without_decoding(dataset: Dataset) -> Dataset:
    """Leave images, sounds and films as they are stored: nothing here reads them."""
    for name, feature in dataset.features.items():
        if hasattr(feature, "decode"):
            dataset = dataset.cast_column(name, replace(feature, decode=False))
    return dataset


def _has_struct(kind: pyarrow.DataType) -> bool:
    types = pyarrow.types
    if types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind):
        return _has_struct(kind.value_type)
    return types.is_struct(kind)


def check_json(value: Any, path: str = "") -> None:
    """Refuse what Arrow holds and JSON does not.

    >>> check_json({"a": [1, 2.5, None, True, "x"]})
    >>> check_json({"a": [b"x"]})  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    lit_toolcall.data.sources.reading.values.RowError: `a[0]` is of the type bytes, which JSON does not have...

    Raises:
        RowError: a date, bytes, NaN or another such value, with its place in the row; or a row that nests too deep.
    """
    stack: list[tuple[str, Any, int]] = [(path, value, 1)]
    while stack:
        path, node, depth = stack.pop()
        if depth > MAX_DEPTH:
            raise RowError(f"nested deeper than {MAX_DEPTH} levels")
        if isinstance(node, dict):
            prefix = f"{path}." if path else ""
            stack.extend((f"{prefix}{clip(key, 40)}", child, depth + 1) for key, child in node.items())
        elif isinstance(node, list):
            stack.extend((f"{path}[{position}]", child, depth + 1) for position, child in enumerate(node))
        elif isinstance(node, float) and not math.isfinite(node):
            raise RowError(f"`{clip(path)}` is {node}, which JSON does not have; leave it out")
        elif node is not None and not isinstance(node, str | int | float):
            kind = type(node).__name__
            raise RowError(f"`{clip(path)}` is of the type {kind}, which JSON does not have; store it as text")


def mark_flaws(value: Any, path: str) -> Any:
    """Put a flaw in the place of each value that Arrow holds and JSON does not; it refuses the row where it is read.

    >>> mark_flaws([{"role": "user", "at": b"x"}], "turns")[0]["at"].reason
    '`turns[0].at` is of the type bytes, which JSON does not have; store it as text'
    """
    try:
        check_json(value, path)
    except RowError as error:
        if not isinstance(value, dict | list) or "nested" in str(error):
            return Flaw(str(error))
    else:
        return value
    if isinstance(value, dict):
        return {key: mark_flaws(part, f"{path}.{clip(key, 40)}") for key, part in value.items()}
    return [mark_flaws(part, f"{path}[{position}]") for position, part in enumerate(value)]


def drop_nulls(value: Any) -> Any:
    """Leave out the keys that Arrow invents in nested objects, with null, because another row has them.

    A null that the row itself holds there is left out too: Arrow does not tell them apart.

    >>> drop_nulls({"a": {"b": None, "c": [1, None]}})
    {'a': {'c': [1, None]}}
    """
    if isinstance(value, dict):
        return {key: drop_nulls(child) for key, child in value.items() if child is not None}
    return [drop_nulls(child) for child in value] if isinstance(value, list) else value
