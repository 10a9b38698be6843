"""Points on every lane of a map, as arrays to look things up by position."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import carla
import numpy as np
import numpy.typing as npt

from sim_bridge.server.maps.road_network import NO_JUNCTION, PAVED, RAISED, Road, borders
from sim_bridge.server.transforms import Floats

DEFAULT_LIMIT_MPS = 50.0 / 3.6
TURNING = np.radians(40.0)


@dataclass(frozen=True, eq=False)
class LaneSamples:
    """Lane centres of a map, some metres apart; CARLA's world axes.

    Attributes:
        points: (n, 3) float64, metres.
        slopes: (n, 2) float64, rise of the road in metres per metre along x and along y.
        half_widths: (n,) float64, metres.
        limits: (n,) float64, speed limit in m/s.
        driving: (n,) bool, whether the lane is driven on.
        raised: (n,) bool, whether it is a sidewalk or the like.
        turning: (n,) bool, whether the lane turns off in a junction.
        junctions: (n,) int64, id of the junction that it crosses, or -1.
    """

    points: Floats
    slopes: Floats
    half_widths: Floats
    limits: Floats
    driving: npt.NDArray[np.bool_]
    raised: npt.NDArray[np.bool_]
    turning: npt.NDArray[np.bool_]
    junctions: npt.NDArray[np.int64]


def sample_lanes(carla_map: carla.Map, roads: Sequence[Road], spacing_m: float) -> LaneSamples:
    """Samples all paved and raised lanes about every `spacing_m` along their road."""
    points, slopes, halves, limits, driving, raised, turning, junctions = ([] for _ in range(8))
    for road in roads:
        for section in road.sections:
            count = max(2, int(np.ceil((section.end_s - section.start_s) / spacing_m)) + 1)
            s = np.linspace(section.start_s, section.end_s, count)
            edges = borders(carla_map, road, section, s)
            road_limits = np.array([road.limit_at(value, DEFAULT_LIMIT_MPS) for value in s])
            for index, lane in enumerate(section.lanes):
                if lane.kind not in PAVED | RAISED:
                    continue
                left, right = edges[:, index], edges[:, index + 1]
                points.append((left + right) / 2.0)
                slopes.append(_slopes(points[-1], right - left))
                halves.append(np.linalg.norm(right - left, axis=1) / 2.0)
                limits.append(road_limits)
                driving.append(np.full(count, lane.kind == "driving"))
                raised.append(np.full(count, lane.kind in RAISED))
                turning.append(
                    np.full(count, road.junction_id != NO_JUNCTION and _turn(points[-1]) > TURNING)
                )
                junctions.append(np.full(count, road.junction_id, np.int64))
    columns = (points, slopes, halves, limits, driving, raised, turning, junctions)
    return LaneSamples(*(np.concatenate(column) for column in columns))


def _turn(line: Floats) -> float:
    """How far the heading changes from the start to the end of a line of (k, 3) points, rad."""
    first, last = line[1] - line[0], line[-1] - line[-2]
    turn = np.arctan2(last[1], last[0]) - np.arctan2(first[1], first[0])
    return float(np.abs(np.pi - (np.pi - turn) % (2.0 * np.pi)))


def _slopes(line: Floats, across: Floats) -> Floats:
    """(k, 2) gradient of the height along a line of (k, 3) points and across it."""
    slopes = np.zeros((len(line), 2))
    for way in (np.gradient(line, axis=0), across):
        square = (way[:, :2] ** 2).sum(axis=1)
        slopes += way[:, :2] * (way[:, 2] / np.maximum(square, 1e-6))[:, None]
    return slopes
