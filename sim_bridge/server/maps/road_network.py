"""Roads of an OpenDRIVE text with their lanes, widths, markings and limits; `carla.Map` gives the curves.

Points are in CARLA's world axes (x forward, y right, z up, metres). Lane ids are OpenDRIVE's: negative on the
right of the reference line. Only what the server needs is read. CARLA ignores superelevation; here it tilts
cross-sections about the reference line, without moving lanes sideways.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from xml.etree.ElementTree import Element

import carla
import numpy as np

from sim_bridge.server.maps.opendrive_check import parsed
from sim_bridge.server.transforms import Floats

NO_JUNCTION = -1
KERB_HEIGHT_M = 0.12
PAVED = frozenset(
    {"driving", "shoulder", "parking", "biking", "border", "stop", "bidirectional", "restricted"}
)
RAISED = frozenset({"sidewalk", "curb", "median"})

_MPS = {"km/h": 1.0 / 3.6, "mph": 0.44704, "m/s": 1.0}
# A waypoint exactly on a road's end may belong to the next road.
_END_MARGIN_M = 1e-3
_STEEPEST = math.radians(45.0)
_FARTHEST_M = 2e6
# Roads without a limit in a row between two that have one.
_LIMIT_HOPS = 3


@dataclass(frozen=True)
class Mark:
    """A line on the outer border of a lane.

    Attributes:
        start_s: where it begins, metres along the road.
        end_s: where it ends.
        kind: OpenDRIVE's type, e.g. "broken" or "solid solid".
        colour: "white" or "yellow".
        width_m: of one stroke.
        dash_m: painted length of a broken line.
        gap_m: blank length of a broken line.
    """

    start_s: float
    end_s: float
    kind: str
    colour: str
    width_m: float
    dash_m: float
    gap_m: float


@dataclass(frozen=True, eq=False)
class Lane:
    """One lane of a section.

    Attributes:
        lane_id: OpenDRIVE's id, never 0.
        kind: OpenDRIVE's type, e.g. "driving".
        widths: (k, 5) sOffset and polynomial a, b, c, d of the width, metres.
        marks: lines on its outer border.
    """

    lane_id: int
    kind: str
    widths: Floats
    marks: tuple[Mark, ...]

    def width_at(self, ds: Floats) -> Floats:
        """(n,) widths in metres at (n,) distances from the section's start."""
        widths: Floats = np.maximum(_cubic(self.widths, ds), 0.0)
        return widths


def _cubic(rows: Floats, s: Floats) -> Floats:
    """(n,) values at (n,) s of polynomials: (k, 5) rows of where each begins and its a, b, c, d."""
    row = np.clip(np.searchsorted(rows[:, 0], s, side="right") - 1, 0, None)
    start, a, b, c, d = rows[row].T
    t = s - start
    result: Floats = a + t * (b + t * (c + t * d))
    return result


@dataclass(frozen=True, eq=False)
class Section:
    """A stretch of road with the same lanes.

    Attributes:
        start_s: metres along the road.
        end_s: metres along the road.
        lanes: from left to right (falling ids), without the centre.
        centre_marks: lines on the reference line.
    """

    start_s: float
    end_s: float
    lanes: tuple[Lane, ...]
    centre_marks: tuple[Mark, ...]

    @property
    def lanes_on_the_left(self) -> int:
        """How many lanes have positive ids; the index of the reference line among the borders."""
        return sum(lane.lane_id > 0 for lane in self.lanes)

    def border_marks(self, border: int) -> tuple[Mark, ...]:
        """Lines on a border, counted from the left."""
        centre = self.lanes_on_the_left
        if border == centre:
            return self.centre_marks
        return self.lanes[border if border < centre else border - 1].marks


