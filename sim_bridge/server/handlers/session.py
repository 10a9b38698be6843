"""What a handler works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sim_bridge.server.rpc import CallError, Connection
from sim_bridge.server.simulation import Simulation
from sim_bridge.server.stepping import Stepper
from sim_bridge.server.streams import StreamServer
from sim_bridge.server.wire.actors import Definition, pack_actor
from sim_bridge.server.wire.values import Wire, integer
from sim_bridge.server.world.actors import Actor, ActorKind
from sim_bridge.server.world.episode import Episode


@dataclass
class Server:
    """The parts of the running server.

    Attributes:
        simulation: the world and its settings.
        streams: the streaming port.
        stepper: who makes the steps.
        library: blueprints by id.
        traffic_managers: by port, the address and the connection that announced it.
        settings_asked_in_frame: by connection, the frame in which it last asked for the settings.
    """

    simulation: Simulation
    streams: StreamServer
    stepper: Stepper
    library: Mapping[str, Definition]
    traffic_managers: dict[int, tuple[str, Connection]] = field(default_factory=dict)
    settings_asked_in_frame: dict[Connection, int] = field(default_factory=dict)

    def forget(self, connection: Connection) -> None:
        """A connection is gone, and with it the TrafficManagers that it announced."""
        self.settings_asked_in_frame.pop(connection, None)
        self.traffic_managers = {
            port: (address, owner)
            for port, (address, owner) in self.traffic_managers.items()
            if owner is not connection
        }


@dataclass(frozen=True)
class Session:
    """One call's surroundings: the server and the connection that called."""

    server: Server
    connection: Connection

    @property
    def simulation(self) -> Simulation:
        """The world and its settings."""
        return self.server.simulation

    @property
    def episode(self) -> Episode:
        """The current episode."""
        return self.server.simulation.episode

    def actor(self, actor_id: Wire, kind: ActorKind | None = None) -> Actor:
        """The actor of that id.

        Raises:
            CallError: there is none, or it is of another kind.
        """
        actor = self.find(actor_id, kind)
        if actor is None:
            what = "actor" if kind is None else kind.name.lower().replace("_", " ")
            raise CallError(f"unable to find {what} {actor_id}: it is not, or no longer, in the simulation")
        return actor

    def find(self, actor_id: Wire, kind: ActorKind | None = None) -> Actor | None:
        """The actor of that id and kind, or None."""
        actor = self.episode.table.get(integer(actor_id, "actor id"))
        return actor if actor is not None and kind in (None, actor.kind) else None

    def packed(self, actor: Actor) -> Wire:
        """The actor as clients are told of it."""
        token = self.server.streams.token(actor.stream_id) if actor.stream_id else b""
        return pack_actor(actor.actor_id, actor.parent_id, actor.description, actor.box, actor.tags, token)
