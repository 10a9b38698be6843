"""Elementary surfaces: grids, polygons, boxes, tubes, ellipsoids, made as triangle soups."""

import math
from collections.abc import Sequence
from functools import cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim_bridge.server.renderer.meshes.faces import Faces, Finish, Floats, join

# A palette goes with a (rows - 1, columns - 1) index into it; -1 leaves the cell open.
Finishes = Finish | tuple[Sequence[Finish], NDArray[np.intp]]


def grid(
    points: Floats,
    finishes: Finishes,
    inside: ArrayLike | None = None,
    crease: float = 0.6,
    closed: bool = False,
    uvs: Floats | None = None,
) -> Faces:
    """A sheet of four-cornered cells, smooth where it bends little.

    Args:
        points: (rows, columns, 3) float64, metres.
        finishes: one for all cells, or a palette and which of it each cell has (see `Finishes`).
        inside: (3,) a point behind the sheet: the normals look away from it. None: they look along
            (direction of columns) x (direction of rows), as the right-hand rule has it.
        crease: radians between neighbouring cells from which their common edge is hard.
        closed: whether the last column lies on the first and the sheet is smooth there.
        uvs: (rows, columns, 2) float64 metres, or None for zeros.
    """
    normals = _cell_normals(points)
    if inside is not None:
        normals *= _outward(points, normals, np.asarray(inside, np.float64))
    corner_normals = _corner_normals(normals, np.cos(crease), closed)
    quads = _cells(points)
    texture = np.zeros((*quads.shape[:3], 2)) if uvs is None else _cells(uvs)
    return _quads(quads, corner_normals, texture, finishes)


def cross(first: Floats, second: Floats) -> Floats:
    """Vector products (..., 3); several times faster than `np.cross` on small arrays."""
    product = np.empty(first.shape)
    for axis in range(3):
        a, b = (axis + 1) % 3, (axis + 2) % 3
        product[..., axis] = first[..., a] * second[..., b] - first[..., b] * second[..., a]
    return product


def _unit(vectors: Floats) -> Floats:
    """`vectors` (..., 3) at length one; vectors without length stay zero."""
    squares = np.einsum("...i,...i->...", vectors, vectors)
    unit: Floats = vectors / np.sqrt(np.maximum(squares, 1e-30))[..., None]
    return unit


def _cells(points: Floats) -> Floats:
    """Corners (rows - 1, columns - 1, 4, k) of each cell, in turn round it."""
    rows, columns, values = points.shape
    cells = np.empty((rows - 1, columns - 1, 4, values))
    cells[:, :, 0], cells[:, :, 1] = points[:-1, :-1], points[:-1, 1:]
    cells[:, :, 2], cells[:, :, 3] = points[1:, 1:], points[1:, :-1]
    return cells


def _cell_normals(points: Floats) -> Floats:
    """Area-weighted normal (rows - 1, columns - 1, 3) of each cell, from its diagonals."""
    first = points[1:, 1:] - points[:-1, :-1]
    second = points[1:, :-1] - points[:-1, 1:]
    return cross(first, second)


def _centres(points: Floats) -> Floats:
    """Middle (rows - 1, columns - 1, 3) of each cell."""
    centres: Floats = _cells(points).mean(axis=2)
    return centres


def _outward(points: Floats, normals: Floats, inside: Floats) -> float:
    """1 if most of the sheet's normals look away from `inside` ((3,), or one point a row), else -1."""
    return 1.0 if float(np.sum((_centres(points) - inside) * normals)) >= 0.0 else -1.0


def _corner_normals(normals: Floats, cos_crease: float, closed: bool) -> Floats:
    """Unit normals (rows, columns, 4, 3) at the corners of the cells, averaged over close neighbours."""
    rows, columns = normals.shape[:2]
    padded = np.zeros((rows + 2, columns + 2, 3))
    padded[1:-1, 1:-1] = normals
    if closed:
        padded[:, 0], padded[:, -1] = padded[:, -2], padded[:, 1]
    unit = _unit(padded)
    own = unit[1:-1, 1:-1]
    corners = np.empty((rows, columns, 4, 3))
    for corner, (dr, dc) in enumerate(((-1, -1), (-1, 1), (1, 1), (1, -1))):
        total = normals.copy()
        for shift_row, shift_column in ((dr, 0), (0, dc), (dr, dc)):
            rows_at = slice(1 + shift_row, 1 + shift_row + rows)
            columns_at = slice(1 + shift_column, 1 + shift_column + columns)
            near = np.einsum("rci,rci->rc", unit[rows_at, columns_at], own) > cos_crease
            total += padded[rows_at, columns_at] * near[:, :, None]
        corners[:, :, corner] = total
    return _unit(corners)


_SPLIT = np.array([[0, 1, 2], [0, 2, 3]])


