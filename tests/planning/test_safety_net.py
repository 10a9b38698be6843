"""The last instance: emergencies come when they must, and only then.

The cases lie close to the thresholds on purpose: a turned comparison, a lost sign or a missing term in the
safety code fails one of them.
"""

import numpy as np
import pytest
from planning_scenes import CAR, PEDESTRIAN, SHAPE, ego, objects, route_ahead, scene

from data.types import Lanes
from planning.config import CorridorConfig, PlannerConfig, SafetyConfig
from planning.planner import RulePlanner

STEP = 0.05


def plans(things, speed=10.0, frames=6, **kwargs):
    """Plans of consecutive frames in which the scene stays as it is."""
    planner = RulePlanner(SHAPE, kwargs.pop("config", None))
    return [planner.plan(scene(i * STEP, things, speed, **kwargs)) for i in range(frames)]


def car(distance, lateral=0.0, speed=0.0, sideways=0.0, name=1):
    """A car whose near face is `distance` before the front bumper."""
    return (CAR, name, (SHAPE.front_m + distance, lateral), (speed, sideways))


@pytest.mark.parametrize(
    ("distance", "speed", "lead_speed", "emergency"),
    [
        (13.0, 10.0, 0.0, False),  # 4.1 m/s2
        (10.5, 10.0, 0.0, True),  # 5.2 m/s2
        (10.5, 10.0, 6.0, False),  # closes at 4 m/s only
        (2.5, 10.0, 6.0, True),  # 4.7 m/s2
        (10.5, 10.0, 12.0, False),  # draws away
        (1.0, 0.0, 0.0, False),  # the ego stands
        (30.0, 10.0, -10.0, True),  # comes towards the ego in its lane
    ],
)
def test_an_emergency_is_when_more_than_hard_braking_is_required(distance, speed, lead_speed, emergency):
    plan = plans(objects(car(distance, speed=lead_speed)), speed)[-1]
    assert plan.emergency == emergency


def test_an_emergency_demands_full_braking_and_says_why():
    plan = plans(objects(car(6.0)), 10.0)[-1]
    assert plan.emergency
    assert plan.acceleration_mps2 == pytest.approx(-8.0)
    assert plan.target_speed_mps == 0.0
    assert plan.reasons[0].startswith("emergency")


@pytest.mark.parametrize(
    ("lateral", "emergency"), [(0.0, True), (1.9, True), (2.1, False), (-1.9, True), (-2.1, False)]
)
def test_only_what_the_body_would_touch_is_an_emergency(lateral, emergency):
    """Half the ego, 0.1 m and half a car: 1.975 m."""
    assert plans(objects(car(6.0, lateral)), 10.0)[-1].emergency == emergency


def test_a_threat_of_a_single_frame_is_no_emergency():
    planner = RulePlanner(SHAPE)
    planner.plan(scene(0.0, None, 10.0))
    ghost = planner.plan(scene(STEP, objects(car(6.0)), 10.0))
    assert not ghost.emergency


def test_an_unconfirmed_track_is_no_emergency():
    assert not any(plan.emergency for plan in plans(objects(car(6.0, name=-1)), 10.0))


def test_what_cannot_be_measured_is_left_out():
    lost = (CAR, 1, (np.inf, np.inf), (0.0, 0.0))
    plan = plans(objects(lost), 10.0)[-1]
    assert not plan.emergency
    assert np.isfinite(plan.acceleration_mps2)


@pytest.mark.parametrize("speed", [10.0, 0.0])
def test_a_car_beside_the_ego_is_no_emergency(speed):
    assert not plans(objects((CAR, 1, (1.0, 1.0), (speed, 0.0))), 10.0)[-1].emergency


def test_a_car_that_touches_the_bumper_almost_is_an_emergency_even_at_walking_pace():
    assert plans(objects(car(-0.4)), 2.0)[-1].emergency


@pytest.mark.parametrize(
    ("lateral", "sideways", "emergency"),
    [
        (-9.5, 9.0, True),  # is in the way when the ego arrives after 0.8 s
        (-30.0, 9.0, False),  # arrives long after it
        (1.5, 9.0, False),  # is in the way now but gone by then
    ],
)
def test_of_who_crosses_only_who_is_there_at_the_same_time_is_an_emergency(lateral, sideways, emergency):
    assert plans(objects(car(8.0, lateral, 0.0, sideways)), 10.0)[-1].emergency == emergency


