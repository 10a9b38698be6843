"""Triangle soups: the clay from which meshes are formed, and how it is welded into a mesh."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim_bridge.server.renderer.scene import Material, Mesh, Tag

Floats = NDArray[np.float64]


class Finish(NamedTuple):
    """What a face is made of.

    Attributes:
        material: how it answers light.
        colour: linear albedo 0..1.
        tag: semantic tag of its own, NONE to take that of the instance.
    """

    material: Material
    colour: tuple[float, float, float]
    tag: Tag = Tag.NONE


@cache
def finish(material: Material, srgb: int, tag: Tag = Tag.NONE) -> Finish:
    """A finish from a colour written as 0xRRGGBB in sRGB (IEC 61966-2-1 decoding)."""
    channels = np.array([srgb >> 16 & 255, srgb >> 8 & 255, srgb & 255]) / 255.0
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return Finish(material, (float(linear[0]), float(linear[1]), float(linear[2])), tag)


@dataclass(frozen=True, eq=False)
class Faces:
    """Triangles that share nothing.

    Attributes:
        corners: (m, 3, 3) float64, triangle, corner, xyz in metres.
        normals: (m, 3, 3) float64, outward normal at each corner, unit length.
        colours: (m, 3) float64, linear albedo.
        materials: (m,) uint8.
        uvs: (m, 3, 2) float64, metres along the surface, zeros where unused.
        tags: (m,) uint8.
    """

    corners: Floats
    normals: Floats
    colours: Floats
    materials: NDArray[np.uint8]
    uvs: Floats
    tags: NDArray[np.uint8]

    def __len__(self) -> int:
        return len(self.corners)


def join(parts: Sequence[Faces]) -> Faces:
    """All faces of `parts`, which must not be empty, in their order."""
    return Faces(
        np.concatenate([part.corners for part in parts]),
        np.concatenate([part.normals for part in parts]),
        np.concatenate([part.colours for part in parts]),
        np.concatenate([part.materials for part in parts]),
        np.concatenate([part.uvs for part in parts]),
        np.concatenate([part.tags for part in parts]),
    )


def moved(faces: Faces, offset: ArrayLike) -> Faces:
    """`faces` shifted by `offset` (3,), metres."""
    return _with_geometry(faces, faces.corners + np.asarray(offset, np.float64), faces.normals)


def turned(faces: Faces, rotation: Floats) -> Faces:
    """`faces` under the rotation matrix (3, 3)."""
    return _with_geometry(faces, faces.corners @ rotation.T, faces.normals @ rotation.T)


def mirrored(faces: Faces, axis: int = 1) -> Faces:
    """`faces` reflected in the plane through the origin across `axis` (1: left and right)."""
    sign = np.ones(3)
    sign[axis] = -1.0
    return _with_geometry(faces, faces.corners * sign, faces.normals * sign)


def both_sides(faces: Faces) -> Faces:
    """`faces` and their mirror image across the vehicle's middle plane; indicators change side."""
    other = mirrored(faces)
    left, right = int(Material.LAMP_INDICATOR_LEFT), int(Material.LAMP_INDICATOR_RIGHT)
    materials = faces.materials.copy()
    materials[faces.materials == right] = left
    materials[faces.materials == left] = right
    return join([faces, Faces(other.corners, other.normals, other.colours, materials, other.uvs, other.tags)])


def stretched(faces: Faces, scale: ArrayLike) -> Faces:
    """`faces` scaled along the axes by `scale` (3,); normals stay perpendicular and of unit length."""
    factors = np.asarray(scale, np.float64)
    normals = faces.normals / factors
    normals /= np.maximum(np.linalg.norm(normals, axis=2, keepdims=True), 1e-12)
    return _with_geometry(faces, faces.corners * factors, normals)


def fitted(faces: Faces, low: ArrayLike, high: ArrayLike) -> Faces:
    """`faces` moved and scaled so that their bounding box is exactly `low`..`high` (3,), metres."""
    points = faces.corners.reshape(-1, 3)
    bottom, top = points.min(axis=0), points.max(axis=0)
    target_low, target_high = np.asarray(low, np.float64), np.asarray(high, np.float64)
    scale = (target_high - target_low) / np.maximum(top - bottom, 1e-9)
    return moved(stretched(moved(faces, -bottom), scale), target_low)


def fitted_to_size(faces: Faces, size: tuple[float, float, float]) -> Faces:
    """`faces` fitted to a box of `size` (x, y, z) metres that stands on the ground round the origin."""
    return fitted(faces, (-size[0] / 2, -size[1] / 2, 0.0), (size[0] / 2, size[1] / 2, size[2]))


def rotation(axis: int, angle: float) -> Floats:
    """Rotation matrix (3, 3) about coordinate axis `axis` by `angle` radians (mathematical sense)."""
    first, second = (axis + 1) % 3, (axis + 2) % 3
    matrix = np.eye(3)
    cosine, sine = np.cos(angle), np.sin(angle)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    return matrix


def recoloured(faces: Faces, factors: Floats) -> Faces:
    """`faces` with their colours multiplied by `factors` ((m, 1) or (m, 3)) and kept within 0..1."""
    colours = np.clip(faces.colours * factors, 0.0, 1.0)
    return Faces(faces.corners, faces.normals, colours, faces.materials, faces.uvs, faces.tags)


def to_mesh(faces: Faces, coarser: Mesh | None = None, coarser_below_px: float = 60.0) -> Mesh:
    """Welds equal corners of `faces` into one vertex each; drops triangles below a square millimetre."""
    first, second = faces.corners[:, 1] - faces.corners[:, 0], faces.corners[:, 2] - faces.corners[:, 0]
    # Lagrange's identity: the squared length of the vector product.
    lengths = [np.einsum("mi,mi->m", a, b) for a, b in ((first, first), (second, second), (first, second))]
    solid = lengths[0] * lengths[1] - lengths[2] ** 2 > 1e-12
    corners = faces.corners[solid].reshape(-1, 3)
    normals = faces.normals[solid].reshape(-1, 3)
    uvs = faces.uvs[solid].reshape(-1, 2)
    keep, index = _equal_rows(np.concatenate([corners * 1e4, normals * 1e2, uvs * 1e3], axis=1))
    return Mesh(
        vertices=corners[keep],
        normals=normals[keep],
        triangles=index.reshape(-1, 3),
        colours=faces.colours[solid],
        materials=faces.materials[solid],
        uvs=uvs[keep],
        tags=faces.tags[solid],
        coarser=coarser,
        coarser_below_px=coarser_below_px,
    )


def _equal_rows(rows: Floats) -> tuple[NDArray[Any], NDArray[Any]]:
    """Indices of the distinct rows (rounded to integers) and, for every row, which of them it is.

    Rows are compared by a 64-bit linear hash, some ten times faster than `np.unique` along an axis.
    """
    multipliers = _multipliers(rows.shape[1])
    with np.errstate(over="ignore"):
        keys = np.rint(rows).astype(np.int64) @ multipliers
    _, keep, index = np.unique(keys, return_index=True, return_inverse=True)
    return keep, index


@cache
def _multipliers(columns: int) -> NDArray[np.int64]:
    """Odd factors of the hash, the same every time."""
    return np.random.default_rng(20).integers(1, 1 << 62, columns, dtype=np.int64) | 1


def _with_geometry(faces: Faces, corners: Floats, normals: Floats) -> Faces:
    return Faces(corners, normals, faces.colours, faces.materials, faces.uvs, faces.tags)
