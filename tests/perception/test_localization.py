import numpy as np
import pytest

from data.geometry import wrap_angle
from data.types import EgoMeasurement, Pose2, SensorFrame
from perception.localization import EkfLocalizer

RATE_HZ = 20.0


def drive(seconds, speed=10.0, yaw_rate=0.0, gyro_bias=0.0, seed=1, gnss_m=0.5, outlier_at=()):
    """Measurements and true poses of a car on a line or circle."""
    rng = np.random.default_rng(seed)
    x = y = yaw = 0.0
    for index in range(int(seconds * RATE_HZ)):
        middle = yaw + 0.5 * yaw_rate / RATE_HZ
        x, y = x + speed / RATE_HZ * np.cos(middle), y + speed / RATE_HZ * np.sin(middle)
        yaw += yaw_rate / RATE_HZ
        jump = 30.0 if index in outlier_at else 0.0
        yield (
            EgoMeasurement(
                t_ns=int(index * 1e9 / RATE_HZ),
                position_m=(x + rng.normal(0, gnss_m) + jump, y + rng.normal(0, gnss_m), 0.0),
                yaw_rad=wrap_angle(yaw + rng.normal(0, np.deg2rad(0.5))),
                speed_mps=speed + rng.normal(0, 0.02) * (speed > 0),
                acceleration_mps2=0.0,
                yaw_rate_radps=yaw_rate + gyro_bias + rng.normal(0, np.deg2rad(0.1)),
                steering_angle_rad=0.0,
            ),
            Pose2(x, y, wrap_angle(yaw)),
        )


def errors(measurements, localizer=None):
    localizer = localizer or EkfLocalizer()
    rows = []
    for measurement, pose in measurements:
        state = localizer.update(measurement)
        gap = np.hypot(state.pose.x_m - pose.x_m, state.pose.y_m - pose.y_m)
        rows.append((gap, abs(wrap_angle(state.pose.yaw_rad - pose.yaw_rad)), state.yaw_rate_radps))
    return np.array(rows)


def test_the_first_measurement_initialises():
    measurement = EgoMeasurement(7, (3.0, -2.0, 0.5), 1.0, 4.0, 0.1, 0.2, 0.05)
    state = EkfLocalizer().update(measurement)
    assert (state.pose.x_m, state.pose.y_m, state.t_ns, state.speed_mps) == (3.0, -2.0, 7, 4.0)
    assert state.pose.yaw_rad == pytest.approx(1.0)


@pytest.mark.parametrize(("speed", "yaw_rate"), [(10.0, 0.0), (10.0, 0.15), (25.0, 0.03), (4.0, 0.4)])
def test_steady_driving_is_located_to_15_cm_and_a_third_of_a_degree(speed, yaw_rate):
    rows = np.vstack([errors(drive(40.0, speed, yaw_rate, seed=seed))[200:] for seed in range(4)])
    assert np.sqrt((rows[:, 0] ** 2).mean()) < 0.15
    assert np.sqrt((rows[:, 1] ** 2).mean()) < np.deg2rad(0.3)


def test_a_gyroscope_bias_is_learnt():
    rows = errors(drive(60.0, gyro_bias=np.deg2rad(0.3)))
    assert abs(rows[-200:, 2].mean()) < np.deg2rad(0.05)


def test_a_wild_gnss_fix_does_not_move_the_pose():
    rows = errors(drive(20.0, outlier_at=(300, 301, 302)))
    assert rows[300:310, 0].max() < 0.5


def test_a_teleported_ego_is_found_again_within_seconds():
    localizer = EkfLocalizer()
    first = list(drive(10.0))
    errors(first, localizer)
    last = first[-1][0].t_ns
    for index in range(40):
        measurement = EgoMeasurement(
            last + (index + 1) * 50_000_000, (500.0, 300.0, 0.0), 2.0, 0.0, 0.0, 0.0, 0.0
        )
        state = localizer.update(measurement)
    assert np.hypot(state.pose.x_m - 500.0, state.pose.y_m - 300.0) < 0.5


def test_a_standing_car_keeps_its_place():
    assert errors(drive(30.0, speed=0.0))[-1, 0] < 0.1


def test_heading_survives_the_turn_of_the_circle():
    rows = errors(drive(60.0, speed=5.0, yaw_rate=0.3))
    assert rows[100:, 1].max() < np.deg2rad(1.5)


def test_a_source_without_measurements_stands_at_the_origin():
    state = EkfLocalizer().localize(SensorFrame(0, 5, "video", ()))
    assert (state.pose, state.speed_mps, state.t_ns) == (Pose2(0.0, 0.0, 0.0), 0.0, 5)
