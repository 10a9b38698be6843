"""Whose fault a collision was."""

from types import SimpleNamespace

import carla
import pytest

from data.types import Pose2
from sim_bridge.collisions import CollisionJudge

EAST = Pose2(0.0, 0.0, 0.0)


def contact(frame, x, y, other=7, kind="vehicle.audi.tt"):
    """With an actor at (x, y) in right-handed world axes."""
    actor = SimpleNamespace(id=other, type_id=kind, get_location=lambda: carla.Location(x, -y, 0.0))
    return SimpleNamespace(frame=frame, other_actor=actor, normal_impulse=carla.Vector3D(3.0, 4.0, 0.0))


def judged(events, speed=5.0, pose=EAST):
    judge = CollisionJudge()
    judge.remember(9, speed, pose)
    return judge.judge(events)


def test_running_into_the_car_ahead_is_the_egos_fault():
    (event,) = judged([contact(10, 5.0, 0.0)])
    assert event.at_fault
    assert event.impulse_ns == pytest.approx(5.0)
    assert (event.other_id, event.other_kind) == (7, "vehicle.audi.tt")


def test_being_hit_from_behind_is_not():
    assert not judged([contact(10, -4.0, 0.5)])[0].at_fault
    west = Pose2(0.0, 0.0, 3.1415926)
    assert not judged([contact(10, 4.0, 0.5)], pose=west)[0].at_fault


def test_a_stopped_ego_is_not_to_blame():
    assert not judged([contact(10, 5.0, 0.0)], speed=0.05)[0].at_fault


def test_the_speed_before_the_contact_counts():
    judge = CollisionJudge()
    judge.remember(9, 6.0, EAST)
    judge.remember(10, 0.0, EAST)
    assert judge.judge([contact(10, 5.0, 0.0)])[0].at_fault


def test_what_stands_by_the_road_has_no_fault_and_no_number():
    (event,) = judged([contact(10, -4.0, 0.0, kind="static.wall")])
    assert event.at_fault
    assert event.other_id == 0


def test_a_lasting_contact_counts_once_and_anew_after_a_pause():
    judge = CollisionJudge()
    judge.remember(9, 5.0, EAST)
    assert len(judge.judge([contact(10, 5.0, 0.0), contact(10, 5.0, 0.0), contact(11, 5.0, 0.0)])) == 1
    assert judge.judge([contact(20, 5.0, 0.0)]) == ()
    assert len(judge.judge([contact(60, 5.0, 0.0)])) == 1


def test_two_others_are_two_collisions():
    assert len(judged([contact(10, 5.0, 0.0, other=7), contact(10, 5.0, 1.0, other=8)])) == 2
