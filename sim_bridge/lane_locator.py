"""Where on the lane graph the ego is, and what its lane looks like ahead."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.camera import Camera
from data.geometry import project_to_polyline, wrap_angle
from data.lane_graph import Lane, LaneGraph, LineKind
from data.types import LaneLine, Lanes
from sim_bridge.point_grid import PointGrid

AHEAD_M = 40.0
# Lanes farther off than this are not the ego's (a lane is at most about 4 m wide).
_REACH_M = 6.0
# How many metres of offset a radian of wrong heading weighs; it tells crossing lanes of a junction apart.
_METRES_PER_RADIAN = 4.0
_NEAREST_DEPTH_M = 0.5


@dataclass(frozen=True)
class LanePlace:
    """The ego on its lane.

    Attributes:
        lane: index in the graph.
        along_m: from the start of the lane.
        offset_m: from its centre, positive to the left.
        width_m: of the lane there.
    """

    lane: int
    along_m: float
    offset_m: float
    width_m: float


@dataclass(frozen=True, eq=False)
class _Edges:
    """A lane's centre and edges, (k, 3) float64 each, world axes."""

    s_m: Array
    centre_m: Array
    left_m: Array
    right_m: Array


class LaneLocator:
    """Answers for one lane graph, whose points it indexes once."""

    def __init__(self, graph: LaneGraph) -> None:
        self.graph = graph
        self._edges = tuple(_edges(lane) for lane in graph.lanes)
        self._owner = np.concatenate([np.full(len(lane.centre_m), lane.lane_id) for lane in graph.lanes])
        self._first = np.cumsum([0, *(len(lane.centre_m) for lane in graph.lanes)])
        self._points = PointGrid(np.concatenate([lane.centre_m for lane in graph.lanes]), _REACH_M)

    def locate(self, x_m: float, y_m: float, z_m: float, yaw_rad: float) -> LanePlace:
        """The lane that a vehicle here is on: near and along its heading; far off the road the nearest."""
        found = self._points.near(x_m, y_m, z_m)
        near: dict[int, list[int]] = {}
        for index, lane in zip(found.tolist(), self._owner[found].tolist(), strict=True):
            near.setdefault(lane, []).append(index)
        point = np.array([x_m, y_m])
        fits = [self._fit(lane, at[0], at[-1], point, yaw_rad) for lane, at in near.items()]
        _, lane, along, offset = min(fits, key=lambda fit: fit[0])
        width = float(np.interp(along, self._edges[lane].s_m, self.graph.lanes[lane].width_m))
        return LanePlace(lane, along, offset, width)

    def _fit(
        self, lane: int, low: int, high: int, point: Array, yaw_rad: float
    ) -> tuple[float, int, float, float]:
        """How badly the vehicle fits a lane between two of its points; the lane, and where on it that is."""
        edges, first = self._edges[lane], int(self._first[lane])
        start = max(low - first - 1, 0)
        s, d, heading = project_to_polyline(point, edges.centre_m[start : high - first + 2, :2])
        cost = abs(d) + _METRES_PER_RADIAN * abs(wrap_angle(yaw_rad - heading))
        return cost, lane, s + float(edges.s_m[start]), d

    def lanes_ahead(self, place: LanePlace, vehicle_from_world: Array, camera: Camera) -> Lanes:
        """Lines and centre of the ego's lane and its neighbours' far lines, up to 40 m ahead.

        Lines are there where the map has a marking or a kerb, and their points inside the picture only.
        """
        chain = self._chain(place)
        centre = _in_vehicle(
            vehicle_from_world, np.concatenate([self._edges[i].centre_m[a:b] for i, a, b in chain])
        )
        wanted = [
            ("left", self._neighbours(chain, "left")),
            ("left", chain),
            ("right", chain),
            ("right", self._neighbours(chain, "right")),
        ]
        lines = [self._line(side, pieces, vehicle_from_world, camera) for side, pieces in wanted]
        kept = [line for line in lines if line is not None]
        return Lanes(
            lines=tuple(kept),
            left=_position(kept, lines[1]),
            right=_position(kept, lines[2]),
            centre_m=centre[:, :2],
            width_m=place.width_m,
            confidence=1.0,
        )

    def _chain(self, place: LanePlace) -> list[tuple[int, int, int]]:
        """(lane, first point, end point) from the ego on, straight on where lanes fork."""
        edges = self._edges[place.lane]
        first = min(int(np.searchsorted(edges.s_m, place.along_m)), len(edges.s_m) - 2)
        reach, lane = place.along_m + AHEAD_M, place.lane
        chain: list[tuple[int, int, int]] = []
        while True:
            s = self._edges[lane].s_m
            end = int(np.searchsorted(s, reach, side="right"))
            chain.append((lane, first, max(end, first + 1)))
            after = self.graph.lanes[lane].successors
            reach -= float(s[-1])
            if reach <= 0.0 or not after:
                return chain
            lane, first = min(after, key=self._turn), 0

    def _turn(self, lane: int) -> float:
        centre = self._edges[lane].centre_m
        start, end = centre[1] - centre[0], centre[-1] - centre[-2]
        return abs(wrap_angle(float(np.arctan2(end[1], end[0]) - np.arctan2(start[1], start[0]))))

    def _neighbours(self, chain: list[tuple[int, int, int]], side: str) -> list[tuple[int, int, int]]:
        """The same stretch on the lanes beside; sections share their points, so indices carry over."""
        beside = [(getattr(self.graph.lanes[lane], side), a, b) for lane, a, b in chain]
        return [(lane, a, b) for lane, a, b in beside if lane >= 0]

    def _line(
        self, side: str, pieces: list[tuple[int, int, int]], vehicle_from_world: Array, camera: Camera
    ) -> LaneLine | None:
        marked = [
            getattr(self._edges[lane], f"{side}_m")[a:b]
            for lane, a, b in pieces
            if getattr(self.graph.lanes[lane], f"{side}_line") != LineKind.NONE
        ]
        if not marked:
            return None
        points = _in_vehicle(vehicle_from_world, np.concatenate(marked))
        pixels, depth = camera.project(points)
        inside = (depth > _NEAREST_DEPTH_M) & (pixels >= 0.0).all(axis=1)
        inside &= (pixels[:, 0] < camera.width) & (pixels[:, 1] < camera.height)
        return LaneLine(pixels[inside], points[inside, :2], 1.0) if inside.sum() >= 2 else None


def _edges(lane: Lane) -> _Edges:
    centre = lane.centre_m.astype(np.float64)
    ahead = np.gradient(centre[:, :2], axis=0)
    left = np.column_stack([-ahead[:, 1], ahead[:, 0], np.zeros(len(centre))])
    left *= (0.5 * lane.width_m / np.maximum(np.hypot(ahead[:, 0], ahead[:, 1]), 1e-9))[:, None]
    steps = np.hypot(*np.diff(centre[:, :2], axis=0).T)
    return _Edges(np.concatenate([[0.0], np.cumsum(steps)]), centre, centre + left, centre - left)


def _in_vehicle(vehicle_from_world: Array, points: Array) -> Array:
    moved: Array = points @ vehicle_from_world[:3, :3].T + vehicle_from_world[:3, 3]
    return moved


def _position(kept: list[LaneLine], line: LaneLine | None) -> int | None:
    return next((index for index, other in enumerate(kept) if other is line), None)
