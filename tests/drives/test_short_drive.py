"""What a drive among other cars leaves behind: figures, a recording, a video."""

from data import topics
from data.recording import open_recording, read_recording
from data.types import ObjectClass
from data.video import read_video
from tests.drives.conftest import CARS, SECONDS, SEED

FRAMES = 20 * SECONDS + 1
KEYS = {
    *("distance_m", "duration_s", "collisions", "lane_departures", "red_lights_run", "route_completion"),
    *("realtime_factor", "latency_ms", "seed", "versions"),
}


def test_a_short_drive_moves_without_an_event_and_says_so(driven):
    assert driven.ended.code == 0
    assert driven.ended.complaints == []
    assert f"left in {driven.folder.relative_to(driven.folder.parents[1])}" in driven.ended.out
    summary = driven.summary
    assert summary["distance_m"] > 4.0
    assert summary["duration_s"] == SECONDS
    assert (summary["collisions"], summary["lane_departures"], summary["red_lights_run"]) == (0, 0, 0)
    assert 0.0 < summary["route_completion"] < 1.0


def test_the_summary_has_every_promised_key(driven):
    summary = driven.summary
    assert summary.keys() >= KEYS
    assert summary["seed"] == SEED
    assert summary["realtime_factor"] > 0.0
    assert summary["settings"]["traffic"] == CARS
    assert {"nanshan", "python", "carla", "openvino"} <= summary["versions"].keys()
    latency = summary["latency_ms"]
    assert latency.keys() >= {"detection", "tracking", "lanes", "signals", "planning", "control"}
    for module in latency.values():
        assert 0.0 < module["p50"] <= module["p99"] <= latency["frame_to_control"]["p99"]


def test_the_recording_is_whole_and_holds_every_topic_of_every_frame(driven):
    path = driven.folder / "drive.mcap"
    assert open_recording(path).whole
    seen = {topic.name: 0 for topic in topics.TOPICS}
    for record in read_recording(path):
        seen[record.topic] += 1
    once_a_second = {topics.CALIBRATION.name, topics.MOUNTING.name}
    assert {name: count for name, count in seen.items() if count != FRAMES} == dict.fromkeys(
        once_a_second, SECONDS + 1
    )


def test_another_car_is_there_and_is_seen(driven):
    assert all(truth["objects"]["track_ids"] for truth in driven.values(topics.TRUTH))
    seen = [ObjectClass.CAR in objects["classes"] for objects in driven.values(topics.OBJECTS)]
    assert sum(seen) > FRAMES / 2


def test_the_video_has_a_picture_a_frame(driven):
    assert len(list(read_video(driven.folder / "drive.mp4"))) == FRAMES
