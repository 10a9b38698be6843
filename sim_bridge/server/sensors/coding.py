"""Pictures of numbers: depth, tags, instances and normals as the colours that CARLA's client decodes."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.renderer.kernel_types import Bytes, Doubles, Singles, Words
from sim_bridge.server.renderer.scene import FAR_M

_OPAQUE = np.uint32(0xFF000000)
_LOW, _MIDDLE = np.uint32(0xFF), np.uint32(0xFF00)
_EIGHT, _SIXTEEN = np.uint32(8), np.uint32(16)
_DEPTH_STEPS = float((1 << 24) - 1)
# A normal of no length: what CARLA's material shows where there is only sky.
_NO_NORMAL = np.uint32(0xFF808080)


@kernel
def code_depth(depth_m: Singles, words: Words) -> None:
    """(n,) metres along the optical axis as 24 bits of 1000 m, red lowest."""
    scale = _DEPTH_STEPS / FAR_M
    for i in range(np.uint64(len(words))):
        code = np.uint32(min(np.float64(depth_m[i]) * scale, _DEPTH_STEPS) + 0.5)
        words[i] = _OPAQUE | (code & _LOW) << _SIXTEEN | (code & _MIDDLE) | code >> _SIXTEEN


@kernel
def code_tags(tags: Bytes, colours: Words, words: Words) -> None:
    """(n,) tags by a table of (256,) words."""
    for i in range(np.uint64(len(words))):
        words[i] = colours[tags[i]]


@kernel
def code_instances(tags: Bytes, ids: Words, words: Words) -> None:
    """(n,) tags in red, the low byte of the id in green, the next one in blue."""
    for i in range(np.uint64(len(words))):
        low, next_byte = (ids[i] & _LOW) << _EIGHT, ids[i] >> _EIGHT & _LOW
        words[i] = _OPAQUE | np.uint32(tags[i]) << _SIXTEEN | low | next_byte


@kernel
def code_normals(depth_m: Singles, world_from_camera: Doubles, focal_px: float, words: Words) -> None:
    """The normals of the surfaces in a depth picture, world axes, x in red, y in green, z in blue.

    On a plane inverse depth is linear in the picture, and its slopes are the normal. They are taken on that
    side of a pixel, left or right, above or below, where inverse depth is straighter, so not across an edge.

    Args:
        depth_m: (h, w) float32, metres along the optical axis.
        world_from_camera: (3, 3 or 4) rotation.
        focal_px: pixels.
        words: (h, w), written.
    """
    height, width = depth_m.shape
    r = world_from_camera
    for y in range(height):
        for x in range(width):
            depth = np.float64(depth_m[y, x])
            if depth >= FAR_M:
                words[y, x] = _NO_NORMAL
                continue
            here, across, down = 1.0 / depth, 0.0, 0.0
            straightest = np.inf
            for side in (-1, 1):
                one, two = x + side, x + 2 * side
                if 0 <= one < width:
                    next_one = 1.0 / np.float64(depth_m[y, one])
                    bend = 1e30
                    if 0 <= two < width:
                        bend = abs(here - 2.0 * next_one + 1.0 / np.float64(depth_m[y, two]))
                    if bend < straightest:
                        straightest, across = bend, (next_one - here) * side
            straightest = np.inf
            for side in (-1, 1):
                one, two = y + side, y + 2 * side
                if 0 <= one < height:
                    next_one = 1.0 / np.float64(depth_m[one, x])
                    bend = 1e30
                    if 0 <= two < height:
                        bend = abs(here - 2.0 * next_one + 1.0 / np.float64(depth_m[two, x]))
                    if bend < straightest:
                        straightest, down = bend, (next_one - here) * side
            nx = across * (x + 0.5 - 0.5 * width) + down * (y + 0.5 - 0.5 * height) - here
            ny, nz = -across * focal_px, down * focal_px
            scale = 127.5 / np.sqrt(nx * nx + ny * ny + nz * nz)
            red = (r[0, 0] * nx + r[0, 1] * ny + r[0, 2] * nz) * scale + 128.0
            green = (r[1, 0] * nx + r[1, 1] * ny + r[1, 2] * nz) * scale + 128.0
            blue = (r[2, 0] * nx + r[2, 1] * ny + r[2, 2] * nz) * scale + 128.0
            code = np.uint32(max(red, 0.0)) << _SIXTEEN | np.uint32(max(green, 0.0)) << _EIGHT
            words[y, x] = _OPAQUE | code | np.uint32(max(blue, 0.0))