def _quads(quads: Floats, normals: Floats, uvs: Floats, finishes: Finishes) -> Faces:
    corners = quads.reshape(-1, 4, 3)[:, _SPLIT].reshape(-1, 3, 3)
    directions = normals.reshape(-1, 4, 3)[:, _SPLIT].reshape(-1, 3, 3)
    texture = uvs.reshape(-1, 4, 2)[:, _SPLIT].reshape(-1, 3, 2)
    if isinstance(finishes, Finish):
        count = len(corners)
        colours = np.empty((count, 3))
        colours[:] = finishes.colour
        materials = np.full(count, finishes.material, np.uint8)
        return Faces(corners, directions, colours, materials, texture, np.full(count, finishes.tag, np.uint8))
    palette, index = finishes
    chosen = np.repeat(index.reshape(-1), 2)
    kept = chosen >= 0
    chosen = chosen[kept]
    return Faces(
        corners[kept],
        directions[kept],
        np.array([entry.colour for entry in palette])[chosen],
        np.array([entry.material for entry in palette], np.uint8)[chosen],
        texture[kept],
        np.array([entry.tag for entry in palette], np.uint8)[chosen],
    )


def polygon(points: ArrayLike, made_of: Finish, normal: ArrayLike, uvs: ArrayLike | None = None) -> Faces:
    """A flat convex polygon (n, 3) seen from the side its `normal` (3,) looks to."""
    corners = np.asarray(points, np.float64)
    fan = _fan(len(corners))
    count = len(fan)
    direction = np.asarray(normal, np.float64)
    normals, colours = np.empty((count, 3, 3)), np.empty((count, 3))
    normals[:] = direction / math.sqrt(direction @ direction)
    colours[:] = made_of.colour
    texture = np.zeros((count, 3, 2)) if uvs is None else np.asarray(uvs, np.float64)[fan]
    materials = np.full(count, made_of.material, np.uint8)
    return Faces(corners[fan], normals, colours, materials, texture, np.full(count, made_of.tag, np.uint8))


@cache
def _fan(corners: int) -> NDArray[np.intp]:
    """Corner numbers (corners - 2, 3) of the triangles that a convex polygon falls into."""
    count = corners - 2
    return np.stack([np.zeros(count, np.intp), np.arange(1, count + 1), np.arange(2, count + 2)], axis=1)


def extruded(outline: ArrayLike, low: float, high: float, made_of: Finish, axis: int = 1) -> Faces:
    """A prism over a flat convex outline (n, 2), from `low` to `high` along `axis`, with both caps.

    The outline's two coordinates are the remaining axes in the order x, y, z.
    """
    flat = np.asarray(outline, np.float64)
    ring = np.concatenate([flat, flat[:1]])
    others = [k for k in range(3) if k != axis]
    points = np.zeros((2, len(ring), 3))
    points[:, :, others] = ring
    points[0, :, axis], points[1, :, axis] = low, high
    middle = points[:, :-1].mean(axis=(0, 1))
    direction = np.zeros(3)
    direction[axis] = 1.0
    return join(
        [
            grid(points, made_of, middle, crease=0.5, closed=True),
            polygon(points[0, :-1], made_of, -direction),
            polygon(points[1, :-1], made_of, direction),
        ]
    )


_BOX_QUADS = np.array(
    [[0, 1, 3, 2], [4, 5, 7, 6], [0, 1, 5, 4], [2, 3, 7, 6], [0, 2, 6, 4], [1, 3, 7, 5]]
)  # corners are numbered x * 4 + y * 2 + z
_BOX_SIDES = ("-x", "+x", "-y", "+y", "-z", "+z")


def block(corners: Floats, made_of: Finish, without: Sequence[str] = ()) -> Faces:
    """A six-sided body from its corners (2, 2, 2, 3), numbered by their side in x, y and z.

    Args:
        corners: (2, 2, 2, 3) float64, metres.
        made_of: finish of all faces.
        without: faces to leave out: "-x", "+x", "-y", "+y", "-z", "+z".
    """
    kept = [number for number, side in enumerate(_BOX_SIDES) if side not in without]
    quads = corners.reshape(8, 3)[_BOX_QUADS[kept]]
    normals = cross(quads[:, 2] - quads[:, 0], quads[:, 3] - quads[:, 1])
    away = quads.mean(axis=1) - corners.reshape(8, 3).mean(axis=0)
    normals *= np.sign(np.sum(normals * away, axis=1, keepdims=True))
    normals = _unit(normals)
    every = np.broadcast_to(normals[None, :, None], (1, len(kept), 4, 3))
    return _quads(quads[None], every, np.zeros((1, len(kept), 4, 2)), made_of)


