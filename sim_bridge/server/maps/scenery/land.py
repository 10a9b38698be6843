"""The land between and around the roads, as one mesh: fine where it bends and near roads, else coarse."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt

from sim_bridge.server.maps.ground import CELL_M, GroundGrid
from sim_bridge.server.maps.scenery.surfaces import LAWN, Patch
from sim_bridge.server.transforms import Floats

# Squares of this many nodes along a side, halved until they are flat enough.
LARGEST = 32
HORIZON_M = 1200.0
# Near roads the land lies a little lower, so that it stays below their straight chords.
DIP_M = 0.12
DIP_WITHIN_M = 22.0
LEVEL_FROM_M = 40.0
# How far a square may lie off the land: near roads less than the dip, the farther the more.
ERROR_M = 0.05
ERROR_SLOPE = 0.012
LARGEST_ERROR_M = 0.6
NEAR_M = 10.0

_RINGS = (0.05, 0.2, 0.5, 1.0)


def land(ground: GroundGrid) -> Patch:
    """Grass over the whole map and out to the horizon."""
    heights, error = _drawn_heights(ground)
    squares = _squares(heights, error)
    corner = _corners(squares, heights.shape)
    triangles = _fans(squares, corner)
    row, column = np.nonzero(_used(triangles, heights.shape))
    number = np.full(heights.shape, -1, np.int64)
    number[row, column] = np.arange(len(row))
    xy = ground.origin + CELL_M * np.column_stack([column, row])
    points = np.column_stack([xy, heights[row, column]])
    inner = number.ravel()[triangles]
    outer, more = _horizon(points, _border(number))
    points = np.concatenate([points, outer])
    normals = ground.surface(points[:, :2])[1]
    faces = np.concatenate([inner, more]).astype(np.int32)
    return Patch(points, normals, points[:, :2].copy(), faces, LAWN)


def land_heights(ground: GroundGrid, points: Floats) -> Floats:
    """(n,) heights of the drawn land at (n, 2) points, metres, to its error."""
    heights, _ = ground.surface(points[:, :2])
    result: Floats = heights - _dip(ground.distance_to_road(points))
    return result


def _dip(distance: Floats) -> Floats:
    """How much lower than the ground the land lies, by the distance to a road, metres."""
    share = (LEVEL_FROM_M - distance) / (LEVEL_FROM_M - DIP_WITHIN_M)
    result: Floats = DIP_M * np.clip(share, 0.0, 1.0)
    return result


def _drawn_heights(ground: GroundGrid) -> tuple[Floats, Floats]:
    """The land's height at every node and how far a square may be off it, both up to whole squares."""
    distance = ground.road_distance[0]
    heights = ground.heights[0] - _dip(distance)
    error = np.clip(ERROR_M + ERROR_SLOPE * (distance - NEAR_M), ERROR_M, LARGEST_ERROR_M)
    rows, columns = heights.shape
    more = ((0, -(rows - 1) % LARGEST), (0, -(columns - 1) % LARGEST))
    return np.pad(heights, more, mode="edge"), np.pad(error, more, mode="edge")


