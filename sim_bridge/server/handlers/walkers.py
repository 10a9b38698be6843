"""Walking."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.renderer.meshes.catalogue import STRIDE_PER_STATURE
from sim_bridge.server.wire.commands import CommandKind
from sim_bridge.server.wire.geometry import pack_transform, read_transform
from sim_bridge.server.wire.values import Wire, number
from sim_bridge.server.wire.vehicles import read_walker_control
from sim_bridge.server.world.actors import ActorKind
from sim_bridge.server.world.bones import bone_poses

# Farther than this from the origin is no place of any map, metres.
_FARTHEST_M = 1e6


def apply_control_to_walker(session: Session, actor_id: Wire, control: Wire) -> None:
    """Where a walker goes from the next step on."""
    wanted = read_walker_control(control)
    if session.find(actor_id, ActorKind.WALKER) is not None:
        session.episode.walkers.control(actor_id, wanted)


def set_walker_state(session: Session, actor_id: Wire, transform: Wire, speed: Wire) -> None:
    """Where a client's crowd has put a walker, and how fast it goes; the place is that of the feet."""
    pose, wanted = read_transform(transform), number(speed, "speed")
    if session.find(actor_id, ActorKind.WALKER) is not None:
        place = np.clip(np.array([pose[:3]]), -_FARTHEST_M, _FARTHEST_M)
        session.episode.walkers.guide([actor_id], place, np.array([pose.yaw]), np.array([wanted]))


def guide_walkers(session: Session, commands: Sequence[Wire]) -> list[Wire] | None:
    """Executes a batch of nothing but well-formed walker states at once; None if it is anything else."""
    kind = int(CommandKind.WALKER_STATE)
    try:
        states = [
            (which, actor_id, x, y, z, rotation[1], speed)
            for ((which, (actor_id, ((x, y, z), rotation), speed)),) in commands
        ]
    except (TypeError, ValueError, IndexError, KeyError):
        return None
    walkers = session.episode.walkers
    ids = [state[1] for state in states]
    if not states or any(state[0] != kind or state[1] not in walkers for state in states):
        return None
    if any(type(value) not in (int, float) for state in states for value in state[1:]):
        return None
    places = np.array([state[2:] for state in states], np.float64)
    if len(set(ids)) < len(ids) or not bool(np.isfinite(places).all()):
        return None
    feet = np.clip(places[:, :3], -_FARTHEST_M, _FARTHEST_M)
    walkers.guide(ids, feet, np.radians(places[:, 3]), places[:, 4])
    return [[[1, actor_id]] for actor_id in ids]


def set_actor_dead(session: Session, actor_id: Wire) -> None:
    """A walker falls and is taken away later; its client's crowd says so when a vehicle runs into it."""
    if session.find(actor_id, ActorKind.WALKER) is not None:
        session.episode.walkers.die(actor_id)


def get_bones_transform(session: Session, actor_id: Wire) -> Wire:
    """A walker's bones: name, and where each is in the world, seen from the feet, from its parent bone."""
    actor = session.actor(actor_id, ActorKind.WALKER)
    walkers, stature = session.episode.walkers, 2.0 * actor.box.extent[2]
    index = walkers.ids.index(actor.actor_id)
    phase = walkers.walked_m[index] / (STRIDE_PER_STATURE * stature) if walkers.walking[index] else None
    bones = bone_poses(session.episode.table.pose_of(actor.actor_id), stature, phase)
    return [[[b.name, *(pack_transform(p) for p in (b.world, b.component, b.relative))] for b in bones]]


def set_bones_transform(session: Session, actor_id: Wire, bones: Wire) -> None:
    """Accepted without effect: the figures of walkers have the strides that they were built with."""


def blend_pose(session: Session, actor_id: Wire, share: Wire) -> None:
    """Accepted without effect, as nobody can set bones."""


def get_pose_from_animation(session: Session, actor_id: Wire) -> None:
    """Accepted without effect, as nobody can set bones."""


HANDLERS = (
    apply_control_to_walker,
    set_actor_dead,
    get_bones_transform,
    set_bones_transform,
    blend_pose,
    get_pose_from_animation,
)
