"""The one conversion between CARLA's axes and ours.

CARLA: left-handed (x forward, y right, z up), degrees; yaw turns from x to y (right), pitch lifts the nose,
roll lowers the right side. Ours: ISO 8855, right-handed (x forward, y left, z up), radians. The two differ
by the mirror M = diag(1, -1, 1), which is its own inverse, so that each function here serves both ways unless
its name says otherwise. A polar vector v becomes M v, an axial one (angular velocity) det(M) M v, a linear
map A becomes M A M. All functions take arrays of any leading shape and return float64.
"""

from __future__ import annotations

from typing import Protocol

import numpy as np
import numpy.typing as npt

from data.arrays import Array


class Vector(Protocol):
    """What CARLA's Location and Vector3D have in common."""

    x: float
    y: float
    z: float


class Rotation(Protocol):
    """CARLA's rotation, degrees."""

    roll: float
    pitch: float
    yaw: float


class Transform(Protocol):
    """CARLA's location and rotation."""

    location: Vector
    rotation: Rotation


_POLAR = np.array([1.0, -1.0, 1.0])
_AXIAL = np.array([-1.0, 1.0, -1.0])
_MATRIX = np.outer([1.0, -1.0, 1.0, 1.0], [1.0, -1.0, 1.0, 1.0])


def mirror_points(points: npt.ArrayLike) -> Array:
    """(..., 3) locations, velocities or accelerations of one side in the axes of the other."""
    mirrored: Array = np.asarray(points, np.float64) * _POLAR
    return mirrored


def mirror_angular(rates: npt.ArrayLike) -> Array:
    """(..., 3) angular velocities of one side in the axes of the other, the unit kept."""
    mirrored: Array = np.asarray(rates, np.float64) * _AXIAL
    return mirrored


def mirror_matrix(matrix: npt.ArrayLike) -> Array:
    """(..., 4, 4) homogeneous transforms of one side in the axes of the other."""
    mirrored: Array = np.asarray(matrix, np.float64) * _MATRIX
    return mirrored


def rotation_from_carla(roll_pitch_yaw_deg: npt.ArrayLike) -> Array:
    """(..., 3) CARLA roll, pitch, yaw in degrees to ISO 8855 roll, pitch, yaw in radians."""
    angles: Array = np.deg2rad(np.asarray(roll_pitch_yaw_deg, np.float64)) * [1.0, -1.0, -1.0]
    return angles


def rotation_to_carla(roll_pitch_yaw_rad: npt.ArrayLike) -> Array:
    """(..., 3) ISO 8855 roll, pitch, yaw in radians to CARLA roll, pitch, yaw in degrees."""
    angles: Array = np.rad2deg(np.asarray(roll_pitch_yaw_rad, np.float64)) * [1.0, -1.0, -1.0]
    return angles


def matrix_from_pose(position_m: npt.ArrayLike, roll_pitch_yaw_rad: npt.ArrayLike) -> Array:
    """(..., 4, 4) transforms of poses in right-handed axes: Rz(yaw) Ry(pitch) Rx(roll).

    Args:
        position_m: (..., 3).
        roll_pitch_yaw_rad: (..., 3) ISO 8855 angles.
    """
    position = np.asarray(position_m, np.float64)
    angles = np.asarray(roll_pitch_yaw_rad, np.float64)
    (cr, cp, cy), (sr, sp, sy) = np.moveaxis(np.cos(angles), -1, 0), np.moveaxis(np.sin(angles), -1, 0)
    matrix = np.zeros((*position.shape[:-1], 4, 4))
    matrix[..., 0, :3] = np.stack([cy * cp, cy * sp * sr - sy * cr, cy * sp * cr + sy * sr], axis=-1)
    matrix[..., 1, :3] = np.stack([sy * cp, sy * sp * sr + cy * cr, sy * sp * cr - cy * sr], axis=-1)
    matrix[..., 2, :3] = np.stack([-sp, cp * sr, cp * cr], axis=-1)
    matrix[..., :3, 3] = position
    matrix[..., 3, 3] = 1.0
    return matrix


def angles_from_matrix(matrix: npt.ArrayLike) -> Array:
    """(..., 3) ISO 8855 roll, pitch, yaw in radians of (..., 4, 4) or (..., 3, 3) transforms."""
    m = np.asarray(matrix, np.float64)
    pitch = np.arctan2(-m[..., 2, 0], np.hypot(m[..., 2, 1], m[..., 2, 2]))
    roll = np.arctan2(m[..., 2, 1], m[..., 2, 2])
    yaw = np.arctan2(m[..., 1, 0], m[..., 0, 0])
    return np.stack([roll, pitch, yaw], axis=-1)


def yaw_from_compass(compass_rad: float) -> float:
    """ISO yaw of a CARLA compass, which is 0 towards CARLA's -y and grows clockwise; in [-pi, pi)."""
    return float((0.5 * np.pi - compass_rad + np.pi) % (2.0 * np.pi) - np.pi)


def vector_from_carla(vector: Vector) -> Array:
    """(3,) a CARLA Location or Vector3D in our axes."""
    return mirror_points((vector.x, vector.y, vector.z))


def angles_from_carla(rotation: Rotation) -> Array:
    """(3,) roll, pitch, yaw in our axes, rad."""
    return rotation_from_carla((rotation.roll, rotation.pitch, rotation.yaw))


def matrix_from_carla(transform: Transform) -> Array:
    """(4, 4) a CARLA transform in our axes."""
    return matrix_from_pose(vector_from_carla(transform.location), angles_from_carla(transform.rotation))
