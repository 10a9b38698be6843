"""Reading a sensor's attributes: in bounds, or refused in one line that names the attribute."""

from __future__ import annotations

from sim_bridge.server.wire.actors import Description
from sim_bridge.server.wire.values import WireError


def bounded(description: Description, name: str, low: float, high: float) -> float:
    """An attribute that is a number from `low` to `high`.

    Raises:
        WireError: it lies outside.
    """
    value = float(description.get(name))
    if not low <= value <= high:
        raise WireError(f"{description.type_id}: {name} {value:g} must be within {low:g} and {high:g}")
    return value


def whole(description: Description, name: str, low: int, high: int) -> int:
    """An attribute that is a whole number from `low` to `high`.

    Raises:
        WireError: it lies outside.
    """
    value = int(description.get(name))
    if not low <= value <= high:
        raise WireError(f"{description.type_id}: {name} {value} must be within {low} and {high}")
    return value


def switched(description: Description, name: str) -> bool:
    """An attribute that is on or off."""
    return description.get(name).lower() in ("true", "1")
