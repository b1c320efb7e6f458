"""Definitions of tools in a domain file: names, arguments, and the sentences that ask for them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from demo_data.values import Kind


@dataclass(frozen=True)
class Argument:
    """An argument under all the names that a variant of its tool may give it."""

    names: tuple[str, ...]
    descriptions: tuple[str, ...]
    kind: Kind
    required: bool = True
    default: Any = None
    """What an optional argument falls back to, as drawn values are; None: no default is shown."""

    @property
    def key(self) -> str:
        """The name that templates use."""
        return self.names[0]


@dataclass(frozen=True)
class BaseTool:
    """A tool before its names are chosen."""

    modules: tuple[str, ...]
    verbs: tuple[str, ...]
    nouns: tuple[str, ...]
    descriptions: tuple[str, ...]
    arguments: tuple[Argument, ...]
    asks: tuple[str, ...]
    """Templates of questions that one call answers."""
    pairs: tuple[str, ...] = ()
    """Templates that ask for several calls at once: `{1.city}` and `{2.city}` differ, `{day}` is shared."""

    @property
    def key(self) -> str:
        """Tells this tool from all others, whatever a variant is called."""
        return f"{self.modules[0]}.{self.nouns[0]}"


def _parts(text: str) -> tuple[str, ...]:
    return tuple(text.split("|"))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def arg(names: str, descriptions: str, kind: Kind) -> Argument:
    """A required argument; names and descriptions are parted by `|`, and templates use the first name."""
    return Argument(_parts(names), _parts(descriptions), kind)


def opt(names: str, descriptions: str, kind: Kind, default: Any = None) -> Argument:
    """An argument that may be left out."""
    return Argument(_parts(names), _parts(descriptions), kind, required=False, default=default)


def tool(
    modules: str,
    verbs: str,
    nouns: str,
    descriptions: str,
    arguments: list[Argument],
    asks: str,
    pairs: str = "",
) -> BaseTool:
    """A tool whose names and descriptions are parted by `|`, and whose templates stand one a line.

    In a template `{key}` is an argument's value, `[...]` is left out at random (with the optional arguments
    in it), and `(a|b)` is one of its parts. A line that ends in a full stop and begins with a verb may also
    be wrapped as "Could you ...?".
    """
    return BaseTool(
        _parts(modules),
        _parts(verbs),
        _parts(nouns),
        _parts(descriptions),
        tuple(arguments),
        _lines(asks),
        _lines(pairs),
    )
