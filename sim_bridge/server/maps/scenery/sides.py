"""The sides of streets, along which things are placed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from sim_bridge.server.maps.cross_sections import Grid, Stretch
from sim_bridge.server.maps.road_network import PAVED, RAISED
from sim_bridge.server.transforms import Floats


@dataclass(frozen=True, eq=False)
class Side:
    """One side of a street: its outer edge, in driving direction of that side, and what lies there.

    Attributes:
        grid: cross-sections of the section.
        border: index of the outermost border.
        kerb: index of the border between road and walk, or of the outermost border.
        sign: 1 on the right of the reference line, -1 on the left.
        walk: whether it has a walk.
        district: of its road.
    """

    grid: Grid
    border: int
    kerb: int
    sign: float
    walk: bool
    district: str

    @property
    def length(self) -> float:
        """Metres."""
        return float(self.grid.s[-1] - self.grid.s[0])

    @property
    def walk_m(self) -> float:
        """Width of its walk at its narrower end, metres."""
        walk = self.grid.line(self.border, 0.0) - self.grid.line(self.kerb, 0.0)
        return float(np.linalg.norm(walk, axis=1).min())

    def at(self, s: float, outwards: float, border: int) -> tuple[float, float, float, float]:
        """x, y, z of a point beside a border (m) and the yaw that looks to the road (rad)."""
        x, y, z, yaw = self.all_at(np.array([s]), outwards, border)[0].tolist()
        return x, y, z, yaw

    def all_at(self, s: Floats, outwards: float, border: int) -> Floats:
        """(n, 4) x, y, z of points beside a border (m) and the yaws that look to the road (rad)."""
        here = self.grid.s[0] + s
        right = np.column_stack([np.interp(here, self.grid.s, self.grid.right[:, axis]) for axis in (0, 1)])
        towards = -self.sign * right
        yaw = np.arctan2(towards[:, 1], towards[:, 0])
        return np.column_stack([self.grid.line(border, self.sign * outwards, here), yaw])


def sides_of(part: Stretch) -> Iterator[Side]:
    """The sides that have a paved or raised lane."""
    lanes = part.section.lanes
    for sign, order in ((1.0, range(len(lanes) - 1, -1, -1)), (-1.0, range(len(lanes)))):
        outer = next((i for i in order if lanes[i].kind in PAVED | RAISED), None)
        if outer is None:
            continue
        walk = lanes[outer].kind in RAISED
        near, far = (outer, outer + 1) if sign > 0.0 else (outer + 1, outer)
        yield Side(part.grid, far, near if walk else far, sign, walk, part.road.district)
