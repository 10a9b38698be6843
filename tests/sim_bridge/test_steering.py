"""The one front wheel of the house and CARLA's two."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_bridge.steering import SteeringGear

GEAR = SteeringGear(
    max_inner_rad=np.deg2rad(70.0),
    wheelbase_m=2.87,
    track_m=1.6,
    curve=np.array([[0.0, 1.0], [20.0, 0.9], [60.0, 0.8], [120.0, 0.7]]),
)


@given(st.floats(-0.9, 0.9), st.floats(0.0, 4.0))
def test_a_wheel_angle_turns_into_the_input_that_gives_it(angle, speed):
    steer = GEAR.steer(angle, speed)
    inner = abs(steer) * GEAR.share(speed) * GEAR.max_inner_rad
    outer = np.arctan2(np.tan(inner), 1.0 + np.tan(inner) * GEAR.track_m / GEAR.wheelbase_m)
    front_left = inner if angle > 0.0 else -outer  # a left turn has the left wheel inside
    if abs(steer) < 1.0:
        assert GEAR.mean_rad(front_left) == pytest.approx(angle, abs=1e-9)


def test_left_is_negative_and_the_input_stays_in_range():
    assert GEAR.steer(0.2, 0.0) < 0.0 < GEAR.steer(-0.2, 0.0)
    assert GEAR.steer(3.0, 30.0) == -1.0
    assert GEAR.steer(0.0, 10.0) == 0.0


def test_more_input_is_needed_at_speed():
    assert abs(GEAR.steer(0.1, 30.0)) > abs(GEAR.steer(0.1, 0.0))
