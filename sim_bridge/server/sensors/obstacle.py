"""Obstacle sensor: how far a ball rolls straight ahead before it runs into something.

What it only rubs along, as a ball that is partly in the ground does, does not stop it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sim_bridge.server.rays.cast import NOTHING, Things
from sim_bridge.server.rays.scene import RayScene
from sim_bridge.server.sensors.lidar import in_world
from sim_bridge.server.sensors.limits import bounded, switched
from sim_bridge.server.transforms import Floats
from sim_bridge.server.wire.actors import Description

OBSTACLE = "sensor.other.obstacle"
# The ball is felt by rays on rings: things thinner than their distance may slip between them.
_RINGS = 12


@dataclass(frozen=True)
class ObstacleSettings:
    """An obstacle sensor's attributes, metres."""

    distance_m: float
    hit_radius_m: float
    only_dynamics: bool


class Obstacle(NamedTuple):
    """What is ahead.

    Attributes:
        distance_m: how far the ball's middle gets.
        instance_id: of what moves; 0 for what stands still.
        tag: its tag.
    """

    distance_m: float
    instance_id: int
    tag: int


def obstacle_settings(description: Description) -> ObstacleSettings:
    """What an obstacle sensor's attributes ask for.

    Raises:
        WireError: a value that no obstacle sensor can have.
    """
    return ObstacleSettings(
        bounded(description, "distance", 0.0, 10_000.0),
        bounded(description, "hit_radius", 0.0, 100.0),
        switched(description, "only_dynamics"),
    )


@lru_cache(maxsize=32)
def _disc(radius_m: float) -> Floats:
    """(k, 2) places right and up on a disc: its middle and rings round it."""
    places = [(0.0, 0.0)]
    for ring in range(1, _RINGS + 1 if radius_m > 0.0 else 1):
        for step in range(6 * ring):
            turn = 2.0 * math.pi * step / (6 * ring)
            # The outermost rays lie within the ball, or they would see what it only grazes.
            r = radius_m * (ring - 0.02) / _RINGS
            places.append((r * math.cos(turn), r * math.sin(turn)))
    return np.array(places)


def nearest_obstacle(
    settings: ObstacleSettings, world_from_sensor: Floats, scene: RayScene, moving: Things, hidden: int
) -> Obstacle | None:
    """What stops the ball; None if nothing does."""
    disc = _disc(settings.hit_radius_m)
    ahead = np.sqrt(np.maximum(settings.hit_radius_m**2 - (disc**2).sum(axis=1), 0.0))
    offsets = np.column_stack([np.zeros(len(disc)), disc])
    origins = world_from_sensor[None, :3, 3] + in_world(world_from_sensor, offsets)
    forward = np.repeat(world_from_sensor[None, :3, 0], len(disc), axis=0)
    found = scene.cast(
        origins,
        forward,
        settings.distance_m + ahead,
        moving,
        hidden,
        only_moving=settings.only_dynamics,
    )
    way = np.where(found.thing == NOTHING, np.inf, np.maximum(found.distance - ahead, 0.0))
    first = int(np.argmin(way))
    if not math.isfinite(way[first]):
        return None
    thing = int(found.thing[first])
    return Obstacle(
        float(way[first]), int(moving.instance_id[thing]) if thing >= 0 else 0, int(found.tag[first])
    )