@dataclass(frozen=True, eq=False)
class Road:
    """One OpenDRIVE road.

    Attributes:
        road_id: OpenDRIVE's id.
        length: metres.
        junction_id: the junction that it crosses, or `NO_JUNCTION`.
        sections: along s.
        limits: (s, m/s) where speed limits begin; empty when neither the road nor one that it joins has any.
        lane_offset: (k, 5) s and polynomial of how far the centre lane lies left of the reference line, m.
        superelevation: (k, 5) s and polynomial of the roll, rad, positive where the right side is lower.
        district: what our towns say of what stands beside it, in userData; "" where nothing is said.
    """

    road_id: int
    length: float
    junction_id: int
    sections: tuple[Section, ...]
    limits: tuple[tuple[float, float], ...]
    lane_offset: Floats
    superelevation: Floats
    district: str

    def limit_at(self, s: float, default: float) -> float:
        """The limit in m/s at s."""
        return next((limit for start, limit in reversed(self.limits) if start <= s + 1e-9), default)


def read_roads(xodr: str) -> tuple[Road, ...]:
    """The roads of an OpenDRIVE text, in its order.

    Raises:
        ValueError: it is no OpenDRIVE, or a number is missing; names what.
    """
    root = parsed(xodr)
    elements = root.findall("road")
    roads = _with_neighbours_limits(elements, tuple(_road(element) for element in elements))
    if not roads:
        raise ValueError("it has no <road>")
    return roads


def borders(carla_map: carla.Map, road: Road, section: Section, s: Floats) -> Floats:
    """Points on the lane borders of cross-sections.

    Args:
        carla_map: of the same OpenDRIVE.
        road: the road.
        section: one of its sections.
        s: (k,) metres along the road, within the section.

    Returns:
        (k, lanes + 1, 3) from the leftmost to the rightmost border, CARLA's world axes, metres.
    """
    widths = np.array([lane.width_at(s - section.start_s) for lane in section.lanes])
    along = np.vstack([np.zeros(len(s)), np.cumsum(widths, axis=0)])
    anchor = max(range(len(section.lanes)), key=lambda i: (section.lanes[i].kind == "driving", -i))
    lane = section.lanes[anchor]
    low, high = section.start_s + _END_MARGIN_M, section.end_s - _END_MARGIN_M
    poses = [_lane_pose(carla_map, road.road_id, lane.lane_id, min(max(v, low), high)) for v in s]
    x, y, z, yaw = np.array(poses).T
    yaw = yaw + (np.pi if lane.lane_id > 0 else 0.0)
    offset = along - (along[anchor] + along[anchor + 1]) / 2.0
    # CARLA's right-hand normal of a heading is (-sin, cos): y points right.
    # Metres to the right of the reference line: laneOffset is positive to the left.
    aside = along - along[section.lanes_on_the_left] - _cubic(road.lane_offset, s)
    height = z - aside * np.tan(np.clip(_cubic(road.superelevation, s), -_STEEPEST, _STEEPEST))
    points = np.stack([x - np.sin(yaw) * offset, y + np.cos(yaw) * offset, height], -1)
    if not np.isfinite(points).all() or np.abs(points).max() > _FARTHEST_M:
        raise ValueError(f"road {road.road_id}: its lanes run nowhere, or farther than {_FARTHEST_M:g} m")
    result: Floats = points.transpose(1, 0, 2)
    return result


def _lane_pose(
    carla_map: carla.Map, road_id: int, lane_id: int, s: float
) -> tuple[float, float, float, float]:
    """x, y, z (m) and yaw (rad) of a lane's centre, in its driving direction."""
    waypoint = carla_map.get_waypoint_xodr(road_id, lane_id, s)
    if waypoint is None:
        raise ValueError(f"road {road_id}: no lane {lane_id} at s = {s:.2f}")
    transform = waypoint.transform
    place = transform.location
    return place.x, place.y, place.z, math.radians(transform.rotation.yaw)


def _number(element: Element, name: str, default: float | None = None) -> float:
    """A numeric attribute."""
    text = element.get(name)
    try:
        value = default if text is None else float(text)
    except ValueError:
        value = None
    if value is None or not math.isfinite(value):
        raise ValueError(f"<{element.tag} id={element.get('id')!r}>: {name}={text!r} is not a number")
    return value


