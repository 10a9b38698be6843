"""Meshes for objects of a few pixels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim_bridge.server.renderer.scene import Array, Mesh

# Cells along the longest side of a simplified mesh, and the size on the picture under which it is drawn.
CELLS, BELOW_PX = 6, 15.0
# Meshes with fewer triangles are left alone.
WORTHWHILE = 40


def with_smallest(mesh: Mesh) -> Mesh:
    """`mesh` with a simplified last level, where that saves something."""
    if mesh.coarser is not None:
        return replace(mesh, coarser=with_smallest(mesh.coarser))
    if len(mesh.triangles) < WORTHWHILE:
        return mesh
    simple = clustered(mesh, CELLS)
    if not len(simple.triangles) or len(simple.triangles) > 0.7 * len(mesh.triangles):
        return mesh
    return replace(mesh, coarser=simple, coarser_below_px=BELOW_PX)


def clustered(mesh: Mesh, cells: int) -> Mesh:
    """Draws all vertices of one cell of a grid together; faces that collapse vanish.

    Rossignac and Borrel, "Multi-resolution 3D approximations for rendering complex scenes", 1993. Vertices of
    a cell share their place, but those whose normals look along different axes stay apart, so that edges stay
    hard.

    Args:
        mesh: any mesh.
        cells: cells of the grid along its longest side.
    """
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    size = max(float((high - low).max()) / cells, 1e-6)
    grid = np.minimum(((mesh.vertices - low) / size).astype(np.int64), cells - 1)
    _, cell = np.unique(grid, axis=0, return_inverse=True)
    cell = cell.reshape(-1)
    axis = np.abs(mesh.normals).argmax(axis=1)
    side = 2 * axis + (np.take_along_axis(mesh.normals, axis[:, None], axis=1)[:, 0] > 0.0)
    _, vertex = np.unique(np.column_stack([cell, side]), axis=0, return_inverse=True)
    vertex = vertex.reshape(-1)
    corners = np.sort(cell[mesh.triangles], axis=1)
    whole = (corners[:, 0] != corners[:, 1]) & (corners[:, 1] != corners[:, 2])
    keys = np.column_stack([corners, side[mesh.triangles[:, 0]]])
    _, first = np.unique(keys, axis=0, return_index=True)
    kept = np.sort(first[whole[first]])
    place = _means(mesh.vertices, cell)[_first_of(vertex, cell)]
    normals = _means(mesh.normals, vertex)
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    return Mesh(
        place,
        normals / np.maximum(length, 1e-6),
        vertex[mesh.triangles[kept]],
        mesh.colours[kept],
        mesh.materials[kept],
        _means(mesh.uvs, vertex),
        mesh.tags[kept],
    )


def _means(values: Array, group: Array) -> Array:
    """(groups, k) mean of the rows of `values` in each group."""
    count = np.bincount(group).astype(np.float64)
    sums = [np.bincount(group, weights=column) for column in values.T]
    means: Array = np.column_stack(sums) / count[:, None]
    return means


def _first_of(group: Array, values: Array) -> Array:
    """(groups,) the value of one row of each group."""
    found = np.zeros(group.max() + 1, values.dtype)
    found[group] = values
    return found