def test_a_pedestrian_who_runs_into_the_way_is_an_emergency():
    runner = (PEDESTRIAN, 1, (SHAPE.front_m + 8.0, -2.0), (0.0, 2.5))
    walker_away = (PEDESTRIAN, 1, (SHAPE.front_m + 8.0, -2.0), (0.0, -2.5))
    assert plans(objects(runner), 10.0)[-1].emergency
    assert not plans(objects(walker_away), 10.0)[-1].emergency


def test_an_emergency_lasts_its_time_and_then_ends():
    planner = RulePlanner(SHAPE)
    for i in range(4):
        plan = planner.plan(scene(i * STEP, objects(car(6.0)), 10.0))
    assert plan.emergency
    flags = [
        planner.plan(scene((4 + i) * STEP, objects((CAR, 1, (60.0, 0.0), (0.0, 0.0))), 9.0)).emergency
        for i in range(20)
    ]
    assert flags[:5] == [True] * 5
    assert not any(flags[10:])


def test_a_stopped_ego_is_not_kept_in_an_emergency():
    planner = RulePlanner(SHAPE)
    for i in range(4):
        planner.plan(scene(i * STEP, objects(car(6.0)), 10.0))
    assert not planner.plan(scene(4 * STEP, objects(car(1.0)), 0.0)).emergency


@pytest.mark.parametrize(("age", "stops"), [(0.0, False), (0.3, False), (0.4, True)])
def test_an_old_ego_state_leads_to_a_controlled_stop(age, stops):
    planner = RulePlanner(SHAPE)
    for i in range(10):
        t = 1.0 + i * STEP
        plan = planner.plan(scene(t, state=ego(10.0, t - age)))
    assert (plan.target_speed_mps == 0.0) == stops
    assert any("old" in reason for reason in plan.reasons) == stops


def test_a_gap_in_the_frames_and_time_that_runs_backwards_are_told():
    planner = RulePlanner(SHAPE)
    planner.plan(scene(0.0))
    assert "no frame for 1.00 s" in planner.plan(scene(1.0)).reasons
    assert any("backwards by 0.50 s" in reason for reason in planner.plan(scene(0.5)).reasons)


@pytest.mark.parametrize(("offset", "stops"), [(3.5, False), (4.5, True), (-3.5, False), (-4.5, True)])
def test_far_off_the_route_the_ego_stops(offset, stops):
    plan = plans(None, route=route_ahead(offset=offset))[-1]
    assert (plan.target_speed_mps == 0.0) == stops


def test_with_neither_route_nor_lane_the_ego_stops_after_its_time():
    results = plans(None, frames=60, route=None)
    assert results[2].target_speed_mps > 0.0
    assert results[-1].target_speed_mps == 0.0
    assert results[-1].acceleration_mps2 == pytest.approx(-2.5)


def test_a_lane_alone_is_enough():
    x = np.arange(4.0, 30.0)
    lanes = Lanes(centre_m=np.column_stack([x, 0.02 * x]), width_m=3.5, confidence=0.9)
    assert plans(None, frames=40, route=None, lanes=lanes)[-1].target_speed_mps > 0.0


def test_the_thresholds_are_the_configuration_s():
    lenient = PlannerConfig(safety=SafetyConfig(aeb_required_mps2=7.0))
    assert not plans(objects(car(10.5)), 10.0, config=lenient)[-1].emergency


@pytest.mark.parametrize("seed", range(20))
def test_whatever_the_scene_the_plan_is_finite_and_within_its_limits(seed):
    random = np.random.default_rng(seed)
    planner = RulePlanner(SHAPE)
    for i in range(30):
        count = int(random.integers(0, 12))
        rows = [
            (
                (CAR, PEDESTRIAN)[int(random.integers(2))],
                int(random.integers(-1, 6)),
                random.uniform((-10, -20), (90, 20)) if random.random() > 0.1 else (np.inf, np.inf),
                random.normal(0.0, 8.0, 2),
            )
            for _ in range(count)
        ]
        plan = planner.plan(scene(i * STEP, objects(*rows), float(random.uniform(0.0, 25.0))))
        assert -8.0 <= plan.acceleration_mps2 <= 1.81
        assert np.isfinite(plan.path_m).all()
        assert plan.target_speed_mps >= 0.0
        assert plan.reasons


def test_the_corridor_s_margin_is_wider_than_the_emergency_s():
    assert CorridorConfig().margin_m > SafetyConfig().aeb_margin_m
