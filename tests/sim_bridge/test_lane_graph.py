"""The lane graph of CARLA's own towns, where they are at hand, and of a small map written here."""

from functools import cache
from pathlib import Path

import carla
import numpy as np
import pytest

from data.lane_graph import LaneGraph, LineKind
from sim_bridge.lane_graph import lane_graph_from_carla_map

MAPS = Path(__file__).parents[3] / "shared" / "recorded" / "carla_maps"

# Two lanes to the east, one to the west, 200 m; a broken line between equals, a double one in the middle.
STREET = """<?xml version="1.0"?>
<OpenDRIVE><header revMajor="1" revMinor="4" name="street"><geoReference>+lat_0=49 +lon_0=8</geoReference>
</header>
{roads}</OpenDRIVE>"""
ROAD = """<road name="r" length="100" id="{id}" junction="-1">
<link>{before}{after}</link>
<type s="0" type="town">{speed}</type>
<planView><geometry s="0" x="{x}" y="20" hdg="0" length="100"><line/></geometry></planView>
<lanes><laneSection s="0">
<left><lane id="1" type="driving"><link>{lb}{la}</link><width sOffset="0" a="3.5" b="0" c="0" d="0"/>
<roadMark sOffset="0" type="solid" width="0.1"/></lane></left>
<center><lane id="0" type="none"><roadMark sOffset="0" type="solid solid" width="0.1"/></lane></center>
<right><lane id="-1" type="driving"><link>{rb}{ra}</link><width sOffset="0" a="3" b="0" c="0" d="0"/>
<roadMark sOffset="0" type="broken" width="0.1"/></lane>
<lane id="-2" type="driving"><link>{sb}{sa}</link><width sOffset="0" a="3" b="0" c="0" d="0"/>
<roadMark sOffset="0" type="curb" width="0.1"/>{lane_speed}</lane></right>
</laneSection></lanes>
<signals>{signal}</signals></road>"""
LIGHT = """<signal name="Light" id="{id}" s="{s}" t="-7" zOffset="5" hOffset="0" orientation="+" dynamic="yes"
 country="OpenDRIVE" type="1000001" subtype="-1" value="-1"><validity fromLane="-2" toLane="-1"/></signal>"""


def street(second_speed='<speed max="50" unit="km/h"/>', lane_speed=""):
    first = ROAD.format(
        id=1,
        x=0,
        before="",
        after='<successor elementType="road" elementId="2" contactPoint="start"/>',
        speed='<speed max="30" unit="mph"/>',
        lb="",
        la='<successor id="1"/>',
        rb="",
        ra='<successor id="-1"/>',
        sb="",
        sa='<successor id="-2"/>',
        lane_speed="",
        signal=LIGHT.format(id="A7", s=95),
    )
    second = ROAD.format(
        id=2,
        x=100,
        before='<predecessor elementType="road" elementId="1" contactPoint="end"/>',
        after="",
        speed=second_speed,
        lb='<predecessor id="1"/>',
        la="",
        rb='<predecessor id="-1"/>',
        ra="",
        sb='<predecessor id="-2"/>',
        sa="",
        lane_speed=lane_speed,
        signal="",
    )
    return lane_graph_from_carla_map(carla.Map("street", STREET.format(roads=first + second)))


@cache
def recorded(town) -> LaneGraph:
    path = MAPS / f"{town}.xodr"
    if not path.exists():
        pytest.skip(f"recorded map {path.name} is not at hand")
    return lane_graph_from_carla_map(carla.Map(town, path.read_text()))


TOWNS = ("Town01", "Town02", "Town04")


def lane_at(graph, x, y):
    return min(graph.lanes, key=lambda lane: np.hypot(*(lane.centre_m[:, :2] - (x, y)).T).min())


def test_lanes_lie_in_right_handed_axes_where_opendrive_has_them():
    lane = lane_at(street(), 50.0, 20.0 - 1.5)
    np.testing.assert_allclose(lane.centre_m[0, :2], (0.0, 18.5), atol=0.01)
    np.testing.assert_allclose(lane.centre_m[-1, :2], (100.0, 18.5), atol=0.01)
    np.testing.assert_allclose(lane.width_m, 3.0, atol=1e-4)


def test_a_lane_of_the_other_side_runs_the_other_way():
    lane = lane_at(street(), 150.0, 21.75)
    assert lane.centre_m[0, 0] > lane.centre_m[-1, 0]
    graph = street()
    assert [graph.lanes[i].centre_m[0, 0] for i in lane.successors] == pytest.approx([100.0], abs=0.01)
    assert lane_at(graph, 50.0, 21.75).successors == ()


