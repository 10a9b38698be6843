"""Lidars: rays in a turning fan, as CARLA 0.9.16's `sensor.lidar.ray_cast` and `..._semantic` send them.

Sensor axes: x forward, y right, z up, metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from sim_bridge.server.rays.cast import NOTHING, Things
from sim_bridge.server.rays.scene import RayScene
from sim_bridge.server.renderer.scene import Array
from sim_bridge.server.sensors.limits import bounded, whole
from sim_bridge.server.transforms import Floats
from sim_bridge.server.wire.actors import Description

RAY_CAST, SEMANTIC = "sensor.lidar.ray_cast", "sensor.lidar.ray_cast_semantic"

# One message holds no more rays than this, however long the time it stands for.
_MAX_RAYS = 4_000_000

SEMANTIC_POINT = np.dtype([("point", "<f4", (3,)), ("facing", "<f4"), ("object_id", "<u4"), ("tag", "<u4")])


@dataclass(frozen=True)
class LidarSettings:
    """A lidar's attributes: metres, degrees, seconds, shares from 0 to 1."""

    channels: int
    range_m: float
    points_per_second: int
    rotation_frequency: float
    upper_fov: float
    lower_fov: float
    horizontal_fov: float
    attenuation: float = 0.0
    dropoff_general: float = 0.0
    dropoff_limit: float = 0.0
    dropoff_zero: float = 0.0
    noise_stddev: float = 0.0


@dataclass(frozen=True, eq=False)
class Sweep:
    """The rays of one message.

    Attributes:
        directions: (channels * points, 3) float64 unit vectors, sensor axes, the highest channel first.
        points: rays of each channel.
        angle_deg: where the next message goes on, 0 to the horizontal opening angle.
    """

    directions: Floats
    points: int
    angle_deg: float


def lidar_settings(description: Description) -> LidarSettings:
    """What a lidar's attributes ask for.

    Raises:
        WireError: a value that no lidar can have.
    """

    def number(name: str, low: float, high: float) -> float:
        return bounded(description, name, low, high)

    settings = LidarSettings(
        whole(description, "channels", 1, 1024),
        number("range", 1e-3, 10_000.0),
        whole(description, "points_per_second", 0, 50_000_000),
        number("rotation_frequency", 0.0, 10_000.0),
        number("upper_fov", -180.0, 180.0),
        number("lower_fov", -180.0, 180.0),
        number("horizontal_fov", 1e-3, 360.0),
    )
    if description.type_id == SEMANTIC:
        return settings
    return replace(
        settings,
        attenuation=number("atmosphere_attenuation_rate", 0.0, 1e6),
        dropoff_general=number("dropoff_general_rate", 0.0, 1.0),
        dropoff_limit=number("dropoff_intensity_limit", -1e6, 1e6),
        dropoff_zero=number("dropoff_zero_intensity", 0.0, 1.0),
        noise_stddev=number("noise_stddev", 0.0, 1e6),
    )


def sweep(settings: LidarSettings, angle_deg: float, delta_s: float) -> Sweep:
    """The rays of the `delta_s` seconds in which the fan turns on from `angle_deg`."""
    wanted = min(settings.points_per_second * delta_s, float(_MAX_RAYS)) / settings.channels
    points = math.floor(wanted + 0.5)
    if points <= 0:
        return Sweep(np.zeros((0, 3)), 0, angle_deg)
    turned = settings.rotation_frequency * settings.horizontal_fov * delta_s
    azimuth = np.radians(
        np.fmod(angle_deg + turned / points * np.arange(points), settings.horizontal_fov)
        - 0.5 * settings.horizontal_fov
    )
    if settings.channels == 1:
        altitude = np.radians([settings.upper_fov])
    else:
        altitude = np.radians(np.linspace(settings.upper_fov, settings.lower_fov, settings.channels))
    directions = np.empty((settings.channels, points, 3))
    directions[..., 0] = np.cos(altitude)[:, None] * np.cos(azimuth)
    directions[..., 1] = np.cos(altitude)[:, None] * np.sin(azimuth)
    directions[..., 2] = np.sin(altitude)[:, None]
    return Sweep(directions.reshape(-1, 3), points, math.fmod(angle_deg + turned, settings.horizontal_fov))


