"""What the schemas of one object say of its properties' names, across compositions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Names:
    """What the schemas of one object say of its properties' names.

    Args:
        is_composed: whether several schemas may speak of the object.
    """

    is_composed: bool
    taken: set[str] = field(default_factory=set)
    """Names that a schema which the object fits speaks of."""
    listed: dict[str, None] = field(default_factory=dict)
    """Names that any of the schemas lists, in order, for sentences."""
    lists: bool = False
    """One of them lists properties."""
    is_open: bool = False
    """One of them takes any others."""
    branch_lists: bool = False
    """A branch of `anyOf` or `oneOf` lists properties."""
    branch_is_free: bool = False
    """A branch that the object fits lists none."""

    @property
    def is_listing(self) -> bool:
        """Whether the object takes listed properties only, unless it is open."""
        return self.lists or (self.branch_lists and not self.branch_is_free)

    def add_branch(self, branch: Names, fits: bool) -> None:
        """Note what a branch of `anyOf` or `oneOf` says."""
        self.listed |= branch.listed
        self.branch_lists |= branch.is_listing
        if fits:
            self.taken |= branch.taken
            self.is_open |= branch.is_open
            self.branch_is_free |= not branch.is_listing

    def extra(self, value: Mapping[str, Any]) -> list[str]:
        """List the value's names that no schema speaks of."""
        if self.is_open or not self.is_listing:
            return []
        return [name for name in value if name not in self.taken]
