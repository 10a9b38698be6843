"""Rows against rows that were stored: which field of which frame differs, and by how much."""

from collections import Counter
from dataclasses import dataclass

SHOWN = 25


@dataclass(frozen=True)
class Within:
    """How far a number may be off: the larger of both."""

    absolute: float = 0.0
    relative: float = 0.0

    def allows(self, expected, got):
        return abs(got - expected) <= max(self.absolute, self.relative * abs(expected))


@dataclass(frozen=True)
class Difference:
    """One value that is not what it was.

    Attributes:
        frame: number of the row.
        field: path within the row, e.g. `objects[2].box_px[0]`.
        expected: as stored.
        got: now.
    """

    frame: int
    field: str
    expected: object
    got: object


def differences(expected, got, tolerances):
    """Every difference between two lists of JSON objects.

    Args:
        expected: rows as stored.
        got: rows now.
        tolerances: `Within` by the name of the field that holds the number, or the lists of numbers; what is
            not named must be equal.
    """
    found = []
    if len(expected) != len(got):
        found.append(Difference(min(len(expected), len(got)), "number of frames", len(expected), len(got)))
    for frame, (old, new) in enumerate(zip(expected, got, strict=False)):
        found += [Difference(frame, *rest) for rest in _values(old, new, "", tolerances.get, None)]
    return found


def _values(old, new, field, tolerance_of, within):
    if isinstance(old, dict) and isinstance(new, dict):
        for name in {**old, **new}:
            path = f"{field}.{name}" if field else name
            if name not in old or name not in new:
                yield path, old.get(name, "nothing"), new.get(name, "nothing")
            else:
                yield from _values(old[name], new[name], path, tolerance_of, tolerance_of(name))
    elif isinstance(old, list) and isinstance(new, list):
        if len(old) != len(new):
            yield f"number of {field}", len(old), len(new)
        else:
            for index, (a, b) in enumerate(zip(old, new, strict=True)):
                yield from _values(a, b, f"{field}[{index}]", tolerance_of, within)
    elif not _same(old, new, within):
        yield field, old, new


def _same(old, new, within):
    if within is None or not (_number(old) and _number(new)):
        return old == new
    return within.allows(old, new)


def _number(value):
    return isinstance(value, int | float) and not isinstance(value, bool)


def report(name, found):
    """What a reader needs: the first differences one by one, and how often each field differs."""
    counts = Counter("".join(c for c in d.field if not c.isdigit()).replace("[]", "") for d in found)
    frames = sorted({d.frame for d in found})
    lines = [f"{name}: {len(found)} values differ in {len(frames)} frames, {frames[0]} to {frames[-1]}"]
    lines += [f"  frame {d.frame:3}  {d.field}: expected {d.expected}, got {d.got}" for d in found[:SHOWN]]
    if len(found) > SHOWN:
        lines.append(f"  and {len(found) - SHOWN} more")
    lines += [f"  {count:5} x {field}" for field, count in counts.most_common()]
    lines.append("if that is meant: pytest tests/golden --update-golden, and say in the commit why it moved")
    return "\n".join(lines)
