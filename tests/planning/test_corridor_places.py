"""Who is in the way, where and when."""

import numpy as np
import pytest
from planning_scenes import CAR, PEDESTRIAN, SHAPE, ego, objects

from data.types import ObjectClass
from planning.config import CorridorConfig
from planning.corridor import meet
from planning.memory import ObjectMemory
from planning.trajectory import path_over

CONFIG = CorridorConfig()


def straight(junction_from=None):
    x = np.arange(-3.0, 80.0)
    junction = np.zeros(len(x), bool) if junction_from is None else x >= junction_from
    return path_over(np.column_stack([x, np.zeros(len(x))]), np.full(len(x), 13.9), junction)


def bend(radius, length=80.0):
    angle = np.arange(-3.0, length) / radius
    points = np.column_stack([radius * np.sin(angle), radius * (1.0 - np.cos(angle))])
    return path_over(points, np.full(len(points), 13.9), np.zeros(len(points), bool))


def encounters(path, *rows):
    users = ObjectMemory(0.6, CONFIG.still_mps).update(objects(*rows), ego(), 0.05)
    return meet(users, path, SHAPE, CONFIG, 0.1)


def test_nobody_meets_nobody():
    assert len(encounters(straight())) == 0


def test_a_lead_is_inside_with_its_near_end_at_its_face():
    found = encounters(straight(), (CAR, 1, (30.0, 0.0), (8.0, 0.0)))
    assert found.inside.all()
    assert found.s_low_m[0, 0] == pytest.approx(30.0, abs=0.1)
    assert found.s_high_m[0, 0] == pytest.approx(34.5, abs=0.1)
    assert found.along_mps[0] == pytest.approx(8.0)
    assert found.s_low_m[0, -1] == pytest.approx(30.0 + 8.0 * found.times_s[-1], abs=0.1)


@pytest.mark.parametrize("side", [3.5, -3.5])
@pytest.mark.parametrize("speed", [10.0, 0.0, -10.0])
def test_cars_in_the_neighbouring_lanes_stay_outside(side, speed):
    assert not encounters(straight(), (CAR, 1, (30.0, side), (speed, 0.0))).inside.any()


@pytest.mark.parametrize("radius", [40.0, -40.0])
def test_an_oncoming_car_on_a_bend_keeps_its_lane(radius):
    path = bend(radius)
    index = 38
    heading = path.headings_rad[index]
    left = np.array([-np.sin(heading), np.cos(heading)])
    velocity = -9.0 * np.array([np.cos(heading), np.sin(heading)])
    assert not encounters(path, (CAR, 1, path.points_m[index] + 3.5 * left, velocity)).inside.any()


def test_in_a_junction_an_oncoming_car_is_taken_to_go_straight_on():
    """The path turns left across its lane."""
    angle = np.linspace(0.0, np.pi / 2, 20)
    arc = np.column_stack([15 + 12 * np.sin(angle), 12 * (1 - np.cos(angle))])
    points = np.concatenate(
        [
            np.column_stack([np.arange(-3.0, 15.0), np.zeros(18)]),
            arc,
            np.column_stack([np.full(30, 27.0), 12.0 + np.arange(1.0, 31.0)]),
        ]
    )
    junction = np.zeros(len(points), bool)
    junction[18:38] = True
    path = path_over(points, np.full(len(points), 13.9), junction)
    found = encounters(path, (CAR, 1, (50.0, 3.5), (-10.0, 0.0)))
    assert found.inside.any()
    assert not found.inside[0, 0]


def test_a_crossing_car_is_inside_only_while_it_crosses():
    found = encounters(straight(), (CAR, 1, (30.0, -12.0), (0.0, 8.0)))
    assert found.crossing[0]
    inside = found.times_s[found.inside[0]]
    assert inside.min() == pytest.approx(1.5, abs=0.5)
    assert inside.max() <= 2.5


def test_a_pedestrian_has_a_wider_corridor_than_a_car_has():
    assert encounters(straight(), (PEDESTRIAN, 1, (20.0, 1.6), (0.0, 0.0))).inside[0, 0]
    assert not encounters(straight(), (CAR, 1, (20.0, 2.4), (0.0, 0.0))).inside[0, 0]


