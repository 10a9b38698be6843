"""The road map as a plain lane graph: what a navigation system knows."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np

from data.arrays import Array, checked


class LineKind(IntEnum):
    """How a lane's edge is marked."""

    NONE = 0
    BROKEN = 1
    SOLID = 2
    DOUBLE = 3
    KERB = 4


@dataclass(frozen=True, eq=False)
class Lane:
    """One driving lane between two joints of the map, in driving direction.

    Attributes:
        lane_id: index of the lane in its graph.
        centre_m: (k, 3) float32 world axes, about every metre.
        width_m: (k,) float32.
        speed_limit_mps: legal limit.
        in_junction: whether it crosses a junction.
        successors: indices of the lanes that it leads to.
        predecessors: indices of the lanes that lead to it.
        left: index of the neighbour to the left with the same direction, or -1.
        right: index of the neighbour to the right with the same direction, or -1.
        left_line: marking of the left edge.
        right_line: marking of the right edge.
    """

    lane_id: int
    centre_m: Array
    width_m: Array
    speed_limit_mps: float
    in_junction: bool
    successors: tuple[int, ...]
    predecessors: tuple[int, ...]
    left: int = -1
    right: int = -1
    left_line: LineKind = LineKind.NONE
    right_line: LineKind = LineKind.NONE

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {}
        for name, shape in (("centre_m", ("k", 3)), ("width_m", ("k",))):
            object.__setattr__(self, name, checked(name, getattr(self, name), shape, np.float32, sizes))
        if len(self.centre_m) < 2:
            raise ValueError(f"lane {self.lane_id}: a centre line needs 2 points, got {len(self.centre_m)}")

    @property
    def length_m(self) -> float:
        """Length of the centre line."""
        return float(np.linalg.norm(np.diff(self.centre_m, axis=0), axis=1).sum())


@dataclass(frozen=True)
class Signal:
    """A traffic light of the map.

    Attributes:
        signal_id: the map's name for it.
        position_m: (x, y, z) of the middle of the lamp housing, world axes.
        stops: (lane index, distance along that lane in metres) of each stop line it governs.
        heads_m: middles of all its lamp housings, world axes; empty where only the one is known.
    """

    signal_id: str
    position_m: tuple[float, float, float]
    stops: tuple[tuple[int, float], ...]
    heads_m: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True)
class LaneGraph:
    """Every driving lane of a map and the signals over them.

    Attributes:
        name: of the map.
        lanes: `lanes[i].lane_id == i`.
        signals: every traffic light.
    """

    name: str
    lanes: tuple[Lane, ...]
    signals: tuple[Signal, ...]

    def __post_init__(self) -> None:
        for index, lane in enumerate(self.lanes):
            if lane.lane_id != index:
                raise ValueError(f"lane graph {self.name}: lane {index} carries id {lane.lane_id}")
            for other in (*lane.successors, *lane.predecessors):
                if not 0 <= other < len(self.lanes):
                    raise ValueError(
                        f"lane graph {self.name}: lane {index} names lane {other}, which is missing"
                    )
