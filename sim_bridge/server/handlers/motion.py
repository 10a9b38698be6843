"""Moving actors by force: velocities, impulses, forces, and what physics may do with them.

Vehicles answer to all of it, props that were handed over to physics to impulses and velocities; for other
actors, as for those that are gone, these calls do nothing: walkers move themselves.
"""

from __future__ import annotations

import math

import numpy as np

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.transforms import Floats
from sim_bridge.server.wire.geometry import Vector, read_location, read_vector
from sim_bridge.server.wire.values import Wire, flag, integer
from sim_bridge.server.world.actors import ActorKind
from sim_bridge.server.world.fleet import MOST_RATE, MOST_SPEED, Fleet

# N, N s, N m or N m s a component: any vehicle is at its highest speed long before.
_MOST_PUSH = 1e9
# CARLA hands angular impulses and torques on to Unreal as they come, which takes them for degrees/s (or
# degrees/s2) times kg cm2.
_SI_FROM_UNREAL_TURN = math.radians(1.0) * 1e-4


def set_actor_simulate_physics(session: Session, actor_id: Wire, enabled: Wire) -> None:
    """Whether physics moves a vehicle or a prop, or gravity a walker.

    An actor that is gone is no error, for the TrafficManager's sake.
    """
    wanted = flag(enabled, "enabled")
    episode = session.episode
    if _moves_by_force(session, actor_id):
        episode.fleet.simulate(actor_id, wanted)
    elif session.find(actor_id, ActorKind.WALKER) is not None:
        episode.walkers.simulate(int(actor_id), wanted)
    elif session.find(actor_id, ActorKind.STATIC) is not None:
        episode.loose_props.simulate(actor_id, wanted, episode.table)


def set_actor_collisions(session: Session, actor_id: Wire, enabled: Wire) -> None:
    """Whether an actor can be run into."""
    wanted = flag(enabled, "enabled")
    if session.find(actor_id) is not None:
        table = session.episode.table
        table.solid[table.row(actor_id)] = wanted


def set_actor_enable_gravity(session: Session, actor_id: Wire, enabled: Wire) -> None:
    """Whether gravity pulls at a vehicle."""
    wanted = flag(enabled, "enabled")
    if _moves_by_force(session, actor_id):
        _fleet(session).weightless[_fleet(session).row(actor_id)] = not wanted


def set_actor_target_velocity(session: Session, actor_id: Wire, velocity: Wire) -> None:
    """Gives a vehicle or a loose prop a velocity, m/s in world axes."""
    wanted = _within(read_vector(velocity), MOST_SPEED)
    episode = session.episode
    if _moves_by_force(session, actor_id):
        episode.fleet.set_velocity(actor_id, wanted)
    elif actor_id in episode.loose_props.masses:
        episode.table.velocity[episode.table.row(actor_id)] = wanted


def set_actor_target_angular_velocity(session: Session, actor_id: Wire, velocity: Wire) -> None:
    """Gives a vehicle a rate of turn, degrees/s in world axes."""
    x, y, z = _within(read_vector(velocity), math.degrees(MOST_RATE))
    if _moves_by_force(session, actor_id):
        _fleet(session).set_angular_velocity(actor_id, (math.radians(x), math.radians(y), math.radians(z)))


def enable_actor_constant_velocity(session: Session, actor_id: Wire, velocity: Wire) -> None:
    """Holds a velocity (m/s in the vehicle's axes) whatever its driver asks."""
    wanted = _within(read_vector(velocity), MOST_SPEED)
    if _moves_by_force(session, actor_id):
        _fleet(session).held_velocity[actor_id] = wanted


def disable_actor_constant_velocity(session: Session, actor_id: Wire) -> None:
    """Gives the vehicle back to its driver."""
    _fleet(session).held_velocity.pop(integer(actor_id, "actor id"), None)


def add_actor_impulse(session: Session, actor_id: Wire, impulse: Wire) -> None:
    """Strikes a vehicle or a loose prop at its centre of gravity, N s in world axes."""
    wanted = _push(impulse)
    if _moves_by_force(session, actor_id):
        _fleet(session).strike(actor_id, wanted, np.zeros(3))
    else:
        session.episode.loose_props.strike(actor_id, wanted, session.episode.table)


def add_actor_impulse_at_location(session: Session, actor_id: Wire, impulse: Wire, location: Wire) -> None:
    """Strikes a vehicle at a place of the world, N s in world axes."""
    wanted, place = _push(impulse), np.array(read_location(location))
    if _moves_by_force(session, actor_id):
        fleet = _fleet(session)
        fleet.strike(actor_id, wanted, fleet.about_centre_of_gravity(actor_id, wanted, place))


def add_actor_force(session: Session, actor_id: Wire, force: Wire) -> None:
    """Presses on a vehicle at its centre of gravity during the next step, N in world axes."""
    wanted = _push(force)
    if _moves_by_force(session, actor_id):
        _fleet(session).press(actor_id, wanted, np.zeros(3))


def add_actor_force_at_location(session: Session, actor_id: Wire, force: Wire, location: Wire) -> None:
    """Presses on a vehicle at a place of the world during the next step, N in world axes."""
    wanted, place = _push(force), np.array(read_location(location))
    if _moves_by_force(session, actor_id):
        fleet = _fleet(session)
        fleet.press(actor_id, wanted, fleet.about_centre_of_gravity(actor_id, wanted, place))


def add_actor_angular_impulse(session: Session, actor_id: Wire, impulse: Wire) -> None:
    """Turns a vehicle about its centre of gravity at a stroke; degrees/s kg cm2, world axes, as CARLA."""
    wanted = _SI_FROM_UNREAL_TURN * np.array(read_vector(impulse))
    if _moves_by_force(session, actor_id):
        _fleet(session).strike(actor_id, np.zeros(3), np.clip(wanted, -_MOST_PUSH, _MOST_PUSH))


def add_actor_torque(session: Session, actor_id: Wire, torque: Wire) -> None:
    """Turns a vehicle about its centre of gravity in the next step; degrees/s2 kg cm2, as in CARLA."""
    wanted = _SI_FROM_UNREAL_TURN * np.array(read_vector(torque))
    if _moves_by_force(session, actor_id):
        _fleet(session).press(actor_id, np.zeros(3), np.clip(wanted, -_MOST_PUSH, _MOST_PUSH))


def _fleet(session: Session) -> Fleet:
    return session.episode.fleet


def _moves_by_force(session: Session, actor_id: Wire) -> bool:
    return session.find(actor_id, ActorKind.VEHICLE) is not None


def _push(value: Wire) -> Floats:
    push: Floats = np.clip(np.array(read_vector(value)), -_MOST_PUSH, _MOST_PUSH)
    return push


def _within(vector: Vector, most: float) -> Vector:
    x, y, z = (min(max(part, -most), most) for part in vector)
    return x, y, z


HANDLERS = (
    set_actor_simulate_physics,
    set_actor_collisions,
    set_actor_enable_gravity,
    set_actor_target_velocity,
    set_actor_target_angular_velocity,
    enable_actor_constant_velocity,
    disable_actor_constant_velocity,
    add_actor_impulse,
    add_actor_impulse_at_location,
    add_actor_force,
    add_actor_force_at_location,
    add_actor_angular_impulse,
    add_actor_torque,
)
