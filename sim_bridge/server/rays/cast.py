"""Casting: the nearest triangle that each ray hits."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim_bridge.server.rays.trees import DEEPEST, Trees
from sim_bridge.server.renderer.jit import kernel, kernel_piece
from sim_bridge.server.renderer.kernel_types import Bytes, Doubles, Ints, Singles
from sim_bridge.server.renderer.scene import Array

NOTHING = -1
# A ray that runs along an axis is turned by less than anything can be seen of.
_LEAST_SLOPE = 1e-18


class Solids(NamedTuple):
    """The triangles of all meshes, in the order of their trees.

    Attributes:
        trees: one for each mesh.
        corners: (F, 9) float32: a corner and the edges to the other two, metres, axes of the mesh.
        tags: (F,) uint8, `Tag`; NONE takes that of the instance.
    """

    trees: Trees
    corners: Array
    tags: Array


class Things(NamedTuple):
    """Instances of meshes and the tree over their boxes.

    Attributes:
        tree: one tree; none if there are no instances.
        order: (n,) int32, the instances as the leaves name them.
        mesh: (n,) int32, tree of `Solids`.
        object_from_world: (n, 3, 4) float64.
        instance_id: (n,) int64.
        tag: (n,) uint8.
    """

    tree: Trees
    order: Array
    mesh: Array
    object_from_world: Array
    instance_id: Array
    tag: Array


class Found(NamedTuple):
    """What n rays hit; written by the kernel.

    Attributes:
        distance: (n,) float64, metres; where nothing is hit, as far as was looked.
        thing: (n,) int32, the instance that was hit, or NOTHING.
        facing: (n,) float32, cosine between the ray and the surface's normal, 0..1.
        tag: (n,) uint8.
    """

    distance: Doubles
    thing: Ints
    facing: Singles
    tag: Bytes


def room_for(rays: int, reach_m: float | Doubles) -> Found:
    """Room for what that many rays hit, nothing so far; `reach_m` is for all of them or (n,) for each."""
    return Found(
        np.full(rays, reach_m, np.float64),
        np.full(rays, NOTHING, np.int32),
        np.zeros(rays, np.float32),
        np.zeros(rays, np.uint8),
    )


def stacks() -> Ints:
    """Room for one thread: the nodes to come back to, (2, DEEPEST + 8) int32."""
    return np.zeros((2, DEEPEST + 8), np.int32)


@kernel_piece
def _entry(box: Singles, node, ox, oy, oz, ix, iy, iz, far):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
    """How far away a ray enters a box, or infinity if it misses it or enters beyond `far`."""
    a, b = (box[node, 0] - ox) * ix, (box[node, 3] - ox) * ix
    near, away = (a, b) if a < b else (b, a)
    a, b = (box[node, 1] - oy) * iy, (box[node, 4] - oy) * iy
    c, d = (a, b) if a < b else (b, a)
    near, away = c if c > near else near, d if d < away else away
    a, b = (box[node, 2] - oz) * iz, (box[node, 5] - oz) * iz
    c, d = (a, b) if a < b else (b, a)
    near, away = c if c > near else near, d if d < away else away
    near = near if near > np.float32(0.0) else np.float32(0.0)
    return near if near <= away and near < far else np.float32(np.inf)


@kernel
def cast(
    origins: Doubles, directions: Doubles, solids: Solids, things: Things, hidden: int, first: int, last: int,
    found: Found, own: Ints,
) -> None:  # fmt: skip
    """Follows the rays first..last through `things`; a nearer hit than `found` has takes its place.

    Rays are independent of one another, so the result does not depend on who follows which. Boxes are met in
    single precision, triangles in double (T. Moeller and B. Trumbore, "Fast, minimum storage ray/triangle
    intersection", 1997), from both sides.

    Args:
        origins: (1 or n, 3) world, metres; one for all or one each.
        directions: (n, 3) unit vectors, world.
        solids: the meshes.
        things: instances of them.
        hidden: instances with this id let rays through; 0 for none.
        first: of the rays.
        last: of the rays.
        found: read and written.
        own: see `stacks`.
    """
    tree, order, mesh, object_from_world, instance_id, tag = things
    trees, corners, tags = solids
    box, child, held, root = trees
    top_box, top_child, top_held, top_root = tree
    single, infinite, shared = np.float32, np.float32(np.inf), len(origins) == 1
    if len(top_root) == 0:
        return
    for ray in range(first, last):
        at = 0 if shared else ray
        px, py, pz = origins[at, 0], origins[at, 1], origins[at, 2]
        vx, vy, vz = directions[ray, 0], directions[ray, 1], directions[ray, 2]
        best, hit, hit_face, hit_facing = found.distance[ray], NOTHING, 0, 0.0
        wx, wy, wz = single(px), single(py), single(pz)
        ux = single(1.0 / (vx if abs(vx) > _LEAST_SLOPE else _LEAST_SLOPE))
        uy = single(1.0 / (vy if abs(vy) > _LEAST_SLOPE else _LEAST_SLOPE))
        uz = single(1.0 / (vz if abs(vz) > _LEAST_SLOPE else _LEAST_SLOPE))
        far = single(best)
        node, waiting = top_root[0], 0
        if _entry(top_box, node, wx, wy, wz, ux, uy, uz, far) == infinite:
            continue
        while True:
            if top_held[node] == 0:
                one = top_child[node]
                enter_one = _entry(top_box, one, wx, wy, wz, ux, uy, uz, far)
                enter_two = _entry(top_box, one + 1, wx, wy, wz, ux, uy, uz, far)
                if enter_one < infinite or enter_two < infinite:
                    nearer = one if enter_one <= enter_two else one + 1
                    if enter_one < infinite and enter_two < infinite:
                        own[0, waiting] = one + (one + 1) - nearer
                        waiting += 1
                    node = nearer
                    continue
            else:
                for place in range(top_child[node], top_child[node] + top_held[node]):
                    thing = order[place]
                    if hidden != 0 and instance_id[thing] == hidden:
                        continue
                    m = object_from_world[thing]
                    ox = m[0, 0] * px + m[0, 1] * py + m[0, 2] * pz + m[0, 3]
                    oy = m[1, 0] * px + m[1, 1] * py + m[1, 2] * pz + m[1, 3]
                    oz = m[2, 0] * px + m[2, 1] * py + m[2, 2] * pz + m[2, 3]
                    dx = m[0, 0] * vx + m[0, 1] * vy + m[0, 2] * vz
                    dy = m[1, 0] * vx + m[1, 1] * vy + m[1, 2] * vz
                    dz = m[2, 0] * vx + m[2, 1] * vy + m[2, 2] * vz
                    sx, sy, sz = single(ox), single(oy), single(oz)
                    ix = single(1.0 / (dx if abs(dx) > _LEAST_SLOPE else _LEAST_SLOPE))
                    iy = single(1.0 / (dy if abs(dy) > _LEAST_SLOPE else _LEAST_SLOPE))
                    iz = single(1.0 / (dz if abs(dz) > _LEAST_SLOPE else _LEAST_SLOPE))
                    inner, inside = root[mesh[thing]], 0
                    if _entry(box, inner, sx, sy, sz, ix, iy, iz, far) == infinite:
                        continue
                    while True:
                        if held[inner] == 0:
                            one = child[inner]
                            enter_one = _entry(box, one, sx, sy, sz, ix, iy, iz, far)
                            enter_two = _entry(box, one + 1, sx, sy, sz, ix, iy, iz, far)
                            if enter_one < infinite or enter_two < infinite:
                                nearer = one if enter_one <= enter_two else one + 1
                                if enter_one < infinite and enter_two < infinite:
                                    own[1, inside] = one + (one + 1) - nearer
                                    inside += 1
                                inner = nearer
                                continue
                        else:
                            for face in range(child[inner], child[inner] + held[inner]):
                                c = corners[face]
                                e1x, e1y, e1z = np.float64(c[3]), np.float64(c[4]), np.float64(c[5])
                                e2x, e2y, e2z = np.float64(c[6]), np.float64(c[7]), np.float64(c[8])
                                qx, qy, qz = dy * e2z - dz * e2y, dz * e2x - dx * e2z, dx * e2y - dy * e2x
                                flat = e1x * qx + e1y * qy + e1z * qz
                                if flat == 0.0:
                                    continue
                                tx, ty, tz = ox - c[0], oy - c[1], oz - c[2]
                                scale = 1.0 / flat
                                u = (tx * qx + ty * qy + tz * qz) * scale
                                if not (u >= 0.0 and u <= 1.0):
                                    continue
                                rx, ry, rz = ty * e1z - tz * e1y, tz * e1x - tx * e1z, tx * e1y - ty * e1x
                                v = (dx * rx + dy * ry + dz * rz) * scale
                                if not (v >= 0.0 and u + v <= 1.0):
                                    continue
                                t = (e2x * rx + e2y * ry + e2z * rz) * scale
                                if t > 0.0 and t < best:
                                    best, hit, hit_face, hit_facing = t, thing, face, flat
                                    far = single(best)
                        if inside == 0:
                            break
                        inside -= 1
                        inner = own[1, inside]
            if waiting == 0:
                break
            waiting -= 1
            node = own[0, waiting]
        if hit != NOTHING:
            c = corners[hit_face]
            nx, ny, nz = c[4] * c[8] - c[5] * c[7], c[5] * c[6] - c[3] * c[8], c[3] * c[7] - c[4] * c[6]
            area = np.sqrt(np.float64(nx) * nx + np.float64(ny) * ny + np.float64(nz) * nz)
            found.distance[ray], found.thing[ray] = best, hit
            found.facing[ray] = min(abs(hit_facing) / area, 1.0)
            found.tag[ray] = tags[hit_face] if tags[hit_face] != 0 else tag[hit]
