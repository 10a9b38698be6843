"""Encoded video: single H.264 packets for recordings, fragmented MP4 files, decoding of both."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any

import av
import numpy as np
from av.error import FFmpegError

from data.arrays import Array
from data.files import named

NANOSECOND = Fraction(1, 1_000_000_000)
MP4_TICK = Fraction(1, 90_000)


@dataclass(frozen=True, eq=False)
class VideoFrame:
    """One decoded picture of a video file.

    Attributes:
        t_ns: from the first picture.
        rgb: (height, width, 3) uint8.
        damaged: the file is corrupt here, and the decoder has guessed a part of the picture.
    """

    t_ns: int
    rgb: Array
    damaged: bool


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
        OSError: the file, which it names, cannot be created or written (a full disk, say); what was
            written stays readable.
    """

    def __init__(self, path: Path, width: int, height: int, rate_hz: int = 20, quality: int = 26) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        flags = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
        self._container = open_container(path, "w", format="mp4", options=flags)
        self._stream = self._container.add_stream("libx264", rate=rate_hz)
        self._stream.width, self._stream.height, self._stream.pix_fmt = width, height, "yuv420p"
        self._stream.options = {"preset": "ultrafast", "crf": str(quality), "g": str(rate_hz), "bf": "0"}
        self._stream.thread_count = 1
        self._stream.codec_context.time_base = MP4_TICK
        self._path, self._broken = path, False
        self._period = round(1 / (rate_hz * MP4_TICK))
        self._next = 0

    def write(self, rgb: Array, t_ns: int | None = None) -> None:
        """Appends one (height, width, 3) uint8 RGB picture, shown from `t_ns` on or a period after the last.

        Times count from the beginning of the video and must grow.
        """
        frame = _yuv(rgb)
        frame.pts = self._next if t_ns is None else round(t_ns * NANOSECOND / MP4_TICK)
        frame.time_base = MP4_TICK
        self._next = frame.pts + self._period
        self._mux(self._stream.encode(frame))

    def close(self) -> None:
        """Flushes the encoder and closes the file."""
        if self._broken:
            return  # FFmpeg crashes on more packets, or on the trailer, after a write has failed
        self._mux(self._stream.encode(None))
        self._guarded(self._container.close)

    def _mux(self, packets: Iterable[Any]) -> None:
        for packet in packets:
            packet.duration = self._period
            self._guarded(partial(self._container.mux, packet))

    def _guarded(self, write: Callable[[], None]) -> None:
        try:
            with named(self._path):
                write()
        except OSError:
            self._broken = True
            raise

    def __enter__(self) -> Mp4Writer:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_container(path: Path, mode: str = "r", **options: Any) -> Any:  # noqa: ANN401  an av container
    """Opens a video file; without the scheme FFmpeg would take `a:b.mp4` for an address.

    Raises:
        OSError: it cannot be created.
        FFmpegError: it cannot be read.
    """
    return av.open(f"file:{path}", mode, **options)


def read_video(path: Path) -> Iterator[VideoFrame]:
    """Decodes a video file picture by picture.

    Raises:
        ValueError: no such file, or not a video that can be decoded.
    """
    try:
        with open_container(path) as container:
            if not container.streams.video:
                raise ValueError(f"{path}: holds no video stream")
            stream = container.streams.video[0]
            stream.thread_type = "AUTO"
            rate = stream.average_rate or Fraction(20)
            first: Fraction | None = None
            for count, frame in enumerate(container.decode(stream)):
                time = frame.pts * frame.time_base if frame.pts is not None else count / rate
                first = time if first is None else first
                t_ns = round((time - first) / NANOSECOND)
                yield VideoFrame(t_ns, frame.to_ndarray(format="rgb24"), bool(frame.is_corrupt))
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
