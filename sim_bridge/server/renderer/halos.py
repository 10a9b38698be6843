"""The glare round lamps in the dark, in fog and in rain."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.beams import StreetLamps
from sim_bridge.server.renderer.cull import Placed
from sim_bridge.server.renderer.jit import kernel, kernel_part
from sim_bridge.server.renderer.kernel_types import Bytes, Index, Ints, Single, Singles, Vector, Words
from sim_bridge.server.renderer.light import Light
from sim_bridge.server.renderer.pack import MeshTable
from sim_bridge.server.renderer.scene import Array, Instances, Lamp, Material, View

FARTHEST_M = 220.0
# A halo is never wider than this share of the picture's height.
WIDEST = 0.10
NARROWEST_PX = 2.5
# How far behind what the picture shows a lens may lie and still count as seen, metres.
SLACK_M = 0.6
MOST = 400
# A lens whose faces agree less than this in where they look shines to all sides.
ONE_SIDED = 0.3
# Lenses of one lamp that lie further apart are those at the front and those at the back.
LONG_M = 1.2
BRAKE = int(Lamp.BRAKE)


class _Kind(NamedTuple):
    """A kind of lens: the lamps that light it, its colour (blue first), its halo's radius in metres."""

    bits: int
    colour: tuple[float, float, float]
    radius_m: float
    strength: float


_RED, _AMBER, _WHITE = (0.10, 0.12, 1.0), (0.12, 0.55, 1.0), (0.85, 0.95, 1.0)
_KINDS = {
    Material.LAMP_HEAD: _Kind(int(Lamp.LOW_BEAM | Lamp.HIGH_BEAM), _WHITE, 1.0, 1.0),
    Material.LAMP_TAIL: _Kind(int(Lamp.POSITION | Lamp.LOW_BEAM | Lamp.FOG | Lamp.BRAKE), _RED, 0.7, 0.6),
    Material.LAMP_BRAKE: _Kind(int(Lamp.BRAKE), _RED, 0.9, 1.0),
    Material.LAMP_INDICATOR_LEFT: _Kind(int(Lamp.INDICATOR_LEFT), _AMBER, 0.5, 0.7),
    Material.LAMP_INDICATOR_RIGHT: _Kind(int(Lamp.INDICATOR_RIGHT), _AMBER, 0.5, 0.7),
    Material.LAMP_REVERSE: _Kind(int(Lamp.REVERSE), _WHITE, 0.5, 0.6),
    Material.SIGNAL_RED: _Kind(int(Lamp.SIGNAL_RED), _RED, 0.55, 0.7),
    Material.SIGNAL_YELLOW: _Kind(int(Lamp.SIGNAL_YELLOW), _AMBER, 0.55, 0.7),
    Material.SIGNAL_GREEN: _Kind(int(Lamp.SIGNAL_GREEN), (0.62, 1.0, 0.25), 0.55, 0.7),
}
_STREET = _Kind(0, (0.55, 0.82, 1.0), 1.6, 0.9)


class Lenses(NamedTuple):
    """The lenses of all meshes, and last the one of street lamps; K of them.

    Those of mesh m are start[m]:start[m + 1].

    Attributes:
        start: (M + 1,) int64.
        place: (K, 3) float32, metres, in the mesh's axes.
        facing: (K, 3) float32, unit vector out of the lens; zeros for one that shines to all sides.
        bits: (K,) uint32, the lamps that light it.
        colour: (K, 3) float32, blue first.
        radius: (K,) float32, of its halo, metres.
        strength: (K,) float32, 0..1.
    """

    start: Array
    place: Array
    facing: Array
    bits: Array
    colour: Array
    radius: Array
    strength: Array


def lenses(table: MeshTable) -> Lenses:
    """Finds the lenses of every mesh: the faces of one lamp's material on one side of the mesh."""
    faces, counts = table.faces, [0]
    rows: list[tuple[Array, Array, _Kind]] = []
    for mesh in range(len(faces.face_start) - 1):
        own = slice(faces.face_start[mesh], faces.face_start[mesh + 1])
        materials, triangles = faces.materials[own], faces.triangles[own]
        before = len(rows)
        for material, kind in _KINDS.items():
            lit = triangles[materials == material]
            if len(lit):
                rows += _sides(faces.vertices[lit].astype(np.float64), kind)
        counts.append(len(rows) - before)
    rows.append((np.zeros(3), np.zeros(3), _STREET))
    kinds = [kind for _, _, kind in rows]
    return Lenses(
        np.cumsum(counts),
        np.array([place for place, _, _ in rows], np.float32),
        np.array([facing for _, facing, _ in rows], np.float32),
        np.array([kind.bits for kind in kinds], np.uint32),
        np.array([kind.colour for kind in kinds], np.float32),
        np.array([kind.radius_m for kind in kinds], np.float32),
        np.array([kind.strength for kind in kinds], np.float32),
    )


