"""IMU: accelerometer, gyroscope and compass as CARLA's `sensor.other.imu` gives them, with its noise.

Axes: x forward, y right, z up, left-handed as Unreal's; rates by the component form v = w x r, so that
w = (0, 0, 1) turns right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sim_bridge.server.sensors.limits import bounded
from sim_bridge.server.wire.actors import Description

Floats = npt.NDArray[np.float64]
Vector3 = tuple[float, float, float]

_MOST_NOISE = 1e6
GRAVITY = 9.81


@dataclass(frozen=True)
class ImuNoise:
    """Attributes of `sensor.other.imu`; standard deviations and biases per axis, m/s2 and rad/s."""

    accelerometer_stddev: Vector3 = (0.0, 0.0, 0.0)
    gyroscope_stddev: Vector3 = (0.0, 0.0, 0.0)
    gyroscope_bias: Vector3 = (0.0, 0.0, 0.0)


def imu_noise(description: Description) -> ImuNoise:
    """The noise that an IMU's attributes ask for.

    Raises:
        WireError: noise beyond all measure.
    """

    def triple(name: str) -> Vector3:
        x, y, z = (bounded(description, f"noise_{name}_{axis}", -_MOST_NOISE, _MOST_NOISE) for axis in "xyz")
        return x, y, z

    return ImuNoise(triple("accel_stddev"), triple("gyro_stddev"), triple("gyro_bias"))


class ImuMeasurement(NamedTuple):
    """Accelerometer (3,) m/s2 and gyroscope (3,) rad/s in the sensor's axes; compass in rad, 0 to 2 pi."""

    accelerometer: Floats
    gyroscope: Floats
    compass: float


def acceleration_at(
    acceleration: Floats, angular_velocity: Floats, angular_acceleration: Floats, lever: Floats
) -> Floats:
    """(3,) m/s2, world, of a point of a rigid body `lever` (3,) m away from where `acceleration` holds."""
    tangential = np.cross(angular_acceleration, lever)
    centripetal = np.cross(angular_velocity, np.cross(angular_velocity, lever))
    result: Floats = acceleration + tangential + centripetal
    return result


def compass(forward_x: float, forward_y: float) -> float:
    """Heading in rad from north over east, 0 to 2 pi; CARLA's north is (0, -1, 0)."""
    return math.atan2(forward_x, -forward_y) % (2.0 * math.pi)


def measured(
    world_from_sensor: Floats,
    acceleration: Floats,
    angular_velocity: Floats,
    noise: ImuNoise,
    generator: np.random.Generator,
    gravity: float = GRAVITY,
) -> ImuMeasurement:
    """What an IMU reads.

    Args:
        world_from_sensor: (3, 3) rotation.
        acceleration: (3,) m/s2 of the sensor, world; at rest the accelerometer reads +gravity along z.
        angular_velocity: (3,) rad/s, world.
        noise: deviations and biases in the sensor's axes.
        generator: always gives six numbers, so that one deviation does not shift another's series.
        gravity: m/s2.
    """
    draws = generator.standard_normal(6)
    felt = world_from_sensor.T @ (acceleration + np.array([0.0, 0.0, gravity]))
    turning = world_from_sensor.T @ angular_velocity
    return ImuMeasurement(
        accelerometer=felt + np.asarray(noise.accelerometer_stddev) * draws[:3],
        gyroscope=turning + noise.gyroscope_bias + np.asarray(noise.gyroscope_stddev) * draws[3:],
        compass=compass(float(world_from_sensor[0, 0]), float(world_from_sensor[1, 0])),
    )
