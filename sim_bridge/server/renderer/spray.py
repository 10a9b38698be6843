"""The spray that wheels throw up from a wet road: soft clouds behind every vehicle that is fast enough."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.renderer.cull import Placed
from sim_bridge.server.renderer.jit import kernel_part
from sim_bridge.server.renderer.kernel_types import Bytes, Index, Singles
from sim_bridge.server.renderer.light import Light
from sim_bridge.server.renderer.pack import MeshTable
from sim_bridge.server.renderer.scene import SPEED_SHIFT, Array, View

WET_ENOUGH, FAST_ENOUGH_MPS, FULL_SPEED_MPS = 0.3, 4.0, 22.0
FARTHEST_M = 70.0
# Clouds behind the tail: how far, how high, their radius (metres), their opacity at full speed.
CLOUDS = np.array([[0.2, 0.3, 1.1, 0.85], [1.5, 0.5, 1.6, 0.6], [3.5, 0.7, 2.2, 0.4], [6.5, 0.9, 2.8, 0.22]])
NO_SPRAY = np.zeros((0, 5), np.float32)


def spray(view: View, camera: Array, moving: Placed, table: MeshTable, light: Light) -> Array:
    """(n, 5) float32 clouds: column, row, radius in pixels, distance along the axis in metres, opacity.

    Args:
        view: the camera.
        camera: (15,) float32: rotation world_from_camera by rows, origin, cx, cy, 1 / focal length.
        moving: what moves; the upper bits of its lamps are its speed.
        table: its meshes.
        light: the light of the scene.
    """
    if light.wetness < WET_ENOUGH:
        return NO_SPRAY
    things = moving.instances
    speed = (things.lamps >> np.uint32(SPEED_SHIFT)).astype(np.float64)
    near = np.abs(moving.centre - view.world_from_camera[:3, 3]).max(axis=1) < FARTHEST_M
    fast = np.flatnonzero((speed > FAST_ENOUGH_MPS) & near & (things.instance_id != view.hidden_instance))
    if not len(fast):
        return NO_SPRAY
    mesh, pose = things.mesh[fast], things.pose[fast].astype(np.float64)
    tail = table.centre[mesh, 0] - table.half_size[mesh, 0]
    local = np.zeros((len(fast), len(CLOUDS), 3))
    local[..., 0], local[..., 2] = tail[:, None] - CLOUDS[:, 0], CLOUDS[:, 1]
    place = np.einsum("nij,nkj->nki", pose[:, :3, :3], local) + pose[:, None, :3, 3]
    # By night half as thick: it has little light of its own, and lamps shine through it.
    share = np.clip(speed[fast] / FULL_SPEED_MPS, 0.0, 1.0) * float(light.wetness * (1.0 - 0.5 * light.night))
    width = np.clip(table.half_size[mesh, 1], 0.4, 1.4)
    return _on_picture(
        view,
        camera,
        place.reshape(-1, 3),
        (width[:, None] * CLOUDS[:, 2]).ravel(),
        (share[:, None] * CLOUDS[:, 3]).ravel(),
    )


def _on_picture(view: View, camera: Array, place: Array, radius: Array, opacity: Array) -> Array:
    seen = (place - camera[9:12]) @ camera[:9].reshape(3, 3)
    forward = np.maximum(seen[:, 0], 1e-3)
    scale = view.focal_px / forward
    column, row = camera[12] + seen[:, 1] * scale, camera[13] - seen[:, 2] * scale
    reach = np.minimum(radius * scale, 0.35 * view.height)
    inside = (seen[:, 0] > 1.5) & (np.abs(column - camera[12]) < camera[12] + reach) & (reach > 1.0)
    # Far ones first: nearer ones lie over them.
    order = np.flatnonzero(inside)[np.argsort(-forward[inside], kind="stable")]
    clouds: Array = np.column_stack([column, row, reach, forward, opacity])[order].astype(np.float32)
    return clouds


def spray_radiance(light: Light) -> Array:
    """(3,) radiance of fine drops, which scatter what light there is."""
    radiance: Array = 1.1 * light.horizon + 0.012 * light.night
    return radiance


@kernel_part
def draw_spray(
    bgra: Bytes, depth_m: Singles, clouds: Singles, shade: Singles, first: Index, last: Index
) -> None:
    """Blends clouds of drops into the columns first..last of a picture.

    Args:
        bgra: (h, w, 4) uint8, changed.
        depth_m: (h, w) float32: what stands before a cloud hides it.
        clouds: (n, 5) float32, see `spray`.
        shade: (3,) float32, sRGB codes, blue first.
        first: column.
        last: the one after the last column.
    """
    height, one, zero = bgra.shape[0], np.float32(1.0), np.float32(0.0)
    for i in range(len(clouds)):
        x, y, reach, forward = clouds[i, 0], clouds[i, 1], clouds[i, 2], clouds[i, 3]
        left, right = max(int(x - reach), first), min(int(x + reach) + 1, last)
        if left >= right:
            continue
        scale = one / (reach * reach)
        for row in range(max(int(y - reach), 0), min(int(y + reach) + 1, height)):
            dy = np.float32(row) + np.float32(0.5) - y
            for column in range(left, right):
                dx = np.float32(column) + np.float32(0.5) - x
                near = max(one - (dx * dx + dy * dy) * scale, zero)
                behind = min(max(depth_m[row, column] - forward + one, zero), one)
                opacity = clouds[i, 4] * near * near * behind
                for channel in range(3):
                    old = np.float32(bgra[row, column, channel])
                    bgra[row, column, channel] = np.uint8(old + (shade[channel] - old) * opacity)
