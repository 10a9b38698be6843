"""Lens distortion: `lens_k`, `lens_kcube`, `lens_circle_*` and `lens_*_size` of CARLA's cameras.

CARLA's lens is an Unreal material whose graph is not published; what is known is that nothing bends while the
circle's multiplier is 0, and that k weighs the square and kcube the cube of the distance from the middle.
Here a pixel at p, -1..1 across and down, shows what the pinhole saw at

    p * (1 + w * size * (k r^2 + kcube r^3)),  w = min(multiplier * r^falloff, 1),

with r the distance from the middle, 1 in the corners, and size that of each axis.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.renderer.kernel_types import Bytes, Singles
from sim_bridge.server.renderer.scene import Array
from sim_bridge.server.sensors.limits import bounded
from sim_bridge.server.wire.actors import Description


@dataclass(frozen=True)
class Lens:
    """The attributes without their prefix `lens_`."""

    k: float
    kcube: float
    circle_falloff: float
    circle_multiplier: float
    x_size: float
    y_size: float


def lens_of(description: Description) -> Lens | None:
    """The lens that a camera's attributes ask for; None if it bends nothing.

    Raises:
        WireError: a value out of range.
    """
    lens = Lens(
        bounded(description, "lens_k", -1e3, 1e3),
        bounded(description, "lens_kcube", -1e3, 1e3),
        bounded(description, "lens_circle_falloff", 0.0, 10.0),
        bounded(description, "lens_circle_multiplier", 0.0, 10.0),
        bounded(description, "lens_x_size", 0.0, 1.0),
        bounded(description, "lens_y_size", 0.0, 1.0),
    )
    bends = (lens.k or lens.kcube) and lens.circle_multiplier and (lens.x_size or lens.y_size)
    return lens if bends else None


@lru_cache(maxsize=8)
def sources(lens: Lens, width: int, height: int) -> Array:
    """(h, w, 2) float32: the column and row, counted from the first pixel's middle, that each pixel shows."""
    x = (np.arange(width) + 0.5) * (2.0 / width) - 1.0
    y = (np.arange(height)[:, None] + 0.5) * (2.0 / height) - 1.0
    r = np.sqrt(0.5 * (x * x + y * y))
    weight = np.minimum(lens.circle_multiplier * r**lens.circle_falloff, 1.0)
    bent = weight * (lens.k * r**2 + lens.kcube * r**3)
    from_x = (x * (1.0 + lens.x_size * bent) + 1.0) * (0.5 * width) - 0.5
    from_y = (y * (1.0 + lens.y_size * bent) + 1.0) * (0.5 * height) - 0.5
    found = np.stack([np.clip(from_x, 0.0, width - 1.0), np.clip(from_y, 0.0, height - 1.0)], axis=-1)
    return found.astype(np.float32)


def bent_codes(codes: Array, lens: Lens | None) -> Array:
    """A picture of codes, (h, w, ...), through the lens: each pixel shows the nearest one, none are mixed."""
    if lens is None:
        return codes
    height, width = codes.shape[:2]
    nearest = np.rint(sources(lens, width, height)).astype(np.intp)
    bent: Array = codes[nearest[..., 1], nearest[..., 0]]
    return bent


def bent_colours(bgra: Array, lens: Lens | None) -> Array:
    """A picture of colours, (h, w, 4) uint8, through the lens."""
    if lens is None:
        return bgra
    height, width = bgra.shape[:2]
    bent = np.empty_like(bgra)
    _interpolate(bgra, sources(lens, width, height), bent)
    return bent


@kernel
def _interpolate(bgra: Bytes, source: Singles, bent: Bytes) -> None:
    """Each pixel of `bent` is the mean of the four round its source, by their nearness."""
    height, width = bgra.shape[0], bgra.shape[1]
    one = np.float32(1.0)
    for y in range(height):
        for x in range(width):
            u, v = source[y, x, 0], source[y, x, 1]
            left, top = int(u), int(v)
            right, below = min(left + 1, width - 1), min(top + 1, height - 1)
            a, b = u - np.float32(left), v - np.float32(top)
            for c in range(4):
                high = (one - a) * np.float32(bgra[top, left, c]) + a * np.float32(bgra[top, right, c])
                low = (one - a) * np.float32(bgra[below, left, c]) + a * np.float32(bgra[below, right, c])
                bent[y, x, c] = np.uint8((one - b) * high + b * low + np.float32(0.5))
