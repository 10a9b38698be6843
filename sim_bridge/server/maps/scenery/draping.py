"""Bends flat triangles onto the ground."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from sim_bridge.server.maps.ground import GroundGrid
from sim_bridge.server.maps.scenery.surfaces import Patch, Triangles
from sim_bridge.server.transforms import Floats

OFF_GROUND_M = 0.02
_SHORTEST_M = 3.0
_ROUNDS = 7


def draped(patch: Patch, ground: GroundGrid, above_m: float) -> Patch:
    """A patch that looks up, its triangles split until they follow the ground.

    Whether an edge is split depends on that edge alone, so that neighbours meet without gaps.

    Args:
        patch: its vertices lie `above_m` over the ground already.
        ground: the ground.
        above_m: how far over the ground the patch lies, metres.
    """
    vertices, triangles = patch.vertices, patch.triangles
    for _ in range(_ROUNDS):
        edges = np.sort(triangles[:, [[0, 1], [1, 2], [2, 0]]].reshape(-1, 2), axis=1)
        unique, edge_of = np.unique(edges, axis=0, return_inverse=True)
        ends = vertices[unique]
        middle = ends.mean(axis=1)
        length = np.linalg.norm(ends[:, 1, :2] - ends[:, 0, :2], axis=1)
        off = np.max([np.abs(_off(ends, share, ground, above_m)) for share in (0.25, 0.5, 0.75)], axis=0)
        split = (length > _SHORTEST_M) & (off > OFF_GROUND_M)
        if not split.any():
            break
        new = np.full(len(unique), -1)
        new[split] = len(vertices) + np.arange(split.sum())
        middle[:, 2] += _off(ends, 0.5, ground, above_m)
        vertices = np.concatenate([vertices, middle[split]])
        triangles = _split(triangles, new[edge_of.reshape(-1, 3)])
    if len(vertices) == len(patch.vertices):
        return patch
    uvs = vertices[:, :2] - patch.vertices[0, :2] + patch.uvs[0]
    return replace(patch, vertices=vertices, normals=_normals(vertices, ground), uvs=uvs, triangles=triangles)


def _off(ends: Floats, share: float, ground: GroundGrid, above_m: float) -> Floats:
    """How far the ground is above (n, 2, 3) edges at a share of their length, metres."""
    points = ends[:, 0] * (1.0 - share) + ends[:, 1] * share
    off: Floats = ground.surface(points - (0.0, 0.0, above_m))[0] + above_m - points[:, 2]
    return off


def _normals(vertices: Floats, ground: GroundGrid) -> Floats:
    return ground.surface(vertices)[1]


def _split(triangles: Triangles, middles: Triangles) -> Triangles:
    """Splits triangles at the middles of their edges.

    Args:
        triangles: (m, 3) corners a, b, c.
        middles: (m, 3) new vertices on ab, bc, ca, or -1.
    """
    parts = []
    cut = middles >= 0
    for pattern in np.unique(cut, axis=0):
        rows = np.all(cut == pattern, axis=1)
        # Turned so that an edge that stays, if there is one, comes where the tables below want it.
        turn = _TURN[tuple(pattern.tolist())]
        corner = np.roll(triangles[rows], -turn, axis=1)
        points = np.concatenate([corner, np.roll(middles[rows], -turn, axis=1)], axis=1)
        parts.append(points[:, _PIECES[int(pattern.sum())]].reshape(-1, 3))
    return np.concatenate(parts).astype(np.int32)


# How far a triangle is turned: one cut edge comes first, the uncut one of three last.
_TURN = {
    (False, False, False): 0,
    (True, False, False): 0,
    (False, True, False): 1,
    (False, False, True): 2,
    (True, True, False): 0,
    (False, True, True): 1,
    (True, False, True): 2,
    (True, True, True): 0,
}
# Corners are 0, 1, 2; middles of 01, 12, 20 are 3, 4, 5.
_PIECES = {
    0: np.array([[0, 1, 2]]),
    1: np.array([[0, 3, 2], [3, 1, 2]]),
    2: np.array([[3, 1, 4], [0, 3, 4], [0, 4, 2]]),
    3: np.array([[0, 3, 5], [3, 1, 4], [5, 4, 2], [3, 4, 5]]),
}
