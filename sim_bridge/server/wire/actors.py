"""Actor definitions, descriptions and actors as msgpack lists."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

from sim_bridge.server.wire.geometry import BoundingBox, pack_box
from sim_bridge.server.wire.values import Wire, integer, items, members, text

NO_PARENT = 0


class AttributeType(IntEnum):
    """How the client converts an attribute's text."""

    BOOL = 1
    INT = 2
    FLOAT = 3
    STRING = 4
    RGB_COLOR = 5


@dataclass(frozen=True)
class Attribute:
    """One attribute of a blueprint.

    Attributes:
        name: its id.
        kind: how the client converts its text.
        recommended: texts offered to the user; the first is the default.
        modifiable: whether the client may set it.
        restricted: whether only the recommended texts are allowed.
    """

    name: str
    kind: AttributeType
    recommended: tuple[str, ...]
    modifiable: bool = True
    restricted: bool = False


@dataclass(frozen=True)
class Definition:
    """A blueprint: what can be spawned.

    Attributes:
        uid: number of the blueprint in its library.
        type_id: its dotted name.
        attributes: in the order in which they are listed.
    """

    uid: int
    type_id: str
    attributes: tuple[Attribute, ...]


@dataclass(frozen=True)
class Description:
    """What a client asks to spawn: a blueprint with chosen attribute texts."""

    uid: int
    type_id: str
    attributes: Mapping[str, tuple[int, str]]

    def get(self, name: str, default: str = "") -> str:
        """The text of one attribute."""
        return self.attributes.get(name, (0, default))[1]


def pack_definition(definition: Definition) -> list[Wire]:
    """`[uid, id, tags, attributes]`."""
    tags = ",".join(definition.type_id.split("."))
    attributes = [
        [a.name, int(a.kind), a.recommended[0], list(a.recommended), a.modifiable, a.restricted]
        for a in definition.attributes
    ]
    return [definition.uid, definition.type_id, tags, attributes]


def read_description(value: Wire) -> Description:
    """`[uid, id, attribute values]`."""
    uid, type_id, attributes = members(value, 3, "description")
    chosen: dict[str, tuple[int, str]] = {}
    for attribute in items(attributes, "description.attributes"):
        name, kind, content = members(attribute, 3, "attribute")
        chosen[text(name, "attribute.id")] = (
            integer(kind, "attribute.type"),
            text(content, "attribute.value"),
        )
    return Description(integer(uid, "description.uid"), text(type_id, "description.id"), chosen)


def pack_description(description: Description) -> list[Wire]:
    """`[uid, id, attribute values]`."""
    values = [[name, kind, content] for name, (kind, content) in description.attributes.items()]
    return [description.uid, description.type_id, values]


def pack_actor(
    actor_id: int,
    parent_id: int,
    description: Description,
    box: BoundingBox,
    semantic_tags: Sequence[int],
    stream_token: bytes,
) -> list[Wire]:
    """`[id, parent, description, box, tags, token]`; an empty token makes the actor no sensor."""
    packed_box = pack_box(box, actor_id)
    return [
        actor_id,
        parent_id,
        pack_description(description),
        packed_box,
        bytes(semantic_tags),
        stream_token,
    ]
