"""Which instances a view can see, how fine each one is drawn, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.pack import NO_MESH, MeshTable
from sim_bridge.server.renderer.scene import Array, Instances, View

# An object whose bounding sphere is smaller than this on the picture is not drawn, pixels.
SMALLEST_PX = 0.8


@dataclass(frozen=True, eq=False)
class Placed:
    """Instances with the spheres that hold them.

    Attributes:
        instances: the instances.
        centre: (n, 3) float64, world, metres.
        radius: (n,) float64, metres.
    """

    instances: Instances
    centre: Array
    radius: Array


class DrawList(NamedTuple):
    """The instances of one picture, nearest first. D of them; L is the length of all their vertices.

    Attributes:
        mesh: (D,) int32.
        camera_from_object: (D, 3, 4) float64.
        world_from_object: (D, 3, 3) float32, the rotation.
        colour: (D, 3) float32.
        lamps: (D,) uint32.
        instance_id: (D,) uint32.
        tag: (D,) uint8.
        vertex_at: (D + 1,) int32, where the vertices of each one begin in the picture's vertex array.
        face_at: (D + 1,) int32, where its triangles begin in the picture's triangle array.
    """

    mesh: Array
    camera_from_object: Array
    world_from_object: Array
    colour: Array
    lamps: Array
    instance_id: Array
    tag: Array
    vertex_at: Array
    face_at: Array


def place(instances: Instances, table: MeshTable) -> Placed:
    """Finds the bounding sphere of every instance."""
    pose = instances.pose.astype(np.float64)
    centre = np.einsum("nij,nj->ni", pose[:, :3, :3], table.centre[instances.mesh]) + pose[:, :3, 3]
    return Placed(instances, centre, table.radius[instances.mesh])


def camera_from_world(view: View) -> Array:
    """(4, 4) float64 inverse of the rigid pose of the camera."""
    rotation, origin = view.world_from_camera[:3, :3], view.world_from_camera[:3, 3]
    inverse = np.eye(4)
    inverse[:3, :3] = rotation.T
    inverse[:3, 3] = -rotation.T @ origin
    return inverse


def _seen(placed: Placed, view: View, from_world: Array) -> tuple[Array, Array]:
    """Indices of the instances that reach into the view, and the distance of their centres, metres."""
    centre = placed.centre @ from_world[:3, :3].T + from_world[:3, 3]
    half_width, half_height = 0.5 * view.width / view.focal_px, 0.5 * view.height / view.focal_px
    forward, radius = centre[:, 0], placed.radius
    beside = (np.abs(centre[:, 1]) - half_width * forward) / np.hypot(1.0, half_width)
    above = (np.abs(centre[:, 2]) - half_height * forward) / np.hypot(1.0, half_height)
    distance = np.linalg.norm(centre, axis=1)
    large = 2.0 * radius * view.focal_px > SMALLEST_PX * distance
    seen = (forward > -radius) & (beside < radius) & (above < radius) & large
    if view.hidden_instance:
        seen &= placed.instances.instance_id != view.hidden_instance
    index = np.flatnonzero(seen)
    return index, distance[index]


def _level(mesh: Array, size_px: Array, table: MeshTable) -> Array:
    """The mesh to draw for each instance whose bounding sphere is `size_px` wide on the picture."""
    while True:
        coarser = table.coarser[mesh]
        steps = (coarser != NO_MESH) & (size_px < table.coarser_below_px[mesh])
        if not steps.any():
            return mesh
        mesh = np.where(steps, coarser, mesh)


def _starts(counts: Array) -> Array:
    """(n + 1,) int32 running sum of `counts`, from 0."""
    return np.concatenate([[0], np.cumsum(counts)]).astype(np.int32)


def draw_list(groups: tuple[Placed, ...], table: MeshTable, view: View) -> DrawList:
    """Keeps what the view sees of all groups and sorts it from near to far."""
    from_world = camera_from_world(view)
    found = [(group.instances, *_seen(group, view, from_world)) for group in groups]
    distance = np.concatenate([far for _, _, far in found])
    order = np.argsort(distance, kind="stable")

    def gathered(name: str) -> Array:
        kept = np.concatenate([getattr(instances, name)[index] for instances, index, _ in found])
        return np.ascontiguousarray(kept[order])

    mesh = gathered("mesh")
    size_px = 2.0 * table.radius[mesh] * view.focal_px / np.maximum(distance[order], 1e-3)
    mesh = _level(mesh, size_px, table).astype(np.int32)
    pose = gathered("pose").astype(np.float64)
    faces = table.faces
    return DrawList(
        mesh,
        np.ascontiguousarray((from_world @ pose)[:, :3]),
        np.ascontiguousarray(pose[:, :3, :3].astype(np.float32)),
        gathered("colour"),
        gathered("lamps"),
        gathered("instance_id"),
        gathered("tag"),
        _starts(faces.vertex_start[mesh + 1] - faces.vertex_start[mesh]),
        _starts(faces.face_start[mesh + 1] - faces.face_start[mesh]),
    )
