import pytest

from assistant.observers.drive_metrics import DriveMetrics
from data.types import CollisionEvent, LightState, VehicleShape
from tests.assistant.frames import StraightNavigator, result

SHAPE = VehicleShape(2.9, 3.8, 1.0, 1.9, 0.7)


def judge(facts):
    metrics = DriveMetrics(SHAPE, StraightNavigator(), 200.0)
    for frame, fact in enumerate(facts):
        metrics.on_frame(result(frame, **fact))
    return metrics


def test_distance_time_and_completion_come_from_the_true_pose():
    summary = judge([{"x": 0.5 * i} for i in range(101)]).summary()
    assert summary["distance_m"] == pytest.approx(50.0)
    assert summary["duration_s"] == pytest.approx(5.0)
    assert summary["route_completion"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("state", "runs"), [(LightState.RED, 1), (LightState.GREEN, 0), (LightState.YELLOW, 0)]
)
def test_a_red_light_is_run_when_the_front_passes_its_line_while_it_is_red(state, runs):
    facts = [{"x": 30.0 + 0.5 * i, "signals": [("7", state)]} for i in range(60)]
    assert judge(facts).red_lights_run == runs


def test_a_light_that_turns_red_behind_the_front_is_not_run():
    facts = [
        {"x": 30.0 + 0.5 * i, "signals": [("7", LightState.GREEN if i < 40 else LightState.RED)]}
        for i in range(60)
    ]
    assert judge(facts).red_lights_run == 0


def test_stopping_before_the_line_is_no_run():
    facts = [{"x": min(30.0 + 0.2 * i, 45.5), "signals": [("7", LightState.RED)]} for i in range(120)]
    assert judge(facts).red_lights_run == 0


def test_one_stretch_off_the_lane_is_one_departure_and_junctions_do_not_count():
    offsets = [0.0, 0.6, 0.7, 0.6, 0.0, 0.0, -0.9, 0.0]
    facts = [{"x": float(i), "offset": offset} for i, offset in enumerate(offsets)]
    assert judge(facts).lane_departures == 2
    inside = [{"x": float(i), "offset": 0.9, "in_junction": True} for i in range(4)]
    assert judge(inside).lane_departures == 0
    assert judge(facts).summary()["max_lane_offset_m"] == pytest.approx(0.9)


def test_a_collision_counts_once_for_each_other_and_tells_who_caused_it():
    mine = CollisionEvent("vehicle.audi.tt", 5, 900.0, at_fault=True)
    theirs = CollisionEvent("vehicle.audi.tt", 6, 900.0, at_fault=False)
    facts = [{"x": 0.0}, {"x": 1.0, "collisions": [mine]}, {"x": 2.0, "collisions": [mine, theirs]}]
    summary = judge(facts).summary()
    assert (summary["collisions"], summary["collisions_at_fault"]) == (2, 1)


def test_waiting_counts_as_one_stop():
    speeds = [10.0, 5.0, 0.0, 0.0, 0.05, 0.0, 3.0, 8.0, 0.0]
    assert judge([{"x": float(i), "speed": v} for i, v in enumerate(speeds)]).stops == 2
