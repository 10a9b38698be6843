"""Writes a town plan as OpenDRIVE 1.4 with `scenariogeneration` (a development dependency).

Ids: roads 1.., connecting roads 101.., junctions 1001.. - CARLA's reader tells a junction from a road by its
number alone, so that they never meet. Signals are 2001.., their controllers 3001...
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass
from itertools import pairwise
from xml.etree import ElementTree

from scenariogeneration import xodr

from sim_bridge.server.maps.towns.paths import (
    Path,
    Pose,
    link,
    path_length,
    rounded_polyline,
    smallest_radius,
    trimmed,
    wrapped,
)
from sim_bridge.server.maps.towns.plan import (
    LANE_WIDTH_M,
    CentreLine,
    JunctionPlan,
    Profile,
    Street,
    TownPlan,
)

FIRST_CONNECTING_ROAD = 101
FIRST_JUNCTION = 1001
FIRST_SIGNAL = 2001
FIRST_CONTROLLER = 3001
FIRST_CROSSWALK = 4001
FIRST_SPEED_SIGN = 5001
FIRST_TURN_LIMIT = 6001

# A car's centre must get round a right turn at 15 to 25 km/h: 11 m leaves 2 m to the 9 m that is comfortable.
RIGHT_TURN_RADIUS_M = 11.0
STOP_LINE_M = 5.2  # from the junction back to the stop line; the crosswalk lies between
CROSSWALK_M = (1.0, 4.0)
BESIDE_ROAD_M = 0.8
POLE_BEFORE_MOUTH_M = 7.0
SOLID_BEFORE_JUNCTION_M = 40.0
APPROACH_M = 130.0
LINE_WIDTH_M = 0.13
LINES_END_M = STOP_LINE_M - 0.2  # no line crosses a crosswalk
STRAIGHT_ON = math.radians(40.0)
TURN_LIMIT_KMH = 30


@dataclass(frozen=True)
class Arm:
    """One street's mouth at a junction.

    Attributes:
        road: the street's OpenDRIVE id.
        at_start: whether the junction is at s = 0 of the road.
        street: its plan.
        mouth: where the road ends, on its centre line, heading out of the junction.
    """

    road: int
    at_start: bool
    street: Street
    mouth: Pose

    @property
    def profile(self) -> Profile:
        """The street's cross-section."""
        return self.street.profile

    def incoming(self, index: int) -> Pose:
        """Left border of the `index`-th lane from the centre that comes in, heading in."""
        return self.mouth.turned(math.pi).aside(-index * LANE_WIDTH_M)

    def outgoing(self, index: int) -> Pose:
        """Left border of the `index`-th lane from the centre that goes out, heading out."""
        return self.mouth.aside(-index * LANE_WIDTH_M)

    def incoming_lane(self, index: int) -> int:
        """OpenDRIVE id of that lane."""
        return index + 1 if self.at_start else -(index + 1)

    def outgoing_lane(self, index: int) -> int:
        """OpenDRIVE id of that lane."""
        return -(index + 1) if self.at_start else index + 1


@dataclass(frozen=True)
class Movement:
    """One lane's way through a junction; lanes counted from the centre line."""

    source: Arm
    source_lane: int
    target: Arm
    target_lane: int

    @property
    def path(self) -> Path:
        """The left border of the way."""
        return link(self.source.incoming(self.source_lane), self.target.outgoing(self.target_lane))

    @property
    def turn(self) -> float:
        """How far it turns, rad, positive left."""
        return _turn(self.source, self.target)


