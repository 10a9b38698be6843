import json
import re
import subprocess
import sys
from contextlib import suppress
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_bridge.server.maps.opendrive_check import MAX_BYTES, checked
from sim_bridge.server.maps.trial import try_reading
from sim_bridge.server.maps.world_map import load_world_map, world_map_from_text
from tests.sim_bridge.server.conftest import loop_xodr

LOOP = loop_xodr()
NUMBERS = ("nan", "inf", "-inf", "0", "-1", "1e-9", "1e9", "1e300", "", "x", "0.5", "7", "4294967297")

# Reads texts one after the other and says how far it came, so that a crash names its text.
READ_ALL = """
import json, math, sys, carla
for number, text in enumerate(json.load(sys.stdin)):
    print(number, flush=True)
    read = carla.Map("x", text)
    read.get_topology(), read.get_crosswalks()
    for waypoint in read.generate_waypoints(10.0):
        place = waypoint.transform.location
        assert all(math.isfinite(v) for v in (place.x, place.y, place.z, waypoint.lane_width)), number
        waypoint.next(3.0), waypoint.previous(3.0), waypoint.get_left_lane(), waypoint.get_right_lane()
    [landmark.get_lane_validities() for landmark in read.get_all_landmarks()]
"""


def instead(old: str, new: str, count: int = 1) -> str:
    assert old in LOOP
    return LOOP.replace(old, new, count)


def added(element: str) -> str:
    return instead("</OpenDRIVE>", f"{element}</OpenDRIVE>")


def without(pattern: str) -> str:
    text = re.sub(pattern, "", LOOP, count=1)
    assert text != LOOP
    return text


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<OpenDRIVE>", "not well-formed XML"),
        ("<net/>", "the root element is <net>"),
        (f"<!DOCTYPE OpenDRIVE [<!ENTITY a 'b'>]>{LOOP}", "declares a document type or entities"),
        (added("<a>" * 500 + "</a>" * 500), "nested more than 40 deep"),
        (without("<planView>.*?</planView>"), "road 1: it has no <geometry>"),
        (without("<line/>"), "is none of line, arc, spiral, poly3, paramPoly3"),
        (without("<lanes>.*?</lanes>"), "road 1: it has no <laneSection>"),
        (without("<center>.*?</center>"), "no centre lane with the id 0"),
        (instead('length="240.0"', 'length="0"', 2), "road 1: length 0 m is not within"),
        (instead('length="240.0"', 'length="-240"', 2), "road 1: length -240 m is not within"),
        (instead('length="240.0"', 'length="1e7"', 2), "road 1: length 1e+07 m is not within"),
        (instead('length="240.0" id', 'length="300" id'), "it is 300 m long, but its <geometry> 240 m"),
        (instead('x="0.0"', 'x="nan"'), "<geometry> x='nan' is not a number"),
        (instead('hdg="0.0"', 'hdg="inf"'), "<geometry> hdg='inf' is not a number"),
        (instead('a="3.5"', 'a="nan"'), "<width> a='nan' is not a number"),
        (instead('x="0.0"', 'x="1e30"'), "farther than 1000 km from the origin"),
        (instead("<line/>", '<arc curvature="1e9"/>'), "a curvature of 1e+09 1/m"),
        (instead("<line/>", '<poly3 a="0" b="90" c="0" d="0"/>'), "a <poly3> says it is 240 m long"),
        (instead('id="2" junction', 'id="1" junction'), "two <road> have the id 1"),
        (instead('id="1" junction', 'id="one" junction'), "<road> id='one' is not a whole number"),
        (instead('<lane id="-1"', '<lane id="-3"'), "the lanes on the right are numbered -3"),
        (instead('<lane id="-1"', '<lane id="1"'), "the lanes on the right are numbered 1"),
        (instead('<laneSection s="0">', '<laneSection s="9">'), "do not begin at s=0"),
        (instead('junction="-1"', 'junction="55"'), "it belongs to junction 55, which is not there"),
        (LOOP.replace('type="driving"', 'type="sidewalk"'), "it has no driving lane"),
    ],
)
def test_what_cannot_be_used_is_refused_in_one_line_that_says_why(text, reason):
    with pytest.raises(ValueError, match=re.escape(reason)) as error:
        checked(text)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "repair"),
    [
        (instead("<line/>", '<spiral curvStart="0.01" curvEnd="0.01"/>'), "spirals of constant curvature"),
        (instead("<line/>", '<spiral curvStart="0" curvEnd="0"/>'), "arcs without curvature"),
        (instead("<line/>", '<arc curvature="0"/>'), "arcs without curvature"),
        (
            instead(
                "<planView>", '<planView><geometry s="0" x="0" y="0" hdg="0" length="0"><line/></geometry>'
            ),
            "pieces of a curve without a length",
        ),
        (instead('elementId="2"', 'elementId="77"'), "links to roads or junctions that are not there"),
        (added('<junction id="2" name="j"/>'), "junctions that shared their id with a road"),
        (
            added(
                '<junction id="60" name=""><connection id="0" incomingRoad="9" connectingRoad="1" '
                'contactPoint="start"/></junction>'
            ),
            "connections of roads that are not there",
        ),
        (
            instead("</signals>", '<signalReference s="10" t="0" id="47" orientation="+"/></signals>'),
            "references to signals that are not there",
        ),
        (instead('s="200" t', 's="900" t'), "signals and objects beyond the ends of their road"),
    ],
)
def test_what_has_one_sensible_reading_is_repaired_and_said_so(text, repair):
    mended, repairs = checked(text)
    assert any(repair in line for line in repairs)
    world = world_map_from_text("mended", text)
    assert world.xodr == mended
    assert all(line.startswith("map mended: ") for line in world.repairs)
    assert np.isfinite(world.ground.heights[0]).all()
    assert np.isfinite(np.array(world.spawn_points)).all()


