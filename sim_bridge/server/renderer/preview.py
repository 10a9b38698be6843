"""Pictures of single meshes, for people who build them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from sim_bridge.server.renderer.renderer import Renderer
from sim_bridge.server.renderer.scene import Array, Instances, Lamp, Material, Mesh, StaticScene, Tag, View
from sim_bridge.server.renderer.weather import Weather

LAWN = (0.12, 0.2, 0.06)
TARMAC = (0.12, 0.12, 0.12)


def look_at(eye: Sequence[float], target: Sequence[float]) -> Array:
    """(4, 4) world_from_camera of an upright camera at `eye` that looks at `target`, metres."""
    forward = np.asarray(target, float) - np.asarray(eye, float)
    forward /= np.linalg.norm(forward)
    right = np.cross([0.0, 0.0, 1.0], forward)
    right /= np.linalg.norm(right)
    pose = np.eye(4)
    pose[:3, :3] = np.column_stack([forward, right, np.cross(forward, right)])
    pose[:3, 3] = eye
    return pose


def ground(
    half_size_m: float, height_m: float, material: Material, colour: tuple[float, float, float]
) -> Mesh:
    """A level square about the origin, 16 x 16 cells."""
    ticks = np.linspace(-half_size_m, half_size_m, 17)
    x, y = (axis.ravel() for axis in np.meshgrid(ticks, ticks, indexing="ij"))
    corner = (np.arange(16)[:, None] * 17 + np.arange(16)).ravel()
    triangles = np.concatenate([corner[:, None] + [0, 1, 17], corner[:, None] + [1, 18, 17]])
    count = len(triangles)
    return Mesh(
        np.column_stack([x, y, np.full(len(x), height_m)]),
        np.tile([0.0, 0.0, 1.0], (len(x), 1)),
        triangles,
        np.tile(colour, (count, 1)),
        np.full(count, material),
        np.column_stack([x, y]),
        np.full(count, Tag.ROADS if material == Material.ASPHALT else Tag.TERRAIN),
    )


def one_mesh(mesh: Mesh, colour: Sequence[float] = (0.5, 0.03, 0.03), lamps: Lamp = Lamp.NONE) -> Instances:
    """`mesh`, as number 0 of the renderer's meshes, once at the origin."""
    one = np.ones(1)
    return Instances(0 * one, np.eye(4)[None], np.array([colour]), int(lamps) * one, one, Tag.CAR * one)


def turntable(
    mesh: Mesh,
    colour: Sequence[float] = (0.5, 0.03, 0.03),
    lamps: Lamp = Lamp.NONE,
    weather: Weather | None = None,
    size: tuple[int, int] = (640, 400),
) -> Array:
    """Eight views of a mesh on tarmac, four yaws near and four from three times the distance.

    Returns:
        (4 * height, 2 * width, 3) uint8 BGR.
    """
    scene = StaticScene(
        (ground(400.0, -0.05, Material.GRASS, LAWN), ground(20.0, 0.0, Material.ASPHALT, TARMAC)),
        Instances.none(),
    )
    renderer = Renderer(scene, [mesh])
    low, high = mesh.vertices.min(axis=0), mesh.vertices.max(axis=0)
    centre, radius = 0.5 * (low + high), 0.5 * float(np.linalg.norm(high - low))
    rows = []
    for yaw in np.radians([0.0, 35.0, 90.0, 180.0]):
        row = []
        for distance in (1.9 * radius, 6.0 * radius):
            eye = centre + distance * np.array([np.cos(yaw), np.sin(yaw), 0.25])
            view = View(look_at(eye, centre), *size, 60.0)
            rendered = renderer.render(view, one_mesh(mesh, colour, lamps), weather or Weather(), 0.0)
            row.append(rendered.bgra[..., :3])
        rows.append(np.concatenate(row, axis=1))
    renderer.close()
    return np.concatenate(rows, axis=0)


def save_turntable(mesh: Mesh, path: str | Path, **settings: object) -> None:
    """Writes `turntable` to an image file."""
    if not cv2.imwrite(str(path), turntable(mesh, **settings)):  # type: ignore[arg-type]
        raise OSError(f"{path}: the picture could not be written")