def author(plan: TownPlan) -> str:
    """The town as OpenDRIVE text; the same plan always gives the same text."""
    setbacks = {junction.name: _setbacks(plan, junction) for junction in plan.junctions}
    town = xodr.OpenDrive(plan.name, revMinor="4", geo_reference=plan.geo_reference)
    junction_ids = {junction.name: FIRST_JUNCTION + i for i, junction in enumerate(plan.junctions)}
    paths = {road: _street_path(plan, street, setbacks, road) for road, street in _streets(plan)}
    arms = {junction.name: _arms(plan, junction, paths) for junction in plan.junctions}
    for road, street in _streets(plan):
        town.add_road(_street_road(plan, road, street, paths[road], junction_ids))
    connecting = FIRST_CONNECTING_ROAD
    for junction in plan.junctions:
        crossing = xodr.Junction(junction.name, junction_ids[junction.name])
        for movement in movements(arms[junction.name]):
            town.add_road(_connecting_road(connecting, junction_ids[junction.name], junction, movement))
            crossing.add_connection(_connection(connecting, movement))
            connecting += 1
        town.add_junction(crossing)
    root = town.get_element()
    _child(root, "header").set("date", "2025-01-01T00:00:00")
    _unwrap_outlines(root)
    _add_signals(root, plan, arms, junction_ids)
    ElementTree.indent(root, " ")
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def movements(arms: list[Arm]) -> Iterator[Movement]:
    """Every lane's sensible ways: the inner lane may turn left, the outer one right, both go straight on.

    A street that ends at the junction feeds the crossing road: its inner lane left, its outer lane right.
    """
    for source in arms:
        for target in arms:
            if source is target:
                continue
            turn = _turn(source, target)
            if abs(turn) < STRAIGHT_ON:
                for index in range(min(source.profile.lanes, target.profile.lanes)):
                    yield Movement(source, index, target, index)
            elif turn > 0.0:
                yield Movement(source, 0, target, 0)
            else:
                yield Movement(source, source.profile.lanes - 1, target, target.profile.lanes - 1)


def _turn(source: Arm, target: Arm) -> float:
    """Change of heading from coming in on one arm to going out on another, rad, positive left."""
    return wrapped(target.mouth.heading - source.mouth.heading - math.pi)


def _streets(plan: TownPlan) -> Iterator[tuple[int, Street]]:
    """Each street with its OpenDRIVE id."""
    return ((index + 1, street) for index, street in enumerate(plan.streets))


def _full_path(plan: TownPlan, street: Street) -> Path:
    """The centre line from the middle of one junction to the middle of the other."""
    inner = [(bend.x, bend.y) for bend in street.bends]
    points = [plan.junction(street.start).point, *inner, plan.junction(street.end).point]
    return rounded_polyline(points, [bend.radius_m for bend in street.bends])


def _street_path(plan: TownPlan, street: Street, setbacks: dict[str, dict[int, float]], road: int) -> Path:
    """The centre line between the junctions' mouths."""
    full = _full_path(plan, street)
    return trimmed(full, setbacks[street.start][road], setbacks[street.end][road])


def _setbacks(plan: TownPlan, junction: JunctionPlan) -> dict[int, float]:
    """How far from the middle each street (by id) begins, so that every right turn is wide enough."""
    meeting = [(r, s) for r, s in _streets(plan) if junction.name in (s.start, s.end)]
    widest = {road: _crossed_half_width(plan, junction, road, meeting) for road, _ in meeting}
    extra = 8.0
    while extra < 40.0:
        setbacks = {road: widest[road] + extra for road, _ in meeting}
        arms = [_arm(road, s, junction, _mouth(plan, s, junction, setbacks[road])) for road, s in meeting]
        radius = min(
            (_centre_radius(movement) for movement in movements(arms) if movement.turn < -STRAIGHT_ON),
            default=math.inf,
        )
        if radius >= RIGHT_TURN_RADIUS_M:
            return setbacks
        extra += 0.5
    raise ValueError(f"junction {junction.name}: its streets meet at too sharp an angle for a right turn")


def _centre_radius(movement: Movement) -> float:
    """The tightest radius of a right turn on its lane's centre line, metres."""
    return smallest_radius(movement.path) - LANE_WIDTH_M / 2.0


def _crossed_half_width(
    plan: TownPlan, junction: JunctionPlan, road: int, meeting: list[tuple[int, Street]]
) -> float:
    """Half the paved width of the widest street that crosses `road`, metres."""
    own = next(_mouth(plan, street, junction, 0.0) for other, street in meeting if other == road)
    crossing = [
        street.profile.paved_half_m
        for other, street in meeting
        if other != road
        and abs(wrapped(_mouth(plan, street, junction, 0.0).heading - own.heading - math.pi)) > STRAIGHT_ON
    ]
    return max(crossing)


def _mouth(plan: TownPlan, street: Street, junction: JunctionPlan, setback: float) -> Pose:
    """The street's pose `setback` metres out of the junction, heading out."""
    full = _full_path(plan, street)
    if street.start == junction.name:
        return full[0].start.ahead(setback)
    return full[-1].end.turned(math.pi).ahead(setback)


