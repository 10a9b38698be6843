"""Radar: rays at random in a cone, each with the speed at which what it hits comes nearer or goes away."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from sim_bridge.server.rays.cast import NOTHING, Things
from sim_bridge.server.rays.scene import RayScene
from sim_bridge.server.sensors.lidar import in_world
from sim_bridge.server.sensors.limits import bounded, whole
from sim_bridge.server.transforms import Floats
from sim_bridge.server.wire.actors import Description

RADAR = "sensor.other.radar"
_MAX_RAYS = 1_000_000


@dataclass(frozen=True)
class RadarSettings:
    """A radar's attributes: full opening angles in degrees, metres."""

    horizontal_fov: float
    vertical_fov: float
    range_m: float
    points_per_second: int


@dataclass(frozen=True, eq=False)
class Echoes:
    """What came back.

    Attributes:
        azimuth: (n,) rad, positive to the right.
        altitude: (n,) rad.
        distance: (n,) m.
        direction: (n, 3) unit vectors, world.
        object_id: (n,) int64 of what moves, 0 for all else.
    """

    azimuth: Floats
    altitude: Floats
    distance: Floats
    direction: Floats
    object_id: np.ndarray[tuple[int], np.dtype[np.int64]]


def radar_settings(description: Description) -> RadarSettings:
    """What a radar's attributes ask for.

    Raises:
        WireError: a value that no radar can have.
    """
    return RadarSettings(
        bounded(description, "horizontal_fov", 0.0, 179.0),
        bounded(description, "vertical_fov", 0.0, 179.0),
        bounded(description, "range", 1e-3, 10_000.0),
        whole(description, "points_per_second", 0, 50_000_000),
    )


def echoes(
    settings: RadarSettings,
    delta_s: float,
    world_from_sensor: Floats,
    scene: RayScene,
    moving: Things,
    hidden: int,
    noise: np.random.Generator,
) -> Echoes:
    """What the rays of `delta_s` seconds hit, spread over the cone as `ARadar` of CARLA 0.9.16 does.

    Args:
        settings: of the radar.
        delta_s: seconds since its last message.
        world_from_sensor: (4, 4).
        scene: what stands still.
        moving: what moves.
        hidden: id of the body that the radar sits in, or 0.
        noise: chooses the rays.
    """
    count = int(min(settings.points_per_second * delta_s + 1e-6, _MAX_RAYS))
    radius, turn = noise.random((2, count))
    across = math.tan(math.radians(0.5 * settings.horizontal_fov)) * radius * np.cos(2.0 * math.pi * turn)
    up = math.tan(math.radians(0.5 * settings.vertical_fov)) * radius * np.sin(2.0 * math.pi * turn)
    length = np.sqrt(1.0 + across * across + up * up)
    local = np.column_stack([np.ones(count), across, up]) / length[:, None]
    directions = in_world(world_from_sensor, local)
    found = scene.cast(world_from_sensor[None, :3, 3], directions, settings.range_m * length, moving, hidden)
    hit = found.thing != NOTHING
    thing, local = found.thing[hit], local[hit]
    ids = np.zeros(len(thing), np.int64)
    ids[thing >= 0] = moving.instance_id[thing[thing >= 0]]
    return Echoes(
        np.arctan2(local[:, 1], local[:, 0]),
        np.arcsin(np.clip(local[:, 2], -1.0, 1.0)),
        found.distance[hit],
        directions[hit],
        ids,
    )
