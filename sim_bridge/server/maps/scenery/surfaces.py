"""Pieces of ground as triangles, and how they become one mesh; CARLA's world axes, metres."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim_bridge.server.renderer.scene import Material, Mesh, Tag
from sim_bridge.server.transforms import Floats

Triangles = npt.NDArray[np.int32]


@dataclass(frozen=True)
class Finish:
    """What a surface is made of: material, linear albedo, semantic tag."""

    material: Material
    colour: tuple[float, float, float]
    tag: Tag


ASPHALT = Finish(Material.ASPHALT, (0.072, 0.073, 0.076), Tag.ROADS)
SHOULDER = Finish(Material.ASPHALT, (0.095, 0.094, 0.092), Tag.ROADS)
WHITE_PAINT = Finish(Material.MARKING, (0.78, 0.78, 0.76), Tag.ROAD_LINES)
YELLOW_PAINT = Finish(Material.MARKING, (0.72, 0.46, 0.05), Tag.ROAD_LINES)
KERB = Finish(Material.CONCRETE, (0.42, 0.41, 0.39), Tag.SIDEWALKS)
CONCRETE = Finish(Material.CONCRETE, (0.36, 0.355, 0.34), Tag.BRIDGE)
WALK = Finish(Material.CONCRETE, (0.30, 0.29, 0.275), Tag.SIDEWALKS)
VERGE = Finish(Material.GRASS, (0.10, 0.155, 0.05), Tag.TERRAIN)
LAWN = Finish(Material.GRASS, (0.09, 0.15, 0.045), Tag.TERRAIN)


@dataclass(frozen=True, eq=False)
class Patch:
    """Triangles of one finish.

    Attributes:
        vertices: (n, 3) float64, metres.
        normals: (n, 3) float64, unit.
        uvs: (n, 2) float64, metres.
        triangles: (m, 3) int32.
        finish: of all of them.
    """

    vertices: Floats
    normals: Floats
    uvs: Floats
    triangles: Triangles
    finish: Finish


def ribbon(
    left: Floats, right: Floats, s: Floats, v: tuple[float, float], finish: Finish, swapped: bool = False
) -> Patch:
    """The band between two polylines.

    Args:
        left: (k, 3) points, metres.
        right: (k, 3) points, metres; a face that looks up has them on the right of the way.
        s: (k,) first texture coordinate, metres.
        v: second texture coordinate on the left and on the right, metres.
        finish: of the band.
        swapped: whether left and right change places (for what is mirrored on the left of a road).
    """
    if swapped:
        left, right = right, left
    count = len(left)
    vertices = np.stack([left, right], axis=1).reshape(-1, 3)
    middle = (left + right) / 2.0
    padded = np.concatenate([middle[:1], middle, middle[-1:]])
    ax, ay, az = (padded[2:] - padded[:-2]).T
    bx, by, bz = (right - left).T
    # In left-handed axes (x forward, y right) forward x right points up by the right-hand formula.
    normals = np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx], axis=1)
    normals /= np.maximum(np.sqrt((normals * normals).sum(axis=1, keepdims=True)), 1e-9)
    uvs = np.stack([np.repeat(s, 2), np.tile(v, count)], axis=1)
    corner = 2 * np.arange(count - 1, dtype=np.int32)[:, None]
    triangles = (corner + np.array([[[0, 1, 2]], [[1, 3, 2]]], np.int32)).reshape(-1, 3)
    return Patch(vertices, np.repeat(normals, 2, axis=0), uvs, triangles, finish)


def polygon(points: Floats, heights: Floats, finish: Finish) -> Patch:
    """A flat-ish area inside a simple polygon of (n, 2) points with (n,) heights, looking up."""
    vertices = np.column_stack([points, heights])
    normals = np.tile([0.0, 0.0, 1.0], (len(points), 1))
    # Far from a lane's centre in v: no tyre tracks.
    uvs = points + 0.0
    return Patch(vertices, normals, uvs, ear_clipped(points), finish)


def ear_clipped(points: Floats) -> Triangles:
    """(n - 2, 3) triangles of a simple polygon of (n, 2) points.

    Cuts off ears one by one (Meisters 1975, "Polygons have ears").
    """
    left = list(range(len(points)))
    turn = np.sign(_doubled_area(points))
    triangles: list[tuple[int, int, int]] = []
    while len(left) > 3:
        ear = next((i for i in range(len(left)) if _is_ear(points, left, i, turn)), None)
        if ear is None:
            # Touching edges leave no clean ear; the flattest corner goes without a trace.
            ear = 0
        a, b, c = left[ear - 1], left[ear], left[(ear + 1) % len(left)]
        triangles.append((a, b, c))
        del left[ear]
    triangles.append((left[0], left[1], left[2]))
    return np.array(triangles, np.int32)


def _doubled_area(points: Floats) -> float:
    x, y = points.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def _is_ear(points: Floats, left: Sequence[int], i: int, turn: float) -> bool:
    """Whether corner i sticks out and holds no other corner."""
    a, b, c = points[left[i - 1]], points[left[i]], points[left[(i + 1) % len(left)]]
    if turn * _cross(b - a, c - b) <= 0.0:
        return False
    taken = {left[i - 1], left[i], left[(i + 1) % len(left)]}
    others = points[[index for index in left if index not in taken]]
    inside = (
        (turn * _cross(b - a, others - a) >= 0.0)
        & (turn * _cross(c - b, others - b) >= 0.0)
        & (turn * _cross(a - c, others - c) >= 0.0)
    )
    return not bool(np.any(inside))


def _cross(a: Floats, b: Floats) -> Floats:
    """The z of the cross product of plane vectors."""
    result: Floats = a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]
    return result


def merged(patches: Iterable[Patch]) -> Mesh:
    """All patches as one mesh."""
    parts = list(patches)
    sizes = [len(part.vertices) for part in parts]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32)
    faces = [len(part.triangles) for part in parts]
    return Mesh(
        vertices=np.concatenate([part.vertices for part in parts]),
        normals=np.concatenate([part.normals for part in parts]),
        triangles=np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=True)]),
        colours=np.repeat([part.finish.colour for part in parts], faces, axis=0),
        materials=np.repeat([int(part.finish.material) for part in parts], faces),
        uvs=np.concatenate([part.uvs for part in parts]),
        tags=np.repeat([int(part.finish.tag) for part in parts], faces),
    )