def _arm(road: int, street: Street, junction: JunctionPlan, mouth: Pose) -> Arm:
    return Arm(road, street.start == junction.name, street, mouth)


def _arms(plan: TownPlan, junction: JunctionPlan, paths: dict[int, Path]) -> list[Arm]:
    """The junction's mouths as the roads really end."""
    arms = []
    for road, street in _streets(plan):
        if street.start == junction.name:
            arms.append(_arm(road, street, junction, paths[road][0].start))
        elif street.end == junction.name:
            arms.append(_arm(road, street, junction, paths[road][-1].end.turned(math.pi)))
    return arms


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
    lanes = xodr.Lanes()
    for section in _lane_sections(street, length):
        lanes.add_lanesection(section)
    road = xodr.Road(road_id, _plan_view(path), lanes, name=street.name)
    road.add_predecessor(xodr.ElementType.junction, junction_ids[street.start])
    road.add_successor(xodr.ElementType.junction, junction_ids[street.end])
    for s, limit in _limits(street, length):
        road.add_type(xodr.RoadType[street.profile.road_type], s, speed=limit, speed_unit="km/h")
    _add_elevation(road, plan.junction(street.start).z, plan.junction(street.end).z, street.crest_m, length)
    _add_crosswalks(road, road_id, street.profile, length)
    _add_speed_signs(road, road_id, street, length)
    return road


def _limits(street: Street, length: float) -> list[tuple[float, int]]:
    """Where a speed limit begins: (s, km/h)."""
    if street.approach_kmh == street.limit_kmh:
        return [(0.0, street.limit_kmh)]
    return [
        (0.0, street.approach_kmh),
        (APPROACH_M, street.limit_kmh),
        (length - APPROACH_M, street.approach_kmh),
    ]


def _add_elevation(road: xodr.Road, z0: float, z1: float, crest: float, length: float) -> None:
    """Smooth steps (zero slope at both ends and on the crest), so that junctions are level."""
    knots = [(0.0, z0), (length, z1)]
    if crest:
        knots.insert(1, (length / 2.0, (z0 + z1) / 2.0 + crest))
    for (s0, a), (s1, b) in pairwise(knots):
        span, rise = s1 - s0, b - a
        road.add_elevation(s0, a, 0.0, 3.0 * rise / span**2, -2.0 * rise / span**3)


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


def _no_line(s: float = 0.0) -> xodr.RoadMark:
    return _line(xodr.RoadMarkType.none, xodr.RoadMarkColor.standard, xodr.LaneChange.none, s=s)


def _between_stop_lines(length: float, *marks: xodr.RoadMark) -> list[xodr.RoadMark]:
    """The lines, and none before the first and after the other end's stop line."""
    return [_no_line(), *marks, _no_line(length - LINES_END_M)]


def _centre_marks(profile: Profile, length: float) -> list[xodr.RoadMark]:
    yellow, never = xodr.RoadMarkColor.yellow, xodr.LaneChange.none
    if profile.centre is CentreLine.DOUBLE:
        return _between_stop_lines(length, _line(xodr.RoadMarkType.solid_solid, yellow, never, s=LINES_END_M))
    near = SOLID_BEFORE_JUNCTION_M
    return _between_stop_lines(
        length,
        _line(xodr.RoadMarkType.solid, yellow, never, s=LINES_END_M),
        _line(xodr.RoadMarkType.broken, yellow, xodr.LaneChange.both, profile.dash_m, near),
        _line(xodr.RoadMarkType.solid, yellow, never, s=length - near),
    )


def _lane_marks(profile: Profile, index: int, forward: bool, length: float) -> list[xodr.RoadMark]:
    """The outer border of the `index`-th lane: an edge line, or a line that is solid at the signals."""
    white, never = xodr.RoadMarkColor.white, xodr.LaneChange.none
    if index == profile.lanes - 1:
        return _between_stop_lines(length, _line(xodr.RoadMarkType.solid, white, never, s=LINES_END_M))
    near = SOLID_BEFORE_JUNCTION_M
    start = LINES_END_M if forward else near
    broken = _line(xodr.RoadMarkType.broken, white, xodr.LaneChange.both, profile.dash_m, start)
    if forward:
        solid = _line(xodr.RoadMarkType.solid, white, never, s=length - near)
        return _between_stop_lines(length, broken, solid)
    solid = _line(xodr.RoadMarkType.solid, white, never, s=LINES_END_M)
    return _between_stop_lines(length, solid, broken)


