"""Collisions of upright boxes: who touches whom on its way, with what impulse, and how they part.

Bodies (vehicles, people, props) and obstacles (walls, poles, buildings) are boxes that stand upright and are
turned about the vertical only. First the boxes that each body has swept during the step are compared, by a
sort along x and separating axes; mostly that is all. Where two sweeps meet, the step is played again in
pieces so short that nothing passes through anything, and each contact acts by impulses at one point with
restitution and friction, deepest contact first, so that the result does not depend on the order in which the
bodies are listed. Axes: x forward, y right, z up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sim_bridge.server.renderer.jit import kernel, kernel_part
from sim_bridge.server.vehicle.states import Booleans, Floats, Integers

RESTITUTION = 0.15
# m/s: softer touches do not bounce.
BOUNCE_SPEED = 1.0
# Between bodies.
FRICTION = 0.3
# m of overlap that is left alone, and the share of the rest that is taken back in one step.
SLOP, CORRECTION = 0.01, 0.8
# Passes over the contacts, so that a push travels through a row of cars.
ROUNDS = 8
# m that two bodies come closer in one piece of the step, and the most pieces.
PIECE_M, MOST_PIECES = 0.1, 64
# m: what sinks less than this into another from above lies on top of it.
TOP_DEPTH = 0.4
# N with which a person pushes what is in the way.
PERSON_PUSH = 400.0

# Columns of the kernels' tables. Of a body's motion, at its centre of gravity:
_X, _Y, _Z, _YAW, _VX, _VY, _VZ, _RATE = range(8)
# Of its shape; `_CG` is the centre of gravity ahead of the middle, `_ACTIVE` whether it may touch something.
_LENGTH, _WIDTH, _HEIGHT, _CG, _LIGHTNESS, _AGILITY, _BORNE, _PERSON, _ACTIVE = range(9)
# Of a contact.
_FIRST, _SECOND, _FIXED, _NX, _NY, _NZ, _PX, _PY, _PZ, _DEPTH, _JX, _JY, _JZ = range(13)
_COLUMNS = 13


@dataclass(frozen=True)
class Bodies:
    """n boxes at the end of a step.

    Attributes:
        position: (n, 3) float64 m, below the centre of the box, on the ground.
        yaw: (n,) float64 rad.
        half_extents: (n, 3) float64 m.
        velocity: (n, 3) float64 m/s at `position`, world.
        yaw_rate: (n,) float64 rad/s, positive to the right.
        mass: (n,) float64 kg; inf for what cannot be pushed.
        yaw_inertia: (n,) float64 kg m2; inf for what does not spin, such as a person.
        travel: (n, 3) float64 m by which the step has moved it.
        turn: (n,) float64 rad by which the step has turned it.
        cg_ahead: (n,) float64 m, centre of gravity ahead of the middle of the box.
        borne: (n,) bool, whether the ground bears it, so that nothing pushes it down.
        person: (n,) bool, whether it walks: it pushes with a person's force, and nothing lies on it.
    """

    position: Floats
    yaw: Floats
    half_extents: Floats
    velocity: Floats
    yaw_rate: Floats
    mass: Floats
    yaw_inertia: Floats
    travel: Floats
    turn: Floats
    cg_ahead: Floats
    borne: Booleans
    person: Booleans

    def __len__(self) -> int:
        return len(self.yaw)


@dataclass(frozen=True)
class Obstacles:
    """m boxes that never move, sorted along x; make them with `obstacles_of`.

    Attributes:
        boxes: (m, 8) float64: centre x, y; cosine, sine of yaw; half length, half width; lowest and top z.
        index: (m,) int64, whose box each row is, in the caller's count.
        reach: m, largest half diagonal.
    """

    boxes: Floats
    index: Integers
    reach: float


@dataclass(frozen=True)
class Contacts:
    """k pairs that touched during the step, deepest first.

    Bodies that overlap but move apart have an impulse of zero.

    Attributes:
        first: (k,) int64, a body.
        second: (k,) int64, a body, or an obstacle where `with_obstacle`.
        with_obstacle: (k,) bool.
        normal: (k, 3) float64, unit, from the first to the second, when they touched first.
        point: (k, 3) float64 m, world, where they touched first.
        penetration: (k,) float64 m, the deepest.
        impulse: (k, 3) float64 N s on the first, of the whole step; the second takes its opposite.
    """

    first: Integers
    second: Integers
    with_obstacle: Booleans
    normal: Floats
    point: Floats
    penetration: Floats
    impulse: Floats


def obstacles_of(
    centre: npt.ArrayLike,
    yaw: npt.ArrayLike,
    half_extents: npt.ArrayLike,
    owner: npt.ArrayLike | None = None,
) -> Obstacles:
    """Obstacles from (m, 3) box centres, (m,) yaw angles (rad), (m, 3) half extents (m).

    `owner` (m,) says to which thing of the caller's each box belongs; by default each is a thing by itself.
    """
    middle = np.asarray(centre, dtype=np.float64).reshape(-1, 3)
    halves = np.asarray(half_extents, dtype=np.float64).reshape(-1, 3)
    boxes = _boxes(middle, np.asarray(yaw, dtype=np.float64).reshape(-1), halves)
    order = np.argsort(boxes[:, 0], kind="stable").astype(np.int64)
    reach = float(np.hypot(halves[:, 0], halves[:, 1]).max(initial=0.0))
    index = order if owner is None else np.asarray(owner, dtype=np.int64)[order]
    return Obstacles(np.ascontiguousarray(boxes[order]), index, reach)


def resolve(bodies: Bodies, obstacles: Obstacles, dt: float) -> tuple[Bodies, Contacts]:
    """Finds all contacts on the way of a step of `dt` seconds and lets them act.

    Returns:
        The bodies with new position, yaw, velocity and yaw rate, and the contacts that changed them; the
        bodies themselves where nothing touched.
    """
    shape = _shape(bodies)
    meeting = _pairs(_swept(bodies), shape, obstacles)
    if not len(meeting):
        return bodies, _contacts(meeting, obstacles)
    pieces = _pieces(bodies, meeting)
    # Whose sweep meets nobody's can only be hit by who is thrown off the way.
    shape[:, _ACTIVE] = 0.0
    shape[meeting[:, _FIRST].astype(np.int64), _ACTIVE] = 1.0
    shape[meeting[meeting[:, _FIXED] == 0.0, _SECOND].astype(np.int64), _ACTIVE] = 1.0
    start = _at_centre_of_gravity(bodies, bodies.position - bodies.travel, bodies.yaw - bodies.turn)
    path = (_at_centre_of_gravity(bodies, bodies.position, bodies.yaw) - start)[:, :4] / pieces
    room = len(meeting) + 8
    while True:
        motion, touched = start.copy(), np.zeros(len(bodies), dtype=np.bool_)
        rows = np.empty((2, room, _COLUMNS))
        tables = (np.empty((len(bodies), 8)), np.arange(len(bodies)), np.empty((2, _COLUMNS)))
        still = (obstacles.boxes, obstacles.reach)
        count = _play(motion, path, shape, touched, still, pieces, dt, tables, rows[0], rows[1])
        if count <= room:
            break
        room = count
    hits = rows[1, :count]
    hits = hits[np.lexsort((hits[:, _PY], hits[:, _PX], -hits[:, _DEPTH]))]
    return _moved(bodies, motion, touched), _contacts(hits, obstacles)


def overlapping(bodies: Bodies, obstacles: Obstacles) -> Booleans:
    """(n,) whether each body overlaps another body or an obstacle, as a spawn must not."""
    standing = bodies.position + bodies.half_extents * (0.0, 0.0, 1.0)
    boxes = _boxes(standing, bodies.yaw, bodies.half_extents)
    rows = _pairs(boxes, _shape(bodies), obstacles)
    hit = np.zeros(len(bodies), dtype=np.bool_)
    hit[rows[:, _FIRST].astype(np.int64)] = True
    hit[rows[rows[:, _FIXED] == 0.0, _SECOND].astype(np.int64)] = True
    return hit


def _boxes(centre: Floats, yaw: Floats, half_extents: Floats) -> Floats:
    """(n, 8) rows as `Obstacles.boxes`."""
    rows = np.empty((len(yaw), 8))
    rows[:, :2], rows[:, 4:6] = centre[:, :2], half_extents[:, :2]
    rows[:, 2], rows[:, 3] = np.cos(yaw), np.sin(yaw)
    rows[:, 6], rows[:, 7] = centre[:, 2] - half_extents[:, 2], centre[:, 2] + half_extents[:, 2]
    return rows


def _swept(bodies: Bodies) -> Floats:
    """(n, 8) boxes that hold each body on all of its way."""
    halves, aside = bodies.half_extents, 0.5 * np.abs(bodies.turn)
    rows = _boxes(bodies.position - 0.5 * bodies.travel, bodies.yaw - 0.5 * bodies.turn, halves)
    c, s, x, y = rows[:, 2], rows[:, 3], bodies.travel[:, 0], bodies.travel[:, 1]
    rows[:, 4] = halves[:, 0] + 0.5 * np.abs(c * x + s * y) + aside * halves[:, 1]
    rows[:, 5] = halves[:, 1] + 0.5 * np.abs(c * y - s * x) + aside * halves[:, 0]
    climb = 0.5 * np.abs(bodies.travel[:, 2])
    rows[:, 6] += halves[:, 2] - climb
    rows[:, 7] += halves[:, 2] + climb
    return rows


def _shape(bodies: Bodies) -> Floats:
    """(n, 9) what the kernels know of the bodies besides their motion."""
    rows = np.empty((len(bodies), 9))
    rows[:, :3] = bodies.half_extents
    rows[:, _HEIGHT] *= 2.0
    rows[:, _CG] = bodies.cg_ahead
    rows[:, _LIGHTNESS], rows[:, _AGILITY] = 1.0 / bodies.mass, 1.0 / bodies.yaw_inertia
    rows[:, _BORNE], rows[:, _PERSON], rows[:, _ACTIVE] = bodies.borne, bodies.person, 1.0
    return rows


def _pairs(boxes: Floats, shape: Floats, obstacles: Obstacles) -> Floats:
    """(k, 13) rows of the pairs that overlap, one of which at least can be pushed."""
    # Room for some contacts a body; a heap of more than that is searched again with more room.
    rows = np.empty((2 * len(boxes) + 8, _COLUMNS))
    order, scratch = np.argsort(boxes[:, 0], kind="stable"), np.empty((2, _COLUMNS))
    still = (obstacles.boxes, obstacles.reach)
    while (count := _find(boxes, shape, order, still, False, rows, scratch)) > len(rows):
        rows = np.empty((count, _COLUMNS))
    return rows[:count]


def _pieces(bodies: Bodies, meeting: Floats) -> int:
    """In how many pieces the step is played, from the largest way of one body towards another."""
    first, second = meeting[:, _FIRST].astype(np.int64), meeting[:, _SECOND].astype(np.int64)
    fixed = meeting[:, _FIXED] > 0.0
    second = np.where(fixed, 0, second)
    moves = np.column_stack([bodies.travel, np.abs(bodies.turn) * np.hypot(*bodies.half_extents[:, :2].T)])
    apart = moves[first]
    apart[:, :3] -= np.where(fixed[:, None], 0.0, moves[second, :3])
    apart[:, 3] += np.where(fixed, 0.0, moves[second, 3])
    way = np.linalg.norm(apart[:, :3], axis=1) + apart[:, 3]
    return min(max(math.ceil(float(way.max()) / PIECE_M), 1), MOST_PIECES)


def _at_centre_of_gravity(bodies: Bodies, position: Floats, yaw: Floats) -> Floats:
    """(n, 8) motion of the centres of gravity."""
    rows, c, s = np.empty((len(bodies), 8)), np.cos(yaw), np.sin(yaw)
    rows[:, _X] = position[:, 0] + bodies.cg_ahead * c
    rows[:, _Y] = position[:, 1] + bodies.cg_ahead * s
    rows[:, _Z], rows[:, _YAW], rows[:, _RATE] = position[:, 2], yaw, bodies.yaw_rate
    rows[:, _VX] = bodies.velocity[:, 0] - bodies.yaw_rate * bodies.cg_ahead * np.sin(bodies.yaw)
    rows[:, _VY] = bodies.velocity[:, 1] + bodies.yaw_rate * bodies.cg_ahead * np.cos(bodies.yaw)
    rows[:, _VZ] = bodies.velocity[:, 2]
    return rows


def _moved(bodies: Bodies, motion: Floats, touched: Booleans) -> Bodies:
    """The bodies with the motion of those that were touched."""
    yaw, rate = motion[:, _YAW], motion[:, _RATE]
    back_x, back_y = bodies.cg_ahead * np.cos(yaw), bodies.cg_ahead * np.sin(yaw)
    position = np.column_stack([motion[:, _X] - back_x, motion[:, _Y] - back_y, motion[:, _Z]])
    velocity = motion[:, _VX : _VZ + 1] + np.column_stack([rate * back_y, -rate * back_x, 0.0 * rate])
    return replace(
        bodies,
        position=np.where(touched[:, None], position, bodies.position),
        yaw=np.where(touched, yaw, bodies.yaw),
        velocity=np.where(touched[:, None], velocity, bodies.velocity),
        yaw_rate=np.where(touched, rate, bodies.yaw_rate),
    )


def _contacts(rows: Floats, obstacles: Obstacles) -> Contacts:
    second, fixed = rows[:, _SECOND].astype(np.int64), rows[:, _FIXED] > 0.0
    second[fixed] = obstacles.index[second[fixed]]
    return Contacts(
        first=rows[:, _FIRST].astype(np.int64),
        second=second,
        with_obstacle=fixed,
        normal=rows[:, _NX : _NZ + 1].copy(),
        point=rows[:, _PX : _PZ + 1].copy(),
        penetration=rows[:, _DEPTH].copy(),
        impulse=rows[:, _JX : _JZ + 1].copy(),
    )


@kernel_part
def _radius_along(box: Floats, nx: float, ny: float) -> float:
    """Half the extent of a box along a unit direction, m."""
    along = abs(nx * box[2] + ny * box[3])
    across = abs(-nx * box[3] + ny * box[2])
    return float(along * box[4] + across * box[5])


@kernel_part
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


@kernel_part
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


@kernel_part
def _touch(a: Floats, b: Floats, stack: bool, row: Floats, total: Floats) -> bool:
    """Fills normal, point and depth of a contact row if two boxes overlap.

    With `stack` the normal may be vertical, where the upper one has hardly sunk in.
    """
    low, high = max(a[6], b[6]), min(a[7], b[7])
    if low >= high:
        return False
    depth, nx, ny = _separation(a, b)
    if depth <= 0.0:
        return False
    total[0], total[1], total[2] = 0.0, 0.0, 0.0
    _add_corners_inside(a, b, total)
    _add_corners_inside(b, a, total)
    if total[2] > 0.0:
        x, y = total[0] / total[2], total[1] / total[2]
    else:  # crossed like a plus sign: midway between the two faces
        reach = _radius_along(a, nx, ny) - 0.5 * depth
        x, y = a[0] + reach * nx, a[1] + reach * ny
    row[_NX], row[_NY], row[_NZ], row[_DEPTH] = nx, ny, 0.0, depth
    row[_PX], row[_PY], row[_PZ] = x, y, 0.5 * (low + high)
    if stack and high - low < min(depth, TOP_DEPTH):
        row[_NX], row[_NY], row[_DEPTH] = 0.0, 0.0, high - low
        row[_NZ] = -1.0 if a[6] + a[7] > b[6] + b[7] else 1.0
    return True


@kernel_part
def _copy(row: Floats, rows: Floats, at: int) -> None:
    for column in range(_COLUMNS):
        rows[at, column] = row[column]


@kernel_part
def _sort_along_x(boxes: Floats, order: Integers) -> None:
    """Insertion: from piece to piece hardly anything changes."""
    for k in range(1, len(order)):
        moving = order[k]
        at = k
        while at > 0 and boxes[order[at - 1], 0] > boxes[moving, 0]:
            order[at] = order[at - 1]
            at -= 1
        order[at] = moving


@kernel_part
def _first_from(fixed: Floats, x: float) -> int:
    """The first of the obstacles, sorted along x, that does not begin before `x`."""
    low, high = 0, len(fixed)
    while low < high:
        middle = (low + high) // 2
        if fixed[middle, 0] < x:
            low = middle + 1
        else:
            high = middle
    return low


@kernel_part
def _may_stack(shape: Floats, upper: int, lower: int) -> bool:
    """Whether one body may lie on another (`lower` below 0: on an obstacle)."""
    if shape[upper, _BORNE] > 0.0 or shape[upper, _PERSON] > 0.0:
        return False
    return lower < 0 or shape[lower, _PERSON] == 0.0


@kernel
def _find(
    boxes: Floats,
    shape: Floats,
    order: Integers,
    still: tuple[Floats, float],
    stack: bool,
    found: Floats,
    scratch: Floats,
) -> int:
    """Fills a row for each pair that overlaps and returns how many there are.

    `scratch` has room for two rows; kernels cannot make arrays of their own.
    """
    fixed, fixed_reach = still
    n, count, farthest = len(boxes), 0, 0.0
    row, total = scratch[0], scratch[1]
    row[:] = 0.0
    for k in range(n):
        farthest = max(farthest, math.hypot(boxes[k, 4], boxes[k, 5]))
    for k in range(n):
        i = order[k]
        a, reach = boxes[i], math.hypot(boxes[i, 4], boxes[i, 5])
        for other in range(k + 1, n):
            j = order[other]
            b = boxes[j]
            if b[0] - a[0] > reach + farthest:
                break
            if abs(b[1] - a[1]) > reach + math.hypot(b[4], b[5]):
                continue
            if shape[i, _LIGHTNESS] == 0.0 and shape[j, _LIGHTNESS] == 0.0:
                continue
            if shape[i, _ACTIVE] == 0.0 and shape[j, _ACTIVE] == 0.0:
                continue
            # Of two at the same x the one with the smaller y is the first, however they are listed.
            first, second = (j, i) if b[0] == a[0] and b[1] < a[1] else (i, j)
            upper, lower = (i, j) if a[6] + a[7] > b[6] + b[7] else (j, i)
            on_top = stack and _may_stack(shape, upper, lower)
            if _touch(boxes[first], boxes[second], on_top, row, total):
                row[_FIRST], row[_SECOND], row[_FIXED] = first, second, 0.0
                if count < len(found):
                    _copy(row, found, count)
                count += 1
        if shape[i, _LIGHTNESS] == 0.0 or shape[i, _ACTIVE] == 0.0:
            continue
        for j in range(_first_from(fixed, a[0] - reach - fixed_reach), len(fixed)):
            if fixed[j, 0] - a[0] > reach + fixed_reach:
                break
            on_top = stack and a[6] + a[7] > fixed[j, 6] + fixed[j, 7] and _may_stack(shape, i, -1)
            if _touch(a, fixed[j], on_top, row, total):
                row[_FIRST], row[_SECOND], row[_FIXED] = i, j, 1.0
                if count < len(found):
                    _copy(row, found, count)
                count += 1
    return count


@kernel_part
def _push(
    motion: Floats, i: int, lightness: float, agility: float, x: float, y: float, jx: float, jy: float
) -> None:
    """Lets an impulse (jx, jy) N s act on body `i` at the world point (x, y)."""
    motion[i, _VX] += jx * lightness
    motion[i, _VY] += jy * lightness
    motion[i, _RATE] += ((x - motion[i, _X]) * jy - (y - motion[i, _Y]) * jx) * agility


@kernel_part
def _speed_along(motion: Floats, i: int, x: float, y: float, dx: float, dy: float) -> float:
    """Speed (m/s) of the point (x, y) of body `i` along a horizontal unit direction."""
    vx = motion[i, _VX] - motion[i, _RATE] * (y - motion[i, _Y])
    vy = motion[i, _VY] + motion[i, _RATE] * (x - motion[i, _X])
    return float(vx * dx + vy * dy)


@kernel_part
def _ease(motion: Floats, shape: Floats, i: int, x: float, y: float, dx: float, dy: float) -> float:
    """Speed (m/s) that one N s along a horizontal unit direction gives the point (x, y) of body `i`."""
    arm = (x - motion[i, _X]) * dy - (y - motion[i, _Y]) * dx
    return float(shape[i, _LIGHTNESS] + arm * arm * shape[i, _AGILITY])


@kernel_part
def _rub(motion: Floats, shape: Floats, row: Floats, i: int, j: int, most: float) -> None:
    """Friction of a contact: takes the sliding away with at most `most` N s. `j` below 0: an obstacle."""
    x, y, dx, dy = row[_PX], row[_PY], -row[_NY], row[_NX]
    if row[_NZ] != 0.0:
        dx = _speed_along(motion, i, x, y, 1.0, 0.0)
        dy = _speed_along(motion, i, x, y, 0.0, 1.0)
        if j >= 0:
            dx -= _speed_along(motion, j, x, y, 1.0, 0.0)
            dy -= _speed_along(motion, j, x, y, 0.0, 1.0)
        pace = math.hypot(dx, dy)
        if pace < 1e-9:
            return
        dx, dy = dx / pace, dy / pace
    sliding = _speed_along(motion, i, x, y, dx, dy)
    ease = _ease(motion, shape, i, x, y, dx, dy)
    if j >= 0:
        sliding -= _speed_along(motion, j, x, y, dx, dy)
        ease += _ease(motion, shape, j, x, y, dx, dy)
    if ease <= 0.0:
        return
    held = min(max(sliding / ease, -most), most)
    jx, jy = -held * dx, -held * dy
    _push(motion, i, shape[i, _LIGHTNESS], shape[i, _AGILITY], x, y, jx, jy)
    if j >= 0:
        _push(motion, j, shape[j, _LIGHTNESS], shape[j, _AGILITY], x, y, -jx, -jy)
    row[_JX] += jx
    row[_JY] += jy


@kernel_part
def _weights(shape: Floats, row: Floats, i: int, j: int) -> tuple[float, float]:
    """1/kg that the two of a contact oppose to a push apart; the ground bears who is pushed down onto it."""
    light_i, light_j = shape[i, _LIGHTNESS], 0.0 if j < 0 else shape[j, _LIGHTNESS]
    if row[_NZ] > 0.0 and shape[i, _BORNE] > 0.0:
        light_i = 0.0
    if row[_NZ] < 0.0 and j >= 0 and shape[j, _BORNE] > 0.0:
        light_j = 0.0
    return light_i, light_j


@kernel_part
def _persons_push(motion: Floats, shape: Floats, row: Floats, i: int, j: int, h: float) -> float:
    """Most N s of a contact in `h` seconds: who walks into something pushes no harder than people do."""
    x, y, nx, ny = row[_PX], row[_PY], row[_NX], row[_NY]
    one, other = shape[i, _PERSON] > 0.0, j >= 0 and shape[j, _PERSON] > 0.0
    if not (one or other):
        return math.inf
    hit_by_first = not one and _speed_along(motion, i, x, y, nx, ny) > 0.0
    hit_by_second = not other and j >= 0 and _speed_along(motion, j, x, y, nx, ny) < 0.0
    if hit_by_first or hit_by_second:
        return math.inf
    return max(PERSON_PUSH * h - math.hypot(row[_JX], row[_JY]), 0.0)


@kernel_part
def _act(motion: Floats, shape: Floats, row: Floats, bouncing: bool, h: float) -> None:
    """Lets one contact act once."""
    i, j = int(row[_FIRST]), -1 if row[_FIXED] > 0.0 else int(row[_SECOND])
    x, y, nx, ny, nz = row[_PX], row[_PY], row[_NX], row[_NY], row[_NZ]
    light_i, light_j = _weights(shape, row, i, j)
    if nz != 0.0:
        closing = nz * (motion[i, _VZ] - (0.0 if j < 0 else motion[j, _VZ]))
        ease = light_i + light_j
    else:
        closing = _speed_along(motion, i, x, y, nx, ny)
        ease = _ease(motion, shape, i, x, y, nx, ny)
        if j >= 0:
            closing -= _speed_along(motion, j, x, y, nx, ny)
            ease += _ease(motion, shape, j, x, y, nx, ny)
    if closing <= 0.0 or ease <= 0.0:
        return
    bounce = RESTITUTION if bouncing and closing > BOUNCE_SPEED else 0.0
    hit = min((1.0 + bounce) * closing / ease, _persons_push(motion, shape, row, i, j, h))
    if nz != 0.0:
        motion[i, _VZ] -= nz * hit * light_i
        if j >= 0:
            motion[j, _VZ] += nz * hit * light_j
    else:
        _push(motion, i, light_i, shape[i, _AGILITY], x, y, -hit * nx, -hit * ny)
        if j >= 0:
            _push(motion, j, light_j, shape[j, _AGILITY], x, y, hit * nx, hit * ny)
    row[_JX] -= hit * nx
    row[_JY] -= hit * ny
    row[_JZ] -= hit * nz
    _rub(motion, shape, row, i, j, FRICTION * hit)


@kernel_part
def _part(motion: Floats, shape: Floats, row: Floats) -> None:
    """Takes most of an overlap back."""
    i, j = int(row[_FIRST]), -1 if row[_FIXED] > 0.0 else int(row[_SECOND])
    light_i, light_j = _weights(shape, row, i, j)
    if light_i + light_j <= 0.0:
        return
    way = CORRECTION * max(row[_DEPTH] - SLOP, 0.0) / (light_i + light_j)
    for axis in range(3):
        motion[i, axis] -= way * light_i * row[_NX + axis]
        if j >= 0:
            motion[j, axis] += way * light_j * row[_NX + axis]


@kernel_part
def _deepest_first(rows: Floats, count: int, scratch: Floats) -> None:
    """Sorts the first `count` contacts by depth, then by place."""
    for k in range(1, count):
        at = k
        _copy(rows[k], scratch, 0)
        while at > 0 and _comes_after(rows[at - 1], scratch[0]):
            _copy(rows[at - 1], rows, at)
            at -= 1
        _copy(scratch[0], rows, at)


@kernel_part
def _comes_after(a: Floats, b: Floats) -> bool:
    if a[_DEPTH] != b[_DEPTH]:
        return bool(a[_DEPTH] < b[_DEPTH])
    if a[_PX] != b[_PX]:
        return bool(a[_PX] > b[_PX])
    return bool(a[_PY] > b[_PY])


@kernel_part
def _note(row: Floats, rows: Floats, count: int) -> int:
    """Adds a contact of one piece of the step to those of the whole; returns how many these are now."""
    for k in range(min(count, len(rows))):
        other = rows[k]
        if other[_FIXED] != row[_FIXED]:
            continue
        same = other[_FIRST] == row[_FIRST] and other[_SECOND] == row[_SECOND]
        swapped = row[_FIXED] == 0.0 and other[_FIRST] == row[_SECOND] and other[_SECOND] == row[_FIRST]
        if same or swapped:
            sign = 1.0 if same else -1.0
            other[_DEPTH] = max(other[_DEPTH], row[_DEPTH])
            for column in range(_JX, _JZ + 1):
                other[column] += sign * row[column]
            return count
    if count < len(rows):
        _copy(row, rows, count)
    return count + 1


@kernel
def _play(
    motion: Floats,
    path: Floats,
    shape: Floats,
    touched: Booleans,
    still: tuple[Floats, float],
    pieces: int,
    dt: float,
    tables: tuple[Floats, Integers, Floats],
    now: Floats,
    whole: Floats,
) -> int:
    """Plays one step in pieces; what has been touched leaves its path and moves with its velocity.

    Args:
        motion: (n, 8) at the start of the step; in place.
        path: (n, 4) m and rad that the centre of gravity moves in one piece if nothing touches it.
        shape: (n, 9).
        touched: (n,) none yet.
        still: the obstacles' boxes and reach.
        pieces: how many.
        dt: s, of the whole step.
        tables: room for (n, 8) boxes, their order, and two contact rows.
        now: room for the contacts of a piece.
        whole: room for those of the step.

    Returns:
        How many contacts the step has had; more than there is room for means that it has to be played again.
    """
    boxes, order, scratch = tables
    h, count = dt / pieces, 0
    for _ in range(pieces):
        for i in range(len(motion)):
            for axis in range(4):
                speed = motion[i, _RATE] if axis == _YAW else motion[i, _VX + axis]
                motion[i, axis] += h * speed if touched[i] else path[i, axis]
            c, s = math.cos(motion[i, _YAW]), math.sin(motion[i, _YAW])
            boxes[i, 0] = motion[i, _X] - shape[i, _CG] * c
            boxes[i, 1] = motion[i, _Y] - shape[i, _CG] * s
            boxes[i, 2], boxes[i, 3] = c, s
            boxes[i, 4], boxes[i, 5] = shape[i, _LENGTH], shape[i, _WIDTH]
            boxes[i, 6], boxes[i, 7] = motion[i, _Z], motion[i, _Z] + shape[i, _HEIGHT]
        _sort_along_x(boxes, order)
        found = _find(boxes, shape, order, still, True, now, scratch)
        if found > len(now):
            return found
        _deepest_first(now, found, scratch)
        for turn in range(ROUNDS):
            for k in range(found):
                _act(motion, shape, now[k], turn == 0, h)
        for k in range(found):
            _part(motion, shape, now[k])
            i, j = int(now[k, _FIRST]), int(now[k, _SECOND])
            touched[i] = touched[i] or shape[i, _LIGHTNESS] > 0.0
            if now[k, _FIXED] == 0.0:
                touched[j] = touched[j] or shape[j, _LIGHTNESS] > 0.0
            count = _note(now[k], whole, count)
    return count
