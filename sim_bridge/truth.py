"""What the simulator knows of one instant, in the types of the house."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import carla
import numpy as np

from data.arrays import Array
from data.camera import Camera
from data.types import CollisionEvent, LightState, ObjectClass, Objects, Pose2, Truth
from sim_bridge.axes import (
    angles_from_matrix,
    matrix_from_pose,
    mirror_points,
    rotation_from_carla,
)
from sim_bridge.ego import EgoGeometry
from sim_bridge.errors import SimulatorError
from sim_bridge.lane_locator import LaneLocator

NEAR_M = 80.0
SIGNALS_NEAR_M = 150.0
_NEAREST_DEPTH_M = 0.1

_LIGHT_STATES = {
    carla.TrafficLightState.Red: LightState.RED,
    carla.TrafficLightState.Yellow: LightState.YELLOW,
    carla.TrafficLightState.Green: LightState.GREEN,
    carla.TrafficLightState.Off: LightState.OFF,
}
# CARLA's semantic tags of road users, the specific before the general (a motorcycle also carries its rider).
_TAGGED = (
    (12, ObjectClass.PEDESTRIAN),
    (15, ObjectClass.TRUCK),
    (16, ObjectClass.BUS),
    (18, ObjectClass.MOTORCYCLE),
    (19, ObjectClass.BICYCLE),
    (14, ObjectClass.CAR),
)
_BASE_TYPES = {
    "car": ObjectClass.CAR,
    "van": ObjectClass.CAR,
    "truck": ObjectClass.TRUCK,
    "bus": ObjectClass.BUS,
    "motorcycle": ObjectClass.MOTORCYCLE,
    "bicycle": ObjectClass.BICYCLE,
}
_CORNERS = np.array([(x, y, z) for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)])
_BOX_EDGES = np.array([(a, b) for a in range(8) for b in range(a + 1, 8) if bin(a ^ b).count("1") == 1])


@dataclass(frozen=True)
class _Described:
    """What does not change of an actor.

    Attributes:
        track_id: its number in this session.
        kind: what it is, None for what is no road user.
        half: (3,) half extents of its box.
        centre: (3,) of the box in the actor's axes, ISO 8855.
    """

    track_id: int
    kind: ObjectClass | None
    half: tuple[float, float, float]
    centre: tuple[float, float, float]


class TruthReader:
    """Reads snapshots; keeps the descriptions of the actors, so that a frame costs no call to the server."""

    def __init__(
        self,
        world: carla.World,
        ego: carla.Vehicle,
        geometry: EgoGeometry,
        locator: LaneLocator,
        camera: Camera,
    ) -> None:
        self._world = world
        self._ego_id = ego.id
        self._geometry = geometry
        self._locator = locator
        self._camera = camera
        self._known: dict[int, _Described] = {}
        self._lights: dict[str, carla.TrafficLight] = lights_by_signal(world)
        self._light_places = {s.signal_id: np.array(s.position_m[:2]) for s in locator.graph.signals}

    def read(self, snapshot: carla.WorldSnapshot, collisions: tuple[CollisionEvent, ...]) -> Truth:
        """The truth of one snapshot.

        Raises:
            SimulatorError: the ego is not in it.
        """
        ego = snapshot.find(self._ego_id)
        if ego is None:
            raise SimulatorError("the ego is gone from the simulation; did another client destroy it?")
        transform, velocity = ego.get_transform(), ego.get_velocity()
        world_from_vehicle = self._world_from_vehicle(transform)
        vehicle_from_world = np.linalg.inv(world_from_vehicle)
        place = world_from_vehicle[:3, 3]
        yaw = float(angles_from_matrix(world_from_vehicle)[2])
        lane = self._locator.locate(float(place[0]), float(place[1]), float(place[2]), yaw)
        found = self._road_users(snapshot, place[:2])
        objects, centres, yaws, heights = _objects(found, vehicle_from_world, self._camera)
        in_junction = self._locator.graph.lanes[lane.lane].in_junction
        forward = world_from_vehicle[:3, 0]
        return Truth(
            pose=Pose2(float(place[0]), float(place[1]), yaw),
            speed_mps=float(forward @ mirror_points((velocity.x, velocity.y, velocity.z))),
            objects=objects,
            centres_m=centres,
            yaws_rad=yaws,
            heights_m=heights,
            lanes=self._locator.lanes_ahead(lane, vehicle_from_world, self._camera),
            signals=self._signals(place[:2]),
            lane_offset_m=0.0 if in_junction else lane.offset_m,
            lane_width_m=lane.width_m,
            in_junction=in_junction,
            collisions=collisions,
        )

    def _world_from_vehicle(self, transform: carla.Transform) -> Array:
        place, turn = transform.location, transform.rotation
        pose = matrix_from_pose(
            mirror_points((place.x, place.y, place.z)), rotation_from_carla((turn.roll, turn.pitch, turn.yaw))
        )
        world_from_vehicle: Array = pose @ self._geometry.actor_from_vehicle
        return world_from_vehicle

    def _signals(self, place: Array) -> tuple[tuple[str, LightState], ...]:
        return tuple(
            (name, _LIGHT_STATES.get(self._lights[name].get_state(), LightState.UNKNOWN))
            for name, where in self._light_places.items()
            if name in self._lights and np.hypot(*(where - place)) < SIGNALS_NEAR_M
        )

    def _road_users(self, snapshot: carla.WorldSnapshot, place: Array) -> list[_Seen]:
        """Those near `place`, in the order of their numbers."""
        actors = list(snapshot)
        self._describe(sorted(actor.id for actor in actors if actor.id not in self._known))
        x, y = float(place[0]), -float(place[1])
        seen = []
        for actor in actors:
            described = self._known[actor.id]
            if described.kind is None or actor.id == self._ego_id:
                continue
            transform = actor.get_transform()
            where = transform.location
            if (where.x - x) ** 2 + (where.y - y) ** 2 < NEAR_M**2:
                seen.append(_seen(described, transform, actor.get_velocity()))
        return sorted(seen, key=lambda one: one.described.track_id)

    def _describe(self, new: Iterable[int]) -> None:
        new = list(new)
        actors = {actor.id: actor for actor in self._world.get_actors(new)} if new else {}
        for actor_id in new:
            self._known[actor_id] = _described(len(self._known), actors.get(actor_id))


@dataclass(frozen=True)
class _Seen:
    """A road user in one snapshot, numbers in CARLA's axes as they came."""

    described: _Described
    location: tuple[float, float, float]
    rotation_deg: tuple[float, float, float]  # roll, pitch, yaw
    velocity: tuple[float, float, float]