def _lane_sections(street: Street, length: float) -> Iterator[xodr.LaneSection]:
    """One section for each stretch with the same limit, so that a lane has one limit all along."""
    starts = [s for s, _ in _limits(street, length)]
    for start, end in pairwise([*starts, length]):
        centre = xodr.Lane(xodr.LaneType.none)
        for mark in _between(_centre_marks(street.profile, length), start, end):
            centre.add_roadmark(mark)
        section = xodr.LaneSection(start, centre)
        for forward, add in ((True, section.add_right_lane), (False, section.add_left_lane)):
            for number, lane in enumerate(_half(street.profile, forward, length, start, end), start=1):
                number = -number if forward else number
                if start > 0.0:
                    lane.add_link("predecessor", number)
                if end < length:
                    lane.add_link("successor", number)
                add(lane)
        yield section


def _half(profile: Profile, forward: bool, length: float, start: float, end: float) -> Iterator[xodr.Lane]:
    """The lanes of one direction from the centre outwards, between two values of s."""
    for index in range(profile.lanes):
        marks = _between(_lane_marks(profile, index, forward, length), start, end)
        yield _lane(xodr.LaneType.driving, LANE_WIDTH_M, marks)
    yield _lane(xodr.LaneType.shoulder, profile.shoulder_m, [_no_line()])
    if profile.sidewalk_m:
        yield _lane(xodr.LaneType.sidewalk, profile.sidewalk_m, [_no_line()])


def _between(marks: list[xodr.RoadMark], start: float, end: float) -> list[xodr.RoadMark]:
    """The marks of a road as those of its section: offsets from the section's start."""
    before = [mark for mark in marks if mark.soffset <= start][-1]
    inside = [mark for mark in marks if start < mark.soffset < end]
    return [_moved(before, 0.0), *(_moved(mark, mark.soffset - start) for mark in inside)]


def _moved(mark: xodr.RoadMark, s: float) -> xodr.RoadMark:
    moved = copy(mark)
    moved.soffset = s
    return moved


def _lane(kind: xodr.LaneType, width: float, marks: list[xodr.RoadMark]) -> xodr.Lane:
    lane = xodr.Lane(kind, a=width)
    for mark in marks:
        lane.add_roadmark(mark)
    return lane


def _connecting_road(road_id: int, junction_id: int, junction: JunctionPlan, movement: Movement) -> xodr.Road:
    lane = _lane(xodr.LaneType.driving, LANE_WIDTH_M, [_no_line()])
    lane.add_link("predecessor", movement.source.incoming_lane(movement.source_lane))
    lane.add_link("successor", movement.target.outgoing_lane(movement.target_lane))
    centre = xodr.Lane(xodr.LaneType.none)
    centre.add_roadmark(_no_line())
    section = xodr.LaneSection(0.0, centre)
    section.add_right_lane(lane)
    lanes = xodr.Lanes()
    lanes.add_lanesection(section)
    road = xodr.Road(road_id, _plan_view(movement.path), lanes, road_type=junction_id)
    contact = {True: xodr.ContactPoint.start, False: xodr.ContactPoint.end}
    source, target = movement.source, movement.target
    road.add_predecessor(xodr.ElementType.road, source.road, contact[source.at_start])
    road.add_successor(xodr.ElementType.road, target.road, contact[target.at_start])
    limit = min(source.street.approach_kmh, target.street.approach_kmh)
    if abs(movement.turn) > STRAIGHT_ON:
        limit = min(limit, TURN_LIMIT_KMH)
        road.add_signal(_turn_limit(road_id, path_length(movement.path), limit))
    road.add_type(xodr.RoadType.town, 0.0, speed=limit, speed_unit="km/h")
    road.add_elevation(0.0, junction.z, 0.0, 0.0, 0.0)
    return road


