"""Writes a town plan as OpenDRIVE 1.4 with `scenariogeneration` (a development dependency).

Ids: roads 1.., connecting roads 101.., junctions 1001.. - CARLA's reader tells a junction from a road by its
number alone, so that they never meet. Signals are 2001.., their controllers 3001...
"""

from __future__ import annotations

import math
import re
from itertools import pairwise
from pathlib import Path as FilePath
from xml.etree import ElementTree

from scenariogeneration import xodr

from sim_bridge.server.maps.towns.arms import (
    STRAIGHT_ON,
    Arm,
    Corner,
    Movement,
    arms_of,
    corners,
    movements,
    setbacks_of,
    street_path,
    streets_of,
)
from sim_bridge.server.maps.towns.cross_section import (
    broken_line,
    edge_line,
    ends_of,
    lane_sections,
    limits_along,
    no_line,
    outermost_lane,
)
from sim_bridge.server.maps.towns.paths import Path, path_length
from sim_bridge.server.maps.towns.plan import Control, JunctionPlan, Street, TownPlan
from sim_bridge.server.maps.towns.signs import add_lights_and_priority_signs, add_speed_signs, turn_limit

FIRST_CONNECTING_ROAD = 101
FIRST_JUNCTION = 1001
FIRST_CROSSWALK = 4001

CROSSWALK_M = (1.0, 4.0)
TURN_LIMIT_KMH = 30
# A bus that takes a tighter turn at 30 km/h runs into who waits on the other side of the street.
WIDE_TURN_M, TIGHT_TURN_LIMIT_KMH = 16.0, 20
_LONG_NUMBER = re.compile(r"-?[0-9]+\.[0-9]{6,}(e-[0-9]+)?")
_CONTACT = {True: xodr.ContactPoint.start, False: xodr.ContactPoint.end}


def write_town(plan: TownPlan) -> None:
    """Writes the town beside the scripts."""
    target = FilePath(__file__).with_name(f"{plan.name}.xodr")
    target.write_text(author(plan), encoding="utf-8")
    print(f"wrote {target}")


def author(plan: TownPlan) -> str:
    """The town as OpenDRIVE text; the same plan always gives the same text.

    Raises:
        ValueError: the plan cannot be built; names the street or junction.
    """
    # The package remembers the ids of all towns that this process has written, and changes those it knows.
    xodr.Signal._usedIDs.clear()
    setbacks = {junction.name: setbacks_of(plan, junction) for junction in plan.junctions}
    town = xodr.OpenDrive(plan.name, revMinor="4", geo_reference=plan.geo_reference)
    junction_ids = {junction.name: FIRST_JUNCTION + i for i, junction in enumerate(plan.junctions)}
    paths = {road: street_path(plan, street, setbacks, road) for road, street in streets_of(plan)}
    arms = {junction.name: arms_of(plan, junction, paths) for junction in plan.junctions}
    for road, street in streets_of(plan):
        town.add_road(_street_road(plan, road, street, paths[road], junction_ids))
    connecting = FIRST_CONNECTING_ROAD
    for junction in plan.junctions:
        meeting, junction_id = arms[junction.name], junction_ids[junction.name]
        crossing = xodr.Junction(junction.name, junction_id)
        around = corners(junction, meeting)
        for movement in movements(junction, meeting):
            kerbed = any(corner.bounds(movement) for corner in around)
            town.add_road(_connecting_road(connecting, junction_id, junction, movement, kerbed))
            crossing.add_connection(_connection(connecting, movement))
            connecting += 1
        for corner in filter(lambda corner: min(corner.walks_m) > 0.0, around):
            town.add_road(_corner_walk(connecting, junction_id, junction, corner))
            crossing.add_connection(_walk_connection(connecting, corner))
            connecting += 1
        town.add_junction(crossing)
    if len(plan.streets) >= FIRST_CONNECTING_ROAD or connecting > FIRST_JUNCTION:
        raise ValueError(f"{plan.name}: more roads than there are numbers")
    root = town.get_element()
    _child(root, "header").set("date", "2025-01-01T00:00:00")
    _unwrap_outlines(root)
    add_lights_and_priority_signs(root, plan, arms, junction_ids)
    _add_districts(root, plan)
    _shorten(root)
    ElementTree.indent(root, "")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _plan_view(path: Path) -> xodr.PlanView:
    view = xodr.PlanView()
    for piece in path:
        shape = xodr.Arc(piece.curvature, length=piece.length) if piece.curvature else xodr.Line(piece.length)
        view.add_fixed_geometry(shape, piece.start.x, piece.start.y, piece.start.heading)
    return view


