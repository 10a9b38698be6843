"""Areas as one sheet of convex polygons that meet edge to edge: what a navigation mesh is made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from sim_bridge.server.maps.navigation.areas import WalkingAreas
from sim_bridge.server.transforms import Floats

MAX_CORNERS = 6

# Corners lie on a grid of this size, so that neighbours agree on them to the last bit.
_GRID_M = 0.01
# An edge longer than this could leave the ground where the ground is curved.
_LONGEST_EDGE_M = 12.0
_LEAST_AREA_M2 = 0.01

Integers = npt.NDArray[np.int64]


class Ground(IntEnum):
    """What a polygon lies on; the numbers are those of the client's own areas."""

    WALK = 1
    CROSSING = 2
    ROAD = 3


@dataclass(frozen=True, eq=False)
class ConvexMesh:
    """n convex polygons of 3 to 6 corners over v vertices, seen from above clockwise with x right and y up.

    Attributes:
        vertices: (v, 3) float64, metres.
        corners: (n, 6) int64, vertices of each polygon, -1 after the last.
        neighbours: (n, 6) int64, the polygon behind the edge from a corner to the next one, or -1.
        ground: (n,) uint8, of `Ground`.
        triangles: of each polygon, (k - 2, 3) int64 indices into its k corners.
    """

    vertices: Floats
    corners: Integers
    neighbours: Integers
    ground: npt.NDArray[np.uint8]
    triangles: tuple[Integers, ...]


Heights = Callable[[Floats], Floats]


def convex_mesh(areas: WalkingAreas, heights: Heights) -> ConvexMesh:
    """The areas as convex polygons.

    Args:
        areas: of a map.
        heights: gives (v,) heights of the ground at (v, 2) points, metres.
    """
    points, triangles, ground = _triangulated(areas)
    polygons = _merged(points, triangles, ground)
    corners = np.full((len(polygons), MAX_CORNERS), -1, np.int64)
    for row, polygon in enumerate(polygons):
        corners[row, : len(polygon.ring)] = polygon.ring
    return ConvexMesh(
        vertices=np.column_stack([points, heights(points)]) if len(points) else np.zeros((0, 3)),
        corners=corners,
        neighbours=_neighbours([polygon.ring for polygon in polygons]),
        ground=np.array([polygon.ground for polygon in polygons], np.uint8),
        triangles=tuple(
            np.array([[polygon.ring.index(v) for v in t] for t in polygon.triangles]) for polygon in polygons
        ),
    )


def _triangulated(areas: WalkingAreas) -> tuple[Floats, Integers, Integers]:
    """(v, 2) points, (t, 3) triangles clockwise, and (t,) what each lies on."""
    rings, grounds = [], []
    for face, ground in _faces(areas):
        for triangle in shapely.get_parts(shapely.constrained_delaunay_triangles(face)):
            ring = shapely.get_coordinates(triangle)[:3]
            rings.append(ring)
            grounds.append(ground)
    if not rings:
        return np.zeros((0, 2)), np.zeros((0, 3), np.int64), np.zeros(0, np.int64)
    steps = np.rint(np.array(rings) / _GRID_M).astype(np.int64)
    unique, index = np.unique(steps.reshape(-1, 2), axis=0, return_inverse=True)
    triangles = index.reshape(-1, 3)
    doubled = _doubled_area(unique[triangles])
    triangles[doubled > 0] = triangles[doubled > 0][:, ::-1]
    flat = doubled == 0
    points = unique.astype(np.float64) * _GRID_M
    return points, triangles[~flat], np.array(grounds, np.int64)[~flat]


def _doubled_area(rings: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """(t,) twice the area of (t, 3, 2) triangles, positive when they run counter-clockwise."""
    ab, ac = rings[:, 1] - rings[:, 0], rings[:, 2] - rings[:, 0]
    doubled: npt.NDArray[np.int64] = ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]
    return doubled


