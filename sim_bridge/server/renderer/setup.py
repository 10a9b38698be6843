"""From instances to triangles on the picture: transform, back faces, edges, planes of inverse depth.

Edges and planes follow homogeneous rasterisation (Olano and Greer, "Triangle scan conversion using 2D
homogeneous coordinates", 1997): an edge is the plane through the camera and two vertices, so a triangle that
reaches behind the camera needs no clipping.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.cull import DrawList
from sim_bridge.server.renderer.jit import kernel, kernel_part
from sim_bridge.server.renderer.kernel_types import Doubles, Fragment, Index, Singles
from sim_bridge.server.renderer.pack import Faces
from sim_bridge.server.renderer.scene import Array, Material

# The four samples of a pixel: a rotated grid, so that edges near the axes get four steps too.
SAMPLE_X = (0.375, 0.875, 0.125, 0.625)
SAMPLE_Y = (0.125, 0.375, 0.625, 0.875)
# Rows and columns of samples are a quarter of a pixel apart, the first half a quarter from the pixel's edge;
# less and more by a hair, so that a first look never misses one by rounding.
LATE, EARLY = 0.5 - 1e-6, 0.5 + 1e-6
# Nothing nearer than this is drawn, metres.
NEAR_M = 0.02
# Paint wins against the road it lies on by this share of the distance.
PAINT_BIAS = 1.001
MARKING = int(Material.MARKING)


class Triangles(NamedTuple):
    """The picture's vertices and the triangles that touch samples of it.

    Each instance owns the slice `face_at[d]:face_at[d + 1]` of the triangle arrays and fills the first
    `drawn[d]` of it, so the result does not depend on which thread did what.

    Attributes:
        position: (L, 3) float32, camera axes, metres.
        normal: (L, 3) float32, world axes.
        screen: (L, 2) float64, pixels; meaningless for vertices nearer than NEAR_M.
        span: (T, 3, 3) float32: for each edge the slope of x = slope * y + offset, its offset as a left edge
            and as a right edge; -inf and inf where it is not one.
        plane: (T, 3) float32: inverse depth = plane . (x, y, 1), pixels.
        box: (T, 4) float32: x from, x to, y from, y to, pixels, cut to the picture.
        face: (T,) int32, index into `Faces`.
        draw: (T,) int32, index into the draw list.
        drawn: (D,) int32, how many triangles of each draw are left.
    """

    position: Array
    normal: Array
    screen: Array
    span: Array
    plane: Array
    box: Array
    face: Array
    draw: Array
    drawn: Array


def triangle_buffers(draws: DrawList) -> Triangles:
    """Room for everything the draw list can yield."""
    vertices, faces = int(draws.vertex_at[-1]), int(draws.face_at[-1])
    return Triangles(
        np.empty((vertices, 3), np.float32),
        np.empty((vertices, 3), np.float32),
        np.empty((vertices, 2), np.float64),
        np.empty((faces, 3, 3), np.float32),
        np.empty((faces, 3), np.float32),
        np.empty((faces, 4), np.float32),
        np.empty(faces, np.int32),
        np.empty(faces, np.int32),
        np.zeros(len(draws.mesh), np.int32),
    )


@kernel_part
def _transform(
    faces: Faces, draws: DrawList, out: Triangles, d: Index, focal: float, cx: float, cy: float
) -> None:
    """Takes the vertices of draw `d` to camera axes and the picture, their normals to world axes.

    Focal length and middle of the picture are float64, pixels, here and below.
    """
    mesh = draws.mesh[d]
    first, last = faces.vertex_start[mesh], faces.vertex_start[mesh + 1]
    at = draws.vertex_at[d]
    m, r = draws.camera_from_object[d], draws.world_from_object[d]
    # Read once: for all the compiler knows, the stores below might change them.
    m00, m01, m02, m03 = m[0, 0], m[0, 1], m[0, 2], m[0, 3]
    m10, m11, m12, m13 = m[1, 0], m[1, 1], m[1, 2], m[1, 3]
    m20, m21, m22, m23 = m[2, 0], m[2, 1], m[2, 2], m[2, 3]
    r00, r01, r02, r10, r11, r12 = r[0, 0], r[0, 1], r[0, 2], r[1, 0], r[1, 1], r[1, 2]
    r20, r21, r22 = r[2, 0], r[2, 1], r[2, 2]
    source, target = np.uint64(first), np.uint64(at)
    for i in range(np.uint64(last - first)):
        v, w = source + i, target + i
        p0 = np.float64(faces.vertices[v, 0])
        p1 = np.float64(faces.vertices[v, 1])
        p2 = np.float64(faces.vertices[v, 2])
        x = m00 * p0 + m01 * p1 + m02 * p2 + m03
        y = m10 * p0 + m11 * p1 + m12 * p2 + m13
        z = m20 * p0 + m21 * p1 + m22 * p2 + m23
        out.position[w, 0], out.position[w, 1], out.position[w, 2] = x, y, z
        out.screen[w, 0] = cx + focal * y / x
        out.screen[w, 1] = cy - focal * z / x
        n0, n1, n2 = faces.normals[v, 0], faces.normals[v, 1], faces.normals[v, 2]
        out.normal[w, 0] = r00 * n0 + r01 * n1 + r02 * n2
        out.normal[w, 1] = r10 * n0 + r11 * n1 + r12 * n2
        out.normal[w, 2] = r20 * n0 + r21 * n1 + r22 * n2


@kernel_part
def _bounds(
    p: Singles, screen: Doubles, a: Fragment, b: Fragment, c: Fragment, focal: float, cx: float, cy: float
) -> tuple[float, float, float, float]:
    """Bounding box on the picture of the part of a triangle beyond NEAR_M: x from, x to, y from, y to.

    Args:
        p: (L, 3), `position` of `Triangles`.
        screen: (L, 2), see `Triangles`.
        a: the triangle's vertices in both; also b, c.
        b: see a.
        c: see a.
        focal: pixels.
        cx: middle of the picture, pixels.
        cy: see cx.
    """
    x0, x1, y0, y1 = np.inf, -np.inf, np.inf, -np.inf
    last = c
    for v in (a, b, c):
        depth, before = np.float64(p[v, 0]), np.float64(p[last, 0])
        if (depth >= NEAR_M) != (before >= NEAR_M):
            share = (NEAR_M - before) / (depth - before)
            y = p[last, 1] + share * (p[v, 1] - p[last, 1])
            z = p[last, 2] + share * (p[v, 2] - p[last, 2])
            sx, sy = cx + focal * y / NEAR_M, cy - focal * z / NEAR_M
            x0, x1, y0, y1 = min(x0, sx), max(x1, sx), min(y0, sy), max(y1, sy)
        if depth >= NEAR_M:
            sx, sy = screen[v, 0], screen[v, 1]
            x0, x1, y0, y1 = min(x0, sx), max(x1, sx), min(y0, sy), max(y1, sy)
        last = v
    return x0, x1, y0, y1


@kernel_part
def _holds(x0: float, x1: float, y0: float, y1: float, sx: float, sy: float) -> bool:
    """Whether the box holds the sample at (sx, sy) of any pixel."""
    held: bool = np.ceil(x1 - sx) > np.ceil(x0 - sx) and np.ceil(y1 - sy) > np.ceil(y0 - sy)
    return held


@kernel_part
def _touches_a_sample(x0: float, x1: float, y0: float, y1: float) -> bool:
    """Whether any sample lies in the box, pixels."""
    # Most boxes are small and fall between the rows or the columns of samples, four a pixel.
    rows = np.ceil(4.0 * y1 - LATE) > np.ceil(4.0 * y0 - EARLY)
    if not (rows and np.ceil(4.0 * x1 - LATE) > np.ceil(4.0 * x0 - EARLY)):
        return False
    return (
        _holds(x0, x1, y0, y1, SAMPLE_X[0], SAMPLE_Y[0])
        or _holds(x0, x1, y0, y1, SAMPLE_X[1], SAMPLE_Y[1])
        or _holds(x0, x1, y0, y1, SAMPLE_X[2], SAMPLE_Y[2])
        or _holds(x0, x1, y0, y1, SAMPLE_X[3], SAMPLE_Y[3])
    )


@kernel_part
def _cross(ax: float, ay: float, az: float, bx: float, by: float, bz: float) -> tuple[float, float, float]:
    """Cross product of two vertices in camera axes, float64: float32 would blur far, thin triangles."""
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


@kernel_part
def _on_picture(
    n: tuple[float, float, float], focal: float, cx: float, cy: float
) -> tuple[float, float, float]:
    """The edge ex x + ey y + e0 = 0, pixels, in which a plane through the camera cuts the picture."""
    nx, ny, nz = n
    ex, ey = ny / focal, -nz / focal
    return ex, ey, nx - ex * cx - ey * cy


@kernel_part
def _write_edge(
    span: Singles, to: Fragment, edge: int, e: tuple[float, float, float], y0: float, y1: float
) -> tuple[float, float]:
    """Writes an edge of triangle `to`; a level one cuts the triangle's rows y0, y1 instead.

    Inside is ex x + ey y + e0 <= 0. Slope and offset come out the same, bit for bit, for the neighbour on the
    other side of the edge, so no sample is lost or drawn twice.
    """
    ex, ey, e0 = e
    slope, left, right = 0.0, -np.inf, np.inf
    if ex < 0.0:
        slope, left = -ey / ex, -e0 / ex
    elif ex > 0.0:
        slope, right = -ey / ex, -e0 / ex
    elif ey > 0.0:
        y1 = min(y1, -e0 / ey)
    elif ey < 0.0:
        y0 = max(y0, -e0 / ey)
    span[to, edge, 0], span[to, edge, 1], span[to, edge, 2] = slope, left, right
    return y0, y1


@kernel_part
def _set_up(
    faces: Faces, draws: DrawList, out: Triangles, d: Index, view: tuple[float, float, float]
) -> None:
    """Writes the triangles of draw `d` that can be seen; its vertices are there.

    One function for all of them: handing on the arrays for each one would take longer than the work.
    """
    width, height, focal = view
    cx, cy = 0.5 * width, 0.5 * height
    mesh = draws.mesh[d]
    at = np.int64(draws.vertex_at[d] - faces.vertex_start[mesh])
    to = np.uint64(draws.face_at[d])
    p, s = out.position, out.screen
    for face in range(np.uint64(faces.face_start[mesh]), np.uint64(faces.face_start[mesh + 1])):
        a = np.uint64(at + faces.triangles[face, 0])
        b = np.uint64(at + faces.triangles[face, 1])
        c = np.uint64(at + faces.triangles[face, 2])
        ax, bx, dx = np.float64(p[a, 0]), np.float64(p[b, 0]), np.float64(p[c, 0])
        if ax >= NEAR_M and bx >= NEAR_M and dx >= NEAR_M:
            x0, x1 = min(min(s[a, 0], s[b, 0]), s[c, 0]), max(max(s[a, 0], s[b, 0]), s[c, 0])
            y0, y1 = min(min(s[a, 1], s[b, 1]), s[c, 1]), max(max(s[a, 1], s[b, 1]), s[c, 1])
        elif ax < NEAR_M and bx < NEAR_M and dx < NEAR_M:
            continue
        else:
            x0, x1, y0, y1 = _bounds(p, s, a, b, c, focal, cx, cy)
        x0, x1, y0, y1 = max(x0, 0.0), min(x1, width), max(y0, 0.0), min(y1, height)
        if not (x0 < x1 and y0 < y1) or not _touches_a_sample(x0, x1, y0, y1):
            continue
        ay, az, by, bz = np.float64(p[a, 1]), np.float64(p[a, 2]), np.float64(p[b, 1]), np.float64(p[b, 2])
        dy, dz = np.float64(p[c, 1]), np.float64(p[c, 2])
        opposite = _cross(bx, by, bz, dx, dy, dz)
        volume = ax * opposite[0] + ay * opposite[1] + az * opposite[2]
        if volume >= 0.0:  # seen from behind, or edge on
            continue
        e = _on_picture(opposite, focal, cx, cy)
        f = _on_picture(_cross(dx, dy, dz, ax, ay, az), focal, cx, cy)
        g = _on_picture(_cross(ax, ay, az, bx, by, bz), focal, cx, cy)
        y0, y1 = _write_edge(out.span, to, 0, e, y0, y1)
        y0, y1 = _write_edge(out.span, to, 1, f, y0, y1)
        y0, y1 = _write_edge(out.span, to, 2, g, y0, y1)
        scale = (PAINT_BIAS if faces.materials[face] == MARKING else 1.0) / volume
        out.plane[to, 0] = (e[0] + f[0] + g[0]) * scale
        out.plane[to, 1] = (e[1] + f[1] + g[1]) * scale
        out.plane[to, 2] = (e[2] + f[2] + g[2]) * scale
        out.box[to, 0], out.box[to, 1], out.box[to, 2], out.box[to, 3] = x0, x1, y0, y1
        out.face[to], out.draw[to] = face, d
        to += np.uint64(1)
    out.drawn[d] = np.int64(to) - draws.face_at[d]


@kernel
def set_up(faces: Faces, draws: DrawList, out: Triangles, view: Doubles, first: int, step: int) -> None:
    """Fills `out` for the draws first, first + step, ...

    Args:
        faces: all meshes.
        draws: the instances of the picture.
        out: where vertices and triangles go.
        view: (3,) float64: width, height, focal length, pixels.
        first: the first draw of this thread.
        step: how many threads share the work.
    """
    picture = (view[0], view[1], view[2])
    for d in range(first, len(draws.mesh), step):
        _transform(faces, draws, out, d, view[2], 0.5 * view[0], 0.5 * view[1])
        _set_up(faces, draws, out, d, picture)
