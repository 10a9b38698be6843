"""Roundabouts: a one-way ring between as many junctions as streets meet on it."""

from __future__ import annotations

import math
from itertools import pairwise

from sim_bridge.server.maps.towns.paths import Point
from sim_bridge.server.maps.towns.plan import Control, JunctionPlan, Profile, Street

# From each junction's middle along the ring, and out along the street.
RING_SETBACK_M = 9.0
STREET_SETBACK_M = 15.0


def ring_junctions(
    name: str, centre: Point, z: float, radius_m: float, arms: dict[str, float]
) -> tuple[JunctionPlan, ...]:
    """The junctions on a ring, at its inner edge.

    Args:
        name: of the roundabout; its junctions are called `{name}_{arm}`.
        centre: of the ring, metres.
        z: its height, metres.
        radius_m: of the inner edge.
        arms: names of the streets that meet there, and at which angle (degrees counter-clockwise from +x).
    """
    return tuple(
        JunctionPlan(
            f"{name}_{index}",
            centre[0] + radius_m * math.cos(math.radians(angle)),
            centre[1] + radius_m * math.sin(math.radians(angle)),
            z,
            Control.SIGNS,
            give_way=(street,),
        )
        for index, (street, angle) in enumerate(sorted(arms.items(), key=lambda item: item[1]))
    )


def ring_streets(
    name: str, centre: Point, junctions: tuple[JunctionPlan, ...], profile: Profile, limit_kmh: int
) -> tuple[Street, ...]:
    """The pieces of the ring, counter-clockwise from junction to junction.

    Args:
        name: of the roundabout; its pieces are called `{name} 1` and so on.
        centre: of the ring, metres.
        junctions: from `ring_junctions`.
        profile: of a one-way street.
        limit_kmh: speed limit.
    """
    return tuple(
        Street(
            f"{name} {number}",
            before.name,
            after.name,
            profile,
            (),
            limit_kmh,
            limit_kmh,
            around=centre,
            start_setback_m=RING_SETBACK_M,
            end_setback_m=RING_SETBACK_M,
        )
        for number, (before, after) in enumerate(pairwise((*junctions, junctions[0])), start=1)
    )