def _seen(described: _Described, transform: carla.Transform, velocity: carla.Vector3D) -> _Seen:
    place, turn = transform.location, transform.rotation
    return _Seen(
        described,
        (place.x, place.y, place.z),
        (turn.roll, turn.pitch, turn.yaw),
        (velocity.x, velocity.y, velocity.z),
    )


def _described(number: int, actor: carla.Actor | None) -> _Described:
    kind = None if actor is None else object_class(actor)
    if actor is None or kind is None:
        return _Described(number, None, (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    box = actor.bounding_box
    return _Described(
        number,
        kind,
        (box.extent.x, box.extent.y, box.extent.z),
        (box.location.x, -box.location.y, box.location.z),
    )


def object_class(actor: carla.Actor) -> ObjectClass | None:
    """What road user an actor is, None when it is none."""
    if actor.type_id.startswith("walker."):
        return ObjectClass.PEDESTRIAN
    if not actor.type_id.startswith("vehicle."):
        return None
    tags = set(actor.semantic_tags)
    tagged = next((kind for tag, kind in _TAGGED if tag in tags), None)
    named = _BASE_TYPES.get(actor.attributes.get("base_type", "").lower(), ObjectClass.CAR)
    return named if tagged is None else tagged


def lights_by_signal(world: carla.World) -> dict[str, carla.TrafficLight]:
    """The traffic light actors of a world by the map's name of their signal."""
    lights = sorted(world.get_actors().filter("traffic.traffic_light*"), key=lambda light: light.id)
    return {light.get_opendrive_id(): light for light in lights}


def _objects(
    found: list[_Seen], vehicle_from_world: Array, camera: Camera
) -> tuple[Objects, Array, Array, Array]:
    """Objects with their box centres (n, 3), relative headings (n,) and heights (n,)."""
    count = len(found)
    half = np.array([one.described.half for one in found]).reshape(count, 3)
    poses = matrix_from_pose(
        mirror_points(np.array([one.location for one in found]).reshape(count, 3)),
        rotation_from_carla(np.array([one.rotation_deg for one in found]).reshape(count, 3)),
    )
    poses = vehicle_from_world @ poses  # vehicle_from_actor of each
    offsets = np.array([one.described.centre for one in found]).reshape(count, 3)
    centres = poses[:, :3, 3] + np.einsum("nij,nj->ni", poses[:, :3, :3], offsets)
    yaws = np.arctan2(poses[:, 1, 0], poses[:, 0, 0])
    corners = centres[:, None] + np.einsum("nij,nkj->nki", poses[:, :3, :3], half[:, None] * _CORNERS)
    velocities = mirror_points(np.array([one.velocity for one in found]).reshape(count, 3))
    objects = Objects(
        boxes_px=boxes_in_image(corners, camera),
        scores=np.ones(count),
        classes=np.array([int(one.described.kind or 0) for one in found]),
        track_ids=np.array([one.described.track_id for one in found]),
        positions_m=facing_points(centres[:, :2], yaws, half[:, :2]),
        velocities_mps=(velocities @ vehicle_from_world[:3, :3].T)[:, :2],
        extents_m=2.0 * half[:, :2],
    )
    return objects, centres, yaws, 2.0 * half[:, 2]


def facing_points(centres: Array, yaws: Array, half: Array) -> Array:
    """(n, 2) the middle of the face of each box that is turned to the origin, the nearer where it sees two.

    Args:
        centres: (n, 2) of the boxes.
        yaws: (n,) headings.
        half: (n, 2) half length and half width.
    """
    forward = np.column_stack([np.cos(yaws), np.sin(yaws)])
    left = np.column_stack([-forward[:, 1], forward[:, 0]])
    ahead, aside = -(centres * forward).sum(axis=1), -(centres * left).sum(axis=1)
    end = centres + (np.sign(ahead) * half[:, 0])[:, None] * forward
    side = centres + (np.sign(aside) * half[:, 1])[:, None] * left
    sees_end, sees_side = np.abs(ahead) > half[:, 0], np.abs(aside) > half[:, 1]
    nearer_end = np.hypot(*end.T) <= np.hypot(*side.T)
    facing: Array = np.where((sees_end & (nearer_end | ~sees_side))[:, None], end, side)
    return facing


def boxes_in_image(corners: Array, camera: Camera) -> Array:
    """(n, 4) xyxy around (n, 8, 3) box corners (vehicle axes), clipped to the image; 0 when out of it.

    Edges that pass the image plane are cut there, so that a box beside the camera has a sound outline.
    """
    axis, origin = camera.vehicle_from_camera[:3, 2], camera.vehicle_from_camera[:3, 3]
    a, b = corners[:, _BOX_EDGES[:, 0]], corners[:, _BOX_EDGES[:, 1]]
    depth_a, depth_b = ((a - origin) @ axis) - _NEAREST_DEPTH_M, ((b - origin) @ axis) - _NEAREST_DEPTH_M
    crosses = depth_a * depth_b < 0.0
    share = np.where(crosses, depth_a / np.where(crosses, depth_a - depth_b, 1.0), 0.0)
    points = np.concatenate([corners, a + share[..., None] * (b - a)], axis=1)
    usable = np.concatenate([(corners - origin) @ axis >= _NEAREST_DEPTH_M, crosses], axis=1)
    pixels = camera.project(points.reshape(-1, 3))[0].reshape(*points.shape[:2], 2)
    low = np.where(usable[..., None], pixels, np.inf).min(axis=1, initial=np.inf)
    high = np.where(usable[..., None], pixels, -np.inf).max(axis=1, initial=-np.inf)
    size = np.array([camera.width, camera.height], np.float64)
    boxes = np.concatenate([np.clip(low, 0.0, size), np.clip(high, 0.0, size)], axis=1)
    seen = usable.any(axis=1) & (boxes[:, 2] > boxes[:, 0]) & (boxes[:, 3] > boxes[:, 1])
    clipped: Array = np.where(seen[:, None], boxes, 0.0)
    return clipped
