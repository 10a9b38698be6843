"""Edges of what is paved: grass that falls away, or, high above the land, the side of a bridge."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sim_bridge.server.maps.ground import GroundGrid
from sim_bridge.server.maps.scenery.surfaces import CONCRETE, VERGE, Finish, Patch, ribbon
from sim_bridge.server.transforms import Floats

VERGE_M = 2.5
VERGE_DROP_M = 0.3
# From this clearance on an edge is that of a bridge.
ELEVATED_M = 0.8
GIRDER_M = 1.4
PARAPET_M = 0.9
PARAPET_WIDTH_M = 0.25
BEYOND_M = 2.5

_STEP_M = 2.5
# Far enough from the edge that squares of a quarter of a metre do not take it for its own road.
_LOOK_BEYOND_M = (0.4, 1.2)


@dataclass(frozen=True, eq=False)
class Edge:
    """A border of what is paved, from one end to the other.

    Attributes:
        line: (k, 3) points, metres.
        outward: (k, 2) unit vectors away from the road.
        on_right: whether outward is to the right of the way along the line.
    """

    line: Floats
    outward: Floats
    on_right: bool

    def beside(self, outwards_m: float, up_m: float) -> Floats:
        """(k, 3) the line, moved."""
        up = np.full(len(self.line), up_m)
        moved: Floats = self.line + np.column_stack([outwards_m * self.outward, up])
        return moved

    def part(self, start: int, end: int) -> Edge:
        """Points `start` to `end`, the last included."""
        rows = slice(start, end + 1)
        return Edge(self.line[rows], self.outward[rows], self.on_right)


@dataclass(frozen=True, eq=False)
class Edging:
    """What was built along edges.

    Attributes:
        patches: to draw.
        parapets: (n, 7) boxes: centre x, y, z, half sizes, metres, and yaw, rad.
    """

    patches: tuple[Patch, ...]
    parapets: Floats


def edging(edge: Edge, ground: GroundGrid, verge: bool) -> Edging:
    """Builds along an edge.

    Args:
        edge: the edge.
        ground: of the map.
        verge: whether grass falls away from it where it is no bridge.
    """
    high = clearance(edge.line, ground) > ELEVATED_M
    if not high.any():
        return Edging(tuple(_verge(edge)) if verge else (), np.zeros((0, 7)))
    edge = _resampled(edge)
    high = clearance(edge.line, ground) > ELEVATED_M
    bridge = (high[:-1] | high[1:]) & ~_goes_on(edge, ground)
    patches: list[Patch] = []
    boxes: list[Floats] = []
    for start, end, flag in _runs(np.where(bridge, 2, np.where(high[:-1], 0, 1))):
        piece = edge.part(start, end)
        if flag == 2:
            patches.extend(_side(piece))
            boxes.append(_parapet_boxes(piece))
        elif flag == 1 and verge:
            patches.extend(_verge(piece))
    return Edging(tuple(patches), np.concatenate([np.zeros((0, 7)), *boxes]))


def clearance(points: Floats, ground: GroundGrid) -> Floats:
    """(n,) how far (n, 3) points are above the lowest level, metres."""
    result: Floats = points[:, 2] - ground.surface(points[:, :2])[0]
    return result


def _goes_on(edge: Edge, ground: GroundGrid) -> npt.NDArray[np.bool_]:
    """(k - 1,) whether other lanes of the same level lie right beyond the edge."""
    middle = (edge.line[:-1] + edge.line[1:]) / 2.0
    outward = (edge.outward[:-1] + edge.outward[1:]) / 2.0
    levels = ground.levels_at(middle)
    beyond = middle[:, :2] + BEYOND_M * outward
    found = ground.distance_on_level(beyond, levels) < 0.5 * BEYOND_M
    for share in (0.0, 0.5, 1.0):
        points = edge.line[:-1] * (1.0 - share) + edge.line[1:] * share
        for outwards_m in _LOOK_BEYOND_M:
            moved = points + np.column_stack([outwards_m * outward, np.zeros(len(outward))])
            found |= ground.is_paved(moved)
    result: npt.NDArray[np.bool_] = found
    return result


def _runs(flags: npt.NDArray[np.int64]) -> Iterator[tuple[int, int, int]]:
    """Start and end point of each run of segments with the same flag, and the flag."""
    cuts = np.concatenate([[0], np.flatnonzero(np.diff(flags)) + 1, [len(flags)]])
    for start, end in zip(cuts[:-1].tolist(), cuts[1:].tolist(), strict=True):
        yield start, end, int(flags[start])


def _resampled(edge: Edge) -> Edge:
    """With points at most `_STEP_M` apart."""
    along = _lengths(edge.line)
    stops = [
        np.linspace(a, b, max(1, int(np.ceil((b - a) / _STEP_M))), endpoint=False)
        for a, b in pairwise(along.tolist())
    ]
    s = np.concatenate([*stops, along[-1:]])
    line = np.column_stack([np.interp(s, along, edge.line[:, axis]) for axis in range(3)])
    outward = np.column_stack([np.interp(s, along, edge.outward[:, axis]) for axis in range(2)])
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    return Edge(line, outward, edge.on_right)


def _lengths(line: Floats) -> Floats:
    """(k,) metres along a line, growing a little even where points coincide."""
    steps = np.maximum(np.linalg.norm(np.diff(line, axis=0), axis=1), 1e-6)
    return np.concatenate([[0.0], np.cumsum(steps)])


def _verge(edge: Edge) -> Iterator[Patch]:
    """Grass that falls away from the edge, so that no gap shows between road and land."""
    outer = edge.beside(VERGE_M, -VERGE_DROP_M)
    s = _lengths(edge.line)
    yield ribbon(edge.line, outer, s, (0.0, VERGE_M), VERGE, swapped=not edge.on_right)


def _side(edge: Edge) -> Iterator[Patch]:
    """A parapet's inner face, its top, and the outer face of parapet and girder."""
    s = _lengths(edge.line)
    foot, rail = edge.line, edge.beside(0.0, PARAPET_M)
    out, low = edge.beside(PARAPET_WIDTH_M, PARAPET_M), edge.beside(PARAPET_WIDTH_M, -GIRDER_M)
    bottom = edge.beside(0.0, -GIRDER_M)
    faces: Sequence[tuple[Floats, Floats, float]] = (
        (foot, rail, PARAPET_M),
        (rail, out, PARAPET_WIDTH_M),
        (out, low, PARAPET_M + GIRDER_M),
        (low, bottom, PARAPET_WIDTH_M),
    )
    for left, right, width in faces:
        yield ribbon(left, right, s, (0.0, width), CONCRETE, swapped=not edge.on_right)
    for row in (0, -1):
        yield _end(edge, row, CONCRETE)


