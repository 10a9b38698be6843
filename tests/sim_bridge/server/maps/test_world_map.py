import math

import carla
import numpy as np
import pytest

from sim_bridge.server.maps.ground import CELL_M, LEVEL_BESIDE_ROAD_M
from sim_bridge.server.maps.lane_samples import sample_lanes
from sim_bridge.server.maps.town_files import own_towns
from sim_bridge.server.maps.world_map import load_world_map, world_map_from_text


@pytest.fixture(scope="module")
def lane_points(town):
    found = town.carla_map.generate_waypoints(3.0)
    places = np.array(
        [(w.transform.location.x, w.transform.location.y, w.transform.location.z) for w in found]
    )
    return found, places


def test_the_town_is_found_under_carlas_names():
    assert list(own_towns()) == ["Nanshan01", "Nanshan02", "Nanshan03"]
    assert load_world_map("/Game/Carla/Maps/Nanshan01").name == "Nanshan01"


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "Atlantis",
            None,
            "unknown town; give a path ending in .xodr or one of Nanshan01, Nanshan02, Nanshan03",
        ),
        ("missing.xodr", None, "missing.xodr: no such file"),
        ("empty.xodr", "", "empty.xodr: not well-formed XML"),
        ("page.xodr", "<html/>", "page.xodr: not OpenDRIVE: the root element is <html>"),
        ("bare.xodr", "<OpenDRIVE/>", "bare.xodr: it has no <road>"),
        ("odd.xodr", '<OpenDRIVE><road id="7" length="long"/></OpenDRIVE>', "length='long' is not a number"),
        ("dry.xodr", '<OpenDRIVE><road id="7" length="9"/></OpenDRIVE>', "road 7: it has no <geometry>"),
    ],
)
def test_what_cannot_be_loaded_is_named_in_one_line(tmp_path, name, text, message):
    if text is not None:
        (tmp_path / name).write_text(text)
        name = str(tmp_path / name)
    with pytest.raises(ValueError, match="map ") as error:
        load_world_map(name)
    assert message in str(error.value)
    assert "\n" not in str(error.value)


def test_a_text_without_a_file_is_named_by_its_name():
    with pytest.raises(ValueError, match="map OpenDriveMap: "):
        world_map_from_text("OpenDriveMap", "<OpenDRIVE>")


def test_spawn_points_lie_on_driving_lanes_clear_of_junctions_and_of_each_other(town):
    points = np.array(town.spawn_points)
    assert len(points) >= 300
    apart = np.linalg.norm(points[:, None, :3] - points[None, :, :3], axis=2) + 1e9 * np.eye(len(points))
    assert apart.min() >= 10.0
    for pose in town.spawn_points:
        place = carla.Location(pose.x, pose.y, pose.z)
        waypoint = town.carla_map.get_waypoint(place)
        assert waypoint.lane_type == carla.LaneType.Driving
        assert (
            math.dist((pose.x, pose.y), (waypoint.transform.location.x, waypoint.transform.location.y)) < 0.3
        )
        assert 0.3 <= pose.z - waypoint.transform.location.z <= 0.5
        assert -math.pi < pose.yaw <= math.pi
        assert not any(
            w.is_junction for d in (5.0, 15.0, 20.0) for w in waypoint.next(d) + waypoint.previous(d)
        )


def test_the_same_town_gives_the_same_spawn_points(town):
    assert load_world_map("Nanshan01").spawn_points == town.spawn_points


def test_the_ground_carries_the_lanes(town, lane_points):
    waypoints, places = lane_points
    heights, normals = town.below(places)
    assert np.abs(heights - places[:, 2]).max() < 0.005
    forward = np.array([(v.x, v.y, v.z) for v in (w.transform.get_forward_vector() for w in waypoints)])
    assert np.abs((forward * normals).sum(axis=1)).max() < 0.004
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1.0)


def test_the_ground_has_no_steps_even_off_the_road(town):
    rng = np.random.default_rng(0)
    span = np.array([700.0, 550.0])
    points = rng.uniform(-span, span, (20000, 2))
    heights, _ = town.below(points)
    beside, _ = town.below(points + np.array([0.5, 0.0]))
    assert np.abs(heights - beside).max() < 0.25


def test_beside_a_road_the_distance_to_it_is_exact(town):
    lanes = sample_lanes(town.carla_map, town.roads, 2.0)
    rows, columns = np.nonzero(town.ground.road_distance[0] < LEVEL_BESIDE_ROAD_M)
    some = np.random.default_rng(0).choice(len(rows), 500)
    nodes = town.ground.origin + CELL_M * np.column_stack([columns, rows])[some]
    apart = np.linalg.norm(nodes[:, None] - lanes.points[:, :2], axis=2)
    expected = np.maximum(apart.min(axis=1) - lanes.half_widths[apart.argmin(axis=1)], 0.0)
    assert town.ground.distance_to_road(nodes) == pytest.approx(expected, abs=1e-5)


def test_far_outside_the_map_the_ground_goes_on(town):
    heights, normals = town.below(np.array([[1e5, -1e5, 0.0]]))
    assert np.isfinite(heights).all()
    assert normals[0, 2] > 0.9


def test_speed_limits_follow_the_road(town):
    def limit(road, s):
        place = town.carla_map.get_waypoint_xodr(road, -1, s).transform.location
        return town.speed_limits_kmh(np.array([[place.x, place.y, place.z]]))[0]

    assert limit(1, 120.0) == 50.0
    assert limit(9, 160.0) == 40.0
    assert [limit(14, s) for s in (40.0, 400.0, 740.0)] == [50.0, 70.0, 50.0]


def test_a_speed_sign_stands_where_a_limit_begins(town):
    assert {sign.limit_kmh for sign in town.speed_signs} == {30.0, 40.0, 50.0, 60.0, 70.0, 80.0}
    for sign in town.speed_signs:
        ahead = [sign.pose.x + 8.0 * math.cos(sign.pose.yaw), sign.pose.y + 8.0 * math.sin(sign.pose.yaw)]
        assert town.speed_limits_kmh(np.array([ahead]))[0] == sign.limit_kmh


def test_the_origin_on_earth_is_the_one_that_carla_reads(town):
    place = town.carla_map.transform_to_geolocation(carla.Location())
    assert place.latitude == pytest.approx(town.geo_reference.latitude_deg)
    assert place.longitude == pytest.approx(town.geo_reference.longitude_deg)


@pytest.mark.parametrize(("name", "lights"), [("Town01", 36), ("Town02", 24), ("Town04", 43)])
def test_carlas_own_towns_load(recorded_maps, name, lights):
    world = load_world_map(str(recorded_maps / f"{name}.xodr"))
    assert world.name == name
    assert len(world.traffic_lights) == lights
    assert world.spawn_points
    assert {light.junction_id for light in world.traffic_lights} > {-1} - {-1}