def _street_road(
    plan: TownPlan, road_id: int, street: Street, path: Path, junction_ids: dict[str, int]
) -> xodr.Road:
    length = path_length(path)
    start, end = plan.junction(street.start), plan.junction(street.end)
    crossed = (_has_crosswalk(street, start), _has_crosswalk(street, end))
    weaves = (start.control is Control.WEAVE, end.control is Control.WEAVE)
    lanes = xodr.Lanes()
    for section in lane_sections(street, length, ends_of(street, length, crossed, weaves)):
        lanes.add_lanesection(section)
    road = xodr.Road(road_id, _plan_view(path), lanes, name=street.name)
    road.add_predecessor(xodr.ElementType.junction, junction_ids[street.start])
    road.add_successor(xodr.ElementType.junction, junction_ids[street.end])
    for s, limit in limits_along(street, length):
        road.add_type(xodr.RoadType[street.profile.road_type], s, speed=limit, speed_unit="km/h")
    _add_elevation(road, start.z, end.z, street.crest_m, length)
    _add_crosswalks(road, road_id, street, length, crossed)
    add_speed_signs(road, road_id, street, length)
    return road


def _has_crosswalk(street: Street, junction: JunctionPlan) -> bool:
    """Walks and lights come with crosswalks; nobody crosses the ring of a roundabout or a ramp."""
    if street.around is not None or junction.control is Control.WEAVE:
        return False
    return junction.control is Control.SIGNALS or street.profile.sidewalk_m > 0.0


def _add_elevation(road: xodr.Road, z0: float, z1: float, crest: float, length: float) -> None:
    """Smooth steps (zero slope at both ends and on the crest), so that junctions are level."""
    knots = [(0.0, z0), (length, z1)]
    if crest:
        knots.insert(1, (length / 2.0, (z0 + z1) / 2.0 + crest))
    for (s0, a), (s1, b) in pairwise(knots):
        span, rise = s1 - s0, b - a
        road.add_elevation(s0, a, 0.0, 3.0 * rise / span**2, -2.0 * rise / span**3)


def _connecting_road(
    road_id: int, junction_id: int, junction: JunctionPlan, movement: Movement, kerbed: bool
) -> xodr.Road:
    """A way through a junction; `kerbed` says that it runs along a corner, with the paved strip beside it."""
    source, target = movement.source, movement.target
    centre = xodr.Lane(xodr.LaneType.none)
    centre.add_roadmark(edge_line() if movement.lanes > 1 else no_line())
    section = xodr.LaneSection(0.0, centre)
    for index in range(movement.lanes):
        last = index == movement.lanes - 1
        lane = _tapered(
            xodr.LaneType.driving, source.profile.lane_m, target.profile.lane_m, path_length(movement.path)
        )
        lane.add_roadmark(no_line() if last else broken_line(source.profile.dash_m))
        lane.add_link("predecessor", source.incoming_lane(movement.source_lane + index))
        lane.add_link("successor", target.outgoing_lane(movement.target_lane + index))
        section.add_right_lane(lane)
    if kerbed:
        section.add_right_lane(_strip(source, target, path_length(movement.path)))
    road = _crossing_road(road_id, junction_id, junction, movement.path, section, source, target)
    limit = min(source.street.approach_kmh, target.street.approach_kmh)
    if abs(movement.turn) > STRAIGHT_ON:
        limit = min(limit, TURN_LIMIT_KMH if movement.centre_radius > WIDE_TURN_M else TIGHT_TURN_LIMIT_KMH)
        length, number = path_length(movement.path), road_id - FIRST_CONNECTING_ROAD
        road.add_signal(turn_limit(road_id, number, length, target.profile.lane_m, limit))
    road.add_type(xodr.RoadType.town, 0.0, speed=limit, speed_unit="km/h")
    return road


def _crossing_road(
    road_id: int,
    junction_id: int,
    junction: JunctionPlan,
    path: Path,
    section: xodr.LaneSection,
    source: Arm,
    target: Arm,
) -> xodr.Road:
    """A level road through a junction from one arm to another."""
    lanes = xodr.Lanes()
    lanes.add_lanesection(section)
    road = xodr.Road(road_id, _plan_view(path), lanes, road_type=junction_id)
    road.add_predecessor(xodr.ElementType.road, source.road, _CONTACT[source.at_start])
    road.add_successor(xodr.ElementType.road, target.road, _CONTACT[target.at_start])
    road.add_elevation(0.0, junction.z, 0.0, 0.0, 0.0)
    return road


def _tapered(kind: xodr.LaneType, width: float, width_after: float, length: float) -> xodr.Lane:
    """A lane whose width changes evenly."""
    return xodr.Lane(kind, a=width, b=(width_after - width) / length)


