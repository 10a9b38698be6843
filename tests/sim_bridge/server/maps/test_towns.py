"""What holds for every town of ours."""

import importlib
import math
from collections import Counter
from xml.etree import ElementTree

import carla
import numpy as np
import pytest

from sim_bridge.server.maps.world_map import TOWNS, load_world_map

NEAR_M = 2.2


@pytest.fixture(scope="module", params=sorted(path.stem for path in TOWNS.glob("*.xodr")))
def any_town(request, town):
    return town if request.param == town.name else load_world_map(request.param)


@pytest.fixture(scope="module")
def lane_points(any_town):
    return any_town.carla_map.generate_waypoints(4.0)


def angle_between(a, b):
    return abs((b - a + 180.0) % 360.0 - 180.0)


def test_its_file_is_what_its_script_writes(any_town):
    pytest.importorskip("scenariogeneration")
    from sim_bridge.server.maps.towns.authoring import author

    script = importlib.import_module(f"sim_bridge.server.maps.towns.{any_town.name.lower()}")
    written = author(getattr(script, any_town.name.upper()))
    assert (TOWNS / f"{any_town.name}.xodr").read_text(encoding="utf-8") == written


def test_it_loads_without_a_warning(any_town, capfd):
    carla.Map(any_town.name, any_town.xodr)
    assert capfd.readouterr() == ("", "")


def test_it_is_small_enough_to_ship(any_town):
    assert len(any_town.xodr) < 1_100_000


def test_every_lane_goes_on_and_comes_from_somewhere(lane_points):
    assert [w for w in lane_points if not w.next(3.0)] == []
    assert [w for w in lane_points if not w.previous(3.0)] == []


def test_lanes_join_without_a_jump_or_a_kink(lane_points):
    for waypoint in lane_points:
        for ahead in waypoint.next(1.0):
            a, b = waypoint.transform, ahead.transform
            # On the outside of a bend a lane is longer than its road's reference line.
            assert 0.75 < a.location.distance(b.location) < 1.35
            assert angle_between(a.rotation.yaw, b.rotation.yaw) < math.degrees(1.0 / 8.0) + 0.5


def test_every_lane_can_be_reached_from_every_other(any_town):
    onwards, back = lane_graph(any_town)
    first = min(onwards)
    assert reached(onwards, first) == reached(back, first) == set(onwards)


def lane_graph(town):
    """Which lane leads to which, lanes of one direction being changed between, and the same backwards."""
    onwards = {}
    for start, end in town.carla_map.get_topology():
        onwards.setdefault((start.road_id, start.lane_id), set()).add((end.road_id, end.lane_id))
        onwards.setdefault((end.road_id, end.lane_id), set())
    for road, lane in onwards:
        onwards[road, lane] |= {key for step in (-1, 1) if (key := (road, lane + step)) in onwards}
    back = {key: set() for key in onwards}
    for start, ends in onwards.items():
        for end in ends:
            back[end].add(start)
    return onwards, back


def reached(graph, first):
    seen, front = {first}, {first}
    while front:
        front = {lane for at in front for lane in graph[at]} - seen
        seen |= front
    return seen


def test_streets_lie_apart_or_one_over_the_other(lane_points):
    cells = {}
    for waypoint in lane_points:
        place = waypoint.transform.location
        if not waypoint.is_junction:
            cells.setdefault((int(place.x // 6.0), int(place.y // 6.0)), []).append(waypoint)
    for (column, row), here in cells.items():
        around = [
            w for i in (column, column + 1) for j in (row - 1, row, row + 1) for w in cells.get((i, j), ())
        ]
        for one in here:
            for other in around:
                if one.road_id == other.road_id:
                    continue
                a, b = one.transform.location, other.transform.location
                beside = math.hypot(a.x - b.x, a.y - b.y) < (one.lane_width + other.lane_width) / 2.0
                assert not beside or abs(a.z - b.z) > 5.5


def test_roads_and_junctions_never_share_a_number(any_town):
    root = ElementTree.fromstring(any_town.xodr)
    roads = Counter(road.get("id") for road in root.findall("road"))
    assert max(roads.values()) == 1
    assert not set(roads) & {junction.get("id") for junction in root.findall("junction")}
    signals = Counter(signal.get("id") for signal in root.iter("signal"))
    assert max(signals.values()) == 1
    assert root.find(".//spiral") is None


def test_hills_can_be_climbed_and_junctions_are_level(lane_points):
    pitch = np.abs([(w.transform.rotation.pitch + 180.0) % 360.0 - 180.0 for w in lane_points])
    assert 2.0 < pitch.max() < 7.5
    assert max(p for p, w in zip(pitch, lane_points, strict=True) if w.is_junction) < 0.01


def test_there_is_room_for_sixty_vehicles(any_town):
    points = np.array(any_town.spawn_points)
    assert len(points) >= 60
    apart = np.linalg.norm(points[:, None, :3] - points[None, :, :3], axis=2) + 1e9 * np.eye(len(points))
    assert apart.min() >= 10.0


def test_whoever_walks_can_get_everywhere_his_part_of_the_town_goes(any_town):
    walks = np.array(list(walk_points(any_town)))
    corners = any_town.carla_map.get_crosswalks()
    crossings = [np.array([(c.x, c.y) for c in corners[i : i + 4]]) for i in range(0, len(corners), 5)]
    parts = connected(walks, crossings)
    # Nanshan02's village and nothing else there has walks; the towns are each of one piece.
    assert len(parts) == 1, [walks[sorted(part)[0]] for part in parts]


def walk_points(town):
    """Points on the middle of all walks, a metre apart."""
    for road in town.roads:
        for section in road.sections:
            for lane in section.lanes:
                if lane.kind == "sidewalk":
                    length = section.end_s - section.start_s
                    for s in np.linspace(section.start_s + 0.01, section.end_s - 0.01, int(length) + 2):
                        place = town.carla_map.get_waypoint_xodr(
                            road.road_id, lane.lane_id, s
                        ).transform.location
                        yield place.x, place.y


def connected(walks, crossings):
    """The sets of walk points that hang together, over crosswalks from kerb to kerb."""
    cells = {}
    for index, (x, y) in enumerate(walks):
        cells.setdefault((int(x // NEAR_M), int(y // NEAR_M)), []).append(index)

    def around(point, reach):
        column, row, span = int(point[0] // NEAR_M), int(point[1] // NEAR_M), int(reach // NEAR_M) + 1
        for i in range(column - span, column + span + 1):
            for j in range(row - span, row + span + 1):
                for index in cells.get((i, j), ()):
                    if math.dist(point, walks[index]) < reach:
                        yield index

    parent = list(range(len(walks)))

    def top(index):
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    for index, point in enumerate(walks):
        for other in around(point, NEAR_M):
            parent[top(other)] = top(index)
    for crossing in crossings:
        ends = [(crossing[0] + crossing[3]) / 2.0, (crossing[1] + crossing[2]) / 2.0]
        kerbs = [next(around(end, 3.0), None) for end in ends]
        if None not in kerbs:
            parent[top(kerbs[0])] = top(kerbs[1])
    parts = {}
    for index in range(len(walks)):
        parts.setdefault(top(index), set()).add(index)
    return list(parts.values())
