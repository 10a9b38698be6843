"""From CARLA's map to the plain lane graph of the house."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import carla
import numpy as np

from data.arrays import Array
from data.lane_graph import Lane, LaneGraph, LineKind, Signal
from sim_bridge.axes import mirror_points, vector_from_carla
from sim_bridge.opendrive import RoadText, mps, roads_of

SPACING_M = 1.0
DEFAULT_LIMIT_MPS = 50.0 / 3.6  # what applies in towns where nothing says otherwise
# Lane ends are read this far inside their section: exactly on a joint CARLA may answer for either side.
_INSIDE_M = 1e-3
# OpenDRIVE signal types of traffic lights begin so in CARLA's catalogue; 274 is the German speed limit sign.
_LIGHT_TYPE_PREFIX = "10000"
_SPEED_SIGN_TYPE = "274"

Key = tuple[int, int, int]  # road, lane section, lane


@dataclass(frozen=True)
class _Sampled:
    """A lane as read from the map, before its neighbours are known by index."""

    s_m: Array  # (k,) along the reference line, in driving direction
    centre_m: Array  # (k, 3) our world axes
    width_m: Array  # (k,)
    middle: carla.Waypoint


def lane_graph_from_carla_map(carla_map: carla.Map, lights: Iterable[carla.TrafficLight] = ()) -> LaneGraph:
    """Every driving lane of `carla_map` and its traffic lights, in right-handed world axes.

    Lanes are ordered by road, section and lane id, signals by name, so that the same map gives the same
    graph. Signals and the lanes that they govern come from the map's landmarks; where `lights` has the actor
    of a signal, its lamp boxes and stop way points take precedence.

    Raises:
        ValueError: the map's OpenDRIVE text cannot be read or has no driving lane.
    """
    roads = roads_of(carla_map.to_opendrive())
    starts, links = _lane_starts(carla_map)
    if not starts:
        raise ValueError(f"map {carla_map.name}: no driving lane")
    keys = sorted(starts)
    index = {key: number for number, key in enumerate(keys)}
    sampled = [_sample(carla_map, key, roads[key[0]], starts[key]) for key in keys]
    landmarks = _ordered_landmarks(carla_map)
    limits = _speed_limits(keys, index, sampled, roads, landmarks, links)
    lanes = _lanes(keys, index, sampled, limits, links)
    signals = _signals(landmarks, lights, _Places(lanes, index, sampled))
    return LaneGraph(carla_map.name.rsplit("/", 1)[-1], lanes, signals)


def _key(waypoint: carla.Waypoint) -> Key:
    return waypoint.road_id, waypoint.section_id, waypoint.lane_id


def _lane_starts(carla_map: carla.Map) -> tuple[dict[Key, carla.Waypoint], set[tuple[Key, Key]]]:
    """The way point at the start of each driving lane, and which lane leads to which."""
    starts: dict[Key, carla.Waypoint] = {}
    links: set[tuple[Key, Key]] = set()
    for first, second in carla_map.get_topology():
        starts[_key(first)] = first
        starts.setdefault(_key(second), second)
        if _key(first) != _key(second) or first.s == second.s:  # a dead end is paired with its own end
            links.add((_key(first), _key(second)))
    return starts, links


def _sample(carla_map: carla.Map, key: Key, road: RoadText, start: carla.Waypoint) -> _Sampled:
    low, high = road.sections_m[key[1]]
    inside = min(_INSIDE_M, 0.25 * (high - low))
    s = np.linspace(low + inside, high - inside, max(2, math.ceil((high - low) / SPACING_M) + 1))
    if start.s - low > high - start.s:  # driven against the reference line
        s = s[::-1]
    waypoints = [carla_map.get_waypoint_xodr(key[0], key[2], float(value)) for value in s]
    places = [waypoint.transform.location for waypoint in waypoints]
    centre = mirror_points([(place.x, place.y, place.z) for place in places])
    width = np.array([waypoint.lane_width for waypoint in waypoints])
    return _Sampled(s, centre, width, waypoints[len(waypoints) // 2])


def _speed_limits(
    keys: Sequence[Key],
    index: Mapping[Key, int],
    sampled: Sequence[_Sampled],
    roads: Mapping[int, RoadText],
    landmarks: Sequence[carla.Landmark],
    links: Iterable[tuple[Key, Key]],
) -> list[float]:
    """A limit for each lane: the text's, else a sign's on its road, else the lowest of what it joins."""
    signs = {mark.road_id: mps(mark.value, mark.unit) for mark in landmarks if mark.type == _SPEED_SIGN_TYPE}
    limits: list[float | None] = [
        roads[road].speed_limit_mps(section, lane, lane_data.middle.s) or signs.get(road)
        for (road, section, lane), lane_data in zip(keys, sampled, strict=True)
    ]
    joined: dict[int, set[int]] = defaultdict(set)
    for first, second in links:
        joined[index[first]].add(index[second])
        joined[index[second]].add(index[first])
    while missing := [lane for lane, limit in enumerate(limits) if limit is None]:
        found = {
            lane: min(known)
            for lane in missing
            if (known := [limit for other in joined[lane] if (limit := limits[other]) is not None])
        }
        if not found:
            break
        for lane, limit in found.items():
            limits[lane] = limit
    return [DEFAULT_LIMIT_MPS if limit is None else limit for limit in limits]


def _lanes(
    keys: Sequence[Key],
    index: Mapping[Key, int],
    sampled: Sequence[_Sampled],
    limits: Sequence[float],
    links: Iterable[tuple[Key, Key]],
) -> tuple[Lane, ...]:
    after: dict[int, set[int]] = defaultdict(set)
    before: dict[int, set[int]] = defaultdict(set)
    for first, second in links:
        after[index[first]].add(index[second])
        before[index[second]].add(index[first])
    return tuple(
        Lane(
            lane_id=number,
            centre_m=data.centre_m,
            width_m=data.width_m,
            speed_limit_mps=limits[number],
            in_junction=data.middle.is_junction,
            successors=tuple(sorted(after[number])),
            predecessors=tuple(sorted(before[number])),
            left=_neighbour(keys[number], data.middle.get_left_lane(), index),
            right=_neighbour(keys[number], data.middle.get_right_lane(), index),
            left_line=_line_kind(data.middle.left_lane_marking),
            right_line=_line_kind(data.middle.right_lane_marking),
        )
        for number, data in enumerate(sampled)
    )


def _neighbour(key: Key, other: carla.Waypoint | None, index: Mapping[Key, int]) -> int:
    """The neighbour's index when it is a driving lane of the same direction, else -1."""
    if other is None or other.lane_id * key[2] < 0:
        return -1
    return index.get(_key(other), -1)


