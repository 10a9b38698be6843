"""Encoded video: single H.264 packets for recordings, fragmented MP4 files, decoding of both."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from data.arrays import Array
from data.files import named

NANOSECOND = Fraction(1, 1_000_000_000)


class PacketEncoder:
    """Pictures to H.264 packets (Annex B, no B frames): one packet decodes to one picture, at once.

    Encoding runs on one thread, so the same pictures give the same bytes.
    """

    def __init__(self, width: int, height: int, rate_hz: int = 20, quality: int = 23) -> None:
        self._codec = _x264(width, height, rate_hz, quality)
        self._count = 0

    def encode(self, rgb: Array) -> bytes:
        """One (height, width, 3) uint8 RGB picture to one packet."""
        frame = _yuv(rgb)
        frame.pts = self._count
        self._count += 1
        return b"".join(bytes(packet) for packet in self._codec.encode(frame))


class PacketDecoder:
    """The inverse of `PacketEncoder`."""

    def __init__(self, codec: str = "h264") -> None:
        self._codec = av.CodecContext.create(codec, "r")
        self._codec.thread_count = 1
        self._codec.options = {"flags": "low_delay"}

    def decode(self, packet: bytes) -> Array | None:
        """One packet to one (height, width, 3) uint8 RGB picture; None when the packet holds no whole one.

        Raises:
            ValueError: the packet is corrupt.
        """
        try:
            frames = self._codec.decode(av.Packet(packet))
        except FFmpegError as error:
            raise ValueError(f"corrupt video packet: {error.strerror}") from error
        return frames[-1].to_ndarray(format="rgb24") if frames else None


class Mp4Writer:
    """Writes pictures to an MP4 file that is readable up to the last fragment, however the process ends.

    Raises:
        OSError: the file, which it names, cannot be created or written.
    """

    def __init__(self, path: Path, width: int, height: int, rate_hz: int = 20, quality: int = 26) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
        self._container = av.open(str(path), "w", format="mp4", options=flags)
        self._stream = self._container.add_stream("libx264", rate=rate_hz)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.options = {"preset": "ultrafast", "crf": str(quality), "g": str(rate_hz), "bf": "0"}
        self._stream.thread_count = 1

    def write(self, rgb: Array) -> None:
        """Appends one (height, width, 3) uint8 RGB picture."""
        with named(self._path):
            for packet in self._stream.encode(_yuv(rgb)):
                self._container.mux(packet)

    def close(self) -> None:
        """Flushes the encoder and closes the file."""
        with named(self._path):
            try:
                for packet in self._stream.encode(None):
                    self._container.mux(packet)
            finally:
                self._container.close()

    def __enter__(self) -> Mp4Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def read_video(path: Path) -> Iterator[tuple[int, Array]]:
    """Decodes a video file: (time in ns from its first picture, (height, width, 3) uint8 RGB) a picture.

    Raises:
        ValueError: no such file, or not a video that can be decoded.
    """
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise ValueError(f"{path}: holds no video stream")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            rate = stream.average_rate or Fraction(20)
            first: Fraction | None = None
            for count, frame in enumerate(container.decode(stream)):
                time = frame.pts * frame.time_base if frame.pts is not None else count / rate
                first = time if first is None else first
                yield round((time - first) / NANOSECOND), frame.to_ndarray(format="rgb24")
    except FFmpegError as error:
        raise ValueError(f"{path}: cannot be decoded as video ({error.strerror})") from error


def _yuv(rgb: Array) -> Any:  # noqa: ANN401  an av.VideoFrame
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24")
    return frame.reformat(format="yuv420p")


def _x264(width: int, height: int, rate_hz: int, quality: int) -> Any:  # noqa: ANN401  an av.CodecContext
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt = width, height, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, rate_hz), Fraction(rate_hz)
    codec.thread_count = 1
    codec.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "crf": str(quality),
        "g": str(rate_hz),
        "bf": "0",
        "x264-params": "annexb=1:repeat-headers=1:sliced-threads=0",
    }
    return codec
