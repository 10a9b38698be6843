"""Collisions of an episode: vehicles and walkers against one another and against what stands around."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim_bridge.server.transforms import Floats, Pose
from sim_bridge.server.vehicle.collision import Bodies, Obstacles, overlapping, resolve
from sim_bridge.server.wire.geometry import BoundingBox, Vector
from sim_bridge.server.world.actors import ActorKind, ActorTable
from sim_bridge.server.world.fleet import Fleet
from sim_bridge.server.world.walkers import WALKER_KG

STATIC = 0


@dataclass(frozen=True)
class Collision:
    """Somebody hit something.

    Attributes:
        actor_id: who.
        other_id: what, or `STATIC` for something that is no actor.
        obstacle: which obstacle of the map, if it is no actor.
        impulse: N s on `actor_id`, world axes.
    """

    actor_id: int
    other_id: int
    obstacle: int
    impulse: Vector


def collide(fleet: Fleet, people: list[int], table: ActorTable, obstacles: Obstacles) -> list[Collision]:
    """Lets everything that touches push each other; says who was hit, deepest contact first.

    Args:
        fleet: the vehicles.
        people: actor ids of the walkers who can be run into.
        table: all actors.
        obstacles: of the map.
    """
    ids, vehicles = _who(fleet, people)
    if not ids:
        return []
    bodies = _bodies(ids, vehicles, fleet, table)
    moved, contacts = resolve(bodies, obstacles)
    if not len(contacts.first):
        return []
    _write_back(moved, ids, vehicles, fleet, table)
    found = []
    for first, second, fixed, impulse in zip(
        contacts.first.tolist(),
        contacts.second.tolist(),
        contacts.with_obstacle.tolist(),
        contacts.impulse,
        strict=True,
    ):
        x, y, z = (float(v) for v in impulse)
        if fixed:
            found.append(Collision(ids[first], STATIC, second, (x, y, z)))
        else:
            found.append(Collision(ids[first], ids[second], -1, (x, y, z)))
            found.append(Collision(ids[second], ids[first], -1, (-x, -y, -z)))
    return found


def is_free(box: BoundingBox, pose: Pose, fleet: Fleet, table: ActorTable, obstacles: Obstacles) -> bool:
    """Whether a box can be put at a pose without touching anything."""
    ids, vehicles = _who(fleet, [actor.actor_id for actor in table.of_kind(ActorKind.WALKER)])
    bodies = _bodies(ids, vehicles, fleet, table)
    foot = pose.z + box.location[2] - box.extent[2]
    joined = Bodies(
        position=np.vstack([bodies.position, [[pose.x, pose.y, foot]]]),
        yaw=np.append(bodies.yaw, pose.yaw),
        half_extents=np.vstack([bodies.half_extents, [box.extent]]),
        velocity=np.vstack([bodies.velocity, np.zeros((1, 3))]),
        yaw_rate=np.append(bodies.yaw_rate, 0.0),
        mass=np.append(bodies.mass, 1.0),
        yaw_inertia=np.append(bodies.yaw_inertia, 1.0),
    )
    return not bool(overlapping(joined, obstacles)[-1])


def _who(fleet: Fleet, people: list[int]) -> tuple[list[int], int]:
    """Actor ids of everything that collides, vehicles first, and how many are vehicles."""
    vehicles = [actor_id for actor_id, solid in zip(fleet.ids, fleet.collides.tolist(), strict=True) if solid]
    return vehicles + people, len(vehicles)


def _bodies(ids: list[int], vehicles: int, fleet: Fleet, table: ActorTable) -> Bodies:
    rows = [fleet.row(actor_id) for actor_id in ids[:vehicles]]
    states = fleet.states
    people = table.rows(ids[vehicles:])
    sizes = [np.array(actor.box.extent) for actor in (table[i] for i in ids[vehicles:])]
    tall: Floats = np.array(sizes).reshape(-1, 3)
    feet = table.pose[people, :3] - tall * (0.0, 0.0, 1.0)
    simulated = fleet.simulated[rows]
    mass = np.array([fleet.parameters[row].mass for row in rows])
    inertia = np.array([fleet.parameters[row].yaw_inertia for row in rows])
    extents = np.array([fleet.parameters[row].half_extents for row in rows]).reshape(-1, 3)
    return Bodies(
        position=np.vstack([states.position[rows], feet]),
        yaw=np.concatenate([states.yaw[rows], table.pose[people, 4]]),
        half_extents=np.vstack([extents, tall]),
        velocity=np.vstack([states.velocity[rows], table.velocity[people]]),
        yaw_rate=np.concatenate([states.angular_velocity[rows, 2], np.zeros(len(people))]),
        mass=np.concatenate([np.where(simulated, mass, np.inf), np.full(len(people), WALKER_KG)]),
        yaw_inertia=np.concatenate([np.where(simulated, inertia, np.inf), np.full(len(people), np.inf)]),
    )


def _write_back(moved: Bodies, ids: list[int], vehicles: int, fleet: Fleet, table: ActorTable) -> None:
    rows = [fleet.row(actor_id) for actor_id in ids[:vehicles]]
    states = fleet.states
    states.position[rows] = moved.position[:vehicles]
    states.velocity[rows] = moved.velocity[:vehicles]
    states.angular_velocity[rows, 2] = moved.yaw_rate[:vehicles]
    people = table.rows(ids[vehicles:])
    table.pose[people, :2] = moved.position[vehicles:, :2]
