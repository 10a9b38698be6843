import json
from dataclasses import replace
from io import StringIO
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from assistant.observers.hud import draw_hud
from assistant.observers.hud_video import HudVideo, Timeline
from assistant.observers.json_lines import JsonLines
from assistant.observers.progress import ProgressLine
from assistant.observers.recorder import Recorder
from data import topics
from data.camera import Camera, CameraImage
from data.datasets.opening import open_source
from data.datasets.source import SourceOptions
from data.recording import read_recording
from data.types import EgoMeasurement, EgoState, Pose2
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


def frames_at(*times_ms):
    return [replace(result(number).frame, t_ns=t_ms * 1_000_000) for number, t_ms in enumerate(times_ms)]


def test_the_hud_video_runs_as_fast_as_its_source():
    timeline = Timeline(50_000_000)
    shown = [timeline.place(frame) // 1_000_000 for frame in frames_at(0, 33, 66, 166)]
    assert shown == [0, 33, 66, 166]


def test_sources_follow_one_another_in_the_hud_video():
    timeline = Timeline(50_000_000)
    frames = [*frames_at(0, 40, 80), *frames_at(7000, 7040), *frames_at(0), *frames_at(0)]
    shown = [timeline.place(frame) // 1_000_000 for frame in frames]
    assert shown == [0, 40, 80, 120, 160, 200, 240]


def test_a_hole_in_the_times_of_a_source_does_not_stop_the_hud_video_for_hours():
    timeline = Timeline(50_000_000)
    assert [timeline.place(frame) for frame in frames_at(0, 90_000_000)] == [0, 10_000_000_000]


def test_the_hud_claims_no_speed_where_none_was_measured():
    known = result(speed=10.0)
    unknown = replace(
        known, frame=replace(known.frame, truth=None), ego=EgoState(0, Pose2(0.0, 0.0, 0.0), 0.0)
    )
    standing = replace(known, ego=unknown.ego)
    bars = [draw_hud(shown, 960, 540)[:44, :60] for shown in (unknown, standing)]
    assert not np.array_equal(*bars)


def test_a_long_run_tells_how_far_it_is_where_no_bar_can_be_drawn():
    file = StringIO()
    line = ProgressLine(Console(file=file), 400, "driving")
    for frame in range(100):
        line.on_frame(result(frame))
    line.close()
    assert file.getvalue().splitlines() == ["driving: 40 of 400 frames", "driving: 80 of 400 frames"]


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


def test_pictures_of_odd_size_are_recorded_without_their_last_row_and_column(tmp_path):
    made = result()
    camera = Camera.mounted("front", 161, 91, 1.3, (1.9, 0.0, 1.35))
    image = CameraImage(camera, 0, np.full((91, 161, 3), 90, np.uint8))
    recorder = Recorder(tmp_path / "r.mcap", {})
    recorder.on_frame(replace(made, frame=replace(made.frame, images=(image,))))
    recorder.close()
    (frame,) = open_source(tmp_path / "r.mcap", SourceOptions())
    assert frame.images[0].rgb.shape == (90, 160, 3)
    assert np.array_equal(frame.images[0].camera.intrinsics, camera.intrinsics)


def test_a_recording_keeps_pictures_of_several_sizes_apart(tmp_path):
    made, recorder = result(), Recorder(tmp_path / "r.mcap", {})
    sizes = [(90, 160), (120, 200), (120, 200), (90, 160)]
    for number, (height, width) in enumerate(sizes):
        camera = Camera.mounted("front", width, height, 1.3, (1.9, 0.0, 1.35))
        image = CameraImage(camera, number * 50_000_000, np.full((height, width, 3), 90, np.uint8))
        frame = replace(made.frame, frame=number, t_ns=image.t_ns, images=(image,))
        recorder.on_frame(replace(made, frame=frame))
    recorder.close()
    frames = list(open_source(tmp_path / "r.mcap", SourceOptions()))
    assert [frame.images[0].rgb.shape[:2] for frame in frames] == sizes
    assert [frame.images[0].camera.width for frame in frames] == [width for _, width in sizes]


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
