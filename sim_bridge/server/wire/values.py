"""Reading of untrusted msgpack values: each reader returns a checked Python value or says what is wrong."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

# msgpack gives nested lists of these; nothing more precise can be said before a reader has looked at one.
Wire = Any


class WireError(ValueError):
    """A value from the wire does not have the form that its place demands."""


def number(value: Wire, name: str = "number") -> float:
    """A finite number; msgpack clients may send an integer where a float is meant, never a bool."""
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WireError(f"{name}: expected a number, got {type(value).__name__}")
    result = float(value)
    if not math.isfinite(result):
        raise WireError(f"{name}: must be finite, got {result}")
    return result


def integer(value: Wire, name: str = "integer") -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise WireError(f"{name}: expected an integer, got {type(value).__name__}")
    return value


def flag(value: Wire, name: str = "flag") -> bool:
    """A bool."""
    if not isinstance(value, bool):
        raise WireError(f"{name}: expected a bool, got {type(value).__name__}")
    return value


def text(value: Wire, name: str = "text") -> str:
    """A string."""
    if not isinstance(value, str):
        raise WireError(f"{name}: expected a string, got {type(value).__name__}")
    return value


def members(value: Wire, count: int, name: str) -> Sequence[Wire]:
    """The first `count` members of a struct; more are ignored, so that newer clients stay welcome."""
    if not isinstance(value, (list, tuple)):
        raise WireError(f"{name}: expected a list, got {type(value).__name__}")
    if len(value) < count:
        raise WireError(f"{name}: expected {count} members, got {len(value)}")
    return value[:count]


def items(value: Wire, name: str) -> Sequence[Wire]:
    """A list of any length."""
    return members(value, 0, name) if not isinstance(value, (list, tuple)) else value


def optional(value: Wire, name: str) -> Wire | None:
    """An optional: `[False]` or `[True, value]`."""
    parts = items(value, name)
    if len(parts) == 0 or not flag(parts[0], name):
        return None
    return members(value, 2, name)[1]


def pack_optional(value: Wire | None) -> list[Wire]:
    """The wire form of an optional."""
    return [False] if value is None else [True, value]
