import cv2
import numpy as np
import pytest

from data import topics
from data.camera import Camera
from data.datasets.opening import open_source
from data.datasets.source import AssumedCamera, SourceOptions
from data.foxglove_messages import video_message
from data.recording import RecordingWriter
from data.types import EgoMeasurement
from data.video import Mp4Writer, PacketEncoder

OPTIONS = SourceOptions()


def picture(shade, width=64, height=48):
    return np.full((height, width, 3), shade, np.uint8)


def test_a_folder_gives_its_pictures_in_natural_order(tmp_path):
    for number in (10, 2, 1):
        cv2.imwrite(str(tmp_path / f"{number}.png"), picture(number * 10))
    (tmp_path / "notes.txt").write_text("not a picture")
    (tmp_path / "._1.png").write_bytes(b"what some systems leave beside a file")
    (tmp_path / "3.png").mkdir()
    frames = list(open_source(tmp_path, OPTIONS))
    assert [int(frame.images[0].rgb[0, 0, 0]) for frame in frames] == [10, 20, 100]
    assert [frame.t_ns for frame in frames] == [0, 50_000_000, 100_000_000]


def test_a_single_picture_is_one_frame_in_rgb(tmp_path):
    bgr = np.zeros((48, 64, 3), np.uint8)
    bgr[..., 2] = 255
    cv2.imwrite(str(tmp_path / "red.png"), bgr)
    (frame,) = open_source(tmp_path / "red.png", OPTIONS)
    assert tuple(frame.images[0].rgb[0, 0]) == (255, 0, 0)


def test_a_video_keeps_its_own_times(tmp_path):
    path = tmp_path / "v.mp4"
    with Mp4Writer(path, 64, 48, rate_hz=10) as writer:
        for shade in (0, 100, 200):
            writer.write(picture(shade))
    frames = list(open_source(path, OPTIONS))
    assert [frame.t_ns for frame in frames] == [0, 100_000_000, 200_000_000]
    assert abs(int(frames[2].images[0].rgb.mean()) - 200) < 6


def test_a_recording_gives_back_pictures_camera_and_ego(tmp_path):
    path = tmp_path / "r.mcap"
    camera = Camera.mounted("front", 64, 48, 1.234, (1.9, 0.0, 1.35), pitch_rad=0.03)
    encoder = PacketEncoder(64, 48)
    with RecordingWriter(path, {}) as writer:
        for frame in range(5):
            t_ns = frame * 50_000_000
            ego = EgoMeasurement(t_ns, (1.0 / 3.0, 2.0, 0.0), 0.1, 5.0, 0.0, 0.0, 0.0)
            writer.write(topics.MOUNTING, t_ns, camera.as_dict())
            writer.write(topics.EGO_MEASUREMENT, t_ns, ego)
            message = video_message(t_ns, camera, encoder.encode(picture(40 * frame)))
            writer.write(topics.CAMERA, t_ns, message)
    frames = list(open_source(path, OPTIONS))
    assert len(frames) == 5
    assert frames[3].ego.position_m == (1.0 / 3.0, 2.0, 0.0)
    assert np.array_equal(frames[3].images[0].camera.vehicle_from_camera, camera.vehicle_from_camera)
    assert abs(int(frames[3].images[0].rgb.mean()) - 120) < 6


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("gone.mp4", None, "no such file or folder"),
        ("a.txt", b"text", "unknown kind of source"),
        ("a.png", b"", "not a picture that can be decoded"),
        ("a.jpg", b"junk", "not a picture that can be decoded"),
        ("a.mp4", b"junk" * 99, "cannot be decoded as video"),
        ("a.mcap", b"junk" * 99, "not an MCAP recording"),
    ],
)
def test_bad_sources_are_refused_by_name(tmp_path, name, content, message):
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ValueError, match=f"{name}: .*{message}|{name}: {message}"):
        list(open_source(path, OPTIONS))


def test_an_empty_folder_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no picture"):
        open_source(tmp_path, OPTIONS)


def test_the_assumed_camera_has_the_size_of_the_picture():
    camera = AssumedCamera(horizontal_fov_deg=90.0).sized(200, 100)
    assert camera.intrinsics[0, 0] == pytest.approx(100.0)
