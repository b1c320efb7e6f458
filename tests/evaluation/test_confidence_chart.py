"""The chart of confidence is an image of the figures in `metrics.json`."""

from __future__ import annotations

import json
import math
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lit_toolcall.evaluation import summarize_confidence, write_metrics
from lit_toolcall.evaluation.confidence_chart import MARGIN, SIZE, draw_confidence, place_point

SVG = "{http://www.w3.org/2000/svg}"


def summarize(count: int) -> dict[str, object]:
    records = [
        {"id": str(n), "correct": n % 3 > 0, "confidence": {"mean": -n / count, "lowest": -2 * n / count}}
        for n in range(count)
    ]
    summary = summarize_confidence(records)
    assert summary is not None
    return summary


@pytest.mark.parametrize("count", [1, 7, 400])
def test_each_bin_is_a_point_where_its_figures_say(count: int) -> None:
    summary = summarize(count)
    image = ElementTree.fromstring(draw_confidence(summary))
    points = {(float(each.attrib["cx"]), float(each.attrib["cy"])) for each in image.iter(f"{SVG}circle")}
    bins = [each for measure in ("mean", "lowest") for each in summary[measure]["bins"]]  # type: ignore[index]
    assert points == {place_point(MARGIN, each["confidence"], each["correct"] / each["total"]) for each in bins}
    width, height = (float(image.attrib[side]) for side in ("width", "height"))
    for line in image.iter(f"{SVG}polyline"):
        for point in line.attrib["points"].split():
            x, y = map(float, point.split(","))
            assert MARGIN <= x <= width - MARGIN
            assert MARGIN <= y <= height - MARGIN


def test_the_curve_of_handing_over_ends_at_half() -> None:
    summary = summarize(400)
    image = ElementTree.fromstring(draw_confidence(summary))
    last = summary["mean"]["hand_over"][-1]  # type: ignore[index]
    assert last["percent"] == 50
    ends = [line.attrib["points"].split()[-1] for line in image.iter(f"{SVG}polyline")]
    points = [tuple(map(float, end.split(","))) for end in ends]
    kept = place_point(SIZE + 2 * MARGIN, 1, last["kept_correct"] / last["kept"])
    everything = place_point(SIZE + 2 * MARGIN, 1, last["correct"] / 400)
    assert kept in points
    assert everything in points


def test_it_is_written_beside_the_figures(tmp_path: Path) -> None:
    write_metrics(tmp_path, {"all": {}})
    assert [path.name for path in tmp_path.iterdir()] == ["metrics.json"]
    summary = summarize(20)
    assert summary is not None
    write_metrics(tmp_path, {"all": {}, "confidence": summary})
    assert (tmp_path / "confidence.svg").read_text() == draw_confidence(summary)
    written = json.loads((tmp_path / "metrics.json").read_text())["confidence"]
    assert math.isclose(written["mean"]["auroc"], summary["mean"]["auroc"])  # type: ignore[index]
