"""The session with a CARLA server, real or embedded: one ego, its sensors, one tick at a time."""

from __future__ import annotations

import time
from contextlib import ExitStack
from dataclasses import dataclass
from types import TracebackType
from typing import Self

import carla
import numpy as np

from data.camera import Camera
from data.lane_graph import LaneGraph
from data.types import Control, SensorFrame, Truth, VehicleShape
from sim_bridge.collisions import CollisionJudge
from sim_bridge.connection import (
    connect,
    open_line,
    refuse_if_driven,
    synchronous,
    town_name,
    weather,
    weather_preset,
    world_of_town,
)
from sim_bridge.ego import EgoGeometry, measure_ego, spawn_ego, vehicle_control
from sim_bridge.errors import SimulatorError
from sim_bridge.lane_graph import lane_graph_from_carla_map
from sim_bridge.lane_locator import LaneLocator
from sim_bridge.sensors import (
    SensorNoise,
    Sensors,
    forward_speed,
    mount_sensors,
    take_images,
    take_measurement,
)
from sim_bridge.server_line import ServerLine
from sim_bridge.traffic import Traffic, spawn_traffic
from sim_bridge.traffic_process import TrafficOrder
from sim_bridge.truth import TruthReader, lights_by_signal

# Steps before the first frame, for the vehicles to settle on their springs.
_SETTLING_STEPS = 10
# How often the first images are waited for: a stream that opened a moment too late misses the first step.
_FIRST_TRIES = 3
_CLEAN_UP_TIMEOUT_S = 2.0
_CLEAR_RADIUS_M = 15.0
_POLL_S = 1e-4
_USUAL_NOISE = SensorNoise()


def default_front_camera(width: int = 640, height: int = 360, horizontal_fov_deg: float = 90.0) -> Camera:
    """The camera that drives: behind the windscreen, 1.35 m over the road, looking a little down."""
    return Camera.mounted(
        "front", width, height, np.deg2rad(horizontal_fov_deg), (1.9, 0.0, 1.35), pitch_rad=np.deg2rad(2.0)
    )


