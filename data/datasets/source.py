"""What every recorded source offers, and what is assumed where it does not say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from data.camera import Camera
from data.types import SensorFrame


@dataclass(frozen=True)
class AssumedCamera:
    """What is assumed of a camera whose calibration nobody recorded.

    Attributes:
        horizontal_fov_deg: full opening angle.
        height_m: above the road.
        pitch_deg: positive looks down.
    """

    horizontal_fov_deg: float = 60.0
    height_m: float = 1.4
    pitch_deg: float = 0.0

    def sized(self, width: int, height: int) -> Camera:
        """The camera for pictures of that size, mounted 1.5 m before the rear axle."""
        fov, pitch = np.deg2rad(self.horizontal_fov_deg), np.deg2rad(self.pitch_deg)
        return Camera.mounted("front", width, height, float(fov), (1.5, 0.0, self.height_m), float(pitch))


@dataclass(frozen=True)
class SourceOptions:
    """How pictures without a clock and a calibration are read.

    Attributes:
        camera: assumed for pictures and videos; recordings bring their own.
        rate_hz: of the pictures of a folder; videos and recordings bring their own times.
    """

    camera: AssumedCamera = AssumedCamera()
    rate_hz: float = 20.0


SMALLEST_PX = 32
LONGEST_SHAPE = 8.0


def checked_size(name: str, width: int, height: int) -> tuple[int, int]:
    """(width, height) of a picture in which a road could be seen.

    Raises:
        ValueError: it is too small or too long; the message begins with `name`.
    """
    if min(width, height) < SMALLEST_PX or max(width, height) > LONGEST_SHAPE * min(width, height):
        raise ValueError(
            f"{name}: a picture of {width}x{height} pixels; each side must have at least {SMALLEST_PX}, "
            f"and none may be more than {LONGEST_SHAPE:.0f} times the other"
        )
    return width, height


class Source(Protocol):
    """A finite series of frames."""

    @property
    def name(self) -> str:
        """The file or folder."""
        ...

    @property
    def length(self) -> int | None:
        """Number of frames, None when unknown before the end."""
        ...

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the user should know of it, a line each; reading it to its end may add some."""
        ...

    def __iter__(self) -> Iterator[SensorFrame]:
        """Frames in order, numbered from 0; ValueError naming the file when it turns out to be broken."""
        ...
