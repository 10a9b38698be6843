"""Where vehicles can be put: on driving lanes, away from junctions, from stop lines and from one another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import carla

from sim_bridge.server.maps.road_network import NO_JUNCTION, Road
from sim_bridge.server.transforms import Pose

SPACING_M = 36.0
CLEAR_OF_ENDS_M = 26.0
APART_M = 10.0
DROP_M = 0.35

# A town of short blocks gives few such places; then these are added, still before every stop line's box.
ENOUGH = 120
CLOSE_SPACING_M = 12.0
CLOSE_TO_ENDS_M = 12.0

# Neighbouring lanes begin this much later, so that nobody is spawned beside somebody else.
_STAGGER_M = 12.0


def spawn_points(carla_map: carla.Map, roads: Sequence[Road]) -> tuple[Pose, ...]:
    """Poses in CARLA's axes, a little above the ground, in the order of roads and lanes; always the same."""
    kept: list[Pose] = []
    cells: dict[tuple[int, int], list[Pose]] = {}
    for spacing, clear in ((SPACING_M, CLEAR_OF_ENDS_M), (CLOSE_SPACING_M, CLOSE_TO_ENDS_M)):
        if len(kept) < ENOUGH:
            for pose in _candidates(carla_map, roads, spacing, clear):
                _keep(pose, kept, cells)
    return tuple(kept)


def _keep(pose: Pose, kept: list[Pose], cells: dict[tuple[int, int], list[Pose]]) -> None:
    """Keeps a pose that is far enough from all kept so far; those are sorted into cells of `APART_M`."""
    column, row = int(pose.x // APART_M), int(pose.y // APART_M)
    around = (
        other
        for i in (column - 1, column, column + 1)
        for j in (row - 1, row, row + 1)
        for other in cells.get((i, j), ())
    )
    if all(math.dist(pose[:3], other[:3]) >= APART_M for other in around):
        kept.append(pose)
        cells.setdefault((column, row), []).append(pose)


def _candidates(
    carla_map: carla.Map, roads: Sequence[Road], spacing_m: float, clear_m: float
) -> Iterator[Pose]:
    """Poses along every driving lane outside junctions."""
    for road in roads:
        if road.junction_id != NO_JUNCTION:
            continue
        for section in road.sections:
            low = max(section.start_s, clear_m)
            high = min(section.end_s, road.length - clear_m)
            for lane in section.lanes:
                if lane.kind == "driving":
                    s = low + _STAGGER_M * (abs(lane.lane_id) % 3)
                    while s < high:
                        waypoint = carla_map.get_waypoint_xodr(road.road_id, lane.lane_id, s)
                        if waypoint is not None and not waypoint.is_junction:
                            yield _pose(waypoint.transform)
                        s += spacing_m


def _pose(transform: carla.Transform) -> Pose:
    """The pose a little above a point of the road."""
    place, turn = transform.location, transform.rotation
    yaw = math.pi - (math.pi - math.radians(turn.yaw)) % math.tau
    pitch = math.pi - (math.pi - math.radians(turn.pitch)) % math.tau
    return Pose(place.x, place.y, place.z + DROP_M, pitch, yaw, 0.0)
