"""Driving: controls, physics, lights, wheels."""

from __future__ import annotations

import math

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.rpc import CallError
from sim_bridge.server.vehicle.ackermann import AckermannSettings
from sim_bridge.server.vehicle.physics_control import physics_control_of, with_physics_control
from sim_bridge.server.wire.geometry import read_vector
from sim_bridge.server.wire.values import Wire, WireError, integer, members
from sim_bridge.server.wire.vehicles import (
    pack_ackermann_settings,
    pack_physics_control,
    read_ackermann_settings,
    read_ackermann_target,
    read_physics_control,
    read_vehicle_control,
)
from sim_bridge.server.world.actors import ActorKind

_ALL_LIGHTS = 0xFFFFFFFF
_FRONT_WHEELS = (0, 1)


def apply_control_to_vehicle(session: Session, actor_id: Wire, control: Wire) -> None:
    """What the driver asks from the next step on."""
    asked = read_vehicle_control(control)
    if session.find(actor_id, ActorKind.VEHICLE) is not None:
        session.episode.fleet.ask(actor_id, asked)


def apply_ackermann_control_to_vehicle(session: Session, actor_id: Wire, control: Wire) -> None:
    """Speed and wheel angle to hold from the next step on."""
    target = read_ackermann_target(control)
    if session.find(actor_id, ActorKind.VEHICLE) is not None:
        session.episode.fleet.ackermann_targets[actor_id] = target


def apply_ackermann_controller_settings(session: Session, actor_id: Wire, settings: Wire) -> None:
    """Gains of the controller that holds the speed."""
    gains = read_ackermann_settings(settings)
    if session.find(actor_id, ActorKind.VEHICLE) is not None:
        session.episode.fleet.ackermann_settings[actor_id] = gains


def get_ackermann_controller_settings(session: Session, actor_id: Wire) -> Wire:
    """Gains of the controller that holds the speed."""
    session.actor(actor_id, ActorKind.VEHICLE)
    return pack_ackermann_settings(
        session.episode.fleet.ackermann_settings.get(actor_id, AckermannSettings())
    )


def get_physics_control(session: Session, actor_id: Wire) -> Wire:
    """What the vehicle is made of."""
    session.actor(actor_id, ActorKind.VEHICLE)
    fleet, pose = session.episode.fleet, session.episode.table.pose_of(actor_id)
    return pack_physics_control(physics_control_of(fleet.parameters[fleet.row(actor_id)], pose))


def apply_physics_control(session: Session, actor_id: Wire, control: Wire) -> None:
    """Changes what the vehicle is made of."""
    wanted = read_physics_control(control)
    if session.find(actor_id, ActorKind.VEHICLE) is None:
        return
    fleet = session.episode.fleet
    try:
        changed = with_physics_control(fleet.parameters[fleet.row(actor_id)], wanted)
    except ValueError as error:
        raise WireError(str(error)) from error
    fleet.replace_parameters(actor_id, changed)


def set_actor_simulate_physics(session: Session, actor_id: Wire, enabled: Wire) -> None:
    """Whether physics moves an actor. One that is gone is no error, for the TrafficManager's sake."""
    if session.find(actor_id, ActorKind.VEHICLE) is not None:
        session.episode.fleet.simulate(actor_id, bool(enabled))
    elif session.find(actor_id, ActorKind.WALKER) is not None:
        session.episode.walkers.simulate(actor_id, bool(enabled))


def set_actor_collisions(session: Session, actor_id: Wire, enabled: Wire) -> None:
    """Whether an actor can be run into."""
    if session.find(actor_id, ActorKind.VEHICLE) is not None:
        fleet = session.episode.fleet
        fleet.collides[fleet.row(actor_id)] = bool(enabled)
    elif session.find(actor_id, ActorKind.WALKER) is not None:
        session.episode.walkers.collide(actor_id, bool(enabled))


def set_actor_target_velocity(session: Session, actor_id: Wire, velocity: Wire) -> None:
    """Gives a vehicle a velocity, m/s in world axes."""
    wanted = read_vector(velocity)
    if session.find(actor_id, ActorKind.VEHICLE) is not None:
        session.episode.fleet.set_velocity(actor_id, wanted)


