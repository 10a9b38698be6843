"""Video files of any container and codec that FFmpeg reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import av
from av.error import FFmpegError

from data.camera import CameraImage
from data.datasets.source import SourceOptions
from data.types import SensorFrame
from data.video import read_video

VIDEO_SUFFIXES = frozenset({".avi", ".hevc", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".ts", ".webm"})


@dataclass(frozen=True)
class VideoSource:
    """The pictures of a video file at their own times.

    Attributes:
        path: the file.
        options: assumed camera.
        warnings: none.
    """

    path: Path
    options: SourceOptions
    warnings: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The file."""
        return str(self.path)

    @property
    def length(self) -> int | None:
        """As the container says, which may be nothing."""
        try:
            with av.open(str(self.path)) as container:
                return (container.streams.video[0].frames if container.streams.video else 0) or None
        except FFmpegError:
            return None  # reading it will say what is wrong

    def __iter__(self) -> Iterator[SensorFrame]:
        """Decodes one picture at a time."""
        for frame, (t_ns, rgb) in enumerate(read_video(self.path)):
            camera = self.options.camera.sized(rgb.shape[1], rgb.shape[0])
            yield SensorFrame(frame, t_ns, self.name, (CameraImage(camera, t_ns, rgb),))
