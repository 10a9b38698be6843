"""After each step: every sensor that is due and listened to sends what it measures."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from sim_bridge.server.renderer.scene import Instances, View
from sim_bridge.server.renderer.weather import Weather
from sim_bridge.server.sensors.cameras import CAMERA_TYPES, CameraOptics, Pixels, camera_optics, picture
from sim_bridge.server.sensors.readings import Memory, gnss_payload, imu_payload, memory_of
from sim_bridge.server.simulation import Simulation
from sim_bridge.server.streams import StreamServer
from sim_bridge.server.transforms import Floats, Pose, matrix
from sim_bridge.server.wire.actors import NO_PARENT
from sim_bridge.server.wire.sensors import SensorType, pack_header, pack_image_head
from sim_bridge.server.world.actors import Actor, ActorKind
from sim_bridge.server.world.scenery import Scenery

# Half a microsecond: sums of steps must not miss a sensor's time by rounding.
_ROUNDING_S = 5e-7

GNSS, IMU = "sensor.other.gnss", "sensor.other.imu"


@dataclass(frozen=True)
class _Shot:
    """One view to render, and the cameras that share it."""

    pose: Pose
    optics: CameraOptics
    hidden_instance: int
    cameras: tuple[Actor, ...]


class SensorPublisher:
    """Measures and sends. Pictures are rendered on another thread, so that calls go on being answered."""

    def __init__(self, simulation: Simulation, streams: StreamServer) -> None:
        self._simulation = simulation
        self._streams = streams
        self._memories: dict[int, Memory] = {}
        self._painter = ThreadPoolExecutor(1, thread_name_prefix="painter")

    async def publish(self) -> None:
        """Sends the measurements of the frame that has just been stepped."""
        self._send_collisions()
        due = list(self._due())
        for actor in due:
            if actor.description.type_id not in CAMERA_TYPES:
                self._send_reading(actor)
        if not self._simulation.settings.no_rendering_mode:
            await self._send_pictures([a for a in due if a.description.type_id in CAMERA_TYPES])

    def close(self) -> None:
        """Ends the thread."""
        self._painter.shutdown(cancel_futures=True)

    def _due(self) -> Iterable[Actor]:
        """Sensors whose time has come; the time of one to which nobody listens runs on."""
        simulation = self._simulation
        table, elapsed = simulation.episode.table, simulation.episode.elapsed_s
        sensors = [a for a in table.of_kind(ActorKind.SENSOR) if a.stream_id]
        self._memories = {
            a.actor_id: self._memories.get(a.actor_id) or memory_of(a, simulation.seed) for a in sensors
        }
        for actor in sensors:
            memory = self._memories[actor.actor_id]
            tick = float(actor.description.get("sensor_tick", "0"))
            if elapsed + _ROUNDING_S < memory.next_s:
                continue
            on_time = memory.next_s + tick > elapsed + _ROUNDING_S
            memory.next_s = tick + (memory.next_s if on_time else elapsed)
            if self._streams.has_listeners(actor.stream_id):
                yield actor

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
        delta_s = self._simulation.delta_s
        return np.zeros(3) if before is None or delta_s <= 0.0 else (now - before) / delta_s

    def _send_collisions(self) -> None:
        for sensor, payload in self._simulation.collision_reports():
            pose = self._simulation.episode.table.pose_of(sensor.actor_id)
            self._send(sensor, SensorType.COLLISION, pose, payload)

    async def _send_pictures(self, cameras: list[Actor]) -> None:
        if not cameras:
            return
        episode = self._simulation.episode
        weather, time_s, scenery = episode.weather, episode.elapsed_s, episode.scenery
        moving = scenery.moving(episode.table, episode.fleet, episode.walkers, episode.lights, time_s)
        for shot in self._shots(cameras):
            pictures = await asyncio.get_running_loop().run_in_executor(
                self._painter, _paint, scenery, shot, moving, weather, time_s
            )
            for camera, kind, pixels in pictures:
                o = shot.optics
                head = pack_image_head(o.width, o.height, o.fov_deg)
                self._send(camera, kind, shot.pose, head, pixels.data.cast("B"))

    def _shots(self, cameras: list[Actor]) -> list[_Shot]:
        """Cameras that look alike at the same place share one rendering."""
        table = self._simulation.episode.table
        alike: dict[tuple[Pose, CameraOptics, int], list[Actor]] = {}
        for camera in cameras:
            key = (table.pose_of(camera.actor_id), camera_optics(camera.description), self._hidden(camera))
            alike.setdefault(key, []).append(camera)
        return [_Shot(*key, tuple(group)) for key, group in alike.items()]

    def _hidden(self, camera: Actor) -> int:
        """A camera inside its parent's box would see the body's inside: the parent is left out."""
        parent = self._simulation.episode.table.get(camera.parent_id)
        if parent is None:
            return 0
        away = np.abs(np.array(camera.relative[:3]) - parent.box.location)
        return parent.actor_id if bool(np.all(away <= parent.box.extent)) else 0


def _paint(
    scenery: Scenery, shot: _Shot, moving: Instances, weather: Weather, time_s: float
) -> list[tuple[Actor, SensorType, Pixels]]:
    """Every camera's picture of one shot; runs on the painter's thread."""
    o = shot.optics
    view = View(matrix(shot.pose), o.width, o.height, o.fov_deg, shot.hidden_instance)
    rendered = scenery.render(view, moving, weather, time_s)
    kinds = [CAMERA_TYPES[camera.description.type_id] for camera in shot.cameras]
    return [(camera, kind, picture(kind, rendered)) for camera, kind in zip(shot.cameras, kinds, strict=True)]
