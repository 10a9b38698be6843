"""Traffic lights and speed signs of a map: where they stand, which lanes they govern, and their cycle.

Frames are CARLA's: left-handed world axes, metres, radians. As in CARLA a light's actor stands at the foot of
its pole with its x axis to the right across the lanes that it governs, and its trigger volume is a box in the
actor's axes that lies on these lanes before the stop line.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from xml.etree import ElementTree

import carla
import numpy as np

from sim_bridge.server.transforms import Floats, Pose, compose, matrix

TRAFFIC_LIGHT_TYPE = "1000001"
SPEED_SIGN_TYPE = "274"
# As CARLA names them, and what it calls their actors.
PRIORITY_SIGN_TYPES = {"205": "yield", "206": "stop"}
# Signs of this name carry a limit but have no board.
_UNSEEN = "STATIC"

# A traffic manager's car has slowed down to 25 km/h this far before the line; it brakes when its front is in
# the box. The box ends a little behind the line, for those who stop late.
TRIGGER_BEFORE_LINE_M = 6.0
TRIGGER_BEHIND_LINE_M = 1.0
TRIGGER_HALF_HEIGHT_M = 1.5

# A pole further ahead than this stands beyond the junction.
FAR_SIDE_M = 8.0
BESIDE_ROAD_M = 0.8
MAST_HEAD_HEIGHT_M = 5.6
POST_HEAD_HEIGHT_M = 3.0
HEAD_BEFORE_POLE_M = 0.2
# Arm length in metres of each mast and where heads hang on it.
MASTS: dict[str, tuple[float, ...]] = {
    "signal.mast_4m": (3.9,),
    "signal.mast_7m": (3.4, 6.9),
    "signal.mast_10m": (3.2, 6.6, 9.9),
}

_JUNCTION_WITHIN_M = 60.0
_BESIDE_LANES = (carla.LaneType.Shoulder, carla.LaneType.Parking, carla.LaneType.Biking)


@dataclass(frozen=True, eq=False)
class StopLine:
    """Where one lane stops.

    Attributes:
        road_id: OpenDRIVE's id.
        lane_id: OpenDRIVE's id.
        s: metres along the road.
        middle: pose of the lane's centre on the line, heading as the traffic.
        width_m: of the lane.
        shoulder_m: of the paved strips on its right that nobody drives on.
    """

    road_id: int
    lane_id: int
    s: float
    middle: Pose
    width_m: float
    shoulder_m: float


@dataclass(frozen=True)
class TriggerBox:
    """A box in its actor's axes: x across the lanes to the right, y against the traffic, z up.

    Attributes:
        centre: (x, y, z), metres.
        extent: half sizes, metres.
    """

    centre: tuple[float, float, float]
    extent: tuple[float, float, float]


@dataclass(frozen=True)
class Furniture:
    """A pole or head to draw: kind in the mesh library, pose in the world."""

    kind: str
    pose: Pose


@dataclass(frozen=True, eq=False)
class TrafficLight:
    """One signal of the map with all its heads.

    Attributes:
        signal_id: OpenDRIVE's id.
        junction_id: the junction that it guards; its group.
        phase: which turn of the junction's cycle is its green.
        pose: of the actor: foot of the pole, x axis across the governed lanes to the right.
        trigger: the box that a car's front is in while the light concerns it.
        stop_lines: of the governed lanes, from the inner to the outer one.
        poles: masts and posts.
        heads: lamp housings (middle of the back plate, x axis towards the drivers); the first one is the
            one beyond the junction, which a driver at the line sees.
    """

    signal_id: str
    junction_id: int
    phase: int
    pose: Pose
    trigger: TriggerBox
    stop_lines: tuple[StopLine, ...]
    poles: tuple[Furniture, ...]
    heads: tuple[Pose, ...]

    def holds(self, points: Floats) -> Floats:
        """(n,) whether (n, 3) world points lie in the trigger box."""
        local = (points - np.array(self.pose[:3])) @ matrix(self.pose)[:3, :3]
        inside: Floats = np.all(np.abs(local - self.trigger.centre) <= self.trigger.extent, axis=1)
        return inside


@dataclass(frozen=True)
class SpeedSign:
    """A speed limit sign: pose with its x axis along the traffic that it governs, limit in km/h."""

    signal_id: str
    limit_kmh: float
    pose: Pose

    @property
    def type_id(self) -> str:
        """Of its actor."""
        return f"traffic.speed_limit.{self.limit_kmh:.0f}"


@dataclass(frozen=True)
class PrioritySign:
    """A stop or yield sign: its kind and its pose with the x axis along the traffic that it governs."""

    signal_id: str
    kind: str
    pose: Pose

    @property
    def type_id(self) -> str:
        """Of its actor."""
        return f"traffic.{self.kind}"


def traffic_lights(carla_map: carla.Map, xodr: str) -> tuple[TrafficLight, ...]:
    """All lights that govern a lane, in the order of their ids."""
    references: dict[str, list[carla.Landmark]] = {}
    for landmark in carla_map.get_all_landmarks_of_type(TRAFFIC_LIGHT_TYPE):
        references.setdefault(landmark.id, []).append(landmark)
    phases = _controllers(xodr)
    governed = {
        signal: lines
        for signal in sorted(references, key=_by_number)
        if (lines := _stop_lines(carla_map, references[signal]))
    }
    junctions = {signal: _junction_after(carla_map, lines[0]) for signal, lines in governed.items()}
    turns = _turns(junctions, phases)
    return tuple(
        _traffic_light(signal, references[signal][0], lines, junctions[signal], turns[signal])
        for signal, lines in governed.items()
    )


def speed_signs(carla_map: carla.Map) -> tuple[SpeedSign, ...]:
    """All speed limit signs that have a board, in the order of their ids."""
    found = {}
    for landmark in carla_map.get_all_landmarks_of_type(SPEED_SIGN_TYPE):
        if _UNSEEN in landmark.name:
            continue
        factor = 1.609344 if landmark.unit == "mph" else 1.0
        found[landmark.id] = SpeedSign(landmark.id, landmark.value * factor, _pose(landmark.transform))
    return tuple(found[signal] for signal in sorted(found, key=_by_number))


def priority_signs(carla_map: carla.Map) -> tuple[PrioritySign, ...]:
    """All stop and yield signs, in the order of their ids."""
    found = {
        landmark.id: PrioritySign(landmark.id, kind, _pose(landmark.transform))
        for number, kind in PRIORITY_SIGN_TYPES.items()
        for landmark in carla_map.get_all_landmarks_of_type(number)
    }
    return tuple(found[signal] for signal in sorted(found, key=_by_number))


def _by_number(signal_id: str) -> tuple[int, str]:
    """Sorts ids as numbers where they are numbers."""
    return (int(signal_id) if signal_id.isdigit() else -1, signal_id)


def _wrapped(angle: float) -> float:
    """The same angle in (-pi, pi]."""
    return math.pi - (math.pi - angle) % math.tau


def _pose(transform: carla.Transform) -> Pose:
    place = transform.location
    return Pose(place.x, place.y, place.z, 0.0, _wrapped(math.radians(transform.rotation.yaw)), 0.0)


def _controllers(xodr: str) -> dict[str, int]:
    """The sequence number of each signal's controller, where the map has controllers."""
    root = ElementTree.fromstring(xodr)
    sequence = {
        entry.get("id"): int(entry.get("sequence") or 0) for entry in root.findall("junction/controller")
    }
    return {
        control.get("signalId") or "": sequence.get(controller.get("id"), 0)
        for controller in root.findall("controller")
        for control in controller.findall("control")
    }


