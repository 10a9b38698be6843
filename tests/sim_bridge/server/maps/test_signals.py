import itertools
import math
from collections import Counter

import carla
import numpy as np
import pytest

from sim_bridge.server.maps.signals import MAST_HEAD_HEIGHT_M, MASTS, POST_HEAD_HEIGHT_M
from sim_bridge.server.maps.world_map import load_world_map
from sim_bridge.server.renderer.meshes import catalogue
from sim_bridge.server.transforms import Pose, compose, matrix
from sim_bridge.server.world.traffic_lights import TrafficLights


def along_line(light):
    return [line.middle for line in light.stop_lines]


def test_every_arm_of_every_junction_with_lights_has_one(town):
    per_junction = Counter(light.junction_id for light in town.traffic_lights)
    crossings = {w.junction_id: w for w in town.carla_map.generate_waypoints(8.0) if w.is_junction}
    for junction, waypoint in crossings.items():
        ways = waypoint.get_junction().get_waypoints(carla.LaneType.Driving)
        arms = {way[0].previous(2.0)[0].road_id for way in ways}
        assert per_junction[junction] in (0, len(arms))
    assert len(per_junction) == 22
    lanes = [(line.road_id, line.lane_id) for light in town.traffic_lights for line in light.stop_lines]
    assert len(lanes) == len(set(lanes))


def test_the_turns_of_a_junction_are_numbered_without_gaps(town):
    for junction in {light.junction_id for light in town.traffic_lights}:
        phases = sorted(light.phase for light in town.traffic_lights if light.junction_id == junction)
        assert phases == list(range(len(phases)))


@pytest.mark.parametrize("before_m", [0.2, 3.0, 5.5])
def test_the_trigger_box_holds_a_front_that_nears_the_line(town, before_m):
    for light in town.traffic_lights:
        for middle in along_line(light):
            front = compose(middle, Pose(-before_m, 0.6, 0.5))
            assert light.holds(np.array([front[:3]])).tolist() == [True]


def test_the_trigger_box_lets_go_of_cars_that_crossed_or_come_the_other_way(town):
    for light in town.traffic_lights:
        middle = light.stop_lines[0].middle
        crossed, early = compose(middle, Pose(2.0, 0.0, 0.5)), compose(middle, Pose(-12.0, 0.0, 0.5))
        oncoming = compose(middle, Pose(-3.0, -light.stop_lines[0].width_m, 0.5))
        assert not light.holds(np.array([crossed[:3], early[:3], oncoming[:3]])).any()


def test_clients_find_the_governed_lanes_along_the_trigger_box(town):
    # As carla.TrafficLight.get_stop_waypoints does it: along the actor's x axis through the box.
    for light in town.traffic_lights:
        centre = compose(light.pose, Pose(*light.trigger.centre))
        steps = np.arange(-0.9 * light.trigger.extent[0], 0.9 * light.trigger.extent[0], 1.0)
        places = [compose(centre, Pose(float(step), 0.0, 0.0)) for step in steps]
        found = {
            (w.road_id, w.lane_id)
            for w in (town.carla_map.get_waypoint(carla.Location(*place[:3])) for place in places)
        }
        assert found == {(line.road_id, line.lane_id) for line in light.stop_lines}


def test_landmarks_map_lights_to_their_lanes(town):
    for light in town.traffic_lights:
        for line in light.stop_lines:
            waypoint = town.carla_map.get_waypoint_xodr(line.road_id, line.lane_id, line.s).previous(30.0)[0]
            ahead = waypoint.get_landmarks_of_type(40.0, "1000001", False)
            assert light.signal_id in [landmark.id for landmark in ahead]


def test_a_driver_at_the_line_sees_a_lamp_ahead(town):
    for light in town.traffic_lights:
        for middle in along_line(light):
            eye = compose(middle, Pose(-2.5, 0.0, 1.4))
            x, y, z = (np.array(light.heads[0][:3]) - np.array(eye[:3])) @ matrix(eye)[:3, :3]
            assert 15.0 < x < 50.0
            assert abs(math.degrees(math.atan2(y, x))) < 30.0
            assert 0.0 < math.degrees(math.atan2(z, x)) < 15.0


def test_lamps_face_the_drivers_they_govern(town):
    for light in town.traffic_lights:
        for head in light.heads:
            turn = head.yaw - light.stop_lines[0].middle.yaw
            assert math.cos(turn) == pytest.approx(-1.0, abs=1e-3)


def test_poles_stand_beside_the_road(town):
    feet = np.array([pole.pose[:2] for light in town.traffic_lights for pole in light.poles])
    for foot in feet:
        here = carla.Location(float(foot[0]), float(foot[1]), 0.0)
        paved = town.carla_map.get_waypoint(here, True, carla.LaneType.Driving | carla.LaneType.Shoulder)
        place = paved.transform.location
        assert math.dist(foot, (place.x, place.y)) > paved.lane_width / 2.0 + 0.3


def test_heads_hang_where_the_meshes_of_the_poles_hold_them():
    assert all(catalogue.MAST_HEAD_OFFSETS[kind] == arms for kind, arms in MASTS.items())
    assert (MAST_HEAD_HEIGHT_M, POST_HEAD_HEIGHT_M) == (
        catalogue.MAST_HEAD_HEIGHT,
        catalogue.POST_HEAD_HEIGHT,
    )


def test_lights_of_carlas_towns_stop_cars_before_their_junctions(recorded_maps):
    world = load_world_map(str(recorded_maps / "Town02.xodr"))
    for light in world.traffic_lights:
        assert light.junction_id >= 0
        for line in light.stop_lines:
            waypoint = world.carla_map.get_waypoint_xodr(line.road_id, line.lane_id, line.s)
            assert not waypoint.is_junction
            assert any(ahead.is_junction for ahead in waypoint.next(3.0))


def test_a_light_concerns_only_those_who_head_along_its_lanes(town):
    lights = TrafficLights(town.traffic_lights, (), itertools.count(10))
    for index, light in enumerate(town.traffic_lights):
        line = light.stop_lines[0].middle
        before = compose(line, Pose(-2.0, 0.0, 0.4))
        points = np.array([before[:3]] * 3)
        yaws = line.yaw + np.array([0.0, np.pi, np.pi / 2.0])
        assert lights.concerning(points, yaws).tolist() == [index, -1, -1]
