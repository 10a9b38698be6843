"""How a path becomes a source: by what it is and what it is called."""

from __future__ import annotations

from pathlib import Path

from data.datasets.images import PICTURE_SUFFIXES, ImageSource, find_pictures
from data.datasets.recording import RecordingSource
from data.datasets.source import Source, SourceOptions
from data.datasets.video import VIDEO_SUFFIXES, VideoSource


def open_source(path: Path, options: SourceOptions) -> Source:
    """A video file, a folder of pictures, a single picture or a recording, told apart by name.

    Raises:
        ValueError: there is nothing at `path`, or nothing that can be read.
    """
    if path.is_dir():
        return ImageSource(str(path), find_pictures(path), options)
    if not path.exists():
        raise ValueError(f"{path}: no such file or folder")
    suffix = path.suffix.lower()
    if suffix == ".mcap":
        return RecordingSource(path)
    if suffix in PICTURE_SUFFIXES:
        return ImageSource(str(path), (path,), options)
    if suffix in VIDEO_SUFFIXES:
        return VideoSource(path, options)
    known = " ".join(sorted({".mcap", *PICTURE_SUFFIXES, *VIDEO_SUFFIXES}))
    raise ValueError(f"{path}: unknown kind of source; known are folders of pictures and {known}")
