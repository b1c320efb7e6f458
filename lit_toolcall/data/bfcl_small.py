"""`bfcl-small`: 400 of BFCL's single-turn questions, which estimate its official figures."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from lit_toolcall.types import UserError

SIZES: Mapping[str, int] = {
    # Non-Live AST: 126
    "simple_python": 11,
    "simple_java": 11,
    "simple_javascript": 11,
    "multiple": 31,
    "parallel": 31,
    "parallel_multiple": 31,
    # Live AST: 142
    "live_simple": 26,
    "live_multiple": 100,
    "live_parallel": 8,
    "live_parallel_multiple": 8,
    # Irrelevance Detection: 124
    "irrelevance": 62,
    "live_irrelevance": 62,
    # Relevance Detection
    "live_relevance": 8,
}
"""Questions of each category, at least 8.

Within a figure a category gets its weight of them, Neyman's division where the accuracies are not known (Cochran,
Sampling Techniques, third edition, 1977, chapter 5): Non-Live AST weighs the three simple files 1/12 each and the
others 1/4, Live AST each question alike, Irrelevance Detection its two files alike. The figures get as many as make
their intervals equally wide: 8.0 points to either side at 50%.
"""


def draw_small(ids_by_category: Mapping[str, Sequence[str]], seed: int = 0) -> tuple[str, ...]:
    """Draw the ids of `bfcl-small`: of each category as many as `SIZES` says, each set of them as likely.

    The ids come by category, in the order of `SIZES`, and within it in the given order. A category's ids do not depend
    on what the others hold.

    Args:
        ids_by_category: all ids of each category, in the order of its file.
        seed: another one draws other ids.

    Raises:
        UserError: a category is missing, or has fewer ids than are drawn.

    Example:
        >>> from lit_toolcall.metrics.bfcl_figures import PUBLISHED
        >>> ids = {category: [f"{category}_{row}" for row in range(size)] for category, size in PUBLISHED.items()}
        >>> drawn = draw_small(ids, seed=0)
        >>> len(drawn), len(set(drawn)), drawn == draw_small(ids, seed=0), drawn == draw_small(ids, seed=1)
        (400, 400, True, False)
    """
    drawn: list[str] = []
    for category, size in SIZES.items():
        ids = ids_by_category.get(category, ())
        if len(ids) < size:
            raise UserError(
                f"bfcl-small draws {size} questions of {category}, which has {len(ids)}: "
                "take the data of bfcl-eval 2026.3.23"
            )
        rows = sorted(random.Random(f"{seed}:{category}").sample(range(len(ids)), size))
        drawn += (ids[row] for row in rows)
    return tuple(drawn)
