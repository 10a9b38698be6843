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
    """(n, 4, 3) quads of the lanes of some kinds, between two cross-sections each, their lows and highs."""
    pieces = [np.zeros((0, 4, 3))]
    for part in world.stretches:
        for index, lane in enumerate(part.section.lanes):
            if lane.kind in kinds:
                left, right = part.grid.edges[:, index], part.grid.edges[:, index + 1]
                pieces.append(np.stack([left[:-1], left[1:], right[1:], right[:-1]], axis=1))
    quads = np.concatenate(pieces)
    return quads, quads.min(axis=1), quads.max(axis=1)


def on_lanes(lanes, corners, low, high, margin):
    """Whether a footprint of (k, 2) corners reaches more than `margin` m into a lane at these heights."""
    quads, lowest, highest = lanes
    top, bottom = np.append(corners.max(axis=0), high), np.append(corners.min(axis=0), low - 0.5)
    near = np.all((lowest < top) & (highest > bottom), axis=1)
    share = np.linspace(0.0, 1.0, 9)[:, None, None]
    rim = (corners + share * (np.roll(corners, 1, axis=0) - corners)).reshape(-1, 2)
    points = np.concatenate([rim, (rim + corners.mean(axis=0)) / 2.0, corners.mean(axis=0)[None]])
    for quad in quads[near][:, :, :2]:
        # Near the origin: the polygon test reads single precision.
        outline = cv2.convexHull((quad - quad[0]).astype(np.float32))
        if any(cv2.pointPolygonTest(outline, point, True) > margin for point in (points - quad[0]).tolist()):
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
        assert not on_lanes(lanes, corners, low, high, 0.1), f"{prop.kind} at {prop.pose}"


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
        assert not on_lanes(driven, corners, centre[2] - half[2], centre[2] + half[2], 0.12), (centre, half)


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
