"""What a radiance looks like on the picture, for the few colours that are laid over it."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from sim_bridge.server.renderer.scene import Array


def toned(radiance: Array, exposure: float) -> Array:
    """(3,) display-linear value of a radiance, through the tone curve of `shade`."""
    x = radiance * exposure * 1.45
    value: Array = np.minimum(x * (1.0 + x / 2.2**2) / (1.0 + x), 1.0)
    return value


def coded(radiance: Array, exposure: float, codes: Array) -> Array:
    """(3,) float32 codes, blue first, of a radiance, red first; `codes` as in `shade`."""
    index = np.round(toned(radiance, exposure)[::-1] * (len(codes) - 1)).astype(np.int64)
    return codes[index].astype(np.float32)


@lru_cache(maxsize=2)
def _decoded(codes: bytes) -> Array:
    table = np.frombuffer(codes, np.uint8)
    first, last = (np.searchsorted(table, np.arange(256), side) for side in ("left", "right"))
    middle = np.clip(0.5 * (first + last - 1), 0.0, len(table) - 1.0)
    linear: Array = (middle / (len(table) - 1)).astype(np.float32)
    return linear


def linear_table(codes: Array) -> Array:
    """(256,) float32: the display-linear value in the middle of those that get each code."""
    return _decoded(codes.tobytes())
