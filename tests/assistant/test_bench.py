"""`nanshan bench`: what it measures, through the real client, and what it says of bad input."""

import json

import pytest

from assistant.cli import main


def test_the_world_is_measured_and_told(tmp_path, capsys):
    figures = tmp_path / "world.json"
    options = ["--sizes", "64x36", "--blocks", "1", "--vehicles", "2", "--walkers", "2"]
    assert main(["bench", "world", *options, "--loads", "2", "--steps", "20", "--json", str(figures)]) == 0
    said = capsys.readouterr().out
    assert "64x36" in said
    value = json.loads(figures.read_text())
    assert value["command"] == "bench world"
    metrics = value["metrics"]
    (rate,) = metrics["rates"]
    assert rate["frames_per_s"] > 1.0
    assert rate["server_cpu_ms"] > 0.0
    assert metrics["start_to_first_frame_s"] > 0.0
    assert len(metrics["memory_over_loads_mb"]) == 2
    assert len(metrics["memory_over_steps_mb"]) == 10
    assert min(metrics["memory_over_steps_mb"]) > 50.0


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        (["engine"], "unknown module 'engine'; there are world"),
        (["world", "--sizes", "big"], "sizes: write them as 640x360,1280x720"),
        (["world", "--town", "Atlantis"], "unknown town"),
        (["world", "--vehicles", "0"], "vehicles"),
    ],
)
def test_bad_input_is_told_in_one_line(wrong, message, capsys):
    assert main(["bench", *wrong]) == 2
    said = capsys.readouterr().err.strip().splitlines()
    assert message in said[-1]


def test_help_names_the_modules(capsys):
    assert main(["bench", "--help"]) == 0
    assert "world" in capsys.readouterr().out
