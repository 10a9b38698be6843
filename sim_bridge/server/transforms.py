"""Poses in CARLA's world: left-handed axes x forward, y right, z up; metres and radians.

Positive yaw turns from +x to +y, positive pitch lifts the nose, positive roll lowers the right side.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


class Pose(NamedTuple):
    """A position in metres with its orientation in radians."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0


def matrices(poses: Floats) -> Floats:
    """(n, 4, 4) homogeneous matrices of (n, 6) poses in `Pose` order.

    The rotation is Unreal's: yaw about z, then pitch about y, then roll about x, with the signs of the
    module's heading (`FRotationMatrix`, Unreal Engine 4).
    """
    poses = np.atleast_2d(np.asarray(poses, dtype=np.float64))
    sp, sy, sr = (np.sin(poses[:, axis]) for axis in (3, 4, 5))
    cp, cy, cr = (np.cos(poses[:, axis]) for axis in (3, 4, 5))
    result = np.zeros((len(poses), 4, 4))
    result[:, 0, 0], result[:, 1, 0], result[:, 2, 0] = cp * cy, cp * sy, sp
    result[:, 0, 1] = cy * sp * sr - sy * cr
    result[:, 1, 1] = sy * sp * sr + cy * cr
    result[:, 2, 1] = -cp * sr
    result[:, 0, 2] = -cy * sp * cr - sy * sr
    result[:, 1, 2] = -sy * sp * cr + cy * sr
    result[:, 2, 2] = cp * cr
    result[:, :3, 3] = poses[:, :3]
    result[:, 3, 3] = 1.0
    return result


def matrix(pose: Pose) -> Floats:
    """(4, 4) homogeneous matrix of one pose."""
    result: Floats = matrices(np.array([pose]))[0]
    return result


def pose_of(matrix_4x4: Floats) -> Pose:
    """The pose of one (4, 4) homogeneous matrix; at pitch +-90 degrees the roll is put into the yaw."""
    m = matrix_4x4
    pitch = math.asin(max(-1.0, min(1.0, float(m[2, 0]))))
    if abs(m[2, 0]) > 1.0 - 1e-12:
        yaw, roll = math.atan2(-float(m[0, 1]), float(m[1, 1])), 0.0
    else:
        yaw = math.atan2(float(m[1, 0]), float(m[0, 0]))
        roll = math.atan2(-float(m[2, 1]), float(m[2, 2]))
    return Pose(float(m[0, 3]), float(m[1, 3]), float(m[2, 3]), pitch, yaw, roll)


def compose(parent: Pose, relative: Pose) -> Pose:
    """The world pose of something that is fixed at `relative` in the frame of `parent`."""
    return pose_of(matrix(parent) @ matrix(relative))
