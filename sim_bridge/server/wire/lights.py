"""Street lights as msgpack lists."""

from __future__ import annotations

from dataclasses import dataclass

from sim_bridge.server.wire.geometry import Vector, pack_vector
from sim_bridge.server.wire.values import Wire, WireError, flag, integer, items, members, number

GROUPS = 5
"""None, vehicle, street, building, other."""


@dataclass(frozen=True)
class StreetLight:
    """A light that clients can switch.

    Attributes:
        light_id: number of the light.
        location: of its lamp, metres.
        intensity: lumen.
        group: 0..4, see `GROUPS`.
        colour: sRGB, 0..255.
        active: whether it burns when it is dark.
    """

    light_id: int
    location: Vector
    intensity: float
    group: int
    colour: tuple[int, int, int]
    active: bool


def pack_street_light(light: StreetLight) -> list[Wire]:
    """`[id, location, intensity, group, [r, g, b], active]`."""
    place, colour = pack_vector(light.location), list(light.colour)
    return [light.light_id, place, light.intensity, light.group, colour, light.active]


def read_light_changes(value: Wire, known: dict[int, StreetLight]) -> list[StreetLight]:
    """The lights as a client wants them; where a light stands is not for clients to say.

    Raises:
        WireError: no such light, or a number without sense.
    """
    return [_read(entry, known) for entry in items(value, "lights")]


def _read(value: Wire, known: dict[int, StreetLight]) -> StreetLight:
    light_id, _, intensity, group, colour, active = members(value, 6, "light")
    light = known.get(integer(light_id, "light id"))
    if light is None:
        raise WireError(f"there is no light {light_id}")
    if not 0 <= integer(group, "light group") < GROUPS:
        raise WireError(f"light {light_id}: group must be within 0 and {GROUPS - 1}, got {group}")
    red, green, blue = (_code(part, light_id) for part in members(colour, 3, "colour"))
    lumen = max(number(intensity, "intensity"), 0.0)
    return StreetLight(
        light.light_id, light.location, lumen, group, (red, green, blue), flag(active, "active")
    )


def _code(value: Wire, light_id: Wire) -> int:
    code = integer(value, "colour")
    if not 0 <= code <= 255:
        raise WireError(f"light {light_id}: a colour must be within 0 and 255, got {code}")
    return code
