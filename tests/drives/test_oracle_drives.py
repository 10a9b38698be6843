"""Each module can be replaced by the truth, alone and with the others."""

import json

import pytest

from assistant.cli import main
from tests.drives.conftest import SEED, at


@pytest.mark.parametrize("oracles", ["objects", "lanes", "lights", "objects,lanes,lights"])
def test_an_oracle_is_switched_on_and_drives(server, oracles, tmp_path):
    path = tmp_path / "summary.json"
    small = ("--camera.width", 320, "--camera.height", 180)
    options = ("--seconds", 2, "--seed", SEED, "--runs", None, "--json", path, "--oracle", oracles)
    assert main([str(word) for word in ("drive", *at(server), *options, *small, "--traffic", 0)]) == 0
    summary = json.loads(path.read_text())
    assert summary["settings"]["oracle"] == oracles
    assert summary["distance_m"] > 1.0
