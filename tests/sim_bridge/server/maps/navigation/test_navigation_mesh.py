"""The navigation mesh: areas, convex polygons that fit together, and the bytes that clients read."""

from __future__ import annotations

import struct
from dataclasses import replace

import numpy as np
import pytest
import shapely

from sim_bridge.server.maps.navigation.areas import (
    PERSON_RADIUS_M,
    WalkingAreas,
    crosswalk_outlines,
    footprints,
    walking_areas,
)
from sim_bridge.server.maps.navigation.convex import ConvexMesh, Ground, convex_mesh
from sim_bridge.server.maps.navigation.detour import packed_set
from sim_bridge.server.maps.navigation.mesh_file import mesh_file, mesh_file_name
from sim_bridge.server.maps.world_map import load_world_map

NOTHING = shapely.Polygon()
SET_HEADER, ENTRY, TILE_HEADER = struct.Struct("<3i5f2i"), struct.Struct("<Ii"), struct.Struct("<5iI9i10f")
BOX = np.dtype([("low", "<u2", (3,)), ("high", "<u2", (3,)), ("index", "<i4")])


@pytest.fixture(scope="module")
def areas(town):
    return areas_of(town)


@pytest.fixture(scope="module")
def mesh(town, areas):
    return convex_mesh(areas, lambda points: town.below(points)[0])


def areas_of(world, blocks=()):
    return walking_areas(world.stretches, world.junctions, crosswalk_outlines(world.carla_map), blocks)


def rings(mesh: ConvexMesh):
    return [mesh.vertices[row[row >= 0], :2] for row in mesh.corners]


def signed_area(ring):
    x, y = ring.T
    return 0.5 * float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1)))


def networks(mesh: ConvexMesh, grounds):
    """Area of walks in each connected part of some grounds, m2, largest first."""
    inside = np.isin(mesh.ground, grounds)
    size = np.array([-signed_area(ring) for ring in rings(mesh)]) * (mesh.ground == Ground.WALK)
    unseen, found = set(np.flatnonzero(inside).tolist()), []
    while unseen:
        pending, area = [unseen.pop()], 0.0
        while pending:
            polygon = pending.pop()
            area += float(size[polygon])
            beside = unseen.intersection(mesh.neighbours[polygon].tolist())
            unseen -= beside
            pending += beside
        found.append(area)
    return sorted(found, reverse=True)


def test_polygons_are_convex_clockwise_and_small_enough(mesh):
    for ring in rings(mesh):
        assert 3 <= len(ring) <= 6
        assert signed_area(ring) < 0.0
        ahead = np.roll(ring, -1, axis=0) - ring
        turns = ahead[:, 0] * np.roll(ahead[:, 1], -1) - ahead[:, 1] * np.roll(ahead[:, 0], -1)
        assert turns.max() < 1e-6


def test_neighbours_share_the_whole_of_an_edge(mesh):
    for polygon, (corners, others) in enumerate(zip(mesh.corners, mesh.neighbours, strict=True)):
        ring = corners[corners >= 0].tolist()
        for side, other in enumerate(others[: len(ring)].tolist()):
            if other < 0:
                continue
            a, b = ring[side], ring[(side + 1) % len(ring)]
            behind = mesh.corners[other][mesh.corners[other] >= 0].tolist()
            back = behind.index(b)
            assert behind[(back + 1) % len(behind)] == a
            assert mesh.neighbours[other, back] == polygon


@pytest.mark.parametrize("ground", list(Ground))
def test_polygons_cover_their_area_and_nothing_else(mesh, areas, ground):
    area = {Ground.WALK: areas.walks, Ground.CROSSING: areas.crossings, Ground.ROAD: areas.roads}[ground]
    polygons = [shapely.Polygon(r) for r, g in zip(rings(mesh), mesh.ground, strict=True) if g == ground]
    covered = shapely.union_all(polygons)
    assert sum(p.area for p in polygons) == pytest.approx(covered.area, abs=0.5)
    assert covered.difference(area.buffer(0.03)).area < 0.1
    assert area.buffer(-0.03).difference(covered).area < 0.1


def test_triangles_fill_their_polygon(mesh):
    for ring, triangles in zip(rings(mesh), mesh.triangles, strict=True):
        assert sum(signed_area(ring[t]) for t in triangles) == pytest.approx(signed_area(ring), abs=1e-6)


def test_one_can_walk_through_the_whole_town_over_crosswalks_alone(mesh):
    found = networks(mesh, (Ground.WALK, Ground.CROSSING))
    assert found[0] > 0.98 * sum(found)
    assert len([size for size in networks(mesh, (Ground.WALK,)) if size > 100.0]) > 3


def test_the_mesh_lies_on_the_ground(town, mesh):
    middles = np.array([mesh.vertices[row[row >= 0]].mean(axis=0) for row in mesh.corners])
    on_foot = mesh.ground != Ground.ROAD
    gaps = middles[:, 2] - town.below(middles)[0]
    assert np.abs(gaps[on_foot]).max() < 0.15


def test_nobody_is_led_through_what_stands_around(town, still, areas):
    boxes = still.boxes
    blocks = footprints(boxes.centres, boxes.half_sizes, boxes.yaws, town.below(boxes.centres)[0])
    clear = areas_of(town, blocks)
    free = shapely.union_all([clear.walks, clear.crossings])
    touched = shapely.STRtree([shapely.Polygon(block) for block in blocks])
    near = touched.query(free, predicate="dwithin", distance=0.6 * PERSON_RADIUS_M)
    assert not len(near)
    assert 0.8 * areas.walks.area < clear.walks.area <= areas.walks.area


