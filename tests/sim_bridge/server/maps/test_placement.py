"""Every placed thing against every lane, in our town and in CARLA's own."""

import cv2
import numpy as np
import pytest

from sim_bridge.server.maps.road_network import PAVED, RAISED
from sim_bridge.server.maps.scenery.still_scene import still_scene
from sim_bridge.server.maps.world_map import load_world_map

# What stands on walks, and what reaches over the road on purpose: only their feet count.
ON_WALKS = ("street_lamp", "signal.", "sign.")


def lane_pieces(world, kinds):
    """(n, 4, 3) quads of the lanes of some kinds, between two cross-sections each."""
    pieces = [np.zeros((0, 4, 3))]
    for part in world.stretches:
        for index, lane in enumerate(part.section.lanes):
            if lane.kind in kinds:
                left, right = part.grid.edges[:, index], part.grid.edges[:, index + 1]
                pieces.append(np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1))
    return np.concatenate(pieces)


def on_lanes(quads, corners, low, high, margin):
    """Whether a footprint of (k, 2) corners covers more than `margin` squared of a lane at these heights."""
    flat = quads[:, :, :2]
    near = np.all((flat.min(axis=1) < corners.max(axis=0)) & (flat.max(axis=1) > corners.min(axis=0)), axis=1)
    near &= (quads[:, :, 2].min(axis=1) < high) & (quads[:, :, 2].max(axis=1) > low - 0.5)
    outline = cv2.convexHull(corners.astype(np.float32))
    for quad in flat[near]:
        hull = cv2.convexHull(quad.astype(np.float32))
        area, _ = cv2.intersectConvexConvex(outline, hull)
        if area > margin * margin:
            return True
    return False


@pytest.fixture(scope="module", params=["Nanshan01", "Town01", "Town02", "Town04"])
def place(request, town, still):
    if request.param == "Nanshan01":
        return town, still
    folder = request.getfixturevalue("recorded_maps")
    world = load_world_map(str(folder / f"{request.param}.xodr"))
    return world, still_scene(world)


def near_lanes(world, props):
    """Those that are so near to a lane that they could touch it."""
    middles = np.array([prop.pose[:2] for prop in props])
    reach = np.array([np.hypot(*prop.size[:2]) / 2.0 for prop in props]) + 3.0
    near = world.ground.distance_to_road(middles) < reach
    return [props[index] for index in np.flatnonzero(near)]


def test_nothing_stands_on_a_lane(place):
    world, still = place
    paved = lane_pieces(world, PAVED - {"parking"})
    everything = lane_pieces(world, (PAVED | RAISED) - {"parking"})
    for prop in near_lanes(world, still.props):
        on_walk = prop.kind.startswith(ON_WALKS)
        corners = prop.footprint
        if on_walk or prop.kind.startswith("tree."):
            corners = np.array(prop.pose[:2]) + 0.1 * np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]])
        lanes = paved if on_walk else everything
        low, high = prop.pose.z, prop.pose.z + prop.size[2]
        assert not on_lanes(lanes, corners, low, high, 0.05), f"{prop.kind} at {prop.pose}"


def test_no_crown_hangs_into_a_lane(place):
    world, still = place
    driven = lane_pieces(world, {"driving", "bidirectional"})
    turn = np.linspace(0.0, 2.0 * np.pi, 12, endpoint=False)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    for prop in near_lanes(world, still.props):
        if prop.kind.startswith("tree."):
            corners = np.array(prop.pose[:2]) + circle * prop.size[0] / 2.0
            assert not on_lanes(driven, corners, prop.pose.z, prop.pose.z + prop.size[2], 0.5), prop


def test_what_can_be_run_into_is_beside_the_lanes(place):
    world, still = place
    driven = lane_pieces(world, PAVED - {"parking"})
    boxes = still.boxes
    away = world.ground.distance_to_road(boxes.centres)
    for centre, half, yaw, distance in zip(boxes.centres, boxes.half_sizes, boxes.yaws, away, strict=True):
        if distance > np.hypot(half[0], half[1]) + 3.0:
            continue
        turn = np.array([[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]])
        signs = np.array([[1, 1], [1, -1], [-1, -1], [-1, 1]])
        corners = signs * half[:2] @ turn + centre[:2]
        assert not on_lanes(driven, corners, centre[2] - half[2], centre[2] + half[2], 0.25), (centre, half)


def test_the_ground_carries_every_lane_on_its_own_level(place):
    world, _ = place
    waypoints = world.carla_map.generate_waypoints(3.0)
    places = np.array([(w.x, w.y, w.z) for w in (p.transform.location for p in waypoints)])
    heights, _ = world.below(places)
    off = np.abs(heights - places[:, 2])
    assert off.max() < 0.35
    assert np.quantile(off, 0.995) < 0.06


def test_streets_with_walks_are_furnished(place):
    _, still = place
    kinds = {prop.kind.split(".")[0] for prop in still.props}
    assert {"building", "tree", "vehicle", "street_lamp", "bench", "litter_bin", "hedge", "fence"} <= kinds
