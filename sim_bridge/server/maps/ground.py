"""Heights of the ground and speed limits by position, from grids over the whole map."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from numba import njit

from sim_bridge.server.maps.lane_samples import LaneSamples
from sim_bridge.server.transforms import Floats

CELL_M = 2.0
MARGIN_M = 160.0
# Beside a road the ground keeps the road's height this far, then runs into the land's height over the next.
LEVEL_BESIDE_ROAD_M = 6.0
BLEND_M = 24.0
# Up to here from a lane's samples the nearest is found exactly, farther out to a cell's size.
EXACT_M = LEVEL_BESIDE_ROAD_M + 3.0 * CELL_M

# Two more than that, because the coarse search starts in the middle of a cell and shortens diagonals.
_EXACT_CELLS = int(EXACT_M / CELL_M) + 2
_COARSE_CELLS = 8
_SMOOTHINGS = 300


@dataclass(frozen=True, eq=False)
class GroundGrid:
    """Smooth heights on a square grid; outside of it the border's height goes on.

    Attributes:
        origin: (2,) float64, x and y of the first node, metres.
        heights: (rows, columns) float32, metres; rows along y, columns along x.
        road_distance: (rows, columns) float32, metres from the nearest paved or raised lane's edge, 0 on it.
        limits: (rows, columns) float32, speed limit of the driving lane there or next to it, m/s.
    """

    origin: Floats
    heights: npt.NDArray[np.float32]
    road_distance: npt.NDArray[np.float32]
    limits: npt.NDArray[np.float32]

    def below(self, points: Floats) -> tuple[Floats, Floats]:
        """(n,) heights in metres and (n, 3) unit normals of the ground under (n, 2 or 3) points."""
        points = np.ascontiguousarray(points, dtype=np.float64)
        heights, normals = np.empty(len(points)), np.empty((len(points), 3))
        _interpolate(points, self.origin, self.heights, heights, normals)
        return heights, normals

    def limit_at(self, points: Floats) -> Floats:
        """(n,) speed limits in m/s of the lanes next to (n, 2 or 3) points."""
        result: Floats = self.limits[self._nodes(points)].astype(np.float64)
        return result

    def distance_to_road(self, points: Floats) -> Floats:
        """(n,) metres from (n, 2 or 3) points to the nearest lane's edge, to the grid's resolution."""
        result: Floats = self.road_distance[self._nodes(points)].astype(np.float64)
        return result

    def _nodes(self, points: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Rows and columns of the nearest nodes."""
        cells = np.rint((np.asarray(points)[:, :2] - self.origin) / CELL_M).astype(np.intp)
        rows, columns = self.heights.shape
        return np.clip(cells[:, 1], 0, rows - 1), np.clip(cells[:, 0], 0, columns - 1)


def ground_of(lanes: LaneSamples) -> GroundGrid:
    """The ground of a map: the roads' heights, and gentle land between them."""
    low = lanes.points[:, :2].min(axis=0) - MARGIN_M
    high = lanes.points[:, :2].max(axis=0) + MARGIN_M
    columns, rows = np.ceil((high - low) / CELL_M).astype(int) + 1
    x, y = low[0] + CELL_M * np.arange(columns), low[1] + CELL_M * np.arange(rows)
    nodes = np.stack(np.meshgrid(x, y), axis=-1)
    everything = np.arange(len(lanes.points))
    nearest, distance = _nearest(lanes, everything, nodes, low)
    edge = np.maximum(distance - lanes.half_widths[nearest], 0.0)
    offset = nodes - lanes.points[nearest, :2]
    near = edge < LEVEL_BESIDE_ROAD_M + BLEND_M
    road = lanes.points[nearest, 2] + np.where(near, (lanes.slopes[nearest] * offset).sum(axis=-1), 0.0)
    share = np.clip((edge - LEVEL_BESIDE_ROAD_M) / BLEND_M, 0.0, 1.0)
    share = share * share * (3.0 - 2.0 * share)
    heights = road * (1.0 - share) + _land(road, edge) * share
    limits = _limits(lanes, nodes, low)
    return GroundGrid(low, heights.astype(np.float32), edge.astype(np.float32), limits.astype(np.float32))


def _limits(lanes: LaneSamples, nodes: Floats, low: Floats) -> Floats:
    """Limits of the nearest lane; a lane that turns off counts only where no other lane lies."""
    straight, turning = (np.flatnonzero(lanes.driving & (lanes.turning == turns)) for turns in (False, True))
    if not len(straight):
        straight = turning
    beside, away = _nearest(lanes, straight, nodes, low)
    limits: Floats = lanes.limits[beside]
    if len(turning):
        crossing, away_turning = _nearest(lanes, turning, nodes, low)
        use = (away > lanes.half_widths[beside]) & (away_turning < lanes.half_widths[crossing])
        limits = np.where(use, lanes.limits[crossing], limits)
    return limits


