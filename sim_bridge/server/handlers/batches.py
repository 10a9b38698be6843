"""Batches of commands."""

from __future__ import annotations

from collections.abc import Callable

from sim_bridge.server.handlers import actors, motion, traffic_lights, vehicles, walkers
from sim_bridge.server.handlers.session import Session
from sim_bridge.server.rpc import CallError, Raw
from sim_bridge.server.wire.actors import NO_PARENT
from sim_bridge.server.wire.commands import CommandKind, read_command, read_spawn
from sim_bridge.server.wire.values import Wire, WireError, flag, integer, items, members

_FUTURE_ACTOR = 0
_NOTHING_DEEPER = 8  # spawns nested in do_after of spawns


async def apply_batch(session: Session, commands: Wire, do_tick: Wire = False) -> Raw:
    """Executes the commands in order; each has an answer of its own, and a failed one stops no other."""
    before = len(session.episode.table)
    listed = items(commands, "commands")
    # A client with walkers sends one of these every step.
    guided = walkers.guide_walkers(session, listed)
    answers = [_answer(session, command) for command in listed] if guided is None else guided
    if len(session.episode.table) > before:
        await session.server.stepper.next_frame()
    if flag(do_tick, "do_tick"):
        await session.server.stepper.tick()
    return Raw(answers)


def _answer(session: Session, command: Wire) -> Wire:
    try:
        return [[1, execute(session, *read_command(command))]]
    except (CallError, WireError) as error:
        return [[0, [str(error)]]]


def execute(session: Session, kind: CommandKind, payload: Wire, depth: int = 0) -> int:
    """Executes one command and returns the id of its actor.

    Raises:
        CallError: the actor is gone, or the spawn failed.
        WireError: the command is malformed or not known.
    """
    if kind is CommandKind.SPAWN:
        return _spawn(session, payload, depth)
    if kind is CommandKind.CONSOLE:
        raise CallError("console commands belong to Unreal")
    arguments = items(payload, kind.name)
    actor_id = integer(members(arguments, 1, kind.name)[0], "actor id")
    session.actor(actor_id)
    if kind not in _ACTIONS:
        raise CallError(f"{kind.name} is not supported")
    action, count = _ACTIONS[kind]
    action(session, *members(arguments, count, kind.name))
    return actor_id


def _spawn(session: Session, payload: Wire, depth: int) -> int:
    if depth > _NOTHING_DEEPER:
        raise WireError("SpawnActor: nested too deeply")
    wish = read_spawn(payload)
    actor = actors.spawn(session, wish.description, wish.pose, wish.parent_id or NO_PARENT)
    for kind, after in wish.do_after:
        execute(session, kind, _with_actor(kind, after, actor.actor_id), depth + 1)
    return actor.actor_id


def _with_actor(kind: CommandKind, payload: Wire, actor_id: int) -> Wire:
    """The payload with the new actor in the place of `FutureActor`."""
    filled = list(items(payload, kind.name))
    if kind is CommandKind.SPAWN:
        if len(filled) > 2 and filled[2] == [True, _FUTURE_ACTOR]:
            filled[2] = [True, actor_id]
    elif filled and filled[0] == _FUTURE_ACTOR:
        filled[0] = actor_id
    return filled


def _accept(session: Session, *arguments: Wire) -> None:
    """Does nothing on purpose: the command concerns something that only Unreal has."""


_ACTIONS: dict[CommandKind, tuple[Callable[..., object], int]] = {
    CommandKind.DESTROY: (actors.destroy_actor, 1),
    CommandKind.VEHICLE_CONTROL: (vehicles.apply_control_to_vehicle, 2),
    CommandKind.ACKERMANN_CONTROL: (vehicles.apply_ackermann_control_to_vehicle, 2),
    CommandKind.PHYSICS_CONTROL: (vehicles.apply_physics_control, 2),
    CommandKind.WALKER_CONTROL: (walkers.apply_control_to_walker, 2),
    CommandKind.WALKER_STATE: (walkers.set_walker_state, 3),
    CommandKind.TRANSFORM: (actors.set_actor_transform, 2),
    CommandKind.TARGET_VELOCITY: (motion.set_actor_target_velocity, 2),
    CommandKind.SIMULATE_PHYSICS: (motion.set_actor_simulate_physics, 2),
    CommandKind.TARGET_ANGULAR_VELOCITY: (motion.set_actor_target_angular_velocity, 2),
    CommandKind.IMPULSE: (motion.add_actor_impulse, 2),
    CommandKind.FORCE: (motion.add_actor_force, 2),
    CommandKind.ANGULAR_IMPULSE: (motion.add_actor_angular_impulse, 2),
    CommandKind.TORQUE: (motion.add_actor_torque, 2),
    CommandKind.ENABLE_GRAVITY: (motion.set_actor_enable_gravity, 2),
    # The TrafficManager registers its vehicles in the client; the server has no autopilot to switch.
    CommandKind.AUTOPILOT: (_accept, 2),
    CommandKind.DEBUG_TELEMETRY: (_accept, 2),
    CommandKind.LIGHT_STATE: (vehicles.switch_lights, 2),
    CommandKind.LOCATION: (actors.set_actor_location, 2),
    CommandKind.TRAFFIC_LIGHT_STATE: (traffic_lights.set_traffic_light_state, 2),
}

HANDLERS = (apply_batch,)
