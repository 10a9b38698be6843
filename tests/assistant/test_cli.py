import json
import subprocess
import sys

import cv2
import numpy as np
import pytest

from assistant.cli import main
from assistant.command_line import from_command_line
from assistant.settings import DriveSettings
from data.types import Detections, ObjectClass


def test_help_names_every_command(capsys):
    assert main(["--help"]) == 0
    text = capsys.readouterr().out
    for command in ("drive", "serve", "replay", "train", "gallery", "bench", "doctor"):
        assert command in text


@pytest.mark.parametrize("command", ["drive", "replay", "doctor"])
def test_each_command_explains_its_options(command, capsys):
    assert main([command, "--help"]) == 0
    assert "--json" in capsys.readouterr().out


def test_the_first_help_fits_two_screens_and_says_where_the_rest_is(capsys):
    assert main(["drive", "--help"]) == 0
    brief = capsys.readouterr().out
    assert len(brief.splitlines()) < 80
    assert "--planning" not in brief
    assert "nanshan drive --help-all" in brief
    assert main(["drive", "--help-all"]) == 0
    assert "--planning.follow.headway-s" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["fly"], "unknown command 'fly'"),
        (["drive", "--oracle", "eyes"], "unknown oracle 'eyes'"),
        (["drive", "--seconds", "0"], "seconds: Input should be greater than 0"),
        (["drive", "--seconds", "soon"], "--seconds: could not convert"),
        (["drive", "--camera.width", "321"], "must be even"),
        (["drive", "--planning.follow.headway-s", "99"], "headway_s: Input should be less than"),
        (["drive", "--wings", "2"], "Unrecognized options: --wings"),
        (["drive", "--config", "gone.toml"], "gone.toml: cannot be read"),
        (["drive", "--config"], "--config: name a TOML file"),
        (["drive", "--modules.weights", "gone.onnx"], "gone.onnx"),
        (["drive", "--weather", "Sunny", "--runs", "None"], "unknown weather 'Sunny'; choose one of Clear"),
        (["drive", "--town", "Atlantis", "--runs", "None"], "Atlantis"),
        (["drive", "--host", "127.0.0.1", "--port", "9", "--runs", "None"], "127.0.0.1:9"),
        (["replay"], "name at least one"),
        (["replay", "gone.mp4"], "gone.mp4: no such file"),
        (["replay", "gone.mp4", "--video", "a", "--jsonl", "a"], "--jsonl a: is the file of --video too"),
        (["replay", "gone.mp4", "--json", "gone.mp4"], "--json gone.mp4: is read as a source"),
        (["drive", "--json", "/"], "--json /: is a folder"),
        (["drive", "--modules.lanes", "none", "--runs", "None"], "unknown lanes 'none'"),
        (["doctor", "--json", "/"], "--json /: is a folder"),
        (["serve", "--port", "two"], "nanshan serve: argument --port: invalid int value: 'two'"),
        (["train", "--start", "gone.pt"], "gone.pt: no such file"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else None,
)
def test_bad_input_ends_in_one_line_and_code_2(arguments, message, capsys):
    assert main(arguments) == 2
    captured = capsys.readouterr()
    lines = captured.err.strip().splitlines()
    assert message in lines[-1]
    assert len(lines) == 1


def test_help_ends_quietly_when_its_reader_has_seen_enough():
    command = f"{sys.executable} -m assistant.cli drive --help | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True)
    assert done.stdout.startswith("usage: nanshan drive")
    assert done.stderr == ""


