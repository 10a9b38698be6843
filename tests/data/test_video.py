import resource
import signal
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from data.datasets.opening import open_source
from data.datasets.source import SourceOptions
from data.video import Mp4Writer, read_video

WRITE_NOISE = """
import sys, numpy as np
from pathlib import Path
from data.video import Mp4Writer
rng = np.random.default_rng(0)
writer = Mp4Writer(Path(sys.argv[1]), 320, 180, 20)
for name, call in (
    ("write", lambda: [writer.write(rng.integers(0, 255, (180, 320, 3), np.uint8)) for _ in range(100)]),
    ("close", writer.close),
):
    try:
        call()
    except OSError as error:
        print(name, error.filename, error.strerror)
"""


def noise(count, width=320, height=180):
    return np.random.default_rng(0).integers(0, 255, (count, height, width, 3), np.uint8)


def write_noise_to(path, limit_bytes=None):
    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        if limit_bytes is not None:
            resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    return subprocess.run(
        [sys.executable, "-c", WRITE_NOISE, str(path)], capture_output=True, text=True, preexec_fn=limit
    )


def test_a_disk_that_is_full_from_the_start_ends_a_video_with_an_error_and_no_crash():
    done = write_noise_to("/dev/full")
    assert done.returncode == 0, done.stderr
    assert done.stdout == "write /dev/full No space left on device\n"


def test_a_disk_that_fills_up_leaves_the_video_readable_up_to_there(tmp_path):
    path = tmp_path / "v.mp4"
    done = write_noise_to(path, limit_bytes=1_000_000)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"write {path} File too large\n"
    assert len(list(read_video(path))) >= 20


def test_pictures_are_shown_at_the_times_they_are_given(tmp_path):
    path = tmp_path / "v.mp4"
    with Mp4Writer(path, 64, 48) as writer:
        for t_ns, picture in zip((0, 100_000_000, 1_100_000_000), noise(3, 64, 48), strict=True):
            writer.write(picture, t_ns)
    assert [frame.t_ns for frame in read_video(path)] == [0, 100_000_000, 1_100_000_000]


def test_a_name_with_a_colon_is_a_file_and_no_address(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with Mp4Writer(tmp_path / "a:b.mp4", 64, 48) as writer:
        writer.write(noise(1, 64, 48)[0])
    assert len(list(open_source(Path("a:b.mp4"), SourceOptions()))) == 1


def whole_file(path, pictures):
    """A file whose header promises all pictures, as cameras write it (ours is in fragments)."""
    with av.open(str(path), "w", options={"movflags": "faststart"}) as container:
        stream = container.add_stream("mpeg4", rate=20)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode(None))


def test_a_video_that_was_cut_off_is_read_up_to_the_cut_and_says_so(tmp_path):
    path = tmp_path / "cut.mp4"
    whole_file(path, noise(40))
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    source = open_source(path, SourceOptions())
    assert 0 < len(list(source)) < 30
    assert any("ends after" in line and "of the 40 pictures" in line for line in source.warnings)


def test_a_whole_video_has_nothing_to_warn_of(tmp_path):
    path = tmp_path / "v.mp4"
    whole_file(path, noise(40))
    source = open_source(path, SourceOptions())
    assert len(list(source)) == 40
    assert source.warnings == ()


def test_a_picture_in_which_no_road_could_be_seen_is_refused_by_name(tmp_path):
    for name, shape in (("dot.png", (1, 1)), ("line.png", (32, 3000)), ("pole.png", (3000, 40))):
        cv2.imwrite(str(tmp_path / name), np.zeros((*shape, 3), np.uint8))
        with pytest.raises(ValueError, match=rf"{name}: a picture of {shape[1]}x{shape[0]} pixels"):
            list(open_source(tmp_path / name, SourceOptions()))
