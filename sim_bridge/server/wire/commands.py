"""The commands of a batch."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from sim_bridge.server.transforms import Pose
from sim_bridge.server.wire.actors import Description, read_description
from sim_bridge.server.wire.geometry import read_transform
from sim_bridge.server.wire.values import Wire, WireError, integer, items, members, optional


class CommandKind(IntEnum):
    """Which command it is: the index of the variant on the wire."""

    SPAWN = 0
    DESTROY = 1
    VEHICLE_CONTROL = 2
    ACKERMANN_CONTROL = 3
    WALKER_CONTROL = 4
    PHYSICS_CONTROL = 5
    TRANSFORM = 6
    WALKER_STATE = 7
    TARGET_VELOCITY = 8
    TARGET_ANGULAR_VELOCITY = 9
    IMPULSE = 10
    FORCE = 11
    ANGULAR_IMPULSE = 12
    TORQUE = 13
    SIMULATE_PHYSICS = 14
    ENABLE_GRAVITY = 15
    AUTOPILOT = 16
    DEBUG_TELEMETRY = 17
    LIGHT_STATE = 18
    LOCATION = 19
    CONSOLE = 20
    TRAFFIC_LIGHT_STATE = 21


@dataclass(frozen=True)
class Spawn:
    """A wish for an actor; `pose` is relative to the parent where there is one."""

    description: Description
    pose: Pose
    parent_id: int | None
    attachment: int
    do_after: tuple[tuple[CommandKind, Wire], ...]


def read_command(value: Wire) -> tuple[CommandKind, Wire]:
    """`[[kind, payload]]`; the payload is read by who executes the command."""
    kind, payload = members(members(value, 1, "command")[0], 2, "command")
    try:
        return CommandKind(integer(kind, "command kind")), payload
    except ValueError as error:
        raise WireError(f"unknown command {kind}") from error


def read_spawn(payload: Wire) -> Spawn:
    """`[description, transform, optional parent, attachment, socket, do_after]`."""
    description, transform, parent, attachment, _socket, after = members(payload, 6, "SpawnActor")
    parent_id = optional(parent, "parent")
    return Spawn(
        description=read_description(description),
        pose=read_transform(transform),
        parent_id=None if parent_id is None else integer(parent_id, "parent"),
        # Without a parent the client sends whatever its memory held there.
        attachment=integer(attachment, "attachment") if parent_id is not None else 0,
        do_after=tuple(read_command(command) for command in items(after, "do_after")),
    )
