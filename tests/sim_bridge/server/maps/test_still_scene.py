import itertools
import math

import carla
import numpy as np
import pytest

from sim_bridge.server.maps.scenery.still_scene import static_scene, still_scene
from sim_bridge.server.maps.scenery.surfaces import ear_clipped
from sim_bridge.server.renderer.meshes.catalogue import SCENERY, VEHICLES
from sim_bridge.server.renderer.scene import Material, Tag

# What reaches over the road on purpose.
OVERHANGING = ("signal.mast", "street_lamp")


@pytest.fixture(scope="module")
def faces(still):
    """Corners (n, 3, 3), normals (n, 3), materials (n,), tags (n,) and colours (n, 3) of all triangles."""
    parts = [
        (
            mesh.vertices[mesh.triangles],
            mesh.normals[mesh.triangles].mean(axis=1),
            mesh.materials,
            mesh.tags,
            mesh.colours,
        )
        for mesh in still.chunks
    ]
    return tuple(np.concatenate(column) for column in zip(*parts, strict=True))


def areas(corners):
    return (
        np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2.0
    )


def on_top(faces, points):
    """Index of the highest triangle over each point, paint first where it is level; -1 where none is."""
    corners, _, _, tags, _ = faces
    low, high = corners[:, :, :2].min(axis=1), corners[:, :, :2].max(axis=1)
    lift = np.where(tags == Tag.ROAD_LINES, 2e-3, 0.0)
    cells = {}
    for triangle in np.flatnonzero((high - low).max(axis=1) < 60.0):
        (x0, y0), (x1, y1) = np.floor(low[triangle] / 10.0), np.floor(high[triangle] / 10.0)
        for cell in itertools.product(range(int(x0), int(x1) + 1), range(int(y0), int(y1) + 1)):
            cells.setdefault(cell, []).append(triangle)
    found = np.full(len(points), -1)
    for number, point in enumerate(points):
        near = np.array(cells.get(tuple(np.floor(point / 10.0).astype(int)), []), dtype=int)
        near = near[np.all((low[near] <= point) & (high[near] >= point), axis=1)]
        a, b, c = (corners[near, i] for i in range(3))
        (u1, v1), (u2, v2) = (b - a)[:, :2].T, (c - a)[:, :2].T
        du, dv = (point - a[:, :2]).T
        det = np.where(u1 * v2 == u2 * v1, np.inf, u1 * v2 - u2 * v1)
        s, t = (du * v2 - u2 * dv) / det, (u1 * dv - du * v1) / det
        inside = (s >= -1e-4) & (t >= -1e-4) & (s + t <= 1.0 + 1e-4) & np.isfinite(det)
        height = a[:, 2] + s * (b - a)[:, 2] + t * (c - a)[:, 2] + lift[near]
        if inside.any():
            found[number] = near[inside][np.argmax(height[inside])]
    return found


def places_on_lanes(town, spacing):
    found = town.carla_map.generate_waypoints(spacing)
    return found, np.array([(w.transform.location.x, w.transform.location.y) for w in found])


def test_meshes_are_sound(faces):
    corners, normals, materials, tags, colours = faces
    assert np.isfinite(corners).all()
    assert np.isfinite(normals).all()
    assert set(np.unique(materials)) <= {int(material) for material in Material}
    assert Tag.NONE not in tags
    assert ((colours > 0.0) & (colours < 1.0)).all()


def test_under_every_lane_there_is_road(town, faces):
    tags = faces[3]
    _, places = places_on_lanes(town, 9.0)
    top = on_top(faces, places)
    assert (top >= 0).all()
    assert set(np.unique(tags[top])) <= {Tag.ROADS, Tag.ROAD_LINES}


def test_the_drawn_road_lies_where_the_wheels_roll(town, faces):
    corners = faces[0]
    _, places = places_on_lanes(town, 31.0)
    ground, _ = town.below(places)
    top = corners[on_top(faces, places)]
    assert np.abs(top[:, :, 2].mean(axis=1) - ground).max() < 0.25
    assert (top[:, :, 2].min(axis=1) <= ground + 0.03).all()


def test_paint_contrasts_with_the_road(faces):
    _, _, materials, tags, colours = faces
    brightness = colours.mean(axis=1)
    assert brightness[tags == Tag.ROAD_LINES].min() > 4.0 * brightness[tags == Tag.ROADS].max()
    assert set(np.unique(materials[tags == Tag.ROAD_LINES])) == {Material.MARKING}


