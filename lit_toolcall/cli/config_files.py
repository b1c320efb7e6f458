"""Config files: found by name, read as plain values without YAML's traps, and listed."""

from __future__ import annotations

import codecs
import difflib
import json
from collections.abc import Iterable, Mapping, Sequence
from contextlib import chdir
from importlib.resources import files
from itertools import islice
from pathlib import Path
from typing import Any

import yaml
from jsonargparse import ActionConfigFile, Namespace
from jsonargparse._loaders_dumpers import get_yaml_default_loader  # reads 1e-5 as a number, which PyYAML does not

from lit_toolcall.cli.wording import name_kind
from lit_toolcall.paths import expand_path
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
        Mappings, lists, strings, numbers, true, false and null; every key is a string.

    Raises:
        UserError: it cannot be read, is not a mapping of plain values, gives a key twice, or is too large for a config.
    """
    text = decode(path)
    try:
        config = _parse(path, text)
        _check_values(path, config)
    except RecursionError as error:  # JSON
        raise _nested_too_deep(path) from error
    if not isinstance(config, dict):
        held = "nothing" if config is None else name_kind(config)
        raise UserError(f"--config {path}: holds {held}: a config holds settings, such as `base_model: ...`")
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
        if "nesting depth" in (error.problem or ""):  # of PyYAML 6.0.4 and later
            raise _nested_too_deep(path) from error
        mark = error.problem_mark or error.context_mark
        line = f":{mark.line + 1}" if mark is not None else ""
        raise UserError(f"--config {path}{line}: {_say_yaml(text, error)}") from error
    except (yaml.YAMLError, ValueError, TypeError, AttributeError) as error:  # a tag whose text does not fit it
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
            raise _nested_too_deep(path)


def _nested_too_deep(path: Path) -> UserError:
    return UserError(f"--config {path}: nested more than {MAX_DEPTH} levels deep: write plain settings")


def _refuse_repeated_keys(path: Path, root: yaml.Node | None) -> None:
    """Refuse a key that is set twice in one mapping, of which YAML would silently keep the last."""
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
                        f"--config {path}:{line}: `{key.value}` is set here and in line {lines[key.tag, key.value]}, "
                        "and YAML would keep one: remove the other"
                    )
                lines[key.tag, key.value] = line


def _refuse_twice(path: Path, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None:
        raise UserError(f"--config {path}: `{twice}` is set twice in one object: remove one of the two")
    return dict(pairs)


def _check_values(path: Path, config: Any) -> None:
    """Refuse values that are not plain, and those that anchors make too large or endless."""
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
            raise _nested_too_deep(path)
        if id(value) in holders:
            raise UserError(f"--config {path}: an anchor that contains itself: write the settings out")
        if isinstance(value, dict):
            for key in value:
                if not isinstance(key, str | int) or isinstance(key, bool):
                    raise UserError(f"--config {path}: `{key}` is read as {name_kind(key)}, not as a name: quote it")
            stack += [(each, (*holders, id(value))) for each in value.values()]
        elif isinstance(value, list):
            stack += [(each, (*holders, id(value))) for each in value]
        elif not isinstance(value, str | int | float | None):
            raise UserError(
                f"--config {path}: {name_kind(value)} is not a plain value: write strings, numbers, lists or settings"
            )


RENAMED = {"dpo_smollm_safe": "dpo_smollm_call_aware.yaml"}
"""Shipped configs by the names that they had before 0.1.0."""


def shipped_configs() -> dict[str, Path]:
    """List the shipped configs, their names to their files."""
    root = Path(str(files("lit_toolcall.configs")))
    return {path.relative_to(root).as_posix(): path for path in sorted(root.rglob("*.yaml"))}


def find_config(name: str) -> Path:
    """Find a config by path or, where no such file exists, by the name of a shipped one.

    Raises:
        UserError: there is none; the nearest names are given.
    """
    try:
        path = Path(expand_path(name, "--config"))
        if path.is_file():
            return path
    except (OSError, ValueError) as error:  # too long for a name, or a NUL in it
        reason = error.strerror if isinstance(error, OSError) else error
        raise UserError(f"--config {name[:80]!r}: {reason}: give the name of a file") from error
    shipped = shipped_configs()
    by_name = shipped.get(name) or shipped.get(f"{name}.yaml")
    if by_name is not None:
        return by_name
    if path.is_dir():
        raise UserError(f"--config {name}: a folder: give the .yaml file inside it")
    renamed = RENAMED.get(name.removesuffix(".yaml"))
    if renamed is not None:
        raise UserError(f"--config {name}: this shipped config is called {renamed} now")
    near = difflib.get_close_matches(name, shipped, n=1)
    guess = f" (did you mean {near[0]}?)" if near else ""
    raise UserError(f"--config {name}: no such file, and not a shipped config{guess}; shipped: {', '.join(shipped)}")


def put_configs_first(arguments: Sequence[str]) -> list[str]:
    """Put configs before all else: what comes later wins, and the command line is to win (Lightning#17533).

    >>> put_configs_first(["--trainer.max_epochs", "7", "--config", "a.yaml", "-c=b.yaml"])
    ['--config', 'a.yaml', '-c=b.yaml', '--trainer.max_epochs', '7']
    """
    configs: list[str] = []
    others: list[str] = []
    rest = iter(arguments)
    for argument in rest:
        if argument in ("--config", "-c"):
            configs += [argument, *islice(rest, 1)]
        elif argument.startswith(("--config=", "-c=")):
            configs.append(argument)
        else:
            others.append(argument)
    return [*configs, *others]


class NamedConfigFile(ActionConfigFile):
    """`--config` that also takes the name of a shipped config; a later config's lists replace those of earlier ones."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        path = find_config(values)
        config = read_config(path)
        forget_lists(namespace, config)
        with chdir(path.resolve().parent):  # a setting may name a file of further settings, beside this one
            super().__call__(parser, namespace, yaml.safe_dump(config, default_style='"'), option_string)


def forget_lists(namespace: Namespace, config: Mapping[str, Any], prefix: str = "") -> None:
    """Remove from earlier configs each list that a later one replaces.

    The parser would keep settings of an earlier list's items where the later ones do not name them: a source of the
    user's own would be cut to the `limit` of the shipped config's.

    >>> namespace = Namespace(data=Namespace(train=[1, 2], seed=3))
    >>> forget_lists(namespace, {"data": {"train": [4]}})
    >>> namespace.data
    Namespace(train=None, seed=3)
    """
    for key, value in config.items():
        name = f"{prefix}{key}"
        if isinstance(value, Mapping):
            forget_lists(namespace, value, f"{name}.")
        elif isinstance(value, list) and name in namespace:
            namespace[name] = None


def list_configs(arguments: Sequence[str]) -> None:
    """Print each shipped config's name and its first comment lines.

    Raises:
        UserError: there are arguments after the command's name.
    """
    if arguments[1:] not in ([], ["-h"], ["--help"]):
        raise UserError(f"configs takes no arguments, not even `{arguments[1]}`: it lists the shipped configs")
    for name, path in shipped_configs().items():
        print(name)
        for line in path.read_text(encoding="utf-8").splitlines():
            if not line.startswith("#"):
                break
            print(f"    {line.lstrip('# ')}")
