"""Where people walk a kerb above the road: the walks of roads, and the corners between them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim_bridge.server.maps.cross_sections import Stretch
from sim_bridge.server.maps.junction_shapes import JunctionShape
from sim_bridge.server.maps.road_network import NO_JUNCTION, RAISED
from sim_bridge.server.transforms import Floats


def walk_outlines(parts: Sequence[Stretch], junctions: Sequence[JunctionShape]) -> list[Floats]:
    """Outlines of (n, 3) points round all that lies a kerb higher than the road, at the kerb's foot, metres.

    Walks of roads come in pieces, one between two cross-sections each.
    """
    outlines: list[Floats] = []
    for part in parts:
        if part.road.junction_id != NO_JUNCTION:
            continue
        for index, lane in enumerate(part.section.lanes):
            if lane.kind in RAISED:
                left, right = part.grid.edges[:, index], part.grid.edges[:, index + 1]
                outlines.extend(np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1))
    corners = [outline for shape in junctions for outline in (*shape.walks, *shape.islands)]
    return [*outlines, *corners]
