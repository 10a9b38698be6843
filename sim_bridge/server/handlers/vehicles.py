"""Driving: controls, physics, lights, wheels."""

from __future__ import annotations

import math

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.rpc import CallError
from sim_bridge.server.vehicle.ackermann import AckermannSettings
from sim_bridge.server.wire.geometry import wrap_degrees
from sim_bridge.server.wire.values import Wire, WireError, integer, members, number
from sim_bridge.server.wire.vehicles import (
    pack_ackermann_settings,
    pack_physics_control,
    pack_telemetry,
    read_ackermann_settings,
    read_ackermann_target,
    read_physics_control,
    read_vehicle_control,
)
from sim_bridge.server.world.actors import ActorKind

_ALL_LIGHTS = 0xFFFFFFFF
_FRONT_WHEELS = (0, 1)
_WHEELS, _DOORS = range(4), range(7)


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
    return pack_physics_control(session.episode.fleet.physics_control(actor_id))


def apply_physics_control(session: Session, actor_id: Wire, control: Wire) -> None:
    """Changes what the vehicle is made of."""
    wanted = read_physics_control(control)
    if session.find(actor_id, ActorKind.VEHICLE) is None:
        return
    try:
        session.episode.fleet.set_physics_control(actor_id, wanted)
    except ValueError as error:
        raise WireError(str(error)) from error


def get_wheel_steer_angle(session: Session, actor_id: Wire, wheel: Wire) -> float:
    """Angle of a road wheel in degrees, positive to the right."""
    session.actor(actor_id, ActorKind.VEHICLE)
    if integer(wheel, "wheel") not in _FRONT_WHEELS:
        return 0.0
    fleet = session.episode.fleet
    return math.degrees(float(fleet.states.steer_angle[fleet.row(actor_id)]))


def get_wheel_pitch_angle(session: Session, actor_id: Wire, wheel: Wire) -> float:
    """How far a wheel has turned, in degrees within -180 and 180."""
    session.actor(actor_id, ActorKind.VEHICLE)
    _one_of(_WHEELS, wheel, "wheel")
    fleet = session.episode.fleet
    row = fleet.row(actor_id)
    return wrap_degrees(math.degrees(float(fleet.rolled[row]) / fleet.parameters[row].wheel_radius))


def set_wheel_steer_direction(session: Session, actor_id: Wire, wheel: Wire, angle_deg: Wire) -> None:
    """Accepted without effect, as `set_wheel_pitch_angle`: wheels are drawn as they steer and roll."""
    _one_of(_WHEELS, wheel, "wheel")
    number(angle_deg, "wheel angle")


def set_wheel_pitch_angle(session: Session, actor_id: Wire, wheel: Wire, angle_deg: Wire) -> None:
    """See `set_wheel_steer_direction`."""
    set_wheel_steer_direction(session, actor_id, wheel, angle_deg)


def open_vehicle_door(session: Session, actor_id: Wire, door: Wire) -> None:
    """Accepted without effect: no vehicle here has doors that open, and its blueprint says so."""
    session.actor(actor_id, ActorKind.VEHICLE)
    _one_of(_DOORS, door, "door")


def close_vehicle_door(session: Session, actor_id: Wire, door: Wire) -> None:
    """See `open_vehicle_door`."""
    open_vehicle_door(session, actor_id, door)


def _one_of(known: range, value: Wire, name: str) -> None:
    if integer(value, name) not in known:
        raise WireError(f"{name}: expected 0 to {known.stop - 1}, got {value}")


def get_telemetry_data(session: Session, actor_id: Wire) -> Wire:
    """Speed, engine and what each wheel does."""
    session.actor(actor_id, ActorKind.VEHICLE)
    return pack_telemetry(session.episode.fleet.telemetry(actor_id))


def show_vehicle_debug_telemetry(session: Session, actor_id: Wire, enabled: Wire) -> None:
    """Accepted without effect: there is no window to show it in."""


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
    get_telemetry_data,
    show_vehicle_debug_telemetry,
    get_wheel_steer_angle,
    get_wheel_pitch_angle,
    set_wheel_steer_direction,
    set_wheel_pitch_angle,
    open_vehicle_door,
    close_vehicle_door,
    set_vehicle_light_state,
    get_vehicle_light_state,
    get_vehicle_light_states,
    set_actor_autopilot,
)
