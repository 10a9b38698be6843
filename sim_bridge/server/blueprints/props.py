"""Blueprints of props, from the catalogue of what can be drawn."""

from __future__ import annotations

from sim_bridge.server.blueprints.attributes import choice, role
from sim_bridge.server.renderer.meshes.catalogue import PROPS, PropModel
from sim_bridge.server.wire.actors import Attribute


def prop_attributes(model: PropModel) -> tuple[Attribute, ...]:
    """The attributes of a prop blueprint."""
    return (choice("size", _size_word(model), modifiable=False), role("prop"))


def prop_blueprints() -> dict[str, tuple[Attribute, ...]]:
    """All prop blueprints by id."""
    return {name: prop_attributes(model) for name, model in PROPS.items()}


def _size_word(model: PropModel) -> str:
    """CARLA's word for how large a prop is, by its longest side."""
    longest = max(model.size)
    limits = ((0.2, "tiny"), (0.6, "small"), (1.5, "medium"), (4.0, "big"))
    return next((word for limit, word in limits if longest <= limit), "huge")