def _turn_limit(road_id: int, length: float, limit: int) -> xodr.Signal:
    """The limit of a turning lane as a sign that nobody sees, where the turn ends.

    CARLA's traffic manager slows down towards signs ahead on its way; without this one a car that starts from
    the line takes the end of the turn at full throttle and runs wide. It leaves signs called STATIC in place.
    """
    sign = xodr.Signal(
        length - 0.5,
        -LANE_WIDTH_M / 2.0,
        "OpenDRIVE",
        "274",
        id=str(FIRST_TURN_LIMIT + road_id - FIRST_CONNECTING_ROAD),
        name=f"STATIC_Speed_{limit}",
        value=limit,
        unit="km/h",
        zOffset=0.0,
    )
    return sign.add_validity(-1, -1)


def _connection(road_id: int, movement: Movement) -> xodr.Connection:
    connection = xodr.Connection(movement.source.road, road_id, xodr.ContactPoint.start)
    return connection.add_lanelink(movement.source.incoming_lane(movement.source_lane), -1)


def _add_crosswalks(road: xodr.Road, road_id: int, profile: Profile, length: float) -> None:
    """A crosswalk at each end; its corners in metres along and across it, first one repeated."""
    half, near, far = profile.paved_half_m, *CROSSWALK_M
    for end, s in enumerate(((near + far) / 2.0, length - (near + far) / 2.0)):
        crosswalk = xodr.Object(
            s,
            0.0,
            Type=xodr.ObjectType.crosswalk,
            id=str(FIRST_CROSSWALK + 2 * road_id + end),
            name="SimpleCrosswalk",
            length=2.0 * half,
            width=far - near,
            height=0.0,
            zOffset=0.0,
            hdg=math.pi / 2.0,
        )
        outline = xodr.Outline(closed=True)
        deep = (far - near) / 2.0
        corners = [(-half, -deep), (half, -deep), (half, deep), (-half, deep), (-half, -deep)]
        for number, (u, v) in enumerate(corners):
            outline.add_corner(xodr.CornerLocal(u, v, 0.0, 0.0, number))
        crosswalk.add_outline(outline)
        road.add_object(crosswalk)


def _unwrap_outlines(root: ElementTree.Element) -> None:
    """CARLA's reader knows OpenDRIVE 1.4, where an object's outline is its direct child."""
    for element in root.iter("object"):
        for wrapper in element.findall("outlines"):
            element.remove(wrapper)
            element.extend(list(wrapper))


def _add_speed_signs(road: xodr.Road, road_id: int, street: Street, length: float) -> None:
    """A sign (type 274) on the right where a limit begins, in each direction."""
    profile = street.profile
    aside = profile.paved_half_m + BESIDE_ROAD_M
    limits = _limits(street, length)
    forward = [(max(s, 25.0), limit) for s, limit in limits]
    ends = [*(s for s, _ in limits[1:]), length - 25.0]
    backward = [(end, limit) for end, (_, limit) in zip(ends, limits, strict=True)]
    for number, (s, limit, ahead) in enumerate(
        [(s, v, True) for s, v in forward] + [(s, v, False) for s, v in backward]
    ):
        sign = xodr.Signal(
            s,
            -aside if ahead else aside,
            "OpenDRIVE",
            "274",
            id=str(FIRST_SPEED_SIGN + 10 * road_id + number),
            name=f"Sign_Speed_{limit}",
            value=limit,
            unit="km/h",
            zOffset=2.2,
            orientation=xodr.Orientation.positive if ahead else xodr.Orientation.negative,
            hOffset=0.0 if ahead else math.pi,
        )
        sign.add_validity(*((-profile.lanes, -1) if ahead else (1, profile.lanes)))
        road.add_signal(sign)


def _add_signals(
    root: ElementTree.Element, plan: TownPlan, arms: dict[str, list[Arm]], junction_ids: dict[str, int]
) -> None:
    """A traffic light for each arm, and one controller for each light, in its junction.

    `scenariogeneration` has neither a signal's inertial position nor controllers, so these are written here.
    """
    roads = {road.get("id"): road for road in root.findall("road")}
    junctions = {junction.get("id"): junction for junction in root.findall("junction")}
    number = 0
    controllers = []
    for junction in plan.junctions:
        for sequence, arm in enumerate(_clockwise(arms[junction.name])):
            signal, controller = FIRST_SIGNAL + number, FIRST_CONTROLLER + number
            number += 1
            _append_signal(roads[str(arm.road)], signal, arm, _pole(junction, arm, arms[junction.name]))
            element = ElementTree.Element(
                "controller", name=f"{junction.name}_{sequence}", id=str(controller), sequence=str(sequence)
            )
            ElementTree.SubElement(element, "control", signalId=str(signal), type="0")
            controllers.append(element)
            ElementTree.SubElement(
                junctions[str(junction_ids[junction.name])],
                "controller",
                id=str(controller),
                type="0",
                sequence=str(sequence),
            )
    first = [element.tag for element in root].index("junction")
    for offset, element in enumerate(controllers):
        root.insert(first + offset, element)


