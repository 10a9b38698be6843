"""Where the sun does not shine, and where the sky is hidden by what stands on the ground.

A shadow map in a sheared frame: every point slides along the sun's rays down to height 0, and a cell of the
ground keeps the greatest height that slid there. A point is in shadow when its cell holds something higher.
Cells lie in world axes and do not depend on the camera, so the maps of what never moves are made once for
each square of the ground, and the map of a picture starts as a copy of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.cull import Placed
from sim_bridge.server.renderer.fragments import (
    LIT,
    NEAR,
    NEAR_BLOTCH,
    NEAR_GRAIN,
    NEAR_TUFT,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    OPEN,
    X,
    Y,
    Z,
)
from sim_bridge.server.renderer.jit import kernel, kernel_part
from sim_bridge.server.renderer.kernel_types import Doubles, FloatRows, Fragment, IntRows, Ints, Singles
from sim_bridge.server.renderer.light import Light
from sim_bridge.server.renderer.pack import NO_MESH, Faces, MeshTable
from sim_bridge.server.renderer.scene import Array, Tag, View

# Cells of a picture's map: side in metres, how many across, how far ahead of the camera the map is centred.
CELL_M, CELLS = 0.125, 896
AHEAD_M = 46.0
SQUARE = 448  # cells across a square of the still map
LOWEST_M = np.float32(-1e4)
# A sun lower than this casts shadows as if it stood here: they would be longer than the map.
LOWEST_SUN = 0.16
# The map of hidden sky is coarser.
HIDDEN_M, HIDDEN_CELLS = 0.25, 448
HIDDEN_REACH_M = 0.9
SQUARES_KEPT = 64
CASTING = np.array([tag in (Tag.CAR, Tag.TRUCK, Tag.BUS, Tag.MOTORCYCLE, Tag.BICYCLE) for tag in range(256)])


class Shadows(NamedTuple):
    """The maps of one picture.

    Attributes:
        height: (CELLS, CELLS) float32, greatest height over each sheared cell, metres; rows along y.
        hidden: (HIDDEN_CELLS, HIDDEN_CELLS) float32, share of the sky that a body over the cell hides.
        foot: (HIDDEN_CELLS, HIDDEN_CELLS) float32, height of that body's foot, metres.
        corner: (2,) float32, world x, y of cell (0, 0).
        slide: (2,) float32, metres a point slides along x and y for each metre of height.
    """

    height: Singles
    hidden: Singles
    foot: Singles
    corner: Singles
    slide: Singles


@kernel_part
def _cast_triangle(grid: Singles, q: Doubles) -> None:
    """Draws a triangle into a map of greatest heights.

    Args:
        grid: (rows, columns) float32, metres.
        q: (3, 3) float64: column, row, height of the corners.
    """
    rows, columns = grid.shape
    low = min(q[0, 1], min(q[1, 1], q[2, 1]))
    high = max(q[0, 1], max(q[1, 1], q[2, 1]))
    left = min(q[0, 0], min(q[1, 0], q[2, 0]))
    right = max(q[0, 0], max(q[1, 0], q[2, 0]))
    if high <= 0.0 or low >= rows or right <= 0.0 or left >= columns:
        return
    ax, ay = q[1, 0] - q[0, 0], q[1, 1] - q[0, 1]
    bx, by = q[2, 0] - q[0, 0], q[2, 1] - q[0, 1]
    area = ax * by - ay * bx
    if area == 0.0:
        return
    az, bz = q[1, 2] - q[0, 2], q[2, 2] - q[0, 2]
    slope_x, slope_y = (az * by - bz * ay) / area, (bz * ax - az * bx) / area
    for row in range(max(int(np.ceil(low - 0.5)), 0), min(int(np.ceil(high - 0.5)), rows)):
        y = row + 0.5
        x0, x1 = np.inf, -np.inf
        last = 2
        for corner in range(3):
            y0, y1 = q[last, 1], q[corner, 1]
            if (y0 <= y) != (y1 <= y):
                x = q[last, 0] + (q[corner, 0] - q[last, 0]) * ((y - y0) / (y1 - y0))
                x0, x1 = min(x0, x), max(x1, x)
            last = corner
        if not x0 < x1:
            continue
        start, stop = max(int(np.ceil(x0 - 0.5)), 0), min(int(np.ceil(x1 - 0.5)), columns)
        base = np.float32(q[0, 2] + slope_y * (y - q[0, 1]) + slope_x * (0.5 - q[0, 0]))
        slope = np.float32(slope_x)
        line = grid[row]
        for column in range(start, stop):
            height = base + slope * np.float32(column)
            line[column] = height if height > line[column] else line[column]


@kernel
def _cast(
    faces: Faces,
    meshes: Ints,
    poses: Singles,
    sun: Singles,
    slide: Singles,
    corner: Singles,
    grid: Singles,
    q: Doubles,
) -> None:
    """Draws the faces that look at the sun, of instances of meshes, into a map of greatest heights.

    Args:
        faces: all meshes.
        meshes: (n,) int32.
        poses: (n, 4, 4) float32, world_from_object.
        sun: (3,) float32, towards the sun.
        slide: (2,) float32, see `Shadows`.
        corner: (2,) float32, world x, y of cell (0, 0).
        grid: (rows, columns) float32, drawn into.
        q: (3, 3) float64, scratch.
    """
    scale = 1.0 / CELL_M
    for i in range(len(meshes)):
        m = poses[i]
        sx = m[0, 0] * sun[0] + m[1, 0] * sun[1] + m[2, 0] * sun[2]
        sy = m[0, 1] * sun[0] + m[1, 1] * sun[1] + m[2, 1] * sun[2]
        sz = m[0, 2] * sun[0] + m[1, 2] * sun[1] + m[2, 2] * sun[2]
        for face in range(faces.face_start[meshes[i]], faces.face_start[meshes[i] + 1]):
            a, b, c = faces.triangles[face, 0], faces.triangles[face, 1], faces.triangles[face, 2]
            v = faces.vertices
            e1x, e1y, e1z = v[b, 0] - v[a, 0], v[b, 1] - v[a, 1], v[b, 2] - v[a, 2]
            e2x, e2y, e2z = v[c, 0] - v[a, 0], v[c, 1] - v[a, 1], v[c, 2] - v[a, 2]
            nx, ny, nz = e1y * e2z - e1z * e2y, e1z * e2x - e1x * e2z, e1x * e2y - e1y * e2x
            if nx * sx + ny * sy + nz * sz <= 0.0:
                continue
            for corner_of_face in range(3):
                p = faces.triangles[face, corner_of_face]
                x = m[0, 0] * v[p, 0] + m[0, 1] * v[p, 1] + m[0, 2] * v[p, 2] + m[0, 3]
                y = m[1, 0] * v[p, 0] + m[1, 1] * v[p, 1] + m[1, 2] * v[p, 2] + m[1, 3]
                z = m[2, 0] * v[p, 0] + m[2, 1] * v[p, 1] + m[2, 2] * v[p, 2] + m[2, 3]
                q[corner_of_face, 0] = (np.float64(x) - z * slide[0] - corner[0]) * scale
                q[corner_of_face, 1] = (np.float64(y) - z * slide[1] - corner[1]) * scale
                q[corner_of_face, 2] = z
            _cast_triangle(grid, q)


@kernel
def _hide(boxes: Singles, corner: Singles, hidden: Singles, foot: Singles) -> None:
    """Darkens the cells under and round bodies.

    Args:
        boxes: (n, 7) float32: centre x, y, foot, forward x, y, half length, half width.
        corner: (2,) float32, world x, y of cell (0, 0).
        hidden: written, see `Shadows`.
        foot: written, see `Shadows`.
    """
    rows, columns = hidden.shape
    scale, reach = np.float32(1.0 / HIDDEN_M), np.float32(HIDDEN_REACH_M)
    zero, one = np.float32(0.0), np.float32(1.0)
    for i in range(len(boxes)):
        bx, by, ux, uy = boxes[i, 0] - corner[0], boxes[i, 1] - corner[1], boxes[i, 3], boxes[i, 4]
        size = boxes[i, 5] + boxes[i, 6] + reach
        for row in range(max(int((by - size) * scale), 0), min(int((by + size) * scale) + 1, rows)):
            for column in range(max(int((bx - size) * scale), 0), min(int((bx + size) * scale) + 1, columns)):
                x = (np.float32(column) + np.float32(0.5)) / scale - bx
                y = (np.float32(row) + np.float32(0.5)) / scale - by
                along, across = abs(x * ux + y * uy) - boxes[i, 5], abs(y * ux - x * uy) - boxes[i, 6]
                outside = max(along, zero) + max(across, zero)
                inside = min(max(-max(along, across), zero), np.float32(0.5))
                near = max(one - outside / reach, zero)
                share = near * near * np.float32(0.45) + inside
                if share > hidden[row, column]:
                    hidden[row, column], foot[row, column] = min(share, np.float32(0.93)), boxes[i, 2]


@kernel_part
def _locate(g: FloatRows, k: IntRows, n: Fragment, shadows: Shadows, sun: Singles) -> None:
    """Finds the cell of the shadow map below each fragment, and where in it the fragment lies.

    Fragments outside the map or turned away from the sun get cell -1. A loop of its own, for SIMD.
    """
    f = np.float32
    scale, away = f(1.0 / CELL_M), f(0.10)
    cx, cy, slide_x, slide_y = shadows.corner[0], shadows.corner[1], shadows.slide[0], shadows.slide[1]
    sx, sy, sz = sun[0], sun[1], sun[2]
    one, last = f(1.0), f(CELLS - 2)
    for j in range(n):
        nx, ny, nz = g[NORMAL_X + j], g[NORMAL_Y + j], g[NORMAL_Z + j]
        z = g[Z + j] + away * nz
        x = (g[X + j] + away * nx - z * slide_x - cx) * scale - f(0.5)
        y = (g[Y + j] + away * ny - z * slide_y - cy) * scale - f(0.5)
        inside = (x > one) & (y > one) & (x < last) & (y < last) & (nx * sx + ny * sy + nz * sz > f(0.0))
        x, y = (x if inside else one), (y if inside else one)
        column, row = np.floor(x), np.floor(y)
        cell = np.int32(row) * np.int32(CELLS) + np.int32(column)
        k[NEAR + j] = cell if inside else np.int32(-1)
        g[NEAR_GRAIN + j], g[NEAR_BLOTCH + j], g[NEAR_TUFT + j] = x - column, y - row, z + f(0.12)


@kernel_part
def _fill_lit(g: FloatRows, k: IntRows, n: Fragment, height: Singles) -> None:
    """The share of the sun at each fragment: four cells of `height`, flat, compared, weighted by nearness."""
    zero, one = np.float32(0.0), np.float32(1.0)
    for j in range(n):
        if k[NEAR + j] < 0:
            continue
        cell = np.uint64(k[NEAR + j])
        u, v, z = g[NEAR_GRAIN + j], g[NEAR_BLOTCH + j], g[NEAR_TUFT + j]
        a = one if height[cell] < z else zero
        b = one if height[cell + np.uint64(1)] < z else zero
        c = one if height[cell + np.uint64(CELLS)] < z else zero
        d = one if height[cell + np.uint64(CELLS + 1)] < z else zero
        top, low = a + (b - a) * u, c + (d - c) * u
        g[LIT + j] = top + (low - top) * v


@kernel_part
def _fill_open(g: FloatRows, n: Fragment, hidden: Singles, foot: Singles, corner: Singles) -> None:
    """The share of the sky that bodies near the ground leave to each fragment; the maps are flat."""
    f, one, zero = np.float32, np.float32(1.0), np.float32(0.0)
    scale, last = f(1.0 / HIDDEN_M), f(HIDDEN_CELLS - 2)
    wide, next_to = np.uint64(HIDDEN_CELLS), np.uint64(1)
    for j in range(n):
        x, y = (g[X + j] - corner[0]) * scale - f(0.5), (g[Y + j] - corner[1]) * scale - f(0.5)
        if not ((x > one) & (y > one) & (x < last) & (y < last) & (g[NORMAL_Z + j] > f(0.4))):
            continue
        column, row = np.uint64(x), np.uint64(y)
        at = row * wide + column
        a, b, c, d = hidden[at], hidden[at + next_to], hidden[at + wide], hidden[at + wide + next_to]
        u, v = x - f(column), y - f(row)
        top, low = a + (b - a) * u, c + (d - c) * u
        below = min(max(one - (g[Z + j] - foot[at]) * f(2.5), zero), one)
        g[OPEN + j] = one - below * (top + (low - top) * v)


@kernel_part
def shade_fragments(g: FloatRows, k: IntRows, n: Fragment, shadows: Shadows, light: Light) -> None:
    """Fills the share of the sun and of the sky that reaches each fragment.

    Args:
        g: float rows of the fragments.
        k: int rows of the fragments.
        n: number of fragments that are not sky.
        shadows: the maps.
        light: the light of the scene.
    """
    if light.shadow > 0.0:
        _locate(g, k, n, shadows, light.sun_direction)
        _fill_lit(g, k, n, shadows.height.reshape(CELLS * CELLS))
    size = HIDDEN_CELLS * HIDDEN_CELLS
    _fill_open(g, n, shadows.hidden.reshape(size), shadows.foot.reshape(size), shadows.corner)


@dataclass
class ShadowMaker:
    """Makes the maps of pictures; keeps the squares of the still map.

    Attributes:
        table: all meshes.
        still: what never moves and casts shadows.
        squares: the kept squares of the still map, by sun and place.
    """

    table: MeshTable
    still: Placed
    squares: dict[tuple[float, float, int, int], Array] = field(default_factory=dict)

    def shadows(self, view: View, moving: Placed, light: Light) -> Shadows:
        """The maps of a picture."""
        sun = light.sun_direction.astype(np.float64)
        sun[2] = max(sun[2], LOWEST_SUN)
        slide = (sun[:2] / sun[2]).astype(np.float32)
        forward = view.world_from_camera[:2, 0]
        ahead = forward / max(float(np.linalg.norm(forward)), 1e-6)
        centre = view.world_from_camera[:2, 3] + AHEAD_M * ahead
        origin = np.floor((centre - 0.5 * CELLS * CELL_M) / HIDDEN_M).astype(np.int64) * 2  # in cells
        corner = (origin * CELL_M).astype(np.float32)
        size = (HIDDEN_CELLS, HIDDEN_CELLS)
        hidden, foot = np.zeros(size, np.float32), np.zeros(size, np.float32)
        _hide(self._boxes(moving, corner), corner, hidden, foot)
        height = np.empty((CELLS, CELLS), np.float32)
        if light.shadow > 0.0:
            self._copy_still(height, origin, light.sun_direction, slide)
            self._cast(moving, light.sun_direction, slide, corner, height)
        return Shadows(height, hidden, foot, corner, slide)

    def _boxes(self, moving: Placed, corner: Array) -> Array:
        """(n, 7) float32 footprints of the vehicles near the map, see `_hide`."""
        instances = moving.instances
        middle = moving.centre[:, :2] - corner - 0.5 * CELLS * CELL_M
        near = CASTING[instances.tag] & (np.abs(middle) < 0.5 * CELLS * CELL_M + 10.0).all(axis=1)
        pose, half = instances.pose[near], self.table.half_size[instances.mesh[near]]
        foot = moving.centre[near, 2] - half[:, 2]
        columns = [moving.centre[near, 0], moving.centre[near, 1], foot, pose[:, 0, 0], pose[:, 1, 0]]
        shrunk = 0.93 * half[:, :2]
        return np.ascontiguousarray(np.column_stack([*columns, shrunk]).astype(np.float32))

    def _cast(self, placed: Placed, sun: Array, slide: Array, corner: Array, grid: Array) -> None:
        """Draws what of `placed` reaches the map whose cell (0, 0) lies at `corner`."""
        place = placed.centre[:, :2] - placed.centre[:, 2:] * slide - corner
        reach = placed.radius * (1.0 + float(np.linalg.norm(slide)))
        across, down = grid.shape[1] * CELL_M, grid.shape[0] * CELL_M
        near = (place > -reach[:, None]).all(axis=1)
        near &= (place[:, 0] < across + reach) & (place[:, 1] < down + reach)
        meshes = placed.instances.mesh[near]
        coarse = self.table.coarser[meshes]
        meshes = np.where(coarse == NO_MESH, meshes, coarse).astype(np.int32)
        poses = np.ascontiguousarray(placed.instances.pose[near])
        _cast(self.table.faces, meshes, poses, sun, slide, corner, grid, np.zeros((3, 3)))

    def _copy_still(self, height: Array, origin: Array, sun: Array, slide: Array) -> None:
        """Fills a picture's map, whose cell (0, 0) is cell `origin` of the world, from the squares."""
        first, last = origin // SQUARE, (origin + CELLS - 1) // SQUARE
        for i in range(int(first[0]), int(last[0]) + 1):
            for j in range(int(first[1]), int(last[1]) + 1):
                x, y = i * SQUARE - int(origin[0]), j * SQUARE - int(origin[1])
                square = self._square(i, j, sun, slide)
                rows, columns = _overlap(y), _overlap(x)
                height[rows[0], columns[0]] = square[rows[1], columns[1]]

    def _square(self, i: int, j: int, sun: Array, slide: Array) -> Array:
        """(SQUARE, SQUARE) float32 still map of square (i, j) of the world; made at most once while kept."""
        key = (float(slide[0]), float(slide[1]), i, j)
        if key not in self.squares:
            if len(self.squares) >= SQUARES_KEPT:
                del self.squares[next(iter(self.squares))]
            grid = np.full((SQUARE, SQUARE), LOWEST_M)
            corner = (np.array([i, j]) * (SQUARE * CELL_M)).astype(np.float32)
            self._cast(self.still, sun, slide, corner, grid)
            self.squares[key] = grid
        return self.squares[key]


def _overlap(start: int) -> tuple[slice, slice]:
    """Where a square that starts at cell `start` meets the map: slices of the map and of the square."""
    low, high = max(start, 0), min(start + SQUARE, CELLS)
    return slice(low, high), slice(low - start, high - start)
