"""Traffic lights with their controllers, and the signs beside the streets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from xml.etree import ElementTree

from scenariogeneration import xodr

from sim_bridge.server.maps.towns.arms import STRAIGHT_ON, Arm, Movement, movements, turn_between
from sim_bridge.server.maps.towns.cross_section import STOP_LINE_M, limits_along
from sim_bridge.server.maps.towns.paths import Pose, path_length, pose_on, wrapped
from sim_bridge.server.maps.towns.plan import Control, JunctionPlan, Street, TownPlan

FIRST_SIGNAL = 2001
FIRST_CONTROLLER = 3001
FIRST_SPEED_SIGN = 5001
FIRST_TURN_LIMIT = 6001
FIRST_PRIORITY_SIGN = 7001

BESIDE_ROAD_M = 0.8
POLE_BEFORE_MOUTH_M = 7.0
BEHIND_CROSSED_ROAD_M = 2.0
# A street that leaves in a direction no further off is one beyond the junction.
AHEAD = math.radians(60.0)
SIGN_HEIGHT_M = 2.2
STOP_SIGN, YIELD_SIGN = "206", "205"


def turn_limit(road_id: int, number: int, length: float, lane_m: float, limit: int) -> xodr.Signal:
    """The limit of a turning lane as a sign that nobody sees, where the turn ends.

    CARLA's traffic manager slows down towards signs ahead on its way; without this one a car that starts from
    the line takes the end of the turn at full throttle and runs wide. It leaves signs called STATIC in place.
    """
    sign = xodr.Signal(
        length - 0.5,
        -lane_m / 2.0,
        "OpenDRIVE",
        "274",
        id=str(FIRST_TURN_LIMIT + number),
        name=f"STATIC_Speed_{limit}",
        value=limit,
        unit="km/h",
        zOffset=0.0,
    )
    return sign.add_validity(-1, -1)


def add_speed_signs(road: xodr.Road, road_id: int, street: Street, length: float) -> None:
    """A sign (type 274) on the right where a limit begins, in each direction."""
    profile = street.profile
    limits = limits_along(street, length)
    first = min(25.0, length / 3.0)
    forward = [(max(s, first), limit) for s, limit in limits]
    ends = [*(s for s, _ in limits[1:]), length - first]
    backward = [(end, limit) for end, (_, limit) in zip(ends, limits, strict=True)]
    for number, (s, limit, ahead) in enumerate(
        [(s, v, True) for s, v in forward] + [(s, v, False) for s, v in backward]
    ):
        lanes = profile.lanes_on(ahead)
        if not lanes:
            continue
        aside = profile.paved_m(ahead) + BESIDE_ROAD_M
        sign = xodr.Signal(
            s,
            -aside if ahead else aside,
            "OpenDRIVE",
            "274",
            id=str(FIRST_SPEED_SIGN + 10 * road_id + number),
            name=f"Sign_Speed_{limit}",
            value=limit,
            unit="km/h",
            zOffset=SIGN_HEIGHT_M,
            orientation=xodr.Orientation.positive if ahead else xodr.Orientation.negative,
            hOffset=0.0 if ahead else math.pi,
        )
        sign.add_validity(*((-lanes, -1) if ahead else (1, lanes)))
        road.add_signal(sign)


def add_lights_and_priority_signs(
    root: ElementTree.Element, plan: TownPlan, arms: dict[str, list[Arm]], junction_ids: dict[str, int]
) -> None:
    """A traffic light with its controller for each arm that comes in, or stop and yield signs.

    `scenariogeneration` has neither a signal's inertial position nor controllers, so these are written here.
    """
    roads = {road.get("id"): road for road in root.findall("road")}
    junctions = {junction.get("id"): junction for junction in root.findall("junction")}
    number, signs, controllers = 0, 0, []
    for junction in plan.junctions:
        meeting = arms[junction.name]
        for arm in meeting:
            for kind, names in ((STOP_SIGN, junction.stop), (YIELD_SIGN, junction.give_way)):
                if arm.street.name in names:
                    _append_priority_sign(roads[str(arm.road)], FIRST_PRIORITY_SIGN + signs, arm, kind)
                    signs += 1
        if junction.control is not Control.SIGNALS:
            continue
        for sequence, arm in enumerate(_clockwise([arm for arm in meeting if arm.lanes_in])):
            signal, controller = FIRST_SIGNAL + number, FIRST_CONTROLLER + number
            number += 1
            _append_light(roads[str(arm.road)], signal, arm, _pole(junction, arm, meeting))
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


def _clockwise(arms: Sequence[Arm]) -> list[Arm]:
    """The arms in the order in which they get green."""
    return sorted(arms, key=lambda arm: -wrapped(arm.mouth.heading))


def _append_light(road: ElementTree.Element, signal: int, arm: Arm, pole: tuple[Pose, float]) -> None:
    pose, z = pole
    element = _append_signal(road, arm, signal, "1000001", "Signal_3Light_Post01", "yes", 0.0)
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


def _append_priority_sign(road: ElementTree.Element, signal: int, arm: Arm, kind: str) -> None:
    name = "Sign_Stop" if kind == STOP_SIGN else "Sign_Yield"
    _append_signal(road, arm, signal, kind, name, "no", SIGN_HEIGHT_M)


def _append_signal(
    road: ElementTree.Element, arm: Arm, signal: int, kind: str, name: str, dynamic: str, z_offset: float
) -> ElementTree.Element:
    """A signal at an arm's stop line that governs all lanes that come in."""
    length = float(road.get("length", "0"))
    back = min(STOP_LINE_M, length / 3.0)
    aside = arm.profile.paved_m(not arm.at_start) + BESIDE_ROAD_M
    element = ElementTree.SubElement(
        _child(road, "signals"),
        "signal",
        {
            "s": repr(back if arm.at_start else length - back),
            "t": repr((1.0 if arm.at_start else -1.0) * aside),
            "id": str(signal),
            "name": name,
            "dynamic": dynamic,
            "orientation": "-" if arm.at_start else "+",
            "zOffset": repr(z_offset),
            "country": "OpenDRIVE",
            "type": kind,
            "subtype": "-1",
            "value": "-1",
            "height": "1.1" if dynamic == "yes" else "0.8",
            "width": "0.4" if dynamic == "yes" else "0.8",
            "hOffset": repr(math.pi if arm.at_start else 0.0),
            "pitch": "0.0",
            "roll": "0.0",
        },
    )
    first, last = (1, arm.lanes_in) if arm.at_start else (-arm.lanes_in, -1)
    ElementTree.SubElement(element, "validity", fromLane=str(first), toLane=str(last))
    return element


