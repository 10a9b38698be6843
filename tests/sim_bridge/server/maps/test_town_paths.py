import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_bridge.server.maps.towns.paths import (
    Pose,
    link,
    path_length,
    rounded_polyline,
    smallest_radius,
    trimmed,
    wrapped,
)


def assert_continuous(path, start, end):
    places = [start, *(piece.start for piece in path[1:])]
    ends = [*(piece.end for piece in path[:-1]), path[-1].end]
    assert math.dist((path[0].start.x, path[0].start.y), (start.x, start.y)) < 1e-6
    for before, after in zip(ends[:-1], places[1:], strict=True):
        assert math.dist((before.x, before.y), (after.x, after.y)) < 1e-6
        assert abs(wrapped(before.heading - after.heading)) < 1e-6
    assert math.dist((ends[-1].x, ends[-1].y), (end.x, end.y)) < 1e-6
    assert abs(wrapped(ends[-1].heading - end.heading)) < 1e-6


def test_a_rounded_corner_has_the_radius_asked_for_and_reaches_both_ends():
    path = rounded_polyline([(0, 0), (100, 0), (100, 100)], [30])
    assert_continuous(path, Pose(0, 0, 0), Pose(100, 100, math.pi / 2))
    assert smallest_radius(path) == pytest.approx(30)
    assert path_length(path) == pytest.approx(70 + 15 * math.pi + 70)


def test_a_radius_that_does_not_fit_is_named():
    with pytest.raises(ValueError, match="radius 80 m does not fit"):
        rounded_polyline([(0, 0), (50, 0), (50, 100)], [80])


def test_trimming_keeps_the_curve_in_place():
    path = rounded_polyline([(0, 0), (100, 0), (100, 100)], [30])
    cut = trimmed(path, 15, 20)
    assert path_length(cut) == pytest.approx(path_length(path) - 35)
    assert (cut[0].start.x, cut[-1].end.y) == pytest.approx((15, 80))


@given(
    x=st.floats(12, 40),
    y=st.floats(-40, 40),
    turn=st.floats(-2.2, 2.2),
)
def test_a_link_always_starts_and_ends_in_its_poses(x, y, turn):
    start, end = Pose(3.0, -2.0, 0.4), Pose(3.0 + x, -2.0 + y, 0.4 + turn)
    assert_continuous(link(start, end), start, end)


def test_a_link_between_mouths_of_a_crossing_is_one_arc():
    path = link(Pose(0, -15, math.pi / 2), Pose(15, 0, 0))
    assert len(path) == 1
    assert smallest_radius(path) == pytest.approx(15)
