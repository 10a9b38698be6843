"""Routes over the lane graph, and where along one the ego is."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.arrays import Array, checked
from data.geometry import arc_lengths, wrap_angle
from data.lane_graph import Lane, LaneGraph
from data.types import EgoState, Pose2, RouteAhead, SignalAhead

SPACING_M = 1.0
BEHIND_M = 5.0
AHEAD_M = 100.0
START_M = 30.0  # how far from the route's first point the ego may start
SLACK_M = 3.0  # how far localisation may be off along the route


@dataclass(frozen=True)
class RouteStop:
    """A stop line on the route.

    Attributes:
        signal_id: the map's name of the signal that governs it.
        position_m: (x, y, z) of the middle of the signal's lamp housing, world axes.
        s_m: distance along the route.
        heads_m: middles of all housings of the signal, world axes.
    """

    signal_id: str
    position_m: tuple[float, float, float]
    s_m: float
    heads_m: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True, eq=False)
class Route:
    """A way to drive, resampled about every metre.

    Attributes:
        points_m: (k, 3) float64 centre of the driven lanes, world axes.
        s_m: (k,) float64 distance along the route.
        lane_ids: (k,) int32 indices of the lanes in their graph.
        speed_limits_mps: (k,) float32.
        in_junction: (k,) bool.
        stops: stop lines with a signal, nearest to the start first.
    """

    points_m: Array
    s_m: Array
    lane_ids: Array
    speed_limits_mps: Array
    in_junction: Array
    stops: tuple[RouteStop, ...]

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {}
        for name, shape, dtype in (
            ("points_m", ("k", 3), np.float64),
            ("s_m", ("k",), np.float64),
            ("lane_ids", ("k",), np.int32),
            ("speed_limits_mps", ("k",), np.float32),
            ("in_junction", ("k",), np.bool_),
        ):
            object.__setattr__(self, name, checked(name, getattr(self, name), shape, dtype, sizes))
        if len(self.s_m) < 2:
            raise ValueError(f"a route needs 2 points, got {len(self.s_m)}")

    @property
    def length_m(self) -> float:
        """Length of the route."""
        return float(self.s_m[-1])


def plan_route(graph: LaneGraph, start: Pose2, length_m: float, seed: int) -> Route:
    """A random drive of `length_m` from the lane nearest to `start`, without a lane change.

    At each fork a successor is drawn with `seed`; lanes driven less often so far are preferred, and a turn
    back onto the road just left is taken only where there is no other way.

    Raises:
        ValueError: the graph has no lane near `start` in its direction, or the lanes end before `length_m`.
    """
    if length_m <= 0.0:
        raise ValueError(f"length_m: expected a positive length, got {length_m}")
    first, s_start = nearest_lane(graph, start)
    random = np.random.default_rng(seed)
    lanes, visits = [first], {first: 1}
    total = graph.lanes[first].length_m - s_start
    while total < length_m:
        options = graph.lanes[lanes[-1]].successors
        if not options:
            raise ValueError(
                f"lane graph {graph.name}: lane {lanes[-1]} ends {total:.0f} m after the start and leads"
                f" nowhere; ask for a shorter route than {length_m:.0f} m or start elsewhere"
            )
        chosen = _draw_successor(graph, options, visits, random)
        lanes.append(chosen)
        visits[chosen] = visits.get(chosen, 0) + 1
        total += graph.lanes[chosen].length_m
    return route_over(graph, lanes, s_start, length_m)


def route_to(graph: LaneGraph, start: Pose2, destination: Pose2) -> Route:
    """The shortest route without a lane change from `start` to the lane point nearest to `destination` (A*).

    Raises:
        ValueError: no lane near either end in its direction, or no way between them.
    """
    first, s_start = nearest_lane(graph, start)
    last, s_end = nearest_lane(graph, destination)
    if first == last and s_end > s_start + SPACING_M:
        return route_over(graph, [first], s_start, s_end - s_start)
    lanes = _shortest_lanes(graph, first, last)
    length = sum(graph.lanes[lane].length_m for lane in lanes[:-1]) - s_start + s_end
    return route_over(graph, lanes, s_start, length)


def nearest_lane(graph: LaneGraph, pose: Pose2, within_m: float = 15.0) -> tuple[int, float]:
    """The lane nearest to `pose` that runs its way, and the distance along it.

    Lanes inside junctions are taken only when no other is about as near, because they overlap one another.

    Raises:
        ValueError: no lane within `within_m` runs within 90 degrees of the pose's heading.
    """
    best: tuple[float, int, float] | None = None
    for lane in graph.lanes:
        points = lane.centre_m[:, :2].astype(np.float64)
        gaps = np.hypot(*(points - (pose.x_m, pose.y_m)).T)
        index = int(np.argmin(gaps))
        turn = abs(wrap_angle(_heading_at(points, index) - pose.yaw_rad))
        if gaps[index] > within_m or turn > 0.5 * np.pi:
            continue
        cost = float(gaps[index]) + 2.0 * turn + (1.5 if lane.in_junction else 0.0)
        if best is None or cost < best[0]:
            best = cost, lane.lane_id, float(arc_lengths(points)[index])
    if best is None:
        raise ValueError(
            f"lane graph {graph.name}: no lane within {within_m:.0f} m of ({pose.x_m:.1f}, {pose.y_m:.1f})"
            f" runs in direction {pose.yaw_rad:.2f} rad"
        )
    return best[1], best[2]


def route_over(graph: LaneGraph, lanes: Sequence[int], s_start: float, length_m: float) -> Route:
    """The route over `lanes`, one after the other, from `s_start` on the first on, cut after `length_m`."""
    chosen = [graph.lanes[lane] for lane in lanes]
    raw = np.concatenate([lane.centre_m.astype(np.float64) for lane in chosen])
    owner = np.concatenate([np.full(len(lane.centre_m), index) for index, lane in enumerate(chosen)])
    keep = np.append(True, np.linalg.norm(np.diff(raw, axis=0), axis=1) > 1e-3)
    raw, owner = raw[keep], owner[keep]
    s_raw = arc_lengths(raw) - s_start
    end = min(length_m, s_raw[-1])
    s = np.append(np.arange(0.0, end - 1e-3, SPACING_M), end)
    points = np.column_stack([np.interp(s, s_raw, raw[:, axis]) for axis in range(3)])
    owners = owner[np.minimum(np.searchsorted(s_raw, s, side="left"), len(owner) - 1)]
    return Route(
        points_m=points,
        s_m=s,
        lane_ids=np.array(lanes)[owners],
        speed_limits_mps=np.array([lane.speed_limit_mps for lane in chosen])[owners],
        in_junction=np.array([lane.in_junction for lane in chosen])[owners],
        stops=_stops_on(graph, chosen, s_start, end),
    )


def _draw_successor(
    graph: LaneGraph, options: Sequence[int], visits: dict[int, int], random: np.random.Generator
) -> int:
    turns = np.array([_turn_rad(graph.lanes[lane]) for lane in options])
    weights = np.array([0.25 ** visits.get(lane, 0) for lane in options])
    weights = np.where(np.abs(turns) > 0.8 * np.pi, 1e-9, weights)
    leads_on = [bool(graph.lanes[lane].successors) for lane in options]
    weights = np.where(leads_on, weights, 1e-12)
    return int(random.choice(np.asarray(options), p=weights / weights.sum()))


def _turn_rad(lane: Lane) -> float:
    points = lane.centre_m[:, :2].astype(np.float64)
    return wrap_angle(_heading_at(points, len(points) - 1) - _heading_at(points, 0))


def _heading_at(points: Array, index: int) -> float:
    before, after = points[max(index - 1, 0)], points[min(index + 1, len(points) - 1)]
    return float(np.arctan2(after[1] - before[1], after[0] - before[0]))


def _shortest_lanes(graph: LaneGraph, first: int, last: int) -> list[int]:
    """A* over lanes; the cost of a lane is its length, the estimate the straight line to the last lane."""
    goal = graph.lanes[last].centre_m[0]
    came_from: dict[int, int] = {}
    cost = {lane: graph.lanes[lane].length_m for lane in graph.lanes[first].successors}
    queue = [(value, lane) for lane, value in cost.items()]
    heapq.heapify(queue)
    closed: set[int] = set()
    while queue:
        _, lane = heapq.heappop(queue)
        if lane == last:
            return _walk_back(came_from, first, last)
        if lane in closed:
            continue
        closed.add(lane)
        for follower in graph.lanes[lane].successors:
            through = cost[lane] + graph.lanes[follower].length_m
            if through < cost.get(follower, np.inf):
                cost[follower], came_from[follower] = through, lane
                start = graph.lanes[follower].centre_m[0]
                estimate = cost[lane] + float(np.linalg.norm(start - goal))
                heapq.heappush(queue, (estimate, follower))
    raise ValueError(
        f"lane graph {graph.name}: no way from lane {first} to lane {last} without a lane change"
    )


def _walk_back(came_from: dict[int, int], first: int, last: int) -> list[int]:
    lanes = [last]
    while lanes[-1] in came_from:
        lanes.append(came_from[lanes[-1]])
    return [first, *reversed(lanes)]


def _stops_on(graph: LaneGraph, lanes: Sequence[Lane], s_start: float, end_m: float) -> tuple[RouteStop, ...]:
    starts = np.concatenate([[0.0], np.cumsum([lane.length_m for lane in lanes])]) - s_start
    found = [
        RouteStop(signal.signal_id, signal.position_m, float(start + s), signal.heads_m)
        for start, lane in zip(starts, lanes, strict=False)
        for signal in graph.signals
        for stop_lane, s in signal.stops
        if stop_lane == lane.lane_id and 0.0 <= start + s <= end_m
    ]
    return tuple(sorted(found, key=lambda stop: (stop.s_m, stop.signal_id)))


class RouteNavigator:
    """Follows a route; a `planning.interfaces.Navigator`.

    Progress is searched for only a little before and behind the last place, and only where the route runs the
    ego's way, so that a route which crosses or repeats itself never makes it jump.
    """

    def __init__(self, route: Route, graph: LaneGraph | None = None) -> None:
        self.route = route
        self.graph = graph
        self._furthest_m = 0.0
        self._t_ns: int | None = None

    def locate(self, ego: EgoState) -> RouteAhead:
        """Returns the piece of route from 5 m behind to 100 m ahead of the ego, in vehicle axes.

        Signals stay until the rear axle has passed their stop line; at the end `remaining_m` is 0.
        """
        s, offset = self._place(ego)
        route = self.route
        low, high = np.searchsorted(route.s_m, [s - BEHIND_M, s + AHEAD_M])
        piece = slice(max(int(low), 0), min(int(high) + 1, len(route.s_m)))
        return RouteAhead(
            points_m=ego.pose.vehicle_from_world(route.points_m[piece, :2]),
            s_m=route.s_m[piece] - s,
            speed_limits_mps=route.speed_limits_mps[piece],
            in_junction=route.in_junction[piece],
            signals=self._signals(ego.pose, s),
            offset_m=offset,
            travelled_m=self._furthest_m,
            remaining_m=route.length_m - s,
        )

    def _place(self, ego: EgoState) -> tuple[float, float]:
        """Distance along the route and signed offset from it, positive to the left."""
        route = self.route
        elapsed_s = 0.0 if self._t_ns is None else max(ego.t_ns - self._t_ns, 0) * 1e-9
        reach_m = START_M if self._t_ns is None else SLACK_M + 2.0 * abs(ego.speed_mps) * elapsed_s
        first = int(np.searchsorted(route.s_m, self._furthest_m - SLACK_M, side="right")) - 1
        stop = int(np.searchsorted(route.s_m, self._furthest_m + reach_m)) + 1
        first = min(max(first, 0), len(route.s_m) - 2)
        stop = min(max(stop, first + 2), len(route.s_m))
        s, offset = _project(route.points_m[first:stop, :2], route.s_m[first:stop], ego.pose)
        self._furthest_m, self._t_ns = max(s, self._furthest_m), ego.t_ns
        return s, offset

    def _signals(self, pose: Pose2, s: float) -> tuple[SignalAhead, ...]:
        height, slope = self._road_at(s)
        ahead = [stop for stop in self.route.stops if 0.0 < stop.s_m - s <= AHEAD_M]
        return tuple(
            SignalAhead(
                stop.signal_id,
                _in_vehicle(stop.position_m, pose, height, slope),
                stop.s_m - s,
                tuple(_in_vehicle(head, pose, height, slope) for head in stop.heads_m),
            )
            for stop in ahead
        )

    def _road_at(self, s: float) -> tuple[float, float]:
        """Height of the road under the rear axle and its slope over a wheelbase or so."""
        here, before = np.interp([s, s + 3.0], self.route.s_m, self.route.points_m[:, 2])
        return float(here), float((before - here) / 3.0)


def _project(points: Array, s: Array, pose: Pose2) -> tuple[float, float]:
    here = np.array([pose.x_m, pose.y_m])
    step = np.diff(points, axis=0)
    length = np.maximum(np.linalg.norm(step, axis=1), 1e-9)
    along = np.clip(((here - points[:-1]) * step).sum(axis=1) / length**2, 0.0, 1.0)
    gap = here - (points[:-1] + along[:, None] * step)
    ours = (step @ [np.cos(pose.yaw_rad), np.sin(pose.yaw_rad)]) > 0.0
    distance = np.hypot(gap[:, 0], gap[:, 1]) + np.where(ours, 0.0, 10.0)
    best = int(np.argmin(distance))
    across = (step[best, 0] * gap[best, 1] - step[best, 1] * gap[best, 0]) / length[best]
    return float(s[best] + along[best] * (s[best + 1] - s[best])), float(across)


def _in_vehicle(
    position: tuple[float, float, float], pose: Pose2, height: float, slope: float
) -> tuple[float, float, float]:
    """World point to vehicle axes of a vehicle that stands on a road of that height and slope."""
    x, y = pose.vehicle_from_world(np.array([position[:2]]))[0]
    z = position[2] - height
    scale = 1.0 / np.hypot(1.0, slope)
    return float((x + slope * z) * scale), float(y), float((z - slope * x) * scale)
