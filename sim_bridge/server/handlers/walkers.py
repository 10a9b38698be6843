"""Walking."""

from __future__ import annotations

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.wire.values import Wire
from sim_bridge.server.wire.vehicles import read_walker_control
from sim_bridge.server.world.actors import ActorKind


def apply_control_to_walker(session: Session, actor_id: Wire, control: Wire) -> None:
    """Where a walker goes from the next step on."""
    wanted = read_walker_control(control)
    if session.find(actor_id, ActorKind.WALKER) is not None:
        session.episode.walkers.controls[actor_id] = wanted


HANDLERS = (apply_control_to_walker,)
