"""A tileable texture of four noises with its mip levels, made once from a fixed seed."""

from __future__ import annotations

from functools import cache

import numpy as np

from sim_bridge.server.renderer.jit import kernel_part
from sim_bridge.server.renderer.kernel_types import Single
from sim_bridge.server.renderer.scene import Array

SIZE = 512
LEVELS = 10
# The noises: grain of stones (asphalt, concrete), blotches, tufts (grass, leaves), billows (clouds).
GRAIN, BLOTCH, TUFT, BILLOW = 0, 1, 2, 3
_STRENGTHS = (  # of the octaves with 4, 8, ... 512 cells across the texture
    (0.05, 0.05, 0.05, 0.1, 0.15, 0.3, 0.8, 1.0),
    (1.0, 0.9, 0.7, 0.6, 0.4, 0.25, 0.1, 0.05),
    (0.25, 0.3, 0.4, 0.5, 0.8, 1.0, 0.9, 0.5),
    (1.0, 0.6, 0.36, 0.22, 0.13, 0.08, 0.05, 0.03),
)


def _octave(cells: int, rng: np.random.Generator) -> Array:
    """(SIZE, SIZE) smooth random values, `cells` across, tileable."""
    corners = rng.random((cells, cells))
    ticks = np.arange(SIZE) * (cells / SIZE)
    low = ticks.astype(np.int64)
    share = ticks - low
    share = share * share * (3.0 - 2.0 * share)
    high = (low + 1) % cells
    rows = corners[low] + (corners[high] - corners[low]) * share[:, None]
    smooth: Array = rows[:, low] + (rows[:, high] - rows[:, low]) * share
    return smooth


@cache
def noise_texture() -> Array:
    """(SIZE * 2 * SIZE, 4) float32, each channel with mean 0 and deviation 1.

    The picture is SIZE rows of 2 * SIZE columns; the level of size s begins in column 2 * (SIZE - s).
    """
    rng = np.random.default_rng(20)
    image = np.empty((SIZE, SIZE, 4))
    for channel, strengths in enumerate(_STRENGTHS):
        layers = [weight * _octave(4 << octave, rng) for octave, weight in enumerate(strengths)]
        total = np.sum(layers, axis=0)
        image[..., channel] = (total - total.mean()) / total.std()
    atlas = np.zeros((SIZE, 2 * SIZE, 4), np.float32)
    for level in range(LEVELS):
        size = SIZE >> level
        atlas[:size, 2 * (SIZE - size) : 2 * (SIZE - size) + size] = image
        if level < LEVELS - 1:
            image = 0.25 * (image[::2, ::2] + image[1::2, ::2] + image[::2, 1::2] + image[1::2, 1::2])
    return atlas.reshape(-1, 4)


@kernel_part
def texel(x: Single, y: Single, width: Single) -> np.int32:
    """Index of the texel nearest to (x, y) at the mip level whose texels are about `width` wide.

    Args:
        x: texels of the finest level, any size.
        y: as x.
        width: texels of the finest level that one pixel covers.
    """
    level, edge = np.int32(0), np.float32(1.5)
    for _ in range(1, LEVELS):
        level = np.int32(level + (np.int32(1) if width > edge else np.int32(0)))
        edge *= np.float32(2.0)
    last = np.int32(SIZE - 1)
    size = np.int32(np.int32(SIZE) >> level)
    column = np.int32((np.int32(np.floor(x)) & last) >> level)
    row = np.int32((np.int32(np.floor(y)) & last) >> level)
    return np.int32(row * np.int32(2 * SIZE) + np.int32(2) * (np.int32(SIZE) - size) + column)
