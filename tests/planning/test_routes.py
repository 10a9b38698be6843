"""Routes over lane graphs and the way along them."""

import numpy as np
import pytest
from planning_loop import arc, corner, lane, straight_street

from data.lane_graph import LaneGraph, Signal
from data.types import EgoState, Pose2
from planning.route import RouteNavigator, nearest_lane, plan_route, route_to


def block():
    """Two one-way squares that share their south side: at its end one goes straight on or turns left.

    Every street is 100 m, every corner an arc of 10 m radius in a junction.
    """
    quarter = np.pi / 2
    streets = {
        0: [(10, 0), (100, 0)],
        2: [(110, 10), (110, 100)],
        4: [(100, 110), (10, 110)],
        6: [(0, 100), (0, 10)],
        8: [(120, 0), (210, 0)],
    }
    corners = {
        1: arc((100, 0), 0.0, 10, quarter),
        3: arc((110, 100), quarter, 10, quarter),
        5: arc((10, 110), 2 * quarter, 10, quarter),
        7: arc((0, 10), 3 * quarter, 10, quarter),
        9: [(100, 0), (120, 0)],
        10: arc((210, 0), 0.0, 10, 4 * quarter * 0.999),
    }
    follows = {
        0: (1, 9),
        1: (2,),
        2: (3,),
        3: (4,),
        4: (5,),
        5: (6,),
        6: (7,),
        7: (0,),
        9: (8,),
        8: (10,),
        10: (8,),
    }
    lanes = [
        lane(
            i,
            streets.get(i, corners.get(i)),
            follows[i],
            in_junction=i in corners,
            limit=8.3 if i == 8 else 13.9,
        )
        for i in range(11)
    ]
    return LaneGraph("block", tuple(lanes), (Signal("south", (115.0, 3.0, 5.0), ((0, 88.0),)),))


def ego_at(x, y, yaw, speed=5.0, t=0.0):
    return EgoState(round(t * 1e9), Pose2(x, y, yaw), speed)


def test_a_route_has_its_length_a_point_every_metre_and_no_jump():
    route = plan_route(block(), Pose2(20, 0.5, 0.1), 500.0, seed=3)
    assert route.length_m == pytest.approx(500.0)
    steps = np.linalg.norm(np.diff(route.points_m, axis=0), axis=1)
    assert steps.max() < 1.01
    assert steps[:-1].min() > 0.9
    assert route.points_m[0, :2] == pytest.approx([20.0, 0.0], abs=0.01)


def test_a_route_never_leaves_the_lanes_or_their_order():
    graph = block()
    route = plan_route(graph, Pose2(20, 0, 0), 800.0, seed=1)
    changes = np.flatnonzero(np.diff(route.lane_ids))
    for index in changes:
        assert route.lane_ids[index + 1] in graph.lanes[route.lane_ids[index]].successors


def test_the_same_seed_gives_the_same_route_and_some_seeds_differ():
    lanes = [tuple(plan_route(block(), Pose2(20, 0, 0), 300.0, seed).lane_ids) for seed in (0, 0, 1, 2, 3, 4)]
    assert lanes[0] == lanes[1]
    assert len(set(lanes)) > 1


def test_junction_flags_limits_and_stop_lines_lie_where_the_lanes_have_them():
    route = route_to(block(), Pose2(20, 0, 0), Pose2(180, 0, 0))
    assert route.length_m == pytest.approx(160.0, abs=0.1)
    x = route.points_m[:, 0]
    assert (route.in_junction == ((x > 100.0) & (x <= 120.0))).mean() > 0.98
    assert route.speed_limits_mps[x > 122].max() == pytest.approx(8.3)
    (stop,) = route.stops
    assert stop.s_m == pytest.approx(78.0)


def test_the_shortest_way_is_found_around_the_block():
    route = route_to(block(), Pose2(110, 50, np.pi / 2), Pose2(50, 0, 0))
    assert list(dict.fromkeys(route.lane_ids)) == [2, 3, 4, 5, 6, 7, 0]
    behind = route_to(block(), Pose2(50, 0, 0), Pose2(30, 0, 0))
    assert list(dict.fromkeys(behind.lane_ids)) == [0, 1, 2, 3, 4, 5, 6, 7]
    assert behind.points_m[-1, :2] == pytest.approx([30.0, 0.0], abs=0.01)


def test_where_no_way_leads_the_error_names_the_lanes():
    with pytest.raises(ValueError, match="no way from lane 8 to lane 0"):
        route_to(block(), Pose2(150, 0, 0), Pose2(50, 0, 0))


def test_a_dead_end_is_told_with_what_to_do():
    with pytest.raises(ValueError, match=r"lane 0 ends 90 m after the start.*ask for a shorter route"):
        plan_route(straight_street(100), Pose2(10, 0, 0), 500.0, 0)


