"""Cross-sections of roads: where the borders of their lanes run, close enough for straight chords between."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import carla
import numpy as np

from sim_bridge.server.maps.road_network import Road, Section, borders
from sim_bridge.server.transforms import Floats

_LONGEST_ROW_M = 12.0
_CHORD_ERROR_M = 0.02


@dataclass(frozen=True, eq=False)
class Grid:
    """Cross-sections of a section of road.

    Attributes:
        s: (k,) metres along the road.
        edges: (k, lanes + 1, 3) lane borders from left to right, metres.
        right: (k, 3) unit vectors across the road, to the right.
    """

    s: Floats
    edges: Floats
    right: Floats

    def line(self, border: int, offset: float, s: Floats | None = None) -> Floats:
        """(k, 3) points `offset` metres right of a border, at all cross-sections or at (k,) values of s.

        Between cross-sections they lie on the straight line between them, as the surface does.
        """
        points = self.edges[:, border] + offset * self.right
        if s is None:
            return points
        return np.stack([np.interp(s, self.s, points[:, axis]) for axis in range(3)], axis=1)


@dataclass(frozen=True, eq=False)
class Stretch:
    """A section of a road with its cross-sections."""

    road: Road
    section: Section
    grid: Grid


def lane_pieces(part: Stretch, kinds: Collection[str]) -> Iterator[Floats]:
    """(4, 3) outlines of a stretch's lanes of some kinds, one between two cross-sections each, metres."""
    for index, lane in enumerate(part.section.lanes):
        if lane.kind in kinds:
            left, right = part.grid.edges[:, index], part.grid.edges[:, index + 1]
            yield from np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1)


def stretches(carla_map: carla.Map, roads: Sequence[Road]) -> tuple[Stretch, ...]:
    """All sections of the roads, in their order."""
    return tuple(
        Stretch(road, section, _grid(carla_map, road, section)) for road in roads for section in road.sections
    )


def _grid(carla_map: carla.Map, road: Road, section: Section) -> Grid:
    """Cross-sections close enough that chords stay within 2 cm of curves and crests."""
    fine = np.linspace(section.start_s, section.end_s, max(3, int(section.end_s - section.start_s) + 1))
    middle = borders(carla_map, road, section, fine)[:, section.lanes_on_the_left]
    step = np.gradient(fine)
    heading = np.unwrap(np.arctan2(np.gradient(middle[:, 1]), np.gradient(middle[:, 0])))
    bend = np.abs(np.gradient(heading)) / step + np.abs(np.gradient(np.gradient(middle[:, 2]) / step)) / step
    length = np.minimum(np.sqrt(8.0 * _CHORD_ERROR_M / np.maximum(bend, 1e-9)), _LONGEST_ROW_M)
    rows = np.concatenate([[0.0], np.cumsum(step[1:] / np.minimum(length[1:], length[:-1]))])
    s = np.interp(np.linspace(0.0, rows[-1], max(2, int(np.ceil(rows[-1])) + 1)), rows, fine)
    edges = borders(carla_map, road, section, s)
    across = edges[:, -1] - edges[:, 0]
    return Grid(s, edges, across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9))