def _sides(corners: Array, kind: _Kind) -> list[tuple[Array, Array, _Kind]]:
    """Middle and facing of a material's (n, 3, 3) triangles, those to the left and to the right apart."""
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    weight = np.linalg.norm(normals, axis=1)
    middle = corners.mean(axis=1)
    found = []
    ahead = middle[:, 0] > middle[:, 0].mean() if np.ptp(middle[:, 0]) > LONG_M else middle[:, 0] > np.inf
    aside = (middle[:, 1] < -0.02, np.abs(middle[:, 1]) <= 0.02, middle[:, 1] > 0.02)
    for side in (part & end for part in aside for end in (ahead, ~ahead)):
        total = weight[side].sum()
        if total > 0.0:
            facing = normals[side].sum(axis=0)
            length = float(np.linalg.norm(facing))
            facing = facing / length if length > ONE_SIDED * total else np.zeros(3)
            found.append(((middle[side] * weight[side, None]).sum(axis=0) / total, facing, kind))
    return found


def halos(
    view: View, camera: Array, moving: Placed, street: StreetLamps, found: Lenses, light: Light
) -> Array:
    """(n, 8) float32 halos: column, row, radius in pixels, distance along the axis, colour, opacity.

    Args:
        view: the camera.
        camera: (15,) float32: rotation world_from_camera by rows, origin, cx, cy, 1 / focal length.
        moving: what moves, with its lamps.
        street: the street lamps that are on.
        found: the lenses of the meshes.
        light: the light of the scene.
    """
    if light.glare <= 0.0:
        return NO_HALOS
    room = np.empty((MOST, 8), np.float32)
    size = (view.width, view.height, view.hidden_instance)
    return room[: find_halos(room, size, camera, moving.instances, street, found, light)]


def find_halos(
    room: Array,
    size: tuple[int, int, int],
    camera: Array,
    moving: Instances,
    street: StreetLamps,
    found: Lenses,
    light: Light,
) -> int:
    """Fills `room` with halos and returns how many there are; see `halos`."""
    lamps = len(street.place) if light.night > 0.0 else 0
    lit = (street.place[:lamps], np.ascontiguousarray(street.strength[:lamps, ::-1]))
    things = (moving.mesh, moving.pose, moving.lamps, moving.instance_id)
    return int(_find(room, size, camera, things, lit, found, light.glare, light.fog_rate))


@kernel_part
def _put(
    room: Singles,
    n: Index,
    size: tuple[int, int],
    camera: Singles,
    place: Vector,
    colour: Singles,
    radius: Single,
    strength: Single,
    fog_rate: Single,
) -> Index:
    """Appends the halo of a lens at a place of the world if it is in the picture; returns their number."""
    f, c = np.float32, camera
    x, y, z = place[0] - c[9], place[1] - c[10], place[2] - c[11]
    forward = c[0] * x + c[3] * y + c[6] * z
    if forward < f(1.0) or forward > f(FARTHEST_M) or n >= len(room):
        return n
    width, height = f(size[0]), f(size[1])
    scale = f(1.0) / (forward * c[14])
    column = c[12] + (c[1] * x + c[4] * y + c[7] * z) * scale
    row = c[13] - (c[2] * x + c[5] * y + c[8] * z) * scale
    through = max(f(1.0) - f(0.25) * fog_rate * forward, f(0.0))
    through = through * through
    alpha = strength * through * through
    if alpha < f(0.02) or column < f(0.0) or column >= width or row < f(0.0) or row >= height:
        return n
    reach = min(max(radius * scale, f(NARROWEST_PX / 360.0) * height), f(WIDEST) * height)
    room[n, 0], room[n, 1], room[n, 2], room[n, 3] = column, row, reach, forward
    room[n, 4], room[n, 5], room[n, 6], room[n, 7] = colour[0], colour[1], colour[2], alpha
    return n + 1


