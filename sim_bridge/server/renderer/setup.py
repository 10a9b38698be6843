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
from sim_bridge.server.renderer.kernel_types import Doubles, Index
from sim_bridge.server.renderer.pack import Faces
from sim_bridge.server.renderer.scene import Array, Material

# The four samples of a pixel: a rotated grid, so that edges near the axes get four steps too.
SAMPLE_X = (0.375, 0.875, 0.125, 0.625)
SAMPLE_Y = (0.125, 0.375, 0.625, 0.875)
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
    at = draws.vertex_at[d] - first
    m, r = draws.camera_from_object[d], draws.world_from_object[d]
    for v in range(first, last):
        p0 = np.float64(faces.vertices[v, 0])
        p1 = np.float64(faces.vertices[v, 1])
        p2 = np.float64(faces.vertices[v, 2])
        x = m[0, 0] * p0 + m[0, 1] * p1 + m[0, 2] * p2 + m[0, 3]
        y = m[1, 0] * p0 + m[1, 1] * p1 + m[1, 2] * p2 + m[1, 3]
        z = m[2, 0] * p0 + m[2, 1] * p1 + m[2, 2] * p2 + m[2, 3]
        out.position[at + v, 0] = x
        out.position[at + v, 1] = y
        out.position[at + v, 2] = z
        if x >= NEAR_M:
            out.screen[at + v, 0] = cx + focal * y / x
            out.screen[at + v, 1] = cy - focal * z / x
        n0, n1, n2 = faces.normals[v, 0], faces.normals[v, 1], faces.normals[v, 2]
        out.normal[at + v, 0] = r[0, 0] * n0 + r[0, 1] * n1 + r[0, 2] * n2
        out.normal[at + v, 1] = r[1, 0] * n0 + r[1, 1] * n1 + r[1, 2] * n2
        out.normal[at + v, 2] = r[2, 0] * n0 + r[2, 1] * n1 + r[2, 2] * n2


@kernel_part
def _bounds(
    out: Triangles, a: Index, b: Index, c: Index, focal: float, cx: float, cy: float
) -> tuple[float, float, float, float]:
    """Bounding box on the picture of the part of a triangle beyond NEAR_M: x from, x to, y from, y to."""
    x0, x1, y0, y1 = np.inf, -np.inf, np.inf, -np.inf
    last = c
    for v in (a, b, c):
        depth, before = np.float64(out.position[v, 0]), np.float64(out.position[last, 0])
        if (depth >= NEAR_M) != (before >= NEAR_M):
            share = (NEAR_M - before) / (depth - before)
            y = out.position[last, 1] + share * (out.position[v, 1] - out.position[last, 1])
            z = out.position[last, 2] + share * (out.position[v, 2] - out.position[last, 2])
            sx, sy = cx + focal * y / NEAR_M, cy - focal * z / NEAR_M
            x0, x1, y0, y1 = min(x0, sx), max(x1, sx), min(y0, sy), max(y1, sy)
        if depth >= NEAR_M:
            sx, sy = out.screen[v, 0], out.screen[v, 1]
            x0, x1, y0, y1 = min(x0, sx), max(x1, sx), min(y0, sy), max(y1, sy)
        last = v
    return x0, x1, y0, y1


@kernel_part
def _touches_a_sample(x0: float, x1: float, y0: float, y1: float) -> bool:
    """Whether any sample lies in the box, pixels."""
    for s in range(4):
        sx, sy = SAMPLE_X[s], SAMPLE_Y[s]
        if np.ceil(x1 - sx) > np.ceil(x0 - sx) and np.ceil(y1 - sy) > np.ceil(y0 - sy):
            return True
    return False


