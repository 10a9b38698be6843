"""Blueprints, spawning, destroying, and what all actors have in common."""

from __future__ import annotations

from sim_bridge.server.blueprints.library import completed
from sim_bridge.server.handlers.session import Session
from sim_bridge.server.rpc import CallError
from sim_bridge.server.sensors.memory import settings_of
from sim_bridge.server.transforms import Pose
from sim_bridge.server.wire.actors import NO_PARENT, Description, pack_definition, read_description
from sim_bridge.server.wire.geometry import BoundingBox, pack_box, read_location, read_transform
from sim_bridge.server.wire.values import Wire, integer, items
from sim_bridge.server.world.actors import Actor


def get_actor_definitions(session: Session) -> Wire:
    """All blueprints."""
    return [pack_definition(definition) for definition in session.server.library.values()]


def get_spectator(session: Session) -> Wire:
    """The actor of the free view."""
    return session.packed(session.actor(session.episode.spectator_id))


def get_actors_by_id(session: Session, actor_ids: Wire) -> Wire:
    """Those actors of the list that are still there."""
    found = (session.find(actor_id) for actor_id in items(actor_ids, "actor ids"))
    return [session.packed(actor) for actor in found if actor is not None]


def spawn(session: Session, wish: Description, pose: Pose, parent_id: int = NO_PARENT) -> Actor:
    """Adds an actor.

    Raises:
        CallError: the parent is gone, or something stands in the way.
        WireError: unknown blueprint or bad attribute.
    """
    description = completed(session.server.library, wish)
    if parent_id != NO_PARENT:
        session.actor(parent_id)
    settings_of(description)  # a sensor that cannot be is refused now, not when it measures
    actor = session.episode.spawn(description, pose, parent_id)
    if actor is None:
        raise CallError("Spawn failed because of collision at spawn position")
    return actor


async def spawn_actor(session: Session, description: Wire, transform: Wire) -> Wire:
    """Adds an actor at a place of the world."""
    actor = spawn(session, read_description(description), read_transform(transform))
    # To the client an actor lives once a frame has shown it.
    await session.server.stepper.next_frame()
    return session.packed(actor)


async def spawn_actor_with_parent(
    session: Session,
    description: Wire,
    transform: Wire,
    parent: Wire,
    attachment: Wire = 0,
    socket: Wire = "",
) -> Wire:
    """Adds an actor that is fixed to another one; every kind of attachment is rigid here."""
    parent_id = integer(parent, "parent")
    actor = spawn(session, read_description(description), read_transform(transform), parent_id)
    await session.server.stepper.next_frame()
    return session.packed(actor)


def destroy_actor(session: Session, actor_id: Wire) -> bool:
    """Removes an actor with everything fixed to it."""
    wanted = integer(actor_id, "actor id")
    # Clients destroy the sensors of a vehicle after the vehicle; that they are gone already is a success.
    return session.episode.destroy(wanted) or session.episode.was_destroyed(wanted)


def set_actor_transform(session: Session, actor_id: Wire, transform: Wire) -> None:
    """Puts an actor somewhere else."""
    session.episode.place(integer(actor_id, "actor id"), read_transform(transform))


def set_actor_location(session: Session, actor_id: Wire, location: Wire) -> None:
    """Puts an actor somewhere else without turning it."""
    x, y, z = read_location(location)
    if session.find(actor_id) is not None:
        pose = session.episode.table.pose_of(actor_id)
        session.episode.place(actor_id, pose._replace(x=x, y=y, z=z))


def get_actor_bounding_box(session: Session, actor_id: Wire) -> Wire:
    """The box of an actor, empty for one that is gone: a TrafficManager would not survive an error."""
    actor = session.find(actor_id)
    return pack_box(BoundingBox() if actor is None else actor.box, integer(actor_id))


HANDLERS = (
    get_actor_definitions,
    get_spectator,
    get_actors_by_id,
    spawn_actor,
    spawn_actor_with_parent,
    destroy_actor,
    set_actor_transform,
    set_actor_location,
    get_actor_bounding_box,
)
