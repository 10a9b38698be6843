"""From samples to fragments: what has to be shaded in a tile, and the surface at each fragment.

A fragment is one surface in one pixel, with the number of samples that see it. All numbers of the fragments
lie in one flat array, row after row, `ROW + fragment`: with distances between rows that the compiler knows it
can prove that loops over fragments may run in SIMD. Indices are uint64 for the same reason: numba then has
nothing to wrap.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.cull import DrawList
from sim_bridge.server.renderer.jit import kernel_part, kernel_piece
from sim_bridge.server.renderer.kernel_types import (
    Bytes,
    FloatRows,
    Fragment,
    Index,
    IntRows,
    Ints,
    Single,
    Singles,
    Vector,
)
from sim_bridge.server.renderer.pack import Faces
from sim_bridge.server.renderer.picture import Picture
from sim_bridge.server.renderer.raster import SKY
from sim_bridge.server.renderer.scene import FAR_M, Material, Tag
from sim_bridge.server.renderer.setup import MARKING, PAINT_BIAS, Triangles
from sim_bridge.server.renderer.tiles import TILE

# Fragments of a tile at most; the odd rest keeps the rows from falling on one another in the cache.
ROOM = 4 * TILE * TILE + 48


def _rows(count: int) -> list[np.uint64]:
    return [np.uint64(ROOM * row) for row in range(count)]


# Float rows: where, what and how bright.
RAY_X, RAY_Y, RAY_Z = _rows(3)  # unit vector from the camera, world axes
X, Y, Z = _rows(6)[3:]  # world, metres
NORMAL_X, NORMAL_Y, NORMAL_Z = _rows(9)[6:]
U, V = _rows(11)[9:]  # metres along the surface
DISTANCE, FOOTPRINT, FACING = _rows(14)[11:]  # metres; metres a pixel covers head on; cosine to the ray
RED, GREEN, BLUE = _rows(17)[14:]  # albedo, then radiance
GLOW_RED, GLOW_GREEN, GLOW_BLUE = _rows(20)[17:]  # own light
MIRROR, SHARPNESS = _rows(22)[20:]  # reflectance head on; how sharp, 0..1
LIT = _rows(23)[22]  # share of the sun that arrives
OPEN = _rows(24)[23]  # share of the sky that is seen
# Noise at the fragment, of a near and of a large pattern; also room for what one step hands to the next.
NEAR_GRAIN, NEAR_BLOTCH, NEAR_TUFT, LARGE_BLOTCH, LARGE_TUFT = _rows(29)[24:]
FLOAT_ROWS = 29
# Integer rows.
PIXEL, WEIGHT, DRAW, NEAR, LARGE = _rows(5)
INT_ROWS = 5
SKY_MATERIAL = len(Material)
MATERIALS = SKY_MATERIAL + 1

# Columns of the runs: triangle or SKY, row and column in the tile, pixels, samples a pixel.
RUN_TRIANGLE, RUN_ROW, RUN_COLUMN, RUN_LENGTH, RUN_WEIGHT = range(5)
RUN_COLUMNS = 5

TAG_SKY = int(Tag.SKY)
PAINT, CLOTH = int(Material.PAINT), int(Material.CLOTH)
SAME_SURFACE = 0.97


class Surfaces(NamedTuple):
    """The arrays that tell what a triangle is: a short list, because it is handed on for every edge pixel.

    Attributes:
        face: (T,) of `Triangles`.
        draw: (T,) of `Triangles`.
        triangles: (F, 3) of `Faces`, as all that follow.
        normals: (V, 3).
        materials: (F,).
        colours: (F, 3).
    """

    face: Ints
    draw: Ints
    triangles: Ints
    normals: Singles
    materials: Bytes
    colours: Singles


@kernel_part
def _same_surface(s: Surfaces, one: Index, other: Index) -> bool:
    """Whether two triangles are neighbouring parts of one smooth surface."""
    if one == other:
        return True
    if one == SKY or other == SKY or s.draw[one] != s.draw[other]:
        return False
    f, g = s.face[one], s.face[other]
    if s.materials[f] != s.materials[g] or s.colours[f, 0] != s.colours[g, 0]:
        return False
    a, b, n = s.triangles[f, 0], s.triangles[g, 0], s.normals
    even: bool = n[a, 0] * n[b, 0] + n[a, 1] * n[b, 1] + n[a, 2] * n[b, 2] > np.float32(SAME_SURFACE)
    return even


@kernel_part
def _inverse_depth_at(box: Singles, span: Singles, plane: Singles, x: Single, y: Single) -> Single:
    """Inverse depth of a triangle at a point of the picture, 1/m; 0 where the triangle is not.

    Args:
        box: (4,), see `Triangles`, as all that follow.
        span: (3, 3).
        plane: (3,).
        x: pixels.
        y: pixels.
    """
    left = max(span[0, 0] * y + span[0, 1], span[1, 0] * y + span[1, 1])
    left = max(left, span[2, 0] * y + span[2, 1])
    right = min(span[0, 0] * y + span[0, 2], span[1, 0] * y + span[1, 2])
    right = min(right, span[2, 0] * y + span[2, 2])
    if x < left or x >= right or y < box[2] or y >= box[3]:
        return np.float32(0.0)
    inverse: Single = plane[0] * x + (plane[1] * y + plane[2])
    return inverse


@kernel_piece
def _at_centre(
    box: Singles, span: Singles, plane: Singles, seen: Ints, row: Index, column: Index, x: Single, y: Single
) -> Index:
    """The triangle that the pixel's centre sees, among those its samples see; or SKY.

    Args:
        box: (T, 4), see `Triangles`, as all that follow.
        span: (T, 3, 3).
        plane: (T, 3).
        seen: (4, TILE, TILE), the triangle each sample sees.
        row: of the pixel in the tile.
        column: of the pixel in the tile.
        x: the pixel's centre in the picture, pixels.
        y: see x.
    """
    best, nearest, sky = SKY, np.float32(0.0), False
    for s in range(4):
        t = seen[s, row, column]
        if t == SKY:
            sky = True
        elif t != best:
            w = _inverse_depth_at(box[t], span[t], plane[t], x, y)
            if w > nearest:
                best, nearest = t, w
    found: Index = seen[0, row, column] if best == SKY and not sky else best
    return found


@kernel_piece
def _write_truth(
    faces: Faces,
    draws: DrawList,
    triangles: Triangles,
    t: Index,
    y: Index,
    x0: Index,
    x1: Index,
    picture: Picture,
) -> None:
    """Depth, id and tag of the pixels x0..x1 of row y, whose centres see triangle t."""
    tag, instance, bias = np.uint8(TAG_SKY), np.uint32(0), np.float32(1.0)
    wx, base = np.float32(0.0), np.float32(0.0)
    if t != SKY:
        d, face = triangles.draw[t], triangles.face[t]
        tag, instance = faces.tags[face], draws.instance_id[d]
        if tag == 0:
            tag = draws.tag[d]
        if faces.materials[face] == MARKING:
            bias = np.float32(PAINT_BIAS)
        wx = triangles.plane[t, 0]
        base = triangles.plane[t, 1] * (np.float32(y) + np.float32(0.5)) + triangles.plane[t, 2]
    depth_m, ids, tags = picture.depth_m[y], picture.instance_ids[y], picture.tags[y]
    for x in range(np.uint64(x0), np.uint64(x1)):
        inverse = base + wx * (np.float32(np.int32(x)) + np.float32(0.5))
        depth_m[x] = min(bias / max(inverse, np.float32(1e-9)), np.float32(FAR_M))
        ids[x] = instance
        tags[x] = tag


@kernel_piece
def _split_pixel(surfaces: Surfaces, seen: Ints, row: Index, column: Index, runs: Ints, n: Index) -> Index:
    """Appends a run of one pixel for each surface that its samples see; returns the number of runs."""
    first = n
    for s in range(4):
        t = seen[s, row, column]
        known = first
        while known < n and not _same_surface(surfaces, runs[known, RUN_TRIANGLE], t):
            known += 1
        if known < n:
            runs[known, RUN_WEIGHT] += 1
            continue
        runs[n, RUN_TRIANGLE], runs[n, RUN_ROW], runs[n, RUN_COLUMN] = t, row, column
        runs[n, RUN_LENGTH], runs[n, RUN_WEIGHT] = 1, 1
        n += 1
    return n


@kernel_part
def _mark(a: Ints, b: Ints, c: Ints, d: Ints, whole: Ints) -> None:
    """Marks the pixels of a row, (TILE,), whose four samples see the same triangle."""
    for column in range(len(whole)):
        differs = (a[column] ^ b[column]) | (a[column] ^ c[column]) | (a[column] ^ d[column])
        whole[column] = 0 if differs else 1


@kernel_part
def gather(
    faces: Faces,
    draws: DrawList,
    triangles: Triangles,
    seen: Ints,
    x0: Index,
    y0: Index,
    picture: Picture,
    runs: Ints,
    ends: Ints,
    whole: Ints,
) -> tuple[Index, Index]:
    """Collects the fragments of a tile as runs along rows and writes depth, ids and tags.

    Args:
        faces: all meshes.
        draws: the instances of the picture.
        triangles: the picture's triangles.
        seen: (4, TILE, TILE) int32, the triangle each sample sees.
        x0: left pixel column of the tile.
        y0: top pixel row of the tile.
        picture: depth, ids and tags are written.
        runs: (ROOM, RUN_COLUMNS) int32, filled.
        ends: (MATERIALS,) int32, filled with where the fragments of each material begin in the rows.
        whole: (TILE,) int32, scratch.

    Returns:
        the number of runs and of fragments.
    """
    surfaces = Surfaces(
        triangles.face, triangles.draw, faces.triangles, faces.normals, faces.materials, faces.colours
    )
    height, width = picture.depth_m.shape
    wide = min(TILE, width - x0)
    ends[:] = 0
    n: Index = np.int64(0)  # typed: a plain 0 would have helpers compiled twice
    for row in range(min(TILE, height - y0)):
        _mark(seen[0, row], seen[1, row], seen[2, row], seen[3, row], whole)
        column = np.int64(0)
        while column < wide:
            first, y = n, y0 + row
            if whole[column]:
                t, stop = seen[0, row, column], column + 1
                while stop < wide and whole[stop] and seen[0, row, stop] == t:
                    stop += 1
                runs[n, RUN_TRIANGLE], runs[n, RUN_ROW], runs[n, RUN_COLUMN] = t, row, column
                runs[n, RUN_LENGTH], runs[n, RUN_WEIGHT] = stop - column, 4
                n += 1
            else:
                stop = column + 1
                n = _split_pixel(surfaces, seen, row, column, runs, n)
                x = np.float32(x0 + column) + np.float32(0.5)
                middle = np.float32(y) + np.float32(0.5)
                t = _at_centre(triangles.box, triangles.span, triangles.plane, seen, row, column, x, middle)
            _write_truth(faces, draws, triangles, t, y, x0 + column, x0 + stop, picture)
            for run in range(first, n):
                t = runs[run, RUN_TRIANGLE]
                material = SKY_MATERIAL if t == SKY else int(faces.materials[triangles.face[t]])
                ends[material] += runs[run, RUN_LENGTH]
            column = stop
    total = 0
    for material in range(MATERIALS):
        total += ends[material]
        ends[material] = total - ends[material]
    return n, total


@kernel_part
def _cross(ax: Single, ay: Single, az: Single, bx: Single, by: Single, bz: Single) -> Vector:
    """Cross product of two vectors."""
    return ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx


@kernel_piece
def _interpolate_run(
    p: Singles,
    normals: Singles,
    uvs: Singles,
    a: Index,
    b: Index,
    c: Index,
    ua: Index,
    ub: Index,
    uc: Index,
    ry: Single,
    rz: Single,
    step: Single,
    j: Fragment,
    length: Fragment,
    g: FloatRows,
) -> None:
    """Depth, normal and uv along a run of pixels of one triangle.

    The weights of the vertices where a ray meets the plane are ratios of numbers that are linear in the ray
    (Moeller and Trumbore, "Fast, minimum storage ray/triangle intersection", 1997). They are cut to the
    triangle: the centre of an edge pixel may lie outside.

    Args:
        p: (L, 3) float32, vertices in camera axes, metres.
        normals: (L, 3) float32, world axes.
        uvs: (V, 2) float32, metres.
        a: the triangle's vertices in `p` and `normals`; also b, c.
        b: see a.
        c: see a.
        ua: the triangle's vertices in `uvs`; also ub, uc.
        ub: see ua.
        uc: see ua.
        ry: the first pixel's ray is (1, ry, rz) in camera axes.
        rz: see ry.
        step: what ry gains a pixel.
        j: the run's first fragment.
        length: fragments of the run.
        g: float rows, written.
    """
    e1x, e1y, e1z = p[b, 0] - p[a, 0], p[b, 1] - p[a, 1], p[b, 2] - p[a, 2]
    e2x, e2y, e2z = p[c, 0] - p[a, 0], p[c, 1] - p[a, 1], p[c, 2] - p[a, 2]
    dx, dy, dz = _cross(e2x, e2y, e2z, e1x, e1y, e1z)
    ux, uy, uz = _cross(p[a, 0], p[a, 1], p[a, 2], e2x, e2y, e2z)
    vx, vy, vz = _cross(e1x, e1y, e1z, p[a, 0], p[a, 1], p[a, 2])
    below, over_u, over_v = dx + dz * rz, ux + uz * rz, vx + vz * rz
    zero, one = np.float32(0.0), np.float32(1.0)
    na0, na1, na2 = normals[a, 0], normals[a, 1], normals[a, 2]
    nb0, nb1, nb2 = normals[b, 0] - na0, normals[b, 1] - na1, normals[b, 2] - na2
    nc0, nc1, nc2 = normals[c, 0] - na0, normals[c, 1] - na1, normals[c, 2] - na2
    t0, t1 = uvs[ua, 0], uvs[ua, 1]
    tb0, tb1, tc0, tc1 = uvs[ub, 0] - t0, uvs[ub, 1] - t1, uvs[uc, 0] - t0, uvs[uc, 1] - t1
    depth = p[a, 0]
    for i in range(length):
        y = ry + step * np.float32(i)
        scale = one / (below + dy * y)
        u, v = (over_u + uy * y) * scale, (over_v + vy * y) * scale
        # Not min and max: a sliver of a triangle gives NaN here, which has to end as 0.
        u, v = u if u > zero else zero, v if v > zero else zero
        u, v = u if u < one else one, v if v < one else one
        inside = one / max(u + v, one)
        u, v = u * inside, v * inside
        g[NORMAL_X + j + i] = na0 + u * nb0 + v * nc0
        g[NORMAL_Y + j + i] = na1 + u * nb1 + v * nc1
        g[NORMAL_Z + j + i] = na2 + u * nb2 + v * nc2
        g[U + j + i] = t0 + u * tb0 + v * tc0
        g[V + j + i] = t1 + u * tb1 + v * tc1
        g[DISTANCE + j + i] = depth + u * e1x + v * e2x


@kernel_part
def interpolate(
    faces: Faces,
    draws: DrawList,
    triangles: Triangles,
    runs: Ints,
    n: Index,
    x0: Index,
    y0: Index,
    camera: Singles,
    ends: Ints,
    g: FloatRows,
    k: IntRows,
) -> None:
    """Finds the surface at each fragment: position, normal, uv, albedo; sorted by material.

    Args:
        faces: all meshes.
        draws: the instances of the picture.
        triangles: the picture's triangles.
        runs: (ROOM, RUN_COLUMNS) int32.
        n: number of runs.
        x0: left pixel column of the tile.
        y0: top pixel row of the tile.
        camera: (15,) float32: rotation world_from_camera by rows, origin, cx, cy, 1 / focal length.
        ends: (MATERIALS,) int32, where each material begins; on return where it ends.
        g: the float rows, filled.
        k: the int32 rows, filled.
    """
    step = camera[14]
    for run in range(n):
        t, row, column = runs[run, RUN_TRIANGLE], runs[run, RUN_ROW], runs[run, RUN_COLUMN]
        length, weight = np.uint64(runs[run, RUN_LENGTH]), runs[run, RUN_WEIGHT]
        ry = (np.float32(x0 + column) + np.float32(0.5) - camera[12]) * step
        rz = (camera[13] - np.float32(y0 + row) - np.float32(0.5)) * step
        material, d = SKY_MATERIAL, 0
        red = green = blue = np.float32(0.0)
        if t != SKY:
            face, d = triangles.face[t], triangles.draw[t]
            material = int(faces.materials[face])
            red, green, blue = faces.colours[face, 0], faces.colours[face, 1], faces.colours[face, 2]
            if material in (PAINT, CLOTH):
                red *= draws.colour[d, 0]
                green *= draws.colour[d, 1]
                blue *= draws.colour[d, 2]
        j = np.uint64(ends[material])
        ends[material] += runs[run, RUN_LENGTH]
        if t != SKY:
            at = draws.vertex_at[d] - faces.vertex_start[draws.mesh[d]]
            a, b, c = faces.triangles[face, 0], faces.triangles[face, 1], faces.triangles[face, 2]
            _interpolate_run(
                triangles.position, triangles.normal, faces.uvs,
                at + a, at + b, at + c, a, b, c, ry, rz, step, j, length, g,
            )  # fmt: skip
        for i in range(length):
            y = ry + step * np.float32(i)
            g[RAY_X + j + i] = camera[0] + camera[1] * y + camera[2] * rz
            g[RAY_Y + j + i] = camera[3] + camera[4] * y + camera[5] * rz
            g[RAY_Z + j + i] = camera[6] + camera[7] * y + camera[8] * rz
            g[RED + j + i], g[GREEN + j + i], g[BLUE + j + i] = red, green, blue
            k[PIXEL + j + i] = row * TILE + column + np.int32(i)
            k[WEIGHT + j + i], k[DRAW + j + i] = weight, d


@kernel_part
def complete(g: FloatRows, n: Fragment, camera: Singles) -> None:
    """World positions, unit rays and normals, true distances; default gloss, light and openness.

    Args:
        g: float rows of the fragments.
        n: number of fragments that are not sky.
        camera: see `interpolate`.
    """
    one, zero = np.float32(1.0), np.float32(0.0)
    ox, oy, oz, pixel = camera[9], camera[10], camera[11], camera[14]
    for j in range(n):
        x, y, z, depth = g[RAY_X + j], g[RAY_Y + j], g[RAY_Z + j], g[DISTANCE + j]
        g[X + j], g[Y + j], g[Z + j] = ox + depth * x, oy + depth * y, oz + depth * z
        length = np.sqrt(x * x + y * y + z * z)
        scale = one / length
        x, y, z = x * scale, y * scale, z * scale
        g[RAY_X + j], g[RAY_Y + j], g[RAY_Z + j] = x, y, z
        g[DISTANCE + j] = depth * length
        g[FOOTPRINT + j] = depth * length * pixel
        nx, ny, nz = g[NORMAL_X + j], g[NORMAL_Y + j], g[NORMAL_Z + j]
        unit = one / np.sqrt(max(nx * nx + ny * ny + nz * nz, np.float32(1e-12)))
        nx, ny, nz = nx * unit, ny * unit, nz * unit
        g[NORMAL_X + j], g[NORMAL_Y + j], g[NORMAL_Z + j] = nx, ny, nz
        g[FACING + j] = min(max(-(nx * x + ny * y + nz * z), np.float32(0.02)), one)
        g[GLOW_RED + j], g[GLOW_GREEN + j], g[GLOW_BLUE + j] = zero, zero, zero
        g[MIRROR + j], g[SHARPNESS + j] = zero, zero
        g[LIT + j], g[OPEN + j] = one, one


@kernel_part
def complete_sky(g: FloatRows, first: Fragment, last: Fragment) -> None:
    """Unit rays of the sky fragments first..last."""
    for j in range(first, last):
        x, y, z = g[RAY_X + j], g[RAY_Y + j], g[RAY_Z + j]
        scale = np.float32(1.0) / np.sqrt(x * x + y * y + z * z)
        g[RAY_X + j], g[RAY_Y + j], g[RAY_Z + j] = x * scale, y * scale, z * scale
