"""What every drive must reach: ten seeds, two minutes each among twenty cars."""

import json

import pytest

from tests.drives.command import nanshan

SECONDS, CARS = 120, 20
LEAST_M = 600.0
FORBIDDEN = ("collisions_at_fault", "red_lights_run", "lane_departures")
WITHIN_S = 3000.0  # on a busy machine; a quiet one takes a tenth of it

pytestmark = [pytest.mark.slow, pytest.mark.timeout(WITHIN_S + 60.0)]


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("oracles", ["", "objects,lanes,lights"], ids=["by camera", "all oracles"])
def test_two_minutes_among_twenty_cars_meet_the_targets(oracles, seed, tmp_path):
    files = ("--runs", None, "--json", "summary.json", "--record", "drive.mcap")
    order = ("--seconds", SECONDS, "--traffic", CARS, "--seed", seed, "--oracle", oracles)
    ended = nanshan("drive", *order, *files, cwd=tmp_path, within_s=WITHIN_S)
    summary = json.loads((tmp_path / "summary.json").read_text())
    assert {what: summary[what] for what in FORBIDDEN} == dict.fromkeys(FORBIDDEN, 0), summary["events"]
    assert summary["distance_m"] >= LEAST_M
    assert summary["broke_off"] == ""
    assert ended.code == 0
