"""Street lights, scenery, and what clients may switch off or draw."""

from __future__ import annotations

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.wire.values import Wire


def query_lights_state(session: Session, endpoint: Wire = None) -> Wire:
    """The street lights that clients can switch: ours follow the sun by themselves."""
    return []


def draw_debug_shape(session: Session, shape: Wire) -> None:
    """Accepted without effect: nobody looks at a window of ours."""


HANDLERS = (query_lights_state, draw_debug_shape)
