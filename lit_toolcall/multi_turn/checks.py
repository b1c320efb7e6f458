"""BFCL's checks of a turn, in our own words.

Those of bfcl_eval would have to run in the process that holds the APIs, and importing them imports the module that
evaluates calls. A test holds both to the same verdicts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple


class DialogueProblem(StrEnum):
    """Why a dialogue is not valid; the first three are BFCL's names, after `multi_turn:`."""

    EMPTY_TURN = "empty_turn_model_response"
    """No call in a turn that needs one."""
    STATE = "instance_state_mismatch"
    """The APIs are not in the state in which the gold calls leave them."""
    RESPONSE = "execution_response_mismatch"
    """A result of the gold calls is not among the results so far."""
    FORCE_TERMINATED = "force_terminated"
    """A turn, other than the last, took more than `MAX_STEPS` steps with calls."""
    TOO_MANY_CALLS = "too_many_calls"
    """An answer has more than `MAX_CALLS` calls; none of them is made."""
    RESULTS_TOO_LONG = "results_too_long"
    """The results of the model's calls have more than `MAX_RESULT_CHARACTERS` characters in all."""
    OUT_OF_TIME = "out_of_time"
    """The model's calls took more CPU time than `SECONDS_OF_DIALOGUE`."""
    OUT_OF_MEMORY = "out_of_memory"
    """The model's calls left the APIs too little memory, or too much to do, for a gold call that works without them."""
    CONTEXT_FULL = "context_full"
    """The model's own calls made the dialogue longer than its positions, or than the server of the model takes."""
    TOO_LONG_FOR_MODEL = "too_long_for_model"
    """Also with the gold calls it is longer than the model's positions: it was not asked, and does not count."""


class TurnProblem(NamedTuple):
    """What is wrong with a turn.

    Args:
        problem: its name.
        detail: the attributes that differ, or the results that are missing.
    """

    problem: DialogueProblem
    detail: tuple[str, ...] = ()


def check_turn(
    steps: int, differences: Sequence[str], results: Sequence[str], gold_results: Sequence[str]
) -> TurnProblem | None:
    """Find what is wrong with a turn for which there are gold calls; calls beside them are free.

    Args:
        steps: of the turn, with calls.
        differences: attributes in which the model's APIs differ from the gold ones after the turn.
        results: that the APIs gave to all calls so far, those of earlier turns included.
        gold_results: of this turn's gold calls; each must be among `results`, as often as it is here.

    >>> check_turn(1, [], ["a", "b"], ["b"]), check_turn(1, [], ["b"], ["b", "b"])
    (None, TurnProblem(problem=<DialogueProblem.RESPONSE: 'execution_response_mismatch'>, detail=('b',)))
    """
    if not steps:
        return TurnProblem(DialogueProblem.EMPTY_TURN)
    if differences:
        return TurnProblem(DialogueProblem.STATE, tuple(differences))
    missing = Counter(gold_results) - Counter(results)
    return TurnProblem(DialogueProblem.RESPONSE, tuple(missing)) if missing else None
