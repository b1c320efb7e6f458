"""Answers that repeat themselves: texts that end in a loop, and calls that are made again."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

from lit_toolcall.json_values import hash_json
from lit_toolcall.metrics.matching import CallMatch
from lit_toolcall.types import Tool, ToolCall

LEAST_ROUNDS = 3
"""How often a text's end must say the same for a loop."""
LEAST_CHARACTERS = 40
"""How long these rounds must be together: `...`, `]]]` or a few zeros are no loop."""
MOST_CHARACTERS = 20_000
"""The longest end of a text that is looked at."""


def ends_in_loop(text: str) -> bool:
    """Tell whether a text that was cut off says the same again and again up to its end.

    Its end must hold one unit, of any length, at least `LEAST_ROUNDS` times in a row, and be at least
    `LEAST_CHARACTERS` long; the last round may be cut off. The period of each end of the text is read off the failure
    function of the reversed text: Knuth, Morris and Pratt, SIAM Journal on Computing 6 (1977) 323-350.

    Example:
        >>> ends_in_loop('wait(**{"s": 5})\\n' * 3 + "wai"), ends_in_loop("She said it three times: no, no, no")
        (True, False)
    """
    # half a character of several bytes is decoded to U+FFFD
    backwards = text.rstrip("\ufffd")[-MOST_CHARACTERS:][::-1]
    borders = [0] * len(backwards)  # the longest proper beginning of each beginning that is also its end
    border = 0
    for last in range(1, len(backwards)):
        while border and backwards[last] != backwards[border]:
            border = borders[border - 1]
        border += backwards[last] == backwards[border]
        borders[last] = border
        length = last + 1
        if length >= max(LEAST_CHARACTERS, LEAST_ROUNDS * (length - border)):
            return True
    return False


def repeats_calls(calls: Sequence[ToolCall], expected: Sequence[ToolCall], tools: Sequence[Tool]) -> bool:
    """Tell whether an answer has more calls than expected only because it makes the same calls again.

    A call is made again where an equal one stands in the answer already, oftener than it is expected.

    Example:
        >>> one, two = ToolCall("f", {"n": 1}), ToolCall("f", {"n": 2})
        >>> repeats_calls([one, one], [two], []), repeats_calls([one, two], [two], [])
        (True, False)
        >>> repeats_calls([two, two, one], [two, two], [])  # the second is expected, the third is another
        False
    """
    if len(calls) <= len(expected):
        return False
    schemas = {tool.name: tool.parameters for tool in tools}
    of_calls: dict[Hashable, list[ToolCall]] = {}
    for call in calls:
        of_calls.setdefault((call.name, hash_json(dict(call.arguments))), []).append(call)
    left = 0
    for first, *again in of_calls.values():
        schema = schemas.get(first.name, {})
        wanted = sum(one.name == first.name and CallMatch(first, one, schema).is_exact for one in expected)
        left += min(1 + len(again), max(1, wanted))
    return left <= len(expected)
