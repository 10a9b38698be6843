"""All meshes of a scene laid end to end in flat arrays, as the kernels read them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.scene import Array, Mesh

# Side of the squares the ground is cut into: small enough that most of it falls outside the view.
CLUSTER_M = 40.0
NO_MESH = -1


class Faces(NamedTuple):
    """The flat arrays. V vertices, F faces over all meshes; indices of vertices count over all meshes.

    Attributes:
        vertices: (V, 3) float32, metres, in each mesh's own axes.
        normals: (V, 3) float32.
        uvs: (V, 2) float32, metres.
        triangles: (F, 3) int32; (v1 - v0) x (v2 - v0) looks outwards.
        colours: (F, 3) float32.
        materials: (F,) uint8.
        tags: (F,) uint8.
        vertex_start: (M + 1,) int32, first vertex of each mesh.
        face_start: (M + 1,) int32, first face of each mesh.
    """

    vertices: Array
    normals: Array
    uvs: Array
    triangles: Array
    colours: Array
    materials: Array
    tags: Array
    vertex_start: Array
    face_start: Array


@dataclass(frozen=True, eq=False)
class MeshTable:
    """The flat arrays and what culling wants to know of each mesh.

    Attributes:
        faces: the flat arrays.
        centre: (M, 3) float64, centre of the bounding box.
        half_size: (M, 3) float64, half of the bounding box.
        radius: (M,) float64, of the sphere round `centre` that holds every vertex.
        coarser: (M,) int32, index of the coarser mesh or NO_MESH.
        coarser_below_px: (M,) float64.
    """

    faces: Faces
    centre: Array
    half_size: Array
    radius: Array
    coarser: Array
    coarser_below_px: Array


def _outward(vertices: Array, normals: Array, triangles: Array) -> Array:
    """(m, 3) int32: the triangles, each turned to the side its normals look at."""
    corners = vertices[triangles].astype(np.float64)
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    wanted = normals[triangles].sum(axis=1)
    inward = np.einsum("ij,ij->i", np.cross(one, two), wanted) < 0.0
    turned: Array = triangles.copy()
    turned[inward, 1:] = turned[inward, :0:-1]
    return turned


def cut_to_clusters(chunks: Sequence[Mesh]) -> list[Mesh]:
    """Cuts meshes in world axes into meshes whose triangles are centred in one square of the ground each."""
    if not sum(len(chunk.triangles) for chunk in chunks):
        return []
    mesh = _joined(chunks)
    cells = np.floor(mesh.vertices[mesh.triangles, :2].mean(axis=1) / CLUSTER_M).astype(np.int64)
    _, cluster = np.unique(cells, axis=0, return_inverse=True)
    cluster = cluster.reshape(-1)
    order = np.argsort(cluster, kind="stable")
    groups = np.split(order, np.flatnonzero(np.diff(cluster[order])) + 1)
    return [_part(mesh, group) for group in groups]


def _joined(meshes: Sequence[Mesh]) -> Mesh:
    """One mesh of all the triangles of several."""
    starts = np.cumsum([0, *(len(mesh.vertices) for mesh in meshes)])
    return Mesh(
        np.concatenate([mesh.vertices for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.triangles + start for mesh, start in zip(meshes, starts, strict=False)]),
        np.concatenate([mesh.colours for mesh in meshes]),
        np.concatenate([mesh.materials for mesh in meshes]),
        np.concatenate([mesh.uvs for mesh in meshes]),
        np.concatenate([mesh.tags for mesh in meshes]),
    )


def _part(mesh: Mesh, faces: Array) -> Mesh:
    """The mesh of some triangles of `mesh`."""
    used, renumbered = np.unique(mesh.triangles[faces], return_inverse=True)
    return Mesh(
        mesh.vertices[used],
        mesh.normals[used],
        renumbered.reshape(-1, 3),
        mesh.colours[faces],
        mesh.materials[faces],
        mesh.uvs[used],
        mesh.tags[faces],
    )


def _with_coarser(meshes: Sequence[Mesh]) -> tuple[list[Mesh], Array]:
    """Appends every coarser mesh; returns all meshes and the index of each one's coarser mesh."""
    everything = list(meshes)
    known: dict[int, int] = {id(mesh): index for index, mesh in enumerate(everything)}
    coarser: list[int] = []
    for mesh in everything:  # grows while it is walked: chains of levels are followed
        if mesh.coarser is not None and id(mesh.coarser) not in known:
            known[id(mesh.coarser)] = len(everything)
            everything.append(mesh.coarser)
        coarser.append(NO_MESH if mesh.coarser is None else known[id(mesh.coarser)])
    return everything, np.array(coarser, np.int32)


def _stacked(arrays: list[Array], columns: int, dtype: type) -> Array:
    """(n, columns) concatenation; well-formed for no arrays at all."""
    return np.concatenate([np.zeros((0, columns), dtype), *arrays])


def pack(meshes: Sequence[Mesh]) -> MeshTable:
    """Lays `meshes` and their coarser levels end to end; the given ones keep their indices."""
    everything, coarser = _with_coarser(meshes)
    vertex_start = np.cumsum([0, *(len(mesh.vertices) for mesh in everything)]).astype(np.int32)
    face_start = np.cumsum([0, *(len(mesh.triangles) for mesh in everything)]).astype(np.int32)
    triangles = [mesh.triangles + start for mesh, start in zip(everything, vertex_start, strict=False)]
    vertices = _stacked([mesh.vertices for mesh in everything], 3, np.float32)
    normals = _stacked([mesh.normals for mesh in everything], 3, np.float32)
    faces = Faces(
        vertices,
        normals,
        _stacked([mesh.uvs for mesh in everything], 2, np.float32),
        _outward(vertices, normals, _stacked(triangles, 3, np.int32)),
        _stacked([mesh.colours for mesh in everything], 3, np.float32),
        np.concatenate([np.zeros(0, np.uint8), *(mesh.materials for mesh in everything)]),
        np.concatenate([np.zeros(0, np.uint8), *(mesh.tags for mesh in everything)]),
        vertex_start,
        face_start,
    )
    bounds = [_bounds(mesh) for mesh in everything]
    return MeshTable(
        faces,
        np.array([b[0] for b in bounds]).reshape(-1, 3),
        np.array([b[1] for b in bounds]).reshape(-1, 3),
        np.array([b[2] for b in bounds], dtype=np.float64),
        coarser,
        np.array([mesh.coarser_below_px for mesh in everything], dtype=np.float64),
    )


def _bounds(mesh: Mesh) -> tuple[Array, Array, float]:
    """Centre and half size of the bounding box, and the radius about that centre; zeros when empty."""
    if not len(mesh.vertices):
        return np.zeros(3), np.zeros(3), 0.0
    low = mesh.vertices.min(axis=0).astype(np.float64)
    high = mesh.vertices.max(axis=0).astype(np.float64)
    centre = 0.5 * (low + high)
    radius = float(np.sqrt(((mesh.vertices - centre) ** 2).sum(axis=1).max()))
    return centre, 0.5 * (high - low), radius
