"""The actors of an episode as a table: one record each, and their motion as structs of arrays."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import Enum, auto

import numpy as np
import numpy.typing as npt

from sim_bridge.server.renderer.scene import Tag
from sim_bridge.server.transforms import Floats, Pose
from sim_bridge.server.wire.actors import NO_PARENT, Description, pack_actor
from sim_bridge.server.wire.geometry import BoundingBox
from sim_bridge.server.wire.snapshots import ACTOR_STATE, ActorStates
from sim_bridge.server.wire.values import Wire


class ActorKind(Enum):
    """What decides how an actor moves and what its snapshot carries."""

    VEHICLE = auto()
    WALKER = auto()
    SENSOR = auto()
    CONTROLLER = auto()
    TRAFFIC_LIGHT = auto()
    TRAFFIC_SIGN = auto()
    SPECTATOR = auto()
    STATIC = auto()


@dataclass(frozen=True)
class Actor:
    """What stays the same about an actor.

    Attributes:
        actor_id: unique for the life of the server.
        kind: see `ActorKind`.
        description: its blueprint with all attributes.
        box: in its own frame.
        tags: semantic tags.
        parent_id: what it is fixed to, or `NO_PARENT`.
        relative: its pose in the parent's frame.
        stream_id: where its data is streamed; 0 = nowhere.
    """

    actor_id: int
    kind: ActorKind
    description: Description
    box: BoundingBox = field(default_factory=BoundingBox)
    tags: tuple[int, ...] = ()
    parent_id: int = NO_PARENT
    relative: Pose = field(default_factory=Pose)
    stream_id: int = 0


def thing_of_the_map(tag: Tag) -> Actor:
    """What CARLA says of a thing that is no actor: its tag in its type, and no id."""
    type_id = f"static.{tag.name.lower().replace('_', '')}"
    return Actor(0, ActorKind.STATIC, Description(0, type_id, {}), tags=(int(tag),))


def unstreamed(actor: Actor) -> Wire:
    """An actor as clients are told of it in events: with no stream."""
    return pack_actor(actor.actor_id, actor.parent_id, actor.description, actor.box, actor.tags, b"")


class ActorTable:
    """Actors in the order of their birth, with one row of motion each.

    Attributes:
        pose: (n, 6) float64, `Pose` order, metres and radians, world.
        velocity: (n, 3) float64 m/s, world.
        angular_velocity: (n, 3) float64 rad/s, world.
        acceleration: (n, 3) float64 m/s2, world.
        half_extents: (n, 3) float64 m, of the box.
        solid: (n,) bool, whether it collides if its kind does.
        state: (n, 54) uint8, the part of the snapshot that depends on the kind.
    """

    def __init__(self) -> None:
        self._actors: dict[int, Actor] = {}
        self._rows: dict[int, int] = {}
        self._ids = np.zeros(0, np.uint32)
        self.pose: Floats = np.zeros((0, 6))
        self.velocity: Floats = np.zeros((0, 3))
        self.angular_velocity: Floats = np.zeros((0, 3))
        self.acceleration: Floats = np.zeros((0, 3))
        self.half_extents: Floats = np.zeros((0, 3))
        self.solid: npt.NDArray[np.bool_] = np.zeros(0, np.bool_)
        self.state: npt.NDArray[np.uint8] = np.zeros((0, 54), np.uint8)

    def __len__(self) -> int:
        return len(self._actors)

    def __iter__(self) -> Iterator[Actor]:
        return iter(self._actors.values())

    def __contains__(self, actor_id: object) -> bool:
        return actor_id in self._actors

    def get(self, actor_id: int) -> Actor | None:
        """The actor, or None when it is gone."""
        return self._actors.get(actor_id)

    def __getitem__(self, actor_id: int) -> Actor:
        return self._actors[actor_id]

    def row(self, actor_id: int) -> int:
        """Its row in the arrays; KeyError when it is gone."""
        return self._rows[actor_id]

    def rows(self, actor_ids: Iterable[int]) -> npt.NDArray[np.intp]:
        """(k,) rows of several actors."""
        return np.array([self._rows[actor_id] for actor_id in actor_ids], dtype=np.intp)

    def at(self, row: int) -> Actor:
        """The actor of a row."""
        return self._actors[int(self._ids[row])]

    def of_kind(self, kind: ActorKind) -> list[Actor]:
        """All actors of a kind, oldest first."""
        return [actor for actor in self if actor.kind is kind]

    def children(self, actor_id: int) -> list[Actor]:
        """What is fixed to an actor, and what is fixed to that, parents first."""
        direct = [actor for actor in self if actor.parent_id == actor_id]
        return [actor for child in direct for actor in (child, *self.children(child.actor_id))]

    def carriers(self, actor: Actor) -> Iterator[int]:
        """The ids of what an actor is fixed to, and of what that is fixed to, nearest first."""
        parent_id = actor.parent_id
        while parent_id in self._actors:
            yield parent_id
            parent_id = self._actors[parent_id].parent_id

    def add(self, actor: Actor, pose: Pose) -> None:
        """Adds a resting actor."""
        self._rows[actor.actor_id] = len(self)
        self._actors[actor.actor_id] = actor
        self._ids = np.append(self._ids, np.uint32(actor.actor_id))
        self.pose = np.vstack([self.pose, np.array([pose])])
        self.velocity, self.angular_velocity, self.acceleration = (
            np.vstack([array, np.zeros((1, 3))])
            for array in (self.velocity, self.angular_velocity, self.acceleration)
        )
        self.half_extents = np.vstack([self.half_extents, np.array([actor.box.extent])])
        self.solid = np.append(self.solid, True)
        self.state = np.vstack([self.state, np.zeros((1, 54), np.uint8)])

    def replace(self, actor: Actor) -> None:
        """Exchanges what is known of an actor; its motion stays."""
        self._actors[actor.actor_id] = actor
        self.half_extents[self._rows[actor.actor_id]] = actor.box.extent

    def remove(self, actor_id: int) -> None:
        """Removes an actor; the rows behind it move up."""
        keep = np.ones(len(self), dtype=np.bool_)
        keep[self._rows[actor_id]] = False
        del self._actors[actor_id]
        self._rows = {other: row for row, other in enumerate(self._actors)}
        self._ids = self._ids[keep]
        self.pose, self.velocity, self.angular_velocity, self.acceleration = (
            array[keep] for array in (self.pose, self.velocity, self.angular_velocity, self.acceleration)
        )
        self.half_extents, self.solid = self.half_extents[keep], self.solid[keep]
        self.state = self.state[keep]

    def pose_of(self, actor_id: int) -> Pose:
        """Its pose in the world."""
        return Pose(*map(float, self.pose[self._rows[actor_id]]))

    def place(self, actor_id: int, pose: Pose) -> None:
        """Puts an actor somewhere else."""
        self.pose[self._rows[actor_id]] = pose

    def write_state(self, actor_id: int, state: npt.NDArray[np.void] | np.void) -> None:
        """Sets the part of one actor's snapshot that depends on its kind."""
        content = np.frombuffer(state.tobytes(), np.uint8)
        self.state[self._rows[actor_id], : len(content)] = content

    def packed(self) -> ActorStates:
        """(n,) of `ACTOR_STATE`, ready for the world frame."""
        states = np.zeros(len(self), ACTOR_STATE)
        states["id"], states["alive"] = self._ids, 1
        states["transform"][:, :3] = self.pose[:, :3]
        states["transform"][:, 3:] = 180.0 - (180.0 - np.degrees(self.pose[:, 3:])) % 360.0
        states["velocity"], states["acceleration"] = self.velocity, self.acceleration
        states["angular_velocity"] = np.degrees(self.angular_velocity)
        states["state"] = self.state
        return states
