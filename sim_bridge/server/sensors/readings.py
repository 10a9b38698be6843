"""What GNSS and IMU of an episode read: their attributes, their noise, their place on the vehicle."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim_bridge.server.sensors import gnss, inertial
from sim_bridge.server.transforms import Floats, matrix
from sim_bridge.server.wire.actors import NO_PARENT, Description
from sim_bridge.server.wire.sensors import pack_gnss, pack_imu
from sim_bridge.server.world.actors import Actor
from sim_bridge.server.world.episode import Episode


@dataclass
class Memory:
    """What one sensor keeps between its readings.

    Attributes:
        noise: its own source of random numbers.
        next_s: elapsed time of its next reading.
        angular_velocity: (3,) rad/s of its parent one step ago.
    """

    noise: np.random.Generator
    next_s: float = 0.0
    angular_velocity: Floats | None = None


def memory_of(actor: Actor, seed: int) -> Memory:
    """The memory of a new sensor; a `noise_seed` other than 0 alone fixes the noise, whoever came before."""
    own = int(actor.description.get("noise_seed", "0")) & 0xFFFFFFFF
    return Memory(np.random.default_rng([own] if own else [seed & 0xFFFFFFFF, actor.actor_id, 1]))


def gnss_payload(episode: Episode, actor: Actor, memory: Memory) -> bytes:
    """One GNSS reading."""
    x, y, z = episode.table.pose_of(actor.actor_id)[:3]
    true = gnss.geo_location(x, y, z, episode.geo_origin)
    return pack_gnss(*gnss.measured(true, _gnss_noise(actor.description), memory.noise))


def imu_payload(episode: Episode, actor: Actor, memory: Memory, turned_by: Floats, gravity: float) -> bytes:
    """One IMU reading; `turned_by` is (3,) the angular acceleration of its parent, rad/s2."""
    table = episode.table
    world_from_sensor = matrix(table.pose_of(actor.actor_id))
    body = actor.parent_id if actor.parent_id != NO_PARENT else actor.actor_id
    row = table.row(body)
    lever = world_from_sensor[:3, 3] - table.pose[row, :3]
    turning = table.angular_velocity[row]
    acceleration = inertial.acceleration_at(table.acceleration[row], turning, turned_by, lever)
    read = inertial.measured(
        world_from_sensor[:3, :3],
        acceleration,
        turning,
        _imu_noise(actor.description),
        memory.noise,
        gravity,
    )
    return pack_imu(read.accelerometer.tolist(), read.gyroscope.tolist(), read.compass)


def _gnss_noise(description: Description) -> gnss.GnssNoise:
    def value(name: str) -> float:
        return float(description.get(f"noise_{name}", "0"))

    return gnss.GnssNoise(
        value("lat_stddev"),
        value("lon_stddev"),
        value("alt_stddev"),
        value("lat_bias"),
        value("lon_bias"),
        value("alt_bias"),
    )


def _imu_noise(description: Description) -> inertial.ImuNoise:
    def triple(name: str) -> tuple[float, float, float]:
        x, y, z = (float(description.get(f"noise_{name}_{axis}", "0")) for axis in "xyz")
        return x, y, z

    return inertial.ImuNoise(triple("accel_stddev"), triple("gyro_stddev"), triple("gyro_bias"))
