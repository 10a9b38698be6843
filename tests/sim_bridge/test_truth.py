"""The geometry behind the truth, without a server."""

from functools import cache
from pathlib import Path

import carla
import numpy as np
import pytest

import sim_bridge.server.maps.towns
from sim_bridge.axes import matrix_from_pose
from sim_bridge.client import default_front_camera
from sim_bridge.lane_graph import lane_graph_from_carla_map
from sim_bridge.lane_locator import LaneLocator
from sim_bridge.truth import boxes_in_image, facing_points

CAMERA = default_front_camera()


@cache
def town() -> LaneLocator:
    path = Path(sim_bridge.server.maps.towns.__file__).with_name("Nanshan01.xodr")
    return LaneLocator(lane_graph_from_carla_map(carla.Map("Nanshan01", path.read_text())))


def corners(x, y, z, half=(2.3, 1.0, 0.7), yaw=0.0):
    signs = np.array([(a, b, c) for a in (-1, 1) for b in (-1, 1) for c in (-1, 1)], float)
    pose = matrix_from_pose((x, y, z), (0.0, 0.0, yaw))
    return (signs * half) @ pose[:3, :3].T + pose[:3, 3]


def test_a_car_ahead_has_a_box_around_its_corners():
    box = boxes_in_image(corners(20.0, 0.0, 0.7)[None], CAMERA)[0]
    pixels, _ = CAMERA.project(corners(20.0, 0.0, 0.7))
    np.testing.assert_allclose(box, [*pixels.min(axis=0), *pixels.max(axis=0)])


def test_what_is_behind_has_no_box():
    np.testing.assert_array_equal(boxes_in_image(corners(-20.0, 0.0, 0.7)[None], CAMERA), np.zeros((1, 4)))


def test_a_box_beside_the_camera_reaches_the_edge_of_the_picture():
    box = boxes_in_image(corners(2.5, 3.5, 0.7)[None], CAMERA)[0]
    assert box[0] == 0.0
    assert 0.0 < box[2] < CAMERA.width / 2
    assert box[3] == CAMERA.height


def test_no_object_gives_no_box():
    assert boxes_in_image(np.zeros((0, 8, 3)), CAMERA).shape == (0, 4)


def test_the_facing_point_is_the_middle_of_the_face_that_is_seen():
    centres = np.array([[20.0, 0.0], [0.0, 5.0], [-20.0, 0.0], [20.0, 0.0]])
    yaws = np.array([0.0, 0.0, 0.0, np.pi / 2])
    half = np.tile([2.3, 1.0], (4, 1))
    points = facing_points(centres, yaws, half)
    np.testing.assert_allclose(points, [[17.7, 0.0], [0.0, 4.0], [-17.7, 0.0], [19.0, 0.0]], atol=1e-9)


def test_the_locator_finds_where_on_a_lane_one_is():
    locator = town()
    rng = np.random.default_rng(1)
    lanes = [lane for lane in locator.graph.lanes if not lane.in_junction and lane.length_m > 30.0]
    for lane in rng.choice(np.array(lanes, dtype=object), 20):
        index = int(rng.integers(5, len(lane.centre_m) - 5))
        ahead = lane.centre_m[index + 1] - lane.centre_m[index - 1]
        yaw = float(np.arctan2(ahead[1], ahead[0]))
        left = np.array([-np.sin(yaw), np.cos(yaw), 0.0])
        x, y, z = (float(v) for v in lane.centre_m[index] + 0.8 * left)
        place = locator.locate(x, y, z, yaw)
        assert place.lane == lane.lane_id
        assert place.offset_m == pytest.approx(0.8, abs=0.02)
        assert place.width_m == pytest.approx(lane.width_m[index], abs=0.01)


def test_far_off_the_road_the_offset_is_large_and_never_missing():
    place = town().locate(5000.0, 5000.0, 0.0, 0.0)
    assert abs(place.offset_m) > 100.0


def test_the_wrong_way_keeps_the_lane_of_the_right_way():
    locator = town()
    lane = next(lane for lane in locator.graph.lanes if not lane.in_junction and lane.length_m > 100.0)
    ahead = lane.centre_m[51] - lane.centre_m[50]
    yaw = float(np.arctan2(ahead[1], ahead[0]))
    left = np.array([-np.sin(yaw), np.cos(yaw), 0.0])
    x, y, z = (float(v) for v in lane.centre_m[50] + 0.4 * lane.width_m[50] * left)
    assert locator.locate(x, y, z, yaw).offset_m > 0.0


def test_lines_ahead_bound_the_lane_and_lie_in_the_picture():
    locator = town()
    lane = max(locator.graph.lanes, key=lambda lane: lane.length_m)
    ahead = lane.centre_m[101] - lane.centre_m[100]
    yaw = float(np.arctan2(ahead[1], ahead[0]))
    world_from_vehicle = matrix_from_pose(lane.centre_m[100].astype(float), (0.0, 0.0, yaw))
    place = locator.locate(*(float(v) for v in lane.centre_m[100]), yaw)
    lanes = locator.lanes_ahead(place, np.linalg.inv(world_from_vehicle), CAMERA)
    left, right = lanes.lines[lanes.left], lanes.lines[lanes.right]
    assert left.points_m[0, 1] == pytest.approx(0.5 * lanes.width_m, abs=0.1)
    assert right.points_m[0, 1] == pytest.approx(-0.5 * lanes.width_m, abs=0.1)
    assert np.abs(lanes.centre_m[0]).max() < 1.0
    assert 38.0 < np.hypot(*lanes.centre_m[-1]) < 42.0
    for line in lanes.lines:
        assert (line.points_px >= 0.0).all()
        assert (line.points_px <= (CAMERA.width, CAMERA.height)).all()
