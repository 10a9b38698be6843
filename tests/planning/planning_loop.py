"""A tiny closed loop for the planner alone: a bicycle on a flat road, scripted others, no camera."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

from data.geometry import project_to_polyline, resample, wrap_angle
from data.lane_graph import Lane, LaneGraph, Signal
from data.types import (
    EgoState,
    Lanes,
    LightState,
    ObjectClass,
    Objects,
    Pose2,
    Scene,
    SignalReading,
    VehicleShape,
)
from planning.control import PathController
from planning.planner import RulePlanner
from planning.route import RouteNavigator, plan_route

STEP_S = 0.05
SHAPE = VehicleShape(
    wheelbase_m=2.85, front_m=3.75, rear_m=0.95, width_m=1.85, max_steering_angle_rad=np.radians(45.0)
)
SIZES = {
    ObjectClass.CAR: (4.5, 1.9),
    ObjectClass.TRUCK: (8.0, 2.5),
    ObjectClass.PEDESTRIAN: (0.5, 0.5),
    ObjectClass.BICYCLE: (1.8, 0.6),
}


def lane(index, points, successors=(), limit=50 / 3.6, in_junction=False, width=3.5):
    points = resample(np.asarray(points, float), 1.0)
    centre = np.column_stack([points, np.zeros(len(points))])
    widths = np.full(len(points), width)
    return Lane(index, centre, widths, limit, in_junction, tuple(successors), ())


def straight_street(length_m=600.0, limit=50 / 3.6, stop_at=None):
    """One lane along x; with `stop_at`, a light with its line there."""
    stops = () if stop_at is None else ((0, float(stop_at)),)
    signals = (Signal("light", (stops[0][1] + 15.0, 3.0, 5.0), stops),) if stops else ()
    return LaneGraph("street", (lane(0, [(0, 0), (length_m, 0)], limit=limit),), signals)


def arc(start, heading, radius, angle):
    """Points of an arc to the left (positive angle) or right."""
    side = np.sign(angle)
    steps = np.linspace(0.0, angle, max(int(abs(angle) * radius / 0.25), 8))
    centre = np.array(start) + side * radius * np.array([-np.sin(heading), np.cos(heading)])
    turn = heading + steps
    return centre - side * radius * np.column_stack([-np.sin(turn), np.cos(turn)])


def corner(radius, angle, before_m=80.0, after_m=80.0, in_junction=True):
    """Straight on, an arc, straight on."""
    bend = arc((before_m, 0.0), 0.0, radius, angle)
    end = bend[-1] + after_m * np.array([np.cos(angle), np.sin(angle)])
    return LaneGraph(
        "corner",
        (
            lane(0, [(0, 0), (before_m, 0)], (1,)),
            lane(1, bend, (2,), in_junction=in_junction),
            lane(2, [bend[-1], end]),
        ),
        (),
    )


def winding(radius=60.0, turns=4):
    """A road of arcs to the left and right, no junction."""
    points, heading, place = [np.zeros((1, 2))], 0.0, np.zeros(2)
    for turn in range(turns):
        bend = arc(place, heading, radius, 0.8 * (-1) ** turn)
        points.append(bend[1:])
        place, heading = bend[-1], heading + 0.8 * (-1) ** turn
    return LaneGraph("winding", (lane(0, np.concatenate(points)),), ())


@dataclass
class Actor:
    """Someone else; `motion(t)` gives x, y, yaw and speed in the world."""

    motion: Callable[[float], tuple[float, float, float, float]]
    kind: ObjectClass = ObjectClass.CAR
    name: int = 1

    @property
    def size(self):
        return SIZES[self.kind]


def moving(x, y, yaw, speed, acceleration=0.0, after=0.0, until=1e9, **kwargs):
    """An actor that drives straight; from `after` s on it changes its speed, never below 0."""

    def motion(t):
        t = min(t, until)
        braking = max(t - after, 0.0)
        if acceleration < 0.0:
            braking = min(braking, speed / -acceleration)
        way = speed * min(t, after) + speed * braking + 0.5 * acceleration * braking**2
        if acceleration == 0.0 or t <= after or braking == t - after:
            way = speed * t + 0.5 * acceleration * max(t - after, 0.0) ** 2
        now = max(speed + acceleration * max(t - after, 0.0), 0.0)
        return x + way * np.cos(yaw), y + way * np.sin(yaw), yaw, now if t < until else 0.0

    return Actor(motion, **kwargs)


@dataclass
class Noise:
    """How badly the scene is perceived."""

    distance: float = 0.0
    velocity_mps: float = 0.0
    dropout: float = 0.0
    flicker: float = 0.0
    lane_m: float = 0.0
    lane_shift_m: float = 0.0
    map_shift_m: float = 0.0
    position_m: float = 0.0
    lane_confidence: float = 0.9
    seed: int = 0


@dataclass
class Plant:
    """Throttle and brake to acceleration, first-order lags, a rate-limited steering."""

    full_throttle: float = 3.5
    full_brake: float = 8.5
    lag_s: float = 0.15
    steer_lag_s: float = 0.1
    steer_gain: float = 1.0
    rear_slip: float = 0.0054


@dataclass
class Log:
    t: list = field(default_factory=list)
    x: list = field(default_factory=list)
    y: list = field(default_factory=list)
    speed: list = field(default_factory=list)
    acceleration: list = field(default_factory=list)
    demand: list = field(default_factory=list)
    offset: list = field(default_factory=list)
    steering: list = field(default_factory=list)
    gap: list = field(default_factory=list)
    emergency: list = field(default_factory=list)
    reasons: list = field(default_factory=list)
    hit: bool = False

    def __getattr__(self, name):
        raise AttributeError(name)

    def array(self, name):
        return np.array(getattr(self, name))

    @property
    def hardest_brake(self):
        return -float(self.array("acceleration").min())

    @property
    def demand_jerk(self):
        return np.abs(np.diff(self.array("demand"))) / STEP_S


def stands(drive):
    """Whether the ego has stood still for a second after having moved."""
    speeds = drive.log.speed
    return len(speeds) > 40 and max(speeds[-20:]) < 1e-3 < max(speeds)


class Drive:
    """Runs planner and controller against the world described."""

    def __init__(
        self,
        graph: LaneGraph,
        actors: Sequence[Actor] = (),
        light: Callable[[float], LightState] | None = None,
        noise: Noise | None = None,
        plant: Plant | None = None,
        speed: float = 0.0,
        start: tuple[float, float, float] = (2.0, 0.0, 0.0),
        use_lanes: bool = True,
        use_route: bool = True,
        planner=None,
        controller=None,
    ):
        self.graph, self.actors, self.light = graph, list(actors), light
        self.noise, self.plant = noise or Noise(), plant or Plant()
        self.random = np.random.default_rng(self.noise.seed)
        self.state = [*start, speed, 0.0, 0.0]  # x, y, yaw, speed, acceleration, steering
        self.start = Pose2(*start)
        self.planner = planner or RulePlanner(SHAPE)
        self.controller = controller or PathController(SHAPE)
        length = sum(one.length_m for one in graph.lanes) - start[0]
        self.route = plan_route(graph, self.start, length, 0)
        self.navigator = RouteNavigator(self.route, graph)
        self.truth = self.route.points_m[:, :2]
        self.use_lanes, self.use_route = use_lanes, use_route
        self.log = Log()
        self.t = 0.0
        self.frame = 0
        self.place = 0.0

    def run(self, seconds, until=None):
        for _ in range(round(seconds / STEP_S)):
            self.step()
            if until is not None and until(self):
                break
        return self.log

    def scene(self):
        x, y, yaw, speed, acceleration, steering = self.state
        t_ns = round(self.frame * STEP_S * 1e9)
        jitter = self.random.normal(0.0, 1.0, 2) * self.noise.position_m
        shift = self.noise.map_shift_m * np.array([-np.sin(yaw), np.cos(yaw)])
        pose = Pose2(x + jitter[0] + shift[0], y + jitter[1] + shift[1], yaw)
        rate = speed * np.tan(steering) / SHAPE.wheelbase_m
        ego = EgoState(t_ns, pose, speed, acceleration, rate, steering)
        route = self.navigator.locate(ego) if self.use_route else None
        readings = ()
        if route is not None and self.light is not None:
            state = self.light(self.t)
            readings = tuple(
                SignalReading(one.signal_id, state, 0.9, (0, 0, 10, 10), one.stop_distance_m)
                for one in route.signals
                if one.stop_distance_m < 70.0 and state is not None
            )
        return Scene(t_ns, ego, self.objects(), self.lanes(), readings, route)

    def lanes(self):
        if not self.use_lanes:
            return Lanes()
        x, y, yaw = self.state[:3]
        here = int(self.place)
        centre = Pose2(x, y, yaw).vehicle_from_world(self.truth[here : here + 30])
        ahead = (centre[:, 0] > 4.0) & ~self.route.in_junction[here : here + 30]
        centre = centre[ahead & np.cumprod(ahead | (centre[:, 0] <= 4.0)).astype(bool)]
        if len(centre) < 4:
            return Lanes()
        slope = self.random.normal(0.0, self.noise.lane_m) / 20.0
        wobble = self.random.normal(0.0, self.noise.lane_m) + slope * centre[:, 0]
        centre[:, 1] += self.noise.lane_shift_m + wobble
        return Lanes(centre_m=centre, width_m=3.5, confidence=self.noise.lane_confidence)

    def objects(self):
        x, y, yaw = self.state[:3]
        pose, rows = Pose2(x, y, yaw), []
        for actor in self.actors:
            ax, ay, ayaw, speed = actor.motion(self.t)
            heading = wrap_angle(ayaw - yaw)
            centre = pose.vehicle_from_world(np.array([[ax, ay]]))[0]
            near = _near_face(centre, heading, actor.size)
            if near[0] < 1.5 or abs(np.arctan2(near[1], near[0])) > np.radians(45.0):
                continue
            if self.random.random() < self.noise.dropout:
                continue
            near = near * (1.0 + self.random.normal(0.0, 1.0) * self.noise.distance)
            velocity = speed * np.array([np.cos(heading), np.sin(heading)])
            velocity = velocity + self.random.normal(0.0, 1.0, 2) * self.noise.velocity_mps
            name = actor.name + (1000 * int(self.t) if self.random.random() < self.noise.flicker else 0)
            rows.append((int(actor.kind), name, near, velocity, actor.size))
        if not rows:
            return Objects.empty()
        kinds, names, near, velocity, sizes = zip(*rows, strict=True)
        count = len(rows)
        return Objects(np.zeros((count, 4)), np.ones(count), kinds, names, near, velocity, sizes)

    def step(self):
        scene = self.scene()
        plan = self.planner.plan(scene)
        control = self.controller.control(plan, scene.ego)
        self._record(plan)
        self._move(control)
        self.t += STEP_S
        self.frame += 1
        return plan, control

    def _move(self, control):
        x, y, yaw, speed, acceleration, steering = self.state
        plant = self.plant
        if control.brake > 0.0 and speed < 0.02 and control.throttle == 0.0:
            acceleration = speed = 0.0
        drag = 0.15 + 0.0005 * speed**2 if speed > 0.0 else 0.0
        wanted = control.throttle * plant.full_throttle - control.brake * plant.full_brake - drag
        acceleration += (wanted - acceleration) * STEP_S / plant.lag_s
        steering += (plant.steer_gain * control.steering_angle_rad - steering) * STEP_S / plant.steer_lag_s
        before = speed
        speed = max(speed + acceleration * STEP_S, 0.0)
        if speed == 0.0 and acceleration < 0.0:
            acceleration = 0.0
        middle = 0.5 * (before + speed)
        turn = middle * np.tan(steering) / SHAPE.wheelbase_m * STEP_S
        course = yaw + 0.5 * turn - plant.rear_slip * middle * turn / STEP_S
        x += middle * np.cos(course) * STEP_S
        y += middle * np.sin(course) * STEP_S
        self.state = [x, y, yaw + turn, speed, acceleration, steering]

    def _record(self, plan):
        x, y, _, speed, acceleration, steering = self.state
        log = self.log
        near = max(int(self.place) - 10, 0)
        along, offset, _ = project_to_polyline(np.array([x, y]), self.truth[near : near + 30])
        self.place = near + along
        log.gap.append(min((self._gap(actor) for actor in self.actors), default=np.inf))
        log.hit = log.hit or log.gap[-1] <= 0.0
        for name, value in zip(
            ("t", "x", "y", "speed", "acceleration", "demand", "offset", "steering", "emergency", "reasons"),
            (
                self.t,
                x,
                y,
                speed,
                acceleration,
                plan.acceleration_mps2,
                offset,
                steering,
                plan.emergency,
                plan.reasons,
            ),
            strict=True,
        ):
            getattr(log, name).append(value)

    def _gap(self, actor):
        """Least distance between the outlines, 0 when they touch."""
        x, y, yaw = self.state[:3]
        ax, ay, ayaw, _ = actor.motion(self.t)
        if np.hypot(ax - x, ay - y) > 20.0:
            return float(np.hypot(ax - x, ay - y)) - SHAPE.front_m - 0.5 * actor.size[0]
        middle = 0.5 * (SHAPE.front_m - SHAPE.rear_m)
        ego = _outline(
            x + middle * np.cos(yaw),
            y + middle * np.sin(yaw),
            yaw,
            SHAPE.front_m + SHAPE.rear_m,
            SHAPE.width_m,
        )
        other = _outline(ax, ay, ayaw, *actor.size)
        gaps = np.linalg.norm(ego[:, None] - other[None], axis=2)
        inside = _contains(other, ego).any() or _contains(ego, other).any()
        return 0.0 if inside else float(gaps.min())


def _outline(x, y, yaw, length, width, spacing=0.2):
    a, b = (
        np.arange(-0.5 * length, 0.5 * length + 1e-9, spacing),
        np.arange(-0.5 * width, 0.5 * width + 1e-9, spacing),
    )
    points = np.concatenate(
        [
            np.column_stack([a, np.full(len(a), 0.5 * width)]),
            np.column_stack([a, np.full(len(a), -0.5 * width)]),
            np.column_stack([np.full(len(b), 0.5 * length), b]),
            np.column_stack([np.full(len(b), -0.5 * length), b]),
            [[0.5 * length, 0.5 * width], [0.5 * length, -0.5 * width]],
            [[-0.5 * length, 0.5 * width], [-0.5 * length, -0.5 * width]],
        ]
    )
    return Pose2(x, y, yaw).world_from_vehicle(points)


def _contains(box, points):
    corners = box[[-4, -3, -1, -2]]
    edge = np.roll(corners, -1, axis=0) - corners
    side = edge[:, 0] * (points[:, None, 1] - corners[:, 1]) - edge[:, 1] * (
        points[:, None, 0] - corners[:, 0]
    )
    return (side <= 0).all(axis=1) | (side >= 0).all(axis=1)


def _near_face(centre, heading, size):
    """Middle of the face of a box that is turned to the origin, the nearer where two are."""
    forward = np.array([np.cos(heading), np.sin(heading)])
    left = np.array([-forward[1], forward[0]])
    ahead, aside = -centre @ forward, -centre @ left
    end = centre + np.sign(ahead) * 0.5 * size[0] * forward
    side = centre + np.sign(aside) * 0.5 * size[1] * left
    if abs(ahead) <= 0.5 * size[0]:
        return side
    return end if abs(aside) <= 0.5 * size[1] or np.hypot(*end) <= np.hypot(*side) else side
