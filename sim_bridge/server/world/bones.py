"""The bones of walkers, under the names of CARLA's own skeleton."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim_bridge.server.renderer.meshes.skeleton import (
    WRIST,
    Bone,
    bone_transforms,
    rest_joints,
    walking,
)
from sim_bridge.server.renderer.meshes.skeleton import Pose as Posture
from sim_bridge.server.transforms import Floats, Pose, matrix, pose_of

# CARLA's name, the part of the body that it moves with, and the bone that it hangs on.
_SKELETON = (
    ("crl_root", None, None),
    ("crl_hips__C", Bone.TRUNK, "crl_root"),
    ("crl_spine__C", Bone.TRUNK, "crl_hips__C"),
    ("crl_neck__C", Bone.HEAD, "crl_spine__C"),
    ("crl_Head__C", Bone.HEAD, "crl_neck__C"),
    ("crl_arm__R", Bone.RIGHT_ARM, "crl_spine__C"),
    ("crl_foreArm__R", Bone.RIGHT_FOREARM, "crl_arm__R"),
    ("crl_hand__R", Bone.RIGHT_FOREARM, "crl_foreArm__R"),
    ("crl_arm__L", Bone.LEFT_ARM, "crl_spine__C"),
    ("crl_foreArm__L", Bone.LEFT_FOREARM, "crl_arm__L"),
    ("crl_hand__L", Bone.LEFT_FOREARM, "crl_foreArm__L"),
    ("crl_thigh__R", Bone.RIGHT_THIGH, "crl_hips__C"),
    ("crl_leg__R", Bone.RIGHT_SHANK, "crl_thigh__R"),
    ("crl_foot__R", Bone.RIGHT_FOOT, "crl_leg__R"),
    ("crl_thigh__L", Bone.LEFT_THIGH, "crl_hips__C"),
    ("crl_leg__L", Bone.LEFT_SHANK, "crl_thigh__L"),
    ("crl_foot__L", Bone.LEFT_FOOT, "crl_leg__L"),
)
_SPINE, _HEAD = 0.63, 0.93


@dataclass(frozen=True)
class BonePose:
    """Where one bone is.

    Attributes:
        name: CARLA's.
        world: in the world.
        component: from the feet of the walker.
        relative: from the bone that it hangs on.
    """

    name: str
    world: Pose
    component: Pose
    relative: Pose


def bone_poses(pose: Pose, stature_m: float, phase: float | None) -> list[BonePose]:
    """All bones of a walker.

    Args:
        pose: of the walker's middle, in the world.
        stature_m: its height.
        phase: of its stride, 0..1, or None for one who stands.
    """
    moved = bone_transforms(Posture() if phase is None else walking(phase), stature_m)
    feet = matrix(pose) @ _translation((0.0, 0.0, -stature_m / 2.0))
    component: dict[str, Floats] = {}
    found = []
    for name, part, parent in _SKELETON:
        own = np.eye(4) if part is None else moved[part] @ _translation(_rest(name, part, stature_m))
        component[name] = own
        on_parent = own if parent is None else np.linalg.inv(component[parent]) @ own
        found.append(BonePose(name, *(pose_of(m) for m in (feet @ own, own, on_parent))))
    return found


def _rest(name: str, part: Bone, stature_m: float) -> tuple[float, float, float]:
    """Where a bone begins in the rest pose, from the feet."""
    x, y, z = (float(v) for v in rest_joints(stature_m)[part])
    if name.startswith("crl_hand"):
        z = WRIST * stature_m
    elif name in ("crl_spine__C", "crl_Head__C"):
        z = (_SPINE if name == "crl_spine__C" else _HEAD) * stature_m
    return x, y, z


def _translation(offset: tuple[float, float, float]) -> Floats:
    result = np.eye(4)
    result[:3, 3] = offset
    return result
