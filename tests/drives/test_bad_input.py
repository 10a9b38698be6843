"""What cannot be driven is told in one line with what to do, code 2, and nothing left behind."""

import os
import uuid

import pytest

from assistant.cli import main
from tests.drives.command import MARK, Started
from tests.drives.conftest import BLIND, at
from tests.sim_bridge.fake_server import server_of_version

SHORT = ("--seconds", 1, "--traffic", 0, "--runs", None)


@pytest.fixture
def refused(monkeypatch, capsys, tmp_path):
    """Runs a drive that must be refused; its one line."""
    mark = uuid.uuid4().hex
    monkeypatch.setenv(MARK, mark)  # the children of this process carry it, this process does not
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        assert main([str(word) for word in ("drive", *SHORT, *arguments)]) == 2
        captured = capsys.readouterr()
        (line,) = captured.err.splitlines()
        assert captured.out == ""
        assert Started(None, mark).left_running() == []
        return line

    return run


def test_a_server_of_another_version(refused):
    with server_of_version("0.9.15") as port:
        line = refused(*BLIND, *at(port))
    assert line.endswith("the installed carla client 0.9.16; start a server of version 0.9.16")


def test_something_else_that_listens(refused):
    with server_of_version(None) as port:
        line = refused(*BLIND, *at(port))
    assert line == (
        f"nanshan drive: what listens at 127.0.0.1:{port} does not answer as a CARLA server; check the port"
    )


def test_an_unknown_blueprint_of_the_ego(refused, server):
    line = refused(*BLIND, *at(server), "--ego", "vehicle.tesla.model9")
    assert "unknown vehicle blueprint 'vehicle.tesla.model9'; close to it: vehicle.tesla.model3" in line


def test_a_town_that_a_served_world_does_not_have(refused, server):
    assert "no town 'Atlantis'; it has Nanshan01" in refused(*BLIND, *at(server), "--town", "Atlantis")


def test_an_unknown_weather(refused, server):
    assert "unknown weather 'Sunny'; choose one of" in refused(*BLIND, *at(server), "--weather", "Sunny")


@pytest.mark.parametrize("content", [b"<OpenDRIVE><road></OpenDRIVE>", b"\xff\xfe junk"], ids=repr)
def test_a_broken_town_file(refused, server, content, tmp_path):
    (tmp_path / "broken.xodr").write_bytes(content)
    assert "broken.xodr" in refused(*BLIND, "--town", "broken.xodr")
    assert "broken.xodr" in refused(*BLIND, *at(server), "--town", "broken.xodr")


def test_a_corrupt_model_file(refused, tmp_path):
    (tmp_path / "broken.onnx").write_bytes(b"\x08\x07 not a network")
    assert refused("--modules.weights", "broken.onnx") == (
        "nanshan drive: detector model broken.onnx: not a readable ONNX file; fetch it again"
    )


@pytest.mark.parametrize("option", ["--record", "--video", "--jsonl", "--json"])
def test_a_file_that_cannot_be_written_is_told_before_the_drive(refused, option, tmp_path):
    (tmp_path / "taken").write_text("a file, not a folder")
    name = {"--record": "a.mcap", "--video": "a.mp4", "--jsonl": "a.jsonl", "--json": "a.json"}[option]
    path = os.path.join("taken", name)
    assert path in refused(*BLIND, option, path)
