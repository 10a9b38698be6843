"""Optical flow: how far each pixel's surface has moved over the picture since the camera's last picture."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.renderer.kernel_types import Doubles, Ints, Singles, Words
from sim_bridge.server.renderer.scene import FAR_M, Array, Rendered
from sim_bridge.server.transforms import Floats

# CARLA's coding ends here.
_LARGEST = 2.0


def optical_flow(
    rendered: Rendered,
    focal_px: float,
    world_from_camera: tuple[Floats, Floats],
    moved: Mapping[int, tuple[Floats, Floats]],
) -> Array:
    """(h, w, 2) float32: the move right and up in halves of the picture's width and height, -2..2.

    That is Unreal's screen velocity, now minus before, as CARLA's camera sends it: times half the width, and
    minus half the height, it is pixels. Limbs of walkers move with their body.

    Args:
        rendered: the picture now.
        focal_px: pixels.
        world_from_camera: (4, 4) before and now.
        moved: by instance id, (4, 4) world_from_object before and now.
    """
    before, now = world_from_camera
    ids = np.array(sorted(moved), np.int64)
    row = np.full(int(ids[-1]) + 1 if len(ids) else 1, -1, np.int32)
    row[ids] = np.arange(len(ids))
    back = np.array([moved[i][0] @ np.linalg.inv(moved[i][1]) for i in ids.tolist()]).reshape(-1, 4, 4)
    flow = np.empty((*rendered.depth_m.shape, 2), np.float32)
    _flow(
        rendered.depth_m,
        rendered.instance_ids,
        focal_px,
        np.ascontiguousarray(now),
        np.ascontiguousarray(np.linalg.inv(before)),
        row,
        np.ascontiguousarray(back),
        flow,
    )
    return flow


@kernel
def _flow(
    depth_m: Singles, ids: Words, focal_px: float, now: Doubles, before: Doubles, row: Ints, back: Doubles,
    flow: Singles,
) -> None:  # fmt: skip
    """Takes each pixel's point to where it was, and that to the picture.

    Args:
        depth_m: (h, w).
        ids: (h, w).
        focal_px: pixels.
        now: (4, 4) world_from_camera.
        before: (4, 4) camera_from_world.
        row: of `back` by instance id, -1 for what stands still.
        back: (k, 4, 4) from a place of the world to where the thing there was before.
        flow: (h, w, 2), written.
    """
    height, width = depth_m.shape
    for v in range(height):
        for u in range(width):
            depth = np.float64(depth_m[v, u])
            right, up = u + 0.5 - 0.5 * width, 0.5 * height - v - 0.5
            y, z = depth * right / focal_px, depth * up / focal_px
            # The sky is so far that only turning shows.
            place = 0.0 if depth >= FAR_M else 1.0
            wx = now[0, 0] * depth + now[0, 1] * y + now[0, 2] * z + now[0, 3] * place
            wy = now[1, 0] * depth + now[1, 1] * y + now[1, 2] * z + now[1, 3] * place
            wz = now[2, 0] * depth + now[2, 1] * y + now[2, 2] * z + now[2, 3] * place
            k = row[ids[v, u]] if ids[v, u] < len(row) else -1
            if k >= 0:
                m = back[k]
                px, py, pz = wx, wy, wz
                wx = m[0, 0] * px + m[0, 1] * py + m[0, 2] * pz + m[0, 3]
                wy = m[1, 0] * px + m[1, 1] * py + m[1, 2] * pz + m[1, 3]
                wz = m[2, 0] * px + m[2, 1] * py + m[2, 2] * pz + m[2, 3]
            x = before[0, 0] * wx + before[0, 1] * wy + before[0, 2] * wz + before[0, 3] * place
            y = before[1, 0] * wx + before[1, 1] * wy + before[1, 2] * wz + before[1, 3] * place
            z = before[2, 0] * wx + before[2, 1] * wy + before[2, 2] * wz + before[2, 3] * place
            moved_right = moved_up = 0.0
            if x > 1e-6:
                moved_right = (right - focal_px * y / x) * 2.0 / width
                moved_up = (up - focal_px * z / x) * 2.0 / height
            flow[v, u, 0] = min(max(moved_right, -_LARGEST), _LARGEST)
            flow[v, u, 1] = min(max(moved_up, -_LARGEST), _LARGEST)