def in_world(world_from_sensor: Floats, directions: Floats) -> Floats:
    """(n, 3) directions in the world; sums in a fixed order, whatever the machine's linear algebra does."""
    r = world_from_sensor
    turned: Floats = (
        directions[:, 0:1] * r[:3, 0] + directions[:, 1:2] * r[:3, 1] + directions[:, 2:3] * r[:3, 2]
    )
    return turned


def semantic_points(
    settings: LidarSettings,
    swept: Sweep,
    world_from_sensor: Floats,
    scene: RayScene,
    moving: Things,
    hidden: int,
) -> tuple[Array, list[int]]:
    """(n,) of `SEMANTIC_POINT`, channel after channel, and how many each channel has.

    Args:
        settings: of the lidar.
        swept: its rays.
        world_from_sensor: (4, 4).
        scene: what stands still.
        moving: what moves; only that has ids.
        hidden: id of the body that the lidar sits in, or 0.
    """
    found = scene.cast(
        world_from_sensor[None, :3, 3],
        in_world(world_from_sensor, swept.directions),
        settings.range_m,
        moving,
        hidden,
    )
    hit = found.thing != NOTHING
    thing = found.thing[hit]
    points = np.zeros(len(thing), SEMANTIC_POINT)
    points["point"] = swept.directions[hit] * found.distance[hit, None]
    points["facing"], points["tag"] = found.facing[hit], found.tag[hit]
    moves = thing >= 0
    points["object_id"][moves] = moving.instance_id[thing[moves]]
    return points, _per_channel(hit, settings.channels)


def points(
    settings: LidarSettings,
    swept: Sweep,
    world_from_sensor: Floats,
    scene: RayScene,
    moving: Things,
    hidden: int,
    noise: np.random.Generator,
) -> tuple[Array, list[int]]:
    """(n, 4) float32 x, y, z, intensity, channel after channel, and how many each channel has.

    Intensity falls as exp(-rate * distance); first some rays are dropped at random whatever they would hit,
    then echoes of low intensity, more of them the weaker they are; the distance gets noise (`ARayCastLidar`
    of CARLA 0.9.16). See `semantic_points` for the arguments; `noise` is the sensor's own.
    """
    kept = np.ones(len(swept.directions), np.bool_)
    if settings.dropoff_general > 0.0:
        kept = noise.random(len(kept)) >= settings.dropoff_general
    shot = swept.directions[kept]
    found = scene.cast(
        world_from_sensor[None, :3, 3],
        in_world(world_from_sensor, shot),
        settings.range_m,
        moving,
        hidden,
    )
    back = found.thing != NOTHING
    distance = found.distance[back]
    intensity = np.exp(-settings.attenuation * distance)
    if settings.noise_stddev > 0.0:
        distance = distance + settings.noise_stddev * noise.standard_normal(len(distance))
    echoed = intensity > settings.dropoff_limit
    if not echoed.all():
        rise = settings.dropoff_zero / settings.dropoff_limit if settings.dropoff_limit > 0.0 else 0.0
        weak = noise.random(len(intensity)) < rise * intensity + (1.0 - settings.dropoff_zero)
        echoed |= weak
    measured = np.empty((int(np.count_nonzero(echoed)), 4), np.float32)
    measured[:, :3] = (shot[back] * distance[:, None])[echoed]
    measured[:, 3] = intensity[echoed]
    hit = np.zeros(len(kept), np.bool_)
    hit[np.flatnonzero(kept)[back][echoed]] = True
    return measured, _per_channel(hit, settings.channels)


def _per_channel(hit: np.ndarray[tuple[int], np.dtype[np.bool_]], channels: int) -> list[int]:
    counts: list[int] = np.count_nonzero(hit.reshape(channels, -1), axis=1).tolist()
    return counts