def test_sideways_noise_of_a_distant_car_does_not_bring_it_into_the_lane():
    assert not encounters(straight(), (CAR, 1, (50.0, 3.5), (10.0, -0.8))).inside.any()
    assert encounters(straight(), (CAR, 1, (12.0, 3.0), (10.0, -1.5))).inside.any()


def test_a_bus_alongside_is_taken_by_its_flank():
    bus = ObjectClass.BUS
    users = ObjectMemory(0.6, 0.7).update(
        type(objects())(np.zeros((1, 4)), [1], [bus], [1], [(3.3, 2.0)], [(-9.0, 0.0)], [(10.3, 3.0)]),
        ego(),
        0.05,
    )
    assert not meet(users, straight(), SHAPE, CONFIG, 0.1).inside[0, 0]


def test_a_bus_close_ahead_is_not_taken_for_one_alongside():
    bus = ObjectClass.BUS
    users = ObjectMemory(0.6, 0.7).update(
        type(objects())(np.zeros((1, 4)), [1], [bus], [1], [(4.5, 0.2)], [(0.0, 0.0)], [(10.3, 3.0)]),
        ego(),
        0.05,
    )
    found = meet(users, straight(), SHAPE, CONFIG, 0.1)
    assert found.inside[0, 0]
    assert found.s_low_m[0, 0] == pytest.approx(4.5, abs=0.1)


def test_a_lost_object_is_moved_on_and_forgotten_after_its_time():
    memory = ObjectMemory(0.5, 0.7)
    memory.update(objects((CAR, 1, (30.0, 0.0), (5.0, 0.0))), ego(10.0), 0.05)
    for _ in range(8):
        users = memory.update(objects(), ego(10.0), 0.05)
    assert users.positions_m[0] == pytest.approx([28.0, 0.0], abs=0.01)
    for _ in range(4):
        users = memory.update(objects(), ego(10.0), 0.05)
    assert len(users) == 0


def test_a_new_number_at_the_same_place_replaces_what_was_lost():
    memory = ObjectMemory(0.5, 0.7)
    memory.update(objects((CAR, 1, (30.0, 0.0), (5.0, 0.0))), ego(), 0.05)
    users = memory.update(objects((CAR, 7, (30.4, 0.2), (5.0, 0.0))), ego(), 0.05)
    assert users.ids.tolist() == [7]


def test_a_stopped_car_keeps_the_heading_it_drove_in():
    memory = ObjectMemory(0.5, 0.7)
    memory.update(objects((CAR, 1, (30.0, 5.0), (0.0, 4.0))), ego(0.0), 0.05)
    users = memory.update(objects((CAR, 1, (30.0, 5.1), (0.0, 0.1))), ego(0.0), 0.05)
    assert users.headings_rad[0] == pytest.approx(np.pi / 2)
    assert users.frames[0] == 2


def test_a_parked_car_whose_place_wanders_is_not_turned_across_the_lane():
    memory = ObjectMemory(0.5, 0.7)
    memory.update(objects((CAR, 1, (7.5, -2.9), (0.0, -0.9))), ego(7.0), 0.05)
    users = memory.update(objects((CAR, 1, (5.4, -3.2), (0.0, -0.3))), ego(7.0), 0.05)
    assert not meet(users, straight(), SHAPE, CONFIG, 0.1).inside.any()


def test_the_velocity_of_a_vehicle_that_leaves_the_picture_is_held():
    """Its box is cut by the picture's edge, and what a tracker makes of that is wild."""
    memory = ObjectMemory(0.5, 0.7)
    memory.update(objects((CAR, 1, (9.5, -3.2), (2.0, 0.0))), ego(0.0), 0.05)
    users = memory.update(objects((CAR, 1, (4.0, -3.0), (3.0, 4.0))), ego(0.0), 0.05)
    assert users.velocities_mps[0] == pytest.approx([2.0, 0.0])


def test_who_left_the_picture_at_its_edge_is_not_remembered():
    memory = ObjectMemory(0.5, 0.7)
    memory.update(objects((CAR, 1, (4.0, 3.2), (-9.0, 0.0))), ego(), 0.05)
    assert len(memory.update(objects(), ego(), 0.05)) == 0
