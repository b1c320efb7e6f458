"""The table of transformations."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from lit_toolcall.robustness.injection import (
    add_harmful_tool,
    answer_results,
    inject_into_description,
    inject_into_query,
    inject_into_result,
)
from lit_toolcall.robustness.offers import offer_tools, shuffle_arguments, shuffle_tools
from lit_toolcall.robustness.seen import keep_seen, keep_unseen
from lit_toolcall.robustness.transformation import Level, Levels
from lit_toolcall.robustness.typos import misspell_query
from lit_toolcall.robustness.wording import describe_nothing, rename_arguments, rename_tools

UNSEEN = "unseen"

TRANSFORMATIONS: Mapping[str, Levels] = {
    "tools": {str(count): Level(partial(offer_tools, count=count)) for count in (1, 4, 16, 64)},
    "order": {"tools": Level(shuffle_tools), "arguments": Level(shuffle_arguments)},
    "names": {"tools": Level(rename_tools), "arguments": Level(rename_arguments)},
    "descriptions": {
        "tools": Level(partial(describe_nothing, of_tools=True, of_arguments=False)),
        "arguments": Level(partial(describe_nothing, of_tools=False, of_arguments=True)),
        "both": Level(partial(describe_nothing, of_tools=True, of_arguments=True)),
    },
    "typos": {str(rate): Level(partial(misspell_query, rate=rate)) for rate in (0.02, 0.05, 0.1)},
    "injection": {
        "control": Level(add_harmful_tool),
        "query": Level(inject_into_query, compared_with="injection=control"),
        "description": Level(inject_into_description, compared_with="injection=control"),
        "result_control": Level(answer_results, compared_with=None),
        "result": Level(inject_into_result, compared_with="injection=result_control"),
    },
    UNSEEN: {"no": Level(keep_seen, compared_with=None), "yes": Level(keep_unseen, compared_with=None)},
}
"""By kind and level; the category of a changed question is `KIND=LEVEL`. One entry adds one."""
CHANGING_KINDS = tuple(kind for kind in TRANSFORMATIONS if kind != UNSEEN)
"""The kinds that need nothing but the questions."""
