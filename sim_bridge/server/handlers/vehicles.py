"""Driving: controls and lights."""

from __future__ import annotations

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.wire.values import Wire, integer, members
from sim_bridge.server.wire.vehicles import read_vehicle_control
from sim_bridge.server.world.actors import ActorKind

_ALL_LIGHTS = 0xFFFFFFFF


def apply_control_to_vehicle(session: Session, actor_id: Wire, control: Wire) -> None:
    """What the driver asks from the next step on."""
    asked = read_vehicle_control(control)
    if session.find(actor_id, ActorKind.VEHICLE) is not None:
        session.episode.fleet.ask(actor_id, asked)


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


HANDLERS = (
    apply_control_to_vehicle,
    set_vehicle_light_state,
    get_vehicle_light_state,
    get_vehicle_light_states,
)
