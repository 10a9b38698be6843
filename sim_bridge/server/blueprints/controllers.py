"""What steers other actors from within a client."""

from __future__ import annotations

from sim_bridge.server.blueprints.attributes import role
from sim_bridge.server.wire.actors import Attribute


def controller_blueprints() -> dict[str, tuple[Attribute, ...]]:
    """The controller that lets a walker into its client's crowd."""
    return {"controller.ai.walker": (role("default"),)}