def test_broken_lines_are_three_metres_long(town, faces):
    tags = faces[3]
    road = town.carla_map.get_waypoint_xodr(6, -1, 100.0)
    yaw = math.radians(road.transform.rotation.yaw)
    place, half = road.transform.location, road.lane_width / 2.0
    s = np.arange(0.0, 90.0, 0.1)
    curve = [town.carla_map.get_waypoint_xodr(6, -1, 100.0 + float(v)).transform for v in s]
    right = [t.get_right_vector() for t in curve]
    line = np.array(
        [(t.location.x + half * r.x, t.location.y + half * r.y) for t, r in zip(curve, right, strict=True)]
    )
    painted = tags[on_top(faces, line)] == Tag.ROAD_LINES
    assert painted.mean() == pytest.approx(1.0 / 3.0, abs=0.06)
    lengths = np.diff(np.flatnonzero(np.diff(painted.astype(int))))[1:-1] * 0.1
    assert set(np.round(lengths)) == {3.0, 6.0}
    assert yaw == pytest.approx(math.radians(curve[0].rotation.yaw))
    assert place.distance(curve[0].location) < 1e-3


def test_stop_lines_and_crosswalks_are_painted(town, faces):
    tags = faces[3]
    lines = [line.middle for light in town.traffic_lights for line in light.stop_lines]
    tops = on_top(faces, np.array([middle[:2] for middle in lines]))
    assert (tags[tops] == Tag.ROAD_LINES).all()


def test_surfaces_of_the_road_look_up(faces):
    _, normals, _, tags, _ = faces
    assert normals[np.isin(tags, (Tag.ROADS, Tag.ROAD_LINES)), 2].min() > 0.99


def test_lines_are_as_wide_as_real_ones(town, faces):
    corners, _, _, tags, _ = faces
    road_length = sum(road.length for road in town.roads if road.junction_id == -1)
    painted = areas(corners[tags == Tag.ROAD_LINES]).sum()
    # Two edge lines of 0.13 m at least, and no more than a metre in all.
    assert 0.26 * road_length < painted < 1.0 * road_length


def test_nothing_stands_on_or_over_the_road(town, still):
    paved = carla.LaneType.Driving | carla.LaneType.Shoulder
    for prop in still.props:
        crown = SCENERY[prop.kind].size[0] / 2.0 if prop.kind.startswith("tree") else 0.0
        if crown or prop.kind.startswith(OVERHANGING):
            corners = np.array([prop.pose[:2]])
        else:
            corners = np.vstack([prop.footprint, [prop.pose[:2]]])
        if town.ground.distance_to_road(corners).min() > 8.0:
            continue
        for x, y in corners:
            here = carla.Location(float(x), float(y), 0.0)
            nearest = town.carla_map.get_waypoint(here, True, paved)
            place = nearest.transform.location
            gap = math.dist((x, y), (place.x, place.y)) - nearest.lane_width / 2.0 - crown
            assert gap > 0.0, f"{prop.kind} at {prop.pose} stands {-gap:.2f} m in the road"


def test_houses_do_not_stand_in_one_another(still):
    houses = [prop for prop in still.props if prop.kind.startswith("building.")]
    middles = np.array([prop.pose[:2] for prop in houses])
    reach = np.array([min(SCENERY[prop.kind].size[:2]) / 2.0 for prop in houses])
    apart = np.linalg.norm(middles[:, None] - middles[None], axis=2) + 1e9 * np.eye(len(houses))
    assert (apart > reach[:, None] + reach[None]).all()


def test_the_town_has_what_a_town_has(still):
    kinds = {prop.kind.split(".")[0] for prop in still.props}
    assert {"building", "tree", "street_lamp", "signal", "sign"} <= kinds
    assert 500 < len(still.props) < 8000


def test_houses_trunks_and_poles_can_be_run_into(still):
    boxes = still.boxes
    assert (boxes.half_sizes > 0.05).all()
    assert (boxes.props >= 0).all()
    for row, index in enumerate(boxes.props):
        assert boxes.centres[row, :2] == pytest.approx(still.props[index].pose[:2])


def test_the_same_map_gives_the_same_scene(town, still):
    again = still_scene(town)
    assert again.props == still.props
    for mesh, other in zip(again.chunks, still.chunks, strict=True):
        assert np.array_equal(mesh.vertices, other.vertices)


def test_the_renderer_gets_one_instance_for_each_prop(still):
    numbers = {kind: index for index, kind in enumerate((*SCENERY, *VEHICLES))}
    scene = static_scene(still, numbers, 1000)
    assert len(scene.instances) == len(still.props)
    assert scene.instances.instance_id[0] == 1000
    tags = [prop.tag for prop in still.props]
    assert np.array_equal(scene.instances.tag, tags)


def test_ears_fill_a_polygon_with_a_notch():
    points = np.array([[0.0, 0.0], [4.0, 0.0], [4.0, 4.0], [2.0, 1.0], [0.0, 4.0]])
    corners = np.column_stack([points, np.zeros(5)])[ear_clipped(points)]
    assert len(corners) == 3
    assert areas(corners).sum() == pytest.approx(10.0)
