"""Walker blueprints, from the catalogue of the people that can be drawn."""

from __future__ import annotations

from sim_bridge.server.blueprints.attributes import choice, number, role, switch, whole
from sim_bridge.server.renderer.meshes.catalogue import PEDESTRIANS, PedestrianModel
from sim_bridge.server.wire.actors import Attribute

# m/s: standing, walking, running.
_ADULT_SPEEDS = (0.0, 1.43, 2.7)
_CHILD_SPEEDS = (0.0, 1.18, 2.23)


def walker_attributes(model: PedestrianModel) -> tuple[Attribute, ...]:
    """The attributes of a walker blueprint."""
    speeds = _ADULT_SPEEDS if model.kind == "adult" else _CHILD_SPEEDS
    return (
        choice("gender", model.gender, modifiable=False),
        choice("age", model.age, modifiable=False),
        whole("generation", model.generation, modifiable=False),
        switch("can_use_wheelchair", False, modifiable=False),
        switch("use_wheelchair", False),
        number("speed", *speeds),
        switch("is_invincible", True),
        role("pedestrian"),
    )


def walker_blueprints() -> dict[str, tuple[Attribute, ...]]:
    """All walker blueprints by id."""
    return {name: walker_attributes(model) for name, model in PEDESTRIANS.items()}
