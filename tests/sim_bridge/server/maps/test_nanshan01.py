import math
from collections import Counter
from xml.etree import ElementTree

import carla
import numpy as np
import pytest

from sim_bridge.server.maps.world_map import TOWNS


@pytest.fixture(scope="module")
def waypoints(town):
    return town.carla_map.generate_waypoints(4.0)


def angle_between(a, b):
    return abs((b - a + 180.0) % 360.0 - 180.0)


def test_the_file_is_what_its_script_writes():
    pytest.importorskip("scenariogeneration")
    from sim_bridge.server.maps.towns.authoring import author
    from sim_bridge.server.maps.towns.nanshan01 import NANSHAN01

    assert (TOWNS / "Nanshan01.xodr").read_text(encoding="utf-8") == author(NANSHAN01)


def test_it_loads_without_a_warning(town, capfd):
    carla.Map("Nanshan01", town.xodr)
    assert capfd.readouterr() == ("", "")


def test_it_is_a_few_kilometres_with_one_and_two_lanes_each_way(town):
    outside = [road for road in town.roads if road.junction_id == -1]
    assert 5000.0 < sum(road.length for road in outside) < 10000.0
    lanes = Counter(sum(lane.kind == "driving" for lane in road.sections[0].lanes) for road in outside)
    assert set(lanes) == {2, 4}
    assert all(road.length > 220.0 for road in outside)


def test_every_lane_goes_on_and_comes_from_somewhere(waypoints):
    assert [w for w in waypoints if not w.next(3.0)] == []
    assert [w for w in waypoints if not w.previous(3.0)] == []


def test_lanes_join_without_a_jump_or_a_kink(waypoints):
    for waypoint in waypoints:
        for ahead in waypoint.next(1.0):
            a, b = waypoint.transform, ahead.transform
            # On the outside of a bend a lane is longer than its road's reference line.
            assert 0.8 < a.location.distance(b.location) < 1.25
            assert angle_between(a.rotation.yaw, b.rotation.yaw) < math.degrees(1.0 / 9.0) + 0.5


def test_every_lane_can_be_reached_from_every_other(town):
    reached = {}
    for start, end in town.carla_map.get_topology():
        reached.setdefault((start.road_id, start.lane_id), set()).add((end.road_id, end.lane_id))
    # Lanes of one direction may be changed between.
    for road, lane in reached:
        reached[road, lane].update(
            other for other in reached if other[0] == road and (other[1] > 0) == (lane > 0)
        )
    for first in list(reached)[::10]:
        seen, front = {first}, {first}
        while front:
            front = {lane for at in front for lane in reached.get(at, ())} - seen
            seen |= front
        assert seen == set(reached)


def test_roads_and_junctions_never_share_a_number(town):
    root = ElementTree.fromstring(town.xodr)
    roads = {road.get("id") for road in root.findall("road")}
    assert not roads & {junction.get("id") for junction in root.findall("junction")}
    assert root.find(".//spiral") is None


def test_hills_are_gentle_and_junctions_level(waypoints):
    pitch = np.abs([(w.transform.rotation.pitch + 180.0) % 360.0 - 180.0 for w in waypoints])
    assert 2.0 < pitch.max() < 5.0
    assert max(p for p, w in zip(pitch, waypoints, strict=True) if w.is_junction) < 0.01


def test_every_lane_meets_a_light_before_it_enters_a_junction(waypoints):
    for waypoint in waypoints:
        if waypoint.is_junction or not any(w.is_junction for w in waypoint.next(60.0)):
            continue
        before_line = waypoint.next(1.0)[0]
        distance = 0.0
        while not before_line.is_junction:
            before_line, distance = before_line.next(1.0)[0], distance + 1.0
        if distance > 8.0:
            assert waypoint.get_landmarks_of_type(70.0, "1000001", False)


def test_broken_lines_divide_lanes_of_one_direction_and_turn_solid_at_signals(town):
    middle = town.carla_map.get_waypoint_xodr(6, -1, 150.0)
    assert middle.right_lane_marking.type == carla.LaneMarkingType.Broken
    assert middle.lane_change == carla.LaneChange.Right
    assert middle.left_lane_marking.type == carla.LaneMarkingType.SolidSolid
    near = town.carla_map.get_waypoint_xodr(6, -1, town.roads[5].length - 20.0)
    assert near.right_lane_marking.type == carla.LaneMarkingType.Solid
    assert near.lane_change == carla.LaneChange.NONE


def test_every_street_end_has_a_crosswalk(town):
    outside = [road for road in town.roads if road.junction_id == -1]
    assert len(town.carla_map.get_crosswalks()) == 5 * 2 * len(outside)
