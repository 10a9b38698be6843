"""The stars of a clear night."""

from __future__ import annotations

from functools import cache

import numpy as np

from sim_bridge.server.renderer.jit import kernel_part
from sim_bridge.server.renderer.kernel_types import Bytes, Index, Single, Singles
from sim_bridge.server.renderer.scene import Array, Tag

COUNT = 1800
SKY = int(Tag.SKY)


@cache
def star_field() -> Array:
    """(COUNT, 4) float32: unit vectors above the horizon and brightness 0..1, few bright and many faint."""
    rng = np.random.default_rng(7)
    up, turn = rng.random(COUNT), rng.random(COUNT) * 2.0 * np.pi
    flat = np.sqrt(1.0 - up * up)
    # Ten times as many stars are 2.5 magnitudes fainter, very nearly: a power law of brightness.
    bright = np.clip(0.10 / (0.02 + rng.random(COUNT)), 0.0, 1.0)
    haze = np.clip(3.5 * up, 0.0, 1.0)
    return np.column_stack([flat * np.cos(turn), flat * np.sin(turn), up, bright * haze]).astype(np.float32)


@kernel_part
def draw_stars(
    bgra: Bytes, tags: Bytes, camera: Singles, field: Singles, strength: Single, first: Index, last: Index
) -> None:
    """Brightens the sky where stars are, in the columns first..last; a star is shared by four pixels.

    Args:
        bgra: (h, w, 4) uint8, changed.
        tags: (h, w) uint8.
        camera: (15,) float32: rotation world_from_camera by rows, origin, cx, cy, 1 / focal length.
        field: (n, 4) float32, see `star_field`.
        strength: 0..1.
        first: column.
        last: the one after the last column.
    """
    f, c, height = np.float32, camera, bgra.shape[0]
    for i in range(len(field)):
        x, y, z = field[i, 0], field[i, 1], field[i, 2]
        forward = c[0] * x + c[3] * y + c[6] * z
        if forward < f(0.05):
            continue
        scale = f(1.0) / (forward * c[14])
        column = c[12] + (c[1] * x + c[4] * y + c[7] * z) * scale - f(0.5)
        row = c[13] - (c[2] * x + c[5] * y + c[8] * z) * scale - f(0.5)
        if column < f(first - 1) or column >= f(last) or row < f(0.0) or row >= f(height - 1):
            continue
        left, top = int(np.floor(column)), int(np.floor(row))
        aside, down = column - f(left), row - f(top)
        for part in range(4):
            px, py = left + (part & 1), top + (part >> 1)
            if px < first or px >= last or tags[py, px] != SKY:
                continue
            share = (aside if part & 1 else f(1.0) - aside) * (down if part >> 1 else f(1.0) - down)
            gain = share * field[i, 3] * strength
            for channel in range(3):
                old = f(bgra[py, px, channel])
                bgra[py, px, channel] = np.uint8(old + (f(235.0) - old) * min(gain, f(1.0)))