def test_train_asks_for_ultralytics_before_it_renders(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ultralytics", None)
    monkeypatch.setattr("assistant.commands.train.render", lambda *_: pytest.fail("rendered"))
    (tmp_path / "start.pt").write_bytes(b"")
    assert main(["train", "--start", str(tmp_path / "start.pt"), "--out", str(tmp_path / "out")]) == 2
    assert "training needs ultralytics" in capsys.readouterr().err


def test_a_toml_file_sets_and_the_command_line_overrides(tmp_path):
    path = tmp_path / "night.toml"
    path.write_text('seconds = 5.0\nweather = "ClearNight"\n[planning.follow]\nheadway_s = 2.0\n')
    settings = from_command_line(DriveSettings, "drive", ["--config", str(path), "--seconds", "7"])
    assert (settings.seconds, settings.weather, settings.planning.follow.headway_s) == (
        7.0,
        "ClearNight",
        2.0,
    )


def test_oracles_may_be_listed_with_blanks():
    settings = from_command_line(DriveSettings, "drive", ["--oracle", "objects, lanes"])
    assert settings.oracle == "objects,lanes"


def test_an_unknown_key_in_a_toml_file_is_named_with_its_path(tmp_path, capsys):
    path = tmp_path / "typo.toml"
    path.write_text("[planning.follow]\nheadwai_s = 2.0\n")
    assert from_command_line(DriveSettings, "drive", ["--config", str(path)]) == 2
    assert "planning.follow.headwai_s: no such setting" in capsys.readouterr().err


def test_a_config_file_that_is_no_text_is_named(tmp_path, capsys):
    path = tmp_path / "binary.toml"
    path.write_bytes(b"\xff\xfe\x00")
    assert from_command_line(DriveSettings, "drive", ["--config", str(path)]) == 2
    assert "binary.toml: not TOML" in capsys.readouterr().err


def test_replay_reads_pictures_and_leaves_lines_video_and_figures(tmp_path, capsys):
    rng = np.random.default_rng(0)
    for number in range(3):
        cv2.imwrite(str(tmp_path / f"{number}.png"), rng.integers(0, 255, (120, 200, 3), np.uint8))
    out = tmp_path / "out"
    code = main(
        [
            "replay",
            str(tmp_path),
            str(tmp_path / "1.png"),
            *("--jsonl", str(out / "a.jsonl")),
            *("--video", str(out / "a.mp4")),
            *("--json", str(out / "a.json")),
        ]
    )
    assert code == 0
    lines = [json.loads(line) for line in (out / "a.jsonl").read_text().splitlines()]
    assert [line["frame"] for line in lines] == [0, 1, 2, 0]
    assert lines[3]["source"].endswith("1.png")
    assert json.loads((out / "a.json").read_text())["metrics"]["frames"] == 4
    assert (out / "a.mp4").stat().st_size > 0
    assert "4 frames" in capsys.readouterr().out


def test_a_camera_that_sees_no_road_is_told_with_the_picture_and_the_options(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((120, 200, 3), np.uint8))
    assert main(["replay", str(tmp_path / "0.png"), "--pitch-deg", "-20", "--fov-deg", "30"]) == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert "0.png" in line
    assert "--pitch-deg" in line


def test_a_single_picture_shows_its_objects(tmp_path, monkeypatch):
    class OneCar:
        def detect(self, frame):
            return Detections([[80.0, 60.0, 120.0, 100.0]], [0.9], [ObjectClass.CAR])

    monkeypatch.setattr("assistant.commands.replay.build_detector", lambda parts: OneCar())
    for number in range(2):
        cv2.imwrite(str(tmp_path / f"{number}.png"), np.zeros((120, 200, 3), np.uint8))
    for arguments, objects in (
        ([str(tmp_path / "0.png")], [1]),
        ([str(tmp_path), "--stills"], [1, 1]),
        ([str(tmp_path)], [0, 0]),  # a series: what is seen twice only is not believed yet
    ):
        out = tmp_path / "out.jsonl"
        assert main(["replay", *arguments, "--jsonl", str(out)]) == 0
        assert [len(json.loads(line)["objects"]) for line in out.read_text().splitlines()] == objects


def test_doctor_names_every_package_that_is_asked_for_and_keeps_brackets(capsys):
    main(["doctor"])
    text = " ".join(capsys.readouterr().out.split())
    assert "mcap-protobuf-support ok" in text
    assert "ultralytics ok" in text or "'.[ultralytics]'" in text


def test_a_corrupt_picture_among_good_ones_is_named(tmp_path, capsys):
    cv2.imwrite(str(tmp_path / "0.png"), np.zeros((120, 200, 3), np.uint8))
    (tmp_path / "1.png").write_bytes(b"junk")
    assert main(["replay", str(tmp_path)]) == 2
    assert "1.png: not a picture" in capsys.readouterr().err
