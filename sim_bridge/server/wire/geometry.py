"""Vectors, rotations, transforms and boxes as msgpack lists; degrees on the wire, radians inside."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from sim_bridge.server.transforms import Pose
from sim_bridge.server.wire.values import Wire, WireError, members, number

# Beyond this no world of ours reaches; a pose further out is a mistake and would poison the physics.
WORLD_LIMIT_M = 1e6

Vector = tuple[float, float, float]


@dataclass(frozen=True)
class BoundingBox:
    """A box in its owner's frame: centre and half sizes in metres, orientation as a pose's angles."""

    location: Vector = (0.0, 0.0, 0.0)
    extent: Vector = (0.0, 0.0, 0.0)
    rotation: Vector = (0.0, 0.0, 0.0)


def read_vector(value: Wire, name: str = "vector") -> Vector:
    """`[x, y, z]`."""
    x, y, z = members(value, 3, name)
    return number(x, f"{name}.x"), number(y, f"{name}.y"), number(z, f"{name}.z")


def read_location(value: Wire, name: str = "location") -> Vector:
    """`[x, y, z]` in metres, inside the world's limits."""
    location = read_vector(value, name)
    if max(map(abs, location)) > WORLD_LIMIT_M:
        raise WireError(f"{name}: {location} lies outside the world")
    return location


def read_transform(value: Wire, name: str = "transform") -> Pose:
    """`[[x, y, z], [pitch, yaw, roll]]` in metres and degrees; angles arrive in any turn."""
    location, rotation = members(value, 2, name)
    pitch, yaw, roll = (math.radians(wrap_degrees(a)) for a in read_vector(rotation, f"{name}.rotation"))
    return Pose(*read_location(location, f"{name}.location"), pitch, yaw, roll)


def wrap_degrees(angle: float) -> float:
    """The same angle in (-180, 180]: CARLA's own tests compare 180 with 180."""
    return 180.0 - (180.0 - angle) % 360.0


def pack_rotation(pitch: float, yaw: float, roll: float) -> list[float]:
    """`[pitch, yaw, roll]` in degrees from radians."""
    return [wrap_degrees(math.degrees(angle)) for angle in (pitch, yaw, roll)]


def pack_transform(pose: Pose) -> list[Wire]:
    """`[[x, y, z], [pitch, yaw, roll]]`."""
    return [[pose.x, pose.y, pose.z], pack_rotation(pose.pitch, pose.yaw, pose.roll)]


def pack_vector(vector: Sequence[float]) -> list[float]:
    """`[x, y, z]`."""
    return [float(component) for component in vector]


def pack_box(box: BoundingBox, actor_id: int = 0) -> list[Wire]:
    """`[location, extent, rotation, actor id]`; the fourth member is new in 0.9.16."""
    return [pack_vector(box.location), pack_vector(box.extent), pack_rotation(*box.rotation), actor_id]