def _squares(heights: Floats, error: Floats) -> npt.NDArray[np.int64]:
    """(n, 3) row, column and size, in nodes, of squares that cover the land and are flat enough."""
    rows, columns = (n // LARGEST for n in heights.shape)
    found, open_ = [], np.ones((rows, columns), np.bool_)
    size = LARGEST
    while size > 1:
        rough = open_ & (_off(heights, error, size) > 1.0)
        row, column = np.nonzero(open_ & ~rough)
        found.append(np.column_stack([row * size, column * size, np.full(len(row), size)]))
        open_ = rough.repeat(2, axis=0).repeat(2, axis=1)
        size //= 2
    row, column = np.nonzero(open_)
    found.append(np.column_stack([row, column, np.ones(len(row), np.int64)]))
    return np.concatenate(found)


def _off(heights: Floats, error: Floats, size: int) -> Floats:
    """How far each square is off the land, in allowed errors."""
    corner = heights[::size, ::size]
    t = np.arange(size) / size
    down = corner[:-1, None] * (1.0 - t[:, None]) + corner[1:, None] * t[:, None]
    down = down.reshape(-1, corner.shape[1])
    flat = down[:, :-1, None] * (1.0 - t) + down[:, 1:, None] * t
    flat = flat.reshape(len(down), -1)
    rows, columns = flat.shape
    off = np.abs(heights[:rows, :columns] - flat) / error[:rows, :columns]
    result: Floats = off.reshape(rows // size, size, columns // size, size).max(axis=(1, 3))
    return result


def _corners(squares: npt.NDArray[np.int64], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """Which nodes are a corner of a square."""
    corner = np.zeros(shape, np.bool_)
    row, column, size = squares.T
    for down, along in ((0, 0), (0, 1), (1, 0), (1, 1)):
        corner[row + down * size, column + along * size] = True
    return corner


def _fans(squares: npt.NDArray[np.int64], corner: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """(m, 3) nodes, as row * columns + column: each square cut up from its middle to every corner on its rim.

    So that squares of different sizes meet without gaps.
    """
    columns = corner.shape[1]
    row, column, size = squares.T
    # Corners of others along the four sides, by running sums.
    along = np.pad(corner.cumsum(axis=1), ((0, 0), (1, 0)))
    down = np.pad(corner.cumsum(axis=0), ((1, 0), (0, 0)))
    between = (
        (along[row, column + size] - along[row, column + 1])
        + (along[row + size, column + size] - along[row + size, column + 1])
        + (down[row + size, column] - down[row + 1, column])
        + (down[row + size, column + size] - down[row + 1, column + size])
    )
    plain = between == 0
    at = row * columns + column
    far = at + size * columns
    quads = np.stack([at, at + size, far, at + size, far + size, far], axis=1)[plain].reshape(-1, 3)
    fans = [quads]
    for r, c, n in squares[~plain].tolist():
        rim = _rim(corner, r, c, n)
        middle = (r + n // 2) * columns + c + n // 2
        fans.append(np.column_stack([np.full(len(rim), middle), rim, np.roll(rim, -1)]))
    return np.concatenate(fans)


def _rim(corner: npt.NDArray[np.bool_], r: int, c: int, n: int) -> npt.NDArray[np.int64]:
    """The corners round a square, once round."""
    columns = corner.shape[1]
    top = c + np.flatnonzero(corner[r, c : c + n])
    right = r + np.flatnonzero(corner[r : r + n, c + n])
    bottom = c + n - np.flatnonzero(corner[r + n, c + n : c : -1])
    left = r + n - np.flatnonzero(corner[r + n : r : -1, c])
    return np.concatenate(
        [r * columns + top, right * columns + c + n, (r + n) * columns + bottom, left * columns + c]
    )


def _used(triangles: npt.NDArray[np.int64], shape: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    used = np.zeros(shape[0] * shape[1], np.bool_)
    used[triangles] = True
    return used.reshape(shape)


def _border(number: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Numbers of the vertices round the map, once round, the first one again at the end."""
    round_ = np.concatenate([number[0], number[1:, -1], number[-1, -2::-1], number[-2::-1, 0]])
    return round_[round_ >= 0]


def _horizon(points: Floats, border: npt.NDArray[np.int64]) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Rings of vertices out to the horizon, as high as the map's border, and their triangles."""
    rim = points[border]
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    outward = (rim[:, :2] >= high - 1e-3).astype(np.float64) - (rim[:, :2] <= low + 1e-3)
    rings = [np.column_stack([rim[:, :2] + share * HORIZON_M * outward, rim[:, 2]]) for share in _RINGS]
    count = len(border)
    numbers = [border, *(len(points) + i * count + np.arange(count) for i in range(len(rings)))]
    triangles = [
        np.stack([a[:-1], a[1:], b[:-1], a[1:], b[1:], b[:-1]], axis=1).reshape(-1, 3)
        for a, b in pairwise(numbers)
    ]
    return np.concatenate(rings), np.concatenate(triangles)
