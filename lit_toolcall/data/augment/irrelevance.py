"""Irrelevance rows, whose right tool is not available."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from lit_toolcall.data.augment.alike import ToolPool, are_alike, words_of
from lit_toolcall.data.augment.augmentation import Augmentation, FreshIds, is_trainable
from lit_toolcall.data.augment.spelling import quotes_name
from lit_toolcall.types import Example, Message

NO_TOOL_FITS = (
    "None of the available tools can do this.",
    "I don't have a tool that fits this request.",
    "The tools I have do not cover this, so I make no call.",
    "There is no suitable function for this among those on offer.",
    "I'm not able to help with that using the tools at hand.",
    "That needs a tool that is not available here.",
)
"""Answers where no tool fits."""
MOST_BORROWED = 3
"""Tools of other rows that a row gets where none of its own would stay."""


class RemoveRightTool(Augmentation):
    """Adds irrelevance rows: the tools that the answer calls are removed, and the answer says that no tool fits.

    Tools that are like a called one go too. Where none stays, up to three tools of other rows replace them. A
    row is left alone where an earlier turn calls or quotes one of those tools, or where the user did not speak last.

    Args:
        fraction: fraction of the rows with calls after which such a row is added, 0 to 1.
    """

    def __init__(self, fraction: float = 0.1) -> None:
        super().__init__(fraction)

    def augment(self, examples: Sequence[Example], rng: Random) -> list[Example]:
        pool = ToolPool(examples)
        ids = FreshIds([example.id for example in examples])
        rows: list[Example] = []
        for example in examples:
            rows.append(example)
            if is_trainable(example) and _asks_for_calls(example) and self.is_picked(rng):
                without = _remove_right_tool(example, pool, rng)
                if without is not None:
                    new = ids.name(example.id, "irrelevant")
                    rows.append(replace(without, id=new, made_of=example.origins))
        return rows


def _asks_for_calls(example: Example) -> bool:
    last = example.messages[-1].role if example.messages else None
    return last == "user" and bool(example.answer and example.answer.calls)


def _remove_right_tool(example: Example, pool: ToolPool, rng: Random) -> Example | None:
    """Return the row without its right tools; None where an earlier turn needs one, or where no tool can be found."""
    assert example.answer is not None
    called = {call.name for call in example.answer.calls}
    right = [words_of(tool) for tool in example.tools if tool.name in called]
    kept = tuple(tool for tool in example.tools if not any(are_alike(words_of(tool), words) for words in right))
    kept_names = {tool.name for tool in kept}
    if any(call.name not in kept_names for message in example.messages for call in message.calls):
        return None
    gone = [tool.name for tool in example.tools if tool.name not in kept_names]
    if any(quotes_name(message.content, name) for message in example.messages for name in gone):
        return None
    tools = kept or tuple(pool.draw(rng.randint(1, MOST_BORROWED), example.tools, rng))
    if not tools:
        return None
    return replace(example, tools=tools, answer=Message("assistant", rng.choice(NO_TOOL_FITS)))
