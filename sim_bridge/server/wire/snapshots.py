"""The world frame: what every client learns about every actor, once a step, as packed bytes."""

from __future__ import annotations

import struct
from enum import IntEnum, IntFlag

import numpy as np
import numpy.typing as npt

_HEADER = struct.Struct("<QdfiiiI")

VEHICLE_STATE = np.dtype(
    [
        ("throttle", "<f4"),
        ("steer", "<f4"),
        ("brake", "<f4"),
        ("hand_brake", "u1"),
        ("reverse", "u1"),
        ("manual_gear_shift", "u1"),
        ("gear", "<i4"),
        ("speed_limit_kmh", "<f4"),
        ("light_state", "u1"),
        ("has_traffic_light", "u1"),
        ("traffic_light_id", "<u4"),
        ("failure", "u1"),
    ]
)
WALKER_STATE = np.dtype([("direction", "<f4", (3,)), ("speed", "<f4"), ("jump", "u1")])
SIGNAL_STATE = np.dtype(
    [
        ("sign_id", "S32"),
        ("green_s", "<f4"),
        ("yellow_s", "<f4"),
        ("red_s", "<f4"),
        ("elapsed_s", "<f4"),
        ("pole_index", "<u4"),
        ("frozen", "u1"),
        ("state", "u1"),
    ]
)
_UNION_BYTES = 54
ACTOR_STATE = np.dtype(
    [
        ("id", "<u4"),
        ("alive", "u1"),
        ("transform", "<f4", (6,)),  # x y z pitch yaw roll, m and degrees
        ("velocity", "<f4", (3,)),  # m/s, world axes
        ("angular_velocity", "<f4", (3,)),  # degrees/s
        ("acceleration", "<f4", (3,)),  # m/s2
        ("state", "u1", (_UNION_BYTES,)),
    ]
)
ActorStates = npt.NDArray[np.void]


class LightColour(IntEnum):
    """`carla.TrafficLightState`."""

    RED = 0
    YELLOW = 1
    GREEN = 2
    OFF = 3
    UNKNOWN = 4


class FrameFlag(IntFlag):
    """What a client has to fetch anew."""

    MAP_CHANGED = 1
    LIGHTS_PENDING = 2


def pack_world_frame(
    episode_id: int, platform_s: float, delta_s: float, flags: FrameFlag, actors: ActorStates
) -> bytes:
    """The payload of the world stream; `actors` is (n,) of `ACTOR_STATE`."""
    header = _HEADER.pack(episode_id, platform_s, delta_s, 0, 0, 0, int(flags))
    return header + actors.tobytes()