def test_neighbours_and_lines_are_seen_from_the_driver():
    graph = street()
    inner, outer = lane_at(graph, 50.0, 18.5), lane_at(graph, 50.0, 15.5)
    oncoming = lane_at(graph, 50.0, 21.75)
    assert (inner.left, inner.right) == (-1, outer.lane_id)
    assert (outer.left, outer.right) == (inner.lane_id, -1)
    assert (oncoming.left, oncoming.right) == (-1, -1)
    assert (inner.left_line, inner.right_line) == (LineKind.DOUBLE, LineKind.BROKEN)
    assert (outer.left_line, outer.right_line) == (LineKind.BROKEN, LineKind.KERB)
    assert (oncoming.left_line, oncoming.right_line) == (LineKind.DOUBLE, LineKind.SOLID)


def test_speed_limits_come_from_lane_then_road_then_what_the_lane_joins():
    graph = street(second_speed="", lane_speed='<speed sOffset="0" max="10" unit="m/s"/>')
    assert lane_at(graph, 50.0, 18.5).speed_limit_mps == pytest.approx(30 * 0.44704)
    assert lane_at(graph, 150.0, 15.5).speed_limit_mps == pytest.approx(10.0)
    assert lane_at(graph, 150.0, 18.5).speed_limit_mps == pytest.approx(30 * 0.44704)
    assert lane_at(street(), 150.0, 18.5).speed_limit_mps == pytest.approx(50 / 3.6)


def test_a_signal_names_its_lanes_and_where_to_stop():
    graph = street()
    (signal,) = graph.signals
    assert signal.signal_id == "A7"
    # CARLA's own reader may move a post by a quarter of a metre to keep it off the road.
    assert signal.position_m == pytest.approx((95.0, 13.0, 5.0), abs=0.3)
    inner, outer = lane_at(graph, 50.0, 18.5), lane_at(graph, 50.0, 15.5)
    assert {lane for lane, _ in signal.stops} == {inner.lane_id, outer.lane_id}
    assert [along for _, along in signal.stops] == pytest.approx([95.0, 95.0], abs=0.05)


def test_a_map_without_driving_lanes_says_so():
    text = STREET.format(roads="")
    with pytest.raises((ValueError, RuntimeError)):
        lane_graph_from_carla_map(carla.Map("empty", text))


@pytest.mark.parametrize("town", TOWNS)
def test_lanes_join_without_a_gap(town):
    graph = recorded(town)
    for lane in graph.lanes:
        for after in lane.successors:
            assert lane.lane_id in graph.lanes[after].predecessors
            assert np.linalg.norm(graph.lanes[after].centre_m[0] - lane.centre_m[-1]) < 0.01


@pytest.mark.parametrize("town", TOWNS)
def test_points_are_about_a_metre_apart(town):
    for lane in recorded(town).lanes:
        steps = np.linalg.norm(np.diff(lane.centre_m, axis=0), axis=1)
        assert steps.max() < 1.6
        assert np.all(lane.width_m > 0.0)


@pytest.mark.parametrize("town", TOWNS)
def test_neighbours_name_each_other_and_lie_on_their_side(town):
    graph = recorded(town)
    for lane in graph.lanes:
        if lane.left >= 0:
            other = graph.lanes[lane.left]
            assert other.right == lane.lane_id
            middle = len(lane.centre_m) // 2
            ahead = lane.centre_m[middle] - lane.centre_m[middle - 1]
            gaps = other.centre_m - lane.centre_m[middle]
            gap = gaps[np.argmin(np.linalg.norm(gaps, axis=1))]
            assert ahead[0] * gap[1] - ahead[1] * gap[0] > 0.0


@pytest.mark.parametrize("town", TOWNS)
def test_every_signal_stops_somebody_before_the_junction(town):
    graph = recorded(town)
    for signal in graph.signals:
        assert signal.stops
        for lane, along in signal.stops:
            assert not graph.lanes[lane].in_junction
            assert 0.0 <= along <= graph.lanes[lane].length_m + 1e-3


def test_the_same_map_gives_the_same_graph():
    first, second = street(), street()
    for a, b in zip(first.lanes, second.lanes, strict=True):
        np.testing.assert_array_equal(a.centre_m, b.centre_m)
        assert (a.successors, a.left, a.speed_limit_mps) == (b.successors, b.left, b.speed_limit_mps)
    assert first.signals == second.signals
