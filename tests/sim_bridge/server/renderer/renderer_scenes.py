"""Small scenes whose pictures can be worked out by hand."""

import numpy as np

from sim_bridge.server.renderer.scene import Instances, Material, Mesh, View

CAR_COLOUR = (0.45, 0.05, 0.04)


def cuboid(low, high, material=Material.PAINT, colour=(1.0, 1.0, 1.0)):
    """A closed box between two corners, hard edges, windings mixed on purpose."""
    corners = np.array([low, high], float)
    vertices, normals, triangles = [], [], []
    for axis in range(3):
        u, v = (other for other in range(3) if other != axis)
        for side in (0, 1):
            base = len(vertices)
            for i, j in ((0, 0), (1, 0), (1, 1), (0, 1)):
                point = np.zeros(3)
                point[axis], point[u], point[v] = corners[side, axis], corners[i, u], corners[j, v]
                vertices.append(point)
                normals.append(np.eye(3)[axis] * (1 if side else -1))
            triangles += [(base, base + 1, base + 2), (base, base + 2, base + 3)]
    faces = len(triangles)
    return Mesh(
        vertices,
        normals,
        triangles,
        np.tile(colour, (faces, 1)),
        np.full(faces, material),
        np.zeros((len(vertices), 2)),
    )


def level(x, y, height, material, tag, colour, cells=8):
    """A level rectangle x[0]..x[1], y[0]..y[1]."""
    across, along = np.meshgrid(np.linspace(*y, cells + 1), np.linspace(*x, cells + 1))
    vertices = np.column_stack([along.ravel(), across.ravel(), np.full(along.size, height)])
    corner = (np.arange(cells)[:, None] * (cells + 1) + np.arange(cells)).ravel()[:, None]
    triangles = np.concatenate(
        [corner + np.array(part) for part in ((0, 1, cells + 1), (1, cells + 2, cells + 1))]
    )
    faces = len(triangles)
    return Mesh(
        vertices,
        np.tile([0.0, 0.0, 1.0], (len(vertices), 1)),
        triangles,
        np.tile(colour, (faces, 1)),
        np.full(faces, material),
        vertices[:, :2],
        np.full(faces, tag),
    )


def at(x, y, z=0.0, yaw_deg=0.0):
    """(4, 4) world_from_object."""
    c, s = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
    pose = np.eye(4)
    pose[:2, :2] = [[c, -s], [s, c]]
    pose[:3, 3] = x, y, z
    return pose


def placed(*rows):
    """Instances of (mesh, pose, instance id, tag)."""
    return Instances(
        [row[0] for row in rows],
        np.array([row[1] for row in rows]).reshape(-1, 4, 4),
        np.tile(CAR_COLOUR, (len(rows), 1)),
        np.zeros(len(rows)),
        [row[2] for row in rows],
        [row[3] for row in rows],
    )


def camera(x=0.0, y=0.0, z=1.5, width=160, height=96, fov=90.0, hidden=0):
    """A level camera that looks along x."""
    return View(at(x, y, z), width, height, fov, hidden)
