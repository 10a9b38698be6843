"""Where people walk a kerb above the road: the walks of roads, and the corners between them."""

from __future__ import annotations

from collections.abc import Sequence

from sim_bridge.server.maps.cross_sections import Stretch, lane_pieces
from sim_bridge.server.maps.junction_shapes import JunctionShape
from sim_bridge.server.maps.road_network import NO_JUNCTION, RAISED
from sim_bridge.server.transforms import Floats


def walk_outlines(parts: Sequence[Stretch], junctions: Sequence[JunctionShape]) -> list[Floats]:
    """Outlines of (n, 3) points round all that lies a kerb higher than the road, at the kerb's foot, metres.

    Walks of roads come in pieces, one between two cross-sections each.
    """
    outside = [part for part in parts if part.road.junction_id == NO_JUNCTION]
    outlines = [piece for part in outside for piece in lane_pieces(part, RAISED)]
    corners = [outline for shape in junctions for outline in (*shape.walks, *shape.islands)]
    return [*outlines, *corners]
