"""The lanes of a street and the lines between them."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from itertools import pairwise

from scenariogeneration import xodr

from sim_bridge.server.maps.towns.plan import CentreLine, Profile, Street

STOP_LINE_M = 5.2  # from the junction back to the stop line; the crosswalk lies between
SOLID_BEFORE_JUNCTION_M = 40.0
NO_PARKING_BEFORE_JUNCTION_M = 15.0
APPROACH_M = 130.0
LINE_WIDTH_M = 0.13
LINES_END_M = STOP_LINE_M - 0.2  # no line crosses a crosswalk


@dataclass(frozen=True)
class Ends:
    """How far the lines of a street keep from its ends, metres: (at s = 0, at the other end).

    Attributes:
        blank: without any line.
        solid: with solid lines between lanes.
    """

    blank: tuple[float, float]
    solid: tuple[float, float]


def ends_of(street: Street, length: float, crossed: tuple[bool, bool], weaves: tuple[bool, bool]) -> Ends:
    """The ends of a street.

    Args:
        street: the street.
        length: of its road, metres.
        crossed: whether there is a crosswalk at either end.
        weaves: whether lanes may be changed up to either end.
    """
    near = min(SOLID_BEFORE_JUNCTION_M, length / 3.0)
    blank = (LINES_END_M if crossed[0] else 0.0, LINES_END_M if crossed[1] else 0.0)
    return Ends(blank, (0.0 if weaves[0] else near, 0.0 if weaves[1] else near))


def limits_along(street: Street, length: float) -> list[tuple[float, int]]:
    """Where a speed limit begins: (s, km/h).

    Raises:
        ValueError: the street is too short to have another limit near its junctions; names it.
    """
    if street.approach_kmh == street.limit_kmh:
        return [(0.0, street.limit_kmh)]
    if length < 2.0 * APPROACH_M:
        raise ValueError(f"{street.name}: {length:.0f} m are too short for two limits")
    return [
        (0.0, street.approach_kmh),
        (APPROACH_M, street.limit_kmh),
        (length - APPROACH_M, street.approach_kmh),
    ]


def lane_sections(street: Street, length: float, ends: Ends) -> Iterator[xodr.LaneSection]:
    """One section for each stretch with the same limit and lanes, so that a lane has one limit all along."""
    cuts = {s for s, _ in limits_along(street, length)}
    if street.profile.parking_m:
        cuts |= {NO_PARKING_BEFORE_JUNCTION_M, length - NO_PARKING_BEFORE_JUNCTION_M}
    for start, end in pairwise([*sorted(cuts), length]):
        centre = xodr.Lane(xodr.LaneType.none)
        for mark in _between(_centre_marks(street.profile, length, ends), start, end):
            centre.add_roadmark(mark)
        section = xodr.LaneSection(start, centre)
        for forward, add in ((True, section.add_right_lane), (False, section.add_left_lane)):
            for number, lane in enumerate(_half(street.profile, forward, length, ends, start, end), start=1):
                number = -number if forward else number
                if start > 0.0:
                    lane.add_link("predecessor", number)
                if end < length:
                    lane.add_link("successor", number)
                add(lane)
        yield section


def outermost_lane(profile: Profile, forward: bool, paved: bool = False) -> int:
    """OpenDRIVE id of a side's last lane, its walk where it has one, or its last one that is paved."""
    lanes = profile.lanes_on(forward)
    count = lanes + 1 + (profile.walk_m(forward) > 0.0 and not paved)
    count += (bool(profile.biking_m) + bool(profile.parking_m)) if lanes else 0
    return -count if forward else count


def lane_of(kind: xodr.LaneType, width: float, marks: list[xodr.RoadMark]) -> xodr.Lane:
    """A lane of even width."""
    lane = xodr.Lane(kind, a=width)
    for mark in marks:
        lane.add_roadmark(mark)
    return lane


def no_line(s: float = 0.0) -> xodr.RoadMark:
    """Where nothing is painted and lanes must not be changed."""
    return _line(xodr.RoadMarkType.none, xodr.RoadMarkColor.standard, xodr.LaneChange.none, s=s)


def broken_line(dash_m: tuple[float, float], s: float = 0.0) -> xodr.RoadMark:
    """A white line between lanes that may be changed."""
    return _line(xodr.RoadMarkType.broken, xodr.RoadMarkColor.white, xodr.LaneChange.both, dash_m, s)


