"""Video files of any container and codec that FFmpeg reads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from av.error import FFmpegError

from data.camera import CameraImage
from data.datasets.source import SourceOptions, checked_size
from data.types import SensorFrame
from data.video import open_container, read_video

VIDEO_SUFFIXES = frozenset({".avi", ".hevc", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".ts", ".webm"})

WHOLE_SHARE = 0.98
"""Of the pictures that the container promises; edit lists may leave out the first few."""


@dataclass(frozen=True)
class VideoSource:
    """The pictures of a video file at their own times.

    Attributes:
        path: the file.
        options: assumed camera.
    """

    path: Path
    options: SourceOptions
    _found: list[str] = field(default_factory=list, init=False, compare=False, repr=False)

    @property
    def name(self) -> str:
        """The file."""
        return str(self.path)

    @property
    def warnings(self) -> tuple[str, ...]:
        """What turned out to be broken while it was read."""
        return tuple(self._found)

    @property
    def length(self) -> int | None:
        """As the container says, which may be nothing."""
        try:
            with open_container(self.path) as container:
                return (container.streams.video[0].frames if container.streams.video else 0) or None
        except FFmpegError:
            return None  # reading it will say what is wrong

    def __iter__(self) -> Iterator[SensorFrame]:
        """Decodes one picture at a time."""
        self._found.clear()
        count = damaged = 0
        for frame, decoded in enumerate(read_video(self.path)):
            size = checked_size(self.name, decoded.rgb.shape[1], decoded.rgb.shape[0])
            camera = self.options.camera.sized(*size)
            yield SensorFrame(
                frame, decoded.t_ns, self.name, (CameraImage(camera, decoded.t_ns, decoded.rgb),)
            )
            count += 1
            damaged += decoded.damaged
        if count == 0:
            raise ValueError(f"{self.path}: holds no picture that can be decoded")
        promised = self.length or count
        if count < WHOLE_SHARE * promised:
            self._found.append(f"{self.path}: ends after {count} of the {promised} pictures that it promises")
        if damaged:
            self._found.append(f"{self.path}: {damaged} of {count} pictures are damaged")
