"""Configs as plain values, read from text of any encoding that names itself; what YAML would hide is refused."""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import yaml
from jsonargparse._loaders_dumpers import get_yaml_default_loader  # reads 1e-5 as a number, which PyYAML does not

from lit_toolcall.cli.wording import name_kind
from lit_toolcall.types import UserError

MAX_BYTES = 1_000_000
MAX_DEPTH = 100
MAX_VALUES = 100_000
"""More than any config has, so that a data file or a file of nested anchors is not taken for one."""
BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}


def read_config(path: Path) -> dict[str, Any]:
    """Read a config.

    Returns:
        Mappings, lists, texts, numbers, true, false and null; every key is a text.

    Raises:
        UserError: it cannot be read, is no mapping of plain values, gives a key twice, or is too large for a config.
    """
    text = decode(path)
    try:
        config = _parse(path, text)
        _check_values(path, config)
    except RecursionError as error:  # JSON
        raise UserError(f"--config {path}: nested more than {MAX_DEPTH} deep: write plain settings") from error
    if not isinstance(config, dict):
        held = "nothing" if config is None else name_kind(config)
        raise UserError(f"--config {path}: holds {held}: a config has settings by name, such as `base_model: ...`")
    return {str(name): value for name, value in config.items()}


def decode(path: Path) -> str:
    """Read a file's text: UTF-8, or what its byte order mark names.

    Raises:
        UserError: it cannot be read, is in another encoding, or is too long for a config.
    """
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UserError(f"--config {path}: {error.strerror or error}: give a config that can be read") from error
    if len(data) > MAX_BYTES:
        raise UserError(f"--config {path}: more than {MAX_BYTES:,} bytes: give a config, not a file of data")
    encoding = next((name for mark, name in BYTE_ORDER_MARKS.items() if data.startswith(mark)), "utf-8")
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise UserError(f"--config {path}:{line}: not {encoding.upper()}: save the file as UTF-8") from error


def _parse(path: Path, text: str) -> Any:
    if text.lstrip().startswith("{"):  # JSON may be indented with tabs, which YAML refuses
        try:
            return json.loads(text, object_pairs_hook=lambda pairs: _refuse_twice(path, pairs))
        except json.JSONDecodeError:
            pass  # a mapping as YAML writes it inline
    try:
        loader_class = get_yaml_default_loader()
        _refuse_deep(path, yaml.parse(text, Loader=loader_class))
        loader = loader_class(text)
        root = loader.get_single_node()
        _refuse_repeated_keys(path, root)
        return None if root is None else loader.construct_document(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark is not None else ""
        raise UserError(f"--config {path}{line}: {_say_yaml(text, error)}") from error
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as error:  # of a tag whose text does not fit it
        reason = " ".join(str(error).partition("\n")[0].split())
        raise UserError(f"--config {path}: not YAML ({reason}): give a text file of settings") from error


def _say_yaml(text: str, error: yaml.MarkedYAMLError) -> str:
    problem = " ".join((error.problem or error.context or "").split())
    mark = error.problem_mark
    if "for the tag" in problem:
        tag = problem.rpartition("the tag ")[2]
        return f"the tag {tag} makes an object: write plain values; classes are named by class_path"
    line = text.splitlines()[mark.line] if mark is not None and mark.line < len(text.splitlines()) else ""
    if "\t" in line[: mark.column + 1 if mark is not None else 0]:
        return "a tab before the setting: indent with spaces"
    return f"not YAML ({problem}): fix the line or the one before"


def _refuse_deep(path: Path, events: Iterable[yaml.Event]) -> None:
    """Refuse nesting that would overflow the stack of libyaml, which composes nodes by recursion in C."""
    depth = 0
    for event in events:
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise UserError(f"--config {path}: nested more than {MAX_DEPTH} deep: write plain settings")


def _refuse_repeated_keys(path: Path, root: yaml.Node | None) -> None:
    """Refuse a key that stands twice in one mapping, of which YAML would keep the last without a word."""
    waiting, seen = [root], set()
    while waiting:
        node = waiting.pop()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            lines: dict[tuple[str, str], int] = {}
            for key, value in node.value:
                waiting.append(value)
                if not isinstance(key, yaml.ScalarNode):
                    continue
                line = key.start_mark.line + 1
                if (key.tag, key.value) in lines:
                    raise UserError(
                        f"--config {path}:{line}: `{key.value}` stands here and in line {lines[key.tag, key.value]}, "
                        "and only one would count: remove one"
                    )
                lines[key.tag, key.value] = line


def _refuse_twice(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None:
        raise UserError(f"--config {path}: `{twice}` stands twice in one object, and only one would count: remove one")
    return dict(pairs)


def _check_values(path: Path, config: Any) -> None:
    """Refuse what is no plain value, and what anchors make too large or endless."""
    count = 0
    stack: list[tuple[Any, tuple[int, ...]]] = [(config, ())]
    while stack:
        value, holders = stack.pop()
        count += 1
        if count > MAX_VALUES:
            raise UserError(
                f"--config {path}: more than {MAX_VALUES:,} values: a config has fewer; look at its anchors"
            )
        if len(holders) > MAX_DEPTH:
            raise UserError(f"--config {path}: nested more than {MAX_DEPTH} deep: write plain settings")
        if id(value) in holders:
            raise UserError(f"--config {path}: an anchor that holds itself: write the settings out")
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str | int) or isinstance(key, bool):
                    raise UserError(f"--config {path}: `{key}` is read as {name_kind(key)}, not as a name: quote it")
            stack += [(each, (*holders, id(value))) for each in value.values()]
        elif isinstance(value, list):
            stack += [(each, (*holders, id(value))) for each in value]
        elif not isinstance(value, str | int | float | None):
            raise UserError(
                f"--config {path}: {name_kind(value)} is no plain value: write texts, numbers, lists or settings"
            )
