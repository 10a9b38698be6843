"""The stripes of crosswalks, on whatever they cross."""

from __future__ import annotations

from collections.abc import Iterator

import carla
import numpy as np

from sim_bridge.server.maps.crosswalks import STRIPE_M, crosswalk_outlines, stripes
from sim_bridge.server.maps.ground import GroundGrid
from sim_bridge.server.maps.scenery.surfaces import WHITE_PAINT, Patch, ribbon

# A road's chords and a junction's floor follow the ground to two centimetres.
ABOVE_GROUND_M = 0.015
_ROWS = 4


def crosswalk_paint(carla_map: carla.Map, ground: GroundGrid) -> Iterator[Patch]:
    """All stripes of a map."""
    for outline in crosswalk_outlines(carla_map):
        x, y, z = (float(v) for v in outline.mean(axis=0))
        road = carla_map.get_waypoint(carla.Location(x, y, z))
        if road is None:
            continue
        forward = road.transform.get_forward_vector()
        heading = np.array([forward.x, forward.y])
        heading /= max(float(np.linalg.norm(heading)), 1e-9)
        share = np.linspace(0.0, 1.0, _ROWS)[:, None]
        for corners in stripes(outline, heading):
            left, right = (corners[start] * (1.0 - share) + corners[start + 1] * share for start in (0, 2))
            for side in (left, right):
                side[:, 2] = ground.surface(side)[0] + ABOVE_GROUND_M
            length = share[:, 0] * float(np.linalg.norm(corners[1] - corners[0]))
            yield ribbon(left, right, length, (0.0, STRIPE_M), WHITE_PAINT)
