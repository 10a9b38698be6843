"""Roads that pass over others, tilt, or rise: a small map of two crossing roads."""

import numpy as np
import pytest

from sim_bridge.server.maps.scenery.still_scene import still_scene
from sim_bridge.server.maps.world_map import world_map_from_text
from sim_bridge.server.renderer.scene import Tag

DECK_M = 7.0
LENGTH_M = 400.0

_LANE = (
    '<lane id="{id}" type="{kind}" level="false"><width sOffset="0" a="{width}" b="0" c="0" d="0"/>'
    '<roadMark sOffset="0" type="solid" color="white" width="0.13"/></lane>'
)


def road(number, x, y, heading, limit, elevation="", tilt=""):
    left = _LANE.format(id=2, kind="sidewalk", width=2.0) + _LANE.format(id=1, kind="driving", width=3.5)
    right = _LANE.format(id=-1, kind="driving", width=3.5)
    line = f'<geometry s="0" x="{x}" y="{y}" hdg="{heading}" length="{LENGTH_M}"><line/></geometry>'
    centre = '<center><lane id="0" type="none" level="false"/></center>'
    return (
        f'<road name="" length="{LENGTH_M}" id="{number}" junction="-1">'
        f'<type s="0" type="town"><speed max="{limit}" unit="km/h"/></type>'
        f"<planView>{line}</planView>"
        f"<elevationProfile>{elevation}</elevationProfile><lateralProfile>{tilt}</lateralProfile>"
        f'<lanes><laneSection s="0"><left>{left}</left>{centre}'
        f"<right>{right}</right></laneSection></lanes></road>"
    )


def hump():
    """Up to the deck over 120 m, level, and down again."""
    rise, rate = 120.0, DECK_M / 120.0**2
    rows = (
        (0.0, 0.0, 0.0, 3.0 * rate, -2.0 * rate / rise),
        (rise, DECK_M, 0.0, 0.0, 0.0),
        (LENGTH_M - rise, DECK_M, 0.0, -3.0 * rate, 2.0 * rate / rise),
    )
    return "".join(f'<elevation s="{s}" a="{a}" b="{b}" c="{c}" d="{d}"/>' for s, a, b, c, d in rows)


@pytest.fixture(scope="module")
def crossing():
    half = LENGTH_M / 2.0
    under = road(1, -half, 0.0, 0.0, 50)
    over = road(2, 0.0, -half, np.pi / 2.0, 90, hump())
    return world_map_from_text("crossing", f"<OpenDRIVE><header/>{under}{over}</OpenDRIVE>")


@pytest.fixture(scope="module")
def built(crossing):
    return still_scene(crossing)


def test_each_road_carries_its_cars_where_they_cross(crossing):
    heights, _ = crossing.below(
        np.array([[0.0, 0.0, 0.3], [0.0, 0.0, DECK_M + 0.3], [0.0, 0.0, DECK_M - 0.5]])
    )
    assert heights == pytest.approx([0.0, DECK_M, DECK_M], abs=0.02)


def test_a_car_that_drives_over_the_bridge_meets_no_step(crossing):
    for lane in (1, -1):
        way = [
            crossing.carla_map.get_waypoint_xodr(2, lane, s).transform.location
            for s in np.arange(1, 399, 0.5)
        ]
        points = np.array([(p.x, p.y, p.z) for p in way])
        heights, _ = crossing.below(points)
        assert np.abs(heights - points[:, 2]).max() < 0.05


def test_whoever_jumps_off_the_bridge_falls_to_the_ground(crossing):
    heights, _ = crossing.below(np.array([[30.0, 0.0, DECK_M + 1.0], [40.0, -6.0, DECK_M]]))
    assert heights.max() < 2.0


def test_speed_limits_are_those_of_the_level(crossing):
    limits = crossing.speed_limits_kmh(np.array([[1.75, 0.5, 0.1], [1.75, 0.5, DECK_M]]))
    assert limits.tolist() == [50.0, 90.0]


def test_feet_stand_on_the_walk_and_wheels_on_the_road(crossing):
    # The walk of the lower road is left of it: beyond its left lane.
    heights, normals = crossing.below(
        np.array([[-100.0, -4.5, 0.0], [-100.0, -2.0, 0.0], [-100.0, -6.5, 0.0]])
    )
    assert heights[0] - heights[1] == pytest.approx(0.12, abs=0.005)
    assert heights[2] == pytest.approx(heights[1], abs=0.05)
    assert normals[:, 2] == pytest.approx(1.0, abs=1e-3)


def test_a_bridge_has_parapets_an_underside_and_pillars_off_the_lower_road(crossing, built):
    boxes = built.boxes
    fixed = boxes.props < 0
    assert fixed.sum() > 10
    parapets = fixed & (boxes.centres[:, 2] > DECK_M)
    assert set(np.sign(boxes.centres[parapets, 0])) == {-1.0, 1.0}
    assert np.abs(boxes.centres[parapets, 0]).min() > 3.5
    pillars = fixed & (boxes.centres[:, 2] < DECK_M - 1.0)
    assert pillars.any()
    assert np.abs(boxes.centres[pillars, 1]).min() > 6.0
    bridge = [mesh.normals[mesh.triangles[mesh.tags == Tag.BRIDGE]].mean(axis=1) for mesh in built.chunks]
    assert np.concatenate(bridge)[:, 2].min() < -0.99


def test_the_land_joins_both_roads_and_stays_below_them(crossing, built):
    land = built.chunks[0]
    flat = np.abs(land.vertices[:, :2]).max(axis=1) < 190.0
    on_lower = flat & (np.abs(land.vertices[:, 1]) < 5.0)
    assert land.vertices[on_lower, 2].max() < 0.0
    rng = np.random.default_rng(0)
    points = rng.uniform(-190.0, 190.0, (5000, 2))
    heights, beside = (crossing.ground.surface(points + shift)[0] for shift in (0.0, (0.5, 0.0)))
    assert np.abs(heights - beside).max() < 0.9


def test_a_tilted_road_is_higher_on_its_outside():
    tilt = '<superelevation s="0" a="0.1" b="0" c="0" d="0"/>'
    text = f"<OpenDRIVE><header/>{road(1, -200.0, 0.0, 0.0, 50, '', tilt)}</OpenDRIVE>"
    world = world_map_from_text("tilted", text)
    # Positive where the right side is lower; y points right here.
    heights, normals = world.below(np.array([[0.0, -1.75, 0.0], [0.0, 0.0, 0.0], [0.0, 1.75, 0.0]]))
    assert heights == pytest.approx(1.75 * np.tan(0.1) * np.array([1.0, 0.0, -1.0]), abs=0.02)
    assert normals[:, 1] == pytest.approx(np.sin(0.1), abs=0.02)
