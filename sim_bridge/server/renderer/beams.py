"""Head lamps and street lamps as sources of light, at night."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

import numpy as np

from sim_bridge.server.renderer.cull import Placed
from sim_bridge.server.renderer.fragments import (
    BLUE,
    GLOW_BLUE,
    GLOW_GREEN,
    GLOW_RED,
    GREEN,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    RED,
    X,
    Y,
    Z,
)
from sim_bridge.server.renderer.jit import kernel_part
from sim_bridge.server.renderer.kernel_types import FloatRows, Fragment, Single, Singles
from sim_bridge.server.renderer.light import Light
from sim_bridge.server.renderer.pack import MeshTable
from sim_bridge.server.renderer.scene import Array, Lamp, Material, View

HEAD_BITS = int(Lamp.LOW_BEAM | Lamp.HIGH_BEAM)
BEAM_BITS = HEAD_BITS | int(Lamp.FOG)
MOST_HEAD, MOST_STREET = 10, 14
HEAD_REACH_M, STREET_REACH_M = 70.0, 26.0
# Radiance of white paper one metre from the lamp, in the middle of its light.
HEAD_STRENGTH, STREET_STRENGTH = np.array([2300.0, 2150.0, 1850.0]), 34.0
# Linear RGB of a street lamp that nobody has changed.
USUAL_LIGHT = np.array([1.0, 0.753, 0.468], np.float32)
# A fog lamp's share of a head lamp's light.
FOG_LAMP = 0.3
HEAD_HEIGHT_M = 0.65
# A night brighter than this needs no lamps.
DARK_ENOUGH = 0.02


# From and to along x, y and z, metres.
Box: TypeAlias = tuple[Single, Single, Single, Single, Single, Single]


class Beams(NamedTuple):
    """The lamps near a view; K of them.

    Attributes:
        place: (K, 3) float32, world, metres.
        ahead: (K, 3) float32, unit vector along the beam; down for street lamps.
        aside: (K, 3) float32, unit vector to the right of the beam.
        strength: (K, 3) float32, RGB.
        reach: (K,) float32, metres.
        raised: (K,) float32, share of a head lamp's light that goes above its cut-off; -1 for street lamps.
    """

    place: Array
    ahead: Array
    aside: Array
    strength: Array
    reach: Array
    raised: Array


class StreetLamps(NamedTuple):
    """The street lamps of a scene; K of them.

    Attributes:
        place: (K, 3) float32, world, metres.
        instance: (K,) int64, which of the still instances each one is.
        strength: (K, 3) float32, linear RGB; 1 for the red of a usual one, 0 for one that is off.
    """

    place: Array
    instance: Array
    strength: Array

    def lit(self) -> StreetLamps:
        """Those that are on."""
        on = self.strength.any(axis=1)
        return StreetLamps(self.place[on], self.instance[on], self.strength[on])


def street_lamps(still: Placed, table: MeshTable) -> StreetLamps:
    """All street lamps of a scene, all on."""
    faces, instances = table.faces, still.instances
    places, numbers = [np.zeros((0, 3))], [np.zeros(0, np.int64)]
    for mesh in np.unique(instances.mesh):
        own = slice(faces.face_start[mesh], faces.face_start[mesh + 1])
        lit = faces.triangles[own][faces.materials[own] == Material.LAMP_STREET]
        if len(lit):
            middle = faces.vertices[lit].reshape(-1, 3).mean(axis=0)
            numbers.append(np.flatnonzero(instances.mesh == mesh))
            pose = instances.pose[numbers[-1]]
            places.append(pose[:, :3, :3] @ middle + pose[:, :3, 3])
    place = np.concatenate(places).astype(np.float32)
    return StreetLamps(place, np.concatenate(numbers), np.tile(USUAL_LIGHT, (len(place), 1)))


def _nearest(places: Array, eye: Array, most: int, reach: float) -> Array:
    """Indices of the `most` places nearest to a point a little ahead of the camera, within `reach`."""
    distance = np.linalg.norm(places - eye, axis=1)
    order = np.argsort(distance, kind="stable")[:most]
    near: Array = order[distance[order] < reach]
    return near


def beams(view: View, moving: Placed, street: StreetLamps, table: MeshTable, light: Light) -> Beams:
    """The lamps that light what a view sees; none by day."""
    if light.night < DARK_ENOUGH:
        return NO_BEAMS
    # The own lamps light what is seen best: they must not be crowded out by those of others.
    eye = view.world_from_camera[:3, 3] + 10.0 * view.world_from_camera[:3, 0]
    instances = moving.instances
    on = np.flatnonzero(instances.lamps & BEAM_BITS)
    on = on[_nearest(moving.centre[on], eye, MOST_HEAD, 110.0)]
    pose, mesh = instances.pose[on].astype(np.float64), instances.mesh[on]
    nose = table.centre[mesh] + table.half_size[mesh] * [1.0, 0.0, 0.0]
    nose[:, 2] = HEAD_HEIGHT_M
    pose[:, :3, 3] += np.einsum("nij,nj->ni", pose[:, :3, :3], nose)
    raised = np.where(instances.lamps[on] & int(Lamp.HIGH_BEAM), 0.6, 0.02)
    share = np.where(instances.lamps[on] & HEAD_BITS, 1.0, FOG_LAMP)
    near = _nearest(street.place, eye, MOST_STREET, 75.0)
    return _beams(pose, share, street.place[near], street.strength[near], raised)


def _beams(pose: Array, share: Array, street: Array, strength: Array, raised: Array) -> Beams:
    """Heads at (n, 4, 4) poses with shares (n,) of a head lamp's light, street lamps at (m, 3) places."""
    heads, lamps = len(pose), len(street)
    f = np.float32
    return Beams(
        np.concatenate([pose[:, :3, 3], street]).astype(f),
        np.concatenate([pose[:, :3, 0], np.tile([0.0, 0.0, -1.0], (lamps, 1))]).astype(f),
        np.concatenate([pose[:, :3, 1], np.tile([0.0, 1.0, 0.0], (lamps, 1))]).astype(f),
        np.concatenate([share[:, None] * HEAD_STRENGTH, STREET_STRENGTH * strength]).astype(f),
        np.concatenate([np.full(heads, HEAD_REACH_M), np.full(lamps, STREET_REACH_M)]).astype(f),
        np.concatenate([raised, np.full(lamps, -1.0)]).astype(f),
    )


