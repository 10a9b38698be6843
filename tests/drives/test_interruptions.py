"""Drives that end before their time: one line, a code, a readable recording, and nothing left behind."""

import json
import os
import signal

import carla
import pytest

from data import topics
from data.recording import open_recording, read_recording
from data.video import read_video
from tests.drives.command import nanshan, started, wait_for_lines
from tests.drives.conftest import BLIND, SEED, at

LONG = ("drive", "--seconds", 600, "--seed", SEED, "--traffic", 4, "--runs", None, *BLIND)
FILES = ("--record", "drive.mcap", "--jsonl", "drive.jsonl", "--json", "summary.json")
FRAMES = 12


def recorded_frames(path):
    return sum(1 for _ in read_recording(path, (topics.CONTROL,)))


def decoded(path):
    return sum(1 for _ in read_video(path))


def world_of(port):
    client = carla.Client("127.0.0.1", port)
    client.set_timeout(20.0)
    world = client.get_world()
    world.wait_for_tick(20.0)  # what a client knows before may be older
    return world


def ours(world):
    """What a drive makes on a server."""
    kinds = ("vehicle.", "sensor.")
    return [actor.type_id for actor in world.get_actors() if actor.type_id.startswith(kinds)]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_a_drive_that_is_told_to_end_gives_the_server_back_as_it_was(server, number, tmp_path):
    before = world_of(server).get_settings()
    with started(*LONG, *FILES, *at(server), cwd=tmp_path) as command:
        wait_for_lines(tmp_path / "drive.jsonl", FRAMES)
        assert len(ours(world_of(server))) > 4
        command.process.send_signal(number)
        ended = command.ended()
        assert command.left_running() == []
    assert ended.code == 1
    assert ended.complaints == ["nanshan drive: broke off: interrupted"]
    assert open_recording(tmp_path / "drive.mcap").whole
    frames = (tmp_path / "drive.jsonl").read_text().count("\n")
    assert recorded_frames(tmp_path / "drive.mcap") == frames >= FRAMES
    assert json.loads((tmp_path / "summary.json").read_text())["broke_off"] == "interrupted"
    world = world_of(server)
    assert ours(world) == []
    assert world.get_settings() == before


def test_a_server_killed_in_mid_drive_is_told_and_takes_nothing_along(tmp_path):
    with started(*LONG, *FILES, "--video", "drive.mp4", cwd=tmp_path) as command:
        wait_for_lines(tmp_path / "drive.jsonl", FRAMES)
        os.kill(command.child("sim_bridge.server"), signal.SIGKILL)
        ended = command.ended()
        assert command.left_running() == []
    assert ended.code == 1
    (line,) = ended.complaints
    assert line.startswith("nanshan drive: broke off: the simulator at 127.0.0.1:")
    assert line.endswith("is it still running?")
    assert open_recording(tmp_path / "drive.mcap").whole
    frames = recorded_frames(tmp_path / "drive.mcap")
    assert frames >= FRAMES
    assert decoded(tmp_path / "drive.mp4") == frames


def test_a_killed_drive_leaves_no_process_and_what_it_had_recorded(tmp_path):
    with started(*LONG, *FILES, cwd=tmp_path) as command:
        wait_for_lines(tmp_path / "drive.jsonl", 40)
        command.process.kill()
        command.process.wait()
        assert command.left_running() == []
    assert not open_recording(tmp_path / "drive.mcap").whole
    told = (tmp_path / "drive.jsonl").read_text().count("\n")
    assert 0 < recorded_frames(tmp_path / "drive.mcap") <= told + 1


@pytest.mark.parametrize(("option", "name"), [("--record", "drive.mcap"), ("--video", "drive.mp4")])
def test_a_full_disk_ends_the_drive_with_the_name_of_the_file(option, name, server, tmp_path):
    ended = nanshan(*LONG, option, name, *at(server), cwd=tmp_path, largest_file=100_000)
    assert ended.code == 1
    (line,) = ended.complaints
    assert line == f"nanshan drive: broke off: {name}: File too large"
    assert 0 < (tmp_path / name).stat().st_size <= 100_000
    written = recorded_frames(tmp_path / name) if option == "--record" else decoded(tmp_path / name)
    assert written > 0
