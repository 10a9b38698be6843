import carla
import numpy as np
import pytest

from sim_bridge.server.maps.priority import NOWHERE, priority_junctions
from sim_bridge.server.maps.world_map import load_world_map
from sim_bridge.server.world.give_way import PATIENCE_S, STOP_S, GiveWay

STEP_S = 0.05
HALF_M = 2.3


@pytest.fixture(scope="module")
def old_town():
    return load_world_map("Nanshan03")


@pytest.fixture(scope="module")
def junctions(old_town):
    return old_town.priority_junctions


class Crossing:
    """One junction and cars put before and into it by hand.

    A car is named by the way that it goes: from which approach and how many metres its front is past the
    junction's edge, negative before it.
    """

    def __init__(self, town, sign):
        approaches = town.priority_junctions.approaches
        self.rule = GiveWay(town.priority_junctions)
        index = [a.junction for a in approaches if a.sign == sign][-1]
        self.roads = {bool(a.sign): a.road_id for a in approaches if a.junction == index}
        junction = town.priority_junctions.junction_ids[index]
        waypoint = next(
            w for w in town.carla_map.generate_waypoints(3.0) if w.is_junction and w.junction_id == junction
        )
        self.ways = waypoint.get_junction().get_waypoints(carla.LaneType.Driving)

    def place(self, signed, past_m):
        """Front and rear of a car, (2, 3)."""
        first = next(way[0] for way in self.ways if way[0].previous(0.5)[0].road_id == self.roads[signed])
        points = []
        for away in (past_m, past_m - 2.0 * HALF_M):
            at = first.next(away)[0] if away > 0.0 else first.previous(-away)[0] if away < 0.0 else first
            location = at.transform.location
            points.append((location.x, location.y, location.z))
        return np.array(points)

    def held(self, *cars, seconds=STEP_S):
        """Who is held after some time; cars are (has a sign, metres past the edge, m/s)."""
        poses = np.array([self.place(signed, past) for signed, past, _ in cars])
        speeds = np.array([speed for _, _, speed in cars])
        ids = list(range(len(cars)))
        for _ in range(round(seconds / STEP_S)):
            result = self.rule.held(ids, poses[:, 0], poses[:, 1], speeds, STEP_S)
        return result.tolist()


@pytest.fixture
def yielding(old_town):
    """A junction with a yield sign."""
    return Crossing(old_town, "205")


@pytest.fixture
def stopping(old_town):
    """A junction with a stop sign."""
    return Crossing(old_town, "206")


def test_every_sign_of_the_map_has_its_approach(old_town, junctions):
    landmarks = [
        landmark for kind in ("205", "206") for landmark in old_town.carla_map.get_all_landmarks_of_type(kind)
    ]
    signed = {(a.road_id, a.sign) for a in junctions.approaches if a.sign}
    assert signed == {(landmark.road_id, landmark.type) for landmark in landmarks}


def test_a_map_without_signs_has_no_such_junction(old_town):
    bare = old_town.xodr.replace('type="205"', 'type="101"').replace('type="206"', 'type="101"')
    found = priority_junctions(carla.Map("bare", bare))
    assert found.approaches == ()
    assert GiveWay(found).held([1], np.zeros((1, 3)), np.zeros((1, 3)), np.zeros(1), STEP_S).tolist() == [
        False
    ]


def test_far_from_every_junction_there_is_nothing(junctions):
    for grid in (junctions.seen, junctions.held, junctions.inside):
        assert junctions.at(grid, np.array([[1e6, -1e6], [-1e6, 1e6]])).tolist() == [NOWHERE, NOWHERE]


def test_nobody_is_held_at_a_yield_sign_when_nobody_comes(yielding):
    assert yielding.held((True, -6.0, 5.0)) == [False]


def test_at_a_yield_sign_a_car_waits_for_one_that_has_the_right_of_way(yielding):
    assert yielding.held((True, -6.0, 5.0), (False, -15.0, 8.0)) == [True, False]


def test_it_does_not_wait_for_one_that_stands(yielding):
    assert yielding.held((True, -6.0, 5.0), (False, -25.0, 0.0)) == [False, False]


def test_nobody_enters_while_another_is_inside(yielding):
    assert yielding.held((True, -5.0, 3.0)) == [False]
    assert yielding.held((True, 3.0, 3.0), (False, -6.0, 8.0)) == [False, True]


def test_at_a_stop_sign_a_car_stands_for_a_moment_though_nobody_comes(stopping):
    assert stopping.held((True, -6.0, 0.0)) == [True]
    assert stopping.held((True, -6.0, 0.0), seconds=STOP_S + 0.1) == [False]


def test_one_that_has_waited_long_is_let_in(yielding):
    cars = ((True, -6.0, 0.0), (False, -15.0, 8.0))
    assert yielding.held(*cars, seconds=PATIENCE_S - 1.0) == [True, False]
    assert yielding.held(*cars, seconds=2.0) == [False, False]
