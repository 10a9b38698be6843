"""Plane curves made of straight lines and circular arcs, in OpenDRIVE's axes (x east, y north, metres, rad).

Only lines and arcs, no clothoids: a clothoid whose two curvatures agree is read as NaN by CARLA's parser, and
at town speeds the jump of curvature between a line and an arc costs a driver nothing.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]

_SHORTEST_M = 1e-6


@dataclass(frozen=True)
class Pose:
    """A point with a heading (rad, counter-clockwise from +x)."""

    x: float
    y: float
    heading: float

    def ahead(self, distance: float) -> Pose:
        """The pose `distance` metres further along the heading."""
        return Pose(
            self.x + distance * math.cos(self.heading),
            self.y + distance * math.sin(self.heading),
            self.heading,
        )

    def aside(self, left: float) -> Pose:
        """The pose `left` metres to the left, heading unchanged."""
        return Pose(
            self.x - left * math.sin(self.heading), self.y + left * math.cos(self.heading), self.heading
        )

    def turned(self, angle: float) -> Pose:
        """The pose with its heading turned left by `angle`."""
        return Pose(self.x, self.y, self.heading + angle)


@dataclass(frozen=True)
class Piece:
    """A line (`curvature` 0) or an arc (1/m, positive turns left) of `length` metres from `start`."""

    start: Pose
    length: float
    curvature: float

    def at(self, s: float) -> Pose:
        """The pose `s` metres from the start of the piece."""
        if self.curvature == 0.0:
            return self.start.ahead(s)
        turn = self.curvature * s
        heading = self.start.heading
        return Pose(
            self.start.x + (math.sin(heading + turn) - math.sin(heading)) / self.curvature,
            self.start.y - (math.cos(heading + turn) - math.cos(heading)) / self.curvature,
            heading + turn,
        )

    @property
    def end(self) -> Pose:
        """The pose at the end of the piece."""
        return self.at(self.length)


Path = tuple[Piece, ...]


def wrapped(angle: float) -> float:
    """The same angle in (-pi, pi]."""
    return math.pi - (math.pi - angle) % (2.0 * math.pi)


def heading_between(a: Point, b: Point) -> float:
    """Heading of the straight line from `a` to `b` (rad)."""
    return math.atan2(b[1] - a[1], b[0] - a[0])


def path_length(path: Path) -> float:
    """Length in metres."""
    return sum(piece.length for piece in path)


def smallest_radius(path: Path) -> float:
    """The tightest radius on the path in metres; infinite if it is straight."""
    return min((1.0 / abs(piece.curvature) for piece in path if piece.curvature != 0.0), default=math.inf)


def rounded_polyline(points: Sequence[Point], radii: Sequence[float]) -> Path:
    """The polyline through `points` with each inner corner replaced by an arc.

    Args:
        points: at least two.
        radii: one for each inner point, metres.

    Raises:
        ValueError: two corners are too close for their radii; names the corner.
    """
    pieces: list[Piece] = []
    cursor = Pose(*points[0], heading_between(points[0], points[1]))
    for index, (corner, radius) in enumerate(zip(points[1:-1], radii, strict=True)):
        turn = wrapped(heading_between(corner, points[index + 2]) - cursor.heading)
        tangent = radius * math.tan(abs(turn) / 2.0)
        straight = math.hypot(corner[0] - cursor.x, corner[1] - cursor.y) - tangent
        if straight < 0.0:
            raise ValueError(
                f"corner {index} at {corner}: radius {radius} m does not fit, {straight:.1f} m short"
            )
        if straight > _SHORTEST_M:
            pieces.append(Piece(cursor, straight, 0.0))
            cursor = cursor.ahead(straight)
        if abs(turn) > _SHORTEST_M:
            pieces.append(Piece(cursor, radius * abs(turn), math.copysign(1.0 / radius, turn)))
            cursor = pieces[-1].end
    last = points[-1]
    along = (last[0] - cursor.x) * math.cos(cursor.heading) + (last[1] - cursor.y) * math.sin(cursor.heading)
    if along < 0.0:
        raise ValueError(f"last corner: radius does not fit, {along:.1f} m short")
    return (*pieces, Piece(cursor, along, 0.0))


def trimmed(path: Path, at_start: float, at_end: float) -> Path:
    """The path without its first and last metres.

    Raises:
        ValueError: nothing would be left.
    """
    left = path_length(path) - at_start - at_end
    if left <= 0.0:
        raise ValueError(f"a path of {path_length(path):.1f} m cannot lose {at_start:.1f} and {at_end:.1f} m")
    kept = []
    begin = at_start
    for piece in path:
        first, last = max(begin, 0.0), min(begin + left, piece.length)
        if last - first > _SHORTEST_M:
            kept.append(Piece(piece.at(first), last - first, piece.curvature))
        begin -= piece.length
    return tuple(kept)


def pose_on(path: Path, s: float) -> Pose:
    """The pose `s` metres along a path, or its end."""
    for piece in path:
        if s <= piece.length:
            return piece.at(s)
        s -= piece.length
    return path[-1].end


def arc_around(centre: Point, start: Point, end: Point) -> Path:
    """The counter-clockwise arc round a centre from one point to another that is as far from it."""
    radius = math.dist(centre, start)
    first, last = heading_between(centre, start), heading_between(centre, end)
    return (Piece(Pose(*start, first + math.pi / 2.0), radius * ((last - first) % math.tau), 1.0 / radius),)


def link(start: Pose, end: Pose) -> Path:
    """The gentlest line-arc-line path between two poses; two arcs where they are (nearly) parallel."""
    turn = wrapped(end.heading - start.heading)
    to_end = wrapped(heading_between((start.x, start.y), (end.x, end.y)) - start.heading)
    if abs(turn) < 1e-9 and abs(to_end) < 1e-9:
        return (Piece(start, math.hypot(end.x - start.x, end.y - start.y), 0.0),)
    corner = _crossing(start, end)
    if corner is None or abs(turn) < math.radians(15.0):
        return _two_arcs(start, end)
    before, after = corner
    tangent = min(before, after)
    radius = tangent / math.tan(abs(turn) / 2.0)
    arc_start = start.ahead(before - tangent)
    arc = Piece(arc_start, radius * abs(turn), math.copysign(1.0 / radius, turn))
    pieces = (Piece(start, before - tangent, 0.0), arc, Piece(arc.end, after - tangent, 0.0))
    return tuple(piece for piece in pieces if piece.length > _SHORTEST_M)


def _crossing(start: Pose, end: Pose) -> tuple[float, float] | None:
    """Distances to where the start's ray meets the end's backward ray, or None if that lies behind."""
    sine = math.sin(end.heading - start.heading)
    if abs(sine) < 1e-6:
        return None
    dx, dy = end.x - start.x, end.y - start.y
    before = (dx * math.sin(end.heading) - dy * math.cos(end.heading)) / sine
    after = (dy * math.cos(start.heading) - dx * math.sin(start.heading)) / sine
    return (before, after) if before > 0.0 and after > 0.0 else None


def _two_arcs(start: Pose, end: Pose) -> Path:
    """The biarc with equal tangent lengths (Bolton 1975, "Biarc curves")."""
    dx, dy = end.x - start.x, end.y - start.y
    cos0, sin0, cos1, sin1 = (f(p.heading) for p in (start, end) for f in (math.cos, math.sin))
    along = dx * (cos0 + cos1) + dy * (sin0 + sin1)
    square = dx * dx + dy * dy
    slack = 2.0 * (1.0 - (cos0 * cos1 + sin0 * sin1))
    tangent = (
        square / (2.0 * along) if slack < 1e-9 else (math.sqrt(along**2 + slack * square) - along) / slack
    )
    middle = (
        (start.x + end.x + tangent * (cos0 - cos1)) / 2.0,
        (start.y + end.y + tangent * (sin0 - sin1)) / 2.0,
    )
    first = _arc_to(start, middle)
    second = _arc_to(first.end, (end.x, end.y))
    return (first, second)


def _arc_to(start: Pose, end: Point) -> Piece:
    """The arc (or line) that leaves `start` along its heading and ends in `end`."""
    chord = math.hypot(end[0] - start.x, end[1] - start.y)
    angle = wrapped(heading_between((start.x, start.y), end) - start.heading)
    if abs(angle) < 1e-9:
        return Piece(start, chord, 0.0)
    curvature = 2.0 * math.sin(angle) / chord
    return Piece(start, 2.0 * angle / curvature, curvature)
