"""Collisions of upright boxes: who touches whom, with what impulse, and how they part.

Bodies (vehicles, walkers) and obstacles (walls, poles, buildings) are boxes that stand upright and are turned
about the vertical only. Broad phase: a sweep along x. Narrow phase: separating axes. Response: impulses at
one point per contact with restitution and friction, deepest contact first, so that the result does not
depend on the order in which the bodies are listed. Axes: x forward, y right, z up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.vehicle.states import Booleans, Floats, Integers

RESTITUTION = 0.15
# m/s: softer touches do not bounce.
BOUNCE_SPEED = 1.0
# Between bodies.
FRICTION = 0.3
# m of overlap that is left alone, and the share of the rest that is taken back in one step.
SLOP, CORRECTION = 0.01, 0.8
# Passes over the contacts, so that a push travels through a row of cars.
ROUNDS = 4


@dataclass(frozen=True)
class Bodies:
    """n boxes that move.

    Attributes:
        position: (n, 3) float64 m, below the centre of the box, on the ground.
        yaw: (n,) float64 rad.
        half_extents: (n, 3) float64 m.
        velocity: (n, 3) float64 m/s, world.
        yaw_rate: (n,) float64 rad/s, positive to the right.
        mass: (n,) float64 kg; inf for what cannot be pushed.
        yaw_inertia: (n,) float64 kg m2; inf for what does not spin, such as a walker.
    """

    position: Floats
    yaw: Floats
    half_extents: Floats
    velocity: Floats
    yaw_rate: Floats
    mass: Floats
    yaw_inertia: Floats


@dataclass(frozen=True)
class Obstacles:
    """m boxes that never move, sorted along x; make them with `obstacles_of`.

    Attributes:
        boxes: (m, 8) float64: centre x, y; cosine, sine of yaw; half length, half width; lowest and top z.
        index: (m,) int64, the caller's index of each row.
        reach: m, largest half diagonal.
    """

    boxes: Floats
    index: Integers
    reach: float


@dataclass(frozen=True)
class Contacts:
    """k touching pairs, deepest first. Bodies that overlap but move apart have an impulse of zero.

    Attributes:
        first: (k,) int64, a body.
        second: (k,) int64, a body, or an obstacle where `with_obstacle`.
        with_obstacle: (k,) bool.
        normal: (k, 3) float64, unit, from the first to the second.
        point: (k, 3) float64 m, world.
        penetration: (k,) float64 m.
        impulse: (k, 3) float64 N s on the first; the second takes its opposite.
    """

    first: Integers
    second: Integers
    with_obstacle: Booleans
    normal: Floats
    point: Floats
    penetration: Floats
    impulse: Floats


def obstacles_of(centre: npt.ArrayLike, yaw: npt.ArrayLike, half_extents: npt.ArrayLike) -> Obstacles:
    """Obstacles from (m, 3) box centres, (m,) yaw angles (rad) and (m, 3) half extents (m)."""
    middle = np.asarray(centre, dtype=np.float64).reshape(-1, 3)
    halves = np.asarray(half_extents, dtype=np.float64).reshape(-1, 3)
    boxes = _boxes(middle, np.asarray(yaw, dtype=np.float64).reshape(-1), halves)
    order = np.argsort(boxes[:, 0], kind="stable").astype(np.int64)
    reach = float(np.hypot(halves[:, 0], halves[:, 1]).max(initial=0.0))
    return Obstacles(np.ascontiguousarray(boxes[order]), order, reach)


def resolve(bodies: Bodies, obstacles: Obstacles) -> tuple[Bodies, Contacts]:
    """Finds all contacts and lets them act.

    Returns:
        The bodies with new position, velocity and yaw rate, and the contacts that changed them.
    """
    standing = bodies.position + bodies.half_extents * (0.0, 0.0, 1.0)
    boxes = _boxes(standing, bodies.yaw, bodies.half_extents)
    order = np.argsort(boxes[:, 0], kind="stable")
    # Room for six contacts a body; a heap of more than that is searched again with more room.
    found = np.empty((6 * len(boxes) + 8, 9))
    reach = np.hypot(boxes[:, 4], boxes[:, 5])
    starts = np.searchsorted(obstacles.boxes[:, 0], boxes[:, 0] - reach - obstacles.reach)
    sweep = (boxes, order, reach, obstacles.boxes, starts, obstacles.reach)
    while (count := _find(*sweep, found, np.empty(12))) > len(found):
        found = np.empty((count, 9))
    contacts = found[:count]
    contacts = contacts[np.lexsort((contacts[:, 6], contacts[:, 5], -contacts[:, 8]))]
    motion = np.column_stack([bodies.position[:, :2], bodies.velocity[:, :2], bodies.yaw_rate])
    impulses = np.zeros((count, 2))
    _respond(contacts, motion, 1.0 / bodies.mass, 1.0 / bodies.yaw_inertia, impulses)
    moved = replace(
        bodies,
        position=np.column_stack([motion[:, 0:2], bodies.position[:, 2]]),
        velocity=np.column_stack([motion[:, 2:4], bodies.velocity[:, 2]]),
        yaw_rate=motion[:, 4].copy(),
    )
    return moved, _contacts(contacts, impulses, obstacles)


def overlapping(bodies: Bodies, obstacles: Obstacles) -> Booleans:
    """(n,) whether each body overlaps another body or an obstacle, as a spawn must not."""
    _, contacts = resolve(bodies, obstacles)
    hit = np.zeros(len(bodies.yaw), dtype=np.bool_)
    hit[contacts.first] = True
    hit[contacts.second[~contacts.with_obstacle]] = True
    return hit


def _boxes(centre: Floats, yaw: Floats, half_extents: Floats) -> Floats:
    """(n, 8) rows as `Obstacles.boxes`."""
    low, high = centre[:, 2] - half_extents[:, 2], centre[:, 2] + half_extents[:, 2]
    columns = (centre[:, :2], np.cos(yaw), np.sin(yaw), half_extents[:, :2], low, high)
    return np.ascontiguousarray(np.column_stack(columns))


def _contacts(rows: Floats, impulses: Floats, obstacles: Obstacles) -> Contacts:
    second, fixed = rows[:, 1].astype(np.int64), rows[:, 2] > 0.0
    second[fixed] = obstacles.index[second[fixed]]
    level = np.zeros(len(rows))
    return Contacts(
        first=rows[:, 0].astype(np.int64),
        second=second,
        with_obstacle=fixed,
        normal=np.column_stack([rows[:, 3:5], level]),
        point=rows[:, 5:8].copy(),
        penetration=rows[:, 8].copy(),
        impulse=np.column_stack([impulses, level]),
    )


@kernel
def _radius_along(box: Floats, nx: float, ny: float) -> float:
    """Half the extent of a box along a unit direction, m."""
    along = abs(nx * box[2] + ny * box[3])
    across = abs(-nx * box[3] + ny * box[2])
    return float(along * box[4] + across * box[5])


@kernel
def _separation(a: Floats, b: Floats) -> tuple[float, float, float]:
    """Depth (m, negative when apart) and unit normal from `a` to `b`, by the four axes of two boxes."""
    gap_x, gap_y = b[0] - a[0], b[1] - a[1]
    best, best_x, best_y = math.inf, 0.0, 0.0
    for k in range(4):
        box = a if k < 2 else b
        nx, ny = (box[2], box[3]) if k % 2 == 0 else (-box[3], box[2])
        apart = gap_x * nx + gap_y * ny
        depth = _radius_along(a, nx, ny) + _radius_along(b, nx, ny) - abs(apart)
        # A hair's advantage for the earlier axis keeps flush boxes from flipping between two equal normals.
        if depth < best - 1e-9:
            sign = 1.0 if apart >= 0.0 else -1.0
            best, best_x, best_y = depth, sign * nx, sign * ny
        if best < 0.0:
            break
    return best, best_x, best_y


@kernel
def _add_corners_inside(a: Floats, b: Floats, total: Floats) -> None:
    """Adds to `total` (x, y, count) the corners of `a` that lie inside `b`."""
    for k in range(4):
        along = a[4] if k % 2 == 0 else -a[4]
        across = a[5] if k < 2 else -a[5]
        x = a[0] + a[2] * along - a[3] * across
        y = a[1] + a[3] * along + a[2] * across
        inside_x = abs((x - b[0]) * b[2] + (y - b[1]) * b[3]) <= b[4] + 1e-9
        if inside_x and abs(-(x - b[0]) * b[3] + (y - b[1]) * b[2]) <= b[5] + 1e-9:
            total[0] += x
            total[1] += y
            total[2] += 1.0


@kernel
def _touch(a: Floats, b: Floats, row: Floats, total: Floats) -> bool:
    """Fills normal, point and depth of a contact row if two boxes overlap."""
    low, high = max(a[6], b[6]), min(a[7], b[7])
    if low >= high:
        return False
    depth, nx, ny = _separation(a, b)
    if depth <= 0.0:
        return False
    total[:] = 0.0
    _add_corners_inside(a, b, total)
    _add_corners_inside(b, a, total)
    if total[2] > 0.0:
        x, y = total[0] / total[2], total[1] / total[2]
    else:  # crossed like a plus sign: midway between the two faces
        reach = _radius_along(a, nx, ny) - 0.5 * depth
        x, y = a[0] + reach * nx, a[1] + reach * ny
    row[3], row[4], row[5], row[6], row[7], row[8] = nx, ny, x, y, 0.5 * (low + high), depth
    return True


@kernel
def _copy(row: Floats, rows: Floats, at: int) -> None:
    for column in range(len(row)):
        rows[at, column] = row[column]


@kernel
def _find(
    boxes: Floats,
    order: Integers,
    reach: Floats,
    fixed: Floats,
    starts: Integers,
    fixed_reach: float,
    found: Floats,
    scratch: Floats,
) -> int:
    """Fills rows (first, second, fixed, normal x y, point x y z, depth) and returns how many there are.

    `scratch` is (12,); kernels cannot make arrays of their own.
    """
    n = len(boxes)
    count = 0
    row, total = scratch[:9], scratch[9:]
    farthest = 0.0
    for k in range(n):
        farthest = max(farthest, reach[k])
    for k in range(n):
        i = order[k]
        a = boxes[i]
        for other in range(k + 1, n):
            j = order[other]
            b = boxes[j]
            if b[0] - a[0] > reach[i] + farthest:
                break
            # Of two at the same x the one with the smaller y is the first, however they are listed.
            swap = b[0] == a[0] and b[1] < a[1]
            if abs(b[1] - a[1]) <= reach[i] + reach[j] and (
                _touch(b, a, row, total) if swap else _touch(a, b, row, total)
            ):
                row[0], row[1], row[2] = (j, i, 0.0) if swap else (i, j, 0.0)
                if count < len(found):
                    _copy(row, found, count)
                count += 1
        for j in range(starts[i], len(fixed)):
            if fixed[j, 0] - a[0] > reach[i] + fixed_reach:
                break
            if _touch(a, fixed[j], row, total):
                row[0], row[1], row[2] = i, j, 1.0
                if count < len(found):
                    _copy(row, found, count)
                count += 1
    return count


@kernel
def _push(
    motion: Floats, i: int, mass_inverse: float, spin_inverse: float, x: float, y: float, jx: float, jy: float
) -> None:
    """Lets an impulse (jx, jy) N s act on body `i` at the world point (x, y)."""
    motion[i, 2] += jx * mass_inverse
    motion[i, 3] += jy * mass_inverse
    motion[i, 4] += ((x - motion[i, 0]) * jy - (y - motion[i, 1]) * jx) * spin_inverse


@kernel
def _respond(
    contacts: Floats, motion: Floats, mass_inverse: Floats, spin_inverse: Floats, impulses: Floats
) -> None:
    """Changes `motion` (x, y, vx, vy, yaw rate) by the contacts and notes the impulses on the first."""
    for turn in range(ROUNDS):
        for k in range(len(contacts)):
            i, j, fixed = int(contacts[k, 0]), int(contacts[k, 1]), contacts[k, 2] > 0.0
            nx, ny, x, y = contacts[k, 3], contacts[k, 4], contacts[k, 5], contacts[k, 6]
            ax, ay = x - motion[i, 0], y - motion[i, 1]
            approach_x = motion[i, 2] - motion[i, 4] * ay
            approach_y = motion[i, 3] + motion[i, 4] * ax
            spin = (ax * ny - ay * nx) ** 2 * spin_inverse[i]
            slide = (ax * nx + ay * ny) ** 2 * spin_inverse[i]
            weight = mass_inverse[i]
            if not fixed:
                bx, by = x - motion[j, 0], y - motion[j, 1]
                approach_x -= motion[j, 2] - motion[j, 4] * by
                approach_y -= motion[j, 3] + motion[j, 4] * bx
                spin += (bx * ny - by * nx) ** 2 * spin_inverse[j]
                slide += (bx * nx + by * ny) ** 2 * spin_inverse[j]
                weight += mass_inverse[j]
            closing = approach_x * nx + approach_y * ny
            if closing <= 0.0 or weight <= 0.0:
                continue
            bounce = RESTITUTION if turn == 0 and closing > BOUNCE_SPEED else 0.0
            hit = (1.0 + bounce) * closing / (weight + spin)
            rub = (-approach_x * ny + approach_y * nx) / (weight + slide)
            rub = min(max(rub, -FRICTION * hit), FRICTION * hit)
            jx, jy = -(hit * nx - rub * ny), -(hit * ny + rub * nx)
            _push(motion, i, mass_inverse[i], spin_inverse[i], x, y, jx, jy)
            if not fixed:
                _push(motion, j, mass_inverse[j], spin_inverse[j], x, y, -jx, -jy)
            impulses[k, 0] += jx
            impulses[k, 1] += jy
    for k in range(len(contacts)):
        i, j, fixed = int(contacts[k, 0]), int(contacts[k, 1]), contacts[k, 2] > 0.0
        weight = mass_inverse[i] + (0.0 if fixed else mass_inverse[j])
        if weight <= 0.0:
            continue
        part = CORRECTION * max(contacts[k, 8] - SLOP, 0.0) / weight
        motion[i, 0] -= part * mass_inverse[i] * contacts[k, 3]
        motion[i, 1] -= part * mass_inverse[i] * contacts[k, 4]
        if not fixed:
            motion[j, 0] += part * mass_inverse[j] * contacts[k, 3]
            motion[j, 1] += part * mass_inverse[j] * contacts[k, 4]
