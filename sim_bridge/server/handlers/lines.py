"""What a line through the world meets."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.rays.cast import NOTHING
from sim_bridge.server.transforms import Floats
from sim_bridge.server.wire.geometry import pack_vector, read_location, read_vector
from sim_bridge.server.wire.values import Wire, WireError, number

# A line is followed through no more surfaces than this.
_MOST_CROSSED = 256
# Behind a surface the line goes on this far, metres: not to meet the same one again.
_BEYOND_M = 1e-3


def project_point(session: Session, location: Wire, direction: Wire, distance: Wire) -> Wire:
    """The first thing from a place in a direction: whether there is one, where, and its tag."""
    start = np.array(read_location(location))
    way = np.array(read_vector(direction, "direction"))
    length = float(np.linalg.norm(way))
    if length == 0.0:
        raise WireError("direction: must have a length")
    met = _met(session, start, way / length, max(number(distance, "distance"), 0.0), most=1)
    return [True, met[0]] if met else [False, [pack_vector(start.tolist()), 0]]


def cast_ray(session: Session, start: Wire, end: Wire) -> Wire:
    """Everything that a line from one place to another crosses, nearest first: where, and its tag."""
    first, last = np.array(read_location(start)), np.array(read_location(end))
    length = float(np.linalg.norm(last - first))
    return _met(session, first, (last - first) / length, length, _MOST_CROSSED) if length > 0.0 else []


def _met(session: Session, start: Floats, direction: Floats, reach_m: float, most: int) -> list[Wire]:
    """`[[x, y, z], tag]` of the surfaces along a line."""
    scene = session.episode.scenery.rays()
    moving = scene.placed(session.episode.moving())
    met: list[Wire] = []
    gone = 0.0
    while len(met) < most and gone < reach_m:
        found = scene.cast((start + gone * direction)[None], direction[None], reach_m - gone, moving)
        if found.thing[0] == NOTHING:
            break
        gone += float(found.distance[0])
        met.append([pack_vector((start + gone * direction).tolist()), int(found.tag[0])])
        gone += _BEYOND_M
    return met


HANDLERS = (project_point, cast_ray)
