"""What stands around, street lights, and what clients may draw."""

from __future__ import annotations

from collections.abc import Iterator

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.maps.scenery.prop import Prop
from sim_bridge.server.renderer.scene import Tag
from sim_bridge.server.transforms import Pose, compose
from sim_bridge.server.wire.geometry import BoundingBox, pack_box, pack_transform
from sim_bridge.server.wire.lights import pack_street_light, read_light_changes
from sim_bridge.server.wire.snapshots import FrameFlag
from sim_bridge.server.wire.values import Wire, flag, integer
from sim_bridge.server.world.scenery import FIRST_PROP_ID

_ANY_TAG = 0xFF
_SIGNAL_HEAD = "signal.head"


def get_environment_objects(session: Session, tag: Wire = _ANY_TAG) -> Wire:
    """The map's things with that semantic tag: pose, box, id, name, tag."""
    return [
        [
            pack_transform(prop.pose),
            pack_box(_box(prop)),
            FIRST_PROP_ID + index,
            _name(prop, index),
            _tag(prop),
        ]
        for index, prop in _props(session, integer(tag, "tag"))
    ]


def get_all_level_BBs(session: Session, tag: Wire = _ANY_TAG) -> Wire:  # noqa: N802 - its name on the wire
    """The boxes of the map's things with that semantic tag, in the world."""
    return [pack_box(_box(prop)) for _, prop in _props(session, integer(tag, "tag"))]


def get_names_of_all_objects(session: Session) -> list[str]:
    """The names of the map's things."""
    return [_name(prop, index) for index, prop in _props(session, _ANY_TAG)]


def _props(session: Session, tag: int) -> Iterator[tuple[int, Prop]]:
    props = session.episode.scenery.still.props
    return ((index, prop) for index, prop in enumerate(props) if tag in (_ANY_TAG, _tag(prop)))


def _tag(prop: Prop) -> Tag:
    return prop.tag


def _name(prop: Prop, index: int) -> str:
    return f"{prop.kind}_{index}"


def _box(prop: Prop) -> BoundingBox:
    """The box of a thing in the world; all but signal heads have their origin on the ground."""
    x, y, z = (size / 2.0 for size in prop.size)
    middle = compose(prop.pose, Pose(z=0.0 if prop.kind == _SIGNAL_HEAD else z))
    return BoundingBox(middle[:3], (x, y, z), (prop.pose.pitch, prop.pose.yaw, prop.pose.roll))


def query_lights_state(session: Session, endpoint: Wire = None) -> Wire:
    """The street lights that clients can switch."""
    return [pack_street_light(light) for light in session.episode.street_lights.lights.values()]


def update_lights_state(
    session: Session, endpoint: Wire = None, lights: Wire = (), discard_client: Wire = False
) -> None:
    """Changes street lights; every client learns of it with the next frame."""
    street = session.episode.street_lights
    street.change(read_light_changes(lights, street.lights))
    session.episode.scenery.switch_street_lamps(street.strengths())
    session.simulation.flags |= FrameFlag.LIGHTS_PENDING


def update_day_night_cycle(session: Session, endpoint: Wire = None, active: Wire = True) -> None:
    """Accepted without effect: a light that is on burns when it is dark, one that is off does not."""
    flag(active, "active")


def draw_debug_shape(session: Session, shape: Wire) -> None:
    """Accepted without effect: nobody looks at a window of ours."""


HANDLERS = (
    get_environment_objects,
    get_all_level_BBs,
    get_names_of_all_objects,
    query_lights_state,
    update_lights_state,
    update_day_night_cycle,
    draw_debug_shape,
)
