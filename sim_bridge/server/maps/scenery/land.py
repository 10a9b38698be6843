"""The land between and around the roads, as one mesh."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.maps.ground import CELL_M as NODE_M
from sim_bridge.server.maps.ground import GroundGrid
from sim_bridge.server.maps.scenery.surfaces import LAWN, Patch
from sim_bridge.server.transforms import Floats

CELL_M = 14.0
HORIZON_M = 1200.0
# Near roads the land lies a little lower, so that it stays below their straight chords.
DIP_M = 0.12
DIP_WITHIN_M = 22.0
LEVEL_FROM_M = 40.0


def land(ground: GroundGrid) -> Patch:
    """Grass over the whole map and out to the horizon."""
    x, y = _ticks(ground, 0), _ticks(ground, 1)
    points = np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)
    heights, normals = land_heights(ground, points), ground.below(points)[1]
    columns, rows = len(x), len(y)
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).reshape(-1, 1)
    triangles = corner + np.array([[[0, 1, columns]], [[1, columns + 1, columns]]])
    return Patch(
        np.column_stack([points, heights]), normals, points, triangles.reshape(-1, 3).astype(np.int32), LAWN
    )


def land_heights(ground: GroundGrid, points: Floats) -> Floats:
    """(n,) heights of the drawn land at (n, 2) points, metres."""
    heights, _ = ground.below(points)
    share = (LEVEL_FROM_M - ground.distance_to_road(points)) / (LEVEL_FROM_M - DIP_WITHIN_M)
    result: Floats = heights - DIP_M * np.clip(share, 0.0, 1.0)
    return result


def _ticks(ground: GroundGrid, axis: int) -> Floats:
    """Grid lines along one axis: even over the map, a few far ones out to the horizon."""
    cells = ground.heights.shape[1 - axis]
    low, high = ground.origin[axis], ground.origin[axis] + NODE_M * (cells - 1)
    inner = np.linspace(low, high, max(2, int((high - low) / CELL_M)))
    out = np.array([0.05, 0.2, 0.5, 1.0]) * HORIZON_M
    return np.concatenate([low - out[::-1], inner, high + out])
