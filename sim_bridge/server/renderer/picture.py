"""What the tile kernel writes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.kernel_types import Bytes, Singles, Words


class Picture(NamedTuple):
    """`Rendered`'s arrays while they are filled.

    Attributes:
        bgra: (h, w, 4) uint8, sRGB codes.
        depth_m: (h, w) float32, metres along the optical axis.
        instance_ids: (h, w) uint32.
        tags: (h, w) uint8.
    """

    bgra: Bytes
    depth_m: Singles
    instance_ids: Words
    tags: Bytes


def empty_picture(width: int, height: int) -> Picture:
    """Room for a picture; what it holds is not defined."""
    size = (height, width)
    return Picture(
        np.empty((*size, 4), np.uint8),
        np.empty(size, np.float32),
        np.empty(size, np.uint32),
        np.empty(size, np.uint8),
    )
