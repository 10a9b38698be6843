"""The ego vehicle: choosing and spawning it, its measures, its actuators."""

from __future__ import annotations

import difflib
import random
from dataclasses import dataclass

import carla
import numpy as np

from data.arrays import Array
from data.types import Control, VehicleShape
from sim_bridge.axes import matrix_from_carla, mirror_points
from sim_bridge.errors import SimulatorError
from sim_bridge.steering import SteeringGear


@dataclass(frozen=True, eq=False)
class EgoGeometry:
    """How the ego is built.

    Attributes:
        shape: measures from the rear axle.
        steering: between wheel angles and steer inputs.
        actor_from_vehicle: (4, 4) float64 from our vehicle axes (rear axle, ground) to the axes of the
            actor's origin, both ISO 8855.
        half_extents_m: (3,) float64 of the bounding box.
        centre_m: (3,) float64 its centre in vehicle axes.
    """

    shape: VehicleShape
    steering: SteeringGear
    actor_from_vehicle: Array
    half_extents_m: Array
    centre_m: Array

    @property
    def vehicle_from_actor(self) -> Array:
        """(4, 4) float64, the inverse of `actor_from_vehicle`."""
        inverse = np.eye(4)
        inverse[:3, 3] = -self.actor_from_vehicle[:3, 3]
        return inverse


def spawn_ego(world: carla.World, blueprint_id: str, spawn_index: int | None, seed: int) -> carla.Vehicle:
    """Spawns the ego at a spawn point of the map, its place and colour chosen by `seed`.

    Raises:
        SimulatorError: unknown blueprint, a spawn point that does not exist, or none that is free.
    """
    chooser = random.Random(f"ego {seed}")
    blueprint = _blueprint(world, blueprint_id)
    if blueprint.has_attribute("color"):
        blueprint.set_attribute("color", chooser.choice(blueprint.get_attribute("color").recommended_values))
    blueprint.set_attribute("role_name", "hero")
    points = world.get_map().get_spawn_points()
    for index in _order(len(points), spawn_index, chooser):
        actor = world.try_spawn_actor(blueprint, points[index])
        if actor is not None:
            return actor
    where = f"spawn point {spawn_index}" if spawn_index is not None else f"any of {len(points)} spawn points"
    raise SimulatorError(
        f"the ego cannot be spawned at {where}: taken; choose another or remove what stands there"
    )


def _blueprint(world: carla.World, blueprint_id: str) -> carla.ActorBlueprint:
    known = sorted(blueprint.id for blueprint in world.get_blueprint_library().filter("vehicle.*"))
    if blueprint_id not in known:
        close = difflib.get_close_matches(blueprint_id, known, n=3, cutoff=0.3) or known[:3]
        raise SimulatorError(f"unknown vehicle blueprint {blueprint_id!r}; close to it: {', '.join(close)}")
    return world.get_blueprint_library().find(blueprint_id)


def _order(count: int, spawn_index: int | None, chooser: random.Random) -> list[int]:
    if count == 0:
        raise SimulatorError("the map has no spawn point; choose another town")
    if spawn_index is None:
        return chooser.sample(range(count), count)
    if not 0 <= spawn_index < count:
        raise SimulatorError(f"spawn point {spawn_index} does not exist; the map has 0 to {count - 1}")
    return [spawn_index]


def measure_ego(vehicle: carla.Vehicle) -> EgoGeometry:
    """Reads the measures of a standing car from its physics control and bounding box.

    Raises:
        SimulatorError: it does not have four wheels.
    """
    physics = vehicle.get_physics_control()
    if len(physics.wheels) != 4:
        raise SimulatorError(
            f"{vehicle.type_id} has {len(physics.wheels)} wheels; choose a car as the ego's blueprint"
        )
    wheels = _wheels_in_actor_axes(vehicle, physics)
    front, rear = wheels[:2].mean(axis=0), wheels[2:].mean(axis=0)
    wheelbase, track = float(front[0] - rear[0]), float(abs(wheels[0, 1] - wheels[1, 1]))
    ground = float(rear[2] - physics.wheels[2].radius / 100.0)
    actor_from_vehicle = np.eye(4)
    actor_from_vehicle[:3, 3] = rear[0], 0.0, ground
    box = vehicle.bounding_box
    half = np.array([box.extent.x, box.extent.y, box.extent.z])
    centre = mirror_points((box.location.x, box.location.y, box.location.z)) - actor_from_vehicle[:3, 3]
    curve = np.array([(point.x, point.y) for point in physics.steering_curve], np.float64).reshape(-1, 2)
    steering = SteeringGear(
        max_inner_rad=float(np.deg2rad(physics.wheels[0].max_steer_angle)),
        wheelbase_m=wheelbase,
        track_m=track,
        curve=curve if len(curve) else np.array([[0.0, 1.0]]),
    )
    shape = VehicleShape(
        wheelbase_m=wheelbase,
        front_m=float(centre[0] + half[0]),
        rear_m=float(half[0] - centre[0]),
        width_m=float(2.0 * half[1]),
        max_steering_angle_rad=steering.max_mean_rad,
    )
    return EgoGeometry(shape, steering, actor_from_vehicle, half, centre)


def _wheels_in_actor_axes(vehicle: carla.Vehicle, physics: carla.VehiclePhysicsControl) -> Array:
    """(4, 3) wheel centres: front left, front right, rear left, rear right; CARLA has them in world cm."""
    world = np.array([(w.position.x, w.position.y, w.position.z) for w in physics.wheels]) / 100.0
    pose = matrix_from_carla(vehicle.get_transform())
    local: Array = (mirror_points(world) - pose[:3, 3]) @ pose[:3, :3]
    return local


def vehicle_control(control: Control, steering: SteeringGear, speed_mps: float) -> carla.VehicleControl:
    """What CARLA's actuators are told for a control of the house."""
    return carla.VehicleControl(
        throttle=float(control.throttle),
        steer=steering.steer(control.steering_angle_rad, speed_mps),
        brake=float(control.brake),
        hand_brake=bool(control.hand_brake),
        reverse=bool(control.reverse),
    )