@kernel_part
def _cross(out: Triangles, a: Index, b: Index) -> tuple[np.float64, np.float64, np.float64]:
    """Cross product of two vertices in camera axes, float64: float32 would blur far, thin triangles."""
    ax, ay, az = (
        np.float64(out.position[a, 0]),
        np.float64(out.position[a, 1]),
        np.float64(out.position[a, 2]),
    )
    bx, by, bz = (
        np.float64(out.position[b, 0]),
        np.float64(out.position[b, 1]),
        np.float64(out.position[b, 2]),
    )
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


@kernel_part
def _set_up(faces: Faces, out: Triangles, face: Index, at: Index, to: Index, view: Doubles) -> bool:
    """Writes triangle `face` to slot `to` if it can be seen; returns whether it was written.

    Args:
        faces: all meshes.
        out: where the triangle goes; its vertices are there.
        face: index into `faces`.
        at: what a vertex of the mesh gains to become an index into the picture's vertices.
        to: index into the picture's triangles.
        view: (3,), see `set_up`.
    """
    width, height, focal = view[0], view[1], view[2]
    cx, cy = 0.5 * width, 0.5 * height
    a, b, c = at + faces.triangles[face, 0], at + faces.triangles[face, 1], at + faces.triangles[face, 2]
    p = out.position
    if p[a, 0] < NEAR_M and p[b, 0] < NEAR_M and p[c, 0] < NEAR_M:
        return False
    bcx, bcy, bcz = _cross(out, b, c)
    volume = p[a, 0] * bcx + p[a, 1] * bcy + p[a, 2] * bcz
    if volume >= 0.0:  # seen from behind, or edge on
        return False
    x0, x1, y0, y1 = _bounds(out, a, b, c, focal, cx, cy)
    x0, x1, y0, y1 = max(x0, 0.0), min(x1, width), max(y0, 0.0), min(y1, height)
    if not (x0 < x1 and y0 < y1) or not _touches_a_sample(x0, x1, y0, y1):
        return False
    wx = wy = w0 = 0.0
    for edge in range(3):
        if edge == 0:
            nx, ny, nz = bcx, bcy, bcz
        elif edge == 1:
            nx, ny, nz = _cross(out, c, a)
        else:
            nx, ny, nz = _cross(out, a, b)
        ex, ey = ny / focal, -nz / focal
        e0 = nx - ex * cx - ey * cy
        wx, wy, w0 = wx + ex, wy + ey, w0 + e0
        # Inside is ex x + ey y + e0 <= 0. Slope and offset come out the same, bit for bit, for the
        # neighbour on the other side of the edge, so no sample is lost or drawn twice.
        slope, left, right = 0.0, -np.inf, np.inf
        if ex < 0.0:
            slope, left = -ey / ex, -e0 / ex
        elif ex > 0.0:
            slope, right = -ey / ex, -e0 / ex
        elif ey > 0.0:
            y1 = min(y1, -e0 / ey)
        elif ey < 0.0:
            y0 = max(y0, -e0 / ey)
        out.span[to, edge, 0], out.span[to, edge, 1], out.span[to, edge, 2] = slope, left, right
    bias = PAINT_BIAS if faces.materials[face] == MARKING else 1.0
    scale = bias / volume
    out.plane[to, 0], out.plane[to, 1], out.plane[to, 2] = wx * scale, wy * scale, w0 * scale
    out.box[to, 0], out.box[to, 1], out.box[to, 2], out.box[to, 3] = x0, x1, y0, y1
    out.face[to] = face
    return True


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
    for d in range(first, len(draws.mesh), step):
        _transform(faces, draws, out, d, view[2], 0.5 * view[0], 0.5 * view[1])
        mesh = draws.mesh[d]
        at = np.int64(draws.vertex_at[d] - faces.vertex_start[mesh])
        to = np.int64(draws.face_at[d])
        for face in range(faces.face_start[mesh], faces.face_start[mesh + 1]):
            if _set_up(faces, out, face, at, to, view):
                out.draw[to] = d
                to += 1
        out.drawn[d] = to - draws.face_at[d]