def _turns(junctions: dict[str, int], phases: dict[str, int]) -> dict[str, int]:
    """Each signal's turn in its junction's cycle, 0, 1, ...; signals of one controller share it."""
    turns = {}
    for junction in set(junctions.values()):
        members = [signal for signal, other in junctions.items() if other == junction]
        keys = {
            signal: (0, phases[signal]) if signal in phases else (1, i) for i, signal in enumerate(members)
        }
        order = sorted(set(keys.values()))
        turns.update({signal: order.index(key) for signal, key in keys.items()})
    return turns


def _stop_lines(carla_map: carla.Map, references: Sequence[carla.Landmark]) -> tuple[StopLine, ...]:
    """One line for each lane that the references name, inner lanes first."""
    lines: dict[tuple[int, int], StopLine] = {}
    for landmark in references:
        for first, last in landmark.get_lane_validities():
            for lane in range(min(first, last), max(first, last) + 1):
                for waypoint in _before_junction(carla_map, landmark, lane):
                    line = _stop_line(waypoint)
                    lines.setdefault((line.road_id, line.lane_id), line)
    return tuple(lines[key] for key in sorted(lines, key=lambda key: (key[0], abs(key[1]))))


def _stop_line(waypoint: carla.Waypoint) -> StopLine:
    """The line across one lane."""
    shoulder, beside = 0.0, waypoint.get_right_lane()
    while beside is not None and beside.lane_type in _BESIDE_LANES:
        shoulder += beside.lane_width
        beside = beside.get_right_lane()
    return StopLine(
        waypoint.road_id,
        waypoint.lane_id,
        waypoint.s,
        _pose(waypoint.transform),
        waypoint.lane_width,
        shoulder,
    )