def test_a_sound_text_stays_as_it_is():
    assert checked(LOOP) == (LOOP, ())


def test_a_spiral_of_constant_curvature_becomes_the_arc_that_it_is():
    arc, _ = checked(instead("<line/>", '<arc curvature="0.01"/>'))
    spiral, _ = checked(instead("<line/>", '<spiral curvStart="0.01" curvEnd="0.01"/>'))
    curves = [ElementTree.fromstring(text).find("road/planView/geometry")[0] for text in (arc, spiral)]
    assert curves[0].tag == curves[1].tag == "arc"
    assert float(curves[1].get("curvature")) == 0.01


def test_a_text_of_a_hundred_megabytes_is_refused_before_it_is_read(tmp_path):
    with pytest.raises(ValueError, match="larger than 64 MB"):
        checked(" " * (MAX_BYTES + 1))
    path = tmp_path / "long.xodr"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    with pytest.raises(ValueError, match=r"long.xodr: larger than 64 MB"):
        load_world_map(str(path))


def test_a_reader_that_dies_takes_only_its_child_along():
    with pytest.raises(ValueError, match="ends its process on it"):
        try_reading(without("<lanes>.*?</lanes>"))
    with pytest.raises(ValueError, match="refuses it"):
        try_reading(instead("<line/>", '<arc curvature="0"/>'))


def mutant(seed: int) -> str:
    """The loop with a few numbers, ids or elements spoilt."""
    random = np.random.default_rng(seed)
    root = ElementTree.fromstring(LOOP)
    for _ in range(int(random.integers(1, 4))):
        elements = [element for element in root.iter() if len(element) or element.attrib]
        element = elements[int(random.integers(len(elements)))]
        if element.attrib and random.random() < 0.7:
            name = sorted(element.attrib)[int(random.integers(len(element.attrib)))]
            element.set(name, NUMBERS[int(random.integers(len(NUMBERS)))])
        elif len(element):
            child = element[int(random.integers(len(element)))]
            if random.random() < 0.5:
                element.remove(child)
            else:
                element.append(child)
    return ElementTree.tostring(root, encoding="unicode")


def read_by_carla(texts: list[str]) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", READ_ALL]
    return subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, timeout=300)


def test_carla_survives_every_spoilt_text_that_passes():
    passed = []
    for seed in range(400):
        with suppress(ValueError):
            passed.append(checked(mutant(seed))[0])
    assert 50 < len(passed) < 350
    done = read_by_carla(passed)
    assert done.returncode == 0, (passed[int(done.stdout.split()[-1])], done.stderr[-300:])


@settings(max_examples=60, deadline=None)
@given(st.text(alphabet='<>/"=OpenDRIVEroad id0159.-&;![]', max_size=80))
def test_no_text_at_all_raises_anything_but_a_line(text):
    for candidate in (text, LOOP.replace("<line/>", text, 1)):
        reason = refusal(candidate)
        assert "\n" not in reason


def refusal(text: str) -> str:
    try:
        checked(text)
    except ValueError as error:
        return str(error)
    return ""
