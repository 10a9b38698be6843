"""Collisions of an episode: vehicles, people and props against one another and against what stands around."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim_bridge.server.transforms import Floats, Pose
from sim_bridge.server.vehicle.collision import Bodies, Contacts, Obstacles, overlapping, resolve
from sim_bridge.server.wire.geometry import BoundingBox, Vector
from sim_bridge.server.world.actors import ActorKind, ActorTable
from sim_bridge.server.world.fleet import Fleet
from sim_bridge.server.world.walkers import person_mass_kg

# N s: less is no event; it is what rounding leaves of two that stand bumper to bumper.
_LEAST_IMPULSE = 0.5
STATIC = 0

_Rows = npt.NDArray[np.intp]


@dataclass(frozen=True)
class Collision:
    """Somebody hit something.

    Attributes:
        actor_id: who.
        other_id: what, or `STATIC` for something that is no actor.
        obstacle: whose obstacle of the map it is (`Obstacles.index`), if it is no actor.
        impulse: N s on `actor_id`, world axes.
    """

    actor_id: int
    other_id: int
    obstacle: int
    impulse: Vector


@dataclass(frozen=True, eq=False)
class _Cast:
    """Who can collide: vehicles first, then people, then props.

    Attributes:
        ids: their actor ids.
        vehicles: (a,) rows in the fleet.
        people: (b,) rows in the table.
        props: (c,) rows in the table.
    """

    ids: list[int]
    vehicles: _Rows
    people: _Rows
    props: _Rows


def collide(
    fleet: Fleet,
    people: Sequence[int],
    loose: Mapping[int, float],
    table: ActorTable,
    obstacles: Obstacles,
    delta_s: float,
) -> list[Collision]:
    """Lets everything that has met during a step push each other.

    Args:
        fleet: the vehicles.
        people: actor ids of the walkers who can be run into.
        loose: kg of the props that can be pushed, by actor id; all others stand like rocks.
        table: all actors; only those who are `solid` collide.
        obstacles: of the map.
        delta_s: length of the step that they have just made.

    Returns:
        Who was hit, deepest contact first, one entry for each other actor or thing of the map.
    """
    cast = _cast(fleet, people, table)
    if not cast.ids or delta_s <= 0.0:
        return []
    bodies = _bodies(cast, fleet, loose, table, delta_s)
    moved, contacts = resolve(bodies, obstacles, delta_s)
    if not len(contacts.first):
        return []
    _write_back(bodies, moved, cast, fleet, table, delta_s)
    return _told(contacts, cast.ids)


def is_free(box: BoundingBox, pose: Pose, fleet: Fleet, table: ActorTable, obstacles: Obstacles) -> bool:
    """Whether a box can be put at a pose without touching anything."""
    people = [actor.actor_id for actor in table.of_kind(ActorKind.WALKER)]
    bodies = _bodies(_cast(fleet, people, table), fleet, {}, table, 0.0)
    c, s = math.cos(pose.yaw), math.sin(pose.yaw)
    x, y, z = box.location
    place = (pose.x + c * x - s * y, pose.y + s * x + c * y, pose.z + z - box.extent[2])
    newborn = _resting(np.array([place]), np.array([pose.yaw]), np.array([box.extent]), 1.0)
    return not bool(overlapping(_joined(bodies, newborn), obstacles)[-1])


def _cast(fleet: Fleet, people: Sequence[int], table: ActorTable) -> _Cast:
    vehicles = np.flatnonzero(table.solid[table.rows(fleet.ids)])
    walkers = table.rows(people)
    walkers = walkers[table.solid[walkers]]
    props = table.rows(actor.actor_id for actor in table if actor.kind is ActorKind.STATIC)
    props = props[table.solid[props] & (table.half_extents[props].min(axis=1, initial=np.inf) > 0.0)]
    ids = [fleet.ids[k] for k in vehicles.tolist()]
    others = [table.at(row).actor_id for row in (*walkers.tolist(), *props.tolist())]
    return _Cast(ids + others, vehicles, walkers, props)


def _bodies(
    cast: _Cast, fleet: Fleet, loose: Mapping[int, float], table: ActorTable, delta_s: float
) -> Bodies:
    rows, states = cast.vehicles, fleet.states
    simulated = fleet.simulated[rows]
    n = len(rows)
    cars = Bodies(
        position=states.position[rows],
        yaw=states.yaw[rows],
        half_extents=table.half_extents[table.rows(cast.ids[:n])],
        velocity=states.velocity[rows],
        yaw_rate=states.angular_velocity[rows, 2],
        mass=np.where(simulated, fleet.masses[rows], np.inf),
        yaw_inertia=np.where(simulated, fleet.yaw_inertias[rows], np.inf),
        travel=fleet.travel[rows],
        turn=fleet.turn[rows],
        cg_ahead=fleet.cg_ahead[rows],
        borne=states.load[rows] > 0.0,
        person=np.zeros(n, np.bool_),
    )
    parts = [cars]
    if len(cast.people):
        parts.append(_people(cast.people, table, delta_s))
    if len(cast.props):
        parts.append(_props(cast.props, loose, table, delta_s))
    return _joined(*parts)


def _people(rows: _Rows, table: ActorTable, delta_s: float) -> Bodies:
    """People carry their origin in their middle; they move themselves, so their speed is not written back."""
    tall, n = table.half_extents[rows], len(rows)
    velocity = table.velocity[rows]
    none, whole = np.zeros(n), np.ones(n, np.bool_)
    return Bodies(
        position=table.pose[rows, :3] - tall * (0.0, 0.0, 1.0),
        yaw=table.pose[rows, 4],
        half_extents=tall,
        velocity=velocity,
        yaw_rate=none,
        mass=person_mass_kg(tall[:, 2]),
        yaw_inertia=np.full(n, np.inf),
        travel=velocity * (delta_s, delta_s, 0.0),
        turn=none,
        cg_ahead=none,
        borne=whole,
        person=whole,
    )


def _props(rows: _Rows, loose: Mapping[int, float], table: ActorTable, delta_s: float) -> Bodies:
    """Props; their box may be off their origin."""
    actors = [table.at(row) for row in rows.tolist()]
    pose, halves = table.pose[rows], table.half_extents[rows]
    middle = np.array([actor.box.location for actor in actors])
    c, s = np.cos(pose[:, 4]), np.sin(pose[:, 4])
    across = np.column_stack(
        [
            c * middle[:, 0] - s * middle[:, 1],
            s * middle[:, 0] + c * middle[:, 1],
            middle[:, 2] - halves[:, 2],
        ]
    )
    mass = np.array([loose.get(actor.actor_id, math.inf) for actor in actors])
    pushed = np.isfinite(mass)
    velocity = np.where(pushed[:, None], table.velocity[rows], 0.0)
    rate = np.where(pushed, table.angular_velocity[rows, 2], 0.0)
    return replace(
        _resting(pose[:, :3] + across, pose[:, 4], halves, math.inf),
        velocity=velocity,
        yaw_rate=rate,
        mass=mass,
        yaw_inertia=mass * (halves[:, 0] ** 2 + halves[:, 1] ** 2) / 3.0,
        travel=velocity * delta_s,
        turn=rate * delta_s,
        borne=velocity[:, 2] == 0.0,
    )


def _resting(position: Floats, yaw: Floats, half_extents: Floats, mass: float) -> Bodies:
    n = len(yaw)
    still, whole = np.zeros((n, 3)), np.ones(n, np.bool_)
    heavy, none = np.full(n, mass), np.zeros(n)
    return Bodies(position, yaw, half_extents, still, none, heavy, heavy, still, none, none, whole, ~whole)


def _joined(*parts: Bodies) -> Bodies:
    if len(parts) == 1:
        return parts[0]
    return Bodies(
        *(np.concatenate([getattr(part, name) for part in parts]) for name in Bodies.__annotations__)
    )


def _write_back(
    bodies: Bodies, moved: Bodies, cast: _Cast, fleet: Fleet, table: ActorTable, delta_s: float
) -> None:
    rows, states, n = cast.vehicles, fleet.states, len(cast.vehicles)
    states.position[rows], states.yaw[rows] = moved.position[:n], moved.yaw[:n]
    states.velocity[rows] = moved.velocity[:n]
    states.acceleration[rows] += (moved.velocity[:n] - bodies.velocity[:n]) / delta_s
    states.angular_velocity[rows, 2] = moved.yaw_rate[:n]
    people = slice(n, n + len(cast.people))
    table.pose[cast.people, :2] = moved.position[people, :2]
    props = slice(people.stop, None)
    table.pose[cast.props, :3] += moved.position[props] - bodies.position[props]
    table.pose[cast.props, 4] = moved.yaw[props]
    pushed = np.isfinite(bodies.mass[props])
    table.velocity[cast.props[pushed]] = moved.velocity[props][pushed]
    table.angular_velocity[cast.props[pushed], 2] = moved.yaw_rate[props][pushed]


def _told(contacts: Contacts, ids: list[int]) -> list[Collision]:
    """One entry for each pair, deepest first; several boxes of one thing of the map count together."""
    sums: dict[tuple[int, int, int], Vector] = {}
    for first, second, fixed, impulse in zip(
        contacts.first.tolist(),
        contacts.second.tolist(),
        contacts.with_obstacle.tolist(),
        contacts.impulse.tolist(),
        strict=True,
    ):
        key = (ids[first], STATIC, second) if fixed else (ids[first], ids[second], -1)
        before = sums.get(key, (0.0, 0.0, 0.0))
        sums[key] = (before[0] + impulse[0], before[1] + impulse[1], before[2] + impulse[2])
    found = []
    for (actor_id, other_id, obstacle), (x, y, z) in sums.items():
        if math.hypot(x, y, z) < _LEAST_IMPULSE:
            continue
        found.append(Collision(actor_id, other_id, obstacle, (x, y, z)))
        if other_id != STATIC:
            found.append(Collision(other_id, actor_id, -1, (-x, -y, -z)))
    return found