def _road(element: Element) -> Road:
    length = _number(element, "length")
    sections = element.findall("lanes/laneSection")
    starts = [_number(section, "s") for section in sections]
    ends = [*starts[1:], length][: len(starts)]
    return Road(
        road_id=int(_number(element, "id")),
        length=length,
        junction_id=int(_number(element, "junction", NO_JUNCTION)),
        sections=tuple(
            _section(section, start, end)
            for section, start, end in zip(sections, starts, ends, strict=True)
            if end - start > 2.0 * _END_MARGIN_M
        ),
        limits=tuple(_limits(element)),
        lane_offset=_rows(element, "lanes/laneOffset", "s"),
        superelevation=_rows(element, "lateralProfile/superelevation", "s"),
        district=next((u.get("value", "") for u in element.findall("userData[@code='district']")), ""),
    )


def _with_neighbours_limits(elements: Sequence[Element], roads: tuple[Road, ...]) -> tuple[Road, ...]:
    """Roads without a limit, such as those across junctions, take the lowest of the roads that they join."""
    found = {road.road_id: road for road in roads}
    for _ in range(_LIMIT_HOPS):
        for element in elements:
            road = found[int(_number(element, "id"))]
            if road.limits:
                continue
            near: list[tuple[float, float]] = []
            for tag in ("predecessor", "successor"):
                end = element.find(f"link/{tag}")
                if end is not None and end.get("elementType") == "road":
                    beside = found[int(_number(end, "elementId"))]
                    at_start = end.get("contactPoint") == "start"
                    near.extend(beside.limits[:1] if at_start else beside.limits[-1:])
            if near:
                limits = ((0.0, min(limit for _, limit in near)),)
                found[road.road_id] = replace(road, limits=limits)
    return tuple(found[road.road_id] for road in roads)


def _limits(road: Element) -> list[tuple[float, float]]:
    """(s, m/s) of the road's types that carry a speed."""
    found = []
    for kind in road.findall("type"):
        speed = kind.find("speed")
        if speed is not None and speed.get("max") not in (None, "no limit", "undefined"):
            unit = _MPS.get(speed.get("unit") or "m/s", 1.0)
            found.append((_number(kind, "s", 0.0), _number(speed, "max") * unit))
    return sorted(found)


def _section(element: Element, start: float, end: float) -> Section:
    lanes = [_lane(lane, start, end) for lane in element.iter("lane") if lane.get("id") != "0"]
    centre = element.find("center/lane")
    return Section(
        start_s=start,
        end_s=end,
        lanes=tuple(sorted(lanes, key=lambda lane: -lane.lane_id)),
        centre_marks=() if centre is None else _marks(centre, start, end),
    )


def _lane(element: Element, start: float, end: float) -> Lane:
    return Lane(
        lane_id=int(_number(element, "id")),
        kind=element.get("type") or "none",
        widths=_rows(element, "width", "sOffset"),
        marks=_marks(element, start, end),
    )


def _rows(element: Element, path: str, start: str) -> Floats:
    """(k, 5) where each polynomial of that path begins and its a, b, c, d; one of zeros if there is none."""
    rows = [[_number(each, name, 0.0) for name in (start, *"abcd")] for each in element.findall(path)]
    return np.array(sorted(rows) or [[0.0] * 5])


def _marks(lane: Element, start: float, end: float) -> tuple[Mark, ...]:
    """The lane's lines; each ends where the next begins."""
    elements = lane.findall("roadMark")
    starts = [start + _number(element, "sOffset", 0.0) for element in elements]
    ends = [*starts[1:], end][: len(starts)]
    return tuple(
        _mark(element, a, b)
        for element, a, b in zip(elements, starts, ends, strict=True)
        if element.get("type", "none") != "none" and b > a
    )


def _mark(element: Element, start: float, end: float) -> Mark:
    stroke = element.find("type/line")
    dash, gap = (
        (3.0, 6.0) if stroke is None else (_number(stroke, "length", 3.0), _number(stroke, "space", 6.0))
    )
    colour = element.get("color", "standard")
    return Mark(
        start_s=start,
        end_s=end,
        kind=element.get("type", "none").replace("_", " "),
        colour="yellow" if colour == "yellow" else "white",
        width_m=min(max(_number(element, "width", 0.13), 0.1), 0.3),
        dash_m=dash if dash > 0.0 else 3.0,
        gap_m=gap if gap > 0.0 else 6.0,
    )
