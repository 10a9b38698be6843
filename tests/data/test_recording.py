import numpy as np
import pytest

from data import topics
from data.camera import Camera
from data.foxglove_messages import (
    annotations_message,
    calibration_message,
    scene_message,
    transforms_message,
    video_message,
)
from data.recording import RecordingWriter, open_recording, read_recording
from data.types import Control, LaneLine, Lanes, LightState, ObjectClass, Objects, Pose2, SignalReading


def write(path, frames):
    writer = RecordingWriter(path, {"seed": "1"})
    camera = Camera.mounted("front", 64, 36, 1.3, (1.0, 0.0, 1.5))
    rng = np.random.default_rng(0)
    for frame in range(frames):
        t_ns = frame * 50_000_000
        writer.write(topics.CALIBRATION, t_ns, calibration_message(t_ns, camera))
        writer.write(topics.CONTROL, t_ns, Control(t_ns, 0.5, 0.0, float(rng.normal())))
    return writer


def test_what_was_written_is_read_back_in_order(tmp_path):
    path = tmp_path / "a.mcap"
    write(path, 20).close()
    controls = list(read_recording(path, (topics.CONTROL,)))
    assert [record.t_ns for record in controls] == [frame * 50_000_000 for frame in range(20)]
    assert controls[0].value["throttle"] == 0.5
    assert open_recording(path).whole


def test_what_viewers_show_is_decoded_with_the_schemas_of_the_file_itself(tmp_path):
    camera = Camera.mounted("front", 64, 36, 1.3, (1.0, 0.0, 1.5))
    car, near = ([[8, 9, 20, 30]], [0.9], [ObjectClass.CAR], [4]), np.array([[12.0, 1.0]])
    objects = Objects(*car, near, np.zeros((1, 2)), np.array([[4.5, 1.8]]))
    line = LaneLine(np.array([[1.0, 2.0], [3.0, 4.0]]), np.ones((2, 2)), 1.0)
    red = SignalReading("7", LightState.RED, 0.9, (30.0, 2.0, 34.0, 12.0))
    t_ns = 3_000_000_017
    messages = {
        topics.CAMERA: video_message(t_ns, camera, b"packet"),
        topics.CALIBRATION: calibration_message(t_ns, camera),
        topics.TRANSFORM: transforms_message(t_ns, Pose2(1.0, 2.0, 0.5), camera),
        topics.ANNOTATIONS: annotations_message(t_ns, objects, Lanes((line,)), (red,)),
        topics.SCENE_3D: scene_message(t_ns, objects, Lanes((line,)), None),
    }
    with RecordingWriter(tmp_path / "a.mcap", {}) as writer:
        for topic, message in messages.items():
            writer.write(topic, t_ns, message)
    records = {record.topic: record for record in read_recording(tmp_path / "a.mcap")}
    assert {topic.name: topic.schema for topic in messages} == {n: r.schema for n, r in records.items()}
    assert records["/camera/front"].value.data == b"packet"
    assert records["/camera/front"].value.timestamp.nanos == 17
    assert list(records["/camera/front/calibration"].value.K) == pytest.approx(camera.intrinsics.ravel())
    assert records["/tf"].value.transforms[1].child_frame_id == "front"
    assert len(records["/camera/front/annotations"].value.points) == 3
    assert records["/camera/front/annotations"].value.texts[0].text == "car 0.90 12.0 m"
    assert records["/scene"].value.entities[0].cubes[0].size.x == pytest.approx(4.5)


def test_the_same_messages_give_the_same_bytes(tmp_path):
    write(tmp_path / "a.mcap", 50).close()
    write(tmp_path / "b.mcap", 50).close()
    assert (tmp_path / "a.mcap").read_bytes() == (tmp_path / "b.mcap").read_bytes()


@pytest.mark.parametrize("share", [0.999, 0.9, 0.5, 0.2])
def test_a_file_cut_anywhere_is_readable_up_to_the_cut_and_not_taken_for_whole(tmp_path, share):
    path = tmp_path / "a.mcap"
    write(path, 3000).close()
    whole = list(read_recording(path))
    content = path.read_bytes()
    cut = tmp_path / "cut.mcap"
    cut.write_bytes(content[: int(len(content) * share)])
    read = list(read_recording(cut))
    assert read == whole[: len(read)]
    assert not open_recording(cut).whole
    if share >= 0.5:
        assert len(read) > 0.3 * share * len(whole)


def test_a_writer_that_never_closed_leaves_what_it_wrote(tmp_path):
    path = tmp_path / "a.mcap"
    write(path, 3000)  # not closed, as after a kill
    assert len(list(read_recording(path))) > 3000


@pytest.mark.parametrize("content", [b"", b"abc", b"\x89MCAP1\r\n"])
def test_other_files_are_refused_by_name(tmp_path, content):
    path = tmp_path / "not.mcap"
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"not\.mcap: not an MCAP recording"):
        list(read_recording(path))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"gone\.mcap: cannot be read"):
        open_recording(tmp_path / "gone.mcap")