def _clockwise(arms: list[Arm]) -> list[Arm]:
    """The arms in the order in which they get green."""
    return sorted(arms, key=lambda arm: -wrapped(arm.mouth.heading))


def _append_signal(road: ElementTree.Element, signal: int, arm: Arm, pole: tuple[Pose, float]) -> None:
    length = float(road.get("length", "0"))
    pose, z = pole
    element = ElementTree.SubElement(
        _child(road, "signals"),
        "signal",
        {
            "s": repr(STOP_LINE_M if arm.at_start else length - STOP_LINE_M),
            "t": repr((1.0 if arm.at_start else -1.0) * (arm.profile.paved_half_m + BESIDE_ROAD_M)),
            "id": str(signal),
            "name": "Signal_3Light_Post01",
            "dynamic": "yes",
            "orientation": "-" if arm.at_start else "+",
            "zOffset": "0.0",
            "country": "OpenDRIVE",
            "type": "1000001",
            "subtype": "-1",
            "value": "-1",
            "height": "1.1",
            "width": "0.4",
            "hOffset": repr(math.pi if arm.at_start else 0.0),
            "pitch": "0.0",
            "roll": "0.0",
        },
    )
    lanes = arm.profile.lanes
    first, last = (1, lanes) if arm.at_start else (-lanes, -1)
    ElementTree.SubElement(element, "validity", fromLane=str(first), toLane=str(last))
    ElementTree.SubElement(
        element,
        "positionInertial",
        {
            "x": repr(pose.x),
            "y": repr(pose.y),
            "z": repr(z),
            "hdg": repr(wrapped(pose.heading)),
            "pitch": "0.0",
            "roll": "0.0",
        },
    )


def _child(element: ElementTree.Element, tag: str) -> ElementTree.Element:
    """The first child of that tag, made if there is none."""
    found = element.find(tag)
    return ElementTree.SubElement(element, tag) if found is None else found


def _pole(junction: JunctionPlan, arm: Arm, arms: list[Arm]) -> tuple[Pose, float]:
    """Foot of the signal's pole beyond the junction, on the right, heading as the cars that it governs.

    It stands as near as the far corner allows: where the cars from the right turn into the street ahead, or
    a little before that street if nobody comes from there. A street that ends here has its pole across the
    road that it meets.
    """
    heading = arm.mouth.heading + math.pi
    ahead = [other for other in arms if other is not arm and abs(_turn(arm, other)) < STRAIGHT_ON]
    if not ahead:
        crossed = max(other.profile.paved_half_m for other in arms if other is not arm)
        reach = math.hypot(arm.mouth.x - junction.x, arm.mouth.y - junction.y) + crossed + 1.2
        foot = arm.mouth.turned(math.pi).ahead(reach).aside(-(arm.profile.driven_half_m + BESIDE_ROAD_M))
        return foot, junction.z
    turning_in = [m for m in movements(arms) if m.target is ahead[0] and m.turn < -STRAIGHT_ON]
    path = turning_in[0].path if turning_in else _straight_on(arm, ahead[0]).path
    along = path_length(path) / 2.0 if turning_in else path_length(path) - POLE_BEFORE_MOUTH_M
    beside = LANE_WIDTH_M + max(other.profile.shoulder_m for other in arms) + BESIDE_ROAD_M
    corner = _pose_on(path, along).aside(-beside)
    return Pose(corner.x, corner.y, heading), junction.z


def _straight_on(source: Arm, target: Arm) -> Movement:
    """The outermost way straight on."""
    lane = min(source.profile.lanes, target.profile.lanes) - 1
    return Movement(source, lane, target, lane)


def _pose_on(path: Path, s: float) -> Pose:
    """The pose `s` metres along a path."""
    for piece in path:
        if s <= piece.length:
            return piece.at(s)
        s -= piece.length
    return path[-1].end
