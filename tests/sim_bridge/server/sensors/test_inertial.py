"""IMU: what it reads at rest, in a bend and on a slope, and its noise."""

import math

import numpy as np
import pytest

from sim_bridge.server.sensors.inertial import ImuNoise, acceleration_at, compass, measured
from sim_bridge.server.transforms import Pose, matrix

STILL = np.zeros(3)


def read(pose=None, acceleration=STILL, angular_velocity=STILL, noise=None, seed=0):
    rotation = matrix(pose or Pose())[:3, :3]
    return measured(
        rotation, acceleration, angular_velocity, noise or ImuNoise(), np.random.default_rng(seed)
    )


def test_at_rest_it_reads_gravity_upwards():
    assert read().accelerometer == pytest.approx([0.0, 0.0, 9.81])
    assert read().gyroscope == pytest.approx([0.0, 0.0, 0.0])


def test_nose_up_gravity_is_felt_forwards():
    assert read(Pose(pitch=0.1)).accelerometer == pytest.approx(
        [9.81 * math.sin(0.1), 0.0, 9.81 * math.cos(0.1)]
    )


def test_a_bend_to_the_right_is_felt_to_the_right_whatever_the_heading():
    yaw = 2.0
    to_the_right = 4.0 * np.array([-math.sin(yaw), math.cos(yaw), 0.0])
    reading = read(Pose(yaw=yaw), to_the_right, np.array([0.0, 0.0, 0.3]))
    assert reading.accelerometer == pytest.approx([0.0, 4.0, 9.81])
    assert reading.gyroscope == pytest.approx([0.0, 0.0, 0.3])


@pytest.mark.parametrize(
    ("forward", "heading"),
    [((0.0, -1.0), 0.0), ((1.0, 0.0), math.pi / 2.0), ((0.0, 1.0), math.pi), ((-1.0, 0.0), 1.5 * math.pi)],
    ids=["north", "east", "south", "west"],
)
def test_the_compass_counts_from_minus_y_over_plus_x(forward, heading):
    assert compass(*forward) == pytest.approx(heading)
    assert read(Pose(yaw=math.atan2(forward[1], forward[0]))).compass == pytest.approx(heading)


def test_a_sensor_ahead_of_the_pivot_feels_the_turn():
    spin, ahead = np.array([0.0, 0.0, 2.0]), np.array([1.5, 0.0, 0.0])
    felt = acceleration_at(STILL, spin, np.array([0.0, 0.0, 3.0]), ahead)
    assert felt == pytest.approx([-6.0, 4.5, 0.0])


def test_noise_has_the_deviation_and_bias_that_are_asked_and_repeats_with_the_seed():
    noise = ImuNoise((0.1, 0.0, 0.0), (0.0, 0.02, 0.0), (0.0, 0.0, 0.5))
    generator = np.random.default_rng(1)
    readings = [measured(np.eye(3), STILL, STILL, noise, generator) for _ in range(4000)]
    accelerometer = np.array([r.accelerometer for r in readings])
    gyroscope = np.array([r.gyroscope for r in readings])
    assert accelerometer.std(axis=0) == pytest.approx([0.1, 0.0, 0.0], rel=0.05)
    assert gyroscope.std(axis=0) == pytest.approx([0.0, 0.02, 0.0], rel=0.05)
    assert gyroscope[:, 2] == pytest.approx(np.full(4000, 0.5))
    assert np.array_equal(read(noise=noise, seed=7).accelerometer, read(noise=noise, seed=7).accelerometer)
