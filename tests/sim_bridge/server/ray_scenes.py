"""Small scenes for rays: boxes, a floor, and scattered triangles."""

import numpy as np

from sim_bridge.server.rays.scene import RayScene
from sim_bridge.server.renderer.scene import Instances, Mesh, StaticScene, Tag
from sim_bridge.server.transforms import Pose, matrix


def mesh_of(corners, tag=Tag.NONE):
    """Triangles (m, 3, 3)."""
    corners = np.asarray(corners, np.float64)
    count = len(corners)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normal /= np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-12)
    return Mesh(
        corners.reshape(-1, 3),
        np.repeat(normal, 3, axis=0),
        np.arange(3 * count).reshape(-1, 3),
        np.ones((count, 3)),
        np.zeros(count),
        np.zeros((3 * count, 2)),
        np.full(count, tag, np.uint8),
    )


def box(half, middle=(0.0, 0.0, 0.0)):
    """The twelve triangles of a box."""
    faces = []
    for axis in range(3):
        for side in (-1.0, 1.0):
            a, b = np.zeros(3), np.zeros(3)
            a[(axis + 1) % 3], b[(axis + 2) % 3] = half[(axis + 1) % 3], half[(axis + 2) % 3]
            centre = np.array(middle, np.float64)
            centre[axis] += side * half[axis]
            one, two, three, four = centre - a - b, centre + a - b, centre + a + b, centre - a + b
            faces += [[one, two, three], [one, three, four]]
    return mesh_of(faces)


def floor(reach=200.0, tag=Tag.ROADS):
    """A square at z = 0 of four triangles."""
    r = reach
    corners = [[-r, -r, 0.0], [r, -r, 0.0], [r, r, 0.0], [-r, r, 0.0]]
    return mesh_of([[corners[i], corners[(i + 1) % 4], [0.0, 0.0, 0.0]] for i in range(4)], tag)


def placed(mesh, poses, ids, tag=Tag.CAR):
    """Instances of one mesh number at (x, y, z, pitch, yaw, roll) each."""
    count = len(poses)
    return Instances(
        np.full(count, mesh),
        np.array([matrix(Pose(*pose)) for pose in poses]).reshape(-1, 4, 4),
        np.ones((count, 3)),
        np.zeros(count),
        np.array(ids),
        np.full(count, tag),
    )


def scene(meshes=(), chunks=(), still=None, threads=1):
    return RayScene(StaticScene(tuple(chunks), still or Instances.none()), list(meshes), threads)
