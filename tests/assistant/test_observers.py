import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from assistant.observers.hud import draw_hud
from assistant.observers.hud_video import HudVideo
from assistant.observers.json_lines import JsonLines
from assistant.observers.recorder import Recorder
from data import topics
from data.datasets.source import SourceOptions, open_source
from data.recording import read_recording
from data.types import EgoMeasurement
from data.video import read_video
from tests.assistant.frames import result


def test_json_lines_keep_the_promised_keys(tmp_path):
    lines = JsonLines(tmp_path / "a.jsonl")
    lines.on_frame(result(3))
    lines.close()
    (value,) = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert value["frame"] == 3
    assert value["t_ns"] == 150_000_000
    assert value["source"] == "made up"
    assert set(value["objects"][0]) == {"class", "score", "box_px", "track", "distance_m"}
    assert value["objects"][0]["class"] == "car"
    assert value["objects"][0]["box_px"] == [60.0, 40.0, 90.0, 60.0]
    assert set(value["lanes"][0]) == {"points_px", "confidence"}


def test_the_hud_shows_more_than_the_picture_and_leaves_the_picture_alone():
    frame = result()
    before = frame.frame.images[0].rgb.copy()
    hud = draw_hud(frame, 960, 540)
    assert hud.shape == (540, 960, 3)
    assert (hud != 90).any(axis=2).mean() > 0.1
    assert np.array_equal(frame.frame.images[0].rgb, before)


def test_the_hud_video_has_a_picture_a_frame(tmp_path):
    video = HudVideo(tmp_path / "v.mp4", width=320, height=180)
    for frame in range(45):
        video.on_frame(result(frame))
    video.close()
    assert len(list(read_video(tmp_path / "v.mp4"))) == 45


def test_a_recording_of_a_drive_replays_its_pictures_and_holds_every_topic(tmp_path):
    path = tmp_path / "r.mcap"
    recorder = Recorder(path, {"seed": "0"})
    for frame in range(30):
        made_up = result(frame, x=0.5 * frame)
        ego = EgoMeasurement(made_up.frame.t_ns, (0.0, 0.0, 0.0), 0.0, 0.5 * frame, 0.0, 0.0, 0.0)
        recorder.on_frame(replace(made_up, frame=replace(made_up.frame, ego=ego)))
    recorder.close()
    replayed = list(open_source(path, SourceOptions()))
    assert [frame.frame for frame in replayed] == list(range(30))
    assert [frame.ego.speed_mps for frame in replayed] == [0.5 * frame for frame in range(30)]
    seen = {record.topic for record in read_recording(path)}
    missing = {topic.name for topic in topics.TOPICS} - seen
    assert missing == {topics.NAVIGATION.name}  # the made-up frames have no route
    plans = [record.value for record in read_recording(path, (topics.PLAN,))]
    assert plans[5]["reasons"] == ["free"]
    assert plans[5]["lead_distance_m"] is None


def test_the_same_frames_make_the_same_recording(tmp_path):
    for name in ("a", "b"):
        recorder = Recorder(tmp_path / f"{name}.mcap", {})
        for frame in range(25):
            recorder.on_frame(result(frame))
        recorder.close()
    assert (tmp_path / "a.mcap").read_bytes() == (tmp_path / "b.mcap").read_bytes()


@pytest.mark.parametrize("observer", [lambda path: Recorder(path, {}), JsonLines], ids=["mcap", "jsonl"])
def test_a_full_disk_is_told_as_an_os_error_that_names_the_file(observer):
    full = observer(Path("/dev/full"))

    def watch():
        for frame in range(2000):
            full.on_frame(result(frame))

    with pytest.raises(OSError, match="No space left") as caught:
        watch()
    assert caught.value.filename == "/dev/full"
