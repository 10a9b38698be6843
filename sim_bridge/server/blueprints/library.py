"""The library of everything that can be spawned, and the check of what a client wants to spawn."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sim_bridge.server.blueprints.controllers import controller_blueprints
from sim_bridge.server.blueprints.props import prop_blueprints
from sim_bridge.server.blueprints.sensors import sensor_blueprints
from sim_bridge.server.blueprints.vehicles import vehicle_blueprints
from sim_bridge.server.blueprints.walkers import walker_blueprints
from sim_bridge.server.wire.actors import Attribute, AttributeType, Definition, Description
from sim_bridge.server.wire.values import WireError


def blueprint_library() -> dict[str, Definition]:
    """Every blueprint by id, numbered from 1 in a fixed order."""
    tables = {
        **vehicle_blueprints(),
        **walker_blueprints(),
        **controller_blueprints(),
        **prop_blueprints(),
        **sensor_blueprints(),
    }
    return {name: Definition(uid, name, tables[name]) for uid, name in enumerate(sorted(tables), start=1)}


def completed(library: Mapping[str, Definition], wish: Description) -> Description:
    """The wish with its attributes checked and those it leaves out filled in.

    Raises:
        WireError: no such blueprint, or an attribute's text does not fit its type.
    """
    definition = library.get(wish.type_id)
    if definition is None:
        raise WireError(f"unknown blueprint {wish.type_id!r}; get_blueprint_library() lists the known ones")
    values = {}
    for attribute in definition.attributes:
        given = wish.attributes.get(attribute.name)
        content = attribute.recommended[0] if given is None or not attribute.modifiable else given[1]
        content = _whole(content) if attribute.kind is AttributeType.INT else content
        _check(wish.type_id, attribute, content)
        values[attribute.name] = (int(attribute.kind), content)
    return Description(definition.uid, definition.type_id, values)


def _whole(content: str) -> str:
    """The whole part of a number: CARLA takes "64.0" for an integer, and its own examples send it."""
    try:
        return content if content.lstrip("+-").isdigit() else str(int(float(content)))
    except (ValueError, OverflowError):
        return content


def _check(type_id: str, attribute: Attribute, content: str) -> None:
    if not _fits(attribute, content):
        kind = attribute.kind.name.lower()
        raise WireError(f"{type_id}: attribute {attribute.name} is no {kind}: {content!r}")


def _fits(attribute: Attribute, content: str) -> bool:
    try:
        if attribute.kind is AttributeType.INT:
            int(content)
        elif attribute.kind is AttributeType.FLOAT:
            return math.isfinite(float(content))
        elif attribute.kind is AttributeType.RGB_COLOR:
            return all(0 <= int(part) <= 255 for part in content.split(",")) and content.count(",") == 2
        elif attribute.kind is AttributeType.BOOL:
            return content.lower() in ("true", "false", "0", "1")
    except ValueError:
        return False
    return not attribute.restricted or content in attribute.recommended