NO_BEAMS = _beams(np.zeros((0, 4, 4)), np.zeros(0), np.zeros((0, 3)), np.zeros((0, 3)), np.zeros(0))


@kernel_part
def _far(low: Single, high: Single, place: Single) -> Single:
    """How far a coordinate lies outside an interval, metres."""
    return max(max(low - place, place - high), np.float32(0.0))


@kernel_part
def _head(
    g: FloatRows,
    n: Fragment,
    place: Singles,
    ahead: Singles,
    aside: Singles,
    strength: Singles,
    raised: Single,
) -> None:
    """Adds a head lamp's light: widest across, strongest just below the horizon, little above it.

    The lamp's arrays are rows of `Beams`, (3,) each.
    """
    f, one, zero = np.float32, np.float32(1.0), np.float32(0.0)
    px, py, pz = place[0], place[1], place[2]
    ax, ay, az, sx, sy, sz = ahead[0], ahead[1], ahead[2], aside[0], aside[1], aside[2]
    red, green, blue = strength[0], strength[1], strength[2]
    for j in range(n):
        dx, dy, dz = g[X + j] - px, g[Y + j] - py, g[Z + j] - pz
        forward = dx * ax + dy * ay + dz * az
        safe = max(forward, f(0.3))
        across = (dx * sx + dy * sy + dz * sz) / safe * f(0.95)
        square = max(dx * dx + dy * dy + dz * dz, f(0.3))
        rise = dz / safe - az
        wide = max(one - across * across, zero)
        down, up = min(rise, zero) * f(34.0), max(rise, zero) * f(9.0)
        tall = (raised + (one - raised) * min(max(f(0.6) - rise * f(60.0), zero), one)) / (one + down * down)
        tall = tall / (one + up * up)
        facing = -(dx * g[NORMAL_X + j] + dy * g[NORMAL_Y + j] + dz * g[NORMAL_Z + j]) / np.sqrt(square)
        e = wide * wide * tall * max(facing, zero) / square
        e = e if forward > f(0.3) else zero
        g[GLOW_RED + j] += e * red * g[RED + j]
        g[GLOW_GREEN + j] += e * green * g[GREEN + j]
        g[GLOW_BLUE + j] += e * blue * g[BLUE + j]


