"""A tileable texture of four noises with its mip levels, made once from a fixed seed."""

from __future__ import annotations

from functools import cache

import numpy as np

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.renderer.scene import Array

SIZE = 512
LEVELS = 10
# The noises: grain of stones (asphalt, concrete), blotches, tufts (grass, leaves), billows (clouds).
GRAIN, BLOTCH, TUFT, BILLOW = 0, 1, 2, 3
OFFSETS = np.cumsum([0, *((SIZE >> level) ** 2 for level in range(LEVELS))])[:LEVELS].astype(np.uint64)
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
    """(texels, 4) float32, level after level (see OFFSETS), each channel with mean 0 and deviation 1."""
    rng = np.random.default_rng(20)
    image = np.empty((SIZE, SIZE, 4))
    for channel, strengths in enumerate(_STRENGTHS):
        layers = [weight * _octave(4 << octave, rng) for octave, weight in enumerate(strengths)]
        total = np.sum(layers, axis=0)
        image[..., channel] = (total - total.mean()) / total.std()
    levels = [image]
    for _ in range(LEVELS - 1):
        last = levels[-1]
        levels.append(0.25 * (last[::2, ::2] + last[1::2, ::2] + last[::2, 1::2] + last[1::2, 1::2]))
    return np.concatenate([level.reshape(-1, 4) for level in levels]).astype(np.float32)


@kernel
def texel(x: float, y: float, width: float):
    """Index of the texel nearest to (x, y) at the mip level whose texels are about `width` wide.

    Args:
        x: texels of the finest level, any size.
        y: as x.
        width: texels of the finest level that one pixel covers.
    """
    level = np.uint64(0)
    for step in range(1, LEVELS):
        if width > np.float32(0.75 * 2.0**step):
            level = np.uint64(step)
    size = np.uint64(SIZE) >> level
    column = np.uint64(np.int64(np.floor(x)) & np.int64(SIZE - 1)) >> level
    row = np.uint64(np.int64(np.floor(y)) & np.int64(SIZE - 1)) >> level
    return OFFSETS[level] + row * size + column