def _nearest(
    lanes: LaneSamples, among: npt.NDArray[np.intp], nodes: Floats, low: Floats
) -> tuple[npt.NDArray[np.intp], Floats]:
    """The sample next to each node and its distance: exact near the roads, to a cell's size elsewhere."""
    rows, columns = nodes.shape[:2]
    cells = np.rint((lanes.points[among, :2] - low) / CELL_M).astype(np.intp)
    sample_of_cell = np.zeros((rows, columns), np.intp)
    sample_of_cell[cells[:, 1], cells[:, 0]] = among
    empty = np.ones((rows, columns), np.uint8)
    empty[cells[:, 1], cells[:, 0]] = 0
    away, label = cv2.distanceTransformWithLabels(empty, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL)
    sample_of_label = np.zeros(label.max() + 1, np.intp)
    sample_of_label[label[empty == 0]] = sample_of_cell[empty == 0]
    nearest, distance = sample_of_label[label], away.astype(np.float64) * CELL_M
    squares, index = np.full((rows, columns), np.inf), np.zeros((rows, columns), np.intp)
    _spread(np.ascontiguousarray(lanes.points[among, :2]), low, squares, index)
    near = distance < EXACT_M
    nearest[near], distance[near] = among[index[near]], np.sqrt(squares[near])
    return nearest, distance


def _land(road: Floats, edge: Floats) -> Floats:
    """Heights between the roads: the roads' heights spread out by repeated smoothing on a coarse grid."""
    rows, columns = road.shape
    size = (max(2, columns // _COARSE_CELLS), max(2, rows // _COARSE_CELLS))
    fixed = cv2.resize((edge < CELL_M * _COARSE_CELLS).astype(np.float32), size, interpolation=cv2.INTER_AREA)
    held = cv2.resize(road.astype(np.float32), size, interpolation=cv2.INTER_AREA)
    land = held.copy()
    for _ in range(_SMOOTHINGS):
        land = cv2.blur(land, (3, 3), borderType=cv2.BORDER_REPLICATE) * (1.0 - fixed) + held * fixed
    result: Floats = cv2.resize(land, (columns, rows), interpolation=cv2.INTER_CUBIC).astype(np.float64)
    return result


@njit(cache=True)  # type: ignore[untyped-decorator]
def _spread(points: Floats, origin: Floats, squares: Floats, indices: npt.NDArray[np.intp]) -> None:
    """Tells every node within `_EXACT_CELLS` of a point its nearest point, the first of equals.

    Args:
        points: (n, 2), metres.
        origin: (2,) of the grid, metres.
        squares: (rows, columns) of the distances, `inf` before, square metres.
        indices: (rows, columns), into the points.
    """
    rows, columns = squares.shape
    for i in range(len(points)):
        x, y = points[i, 0] - origin[0], points[i, 1] - origin[1]
        column, row = int(x / CELL_M), int(y / CELL_M)
        for r in range(max(row - _EXACT_CELLS, 0), min(row + _EXACT_CELLS + 2, rows)):
            for c in range(max(column - _EXACT_CELLS, 0), min(column + _EXACT_CELLS + 2, columns)):
                u, v = c * CELL_M - x, r * CELL_M - y
                if u * u + v * v < squares[r, c]:
                    squares[r, c], indices[r, c] = u * u + v * v, i


@njit(cache=True)  # type: ignore[untyped-decorator]
def _interpolate(
    points: Floats, origin: Floats, heights: npt.NDArray[np.float32], out_heights: Floats, out_normals: Floats
) -> None:
    """Bilinear heights and the normals of the bilinear surface."""
    rows, columns = heights.shape
    for i in range(len(points)):
        x = min(max((points[i, 0] - origin[0]) / CELL_M, 0.0), columns - 1.001)
        y = min(max((points[i, 1] - origin[1]) / CELL_M, 0.0), rows - 1.001)
        column, row = int(x), int(y)
        u, v = x - column, y - row
        a, b = heights[row, column], heights[row, column + 1]
        c, d = heights[row + 1, column], heights[row + 1, column + 1]
        out_heights[i] = (a * (1.0 - u) + b * u) * (1.0 - v) + (c * (1.0 - u) + d * u) * v
        slope_x = ((b - a) * (1.0 - v) + (d - c) * v) / CELL_M
        slope_y = ((c - a) * (1.0 - u) + (d - b) * u) / CELL_M
        norm = np.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
        out_normals[i, 0], out_normals[i, 1], out_normals[i, 2] = -slope_x / norm, -slope_y / norm, 1.0 / norm
