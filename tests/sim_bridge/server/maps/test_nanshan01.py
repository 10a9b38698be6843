from collections import Counter

import carla
import pytest


@pytest.fixture(scope="module")
def waypoints(town):
    return town.carla_map.generate_waypoints(4.0)


def test_it_has_streets_for_ten_minutes_one_way_with_one_and_with_two_lanes_each_way(town):
    outside = [road for road in town.roads if road.junction_id == -1]
    assert sum(road.length for road in outside) > 14000.0
    lanes = Counter(sum(lane.kind == "driving" for lane in road.sections[0].lanes) for road in outside)
    assert set(lanes) == {1, 2, 4}
    kinds = {lane.kind for road in outside for section in road.sections for lane in section.lanes}
    assert kinds == {"driving", "shoulder", "sidewalk", "parking", "biking"}
    limits = {round(limit * 3.6) for road in outside for _, limit in road.limits}
    assert limits == {30, 40, 50, 60, 70, 80}


def test_hills_are_gentle(waypoints):
    assert max(abs((w.transform.rotation.pitch + 180.0) % 360.0 - 180.0) for w in waypoints) < 5.0


def test_who_comes_to_a_junction_meets_a_light_or_meets_another_who_has_a_sign(town):
    guarded = {light.junction_id for light in town.traffic_lights} | set(town.priority_junctions.junction_ids)
    assert len(guarded) == 33
    assert {w.junction_id for w in town.carla_map.generate_waypoints(4.0) if w.is_junction} == guarded
    signs = [approach.sign for approach in town.priority_junctions.approaches]
    assert signs.count("206") >= 5
    assert signs.count("205") >= 5


def test_broken_lines_divide_lanes_of_one_direction_and_turn_solid_at_signals(town):
    middle = town.carla_map.get_waypoint_xodr(6, -1, 150.0)
    assert middle.right_lane_marking.type == carla.LaneMarkingType.Broken
    assert middle.lane_change == carla.LaneChange.Right
    assert middle.left_lane_marking.type == carla.LaneMarkingType.SolidSolid
    near = town.carla_map.get_waypoint_xodr(6, -1, town.roads[5].length - 20.0)
    assert near.right_lane_marking.type == carla.LaneMarkingType.Solid
    assert near.lane_change == carla.LaneChange.NONE


def test_where_there_are_walks_or_lights_there_are_crosswalks(town):
    assert len(town.carla_map.get_crosswalks()) == 5 * 115