_LINE_KINDS = {
    carla.LaneMarkingType.Broken: LineKind.BROKEN,
    carla.LaneMarkingType.BottsDots: LineKind.BROKEN,
    carla.LaneMarkingType.Solid: LineKind.SOLID,
    carla.LaneMarkingType.SolidSolid: LineKind.DOUBLE,
    carla.LaneMarkingType.SolidBroken: LineKind.DOUBLE,
    carla.LaneMarkingType.BrokenSolid: LineKind.DOUBLE,
    carla.LaneMarkingType.BrokenBroken: LineKind.DOUBLE,
    carla.LaneMarkingType.Curb: LineKind.KERB,
}


def _line_kind(marking: carla.LaneMarking | None) -> LineKind:
    return LineKind.NONE if marking is None else _LINE_KINDS.get(marking.type, LineKind.NONE)


@dataclass(frozen=True)
class _Places:
    """Finds positions of the map's roads on the lanes of the graph."""

    lanes: Sequence[Lane]
    index: Mapping[Key, int]
    sampled: Sequence[_Sampled]

    def along(self, lane: int, s_m: float) -> float:
        """Distance from the start of a lane to road position `s_m`, clipped to the lane."""
        data = self.sampled[lane]
        fraction = (s_m - data.s_m[0]) / (data.s_m[-1] - data.s_m[0])
        return float(np.clip(fraction, 0.0, 1.0)) * self.lanes[lane].length_m

    def before_junction(self, lane: int, along_m: float) -> list[tuple[int, float]]:
        """The place itself, or the ends of the lanes that enter the junction when it lies inside one."""
        if not self.lanes[lane].in_junction:
            return [(lane, along_m)]
        enters = [other for other in self.lanes[lane].predecessors if not self.lanes[other].in_junction]
        return [(other, self.lanes[other].length_m) for other in enters]

    def on_road(self, road: int, s_m: float, lane_ids: Iterable[int]) -> list[tuple[int, float]]:
        """The place `s_m` on those of a road's lanes that are driving lanes there."""
        return [
            (lane, self.along(lane, s_m))
            for (key_road, _, key_lane), lane in self.index.items()
            if key_road == road
            and key_lane in lane_ids
            and min(self.sampled[lane].s_m) - 0.1 <= s_m <= max(self.sampled[lane].s_m) + 0.1
        ]