def edge_line(s: float = 0.0) -> xodr.RoadMark:
    """A white line that ends the lanes."""
    return _line(xodr.RoadMarkType.solid, xodr.RoadMarkColor.white, xodr.LaneChange.none, s=s)


def _line(
    kind: xodr.RoadMarkType,
    colour: xodr.RoadMarkColor,
    change: xodr.LaneChange,
    dash: tuple[float, float] | None = None,
    s: float = 0.0,
) -> xodr.RoadMark:
    length, space = dash or (None, None)
    return xodr.RoadMark(
        kind, LINE_WIDTH_M, length, space, soffset=s, color=colour, laneChange=change, height=0.0
    )


def _within(length: float, ends: Ends, *marks: xodr.RoadMark) -> list[xodr.RoadMark]:
    """The lines, and none where the ends are blank."""
    before = [no_line()] if ends.blank[0] else []
    after = [no_line(length - ends.blank[1])] if ends.blank[1] else []
    return [*before, *marks, *after]


def _centre_marks(profile: Profile, length: float, ends: Ends) -> list[xodr.RoadMark]:
    yellow, never = xodr.RoadMarkColor.yellow, xodr.LaneChange.none
    first = ends.blank[0]
    if profile.centre is CentreLine.NONE:
        return [no_line()]
    if profile.centre is CentreLine.EDGE:
        return _within(length, ends, edge_line(first))
    if profile.centre is CentreLine.DOUBLE:
        return _within(length, ends, _line(xodr.RoadMarkType.solid_solid, yellow, never, s=first))
    return _within(
        length,
        ends,
        _line(xodr.RoadMarkType.solid, yellow, never, s=first),
        _line(
            xodr.RoadMarkType.broken, yellow, xodr.LaneChange.both, profile.dash_m, max(ends.solid[0], first)
        ),
        _line(xodr.RoadMarkType.solid, yellow, never, s=length - max(ends.solid[1], ends.blank[1] + 0.1)),
    )


def _lane_marks(
    profile: Profile, index: int, forward: bool, length: float, ends: Ends
) -> list[xodr.RoadMark]:
    """The outer border of the `index`-th lane: an edge line, or a line that is solid before the junction."""
    if index == profile.lanes_on(forward) - 1:
        if profile.centre is CentreLine.NONE:
            return [no_line()]
        return _within(length, ends, edge_line(ends.blank[0]))
    near = ends.solid[1 if forward else 0]
    if not near:
        return _within(length, ends, broken_line(profile.dash_m, ends.blank[0]))
    start = ends.blank[0] if forward else near
    broken = broken_line(profile.dash_m, start)
    if forward:
        return _within(length, ends, broken, edge_line(length - near))
    return _within(length, ends, edge_line(ends.blank[0]), broken)


def _half(
    profile: Profile, forward: bool, length: float, ends: Ends, start: float, end: float
) -> Iterator[xodr.Lane]:
    """The lanes of one direction from the centre outwards, between two values of s."""
    for index in range(profile.lanes_on(forward)):
        marks = _between(_lane_marks(profile, index, forward, length, ends), start, end)
        yield lane_of(xodr.LaneType.driving, profile.lane_m, marks)
    if profile.lanes_on(forward) and profile.biking_m:
        marks = _between(_within(length, ends, edge_line(ends.blank[0])), start, end)
        yield lane_of(xodr.LaneType.biking, profile.biking_m, marks)
    if profile.lanes_on(forward) and profile.parking_m:
        near = NO_PARKING_BEFORE_JUNCTION_M
        parking = start >= near - 1e-6 and end <= length - near + 1e-6
        kind = xodr.LaneType.parking if parking else xodr.LaneType.shoulder
        yield lane_of(kind, profile.parking_m, [no_line()])
    yield lane_of(xodr.LaneType.shoulder, profile.shoulder_m, [no_line()])
    if profile.walk_m(forward):
        yield lane_of(xodr.LaneType.sidewalk, profile.walk_m(forward), [no_line()])


def _between(marks: list[xodr.RoadMark], start: float, end: float) -> list[xodr.RoadMark]:
    """The marks of a road as those of its section: offsets from the section's start."""
    before = [mark for mark in marks if mark.soffset <= start][-1]
    inside = [mark for mark in marks if start < mark.soffset < end]
    return [_moved(before, 0.0), *(_moved(mark, mark.soffset - start) for mark in inside)]


def _moved(mark: xodr.RoadMark, s: float) -> xodr.RoadMark:
    moved = copy(mark)
    moved.soffset = s
    return moved
