"""The scene as rays meet it: all meshes with their trees, what stands still, and what moves."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sim_bridge.server.rays.cast import Found, Solids, Things, cast, room_for, stacks
from sim_bridge.server.rays.trees import grown
from sim_bridge.server.renderer.scene import Array, Instances, Mesh, StaticScene

# Rays that one call of the kernel follows; small enough that threads end together.
RAYS_A_CALL = 4096


def solids_of(meshes: Sequence[Mesh]) -> tuple[Solids, Array]:
    """Lays the triangles of all meshes out in trees; the coarser levels are for pictures only.

    Returns:
        The meshes, and (M,) int64, the tree of each mesh, -1 for one without triangles.
    """
    filled = [mesh for mesh in meshes if len(mesh.triangles)]
    corners = np.concatenate([np.zeros((0, 3, 3), np.float32), *(m.vertices[m.triangles] for m in filled)])
    tags = np.concatenate([np.zeros(0, np.uint8), *(mesh.tags for mesh in filled)])
    starts = np.cumsum([0, *(len(mesh.triangles) for mesh in filled)])
    trees, order = grown(corners.min(axis=1), corners.max(axis=1), starts)
    corners = corners[order]
    laid = np.concatenate(
        [corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]], axis=1
    )
    solids = Solids(trees, np.ascontiguousarray(laid), np.ascontiguousarray(tags[order]))
    solid = np.array([len(mesh.triangles) > 0 for mesh in meshes], np.bool_)
    return solids, np.where(solid, np.cumsum(solid) - 1, -1)


def things_of(instances: Instances, solids: Solids, tree_of_mesh: Array) -> Things:
    """Instances with the tree over their boxes in the world; those of empty meshes are left out."""
    kept = np.flatnonzero(tree_of_mesh[instances.mesh] >= 0)
    mesh = tree_of_mesh[instances.mesh[kept]]
    pose = instances.pose[kept].astype(np.float64)
    rotation, origin = pose[:, :3, :3], pose[:, :3, 3]
    box = solids.trees.box[solids.trees.root[mesh]].astype(np.float64)
    half, centre = 0.5 * (box[:, 3:] - box[:, :3]), 0.5 * (box[:, 3:] + box[:, :3])
    middle = np.einsum("nij,nj->ni", rotation, centre) + origin
    reach = np.einsum("nij,nj->ni", np.abs(rotation), half)
    back = np.empty((len(kept), 3, 4))
    back[:, :, :3] = rotation.transpose(0, 2, 1)
    back[:, :, 3] = -np.einsum("nji,nj->ni", rotation, origin)
    groups = np.array([0, len(kept)]) if len(kept) else np.array([0])
    tree, order = grown(middle - reach, middle + reach, groups)
    return Things(
        tree,
        order,
        mesh.astype(np.int32),
        back,
        instances.instance_id[kept].astype(np.int64),
        instances.tag[kept],
    )


class RayScene:
    """Finds what rays hit in a static scene and in what moves through it.

    Same input, same bytes, whatever the number of threads.

    Args:
        static_scene: what never moves; its hits have instance id 0.
        meshes: the meshes that instances, static or moving, point into.
        threads: how many threads follow rays; by default one for each CPU this process may use.
    """

    def __init__(self, static_scene: StaticScene, meshes: Sequence[Mesh], threads: int | None = None) -> None:
        everything = [*meshes, *static_scene.chunks]
        self._solids, self._tree_of_mesh = solids_of(everything)
        ground = Instances.at_origin(len(meshes), len(static_scene.chunks))
        self._still = things_of(_joined(static_scene.instances, ground), self._solids, self._tree_of_mesh)
        self._own = threading.local()
        self._pool = ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)), thread_name_prefix="rays")

    def close(self) -> None:
        """Ends the threads."""
        self._pool.shutdown()

    def placed(self, moving: Instances) -> Things:
        """What moves, where it is now; made once for all sensors of a step."""
        return things_of(moving, self._solids, self._tree_of_mesh)

    def cast(
        self, origins: Array, directions: Array, reach_m: float | Array, moving: Things, hidden: int = 0,
        *, only_moving: bool = False,
    ) -> Found:  # fmt: skip
        """The nearest thing that each ray hits.

        Args:
            origins: (1 or n, 3) float64, world, metres; one for all rays or one each.
            directions: (n, 3) float64, world, unit vectors.
            reach_m: rays end here, all or (n,) each, metres.
            moving: what moves, as `placed` gave it.
            hidden: what moves with this instance id lets rays through; 0 for none.
            only_moving: whether rays pass through all that stands still.

        Returns:
            Distances and what was hit; `thing` counts through `moving`, or is -2 - i for the i-th still one.
        """
        found = room_for(len(directions), reach_m)
        origins, directions = (np.ascontiguousarray(a, dtype=np.float64) for a in (origins, directions))

        def part(first: int) -> None:
            last = min(first + RAYS_A_CALL, len(directions))
            own = self._stacks()
            if not only_moving:
                cast(origins, directions, self._solids, self._still, 0, first, last, found, own)
                still = found.thing[first:last]
                np.subtract(-2, still, out=still, where=still >= 0)
            cast(origins, directions, self._solids, moving, hidden, first, last, found, own)

        list(self._pool.map(part, range(0, len(directions), RAYS_A_CALL)))
        return found

    def _stacks(self) -> Array:
        if not hasattr(self._own, "stacks"):
            self._own.stacks = stacks()
        own: Array = self._own.stacks
        return own


def _joined(one: Instances, other: Instances) -> Instances:
    names = ("mesh", "pose", "colour", "lamps", "instance_id", "tag")
    return Instances(*(np.concatenate([getattr(one, name), getattr(other, name)]) for name in names))