def _strip(source: Arm, target: Arm, length: float) -> xodr.Lane:
    """What is paved between the lanes and the kerb round a corner."""
    incoming, outgoing = not source.at_start, target.at_start
    before, after = source.profile.strip_m(incoming), target.profile.strip_m(outgoing)
    strip = _tapered(xodr.LaneType.shoulder, before, after, length)
    strip.add_roadmark(no_line())
    strip.add_link("predecessor", outermost_lane(source.profile, incoming, paved=True))
    strip.add_link("successor", outermost_lane(target.profile, outgoing, paved=True))
    return strip


def _corner_walk(road_id: int, junction_id: int, junction: JunctionPlan, corner: Corner) -> xodr.Road:
    """A road of nothing but a walk: it joins the walks of two streets round a corner."""
    source, target = corner.source, corner.target
    centre = xodr.Lane(xodr.LaneType.none)
    centre.add_roadmark(no_line())
    section = xodr.LaneSection(0.0, centre)
    walk = _tapered(xodr.LaneType.sidewalk, *corner.walks_m, path_length(corner.path))
    walk.add_roadmark(no_line())
    walk.add_link("predecessor", outermost_lane(source.profile, not source.at_start))
    walk.add_link("successor", outermost_lane(target.profile, target.at_start))
    section.add_right_lane(walk)
    road = _crossing_road(road_id, junction_id, junction, corner.path, section, source, target)
    road.add_type(xodr.RoadType.town, 0.0, speed=TURN_LIMIT_KMH, speed_unit="km/h")
    return road


def _connection(road_id: int, movement: Movement) -> xodr.Connection:
    connection = xodr.Connection(movement.source.road, road_id, xodr.ContactPoint.start)
    for index in range(movement.lanes):
        connection.add_lanelink(movement.source.incoming_lane(movement.source_lane + index), -(index + 1))
    return connection


def _walk_connection(road_id: int, corner: Corner) -> xodr.Connection:
    source = corner.source
    connection = xodr.Connection(source.road, road_id, xodr.ContactPoint.start)
    connection.add_lanelink(outermost_lane(source.profile, not source.at_start), -1)
    return connection


def _add_crosswalks(
    road: xodr.Road, road_id: int, street: Street, length: float, crossed: tuple[bool, bool]
) -> None:
    """A crosswalk at each end; its corners in metres along and across it, first one repeated."""
    near, far = CROSSWALK_M
    right, left = street.profile.paved_m(True), street.profile.paved_m(False)
    for end, s in enumerate(((near + far) / 2.0, length - (near + far) / 2.0)):
        if not crossed[end]:
            continue
        crosswalk = xodr.Object(
            s,
            0.0,
            Type=xodr.ObjectType.crosswalk,
            id=str(FIRST_CROSSWALK + 2 * road_id + end),
            name="SimpleCrosswalk",
            length=left + right,
            width=far - near,
            height=0.0,
            zOffset=0.0,
            hdg=math.pi / 2.0,
        )
        outline = xodr.Outline(closed=True)
        deep = (far - near) / 2.0
        corner_points = [(-right, -deep), (left, -deep), (left, deep), (-right, deep), (-right, -deep)]
        for number, (u, v) in enumerate(corner_points):
            outline.add_corner(xodr.CornerLocal(u, v, 0.0, 0.0, number))
        crosswalk.add_outline(outline)
        road.add_object(crosswalk)


def _unwrap_outlines(root: ElementTree.Element) -> None:
    """CARLA's reader knows OpenDRIVE 1.4, where an object's outline is its direct child."""
    for element in root.iter("object"):
        for wrapper in element.findall("outlines"):
            element.remove(wrapper)
            element.extend(list(wrapper))


def _add_districts(root: ElementTree.Element, plan: TownPlan) -> None:
    """What stands beside each street, and parks and squares, as userData that others may ignore."""
    roads = {road.get("id"): road for road in root.findall("road")}
    for road, street in streets_of(plan):
        if not street.district:
            continue
        ElementTree.SubElement(roads[str(road)], "userData", code="district", value=street.district)
    for area in plan.areas:
        outline = " ".join(f"{x:g},{y:g}" for x, y in area.points)
        ElementTree.SubElement(root, "userData", code=area.kind, value=outline)


def _shorten(root: ElementTree.Element) -> None:
    """Ten digits are enough for a town, and a line that is not painted has neither colour nor width."""
    for element in root.iter():
        if element.tag == "roadMark" and element.get("type") == "none":
            for name in ("weight", "color", "height", "width"):
                element.attrib.pop(name, None)
        for name, value in element.attrib.items():
            if _LONG_NUMBER.fullmatch(value):
                element.set(name, f"{float(value):.10g}")


def _child(element: ElementTree.Element, tag: str) -> ElementTree.Element:
    """The first child of that tag, made if there is none."""
    found = element.find(tag)
    return ElementTree.SubElement(element, tag) if found is None else found
