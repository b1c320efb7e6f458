"""Finds a tool's name among those of a benchmark, in whatever spelling."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from lit_toolcall.data.leakage.words import fold_name


@dataclass(frozen=True)
class NameMatch:
    """The benchmark's tool that a name matches."""

    evaluation_id: str
    """The first question that offers it."""
    name: str
    """As the benchmark writes it."""
    score: float
    """1 for the same letters; else the parts that both names have, among the parts of either (Jaccard)."""


class ToolNameIndex:
    """Names that match when their letters and digits agree: all of them, or those after the last dot.

    `triangle_area` matches `triangle.area`, and `GetGames` matches `game_list.get_games`. Where both names have a
    part before the last dot, one word behind it is not enough: `hotel.find` is no `recipe.find`.

    >>> index = ToolNameIndex([("q1", "recipe.find"), ("q2", "triangle.area")])
    >>> index.find("hotel.find"), index.find("triangleArea").name, index.find("Find").score
    (None, 'triangle.area', 0.5)

    Args:
        names: `(id of a question, name of a tool that it offers)`.
    """

    def __init__(self, names: Iterable[tuple[str, str]]) -> None:
        self._whole: dict[str, tuple[str, str]] = {}
        self._last: dict[str, dict[bool, tuple[str, str]]] = {}
        for evaluation_id, name in names:
            self._whole.setdefault("".join(fold_name(name)), (evaluation_id, name))
            last, has_prefix = _last_part(name)
            self._last.setdefault("".join(last), {}).setdefault(has_prefix, (evaluation_id, name))
        self._whole.pop("", None)
        self._last.pop("", None)
        self._found: dict[str, NameMatch | None] = {}

    def find(self, name: str) -> NameMatch | None:
        """Find the benchmark's tool of this name; the one with the same letters, if there is one."""
        if name not in self._found:
            self._found[name] = self._find(name)
        return self._found[name]

    def _find(self, name: str) -> NameMatch | None:
        if (whole := self._whole.get("".join(fold_name(name)))) is not None:
            return NameMatch(*whole, score=1.0)
        last, has_prefix = _last_part(name)
        alike = self._last.get("".join(last), {})
        match = alike.get(False) or alike.get(True)
        if match is None:
            return None
        other, other_has_prefix = _last_part(match[1])
        if has_prefix and other_has_prefix and min(len(last), len(other)) == 1:
            return None
        return NameMatch(*match, score=_jaccard(_parts(name), _parts(match[1])))


def _last_part(name: str) -> tuple[tuple[str, ...], bool]:
    """Split the words after the last dot off, and tell whether any stand before it."""
    before, _, after = name.rpartition(".")
    return fold_name(after), bool(fold_name(before))


def _parts(name: str) -> set[str]:
    """Collect the words before the last dot, and all that stands after it as one."""
    before, _, after = name.rpartition(".")
    return {*fold_name(before), "".join(fold_name(after))}


def _jaccard(first: set[str], second: set[str]) -> float:
    return len(first & second) / len(first | second)