def _before_junction(carla_map: carla.Map, landmark: carla.Landmark, lane: int) -> Iterator[carla.Waypoint]:
    """Where the lane stops: at the landmark, or at the end of the lane before it if that is in a junction."""
    waypoint = carla_map.get_waypoint_xodr(landmark.road_id, lane, landmark.s) if lane else None
    if waypoint is None or waypoint.lane_type != carla.LaneType.Driving:
        return
    if not waypoint.is_junction:
        yield waypoint
        return
    # CARLA's own maps put the references on the connecting roads.
    for distance in np.arange(0.5, 60.0, 0.5):
        before = waypoint.previous(float(distance))
        if not before:
            return
        if not before[0].is_junction:
            yield before[0]
            return


def _junction_after(carla_map: carla.Map, line: StopLine) -> int:
    """Id of the junction that the lane runs into; -1 if it is far."""
    waypoint = carla_map.get_waypoint_xodr(line.road_id, line.lane_id, line.s)
    for _ in range(int(_JUNCTION_WITHIN_M)):
        if waypoint.is_junction:
            return int(waypoint.junction_id)
        ahead = waypoint.next(1.0)
        if not ahead:
            break
        waypoint = ahead[0]
    return -1


def _traffic_light(
    signal: str, landmark: carla.Landmark, lines: tuple[StopLine, ...], junction: int, turn: int
) -> TrafficLight:
    foot = _pose(landmark.transform)
    heading = lines[0].middle.yaw
    actor = foot._replace(yaw=_wrapped(heading + math.pi / 2.0))
    poles, heads = _furniture(foot, heading, lines)
    return TrafficLight(signal, junction, turn, actor, _trigger(actor, lines), lines, poles, heads)


def _trigger(actor: Pose, lines: Sequence[StopLine]) -> TriggerBox:
    """The box round the governed lanes before their lines."""
    corners = [
        compose(line.middle, Pose(along, side * line.width_m / 2.0, up))
        for line in lines
        for along in (-TRIGGER_BEFORE_LINE_M, TRIGGER_BEHIND_LINE_M)
        for side in (-1.0, 1.0)
        for up in (0.0, 2.0 * TRIGGER_HALF_HEIGHT_M)
    ]
    local = (np.array(corners)[:, :3] - np.array(actor[:3])) @ matrix(actor)[:3, :3]
    low, high = local.min(axis=0), local.max(axis=0)
    cx, cy, cz = map(float, (low + high) / 2.0)
    ex, ey, ez = map(float, (high - low) / 2.0)
    return TriggerBox((cx, cy, cz), (ex, ey, ez))


def _furniture(
    foot: Pose, heading: float, lines: Sequence[StopLine]
) -> tuple[tuple[Furniture, ...], tuple[Pose, ...]]:
    """A mast beyond the junction and a post beside the line; only a post where the pole is at the line."""
    outer = lines[-1]
    ahead = (foot.x - outer.middle.x) * math.cos(heading) + (foot.y - outer.middle.y) * math.sin(heading)
    facing = _wrapped(heading + math.pi)
    if ahead < FAR_SIDE_M:
        post = Furniture("signal.post", foot._replace(yaw=facing))
        return (post,), (_hung(post, 0.0, POST_HEAD_HEIGHT_M),)
    inner = lines[0].middle
    aside = (foot.y - inner.y) * math.cos(heading) - (foot.x - inner.x) * math.sin(heading)
    kind = min(MASTS, key=lambda kind: abs(aside - MASTS[kind][-1]))
    mast = Furniture(kind, foot._replace(yaw=facing))
    beside = compose(outer.middle, Pose(1.0, outer.width_m / 2.0 + outer.shoulder_m + BESIDE_ROAD_M, 0.0))
    post = Furniture("signal.post", beside._replace(yaw=facing, pitch=0.0, roll=0.0))
    # One head for each lane, from the inner one outwards.
    arms = MASTS[kind][::-1][: len(lines)]
    masts = tuple(_hung(mast, arm, MAST_HEAD_HEIGHT_M) for arm in arms)
    return (mast, post), (*masts, _hung(post, 0.0, POST_HEAD_HEIGHT_M))


def _hung(pole: Furniture, arm: float, height: float) -> Pose:
    """A head on a pole, `arm` metres to the pole's right."""
    return compose(pole.pose, Pose(HEAD_BEFORE_POLE_M, arm, height))
