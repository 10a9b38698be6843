"""Who is in the street while it is photographed: the same on the same spot, whatever else is new."""

from __future__ import annotations

from hashlib import sha256
from typing import Any

import carla
import numpy as np

from data.arrays import Array

VEHICLES, WALKERS = 14, 10
NEAR_M, FAR_M = 11.0, 80.0
GAP_M = 13.0
MOST_LANES = 8
EGO = "vehicle.tesla.model3"
DIM_BELOW_DEG, FOGGY = 8.0, 20.0
"""Drivers switch their lamps on when the sun stands lower, and in denser fog."""


def chosen(key: str, blueprints: list[Any]) -> Any:  # noqa: ANN401  a carla.ActorBlueprint
    """One of `blueprints`: a new one in the library changes few choices (rendezvous hashing)."""
    return min(blueprints, key=lambda each: sha256(f"{key} {each.id}".encode()).digest())


def painted(blueprint: Any, key: str) -> Any:  # noqa: ANN401  a carla.ActorBlueprint
    """The blueprint in one of the colours it recommends."""
    if blueprint.has_attribute("color"):
        colours = list(blueprint.get_attribute("color").recommended_values)
        number = int.from_bytes(sha256(key.encode()).digest()[:4], "little")
        blueprint.set_attribute("color", colours[number % len(colours)])
    return blueprint


def street_cast(
    world: carla.World, waypoints: list[Any], poses: Array, at: int, name: str
) -> list[tuple[Any, carla.Transform]]:
    """Blueprints and poses of an ego on pose `at` and of vehicles and people near it.

    Args:
        world: whose library is asked.
        waypoints: see `lane_poses`.
        poses: (n, 4), see `lane_poses`.
        at: index of the ego's pose.
        name: of the place; other places have others.
    """
    library = world.get_blueprint_library()
    vehicles = sorted(library.filter("vehicle.*"), key=lambda each: each.id)
    people = sorted(library.filter("walker.pedestrian.*"), key=lambda each: each.id)
    egos = [each for each in vehicles if each.id == EGO] or vehicles
    cast = [(egos[0], on_road(poses[at]))]
    for number, slot in enumerate(_slots(poses, at)[:VEHICLES]):
        key = f"{name} vehicle {number}"
        cast.append((painted(chosen(key, vehicles), key), on_road(poses[slot])))
    for number, pose in enumerate(_pavements(waypoints, poses, at)[:WALKERS]):
        cast.append((chosen(f"{name} walker {number}", people), pose))
    return cast


def on_road(pose: Array) -> carla.Transform:
    """A transform a little above a pose x, y, z, yaw."""
    x, y, z, yaw = (float(value) for value in pose)
    return carla.Transform(carla.Location(x, y, z + 0.02), carla.Rotation(yaw=float(np.rad2deg(yaw))))


def _slots(poses: Array, at: int) -> list[int]:
    """Poses ahead first, then those behind, none near another."""
    away = poses[:, :2] - poses[at, :2]
    distance = np.hypot(away[:, 0], away[:, 1])
    ahead = away @ [np.cos(poses[at, 3]), np.sin(poses[at, 3])] > 0.0
    taken: list[int] = []
    for index in np.lexsort((distance, ~ahead)):
        if not NEAR_M < distance[index] < FAR_M:
            continue
        if all(
            np.hypot(*(poses[index, :2] - poses[other, :2])) > GAP_M or _beside(poses, index, other)
            for other in taken
        ):
            taken.append(int(index))
    return taken


def _beside(poses: Array, one: int, other: int) -> bool:
    """Whether two poses lie on lanes side by side, with room for a car on each."""
    away = poses[one, :2] - poses[other, :2]
    across = abs(away @ [-np.sin(poses[other, 3]), np.cos(poses[other, 3])])
    return bool(across > 3.0 and abs(np.sin(poses[one, 3] - poses[other, 3])) < 0.1)


def _pavements(waypoints: list[Any], poses: Array, at: int) -> list[carla.Transform]:
    """Places on pavements near a pose, the nearer ones first, one every few metres."""
    distance = np.hypot(*(poses[:, :2] - poses[at, :2]).T)
    found: list[carla.Transform] = []
    for index in np.argsort(distance, kind="stable"):
        if not 8.0 < distance[index] < 45.0:
            continue
        lane = waypoints[index]
        for _ in range(MOST_LANES):
            lane = lane and lane.get_right_lane()
            if lane and lane.lane_type == carla.LaneType.Sidewalk:
                break
        else:
            continue
        place = lane.transform.location
        if all(place.distance(other.location) > 3.0 for other in found):
            turn = 180.0 * (len(found) % 2)
            rotation = carla.Rotation(yaw=lane.transform.rotation.yaw + turn)
            found.append(carla.Transform(carla.Location(place.x, place.y, place.z + 1.0), rotation))
    return found


def switch_lamps(actors: list[carla.Actor], weather: carla.WeatherParameters) -> None:
    """Lamps as drivers have them in that weather; every third vehicle brakes and every fifth turns off."""
    state = carla.VehicleLightState
    dim = weather.sun_altitude_angle < DIM_BELOW_DEG
    wet = weather.precipitation > 0.0 or weather.fog_density > FOGGY
    for number, actor in enumerate(each for each in actors if each.type_id.startswith("vehicle.")):
        lamps = int(state.Position | state.LowBeam) if dim or wet else 0
        lamps |= int(state.Brake) if number % 3 == 2 else 0
        lamps |= int(state.RightBlinker) if number % 5 == 3 else 0
        actor.set_light_state(state(lamps))