def box(low: ArrayLike, high: ArrayLike, made_of: Finish, without: Sequence[str] = ()) -> Faces:
    """A box between two corners (3,), metres; `without` as for `block`."""
    ends = np.array([low, high], np.float64)
    corners = np.empty((2, 2, 2, 3))
    corners[..., 0] = ends[:, 0, None, None]
    corners[..., 1] = ends[:, 1, None]
    corners[..., 2] = ends[:, 2]
    return block(corners, made_of, without)


@cache
def _circle(sides: int) -> Floats:
    angles = np.linspace(0.0, 2.0 * np.pi, sides + 1)
    ring = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    ring[-1] = ring[0]
    return ring


def tube(
    path: ArrayLike, radii: ArrayLike, made_of: Finish, sides: int = 8, caps: tuple[bool, bool] = (True, True)
) -> Faces:
    """A round rod along `path` (n, 3) with a radius (n,), or two (n, 2) across one another, at each point.

    The cross-sections are perpendicular to the chord through their neighbours. Caps are smooth cones of no
    height, shaded flat.
    """
    points = np.asarray(path, np.float64)
    size = np.asarray(radii, np.float64)
    size = np.stack([size, size], axis=1) if size.ndim == 1 else size
    across, along = _frames(points)
    circle = _circle(sides)
    rings = (
        points[:, None]
        + across[:, None] * (circle[None, :, :1] * size[:, None, :1])
        + along[:, None] * (circle[None, :, 1:] * size[:, None, 1:])
    )
    direction = cross(across[0], along[0])
    parts = [_oriented_tube(rings, points, made_of)]
    if caps[0]:
        parts.append(polygon(rings[0, :-1], made_of, -direction * _sense(points, direction)))
    if caps[1]:
        last = cross(across[-1], along[-1])
        parts.append(polygon(rings[-1, :-1], made_of, last * _sense(points, last)))
    return join(parts)


def _sense(points: Floats, direction: Floats) -> float:
    return 1.0 if float((points[-1] - points[0]) @ direction) >= 0.0 else -1.0


def _oriented_tube(rings: Floats, path: Floats, made_of: Finish) -> Faces:
    normals = _cell_normals(rings)
    normals *= _outward(rings, normals, 0.5 * (path[1:] + path[:-1])[:, None])
    corner_normals = _corner_normals(normals, np.cos(1.2), closed=True)
    quads = _cells(rings)
    return _quads(quads, corner_normals, np.zeros((*quads.shape[:3], 2)), made_of)


def _frames(points: Floats) -> tuple[Floats, Floats]:
    """Two unit vectors (n, 3) each, perpendicular to the path at its points; the second more upright."""
    chord = np.empty_like(points)
    chord[1:-1] = points[2:] - points[:-2]
    chord[0], chord[-1] = points[1] - points[0], points[-1] - points[-2]
    chord = _unit(chord)
    upright = np.abs(chord[:, 2].mean()) > 0.8
    reference = np.array([1.0, 0.0, 0.0]) if upright else np.array([0.0, 0.0, 1.0])
    across = _unit(cross(chord, np.broadcast_to(reference, chord.shape)))
    return across, cross(across, chord)


def rod(start: ArrayLike, end: ArrayLike, radius: float, made_of: Finish, sides: int = 6) -> Faces:
    """A straight round rod without caps between two points (3,)."""
    return tube(np.array([start, end], np.float64), [radius, radius], made_of, sides, (False, False))


def disc(
    centre: ArrayLike, radius: float, made_of: Finish, normal: ArrayLike, sides: int = 12, turn: float = 0.0
) -> Faces:
    """A flat regular polygon round `centre` (3,); `turn` (radians) moves its first corner."""
    direction = np.asarray(normal, np.float64)
    direction = direction / np.linalg.norm(direction)
    across, along = _frames(np.array([np.zeros(3), direction]))
    angles = turn + np.arange(sides) * (2.0 * np.pi / sides)
    ring = np.cos(angles)[:, None] * across[0] + np.sin(angles)[:, None] * along[0]
    return polygon(np.asarray(centre, np.float64) + radius * ring, made_of, direction)


def ellipsoid(
    centre: ArrayLike, radii: ArrayLike, made_of: Finish, sides: int = 8, rings: int = 5, lowest: float = -1.0
) -> Faces:
    """An ellipsoid, or the part of it above `lowest` (sine of the latitude, -1: all of it)."""
    latitude = np.linspace(np.arcsin(lowest), np.pi / 2.0, rings)
    circle = _circle(sides)
    unit = np.concatenate(
        [
            np.cos(latitude)[:, None, None] * circle[None],
            np.broadcast_to(np.sin(latitude)[:, None, None], (rings, sides + 1, 1)),
        ],
        axis=2,
    )
    middle = np.asarray(centre, np.float64)
    return grid(middle + unit * np.asarray(radii, np.float64), made_of, middle, crease=1.2, closed=True)