@pytest.mark.parametrize(("pose", "lane_id"), [((50, 1, 0.2), 0), ((109, 50, 1.5), 2), ((55, 108, 3.0), 4)])
def test_the_nearest_lane_runs_the_way_of_the_ego(pose, lane_id):
    assert nearest_lane(block(), Pose2(*pose))[0] == lane_id


def test_no_lane_near_is_an_error_with_the_place():
    with pytest.raises(ValueError, match=r"no lane within 15 m of \(50.0, 50.0\)"):
        nearest_lane(block(), Pose2(50, 50, 0))


def test_progress_on_a_route_that_crosses_itself_never_jumps():
    """A figure of eight: both passages of the crossing are the same place."""
    t = np.linspace(0.0, 4 * np.pi, 1200)
    eight = LaneGraph("eight", (lane(0, np.column_stack([100 * np.sin(t / 1), 50 * np.sin(2 * t)])),), ())
    points = eight.lanes[0].centre_m[:, :2].astype(float)
    route = plan_route(
        eight, Pose2(points[0, 0], points[0, 1], np.arctan2(*(points[1] - points[0])[::-1])), 600, 0
    )
    navigator = RouteNavigator(route)
    random = np.random.default_rng(0)
    previous = 0.0
    for index in range(0, 560):
        heading = np.arctan2(*(route.points_m[index + 1] - route.points_m[index])[1::-1])
        x, y = route.points_m[index, :2] + random.normal(0.0, 0.4, 2)
        ahead = navigator.locate(ego_at(x, y, heading, speed=20.0, t=index * 0.05))
        assert previous <= ahead.travelled_m < previous + 3.5
        assert ahead.travelled_m == pytest.approx(index, abs=3.0)
        assert ahead.remaining_m == pytest.approx(600 - index, abs=3.0)
        previous = ahead.travelled_m


def test_the_route_ahead_is_told_in_vehicle_axes():
    graph = straight_street(400, stop_at=150)
    navigator = RouteNavigator(plan_route(graph, Pose2(0, 0, 0), 390, 0), graph)
    ahead = None
    for step in range(0, 81):
        ahead = navigator.locate(ego_at(float(step), 0.5, 0.0, 20.0, step * 0.05))
    assert ahead.offset_m == pytest.approx(0.5)
    assert ahead.travelled_m == pytest.approx(80.0)
    assert ahead.s_m[0] == pytest.approx(-5.0, abs=1.0)
    assert ahead.s_m[-1] == pytest.approx(100.0, abs=1.0)
    np.testing.assert_allclose(ahead.points_m[:, 1], -0.5, atol=1e-5)
    np.testing.assert_allclose(ahead.points_m[:, 0], ahead.s_m, atol=1e-4)
    (signal,) = ahead.signals
    assert signal.stop_distance_m == pytest.approx(70.0)
    assert signal.position_m == pytest.approx((85.0, 2.5, 5.0), abs=0.01)


def test_a_signal_stays_until_the_rear_axle_passed_its_line():
    graph = straight_street(300, stop_at=100)
    navigator = RouteNavigator(plan_route(graph, Pose2(60, 0, 0), 200, 0), graph)
    seen = {}
    for step in range(0, 60):
        ahead = navigator.locate(ego_at(60.0 + step, 0.0, 0.0, 20.0, step * 0.05))
        seen[60 + step] = bool(ahead.signals)
    assert seen[99]
    assert not seen[101]


def test_on_a_slope_a_signal_appears_where_the_tilted_vehicle_sees_it():
    graph = straight_street(200, stop_at=100)
    centre = graph.lanes[0].centre_m.copy()
    centre[:, 2] = 0.1 * centre[:, 0]
    from dataclasses import replace

    hill = replace(
        graph,
        lanes=(replace(graph.lanes[0], centre_m=centre),),
        signals=(Signal("light", (100.0, 0.0, 10.0), ((0, 100.0),)),),
    )
    ahead = RouteNavigator(plan_route(hill, Pose2(50, 0, 0), 100, 0)).locate(ego_at(50, 0, 0))
    assert ahead.signals[0].position_m[2] == pytest.approx(0.0, abs=0.05)


def test_the_end_of_the_route_is_reached_with_nothing_remaining():
    graph = corner(12.0, np.pi / 2)
    route = plan_route(graph, Pose2(0, 0, 0), 170, 0)
    navigator = RouteNavigator(route)
    ahead = None
    for index, point in enumerate(route.points_m):
        nearby = route.points_m[min(index + 1, len(route.points_m) - 1)] - route.points_m[max(index - 1, 0)]
        ahead = navigator.locate(
            ego_at(point[0], point[1], np.arctan2(nearby[1], nearby[0]), 20.0, index * 0.05)
        )
    assert ahead.remaining_m == pytest.approx(0.0, abs=0.1)