def set_actor_target_angular_velocity(session: Session, actor_id: Wire, velocity: Wire) -> None:
    """Gives a vehicle a rate of turn, degrees/s in world axes."""
    x, y, z = (math.radians(v) for v in read_vector(velocity))
    if session.find(actor_id, ActorKind.VEHICLE) is not None:
        session.episode.fleet.set_angular_velocity(actor_id, (x, y, z))


def enable_actor_constant_velocity(session: Session, actor_id: Wire, velocity: Wire) -> None:
    """Holds a velocity (m/s in the vehicle's axes) whatever its driver asks."""
    wanted = read_vector(velocity)
    if session.find(actor_id, ActorKind.VEHICLE) is not None:
        session.episode.fleet.held_velocity[actor_id] = wanted


def disable_actor_constant_velocity(session: Session, actor_id: Wire) -> None:
    """Gives the vehicle back to its driver."""
    session.episode.fleet.held_velocity.pop(integer(actor_id, "actor id"), None)


def add_actor_impulse(session: Session, actor_id: Wire, impulse: Wire) -> None:
    """Strikes a vehicle at its centre of gravity, N s in world axes."""
    wanted = read_vector(impulse)
    if session.find(actor_id, ActorKind.VEHICLE) is not None:
        session.episode.fleet.strike(actor_id, wanted)


def add_actor_force(session: Session, actor_id: Wire, force: Wire) -> None:
    """Presses on a vehicle at its centre of gravity during the next step, N in world axes."""
    wanted = read_vector(force)
    if session.find(actor_id, ActorKind.VEHICLE) is not None:
        session.episode.fleet.press(actor_id, wanted)


def get_wheel_steer_angle(session: Session, actor_id: Wire, wheel: Wire) -> float:
    """Angle of a road wheel in degrees, positive to the right."""
    session.actor(actor_id, ActorKind.VEHICLE)
    if integer(wheel, "wheel") not in _FRONT_WHEELS:
        return 0.0
    fleet = session.episode.fleet
    return math.degrees(float(fleet.states.steer_angle[fleet.row(actor_id)]))


def set_vehicle_light_state(session: Session, actor_id: Wire, state: Wire) -> None:
    """Switches a vehicle's lights; the flags come in a list of one."""
    switch_lights(session, actor_id, members(state, 1, "light state")[0])


def switch_lights(session: Session, actor_id: Wire, flags: Wire) -> None:
    """Switches a vehicle's lights."""
    wanted = integer(flags, "light flags") & _ALL_LIGHTS
    if session.find(actor_id, ActorKind.VEHICLE) is not None:
        session.episode.fleet.lights[actor_id] = wanted


def get_vehicle_light_state(session: Session, actor_id: Wire) -> Wire:
    """A vehicle's lights."""
    return [session.episode.fleet.lights.get(integer(actor_id, "actor id"), 0)]


def get_vehicle_light_states(session: Session) -> Wire:
    """The lights of all vehicles."""
    return [[actor_id, flags] for actor_id, flags in session.episode.fleet.lights.items()]


def set_actor_autopilot(session: Session, actor_id: Wire, enabled: Wire) -> None:
    """Nothing to do: the TrafficManager that drives the vehicle registers it in the client.

    Raises:
        CallError: there is no such vehicle.
    """
    if session.find(actor_id, ActorKind.VEHICLE) is None:
        raise CallError(f"unable to find vehicle {actor_id}")


HANDLERS = (
    apply_control_to_vehicle,
    apply_ackermann_control_to_vehicle,
    apply_ackermann_controller_settings,
    get_ackermann_controller_settings,
    get_physics_control,
    apply_physics_control,
    set_actor_simulate_physics,
    set_actor_collisions,
    set_actor_target_velocity,
    set_actor_target_angular_velocity,
    enable_actor_constant_velocity,
    disable_actor_constant_velocity,
    add_actor_impulse,
    add_actor_force,
    get_wheel_steer_angle,
    set_vehicle_light_state,
    get_vehicle_light_state,
    get_vehicle_light_states,
    set_actor_autopilot,
)
