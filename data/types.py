"""The types that flow through the house, from a camera frame up to a control.

Vehicle axes are ISO 8855 (x forward, y left, z up) with the origin on the ground below the rear axle; world
axes are right-handed with z up. Time is integer nanoseconds. Everything is SI; angles are radians.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from data.arrays import Array, checked
from data.camera import CameraImage


class ObjectClass(IntEnum):
    """What the house distinguishes among the things on a road."""

    CAR = 0
    TRUCK = 1
    BUS = 2
    MOTORCYCLE = 3
    BICYCLE = 4
    PEDESTRIAN = 5
    TRAFFIC_LIGHT = 6
    STOP_SIGN = 7


ROAD_USERS = (
    ObjectClass.CAR,
    ObjectClass.TRUCK,
    ObjectClass.BUS,
    ObjectClass.MOTORCYCLE,
    ObjectClass.BICYCLE,
    ObjectClass.PEDESTRIAN,
)


class LightState(IntEnum):
    """The state of a traffic light as a driver reads it."""

    UNKNOWN = 0
    RED = 1
    YELLOW = 2
    GREEN = 3
    OFF = 4


@dataclass(frozen=True)
class Pose2:
    """A planar pose: metres and radians, of the vehicle in the world unless its name says otherwise."""

    x_m: float
    y_m: float
    yaw_rad: float

    def world_from_vehicle(self, points: Array) -> Array:
        """(n, 2) vehicle points to (n, 2) world points."""
        c, s = np.cos(self.yaw_rad), np.sin(self.yaw_rad)
        world: Array = np.asarray(points) @ np.array([[c, s], [-s, c]]) + (self.x_m, self.y_m)
        return world

    def vehicle_from_world(self, points: Array) -> Array:
        """(n, 2) world points to (n, 2) vehicle points."""
        c, s = np.cos(self.yaw_rad), np.sin(self.yaw_rad)
        local: Array = (np.asarray(points) - (self.x_m, self.y_m)) @ np.array([[c, -s], [s, c]])
        return local


@dataclass(frozen=True)
class VehicleShape:
    """The ego's fixed measures.

    Attributes:
        wheelbase_m: rear axle to front axle.
        front_m: rear axle to front bumper.
        rear_m: rear axle to rear bumper.
        width_m: over all, mirrors left out.
        max_steering_angle_rad: of the front wheels.
    """

    wheelbase_m: float
    front_m: float
    rear_m: float
    width_m: float
    max_steering_angle_rad: float


@dataclass(frozen=True)
class EgoMeasurement:
    """What the vehicle's own sensors say at one instant, noise included.

    Attributes:
        t_ns: time of the measurement.
        position_m: GNSS position (x, y, z) projected into world axes, of the origin of the vehicle axes.
        yaw_rad: compass heading, counter-clockwise from world x.
        speed_mps: wheel speed, negative when rolling backwards.
        acceleration_mps2: longitudinal acceleration of the body, gravity removed.
        yaw_rate_radps: gyroscope about z, positive to the left.
        steering_angle_rad: angle of the front wheels, positive to the left.
    """

    t_ns: int
    position_m: tuple[float, float, float]
    yaw_rad: float
    speed_mps: float
    acceleration_mps2: float
    yaw_rate_radps: float
    steering_angle_rad: float


@dataclass(frozen=True)
class EgoState:
    """Where the ego is and how it moves, as the localiser believes.

    Attributes:
        t_ns: time of the estimate.
        pose: of the vehicle axes in the world.
        speed_mps: forward speed.
        acceleration_mps2: longitudinal acceleration.
        yaw_rate_radps: positive to the left.
        steering_angle_rad: angle of the front wheels, positive to the left.
    """

    t_ns: int
    pose: Pose2
    speed_mps: float
    acceleration_mps2: float = 0.0
    yaw_rate_radps: float = 0.0
    steering_angle_rad: float = 0.0


@dataclass(frozen=True, eq=False)
class Detections:
    """What a detector found in one image.

    Attributes:
        boxes_px: (n, 4) float32 xyxy in pixels of the image.
        scores: (n,) float32 in 0..1.
        classes: (n,) int16, values of `ObjectClass`.
    """

    boxes_px: Array
    scores: Array
    classes: Array

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {}
        for name, shape, dtype in (
            ("boxes_px", ("n", 4), np.float32),
            ("scores", ("n",), np.float32),
            ("classes", ("n",), np.int16),
        ):
            object.__setattr__(self, name, checked(name, getattr(self, name), shape, dtype, sizes))

    def __len__(self) -> int:
        return len(self.scores)

    @classmethod
    def empty(cls) -> Detections:
        """No detection."""
        return cls(np.zeros((0, 4)), np.zeros(0), np.zeros(0))


@dataclass(frozen=True, eq=False)
class Objects:
    """Road users and other things, tracked and measured, at one instant.

    Attributes:
        boxes_px: (n, 4) float32 xyxy in pixels of the front camera.
        scores: (n,) float32 in 0..1.
        classes: (n,) int16, values of `ObjectClass`.
        track_ids: (n,) int32, stable over frames; -1 while a track is not confirmed.
        positions_m: (n, 2) float32 vehicle axes; the point of the object's footprint nearest to the ego,
            in practice the middle of the face turned to the camera; `inf` when it cannot be measured.
        velocities_mps: (n, 2) float32 over ground, expressed in vehicle axes; 0 until it can be estimated.
        extents_m: (n, 2) float32 length and width, a class prior where nothing better is known.
    """

    boxes_px: Array
    scores: Array
    classes: Array
    track_ids: Array
    positions_m: Array
    velocities_mps: Array
    extents_m: Array

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {}
        for name, shape, dtype in (
            ("boxes_px", ("n", 4), np.float32),
            ("scores", ("n",), np.float32),
            ("classes", ("n",), np.int16),
            ("track_ids", ("n",), np.int32),
            ("positions_m", ("n", 2), np.float32),
            ("velocities_mps", ("n", 2), np.float32),
            ("extents_m", ("n", 2), np.float32),
        ):
            object.__setattr__(self, name, checked(name, getattr(self, name), shape, dtype, sizes))

    def __len__(self) -> int:
        return len(self.scores)

    @property
    def distances_m(self) -> Array:
        """(n,) float32 distance from the front of the vehicle axes to each object."""
        return np.hypot(self.positions_m[:, 0], self.positions_m[:, 1])

    @classmethod
    def empty(cls) -> Objects:
        """No object."""
        two = np.zeros((0, 2))
        return cls(np.zeros((0, 4)), np.zeros(0), np.zeros(0), np.zeros(0), two, two, two)


@dataclass(frozen=True, eq=False)
class LaneLine:
    """One line on the road, painted or edge.

    Attributes:
        points_px: (k, 2) float32 image points, nearest first.
        points_m: (k, 2) float32 the same points on the ground, vehicle axes.
        confidence: 0..1.
    """

    points_px: Array
    points_m: Array
    confidence: float

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {}
        for name in ("points_px", "points_m"):
            value = checked(name, getattr(self, name), ("k", 2), np.float32, sizes)
            object.__setattr__(self, name, value)


@dataclass(frozen=True, eq=False)
class Lanes:
    """The lines around the ego at one instant.

    Attributes:
        lines: every line found, left to right.
        left: index of the line that bounds the ego lane on the left, or None.
        right: index of the line that bounds the ego lane on the right, or None.
        centre_m: (k, 2) float32 centre of the ego lane ahead, vehicle axes, nearest first; empty if unknown.
        width_m: width of the ego lane, 0 when unknown.
        confidence: 0..1, how far `centre_m` can be driven by.
    """

    lines: tuple[LaneLine, ...] = ()
    left: int | None = None
    right: int | None = None
    centre_m: Array = field(default_factory=lambda: np.zeros((0, 2), np.float32))
    width_m: float = 0.0
    confidence: float = 0.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "centre_m", checked("centre_m", self.centre_m, (None, 2), np.float32))


@dataclass(frozen=True)
class SignalAhead:
    """A traffic signal of the map that governs the route.

    Attributes:
        signal_id: the map's name for it.
        position_m: (x, y, z) of the middle of the lamp housing, vehicle axes.
        stop_distance_m: along the route, from the origin of the vehicle axes to the stop line.
        heads_m: middles of all its lamp housings, vehicle axes; empty where only the one is known.
    """

    signal_id: str
    position_m: tuple[float, float, float]
    stop_distance_m: float
    heads_m: tuple[tuple[float, float, float], ...] = ()


@dataclass(frozen=True, eq=False)
class RouteAhead:
    """The piece of route before the ego, as a navigation system knows it.

    Attributes:
        points_m: (k, 2) float32 centre of the route's lane, vehicle axes, about every metre, from a little
            behind the ego on.
        s_m: (k,) float32 distance along the route from the ego, negative behind it.
        speed_limits_mps: (k,) float32.
        in_junction: (k,) bool.
        signals: those ahead, nearest first.
        offset_m: lateral offset of the ego from the route, positive to the left of it.
        travelled_m: how far along the whole route the ego is.
        remaining_m: what is left of the route.
    """

    points_m: Array
    s_m: Array
    speed_limits_mps: Array
    in_junction: Array
    signals: tuple[SignalAhead, ...]
    offset_m: float
    travelled_m: float
    remaining_m: float

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {}
        for name, shape, dtype in (
            ("points_m", ("k", 2), np.float32),
            ("s_m", ("k",), np.float32),
            ("speed_limits_mps", ("k",), np.float32),
            ("in_junction", ("k",), np.bool_),
        ):
            object.__setattr__(self, name, checked(name, getattr(self, name), shape, dtype, sizes))


@dataclass(frozen=True)
class SignalReading:
    """What the camera read of one signal.

    Attributes:
        signal_id: the map's name for it, empty when no map told where to look.
        state: as read.
        confidence: 0..1.
        box_px: xyxy of the lamp housing in the front image.
        stop_distance_m: along the route to the stop line; `inf` when no map tells.
    """

    signal_id: str
    state: LightState
    confidence: float
    box_px: tuple[float, float, float, float]
    stop_distance_m: float = float("inf")


@dataclass(frozen=True)
class Scene:
    """Everything the planner is told about one instant.

    Attributes:
        t_ns: time of the frame it was made from.
        ego: where the ego is and how it moves.
        objects: as perceived.
        lanes: as perceived.
        signals: as perceived, nearest first.
        route: as the navigation knows it; None when there is no map.
    """

    t_ns: int
    ego: EgoState
    objects: Objects
    lanes: Lanes
    signals: tuple[SignalReading, ...]
    route: RouteAhead | None


@dataclass(frozen=True, eq=False)
class Plan:
    """Where to drive and how fast, with the reasons.

    Attributes:
        t_ns: time of the scene it was made from.
        path_m: (k, 2) float32 the path of the origin of the vehicle axes, vehicle axes, nearest first.
        target_speed_mps: what to approach.
        acceleration_mps2: what to demand now; limited in value and jerk.
        reasons: what bound the speed, strongest first, e.g. `("lead 14.2 m", "limit 8.3 m/s")`.
        lead_distance_m: gap to the lead bumper to bumper, `inf` without one.
        stop_distance_m: from the front bumper to where the ego must stop, `inf` when it need not.
        emergency: full braking is demanded.
        terms: every term behind `acceleration_mps2` by name, for the recording.
    """

    t_ns: int
    path_m: Array
    target_speed_mps: float
    acceleration_mps2: float
    reasons: tuple[str, ...] = ()
    lead_distance_m: float = float("inf")
    stop_distance_m: float = float("inf")
    emergency: bool = False
    terms: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "path_m", checked("path_m", self.path_m, (None, 2), np.float32))


@dataclass(frozen=True)
class Control:
    """What the actuators are told.

    Attributes:
        t_ns: time of the frame it answers.
        throttle: 0..1.
        brake: 0..1.
        steering_angle_rad: of the front wheels, positive to the left.
        hand_brake: holds the vehicle at rest.
        reverse: gear.
        terms: what the controllers added up, by name, for the recording.
    """

    t_ns: int
    throttle: float
    brake: float
    steering_angle_rad: float
    hand_brake: bool = False
    reverse: bool = False
    terms: tuple[tuple[str, float], ...] = ()

    def __post_init__(self) -> None:
        for name in ("throttle", "brake"):
            value = getattr(self, name)
            if not 0.0 <= value <= 1.0:
                raise ValueError(f"{name}: expected 0..1, got {value}")
        if not np.isfinite(self.steering_angle_rad):
            raise ValueError(f"steering_angle_rad: expected a finite angle, got {self.steering_angle_rad}")


@dataclass(frozen=True)
class CollisionEvent:
    """The ego touched something during one step.

    Attributes:
        other_kind: what was hit, as the simulator calls it, e.g. `vehicle.audi.tt` or `static.building`.
        other_id: the simulator's actor id, 0 for what is no actor.
        impulse_ns: magnitude of the impulse, N s.
        at_fault: whether the ego caused it; a stopped ego and one hit from behind did not (nuPlan's rule).
    """

    other_kind: str
    other_id: int
    impulse_ns: float
    at_fault: bool


@dataclass(frozen=True, eq=False)
class Truth:
    """What the simulator or a data set knows of one instant; read by oracles, metrics and labels only.

    Attributes:
        pose: of the ego's vehicle axes in the world.
        speed_mps: forward speed of the ego.
        objects: every road user near the ego, whether visible or not; `track_ids` are stable numbers and
            `positions_m`, `velocities_mps`, `extents_m` are exact; out of the picture a box is 0.
        centres_m: (n, 3) float32 centres of the objects' boxes, vehicle axes.
        yaws_rad: (n,) float32 headings of the objects relative to the ego.
        heights_m: (n,) float32 of the objects' boxes.
        lanes: lines and centre of the ego lane from the map.
        signals: state of every signal the map knows near the ego.
        lane_offset_m: of the ego from its lane's centre, positive to the left; NaN-free, 0 in junctions.
        lane_width_m: of that lane.
        in_junction: whether the ego is inside a junction.
        collisions: of the ego since the frame before.
    """

    pose: Pose2
    speed_mps: float
    objects: Objects
    centres_m: Array
    yaws_rad: Array
    heights_m: Array
    lanes: Lanes
    signals: tuple[tuple[str, LightState], ...]
    lane_offset_m: float
    lane_width_m: float
    in_junction: bool
    collisions: tuple[CollisionEvent, ...] = ()

    def __post_init__(self) -> None:
        sizes = {"n": len(self.objects)}
        for name, shape in (("centres_m", ("n", 3)), ("yaws_rad", ("n",)), ("heights_m", ("n",))):
            value = checked(name, getattr(self, name), shape, np.float32, sizes)
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class SensorFrame:
    """Everything that came in for one instant.

    Attributes:
        frame: number of the frame in its source.
        t_ns: its time.
        source: name of the source: a file, or the simulator.
        images: one per camera, the front camera first.
        ego: measurements of the vehicle's own sensors; None when the source has none.
        truth: for oracles and metrics; None when nobody knows.
    """

    frame: int
    t_ns: int
    source: str
    images: tuple[CameraImage, ...]
    ego: EgoMeasurement | None = None
    truth: Truth | None = None
