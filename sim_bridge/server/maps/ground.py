"""Heights of the ground and speed limits by position, from grids over the whole map.

Where one road passes over another the map has levels: the lowest is the ground with the land around it, those
above are decks, which exist only near the lanes that they carry. A point stands on the highest level that is
not over its head.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
from numba import njit

from sim_bridge.server.maps.lane_samples import LaneSamples
from sim_bridge.server.maps.road_network import KERB_HEIGHT_M
from sim_bridge.server.transforms import Floats

CELL_M = 2.0
MARGIN_M = 160.0
MAX_NODES = 4_000_000
# Beside a road the ground keeps the road's height this far, then it is as smooth as it can be.
LEVEL_BESIDE_ROAD_M = 3.0
# Up to here from a lane's samples the nearest is found exactly, farther out to a cell's size.
EXACT_M = 12.0
# A level less than this above a point is stepped on, one more than this is over its head.
STEP_M = 1.0
# A lane this far above another one, and steeper above it than this, is a deck.
DECK_CLEARANCE_M = 2.5
DECK_SLOPE = 0.65
MAX_LEVELS = 4

# Two more than that, because the coarse search starts in the middle of a cell and shortens diagonals.
_EXACT_CELLS = int(EXACT_M / CELL_M) + 2
_DECK_REACH_CELLS = 10
# A deck's grid goes on this far beside its lanes, so that all four nodes round a point on it have heights.
_DECK_BESIDE_M = 3.0
# Cells of the grids on which the land is smoothed one after the other, in nodes, and how often.
_SMOOTHINGS = ((8, 300), (4, 60), (2, 40), (1, 30))
# Walks are told from the rest in squares of a quarter of a metre, 8 x 8 of them in a cell.
_SQUARES = 8
_STRIP_ROWS = 64


@dataclass(frozen=True, eq=False)
class GroundGrid:
    """Smooth heights on a square grid; outside of it the border's height goes on.

    Attributes:
        origin: (2,) float64, x and y of the first node, metres.
        heights: (levels, rows, columns) float32, metres, rows along y, columns along x; NaN off a deck.
        walks: (levels, rows, columns) uint64, bit 8 r + c tells whether the square in row r and column c of
            the cell behind a node is a walk, a kerb higher than `heights`.
        paved: (levels, rows, columns) uint64, likewise whether the square is driven or parked on.
        limits: (levels, rows, columns) float32, speed limit of the driving lane there or next to it, m/s.
        road_distance: (levels, rows, columns) float32, metres from the edge of the nearest paved or raised
            lane of that level, 0 on it.
    """

    origin: Floats
    heights: npt.NDArray[np.float32]
    walks: npt.NDArray[np.uint64]
    paved: npt.NDArray[np.uint64]
    limits: npt.NDArray[np.float32]
    road_distance: npt.NDArray[np.float32]

    def below(self, points: Floats) -> tuple[Floats, Floats]:
        """(n,) heights in metres and (n, 3) unit normals of what is walked and driven on under points.

        Args:
            points: (n, 3) metres; (n, 2) asks for the lowest level.
        """
        heights, normals, _ = self._look(points, self.walks)
        return heights, normals

    def surface(self, points: Floats) -> tuple[Floats, Floats]:
        """As `below`, but as if walks were as low as the road."""
        heights, normals, _ = self._look(points, self.walks[:, :0, :0])
        return heights, normals

    def levels_at(self, points: Floats) -> npt.NDArray[np.intp]:
        """(n,) the level that (n, 3) points stand on, 0 the lowest."""
        return self._look(points, self.walks[:, :0, :0])[2]

    def limit_at(self, points: Floats) -> Floats:
        """(n,) speed limits in m/s of the lanes next to (n, 2 or 3) points."""
        levels = self.levels_at(points) if len(self.heights) > 1 else 0
        result: Floats = self.limits[(levels, *self._nodes(points))].astype(np.float64)
        return result

    def is_paved(self, points: Floats) -> npt.NDArray[np.bool_]:
        """(n,) whether (n, 3) points lie on what is driven or parked on, to a quarter of a metre."""
        cells = (np.asarray(points)[:, :2] - self.origin) / CELL_M
        inside = np.all((cells >= 0.0) & (cells < (self.shape[1], self.shape[0])), axis=1)
        cells = np.where(inside[:, None], cells, 0.0)
        column, row = cells.astype(np.intp).T
        square = ((cells - np.floor(cells)) * _SQUARES).astype(np.uint64)
        bits = self.paved[self.levels_at(points), row, column] >> (
            square[:, 1] * np.uint64(_SQUARES) + square[:, 0]
        )
        found: npt.NDArray[np.bool_] = inside & (bits & np.uint64(1)).astype(np.bool_)
        return found

    def distance_to_road(self, points: Floats) -> Floats:
        """(n,) metres from (n, 2 or 3) points to the edge of the nearest lane of any level.

        At the nearest node that is; in between to the grid's resolution.
        """
        result: Floats = self.road_distance[:, *self._nodes(points)].min(axis=0).astype(np.float64)
        return result

    def distance_on_level(self, points: Floats, levels: npt.NDArray[np.intp]) -> Floats:
        """(n,) metres from (n, 2 or 3) points to the edge of the nearest lane of a level each, bilinear."""
        cells = (np.asarray(points)[:, :2] - self.origin) / CELL_M
        rows, columns = self.shape
        x, y = np.clip(cells[:, 0], 0.0, columns - 1.001), np.clip(cells[:, 1], 0.0, rows - 1.001)
        column, row = x.astype(np.intp), y.astype(np.intp)
        u, v = x - column, y - row
        at = self.road_distance
        near = at[levels, row, column] * (1.0 - u) + at[levels, row, column + 1] * u
        far = at[levels, row + 1, column] * (1.0 - u) + at[levels, row + 1, column + 1] * u
        result: Floats = near * (1.0 - v) + far * v
        return result

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns."""
        return self.heights.shape[1], self.heights.shape[2]

    def _look(
        self, points: Floats, walks: npt.NDArray[np.uint64]
    ) -> tuple[Floats, Floats, npt.NDArray[np.intp]]:
        """Heights, normals and levels of points."""
        points = np.asarray(points, dtype=np.float64)
        if points.shape[1] == 2:
            points = np.column_stack([points, np.full(len(points), -np.inf)])
        heights, normals = np.empty(len(points)), np.empty((len(points), 3))
        levels = np.empty(len(points), np.intp)
        _interpolate(np.ascontiguousarray(points), self.origin, self.heights, walks, heights, normals, levels)
        return heights, normals, levels

    def _nodes(self, points: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Rows and columns of the nearest nodes."""
        cells = np.rint((np.asarray(points)[:, :2] - self.origin) / CELL_M).astype(np.intp)
        rows, columns = self.shape
        return np.clip(cells[:, 1], 0, rows - 1), np.clip(cells[:, 0], 0, columns - 1)


def ground_of(lanes: LaneSamples, walks: Sequence[Floats], paved: Sequence[Floats]) -> GroundGrid:
    """The ground of a map: the roads' heights, and land between them that joins them.

    Args:
        lanes: samples of all its lanes.
        walks: (k, 3) outlines of what is a kerb higher than the road, metres.
        paved: (k, 3) outlines of what is driven or parked on, metres.

    Raises:
        ValueError: the map is larger than a grid may be.
    """
    low = lanes.points[:, :2].min(axis=0) - MARGIN_M
    high = lanes.points[:, :2].max(axis=0) + MARGIN_M
    columns, rows = (int(n) for n in np.ceil((high - low) / CELL_M) + 1)
    if rows * columns > MAX_NODES:
        raise ValueError(
            f"its roads spread over {(high[0] - low[0]) / 1000:.1f} x {(high[1] - low[1]) / 1000:.1f} km "
            f"with their surroundings; at most {MAX_NODES * CELL_M * CELL_M / 1e6:.0f} square kilometres fit"
        )
    x, y = low[0] + CELL_M * np.arange(columns), low[1] + CELL_M * np.arange(rows)
    nodes = np.stack(np.meshgrid(x, y), axis=-1)
    level_of_sample = levels_of(lanes, low, (rows, columns))
    heights, limits, edges = [], [], []
    for level in range(level_of_sample.max() + 1):
        among = np.flatnonzero(level_of_sample == level)
        road, edge = _road_heights(lanes, among, nodes, low)
        if level == 0:
            heights.append(_with_land(road, edge))
        else:
            heights.append(np.where(edge <= _DECK_BESIDE_M, road, np.nan))
        limits.append(_limits(lanes, among, nodes, low))
        edges.append(edge)
    ground = GroundGrid(
        origin=low,
        heights=np.array(heights, np.float32),
        walks=np.zeros((len(heights), rows, columns), np.uint64),
        paved=np.zeros((len(heights), rows, columns), np.uint64),
        limits=np.array(limits, np.float32),
        road_distance=np.array(edges, np.float32),
    )
    _mark(ground, ground.walks, walks)
    _mark(ground, ground.paved, paved)
    return ground


def levels_of(lanes: LaneSamples, low: Floats, shape: tuple[int, int]) -> npt.NDArray[np.intp]:
    """(n,) the level of each sample: 0 where no lane runs below it, 1 above a lane of level 0, and so on."""
    cells = np.rint((lanes.points[:, :2] - low) / CELL_M).astype(np.intp)
    level = np.zeros(len(cells), np.intp)
    left = np.arange(len(cells))
    for number in range(1, MAX_LEVELS):
        lowest = np.full(shape, np.inf, np.float32)
        np.minimum.at(lowest, (cells[left, 1], cells[left, 0]), lanes.points[left, 2])
        if np.ptp(lanes.points[left, 2]) < DECK_CLEARANCE_M:
            break
        above = np.zeros(len(left), np.bool_)
        for reach in range(1, _DECK_REACH_CELLS + 1):
            kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * reach + 1, 2 * reach + 1))
            around = cv2.erode(lowest, kernel)[cells[left, 1], cells[left, 0]]
            gap = reach * CELL_M - lanes.half_widths[left] - LEVEL_BESIDE_ROAD_M
            above |= lanes.points[left, 2] - around > np.maximum(DECK_CLEARANCE_M, DECK_SLOPE * gap)
        left = left[above]
        if not len(left):
            break
        level[left] = number
    return level


def _road_heights(
    lanes: LaneSamples, among: npt.NDArray[np.intp], nodes: Floats, low: Floats
) -> tuple[Floats, Floats]:
    """Heights of the road nearest to each node, and the distance from its edge, metres."""
    nearest, distance = _nearest(lanes, among, nodes, low)
    edge = np.maximum(distance - lanes.half_widths[nearest], 0.0)
    offset = nodes - lanes.points[nearest, :2]
    near = edge < EXACT_M
    road = lanes.points[nearest, 2] + np.where(near, (lanes.slopes[nearest] * offset).sum(axis=-1), 0.0)
    return road, edge


def _limits(lanes: LaneSamples, among: npt.NDArray[np.intp], nodes: Floats, low: Floats) -> Floats:
    """Limits of the nearest lane; a lane that turns off counts only where no other lane lies."""
    driving = among[lanes.driving[among]]
    if not len(driving):
        driving = np.flatnonzero(lanes.driving)
    turns = lanes.turning[driving]
    straight, turning = driving[~turns], driving[turns]
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


def _with_land(road: Floats, edge: Floats) -> Floats:
    """The roads' heights where they are, and between them a skin stretched from road to road.

    The skin is the solution of Laplace's equation, by repeated smoothing from coarse to fine.
    """
    rows, columns = road.shape
    held = (edge <= LEVEL_BESIDE_ROAD_M).astype(np.float32)
    road = road.astype(np.float32)
    land = road
    for cell, times in _SMOOTHINGS:
        size = (max(2, columns // cell), max(2, rows // cell))
        share = cv2.resize(held, size, interpolation=cv2.INTER_AREA)
        height = cv2.resize(held * road, size, interpolation=cv2.INTER_AREA) / np.maximum(share, 1e-6)
        fixed = share > 0.0
        land = cv2.resize(land, size, interpolation=cv2.INTER_LINEAR)
        for _ in range(times):
            land[fixed] = height[fixed]
            land = cv2.blur(land, (3, 3), borderType=cv2.BORDER_REPLICATE)
    return np.where(held > 0.0, road, land)


def _mark(ground: GroundGrid, squares: npt.NDArray[np.uint64], outlines: Sequence[Floats]) -> None:
    """Sets the bits of the squares inside outlines."""
    if not outlines:
        return
    levels, rows, columns = ground.heights.shape
    middles = np.array([outline.mean(axis=0) for outline in outlines])
    level = ground.levels_at(middles)
    pixels = [
        np.rint(((outline[:, :2] - ground.origin) * (_SQUARES / CELL_M) - 0.5) * 16.0).astype(np.int32)
        for outline in outlines
    ]
    spans = np.array([(line[:, 1].min(), line[:, 1].max()) for line in pixels]) / (16.0 * _SQUARES)
    for number in range(levels):
        for first in range(0, rows, _STRIP_ROWS):
            last = min(first + _STRIP_ROWS, rows)
            here = np.flatnonzero((level == number) & (spans[:, 0] < last + 1) & (spans[:, 1] > first - 1))
            if len(here):
                strip = np.zeros(((last - first) * _SQUARES, columns * _SQUARES), np.uint8)
                shift = np.array([0, first * _SQUARES * 16], np.int32)
                for index in here:
                    cv2.fillPoly(strip, [pixels[index] - shift], 1, shift=4)
                squares[number, first:last] = _packed(strip)


def _packed(strip: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """Squares of 0 or 1 as one number for each cell."""
    rows, columns = strip.shape[0] // _SQUARES, strip.shape[1] // _SQUARES
    cells = strip.reshape(rows, _SQUARES, columns, _SQUARES).transpose(0, 2, 1, 3)
    bits = np.packbits(cells.reshape(rows, columns, _SQUARES * _SQUARES), axis=-1, bitorder="little")
    return np.ascontiguousarray(bits).view("<u8")[..., 0].astype(np.uint64)


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
    points: Floats,
    origin: Floats,
    heights: npt.NDArray[np.float32],
    walks: npt.NDArray[np.uint64],
    out_heights: Floats,
    out_normals: Floats,
    out_levels: npt.NDArray[np.intp],
) -> None:
    """Bilinear heights of the level that each point stands on, and the normals of the bilinear surface."""
    levels, rows, columns = heights.shape
    for i in range(len(points)):
        x, y = (points[i, 0] - origin[0]) / CELL_M, (points[i, 1] - origin[1]) / CELL_M
        # Written so that NaN ends at a border too.
        x = min(x, columns - 1.001) if x > 0.0 else 0.0
        y = min(y, rows - 1.001) if y > 0.0 else 0.0
        column, row = int(x), int(y)
        u, v = x - column, y - row
        for level in range(levels - 1, -1, -1):
            a, b = heights[level, row, column], heights[level, row, column + 1]
            c, d = heights[level, row + 1, column], heights[level, row + 1, column + 1]
            height = (a * (1.0 - u) + b * u) * (1.0 - v) + (c * (1.0 - u) + d * u) * v
            if level > 0 and not height <= points[i, 2] + STEP_M:
                continue
            if walks.shape[1] > 0:
                square = int(v * _SQUARES) * _SQUARES + int(u * _SQUARES)
                if (walks[level, row, column] >> np.uint64(square)) & np.uint64(1):
                    height += KERB_HEIGHT_M
            slope_x = ((b - a) * (1.0 - v) + (d - c) * v) / CELL_M
            slope_y = ((c - a) * (1.0 - u) + (d - b) * u) / CELL_M
            norm = np.sqrt(1.0 + slope_x * slope_x + slope_y * slope_y)
            out_heights[i], out_levels[i] = height, level
            out_normals[i, 0], out_normals[i, 1] = -slope_x / norm, -slope_y / norm
            out_normals[i, 2] = 1.0 / norm
            break