def _child(element: ElementTree.Element, tag: str) -> ElementTree.Element:
    """The first child of that tag, made if there is none."""
    found = element.find(tag)
    return ElementTree.SubElement(element, tag) if found is None else found


def _pole(junction: JunctionPlan, arm: Arm, arms: Sequence[Arm]) -> tuple[Pose, float]:
    """Foot of the signal's pole beyond the junction, on the right, heading as the cars that it governs.

    It stands as near as the far corner allows: where the cars from the right turn into the street ahead, or
    a little before that street if nobody comes from there. A street that ends here has its pole across the
    road that it meets.
    """
    heading = arm.mouth.heading + math.pi
    leaving = [other for other in arms if other is not arm and other.lanes_out]
    ahead = sorted(
        (other for other in leaving if abs(turn_between(arm, other)) < AHEAD),
        key=lambda other: abs(turn_between(arm, other)),
    )
    if not ahead:
        crossed = max(other.profile.paved_half_m for other in arms if other is not arm)
        reach = (
            math.hypot(arm.mouth.x - junction.x, arm.mouth.y - junction.y) + crossed + BEHIND_CROSSED_ROAD_M
        )
        driven = arm.profile.driven_m(not arm.at_start)
        foot = arm.mouth.turned(math.pi).ahead(reach).aside(-(driven + BESIDE_ROAD_M))
        return foot, junction.z
    turning_in = [m for m in movements(junction, arms) if m.target is ahead[0] and m.turn < -STRAIGHT_ON]
    path = turning_in[0].path if turning_in else _straight_on(arm, ahead[0]).path
    along = path_length(path) / 2.0 if turning_in else path_length(path) - POLE_BEFORE_MOUTH_M
    before = turning_in[0].source if turning_in else arm
    strip = before.profile.strip_m(not before.at_start), ahead[0].profile.strip_m(ahead[0].at_start)
    # Half-way round the corner the strip is half-way from one width to the other.
    widest = max(sum(strip) / 2.0 if turning_in else max(strip), *(o.profile.shoulder_m for o in arms))
    beside = max(before.profile.lane_m, ahead[0].profile.lane_m) + widest + BESIDE_ROAD_M
    corner = pose_on(path, along).aside(-beside)
    return Pose(corner.x, corner.y, heading), junction.z


def _straight_on(source: Arm, target: Arm) -> Movement:
    """The outermost way straight on."""
    lane = min(source.lanes_in, target.lanes_out) - 1
    return Movement(source, lane, target, lane)
