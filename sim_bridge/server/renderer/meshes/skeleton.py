"""A human skeleton: its rest pose, and how joint angles move its bones.

The rest pose stands upright at the origin, looks along +x, arms hanging. Lengths are shares of the stature
after R. Drillis and R. Contini, Body Segment Parameters (1966), as they are usually quoted.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np

from sim_bridge.server.renderer.meshes.faces import Floats, rotation

HIP: Final = 0.525
KNEE: Final = 0.285
ANKLE: Final = 0.039
SHOULDER: Final = 0.815
ELBOW: Final = 0.630
WRIST: Final = 0.485
NECK: Final = 0.862
HIP_HALF: Final = 0.052
SHOULDER_HALF: Final = 0.112


class Bone(IntEnum):
    """Bones that move as rigid parts."""

    TRUNK = 0
    HEAD = 1
    RIGHT_ARM = 2
    RIGHT_FOREARM = 3
    RIGHT_THIGH = 4
    RIGHT_SHANK = 5
    RIGHT_FOOT = 6
    LEFT_ARM = 7
    LEFT_FOREARM = 8
    LEFT_THIGH = 9
    LEFT_SHANK = 10
    LEFT_FOOT = 11


_PARENT: Final = (-1, 0, 0, 2, 0, 4, 5, 0, 7, 0, 9, 10)
_JOINTS: Final = (
    (0.0, 0.0, HIP),
    (0.0, 0.0, NECK),
    (0.0, SHOULDER_HALF, SHOULDER),
    (0.0, SHOULDER_HALF, ELBOW),
    (0.0, HIP_HALF, HIP),
    (0.0, HIP_HALF, KNEE),
    (0.0, HIP_HALF, ANKLE),
    (0.0, -SHOULDER_HALF, SHOULDER),
    (0.0, -SHOULDER_HALF, ELBOW),
    (0.0, -HIP_HALF, HIP),
    (0.0, -HIP_HALF, KNEE),
    (0.0, -HIP_HALF, ANKLE),
)


@dataclass(frozen=True)
class Pose:
    """Joint angles in radians; right side first where there are two.

    Attributes:
        lean: of the trunk, forwards.
        nod: of the head against the trunk, forwards.
        arm: of the upper arms, forwards.
        spread: of the upper arms, away from the body.
        elbow: bend of the elbows.
        thigh: of the thighs, forwards.
        splay: of the thighs, outwards.
        knee: bend of the knees.
        ankle: toes up.
        raise_hip: of the hips above their rest height, as a share of the stature.
    """

    lean: float = 0.0
    nod: float = 0.0
    arm: tuple[float, float] = (0.0, 0.0)
    spread: tuple[float, float] = (0.10, 0.10)
    elbow: tuple[float, float] = (0.12, 0.12)
    thigh: tuple[float, float] = (0.0, 0.0)
    splay: tuple[float, float] = (0.0, 0.0)
    knee: tuple[float, float] = (0.0, 0.0)
    ankle: tuple[float, float] = (0.0, 0.0)
    raise_hip: float = 0.0


STANDING: Final = Pose(
    lean=0.03,
    arm=(0.10, -0.06),
    spread=(0.16, 0.14),
    elbow=(0.62, 0.20),
    thigh=(0.13, -0.10),
    splay=(0.07, 0.06),
    knee=(0.10, 0.04),
)
"""At ease: one foot before the other, one forearm lifted."""


def _pitch(angle: float) -> Floats:
    """Turns what hangs down forwards (+x) by `angle`."""
    return rotation(1, -angle)


def bone_transforms(pose: Pose, stature: float) -> Floats:
    """Matrices (12, 4, 4) that carry each bone from the rest pose into `pose`, metres."""
    turns: list[Floats] = [np.eye(3)] * 12
    turns[Bone.TRUNK] = _pitch(-pose.lean)
    turns[Bone.HEAD] = _pitch(-pose.nod)
    for side, first in ((0, Bone.RIGHT_ARM), (1, Bone.LEFT_ARM)):
        outward = 1.0 if side == 0 else -1.0
        # Arms and thighs are given against the world, not against a leaning trunk.
        upright = _pitch(pose.lean)
        turns[first] = upright @ _pitch(pose.arm[side]) @ rotation(0, outward * pose.spread[side])
        turns[first + 1] = _pitch(pose.elbow[side])
        turns[first + 2] = upright @ _pitch(pose.thigh[side]) @ rotation(0, outward * pose.splay[side])
        turns[first + 3] = _pitch(-pose.knee[side])
        turns[first + 4] = _pitch(pose.ankle[side])
    joints = rest_joints(stature)
    matrices = np.empty((12, 4, 4))
    for bone, parent in enumerate(_PARENT):
        local = np.eye(4)
        local[:3, :3] = turns[bone]
        local[:3, 3] = joints[bone] - turns[bone] @ joints[bone]
        if parent < 0:
            local[2, 3] += pose.raise_hip * stature
        matrices[bone] = local if parent < 0 else matrices[parent] @ local
    return matrices


def rest_joints(stature: float) -> Floats:
    """(12, 3) where each bone begins in the rest pose, metres."""
    joints: Floats = np.array(_JOINTS) * stature
    return joints


def walking(phase: float) -> Pose:
    """A stride at an easy pace.

    Args:
        phase: 0..1 through a stride; at 0 the right heel touches the ground. The curves follow the shape of
            gait charts (D. Winter, Biomechanics and Motor Control of Human Movement): the hip swings as a
            cosine, the knee bends a little under load and much in the swing.
    """
    right, left = phase % 1.0, (phase + 0.5) % 1.0
    swing = 0.42
    hips = tuple(swing * float(np.cos(2.0 * np.pi * p)) + 0.06 for p in (right, left))
    knees = tuple(_knee(p) for p in (right, left))
    arms = tuple(-0.38 * float(np.cos(2.0 * np.pi * p)) for p in (right, left))
    lowering = -0.010 - 0.014 * float(np.cos(4.0 * np.pi * phase))
    return Pose(
        lean=0.05,
        arm=(arms[0], arms[1]),
        elbow=(0.28 + 0.5 * max(arms[0], 0.0), 0.28 + 0.5 * max(arms[1], 0.0)),
        spread=(0.09, 0.09),
        thigh=(hips[0], hips[1]),
        knee=(knees[0], knees[1]),
        ankle=(knees[0] - hips[0] * 0.9, knees[1] - hips[1] * 0.9),
        raise_hip=lowering,
    )


def _knee(phase: float) -> float:
    loading = 0.22 * float(np.exp(-(((phase - 0.14) / 0.09) ** 2)))
    away = min(abs(phase - 0.73), 1.0 - abs(phase - 0.73))
    return 0.06 + loading + 1.02 * float(np.exp(-((away / 0.13) ** 2)))
