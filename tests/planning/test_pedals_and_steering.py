"""The controller alone."""

import numpy as np
import pytest
from planning_scenes import SHAPE, ego

from data.types import Plan
from planning.config import ControlConfig, LateralConfig, LongitudinalConfig
from planning.control import PathController, track

STRAIGHT = np.column_stack([np.arange(0.0, 40.0), np.zeros(40)])


def beside(lateral):
    """The straight path, shifted to the left."""
    return np.column_stack([STRAIGHT[:, 0], STRAIGHT[:, 1] + lateral])


def plan(t=0.0, path=STRAIGHT, target=10.0, acceleration=0.0, emergency=False):
    return Plan(round(t * 1e9), path, target, acceleration, emergency=emergency)


def run(frames, speed=10.0, controller=None, **kwargs):
    controller = controller or PathController(SHAPE)
    return [controller.control(plan(i * 0.05, **kwargs), ego(speed, i * 0.05)) for i in range(frames)]


@pytest.mark.parametrize("lateral", [-1.0, -0.3, 0.3, 1.0])
def test_the_ego_is_steered_towards_a_path_beside_it(lateral):
    assert np.sign(run(10, path=beside(lateral))[-1].steering_angle_rad) == np.sign(lateral)


def test_a_path_far_to_the_side_does_not_turn_the_wheels_beyond_their_limit():
    for speed in (0.0, 2.0, 10.0, 30.0):
        angle = run(60, speed=speed, path=beside(30.0))[-1].steering_angle_rad
        assert abs(angle) <= SHAPE.max_steering_angle_rad
        curvature = np.tan(angle) / SHAPE.wheelbase_m
        assert curvature * speed**2 <= LateralConfig().lateral_acceleration_mps2 * 1.3


def test_the_steering_never_turns_faster_than_its_rate():
    angles = [one.steering_angle_rad for one in run(20, speed=3.0, path=beside(2.0))]
    assert np.abs(np.diff([0.0, *angles])).max() <= LateralConfig().rate_radps * 0.05 + 1e-9


@pytest.mark.parametrize("radius", [15.0, -15.0, 60.0])
def test_on_a_bend_the_angle_is_that_of_the_bend(radius):
    angle = np.arange(0.0, 30.0) / radius
    path = np.column_stack([radius * np.sin(angle), radius * (1.0 - np.cos(angle))])
    controller = PathController(SHAPE)
    for i in range(30):
        state = ego(4.0, i * 0.05, yaw_rate_radps=4.0 / radius)
        control = controller.control(plan(i * 0.05, path=path), state)
    assert control.steering_angle_rad == pytest.approx(np.arctan(SHAPE.wheelbase_m / radius), rel=0.1)


@pytest.mark.parametrize(("lateral", "heading"), [(0.0, 0.0), (0.7, 0.0), (-0.4, 0.1), (0.2, -0.3)])
def test_offset_and_heading_against_a_path_are_told_with_their_signs(lateral, heading):
    c, s = np.cos(heading), np.sin(heading)
    path = (STRAIGHT - (3.0, 0.0)) @ np.array([[c, s], [-s, c]]) + (-lateral * -s, -lateral * c)
    state = track(path, 2.0)
    assert state.offset_m == pytest.approx(lateral, abs=0.02)
    assert state.heading_rad == pytest.approx(-heading, abs=1e-6)
    assert state.curvature_per_m == pytest.approx(0.0, abs=1e-6)


def test_a_plan_without_a_path_keeps_the_wheels_calm():
    control = run(5, path=np.zeros((0, 2)))[-1]
    assert control.steering_angle_rad == 0.0


@pytest.mark.parametrize("acceleration", [-8.0, -3.0, -0.1, 0.0, 0.5, 1.8])
def test_throttle_and_brake_are_never_pressed_together(acceleration):
    for control in run(40, acceleration=acceleration):
        assert control.throttle == 0.0 or control.brake == 0.0


def test_a_demand_is_answered_by_the_right_pedal():
    assert run(10, acceleration=1.5)[-1].throttle > 0.3
    assert run(10, acceleration=-2.0)[-1].brake > 0.15


def test_an_emergency_brakes_at_once_and_fully():
    control = run(1, acceleration=-8.0, target=0.0, emergency=True)[0]
    assert control.throttle == 0.0
    assert control.brake > 0.9


def test_a_stopped_ego_is_held_without_throttle():
    controls = run(40, speed=0.0, target=0.0, acceleration=-0.8)
    assert controls[-1].brake == pytest.approx(LongitudinalConfig().hold_brake)
    assert all(one.throttle == 0.0 for one in controls)


def test_after_a_long_hold_the_ego_sets_off_gently_and_without_what_wound_up():
    controller = PathController(SHAPE)
    for i in range(400):
        controller.control(plan(i * 0.05, target=0.0, acceleration=-0.8), ego(0.0, i * 0.05))
    first = controller.control(plan(20.0, target=10.0, acceleration=0.2), ego(0.0, 20.0))
    assert first.brake == 0.0
    assert first.throttle < 0.2


def test_a_speed_that_does_not_come_does_not_wind_up_without_bound():
    """A jammed car: full demand for a minute, then a demand to slow down."""
    controller = PathController(SHAPE)
    for i in range(1200):
        held = controller.control(plan(i * 0.05, acceleration=1.8), ego(2.0, i * 0.05))
    assert held.throttle <= LongitudinalConfig().max_throttle
    for i in range(1200, 1210):
        braked = controller.control(plan(i * 0.05, acceleration=-2.0), ego(2.0, i * 0.05))
    assert braked.throttle == 0.0
    assert braked.brake > 0.1


def test_the_terms_explain_the_control():
    names = {name for name, _ in run(3, acceleration=1.0)[-1].terms}
    assert {
        "offset_m",
        "heading_rad",
        "curvature_path",
        "curvature_trim",
        "demand",
        "speed_error",
        "learnt",
    } <= names


@pytest.mark.parametrize(
    ("section", "field", "value"),
    [
        ("lateral", "rate_radps", -1.0),
        ("lateral", "damping", float("nan")),
        ("longitudinal", "hold_brake", 1.5),
        ("longitudinal", "unknown", 1.0),
    ],
)
def test_a_configuration_out_of_range_names_its_field(section, field, value):
    with pytest.raises(ValueError, match=field):
        ControlConfig.model_validate({section: {field: value}})
