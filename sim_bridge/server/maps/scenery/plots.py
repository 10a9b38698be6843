"""Which ground beside the roads is still free."""

from __future__ import annotations

import math

import numpy as np

from sim_bridge.server.maps.ground import GroundGrid
from sim_bridge.server.transforms import Floats


class Plots:
    """Which ground is taken, by circles and by footprints."""

    def __init__(self, ground: GroundGrid) -> None:
        self._ground = ground
        self._footprints: list[Floats] = []
        self._centres = np.zeros((0, 3))

    def free(self, footprint: Floats, clear_of_road_m: float) -> bool:
        """Whether a footprint of (4, 2) corners is off the roads and off what stands already."""
        centre = footprint.mean(axis=0)
        reach = math.sqrt(float(((footprint - centre) ** 2).sum(axis=1).max()))
        if not self._off_road(footprint, centre, reach, clear_of_road_m):
            return False
        taken = self._centres[: len(self._footprints)]
        near = np.hypot(taken[:, 0] - centre[0], taken[:, 1] - centre[1]) < taken[:, 2] + reach
        return not any(_overlap(footprint, self._footprints[index]) for index in np.flatnonzero(near))

    def _off_road(self, footprint: Floats, centre: Floats, reach: float, clear_of_road_m: float) -> bool:
        """Whether no point of the footprint is nearer to a road than asked for."""
        if clear_of_road_m < 0.0:
            return True
        # The grid's own resolution comes on top.
        if self._ground.distance_to_road(centre[None])[0] > reach + clear_of_road_m + 2.0:
            return True
        weight = np.linspace(0.0, 1.0, 9)[:, None, None]
        rim = (footprint + weight * (np.roll(footprint, 1, axis=0) - footprint)).reshape(-1, 2)
        points = np.concatenate([rim, (rim + centre) / 2.0, centre[None]])
        return float(self._ground.distance_to_road(points).min()) >= clear_of_road_m

    def paved(self, footprint: Floats, height: float) -> bool:
        """Whether a footprint of (k, 2) corners touches what is driven or parked on; height in metres."""
        points = np.column_stack([footprint, np.full(len(footprint), height)])
        return bool(self._ground.is_paved(points).any())

    def overhangs(self, x: float, y: float, crown: float) -> bool:
        """Whether a crown of that radius reaches over a road."""
        turn = np.linspace(0.0, 2.0 * np.pi, 16, endpoint=False)
        ring = np.array([x, y]) + crown * np.column_stack([np.cos(turn), np.sin(turn)])
        height = float(self._ground.surface(np.array([[x, y]]))[0][0])
        return self.paved(ring, height)

    def take(self, footprint: Floats) -> None:
        """Marks a footprint as taken."""
        centre = footprint.mean(axis=0)
        count = len(self._footprints)
        if count == len(self._centres):
            self._centres = np.concatenate([self._centres, np.zeros((max(64, count), 3))])
        self._centres[count] = *centre, math.sqrt(float(((footprint - centre) ** 2).sum(axis=1).max()))
        self._footprints.append(footprint)


def _overlap(a: Floats, b: Floats) -> bool:
    """Whether two convex footprints overlap (separating axes; Gottschalk et al. 1996)."""
    for corners in (a, b):
        for edge in np.diff(np.vstack([corners, corners[:1]]), axis=0):
            normal = np.array([-edge[1], edge[0]])
            first, second = a @ normal, b @ normal
            if first.max() <= second.min() or second.max() <= first.min():
                return False
    return True