def _end(edge: Edge, row: int, finish: Finish) -> Patch:
    """The end face of a parapet."""
    up, out = np.array([0.0, 0.0, PARAPET_M]), np.append(PARAPET_WIDTH_M * edge.outward[row], 0.0)
    foot = edge.line[row]
    low, high = np.array([foot, foot + out]), np.array([foot, foot + out]) + up
    swapped = edge.on_right == (row == 0)
    return ribbon(low, high, np.array([0.0, PARAPET_WIDTH_M]), (0.0, PARAPET_M), finish, swapped=swapped)


def _parapet_boxes(edge: Edge) -> Floats:
    """(n, 7) a box for each piece of a parapet."""
    middle = edge.beside(PARAPET_WIDTH_M / 2.0, 0.0)
    start, end = middle[:-1], middle[1:]
    ahead = end - start
    count = len(ahead)
    centre = (start + end) / 2.0 + (0.0, 0.0, PARAPET_M / 2.0)
    half = np.column_stack(
        [
            np.linalg.norm(ahead[:, :2], axis=1) / 2.0,
            np.full(count, PARAPET_WIDTH_M / 2.0),
            PARAPET_M / 2.0 + np.abs(ahead[:, 2]) / 2.0,
        ]
    )
    return np.column_stack([centre, half, np.arctan2(ahead[:, 1], ahead[:, 0])])
