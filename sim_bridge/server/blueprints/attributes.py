"""Short ways to write attributes down in a table."""

from __future__ import annotations

from sim_bridge.server.wire.actors import Attribute, AttributeType


def number(name: str, default: float, *more: float) -> Attribute:
    """A float the client may set."""
    return Attribute(name, AttributeType.FLOAT, tuple(str(float(v)) for v in (default, *more)))


def whole(name: str, default: int, *, modifiable: bool = True) -> Attribute:
    """An integer."""
    return Attribute(name, AttributeType.INT, (str(default),), modifiable)


def switch(name: str, default: bool, *, modifiable: bool = True) -> Attribute:
    """A bool, spelled as CARLA's server spells it."""
    return Attribute(name, AttributeType.BOOL, (str(default).lower(),), modifiable)


def choice(name: str, *texts: str, modifiable: bool = True, restricted: bool = False) -> Attribute:
    """A string; the first text is the default."""
    return Attribute(name, AttributeType.STRING, texts, modifiable, restricted)


def colours(name: str, *rgb: tuple[int, int, int]) -> Attribute:
    """A colour; the first one is the default."""
    return Attribute(name, AttributeType.RGB_COLOR, tuple(f"{r},{g},{b}" for r, g, b in rgb))


def fixed_number(name: str, value: float) -> Attribute:
    """A float the client may read only."""
    return Attribute(name, AttributeType.FLOAT, (str(float(value)),), modifiable=False)


def role(*names: str) -> Attribute:
    """What the actor is in the client's play."""
    return choice("role_name", *names)
