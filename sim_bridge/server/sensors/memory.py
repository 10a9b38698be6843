"""What each sensor was asked to be, and what it keeps between its readings."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sim_bridge.server.sensors.cameras import CAMERA_TYPES, camera_settings
from sim_bridge.server.sensors.events import EventMemory, EventSettings, event_settings
from sim_bridge.server.sensors.gnss import gnss_noise
from sim_bridge.server.sensors.inertial import imu_noise
from sim_bridge.server.sensors.lidar import RAY_CAST, SEMANTIC, lidar_settings
from sim_bridge.server.sensors.obstacle import OBSTACLE, obstacle_settings
from sim_bridge.server.sensors.radar import RADAR, radar_settings
from sim_bridge.server.transforms import Floats
from sim_bridge.server.wire.actors import Description
from sim_bridge.server.world.actors import Actor

GNSS, IMU = "sensor.other.gnss", "sensor.other.imu"
DVS = "sensor.camera.dvs"

# A type of sensor and what reads its attributes; the result is a frozen dataclass of that sensor's module.
_SETTINGS: dict[str, Callable[[Description], Any]] = {
    **dict.fromkeys(CAMERA_TYPES, camera_settings),
    RAY_CAST: lidar_settings,
    SEMANTIC: lidar_settings,
    RADAR: radar_settings,
    OBSTACLE: obstacle_settings,
    GNSS: gnss_noise,
    IMU: imu_noise,
}


def settings_of(description: Description) -> Any:  # noqa: ANN401 - one type for each sensor
    """What the attributes of any blueprint ask for; None if they ask for nothing that is measured.

    Raises:
        WireError: a value that such a sensor cannot have.
    """
    if description.type_id == DVS:
        event_settings(description)
    read = _SETTINGS.get(description.type_id)
    return None if read is None else read(description)


@dataclass
class Memory:
    """What one sensor keeps.

    Attributes:
        settings: as `settings_of` gave them.
        noise: its own source of random numbers.
        tick_s: seconds between its readings; 0 for one in each step.
        next_s: elapsed time of its next reading; a new sensor reads in the next step.
        last_s: elapsed time of its last one, whether or not anybody listened.
        delta_s: seconds that its present reading stands for.
        angular_velocity: (3,) rad/s of its parent one step ago.
        angle_deg: where a lidar's fan stands.
        view: (4, 4) world_from_camera of an optical flow camera's last picture.
        poses: (4, 4) of what moved then, by instance id.
        event_settings: of a DVS camera.
        events: what it remembers of its last picture.
    """

    settings: Any
    noise: np.random.Generator
    tick_s: float = 0.0
    next_s: float = -math.inf
    last_s: float | None = None
    delta_s: float = 0.0
    angular_velocity: Floats | None = None
    angle_deg: float = 0.0
    view: Floats | None = None
    poses: dict[int, Floats] = field(default_factory=dict)
    event_settings: EventSettings | None = None
    events: EventMemory | None = None


def memory_of(actor: Actor, seed: int) -> Memory:
    """The memory of a new sensor; a `noise_seed` other than 0 alone fixes the noise, whoever came before."""
    description = actor.description
    own = int(description.get("noise_seed", "0")) & 0xFFFFFFFF
    memory = Memory(
        settings_of(description),
        np.random.default_rng([own] if own else [seed & 0xFFFFFFFF, actor.actor_id, 1]),
        max(float(description.get("sensor_tick", "0")), 0.0),
    )
    if description.type_id == DVS:
        memory.event_settings = event_settings(description)
    return memory
