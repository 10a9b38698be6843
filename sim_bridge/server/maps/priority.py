"""Junctions that stop and yield signs govern: who comes from where and waits where, as grids over the map."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import carla
import numpy as np
import numpy.typing as npt

from sim_bridge.server.transforms import Floats

STOP_SIGN_TYPE, YIELD_SIGN_TYPE = "206", "205"

CELL_M = 1.0
NOWHERE = -1
# Metres from a vehicle's front to the junction: where it is held, and from where others wait for it.
HELD_M = (1.5, 11.0)
SEEN_M = 28.0
_STEP_M = 0.5
_SIGN_TO_JUNCTION_M = 60.0

Grid = npt.NDArray[np.int16]


@dataclass(frozen=True)
class Approach:
    """One road's way into a junction.

    Attributes:
        junction: index of the junction.
        road_id: OpenDRIVE's id.
        sign: type of its sign, or "" where it has the right of way.
    """

    junction: int
    road_id: int
    sign: str


@dataclass(frozen=True, eq=False)
class PriorityJunctions:
    """All junctions of a map with a stop or yield sign.

    Attributes:
        junction_ids: OpenDRIVE's ids.
        approaches: of all junctions.
        origin: (2,) float64, middle of the grids' first cell, metres.
        seen: (rows, columns) int16, approach that a front there comes in on, or `NOWHERE`.
        held: (rows, columns) int16, the same where it can still stop.
        inside: (rows, columns) int16, junction of which a lane lies there, or `NOWHERE`.
    """

    junction_ids: tuple[int, ...]
    approaches: tuple[Approach, ...]
    origin: Floats
    seen: Grid
    held: Grid
    inside: Grid

    def at(self, grid: Grid, points: Floats) -> Grid:
        """(n,) what a grid says at (n, 2 or 3) points."""
        cells = np.rint((points[:, :2] - self.origin) / CELL_M).astype(np.intp)
        rows, columns = grid.shape
        within = np.all((cells >= 0) & (cells < (columns, rows)), axis=1)
        cells[~within] = 0
        result: Grid = np.where(within, grid[cells[:, 1], cells[:, 0]], np.int16(NOWHERE))
        return result


def priority_junctions(carla_map: carla.Map) -> PriorityJunctions:
    """Reads them from a map's signs."""
    signs: dict[tuple[int, int], str] = {}
    junctions: dict[int, carla.Junction] = {}
    for kind in (YIELD_SIGN_TYPE, STOP_SIGN_TYPE):
        for landmark in carla_map.get_all_landmarks_of_type(kind):
            for before, first in _entries(carla_map, landmark):
                junctions.setdefault(first.junction_id, first.get_junction())
                signs[first.junction_id, before.road_id] = kind
    return _drawn(junctions, signs)


def _entries(
    carla_map: carla.Map, landmark: carla.Landmark
) -> Iterator[tuple[carla.Waypoint, carla.Waypoint]]:
    """The last waypoint before the junction and one in it, for each lane that a sign governs."""
    for first, last in landmark.get_lane_validities():
        for lane in range(min(first, last), max(first, last) + 1):
            waypoint = carla_map.get_waypoint_xodr(landmark.road_id, lane, landmark.s) if lane else None
            if waypoint is None or waypoint.lane_type != carla.LaneType.Driving:
                continue
            if waypoint.is_junction:
                # CARLA's own maps put signs on the connecting roads as well.
                before = next(
                    (w for d in range(1, 61) for w in waypoint.previous(d) if not w.is_junction), None
                )
                if before is not None:
                    yield before, waypoint
                continue
            ahead = [waypoint]
            for _ in range(int(_SIGN_TO_JUNCTION_M / _STEP_M)):
                waypoint, ahead = ahead[0], ahead[0].next(_STEP_M)
                if not ahead or ahead[0].is_junction:
                    break
            if ahead and ahead[0].is_junction:
                yield waypoint, ahead[0]


def _drawn(junctions: dict[int, carla.Junction], signs: dict[tuple[int, int], str]) -> PriorityJunctions:
    """Draws the lanes of the junctions and before them."""
    approaches: dict[tuple[int, int], Approach] = {}
    ahead: list[tuple[float, float, float, float, int]] = []
    crossed: list[tuple[float, float, float, float, int]] = []
    for index, (junction_id, junction) in enumerate(sorted(junctions.items())):
        for first, last in junction.get_waypoints(carla.LaneType.Driving):
            crossed += [(*disc, index) for disc in _across(first, last)]
            for before in first.previous(_STEP_M):
                key = (junction_id, before.road_id)
                approaches.setdefault(key, Approach(index, before.road_id, signs.get(key, "")))
                number = list(approaches).index(key)
                ahead += [(*disc, number) for disc in _back_from(before)]
    origin, shape = _extent(ahead + crossed)
    seen, held, inside = (np.full(shape, NOWHERE, np.int16) for _ in range(3))
    for x, y, _, radius, junction_index in crossed:
        _disc(inside, origin, x, y, radius, junction_index)
    # What is nearest to its junction wins.
    for x, y, away, radius, number in sorted(ahead, key=lambda disc: -disc[2]):
        _disc(seen, origin, x, y, radius, number)
        if HELD_M[0] <= away <= HELD_M[1]:
            _disc(held, origin, x, y, radius, number)
    ids = tuple(sorted(junctions))
    return PriorityJunctions(ids, tuple(approaches.values()), origin, seen, held, inside)


def _across(first: carla.Waypoint, last: carla.Waypoint) -> Iterator[tuple[float, float, float, float]]:
    """x, y, 0 and half width along a lane through a junction, metres."""
    length = abs(last.s - first.s)
    places = [first, *first.next_until_lane_end(_STEP_M)] if length > 0.0 else [first]
    for waypoint in places:
        if waypoint.road_id == first.road_id:
            place = waypoint.transform.location
            yield place.x, place.y, 0.0, waypoint.lane_width / 2.0


def _back_from(before: carla.Waypoint) -> Iterator[tuple[float, float, float, float]]:
    """x, y, distance to the junction and half width back along a lane, up to the junction before it."""
    away, waypoint = _STEP_M, before
    while away <= SEEN_M and not waypoint.is_junction:
        place = waypoint.transform.location
        yield place.x, place.y, away, 0.4 * waypoint.lane_width
        behind = waypoint.previous(_STEP_M)
        if not behind:
            return
        waypoint, away = behind[0], away + _STEP_M


def _extent(discs: list[tuple[float, float, float, float, int]]) -> tuple[Floats, tuple[int, int]]:
    """Origin and shape of a grid that holds all discs."""
    if not discs:
        return np.zeros(2), (1, 1)
    points = np.array([disc[:2] for disc in discs])
    low, high = np.floor(points.min(axis=0)) - 4.0, np.ceil(points.max(axis=0)) + 4.0
    columns, rows = np.ceil((high - low) / CELL_M).astype(int) + 1
    return low, (int(rows), int(columns))


def _disc(grid: Grid, origin: Floats, x: float, y: float, radius: float, value: int) -> None:
    """Writes a value into the cells whose middle lies within a radius."""
    column, row = (x - origin[0]) / CELL_M, (y - origin[1]) / CELL_M
    reach = radius / CELL_M
    columns = np.arange(int(np.ceil(column - reach)), int(np.floor(column + reach)) + 1)
    rows = np.arange(int(np.ceil(row - reach)), int(np.floor(row + reach)) + 1)
    near = (columns[None] - column) ** 2 + (rows[:, None] - row) ** 2 <= reach**2
    grid[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1][near] = value
