"""The processes of one command that share its work: they meet after each part of it, and end together."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from lightning import Fabric

from lit_toolcall.cli.known_errors import describe_error, find_user_error
from lit_toolcall.cli.startup import INTERRUPTED
from lit_toolcall.modules.policy import gather_objects
from lit_toolcall.types import UserError

ResultT = TypeVar("ResultT")
MARK = ".stopped"
"""In the folder of the results: a rank has failed."""


class Stopped(Exception):
    """Another rank has failed; it says why."""


class Ranks:
    """The processes of one command, on one machine.

    Args:
        fabric: has launched them.
        folder: in which a rank that fails leaves a mark, which the others look for while they work.
    """

    def __init__(self, fabric: Fabric, folder: Path) -> None:
        self.rank, self.size = fabric.global_rank, fabric.world_size
        self._mark = folder / MARK
        self._parent = os.getppid()

    @property
    def is_first(self) -> bool:
        """Whether this is the process that the user has started."""
        return self.rank == 0

    def do(self, work: Callable[[], ResultT]) -> ResultT:
        """Do a part of the work on each rank, and wait for the others.

        The ranks but the first end in silence where one has failed or the user has interrupted them.

        Raises:
            UserError: it has failed on one rank; the first rank raises what that rank says.
        """
        if self.size == 1:
            return work()
        results: list[ResultT] = []
        said = ""
        try:
            results.append(work())
        except Stopped:
            pass
        except Exception as error:
            self._mark.touch()
            known = find_user_error(error) or describe_error(error)
            if known is None:
                raise
            said = str(known)
        except KeyboardInterrupt:
            self._mark.touch()
            if not self.is_first:
                sys.exit(INTERRUPTED)
            raise
        failed = [each for each in self._gather(None if results else said) if each is not None]
        if not failed:
            return results[0]
        if not self.is_first:
            sys.exit(0)  # the first rank fails for all; another status would make Lightning kill it
        raise UserError(next(filter(None, failed), "another process of this command has ended: start it again"))

    def check(self) -> None:
        """Look whether this rank should go on.

        Raises:
            Stopped: another rank has failed, or the first one is gone.
        """
        if self.size > 1 and (self._mark.exists() or os.getppid() != self._parent):
            raise Stopped

    def _gather(self, said: str | None) -> list[str | None]:
        try:
            return gather_objects(said)
        except RuntimeError:  # a rank is gone, and the connection with it
            if not self.is_first:
                sys.exit(0)
            return [""]
        except KeyboardInterrupt:
            if not self.is_first:
                sys.exit(INTERRUPTED)
            raise


def clear_mark(folder: Path) -> None:
    """Remove the mark of an earlier command, before the ranks start."""
    (folder / MARK).unlink(missing_ok=True)