@dataclass(frozen=True)
class SessionSettings:
    """What a session asks of the server.

    Attributes:
        host: of the server.
        port: of its RPC.
        town: to load unless it is loaded already; None drives in whatever is loaded.
        seed: of every choice made here and in the TrafficManager.
        traffic: number of other cars.
        walkers: number of people on foot.
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
    walkers: int = 0
    weather: str | None = None
    ego_blueprint: str = "vehicle.tesla.model3"
    spawn_index: int | None = None
    cameras: tuple[Camera, ...] = (default_front_camera(),)
    noise: SensorNoise = _USUAL_NOISE
    rate_hz: int = 20
    truth: bool = True
    timeout_s: float = 10.0


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
        other_cars: how many cars of the traffic found a place, at most as many as asked for.
        walkers: how many people found one.
    """

    settings: SessionSettings
    town: str
    versions: dict[str, str]
    lane_graph: LaneGraph
    shape: VehicleShape
    other_cars: int
    walkers: int

    def __init__(self, settings: SessionSettings) -> None:
        if not settings.cameras:
            raise ValueError("cameras: a session needs at least the front camera, got none")
        if settings.rate_hz <= 0:
            raise ValueError(f"rate_hz: expected a positive rate, got {settings.rate_hz}")
        self.settings = settings
        self._step_ns = round(1e9 / settings.rate_hz)

    def __enter__(self) -> Self:
        """Prepares everything; cleans up what was made if a part fails.

        Raises:
            SimulatorError: nobody listens, versions differ, unknown town, weather, blueprint or spawn point.
        """
        with ExitStack() as stack:
            try:
                self._prepare(stack)
            except RuntimeError as error:
                raise self._lost(error) from error
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Destroys what was made and restores the server's settings; failures on the way do not raise."""
        self._stack.close()

    def tick(self) -> SensorFrame:
        """Advances the simulation by one step and returns everything the sensors saw at its end.

        The first call returns frame 0 at 0 ns; at 20 Hz frame k has `t_ns == k * 50_000_000`.

        Raises:
            SimulatorError: the server died or an image did not come.
        """
        try:
            return self._sensor_frame(self._tick_world())
        except RuntimeError as error:
            raise self._lost(error) from error

    def apply(self, control: Control) -> None:
        """Hands a control to the ego's actuators; it takes effect in the next step.

        Raises:
            SimulatorError: the server died.
        """
        wanted = vehicle_control(control, self._geometry.steering, self._speed_mps)
        command = carla.command.ApplyVehicleControl(self._ego, wanted)
        try:
            # Waits for the answer: the tick may come from another process and must not overtake the control.
            self._client.apply_batch_sync([command], False)
        except RuntimeError as error:
            raise self._lost(error) from error

    def _prepare(self, stack: ExitStack) -> None:
        settings = self.settings
        preset = None if settings.weather is None else weather_preset(settings.weather)
        self._line: ServerLine = open_line(settings.host, settings.port)
        stack.callback(self._line.close)
        self._client: carla.Client = connect(settings.host, settings.port)
        self.versions = {
            "carla_client": self._client.get_client_version(),
            "carla_server": self._client.get_server_version(),
        }
        refuse_if_driven(self._client.get_world(), self._line)
        self._world = world_of_town(self._client, settings.town)
        self._client.set_timeout(settings.timeout_s)
        self._map = self._world.get_map()
        self.town = town_name(self._map)
        stack.enter_context(synchronous(self._world, self._line, 1.0 / settings.rate_hz))
        stack.enter_context(weather(self._world, self._line, preset))
        self._world.reset_all_traffic_lights()
        self._traffic: Traffic | None = None
        self._ego = spawn_ego(self._world, settings.ego_blueprint, settings.spawn_index, settings.seed)
        stack.callback(self._line.attempt, self._ego.destroy)
        self._ego.apply_control(carla.VehicleControl(brake=1.0))
        self._tick_world()
        if settings.traffic > 0 or settings.walkers > 0:
            self._traffic = stack.enter_context(spawn_traffic(self._client, self._line, self._order()))
        self.other_cars = 0 if self._traffic is None else len(self._traffic.actor_ids)
        self.walkers = 0 if self._traffic is None else len(self._traffic.walker_ids)
        for _ in range(_SETTLING_STEPS):
            self._tick_world()
        self._equip(stack)
        # Entered last and so left first: a server that hangs must not be waited for at every step out.
        stack.callback(self._client.set_timeout, _CLEAN_UP_TIMEOUT_S)

    def _order(self) -> TrafficOrder:
        settings, place = self.settings, self._ego.get_location()
        return TrafficOrder(
            host=settings.host,
            port=settings.port,
            count=settings.traffic,
            walkers=settings.walkers,
            seed=settings.seed,
            keep_clear=(place.x, place.y, place.z),
            clear_radius_m=_CLEAR_RADIUS_M,
            timeout_s=settings.timeout_s,
        )

    def _tick_world(self) -> carla.WorldSnapshot:
        """One step; the snapshot that it led to, whoever asked for it."""
        if not self._line.alive():
            raise self._lost(RuntimeError("it closed its connection"))
        timeout_s = self.settings.timeout_s
        frame = self._world.tick(timeout_s) if self._traffic is None else self._traffic.tick(timeout_s)
        deadline = time.monotonic() + timeout_s
        while (snapshot := self._world.get_snapshot()).frame < frame:
            if time.monotonic() > deadline:
                raise self._lost(RuntimeError(f"no snapshot of frame {frame}"))
            time.sleep(_POLL_S)
        if snapshot.frame != frame:
            raise SimulatorError(
                f"frame {snapshot.frame} came while frame {frame} was asked for; "
                "another client ticks this server: stop it"
            )
        return snapshot

    def _equip(self, stack: ExitStack) -> None:
        """Measures the ego, mounts its sensors, reads the map and waits for the first images."""
        settings = self.settings
        self._geometry: EgoGeometry = measure_ego(self._ego)
        self.shape = self._geometry.shape
        self.lane_graph = lane_graph_from_carla_map(self._map, lights_by_signal(self._world).values())
        self._truth = TruthReader(
            self._world, self._ego, self._geometry, LaneLocator(self.lane_graph), settings.cameras[0]
        )
        self._judge = CollisionJudge()
        self._speed_mps = 0.0
        self._sensors: Sensors = stack.enter_context(
            mount_sensors(
                self._world,
                self._line,
                self._ego,
                self._geometry,
                settings.cameras,
                settings.noise,
                settings.seed,
            )
        )
        self._await_first_images()
        self._start_s: float | None = None

    def _await_first_images(self) -> None:
        for attempt in range(_FIRST_TRIES):
            frame = self._tick_world().frame
            try:
                take_images(self._sensors, frame, 0, self.settings.timeout_s / _FIRST_TRIES)
                return
            except SimulatorError:
                if attempt == _FIRST_TRIES - 1:
                    raise

    def _sensor_frame(self, snapshot: carla.WorldSnapshot) -> SensorFrame:
        if self._start_s is None:
            self._start_s = snapshot.timestamp.elapsed_seconds
        # CARLA adds up float32 steps: what is left after rounding is its drift, not time.
        number = round((snapshot.timestamp.elapsed_seconds - self._start_s) * self.settings.rate_hz)
        t_ns = number * self._step_ns
        timeout_s = self.settings.timeout_s
        images = take_images(self._sensors, snapshot.frame, t_ns, timeout_s)
        ego = take_measurement(
            self._sensors, self._ego, self._map, self._geometry, snapshot.frame, t_ns, timeout_s
        )
        self._speed_mps = forward_speed(self._ego.get_transform(), self._ego.get_velocity())
        truth = self._truth_of(snapshot) if self.settings.truth else None
        return SensorFrame(number, t_ns, "simulator", images, ego, truth)

    def _truth_of(self, snapshot: carla.WorldSnapshot) -> Truth:
        # Contacts come when they like, so those of a frame are told with the next one: always the same one.
        contacts = self._sensors.collision.arrived_before(snapshot.frame)
        truth = self._truth.read(snapshot, self._judge.judge(contacts))
        self._judge.remember(snapshot.frame, truth.speed_mps, truth.pose)
        return truth

    def _lost(self, error: RuntimeError) -> SimulatorError:
        self._line.give_up()
        return SimulatorError(
            f"the simulator at {self._line.where} was lost ({_one_line(error)}); is it still running?"
        )


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
