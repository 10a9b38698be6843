"""Crosswalks of a map: their outlines, and the stripes painted inside."""

from __future__ import annotations

import carla
import numpy as np

from sim_bridge.server.transforms import Floats

STRIPE_M = 0.5
SHORTEST_STRIPE_M = 0.4


def crosswalk_outlines(carla_map: carla.Map) -> list[Floats]:
    """(k, 3) corners of each crosswalk, world axes, metres; CARLA gives them as one list of closed loops."""
    outlines: list[Floats] = []
    loop: list[tuple[float, float, float]] = []
    for place in carla_map.get_crosswalks():
        point = (place.x, place.y, place.z)
        if loop and point == loop[0]:
            if len(loop) >= 3 and np.isfinite(loop).all():
                outlines.append(np.array(loop))
            loop = []
        else:
            loop.append(point)
    return outlines


def stripes(outline: Floats, heading: Floats) -> Floats:
    """(n, 4, 3) stripes along the road, as wide as the gaps between them, inside a crosswalk.

    Args:
        outline: (k, 3) corners, convex, metres.
        heading: (2,) unit vector along the road.

    Returns:
        Corners of each: left start, left end, right start, right end, seen along the road.
    """
    across = np.array([-heading[1], heading[0]])
    middle = outline.mean(axis=0)
    flat = outline[:, :2] - middle[:2]
    u, v = flat @ heading, flat @ across
    count = int((np.ptp(v) - STRIPE_M) / (2.0 * STRIPE_M)) + 1
    first = (v.min() + v.max()) / 2.0 - (2 * count - 1) * STRIPE_M / 2.0
    found = []
    for number in range(max(count, 0)):
        sides = first + 2.0 * STRIPE_M * number + np.array([0.0, STRIPE_M])
        low, high = np.array([_span(u, v, float(side)) for side in sides]).T
        # Square ends: as far as both sides reach.
        start, end = low.max(), high.min()
        if end - start >= SHORTEST_STRIPE_M:
            found.append([(start, sides[0]), (end, sides[0]), (start, sides[1]), (end, sides[1])])
    corners = np.array(found).reshape(-1, 4, 2)
    xy = middle[:2] + corners[..., :1] * heading + corners[..., 1:] * across
    return np.concatenate([xy, np.full((*xy.shape[:2], 1), middle[2])], axis=2)


def _span(u: Floats, v: Floats, at: float) -> tuple[float, float]:
    """From where to where along u a convex outline holds the line v = at."""
    crossings = []
    for a, b in zip(range(len(u)), [*range(1, len(u)), 0], strict=True):
        if (v[a] - at) * (v[b] - at) <= 0.0 and v[a] != v[b]:
            share = (at - v[a]) / (v[b] - v[a])
            crossings.append(float(u[a] + share * (u[b] - u[a])))
    return (min(crossings), max(crossings)) if crossings else (0.0, 0.0)
