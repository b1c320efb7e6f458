"""Kind `unseen`: questions by whether training rows offered the tools that they expect."""

from __future__ import annotations

from random import Random

from lit_toolcall.robustness.transformation import Outcome, Surroundings, list_expected_tools
from lit_toolcall.types import Example

NO_QUESTION = Outcome(None)


def keep_unseen(example: Example, around: Surroundings, _: Random) -> Outcome:
    """Keep a question none of whose expected tools has the name of a tool of the training rows."""
    return _keep(example, around, is_unseen=True)


def keep_seen(example: Example, around: Surroundings, _: Random) -> Outcome:
    """Keep a question whose expected tools all have names of tools of the training rows."""
    return _keep(example, around, is_unseen=False)


def _keep(example: Example, around: Surroundings, is_unseen: bool) -> Outcome:
    found = [around.trained_tools.find(name) is None for name in list_expected_tools(example)]
    if not found:
        return Outcome(None, "no expected tool")
    if any(found) and not all(found):
        return Outcome(None, "some of its tools seen")
    return Outcome(example) if found[0] == is_unseen else NO_QUESTION
