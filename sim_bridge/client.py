"""The session with a CARLA server, real or embedded: one ego, its sensors, one tick at a time."""

from __future__ import annotations

from dataclasses import dataclass
from types import TracebackType
from typing import Self

import numpy as np

from data.camera import Camera
from data.lane_graph import LaneGraph
from data.types import Control, SensorFrame, VehicleShape


def default_front_camera(width: int = 640, height: int = 360, horizontal_fov_deg: float = 90.0) -> Camera:
    """The camera that drives: behind the windscreen, 1.35 m over the road, looking a little down."""
    return Camera.mounted(
        "front", width, height, np.deg2rad(horizontal_fov_deg), (1.9, 0.0, 1.35), pitch_rad=np.deg2rad(2.0)
    )


@dataclass(frozen=True)
class SensorNoise:
    """Standard deviations of the ego's own sensors.

    Attributes:
        gnss_m: of each horizontal GNSS coordinate.
        accelerometer_mps2: of the longitudinal accelerometer.
        gyroscope_radps: of the yaw rate.
    """

    gnss_m: float = 0.3
    accelerometer_mps2: float = 0.05
    gyroscope_radps: float = 0.002


@dataclass(frozen=True)
class SessionSettings:
    """What a session asks of the server.

    Attributes:
        host: of the server.
        port: of its RPC.
        town: to load unless it is loaded already; None drives in whatever is loaded.
        seed: of every choice made here and in the TrafficManager.
        traffic: number of other cars.
        weather: name of a CARLA weather preset, e.g. `ClearNoon`; None leaves the weather as it is.
        ego_blueprint: CARLA blueprint id of the ego.
        spawn_index: which of the map's spawn points the ego starts from; None lets the seed choose.
        cameras: mounted on the ego, the front camera first.
        noise: of GNSS and IMU.
        rate_hz: steps per simulated second.
        truth: whether frames carry `Truth`.
        timeout_s: how long a call or an image may take before the server counts as dead.
    """

    host: str = "127.0.0.1"
    port: int = 2000
    town: str | None = None
    seed: int = 0
    traffic: int = 0
    weather: str | None = None
    ego_blueprint: str = "vehicle.tesla.model3"
    spawn_index: int | None = None
    cameras: tuple[Camera, ...] = (default_front_camera(),)
    noise: SensorNoise = SensorNoise()
    rate_hz: int = 20
    truth: bool = True
    timeout_s: float = 20.0


class SimulatorSession:
    """One ego in a running simulation, for the time of a `with` block.

    Entering connects, loads the town, sets synchronous mode, spawns traffic, ego and sensors. Leaving, for
    whatever reason, destroys what was made and restores the server's settings.

    Attributes, valid inside the block:
        settings: what was asked for.
        town: name of the loaded map, e.g. `Nanshan01`.
        versions: `{"carla_client": ..., "carla_server": ...}`.
        lane_graph: the road map.
        shape: the ego's measures.
    """

    settings: SessionSettings
    town: str
    versions: dict[str, str]
    lane_graph: LaneGraph
    shape: VehicleShape

    def __init__(self, settings: SessionSettings) -> None:
        self.settings = settings

    def __enter__(self) -> Self:
        """Prepares everything; cleans up what was made if a part fails.

        Raises:
            SimulatorError: nobody listens, versions differ, unknown town, weather, blueprint or spawn point.
        """
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Destroys what was made and restores the server's settings; failures on the way do not raise."""
        raise NotImplementedError

    def tick(self) -> SensorFrame:
        """Advances the simulation by one step and returns everything the sensors saw at its end.

        The first call returns frame 0 at 0 ns; at 20 Hz frame k has `t_ns == k * 50_000_000`.

        Raises:
            SimulatorError: the server died or an image did not come.
        """
        raise NotImplementedError

    def apply(self, control: Control) -> None:
        """Hands a control to the ego's actuators; it takes effect in the next step."""
        raise NotImplementedError
