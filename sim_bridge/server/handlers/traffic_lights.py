"""Traffic lights: their states, times, groups and boxes."""

from __future__ import annotations

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.maps.signal_cycle import SignalState
from sim_bridge.server.wire.geometry import BoundingBox, pack_box
from sim_bridge.server.wire.values import Wire, WireError, flag, integer, number
from sim_bridge.server.world.actors import ActorKind
from sim_bridge.server.world.traffic_lights import HEAD_EXTENT_M, TrafficLights

_LONGEST_S = 1e6


def _light(session: Session, actor_id: Wire) -> int | None:
    """Which light of the map an actor is."""
    if session.find(actor_id, ActorKind.TRAFFIC_LIGHT) is None:
        return None
    return session.episode.lights.index(actor_id)


def set_traffic_light_state(session: Session, actor_id: Wire, state: Wire) -> None:
    """Shows a state by hand, until the cycle changes it."""
    try:
        wanted = SignalState(integer(state, "traffic light state"))
    except ValueError as error:
        raise WireError(f"unknown traffic light state {state}") from error
    light = _light(session, actor_id)
    if light is not None:
        session.episode.lights.cycle.set_state(light, wanted)


def _set_time(session: Session, actor_id: Wire, name: str, seconds: Wire) -> None:
    wanted = min(max(number(seconds, name), 0.0), _LONGEST_S)
    light = _light(session, actor_id)
    if light is not None:
        getattr(session.episode.lights.cycle, name)[light] = wanted


def set_traffic_light_green_time(session: Session, actor_id: Wire, seconds: Wire) -> None:
    """How long the light is green."""
    _set_time(session, actor_id, "green_s", seconds)


def set_traffic_light_yellow_time(session: Session, actor_id: Wire, seconds: Wire) -> None:
    """How long the light is yellow."""
    _set_time(session, actor_id, "yellow_s", seconds)


def set_traffic_light_red_time(session: Session, actor_id: Wire, seconds: Wire) -> None:
    """How long all lights of the junction are red after this one's yellow."""
    _set_time(session, actor_id, "red_s", seconds)


def freeze_all_traffic_lights(session: Session, frozen: Wire) -> None:
    """Stops or starts the cycle of all lights."""
    session.episode.lights.cycle.frozen = flag(frozen, "frozen")


def freeze_traffic_light(session: Session, actor_id: Wire, frozen: Wire) -> None:
    """Stops or starts the cycle: as in CARLA, of all lights."""
    freeze_all_traffic_lights(session, frozen)


def reset_traffic_light_group(session: Session, actor_id: Wire) -> None:
    """Starts the cycle of the light's junction anew."""
    light = _light(session, actor_id)
    if light is not None:
        session.episode.lights.cycle.reset_group(light)


def reset_all_traffic_lights(session: Session) -> None:
    """Starts the cycles of all junctions anew."""
    session.episode.lights.cycle.reset()


def get_group_traffic_lights(session: Session, actor_id: Wire) -> list[int]:
    """The lights of the same junction."""
    light = _light(session, actor_id)
    lights = session.episode.lights
    return [] if light is None else [int(lights.ids[other]) for other in lights.cycle.group_of(light)]


def get_light_boxes(session: Session, actor_id: Wire) -> Wire:
    """The lamp housings of a light, as boxes in the world."""
    light = _light(session, actor_id)
    return [] if light is None else _boxes(session.episode.lights, light)


def _boxes(lights: TrafficLights, light: int) -> Wire:
    heads = lights.lights[light].heads
    actor_id = int(lights.ids[light])
    boxes = (BoundingBox(head[:3], HEAD_EXTENT_M, (head.pitch, head.yaw, head.roll)) for head in heads)
    return [pack_box(box, actor_id) for box in boxes]


HANDLERS = (
    set_traffic_light_state,
    set_traffic_light_green_time,
    set_traffic_light_yellow_time,
    set_traffic_light_red_time,
    freeze_all_traffic_lights,
    freeze_traffic_light,
    reset_traffic_light_group,
    reset_all_traffic_lights,
    get_group_traffic_lights,
    get_light_boxes,
)
