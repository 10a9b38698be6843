"""A clip of our own camera through `nanshan replay`, against what came of it before."""

import json

from assistant.cli import main
from tests.golden.comparing import Within
from tests.golden.make_clip import CLIP

# Two CPUs differ by rounding only: the network computes in float32, and decoding and scaling of pictures
# are off by one grey level here and there. One everywhere moves scores by 0.09 and lane points by 1 px.
TOLERANCES = {
    "score": Within(0.12),
    "box_px": Within(2.0),
    "distance_m": Within(0.3, relative=0.03),
    "points": Within(1),
    "points_px": Within(2.0),
    "confidence": Within(0.06),
}
NEAR_POINTS = 6
"""How many points of a line are compared one by one; its far end comes and goes."""


def replayed(source, out):
    """The JSON lines of a replay, without the place of the source."""
    exact = ("--modules.detector", "yolo-f32")
    assert main(["replay", str(source), "--jsonl", str(out), *exact]) == 0
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert {line.pop("source") for line in lines} == {str(source)}
    return lines


def comparable(line):
    lanes = [
        lane | {"points": len(lane["points_px"]), "points_px": lane["points_px"][:NEAR_POINTS]}
        for lane in line["lanes"]
    ]
    return line | {"lanes": lanes}


def test_the_clip_is_perceived_as_before(golden, tmp_path):
    lines = replayed(CLIP, tmp_path / "out.jsonl")
    golden("replay.jsonl", [comparable(line) for line in lines], TOLERANCES)