def _faces(areas: WalkingAreas) -> list[tuple[shapely.Polygon, Ground]]:
    """Pieces of the areas whose borders share all their points with those of their neighbours."""
    kinds = ((areas.walks, Ground.WALK), (areas.crossings, Ground.CROSSING), (areas.roads, Ground.ROAD))
    sheet = shapely.union_all([area.boundary for area, _ in kinds], grid_size=_GRID_M)
    sheet = shapely.union_all(shapely.segmentize(sheet, _LONGEST_EDGE_M), grid_size=_GRID_M)
    pieces = [p for p in shapely.get_parts(shapely.polygonize(shapely.get_parts(sheet))) if p.area > 0.0]
    middles = shapely.point_on_surface(pieces)
    faces = []
    inside = [shapely.contains(_prepared(area), middles) for area, _ in kinds]
    for number, piece in enumerate(pieces):
        ground = next((kind for (_, kind), hit in zip(kinds, inside, strict=True) if hit[number]), None)
        if ground is not None and piece.area > _LEAST_AREA_M2:
            faces.append((piece, ground))
    return faces


def _prepared(area: BaseGeometry) -> BaseGeometry:
    shapely.prepare(area)
    return area


@dataclass
class _Polygon:
    """A polygon that grows: its corners in order, and the triangles that it was made of."""

    ring: list[int]
    triangles: list[list[int]]
    ground: int


def _merged(points: Floats, triangles: Integers, ground: Integers) -> list[_Polygon]:
    """Triangles joined over their longest common edges as long as the result is convex."""
    polygons = [_Polygon(t, [t], g) for t, g in zip(triangles.tolist(), ground.tolist(), strict=True)]
    owner = list(range(len(polygons)))
    steps = np.rint(points / _GRID_M).astype(np.int64).tolist()
    for a, b, first, second in _inner_edges(triangles, points):
        i, j = _root(owner, first), _root(owner, second)
        if i == j or polygons[i].ground != polygons[j].ground:
            continue
        ring = _joined(polygons[i].ring, polygons[j].ring, a, b)
        if len(ring) <= MAX_CORNERS and _convex(ring, steps):
            polygons[i].ring = ring
            polygons[i].triangles += polygons[j].triangles
            owner[j] = i
    return [polygon for number, polygon in enumerate(polygons) if owner[number] == number]


def _inner_edges(triangles: Integers, points: Floats) -> list[tuple[int, int, int, int]]:
    """(a, b, first, second) of each edge between two triangles, longest first; the first one runs a to b."""
    whose: dict[tuple[int, int], int] = {}
    edges = []
    for number, ring in enumerate(triangles.tolist()):
        for a, b in zip(ring, ring[1:] + ring[:1], strict=True):
            whose[a, b] = number
            if (b, a) in whose:
                edges.append((a, b, number, whose[b, a]))
    if not edges:
        return []
    ends = np.array([edge[:2] for edge in edges])
    length = np.hypot(*(points[ends[:, 0]] - points[ends[:, 1]]).T)
    return [edges[i] for i in np.argsort(-length, kind="stable")]


def _root(owner: list[int], number: int) -> int:
    while owner[number] != number:
        owner[number] = owner[owner[number]]
        number = owner[number]
    return number


def _joined(first: list[int], second: list[int], a: int, b: int) -> list[int]:
    """The ring round two rings that share the edge a-b, which the first runs from a to b."""
    i, j = first.index(b), second.index(a)
    return first[i:] + first[:i] + (second[j:] + second[:j])[1:-1]


def _convex(ring: Sequence[int], steps: list[list[int]]) -> bool:
    """Whether a clockwise ring never turns left, and no corner is in it twice."""
    corners = [steps[v] for v in ring]
    turns = zip(corners, corners[1:] + corners[:1], corners[2:] + corners[:2], strict=True)
    return len(set(ring)) == len(ring) and all(
        (b[0] - a[0]) * (c[1] - b[1]) <= (b[1] - a[1]) * (c[0] - b[0]) for a, b, c in turns
    )


def _neighbours(rings: Sequence[Sequence[int]]) -> Integers:
    """(n, 6) the polygon behind each edge, or -1."""
    whose = {
        (a, b): number
        for number, ring in enumerate(rings)
        for a, b in zip(ring, [*ring[1:], ring[0]], strict=True)
    }
    result = np.full((len(rings), MAX_CORNERS), -1, np.int64)
    for number, ring in enumerate(rings):
        for side, (a, b) in enumerate(zip(ring, [*ring[1:], ring[0]], strict=True)):
            result[number, side] = whose.get((b, a), -1)
    return result
