"""Sensor messages: the common header and each sensor's payload."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from enum import IntEnum

import msgpack

from sim_bridge.server.transforms import Pose
from sim_bridge.server.wire.geometry import Vector, pack_vector, wrap_degrees
from sim_bridge.server.wire.values import Wire

_HEADER = struct.Struct("<QQd6f")
_IMAGE = struct.Struct("<IIf")


class SensorType(IntEnum):
    """Which deserialiser of the 0.9.16 client a message is for; a wrong one crashes it."""

    COLLISION = 0
    DEPTH_CAMERA = 1
    NORMALS_CAMERA = 2
    DVS = 3
    GNSS = 4
    IMU = 5
    OBSTACLE = 7
    OPTICAL_FLOW = 8
    RADAR = 9
    SEMANTIC_LIDAR = 10
    LIDAR = 11
    RGB_CAMERA = 13
    SEMANTIC_CAMERA = 14
    INSTANCE_CAMERA = 15
    COSMOS_CONTROL = 16
    WORLD = 17


def pack_header(kind: SensorType, frame: int, elapsed_s: float, pose: Pose) -> bytes:
    """The 48 bytes before every payload; `pose` is the sensor's own in the world."""
    angles = (wrap_degrees(math.degrees(angle)) for angle in pose[3:])
    return _HEADER.pack(kind, frame, elapsed_s, *pose[:3], *angles)


def pack_image_head(width: int, height: int, fov_deg: float) -> bytes:
    """What precedes the pixels of a picture, top row first, or the events of a DVS camera."""
    return _IMAGE.pack(width, height, fov_deg)


def pack_lidar_head(angle_rad: float, points_per_channel: Sequence[int]) -> bytes:
    """What precedes the points of a lidar, channel after channel: where its fan stands, and how many."""
    channels = len(points_per_channel)
    return struct.pack(f"<fI{channels}I", angle_rad, channels, *points_per_channel)


def pack_obstacle(actor: Wire, other: Wire, distance_m: float) -> bytes:
    """Both actors whole, as `pack_actor` gives them."""
    return _packed([actor, other, distance_m])


def pack_gnss(latitude_deg: float, longitude_deg: float, altitude_m: float) -> bytes:
    """Degrees and metres."""
    return _packed([latitude_deg, longitude_deg, altitude_m])


def pack_imu(accelerometer: Sequence[float], gyroscope: Sequence[float], compass_rad: float) -> bytes:
    """m/s2 and rad/s in sensor axes, radians from north."""
    return _packed([pack_vector(accelerometer), pack_vector(gyroscope), compass_rad])


def pack_collision(actor: Wire, other: Wire, impulse: Vector) -> bytes:
    """Both actors whole, as `pack_actor` gives them, and the impulse in Ns."""
    return _packed([actor, other, pack_vector(impulse)])


def _packed(value: Wire) -> bytes:
    packed: bytes = msgpack.packb(value, use_bin_type=True)
    return packed
