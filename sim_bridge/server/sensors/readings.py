"""What each sensor of an episode that makes no picture reads: the payload of its message."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sim_bridge.server.rays.cast import Things
from sim_bridge.server.rays.scene import RayScene
from sim_bridge.server.renderer.scene import Tag
from sim_bridge.server.sensors import gnss, inertial, lidar, obstacle, radar
from sim_bridge.server.sensors.memory import Memory
from sim_bridge.server.transforms import Floats, Pose, matrix
from sim_bridge.server.wire.actors import NO_PARENT
from sim_bridge.server.wire.sensors import SensorType, pack_gnss, pack_imu, pack_lidar_head, pack_obstacle
from sim_bridge.server.world.actors import Actor, ActorTable, thing_of_the_map, unstreamed
from sim_bridge.server.world.episode import Episode

# Sensors that cast rays, and what their messages are.
RAY_SENSORS = {
    lidar.RAY_CAST: SensorType.LIDAR,
    lidar.SEMANTIC: SensorType.SEMANTIC_LIDAR,
    radar.RADAR: SensorType.RADAR,
    obstacle.OBSTACLE: SensorType.OBSTACLE,
}

_STILL: Floats = np.zeros(3)


def gnss_payload(episode: Episode, actor: Actor, memory: Memory) -> bytes:
    """One GNSS reading."""
    x, y, z = episode.table.pose_of(actor.actor_id)[:3]
    true = gnss.geo_location(x, y, z, episode.geo_origin)
    return pack_gnss(*gnss.measured(true, memory.settings, memory.noise))


def imu_payload(episode: Episode, actor: Actor, memory: Memory, turned_by: Floats, gravity: float) -> bytes:
    """One IMU reading; `turned_by` is (3,) the angular acceleration of its parent, rad/s2."""
    table = episode.table
    world_from_sensor = matrix(table.pose_of(actor.actor_id))
    body = actor.parent_id if actor.parent_id != NO_PARENT else actor.actor_id
    row = table.row(body)
    lever = world_from_sensor[:3, 3] - table.pose[row, :3]
    turning = table.angular_velocity[row]
    acceleration = inertial.acceleration_at(table.acceleration[row], turning, turned_by, lever)
    read = inertial.measured(
        world_from_sensor[:3, :3],
        acceleration,
        turning,
        memory.settings,
        memory.noise,
        gravity,
    )
    return pack_imu(read.accelerometer.tolist(), read.gyroscope.tolist(), read.compass)


def hidden_body(actor: Actor, table: ActorTable) -> int:
    """A sensor inside its parent's box would see the body's inside: the id of that body, or 0."""
    parent = table.get(actor.parent_id)
    if parent is None:
        return 0
    away = np.abs(np.array(actor.relative[:3]) - parent.box.location)
    return parent.actor_id if bool(np.all(away <= parent.box.extent)) else 0


@dataclass(frozen=True, eq=False)
class Aim:
    """Where a sensor that casts rays is and how it moves; taken before the rays, which fly on another thread.

    Attributes:
        actor: the sensor.
        memory: its memory.
        pose: in the world.
        world_from_sensor: the same as a (4, 4) matrix.
        velocity: (3,) m/s, world.
        hidden: id of the body it sits in, or 0.
    """

    actor: Actor
    memory: Memory
    pose: Pose
    world_from_sensor: Floats
    velocity: Floats
    hidden: int


def aim_of(table: ActorTable, actor: Actor, memory: Memory) -> Aim:
    """The aim of a sensor as it is now."""
    pose = table.pose_of(actor.actor_id)
    world_from_sensor = matrix(pose)
    velocity = np.zeros(3)
    if actor.parent_id in table:
        row = table.row(actor.parent_id)
        lever = world_from_sensor[:3, 3] - table.pose[row, :3]
        velocity = table.velocity[row] + np.cross(table.angular_velocity[row], lever)
    return Aim(actor, memory, pose, world_from_sensor, velocity, hidden_body(actor, table))


def lidar_payload(aim: Aim, scene: RayScene, moving: Things) -> tuple[bytes, ...]:
    """One message of a lidar, in parts."""
    memory, settings = aim.memory, aim.memory.settings
    swept = lidar.sweep(settings, memory.angle_deg, memory.delta_s)
    memory.angle_deg = swept.angle_deg
    if aim.actor.description.type_id == lidar.SEMANTIC:
        cloud, counts = lidar.semantic_points(
            settings, swept, aim.world_from_sensor, scene, moving, aim.hidden
        )
    else:
        cloud, counts = lidar.points(
            settings, swept, aim.world_from_sensor, scene, moving, aim.hidden, memory.noise
        )
    return pack_lidar_head(math.radians(swept.angle_deg), counts), cloud.tobytes()


def radar_echoes(aim: Aim, scene: RayScene, moving: Things) -> radar.Echoes:
    """What a radar hears."""
    memory = aim.memory
    return radar.echoes(
        memory.settings, memory.delta_s, aim.world_from_sensor, scene, moving, aim.hidden, memory.noise
    )


def radar_payload(aim: Aim, heard: radar.Echoes, velocities: Mapping[int, Floats]) -> bytes:
    """Per echo 4 floats: speed away from the radar m/s, azimuth and altitude rad, distance m.

    Args:
        aim: the radar.
        heard: its echoes.
        velocities: (3,) m/s, world, of the actors by id; what is no actor stands still.
    """
    known, which = np.unique(heard.object_id, return_inverse=True)
    moved = [velocities.get(actor_id, _STILL) for actor_id in known.tolist()]
    apart = np.array(moved).reshape(-1, 3)[which] - aim.velocity
    detections = np.empty((len(which), 4), np.float32)
    detections[:, 0] = (apart * heard.direction).sum(axis=1)
    detections[:, 1], detections[:, 2], detections[:, 3] = heard.azimuth, heard.altitude, heard.distance
    return detections.tobytes()


def obstacle_ahead(aim: Aim, scene: RayScene, moving: Things) -> obstacle.Obstacle | None:
    """What an obstacle sensor meets."""
    body = aim.actor.parent_id
    return obstacle.nearest_obstacle(aim.memory.settings, aim.world_from_sensor, scene, moving, body)


def obstacle_payload(aim: Aim, met: obstacle.Obstacle, actors: Mapping[int, Actor]) -> bytes:
    """The sensor's own actor, what is ahead and how far; what is none of the `actors` is named by its tag."""
    other = actors.get(met.instance_id) or thing_of_the_map(Tag(met.tag))
    return pack_obstacle(unstreamed(aim.actor), unstreamed(other), met.distance_m)