def test_what_hangs_overhead_blocks_nobody():
    ground = np.zeros(2)
    halves = np.array([[1.0, 2.0, 1.0], [1.0, 2.0, 1.0]])
    low, high = [0.0, 0.0, 1.0], [9.0, 0.0, 4.0]
    (only,) = footprints(np.array([low, high]), halves, np.zeros(2), ground)
    np.testing.assert_allclose(np.abs(only), np.tile([1.0, 2.0], (4, 1)))


@pytest.mark.parametrize("name", ["Town01", "Town02", "Town04"])
def test_carlas_own_towns_get_a_mesh_with_crossings(recorded_maps, name):
    world = load_world_map(str(recorded_maps / f"{name}.xodr"))
    mesh = convex_mesh(areas_of(world), lambda points: world.below(points)[0])
    packed_set(mesh)
    found = networks(mesh, (Ground.WALK, Ground.CROSSING))
    if name != "Town04":  # its neighbourhoods lie apart
        assert found[0] > 0.98 * sum(found)
    assert np.count_nonzero(mesh.ground == Ground.CROSSING) > 20


def square(x, y, size=4.0):
    return shapely.box(x, y, x + size, y + size)


def test_areas_that_meet_in_the_middle_of_an_edge_fit_together():
    areas = WalkingAreas(
        shapely.union_all([square(0, 0), square(20, 1, 2.0)]), shapely.box(4, 1, 20, 3), square(4, 3)
    )
    mesh = convex_mesh(areas, lambda points: np.zeros(len(points)))
    found = networks(mesh, (Ground.WALK, Ground.CROSSING))
    assert found == [pytest.approx(16.0 + 4.0)]
    assert len(networks(mesh, tuple(Ground))) == 1


def test_the_bytes_are_as_long_as_their_header_says(mesh):
    packed = packed_set(mesh)
    magic, version, tiles, *_, max_tiles, max_polygons = SET_HEADER.unpack_from(packed)
    assert (magic.to_bytes(4, "big"), version, tiles, max_tiles) == (b"MSET", 1, 1, 1)
    reference, size = ENTRY.unpack_from(packed, SET_HEADER.size)
    assert len(packed) == SET_HEADER.size + ENTRY.size + size
    header = TILE_HEADER.unpack_from(packed, SET_HEADER.size + ENTRY.size)
    assert (header[0].to_bytes(4, "big"), header[1]) == (b"DNAV", 7)
    polygons, vertices, links, details, detail_vertices, triangles, boxes, jumps, base = header[6:15]
    assert polygons == details == base == len(mesh.corners)
    assert polygons <= max_polygons == reference
    assert (vertices, detail_vertices, jumps) == (len(mesh.vertices), 0, 0)
    assert links > np.count_nonzero(mesh.neighbours >= 0)
    parts = (12 * vertices, 32 * polygons, 12 * links, 12 * details, 4 * triangles, 16 * boxes)
    assert size == TILE_HEADER.size + sum(parts)


def test_the_tree_of_boxes_leads_to_every_polygon(mesh):
    packed = packed_set(mesh)
    header = TILE_HEADER.unpack_from(packed, SET_HEADER.size + ENTRY.size)
    count, low, factor = header[12], np.array(header[18:21]), header[24]
    tree = np.frombuffer(packed[-16 * count :], BOX)

    def polygons_at(point):
        cell, place, found = (point[[0, 2, 1]] - low) * factor, 0, []
        while place < count:
            node = tree[place]
            inside = bool((node["low"] <= cell + 0.5).all() and (cell - 0.5 <= node["high"]).all())
            if node["index"] >= 0 and inside:
                found.append(int(node["index"]))
            place += 1 if inside or node["index"] >= 0 else -int(node["index"])
        return found

    for polygon in range(0, len(mesh.corners), 7):
        row = mesh.corners[polygon]
        assert polygon in polygons_at(mesh.vertices[row[row >= 0]].mean(axis=0))


@pytest.mark.parametrize("count", [0, 40000])
def test_a_mesh_of_nothing_or_of_too_much_is_refused(count):
    empty = convex_mesh(WalkingAreas(NOTHING, NOTHING, NOTHING), lambda points: np.zeros(len(points)))
    mesh = replace(empty, corners=np.zeros((count, 6), np.int64))
    with pytest.raises(ValueError, match=f"{count} polygons"):
        packed_set(mesh)


def test_another_map_or_another_thing_on_it_gives_another_file_name(town, still):
    name = mesh_file_name(town, still.boxes)
    assert name == mesh_file_name(town, still.boxes)
    longer = replace(town, xodr=town.xodr + " ")
    moved = replace(still.boxes, centres=still.boxes.centres + 0.1)
    assert len({name, mesh_file_name(longer, still.boxes), mesh_file_name(town, moved)}) == 3
    assert mesh_file_name(replace(town, roads=()), still.boxes) is None
    odd = mesh_file_name(replace(town, name="../../odd name"), still.boxes)
    assert odd.startswith("nanshan/______odd_name-")


def test_the_same_map_gives_the_same_bytes(town, still):
    again = replace(town)  # not the object that the cache knows
    assert mesh_file(town, still.boxes) == mesh_file(again, still.boxes)
