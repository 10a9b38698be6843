"""Folders of pictures and single pictures."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from data.arrays import Array
from data.camera import CameraImage
from data.datasets.source import SourceOptions, checked_size
from data.types import SensorFrame

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"})


def find_pictures(folder: Path) -> tuple[Path, ...]:
    """The pictures of a folder in natural order (`2.png` before `10.png`), without hidden files.

    Raises:
        ValueError: there are none, or the folder may not be read.
    """
    try:
        paths = [path for path in folder.iterdir() if _is_picture(path)]
    except OSError as error:
        raise ValueError(f"{folder}: cannot be read ({error.strerror})") from error
    if not paths:
        raise ValueError(f"{folder}: holds no picture ({' '.join(sorted(PICTURE_SUFFIXES))})")
    return tuple(sorted(paths, key=_natural_key))


def read_picture(path: Path) -> Array:
    """One picture as (height, width, 3) uint8 RGB.

    Raises:
        ValueError: it cannot be decoded.
    """
    try:
        content = np.frombuffer(path.read_bytes(), np.uint8)
    except OSError as error:
        raise ValueError(f"{path}: cannot be read ({error.strerror})") from error
    bgr = cv2.imdecode(content, cv2.IMREAD_COLOR) if len(content) else None
    if bgr is None:
        raise ValueError(f"{path}: not a picture that can be decoded")
    rgb: Array = cv2.cvtColor(bgr, cv2.COLOR_BGR2RGB)
    return rgb


@dataclass(frozen=True)
class ImageSource:
    """Pictures in the given order, evenly spaced in time.

    Attributes:
        name: what the frames give as their source.
        paths: the pictures.
        options: rate and assumed camera.
        warnings: none.
    """

    name: str
    paths: tuple[Path, ...]
    options: SourceOptions
    warnings: tuple[str, ...] = ()

    @property
    def length(self) -> int:
        """How many."""
        return len(self.paths)

    def __iter__(self) -> Iterator[SensorFrame]:
        """Decodes one picture at a time."""
        for frame, path in enumerate(self.paths):
            rgb = read_picture(path)
            size = checked_size(str(path), rgb.shape[1], rgb.shape[0])
            camera = self.options.camera.sized(*size)
            t_ns = round(frame * 1e9 / self.options.rate_hz)
            yield SensorFrame(frame, t_ns, str(path), (CameraImage(camera, t_ns, rgb),))


def _is_picture(path: Path) -> bool:
    """Some systems leave a hidden `._1.jpg` beside every `1.jpg`; it holds no picture."""
    return path.suffix.lower() in PICTURE_SUFFIXES and not path.name.startswith(".") and path.is_file()


def _natural_key(path: Path) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d+)", path.name)
    return [(1, int(part), "") if part.isdigit() else (0, 0, part) for part in parts]