@kernel
def _find(
    room: Singles,
    size: tuple[int, int, int],
    camera: Singles,
    things: tuple[Ints, Singles, Words, Words],
    street: tuple[Singles, Singles],
    found: Lenses,
    glare: Single,
    fog_rate: Single,
) -> Index:
    """The loop of `find_halos`.

    `things` are meshes, poses, lamps and ids of what moves, `street` places and colours (blue first) of
    street lamps.
    """
    f, (mesh, pose, lamps, ids) = np.float32, things
    n: Index = np.int64(0)
    picture = (size[0], size[1])
    for i in range(len(mesh)):
        if lamps[i] == 0 or (size[2] != 0 and ids[i] == size[2]):
            continue
        p = pose[i]
        for k in range(found.start[mesh[i]], found.start[mesh[i] + 1]):
            if lamps[i] & found.bits[k] == 0:
                continue
            at, out = found.place[k], found.facing[k]
            x = p[0, 0] * at[0] + p[0, 1] * at[1] + p[0, 2] * at[2] + p[0, 3]
            y = p[1, 0] * at[0] + p[1, 1] * at[1] + p[1, 2] * at[2] + p[1, 3]
            z = p[2, 0] * at[0] + p[2, 1] * at[1] + p[2, 2] * at[2] + p[2, 3]
            ex, ey, ez = camera[9] - x, camera[10] - y, camera[11] - z
            away = np.sqrt(max(ex * ex + ey * ey + ez * ez, f(1e-6)))
            seen = ex * (p[0, 0] * out[0] + p[0, 1] * out[1] + p[0, 2] * out[2])
            seen += ey * (p[1, 0] * out[0] + p[1, 1] * out[1] + p[1, 2] * out[2])
            seen += ez * (p[2, 0] * out[0] + p[2, 1] * out[1] + p[2, 2] * out[2])
            if out[0] == f(0.0) and out[1] == f(0.0) and out[2] == f(0.0):
                seen = away
            strength = found.strength[k] * glare * min(max(f(1.5) * seen / away, f(0.0)), f(1.0))
            if lamps[i] & np.uint32(BRAKE):
                strength *= f(1.6)
            n = _put(
                room, n, picture, camera, (x, y, z), found.colour[k], found.radius[k], strength, fog_rate
            )
    places, colours = street
    last = len(found.bits) - 1
    radius, strength = found.radius[last], found.strength[last] * glare
    for i in range(len(places)):
        place = (places[i, 0], places[i, 1], places[i, 2])
        n = _put(room, n, picture, camera, place, colours[i], radius, strength, fog_rate)
    return n


NO_HALOS = np.zeros((0, 8), np.float32)


@kernel_part
def draw_halos(bgra: Bytes, depth_m: Singles, glows: Singles, first: Index, last: Index) -> None:
    """Blends halos into the columns first..last of a picture.

    Args:
        bgra: (h, w, 4) uint8, changed.
        depth_m: (h, w) float32: a lens behind something has no halo.
        glows: (n, 8) float32, see `halos`.
        first: column.
        last: the one after the last column.
    """
    height, one = bgra.shape[0], np.float32(1.0)
    for i in range(len(glows)):
        x, y, reach, forward = glows[i, 0], glows[i, 1], glows[i, 2], glows[i, 3]
        left, right = max(int(x - reach), first), min(int(x + reach) + 1, last)
        if left >= right or depth_m[int(y), int(x)] < forward - np.float32(SLACK_M):
            continue
        scale = one / (reach * reach)
        for row in range(max(int(y - reach), 0), min(int(y + reach) + 1, height)):
            dy = np.float32(row) + np.float32(0.5) - y
            for column in range(left, right):
                dx = np.float32(column) + np.float32(0.5) - x
                near = max(one - (dx * dx + dy * dy) * scale, np.float32(0.0))
                near = near * near
                core = near * near
                a = glows[i, 7] * (np.float32(0.30) * near + np.float32(0.60) * core * core)
                for channel in range(3):
                    old = np.float32(bgra[row, column, channel])
                    new = old + (np.float32(255.0) - old) * min(a * glows[i, 4 + channel], one)
                    bgra[row, column, channel] = np.uint8(new)
