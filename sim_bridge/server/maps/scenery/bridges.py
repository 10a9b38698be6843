"""What carries a deck: its underside, and pillars that stand on no road."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim_bridge.server.maps.cross_sections import Stretch
from sim_bridge.server.maps.ground import GroundGrid
from sim_bridge.server.maps.road_network import PAVED, RAISED
from sim_bridge.server.maps.scenery.road_edges import ELEVATED_M, GIRDER_M, clearance
from sim_bridge.server.maps.scenery.surfaces import CONCRETE, Patch, ribbon
from sim_bridge.server.transforms import Floats

PILLAR_RADIUS_M = 0.5
PILLAR_CLEAR_OF_ROAD_M = 1.5
PILLAR_SPACING_M = 6.0
COLUMN_SPACING_M = 9.0
LOWEST_PILLAR_M = 2.5

_SIDES = 10
_FOOT_M = 0.6


def underside(part: Stretch, ground: GroundGrid) -> Iterator[Patch]:
    """The lower faces of a stretch, where it is a bridge."""
    ends = _ends(part)
    if ends is None:
        return
    left, right, s = ends
    high = np.maximum(clearance(left, ground), clearance(right, ground)) > ELEVATED_M
    down = np.array([0.0, 0.0, -GIRDER_M])
    for row in np.flatnonzero(high[:-1] | high[1:]).tolist():
        rows = slice(row, row + 2)
        width = float(np.linalg.norm(right[row] - left[row]))
        yield ribbon(left[rows] + down, right[rows] + down, s[rows], (0.0, width), CONCRETE, swapped=True)


def pillar_feet(part: Stretch, ground: GroundGrid) -> Floats:
    """(n, 4) x, y, foot and top of pillars below a stretch, metres."""
    ends = _ends(part)
    if ends is None:
        return np.zeros((0, 4))
    left, right, s = ends
    if not (clearance((left + right) / 2.0, ground) > LOWEST_PILLAR_M).any():
        return np.zeros((0, 4))
    stations = np.arange(s[0] + PILLAR_SPACING_M / 2.0, s[-1], PILLAR_SPACING_M)
    ends_at = [
        np.column_stack([np.interp(stations, s, line[:, axis]) for axis in range(3)])
        for line in (left, right)
    ]
    width = float(np.linalg.norm(right - left, axis=1).mean())
    count = max(1, round(width / COLUMN_SPACING_M))
    share = ((np.arange(count) + 0.5) / count)[:, None, None]
    tops = (ends_at[0] * (1.0 - share) + ends_at[1] * share).reshape(-1, 3)
    foot = ground.surface(tops[:, :2])[0]
    keep = tops[:, 2] - foot > LOWEST_PILLAR_M
    # Clear of all lanes that pass below.
    levels = ground.levels_at(tops)
    for level in range(len(ground.heights) - 1):
        away = ground.distance_on_level(tops, np.full(len(tops), level))
        keep &= (levels <= level) | (away > PILLAR_RADIUS_M + PILLAR_CLEAR_OF_ROAD_M)
    table = np.column_stack([tops[:, :2], foot - _FOOT_M, tops[:, 2] - GIRDER_M])
    return table[keep]


def pillar_boxes(feet: Floats) -> Floats:
    """(n, 7) boxes round pillars: centre x, y, z, half sizes, metres, and yaw, rad."""
    x, y, foot, top = feet.T
    half = np.full(len(feet), PILLAR_RADIUS_M)
    return np.column_stack([x, y, (foot + top) / 2.0, half, half, (top - foot) / 2.0, np.zeros(len(feet))])


def pillar(x: float, y: float, foot: float, top: float) -> Patch:
    """A round pillar."""
    # Clockwise seen from above, so that outside is on the right of the way.
    angles = np.linspace(2.0 * np.pi, 0.0, _SIDES + 1)
    ring = np.column_stack([x + PILLAR_RADIUS_M * np.cos(angles), y + PILLAR_RADIUS_M * np.sin(angles)])
    high, low = (np.column_stack([ring, np.full(len(ring), z)]) for z in (top, foot))
    return ribbon(high, low, PILLAR_RADIUS_M * angles[::-1], (0.0, top - foot), CONCRETE)


def _ends(part: Stretch) -> tuple[Floats, Floats, Floats] | None:
    """(k, 3) the outermost borders that carry something on the left and right, and (k,) s."""
    solid = [i for i, lane in enumerate(part.section.lanes) if lane.kind in PAVED | RAISED]
    if not solid:
        return None
    return part.grid.edges[:, solid[0]], part.grid.edges[:, solid[-1] + 1], part.grid.s
