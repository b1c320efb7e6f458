"""A chart of confidence as SVG: how well it is calibrated, and what handing over gains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from lit_toolcall.evaluation.confidence import HANDED_OVER, MEASURES

SIZE = 300
"""Of a panel, in pixels."""
MARGIN = 50
COLOURS = {"mean": "#1f6feb", "lowest": "#d1495b"}
PERCENTS = (0, 25, 50, 75, 100)


def draw_confidence(summary: Mapping[str, Any]) -> str:
    """Draw two panels: confidence against the fraction of right answers, and hand-over against what is right.

    Left, a point for each bin with the 95% interval of its fraction; on the diagonal confidence is a probability.
    Right, what is right of the kept questions (solid) and of all if the larger model is always right (dashed).

    Args:
        summary: what `summarize_confidence` returns.

    Returns:
        An SVG image: no script, nothing loaded, no text of a row.
    """
    width, height = 2 * SIZE + 3 * MARGIN, SIZE + 2 * MARGIN
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="sans-serif" font-size="11">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        *_draw_axes(MARGIN, "confidence (probability)", "right answers", 1.0),
        _draw_line(MARGIN, [(0, 0), (1, 1)], "#999999", "4 4"),
        *_draw_axes(SIZE + 2 * MARGIN, "handed over, the least certain first", "right answers", HANDED_OVER[-1] / 100),
    ]
    for row, measure in enumerate(MEASURES):
        lines += _draw_bins(summary[measure]["bins"], COLOURS[measure])
        lines += _draw_hand_over(summary[measure]["hand_over"], COLOURS[measure])
        y = MARGIN + 14 + 15 * row
        lines.append(f'<text x="{MARGIN + 8}" y="{y}" fill="{COLOURS[measure]}">{measure} token probability</text>')
    return "\n".join([*lines, "</svg>"]) + "\n"


def place_point(left: float, right: float, up: float) -> tuple[float, float]:
    """Return where a point of a panel stands in the image.

    Args:
        left: where the panel begins, in pixels.
        right: 0 to 1 of the panel's width.
        up: 0 to 1 of its height.

    >>> place_point(50, 0.0, 0.0), place_point(50, 1.0, 1.0)
    ((50.0, 350.0), (350.0, 50.0))
    """
    return round(left + SIZE * right, 1), round(MARGIN + SIZE * (1 - up), 1)


def _draw_axes(left: float, across: str, upwards: str, most: float) -> Iterator[str]:
    yield f'<rect x="{left}" y="{MARGIN}" width="{SIZE}" height="{SIZE}" fill="none" stroke="#333333"/>'
    for percent in PERCENTS:
        x, bottom = place_point(left, percent / 100, 0)
        yield f'<text x="{x}" y="{bottom + 15}" text-anchor="middle">{most * percent:g}%</text>'
        _, y = place_point(left, 0, percent / 100)
        yield f'<text x="{left - 5}" y="{y + 4}" text-anchor="end">{percent}%</text>'
    yield f'<text x="{left + SIZE / 2}" y="{MARGIN + SIZE + 34}" text-anchor="middle">{across}</text>'
    yield f'<text x="{left}" y="{MARGIN - 12}">{upwards}</text>'


def _draw_bins(bins: Sequence[Mapping[str, Any]], colour: str) -> Iterator[str]:
    for each in bins:
        ends = [(each["confidence"], each[end]) for end in ("low", "high")]
        yield _draw_line(MARGIN, ends, colour)
        x, y = place_point(MARGIN, each["confidence"], each["correct"] / each["total"])
        yield f'<circle cx="{x}" cy="{y}" r="4" fill="{colour}"/>'


def _draw_hand_over(lines: Sequence[Mapping[str, Any]], colour: str) -> Iterator[str]:
    total = lines[0]["handed"] + lines[0]["kept"]
    places = [line["percent"] / HANDED_OVER[-1] for line in lines]
    kept = [(x, line["kept_correct"] / line["kept"]) for x, line in zip(places, lines, strict=True) if line["kept"]]
    everything = [(x, line["correct"] / total) for x, line in zip(places, lines, strict=True)]
    yield _draw_line(SIZE + 2 * MARGIN, kept, colour)
    yield _draw_line(SIZE + 2 * MARGIN, everything, colour, "5 4")


def _draw_line(left: float, points: Sequence[tuple[float, float]], colour: str, dashes: str = "none") -> str:
    placed = " ".join("{},{}".format(*place_point(left, *point)) for point in points)
    return f'<polyline points="{placed}" fill="none" stroke="{colour}" stroke-dasharray="{dashes}"/>'