@kernel_part
def _street(g: FloatRows, n: Fragment, place: Singles, strength: Singles) -> None:
    """Adds a street lamp's light, which falls off to its sides; `place` and `strength` are (3,)."""
    f, one, zero = np.float32, np.float32(1.0), np.float32(0.0)
    px, py, pz = place[0], place[1], place[2]
    red, green, blue = strength[0], strength[1], strength[2]
    for j in range(n):
        dx, dy, dz = g[X + j] - px, g[Y + j] - py, g[Z + j] - pz
        square = max(dx * dx + dy * dy + dz * dz, f(1.0))
        scale = one / np.sqrt(square)
        cosine = max(-dz * scale, zero)
        facing = max(-(dx * g[NORMAL_X + j] + dy * g[NORMAL_Y + j] + dz * g[NORMAL_Z + j]) * scale, zero)
        e = cosine * (f(0.25) + f(0.75) * facing) / square
        g[GLOW_RED + j] += e * red * g[RED + j]
        g[GLOW_GREEN + j] += e * green * g[GREEN + j]
        g[GLOW_BLUE + j] += e * blue * g[BLUE + j]


@kernel_part
def _extent(box: Box, point: Singles, axis: Singles) -> tuple[Single, Single]:
    """Least and greatest coordinate of a box along an `axis` through a `point`, (3,) each, metres."""
    x, y, z = axis[0], axis[1], axis[2]
    a0, a1 = (box[0] - point[0]) * x, (box[1] - point[0]) * x
    b0, b1 = (box[2] - point[1]) * y, (box[3] - point[1]) * y
    c0, c1 = (box[4] - point[2]) * z, (box[5] - point[2]) * z
    return min(a0, a1) + min(b0, b1) + min(c0, c1), max(a0, a1) + max(b0, b1) + max(c0, c1)


@kernel_part
def _unlit(box: Box, place: Singles, ahead: Singles, aside: Singles) -> bool:
    """Whether a box lies behind a head lamp or beside its light, see `_head`."""
    _, front = _extent(box, place, ahead)
    if front < np.float32(0.29):
        return True
    left, right = _extent(box, place, aside)
    return bool(max(left, -right) * np.float32(0.94) > front)


@kernel_part
def add_beams(g: FloatRows, n: Fragment, lamps: Beams) -> None:
    """Adds the light of the lamps that reach a tile to what its fragments give off.

    Args:
        g: float rows of the fragments.
        n: number of fragments that are not sky.
        lamps: the lamps near the view.
    """
    if len(lamps.reach) == 0 or n == np.uint64(0):
        return
    x0, x1, y0, y1, z0, z1 = g[X], g[X], g[Y], g[Y], g[Z], g[Z]
    for j in range(n):
        x0, x1 = min(x0, g[X + j]), max(x1, g[X + j])
        y0, y1 = min(y0, g[Y + j]), max(y1, g[Y + j])
        z0, z1 = min(z0, g[Z + j]), max(z1, g[Z + j])
    box = (x0, x1, y0, y1, z0, z1)
    for i in range(len(lamps.reach)):
        x, y = _far(x0, x1, lamps.place[i, 0]), _far(y0, y1, lamps.place[i, 1])
        if x * x + y * y > lamps.reach[i] * lamps.reach[i]:
            continue
        if lamps.raised[i] < 0.0:
            _street(g, n, lamps.place[i], lamps.strength[i])
        elif not _unlit(box, lamps.place[i], lamps.ahead[i], lamps.aside[i]):
            _head(g, n, lamps.place[i], lamps.ahead[i], lamps.aside[i], lamps.strength[i], lamps.raised[i])
