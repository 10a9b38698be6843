"""After each step: every sensor that is due and listened to sends what it measures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from sim_bridge.server.rays.cast import Things
from sim_bridge.server.rays.scene import RayScene
from sim_bridge.server.renderer.scene import Instances
from sim_bridge.server.renderer.weather import Weather
from sim_bridge.server.sensors.cameras import CAMERA_TYPES, CameraOptics
from sim_bridge.server.sensors.memory import GNSS, IMU, Memory, memory_of
from sim_bridge.server.sensors.pictures import Shot, paint
from sim_bridge.server.sensors.readings import (
    RAY_SENSORS,
    Aim,
    aim_of,
    gnss_payload,
    hidden_body,
    imu_payload,
    lidar_payload,
    obstacle_ahead,
    obstacle_payload,
    radar_echoes,
    radar_payload,
)
from sim_bridge.server.simulation import Simulation
from sim_bridge.server.streams import StreamServer
from sim_bridge.server.transforms import Floats, Pose
from sim_bridge.server.wire.actors import NO_PARENT
from sim_bridge.server.wire.sensors import SensorType, pack_header, pack_image_head
from sim_bridge.server.world.actors import Actor, ActorKind
from sim_bridge.server.world.scenery import Scenery

# Half a microsecond: sums of steps must not miss a sensor's time by rounding.
_ROUNDING_S = 5e-7

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class _Now:
    """What all sensors of a step look at.

    Attributes:
        scenery: what stands still.
        moving: what moves.
        weather: the weather.
        time_s: elapsed simulation time.
        frame: number of the step.
        actors: all of them by id.
        velocities: (3,) m/s, world, of each by id.
    """

    scenery: Scenery
    moving: Instances
    weather: Weather
    time_s: float
    frame: int
    actors: Mapping[int, Actor]
    velocities: Mapping[int, Floats]


class SensorPublisher:
    """Measures and sends. Rays and pictures are made on another thread: calls go on being answered."""

    def __init__(self, simulation: Simulation, streams: StreamServer) -> None:
        self._simulation = simulation
        self._streams = streams
        self._memories: dict[int, Memory] = {}
        self._painter = ThreadPoolExecutor(1, thread_name_prefix="painter")

    def publish(self) -> Awaitable[None]:
        """Sends what the last step has to say; returns the sending of what takes time, rays and pictures.

        What these show is settled at once: what clients change while rays fly belongs to the next step.
        """
        self._send_collisions()
        table, aims, cameras = self._simulation.episode.table, [], []
        for actor in self._due():
            if actor.description.type_id in CAMERA_TYPES:
                cameras.append(actor)
            elif actor.description.type_id in RAY_SENSORS:
                aims.append(aim_of(table, actor, self._memories[actor.actor_id]))
            else:
                self._send_reading(actor)
        shots = [] if self._simulation.settings.no_rendering_mode else self._shots(cameras)
        return self._measure(aims, shots, self._now() if aims or shots else None)

    async def _measure(self, aims: list[Aim], shots: list[Shot], now: _Now | None) -> None:
        """Lets rays fly and pictures be painted one after another, and sends each while the next is made."""
        if now is None:
            return
        sounded: list[asyncio.Future[Any]] = []
        if aims:
            scene, moving = await self._elsewhere(_rays_meet, now)
            sounded = [self._elsewhere(_READ[_kind(aim)], aim, scene, moving) for aim in aims]
        painted = [
            self._elsewhere(paint, now.scenery, shot, now.moving, now.weather, now.time_s, now.frame)
            for shot in shots
        ]
        for aim, reading in zip(aims, sounded, strict=True):
            self._send_sounding(aim, await reading, now)
        for shot, pictures in zip(shots, painted, strict=True):
            o = shot.optics
            head = pack_image_head(o.width, o.height, o.fov_deg)
            for camera, kind, payload in await pictures:
                self._send(camera, kind, shot.pose, head, payload)

    def _send_sounding(self, aim: Aim, reading: Any, now: _Now) -> None:  # noqa: ANN401
        """Sends what a sensor that casts rays has read; an obstacle sensor that met nothing is silent."""
        kind = _kind(aim)
        if kind is SensorType.RADAR:
            self._send(aim.actor, kind, aim.pose, radar_payload(aim, reading, now.velocities))
        elif kind is not SensorType.OBSTACLE:
            self._send(aim.actor, kind, aim.pose, *reading)
        elif reading is not None:
            self._send(aim.actor, kind, aim.pose, obstacle_payload(aim, reading, now.actors))

    def close(self) -> None:
        """Ends the thread."""
        self._painter.shutdown(cancel_futures=True)

    def _elsewhere(self, work: Callable[..., T], *arguments: object) -> asyncio.Future[T]:
        """Has the work done on the painter's thread, after all that waits there already."""
        return asyncio.get_running_loop().run_in_executor(self._painter, work, *arguments)

    def _due(self) -> Iterable[Actor]:
        """Sensors whose time has come; the time of one to which nobody listens runs on."""
        simulation = self._simulation
        elapsed = simulation.episode.elapsed_s
        sensors = [a for a in simulation.episode.table.of_kind(ActorKind.SENSOR) if a.stream_id]
        self._memories = {
            a.actor_id: self._memories.get(a.actor_id) or memory_of(a, simulation.seed) for a in sensors
        }
        for actor in sensors:
            memory = self._memories[actor.actor_id]
            if elapsed + _ROUNDING_S < memory.next_s:
                continue
            on_time = memory.next_s + memory.tick_s > elapsed + _ROUNDING_S
            memory.next_s = memory.tick_s + (memory.next_s if on_time else elapsed)
            passed = simulation.delta_s if memory.last_s is None else elapsed - memory.last_s
            memory.delta_s = round(passed, 9)  # sums of steps must not give a point more or less
            memory.last_s = elapsed
            if self._streams.has_listeners(actor.stream_id):
                yield actor

    def _now(self) -> _Now:
        episode = self._simulation.episode
        time_s, scenery = episode.elapsed_s, episode.scenery
        actors = {actor.actor_id: actor for actor in episode.table}
        velocities = dict(zip(actors, episode.table.velocity.copy(), strict=True))
        return _Now(
            scenery, episode.moving(), episode.weather, time_s, self._simulation.frame, actors, velocities
        )

    def _send(self, actor: Actor, kind: SensorType, pose: Pose, *payload: bytes | memoryview) -> None:
        simulation = self._simulation
        header = pack_header(kind, simulation.frame, simulation.episode.elapsed_s, pose)
        may_drop = not simulation.settings.synchronous_mode
        self._streams.publish(actor.stream_id, (header, *payload), may_drop)

    def _send_reading(self, actor: Actor) -> None:
        episode, memory = self._simulation.episode, self._memories[actor.actor_id]
        pose = episode.table.pose_of(actor.actor_id)
        if actor.description.type_id == GNSS:
            self._send(actor, SensorType.GNSS, pose, gnss_payload(episode, actor, memory))
        elif actor.description.type_id == IMU:
            turned_by = self._angular_acceleration(actor, memory)
            gravity = self._simulation.imu_gravity
            self._send(actor, SensorType.IMU, pose, imu_payload(episode, actor, memory, turned_by, gravity))

    def _angular_acceleration(self, actor: Actor, memory: Memory) -> Floats:
        table = self._simulation.episode.table
        body = actor.parent_id if actor.parent_id != NO_PARENT else actor.actor_id
        now = table.angular_velocity[table.row(body)].copy()
        before, memory.angular_velocity = memory.angular_velocity, now
        delta_s = memory.delta_s
        return np.zeros(3) if before is None or delta_s <= 0.0 else (now - before) / delta_s

    def _send_collisions(self) -> None:
        for sensor, payload in self._simulation.collision_reports():
            pose = self._simulation.episode.table.pose_of(sensor.actor_id)
            self._send(sensor, SensorType.COLLISION, pose, payload)

    def _shots(self, cameras: list[Actor]) -> list[Shot]:
        """Cameras that look alike at the same place share one rendering, whatever they make of it."""
        table = self._simulation.episode.table
        alike: dict[tuple[Pose, CameraOptics, int], list[Actor]] = {}
        for camera in cameras:
            optics = self._memories[camera.actor_id].settings.optics
            key = (table.pose_of(camera.actor_id), optics, hidden_body(camera, table))
            alike.setdefault(key, []).append(camera)
        return [
            Shot(*key, tuple((camera, self._memories[camera.actor_id]) for camera in group))
            for key, group in alike.items()
        ]


# How each kind of sensor that casts rays reads.
_READ: dict[SensorType, Callable[[Aim, RayScene, Things], Any]] = {
    SensorType.LIDAR: lidar_payload,
    SensorType.SEMANTIC_LIDAR: lidar_payload,
    SensorType.RADAR: radar_echoes,
    SensorType.OBSTACLE: obstacle_ahead,
}


def _kind(aim: Aim) -> SensorType:
    return RAY_SENSORS[aim.actor.description.type_id]


def _rays_meet(now: _Now) -> tuple[RayScene, Things]:
    """The scene for rays, and what moves in it."""
    scene = now.scenery.rays()
    return scene, scene.placed(now.moving)