def _ordered_landmarks(carla_map: carla.Map) -> list[carla.Landmark]:
    return sorted(carla_map.get_all_landmarks(), key=lambda mark: (mark.id, mark.road_id, mark.s))


def _signals(
    landmarks: Iterable[carla.Landmark], lights: Iterable[carla.TrafficLight], places: _Places
) -> tuple[Signal, ...]:
    stops: dict[str, dict[int, float]] = defaultdict(dict)
    positions: dict[str, Array] = {}
    for mark in landmarks:
        if mark.type.startswith(_LIGHT_TYPE_PREFIX):
            positions.setdefault(mark.id, vector_from_carla(mark.transform.location))
            _add_stops(stops[mark.id], places, _landmark_places(mark, places))
    heads: dict[str, list[Array]] = {}
    for light in sorted(lights, key=lambda light: (light.get_opendrive_id(), light.id)):
        heads[light.get_opendrive_id()] = _read_light(light, stops, positions, places)
    return tuple(
        Signal(
            name,
            _triple(positions[name]),
            tuple(sorted(stops[name].items())),
            tuple(_triple(head) for head in heads.get(name, [])),
        )
        for name in sorted(positions)
    )


def _landmark_places(mark: carla.Landmark, places: _Places) -> list[tuple[int, float]]:
    valid = {lane for low, high in mark.get_lane_validities() for lane in range(low, high + 1)} - {0}
    if (
        mark.orientation == carla.LandmarkOrientation.Positive
    ):  # applies to traffic against the reference line
        valid = {lane for lane in valid if lane > 0} or valid
    elif mark.orientation == carla.LandmarkOrientation.Negative:
        valid = {lane for lane in valid if lane < 0} or valid
    return places.on_road(mark.road_id, mark.s, valid)


def _add_stops(stops: dict[int, float], places: _Places, found: Iterable[tuple[int, float]]) -> None:
    for lane, along in found:
        for stop_lane, stop_along in places.before_junction(lane, along):
            stops[stop_lane] = min(stop_along, stops.get(stop_lane, stop_along))


def _read_light(
    light: carla.TrafficLight,
    stops: dict[str, dict[int, float]],
    positions: dict[str, Array],
    places: _Places,
) -> list[Array]:
    """Notes where the light stands and what it governs; returns the middles of its housings."""
    name = light.get_opendrive_id()
    waypoints = [point for point in light.get_stop_waypoints() if _key(point) in places.index]
    if waypoints:
        found = [(places.index[_key(point)], point.s) for point in waypoints]
        stops[name] = {}
        _add_stops(stops[name], places, [(lane, places.along(lane, s)) for lane, s in found])
    boxes = [vector_from_carla(box.location) for box in light.get_light_boxes()]
    if boxes:
        positions[name] = _facing(boxes, stops[name], places)
    else:
        positions.setdefault(name, vector_from_carla(light.get_location()))
    return boxes


def _facing(boxes: Sequence[Array], stops: Mapping[int, float], places: _Places) -> Array:
    """Of the lamp housings of one signal the one nearest to the driver's line of sight at its first stop."""
    if not stops:
        return boxes[0]
    centre = places.lanes[min(stops)].centre_m.astype(np.float64)
    heading = centre[-1, :2] - centre[-2, :2]
    across = np.array([-heading[1], heading[0]]) / max(np.hypot(*heading), 1e-9)
    return min(boxes, key=lambda box: abs(float((box[:2] - centre[-1, :2]) @ across)))


def _triple(point: Array) -> tuple[float, float, float]:
    return float(point[0]), float(point[1]), float(point[2])
