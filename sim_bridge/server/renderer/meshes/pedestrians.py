"""People: figures of varied build and clothing, standing, walking, riding."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from sim_bridge.server.renderer.meshes.catalogue import FIGURES, WALKING_PHASES
from sim_bridge.server.renderer.meshes.faces import Faces, Finish, Floats, finish, join, mirrored, to_mesh
from sim_bridge.server.renderer.meshes.skeleton import (
    ANKLE,
    ELBOW,
    HIP,
    HIP_HALF,
    KNEE,
    NECK,
    SHOULDER,
    SHOULDER_HALF,
    STANDING,
    WRIST,
    Bone,
    Pose,
    bone_transforms,
    walking,
)
from sim_bridge.server.renderer.meshes.solids import box, ellipsoid, tube
from sim_bridge.server.renderer.scene import Material, Mesh

FAR_PERSON_BELOW_PX: Final = 55.0
TIGHTS: Final = 0x1E1C20
CLOTHES: Final = Finish(Material.CLOTH, (1.0, 1.0, 1.0))
"""Takes the instance's colour."""


@dataclass(frozen=True)
class Look:
    """Build and clothes of a person.

    Attributes:
        stature: metres, shoes and hair included.
        girth: of trunk and limbs, 1 for a slim adult.
        skin: sRGB 0xRRGGBB.
        hair: sRGB.
        trousers: sRGB.
        shoes: sRGB.
        top: finish of the upper clothes.
        long_hair: whether it falls on the shoulders.
        skirt: whether legs are in dark tights below a skirt.
        short_sleeves: whether forearms are bare.
        coat: whether the upper clothes reach to mid-thigh.
        bag: sRGB of a rucksack, None for none.
        hat: sRGB of a cap or helmet, None for bare hair.
    """

    stature: float
    girth: float = 1.0
    skin: int = 0xC99A7C
    hair: int = 0x2A1D15
    trousers: int = 0x2B3040
    shoes: int = 0x1B1A1A
    top: Finish = CLOTHES
    long_hair: bool = False
    skirt: bool = False
    short_sleeves: bool = False
    coat: bool = False
    bag: int | None = None
    hat: int | None = None


LOOKS: Final[tuple[Look, ...]] = (
    Look(1.80, 1.16, trousers=0x2C3A58, shoes=0xC8C6C0),
    Look(1.68, 1.02, 0xD9AE92, 0x4A2F1D, 0x2A3448, 0xD8D4CC, long_hair=True),
    Look(1.74, 1.22, 0x8A5A3C, 0x120E0C, 0x3A4048, short_sleeves=True, bag=0x30353C),
    Look(1.72, 1.04, 0xE0B89C, 0x8A6A3A, 0x22242C, long_hair=True, skirt=True),
    Look(1.72, 1.24, 0xD6AC94, 0xB8B4AE, 0x4A463E, hat=0x44423E),
    Look(1.62, 1.04, 0x6E4630, 0x0E0B0A, 0x30405E, 0xB8B4B0, long_hair=True, short_sleeves=True),
    Look(1.86, 1.20, 0xCFA284, 0x5A3A20, 0x26282C, coat=True, bag=0x20262E),
    Look(1.60, 1.18, 0xDDB69C, 0xC8C4BE, 0x34303A, coat=True),
    Look(1.32, 1.04, 0xD2A586, 0x3A2616, 0x2E4268, 0xD0CCC8, short_sleeves=True, bag=0xA83226),
    Look(1.26, 1.02, 0xDFB498, 0x6A4420, 0x2C2840, long_hair=True, skirt=True),
    Look(1.12, 1.08, 0x9A6A48, 0x16100C, 0x3A4A5C, 0xC8C4C0, hat=0x2F5FA8),
    Look(1.42, 1.03, 0xD8AC8E, 0x241812, 0x25282E, 0xC0BCB8, long_hair=True, bag=0x3A6A5A),
)


def figure_mesh(figure: int, phase: int | None) -> Mesh:
    """A person of the catalogue in a baked pose, with its far level of detail.

    Args:
        figure: index into ``FIGURES`` of the catalogue.
        phase: of the stride, 0 to ``WALKING_PHASES - 1``, or None for standing.
    """
    pose = STANDING if phase is None else walking(phase / WALKING_PHASES)
    bones = bone_transforms(pose, FIGURES[figure][3])
    return _posed_mesh(figure, True, bones, _posed_mesh(figure, False, bones, None))


def _posed_mesh(figure: int, fine: bool, bones: Floats, coarser: Mesh | None) -> Mesh:
    """A figure in a pose: the vertices of its rest pose carried by their bones, the lowest on the ground."""
    rest, bone_of_vertex = _rest_mesh(figure, fine)
    matrices = bones[bone_of_vertex]
    vertices = np.einsum("nij,nj->ni", matrices[:, :3, :3], rest.vertices) + matrices[:, :3, 3]
    vertices[:, 2] -= vertices[:, 2].min()
    return replace(
        rest,
        vertices=vertices,
        normals=np.einsum("nij,nj->ni", matrices[:, :3, :3], rest.normals),
        uvs=np.zeros((len(vertices), 2)),
        coarser=coarser,
        coarser_below_px=FAR_PERSON_BELOW_PX,
    )


@cache
def _rest_mesh(figure: int, fine: bool) -> tuple[Mesh, NDArray[Any]]:
    """The rest pose of a figure, and the bone of each of its vertices."""
    mesh = to_mesh(person(LOOKS[figure], fine))
    return mesh, np.rint(mesh.uvs[:, 0]).astype(np.intp)


def posed(faces: Faces, pose: Pose, stature: float) -> Faces:
    """A person made by `person`, bent into `pose`; the hips stay above the origin."""
    matrices = bone_transforms(pose, stature)[np.rint(faces.uvs[:, :, 0]).astype(np.intp)]
    corners = np.einsum("mkij,mkj->mki", matrices[..., :3, :3], faces.corners) + matrices[..., :3, 3]
    normals = np.einsum("mkij,mkj->mki", matrices[..., :3, :3], faces.normals)
    return Faces(corners, normals, faces.colours, faces.materials, np.zeros_like(faces.uvs), faces.tags)


def person(look: Look, fine: bool) -> Faces:
    """A person in the rest pose; the first texture coordinate of each corner is its `Bone`.

    Args:
        look: build and clothes.
        fine: near level of detail (some 500 triangles) or far (some 120).
    """
    parts = [
        _on_bone(_trunk(look, fine), Bone.TRUNK),
        _on_bone(_head(look, fine), Bone.HEAD),
    ]
    for bone, make in _LIMBS:
        limb = make(look, fine)
        parts.append(_on_bone(limb, bone))
        parts.append(_on_bone(mirrored(limb), Bone(bone + Bone.LEFT_ARM - Bone.RIGHT_ARM)))
    if look.bag is not None:
        parts.append(_on_bone(_rucksack(look), Bone.TRUNK))
    whole = join(parts)
    return Faces(
        whole.corners * look.stature, whole.normals, whole.colours, whole.materials, whole.uvs, whole.tags
    )


def _on_bone(faces: Faces, bone: Bone) -> Faces:
    uvs = np.zeros_like(faces.uvs)
    uvs[:, :, 0] = float(bone)
    return Faces(faces.corners, faces.normals, faces.colours, faces.materials, uvs, faces.tags)


def _column(rings: list[tuple[float, float, float, float]], made_of: Finish, sides: int) -> Faces:
    """An upright tube from (x, z, half width, half depth) rings, shares of the stature."""
    values = np.array(rings)
    path = np.stack([values[:, 0], np.zeros(len(values)), values[:, 1]], axis=1)
    return tube(path, values[:, 2:], made_of, sides)


def _trunk(look: Look, fine: bool) -> Faces:
    g, sides = look.girth, 8 if fine else 6
    hem = HIP - 0.10 if look.coat else HIP - 0.035
    waist = 0.066 if look.long_hair else 0.074
    flare = 0.104 if look.coat else 0.099
    rings = [
        (0.000, hem, flare * g, (0.108 if look.coat else 0.078) * g),
        (0.000, HIP + 0.025, 0.096 * g, 0.071 * g),
        (0.002, 0.635, waist * g, 0.055 * g),
        (0.004, 0.735, 0.094 * g, 0.066 * g),
        (0.000, 0.800, 0.106 * g, 0.056 * g),
        (-0.004, 0.838, 0.070 * g, 0.042 * g),
        (-0.002, NECK - 0.008, 0.034, 0.034),
    ]
    kept = rings if fine else [rings[0], rings[2], rings[4], rings[6]]
    parts = [_column(kept, look.top, sides)]
    if not look.coat:
        trousers = finish(Material.MATTE, look.trousers)
        parts.append(
            _column(
                [(0, HIP - 0.085, 0.080 * g, 0.058 * g), (0, HIP + 0.0, 0.093 * g, 0.068 * g)],
                trousers,
                sides,
            )
        )
    if look.skirt:
        skirt = finish(Material.MATTE, look.trousers)
        parts.append(
            _column(
                [(0, KNEE + 0.06, 0.118 * g, 0.112 * g), (0, HIP - 0.02, 0.098 * g, 0.073 * g)], skirt, sides
            )
        )
    return join(parts)


def _head(look: Look, fine: bool) -> Faces:
    skin, hair = finish(Material.SKIN, look.skin), finish(Material.MATTE, look.hair)
    cover = hair if look.hat is None else finish(Material.MATTE, look.hat)
    middle = 0.928
    if not fine:
        face = ellipsoid((0.012, 0.0, middle), (0.058, 0.049, 0.068), skin, 6, 5)
        back = 0.85 if look.long_hair else 0.90
        fall = ellipsoid((-0.020, 0.0, 0.5 * (back + 1.0)), (0.054, 0.056, 0.5 * (1.0 - back)), cover, 5, 4)
        return join([face, fall])
    parts = [
        ellipsoid((0.010, 0.0, middle - 0.002), (0.058, 0.049, 0.070), skin, 8, 6),
        _column([(-0.004, NECK - 0.03, 0.033, 0.033), (0.0, 0.885, 0.031, 0.033)], skin, 6),
        ellipsoid((0.067, 0.0, 0.918), (0.011, 0.009, 0.014), skin, 4, 3),
        ellipsoid((-0.004, 0.0, middle + 0.004), (0.066, 0.057, 0.068), cover, 8, 4, 0.30),
        ellipsoid((-0.022, 0.0, middle - 0.002), (0.046, 0.055, 0.062), hair, 8, 5),
    ]
    if look.long_hair:
        parts.append(ellipsoid((-0.030, 0.0, 0.880), (0.032, 0.052, 0.070), hair, 8, 5))
    if look.hat is not None:
        parts.append(box((0.03, -0.04, middle + 0.018), (0.092, 0.04, middle + 0.026), cover))
    return join(parts)


def _limb(
    x: tuple[float, ...],
    y: tuple[float, ...],
    z: tuple[float, ...],
    radii: tuple[float, ...],
    made_of: Finish,
    fine: bool,
) -> Faces:
    """A round limb through points; the far one runs straight between its ends, open there."""
    path, size = np.stack([np.array(x), np.array(y), np.array(z)], axis=1), np.array(radii)
    if fine:
        return tube(path, size, made_of, 6)
    return tube(path[[0, -1]], np.array([size.max(), size[-1]]), made_of, 4, (False, False))


def _upper_arm(look: Look, fine: bool) -> Faces:
    g, y = look.girth, SHOULDER_HALF
    return _limb(
        (0.0,) * 4,
        (y - 0.028, y, y + 0.002, y),
        (SHOULDER + 0.008, SHOULDER - 0.012, SHOULDER - 0.07, ELBOW - 0.012),
        (0.018 * g, 0.034 * g, 0.030 * g, 0.025 * g),
        look.top,
        fine,
    )


def _forearm(look: Look, fine: bool) -> Faces:
    g, y = look.girth, SHOULDER_HALF
    skin = finish(Material.SKIN, look.skin)
    sleeve = skin if look.short_sleeves else look.top
    end = WRIST if fine else WRIST - 0.07
    size = (0.024 * g, 0.025 * g, 0.018 * g)
    arm = _limb((0.0,) * 3, (y,) * 3, (ELBOW + 0.012, ELBOW - 0.04, end), size, sleeve, fine)
    if not fine:
        return arm
    return join([arm, ellipsoid((0.006, y, WRIST - 0.038), (0.018, 0.013, 0.046), skin, 5, 4)])


def _thigh(look: Look, fine: bool) -> Faces:
    g, y = look.girth, HIP_HALF
    made_of = finish(Material.MATTE, TIGHTS if look.skirt else look.trousers)
    return _limb(
        (0.0, 0.0, 0.004, 0.0),
        (y * 0.92, y, y, y),
        (HIP + 0.015, HIP - 0.06, KNEE + 0.10, KNEE - 0.015),
        (0.044 * g, 0.054 * g, 0.044 * g, 0.036 * g),
        made_of,
        fine,
    )


def _shank(look: Look, fine: bool) -> Faces:
    g, y = look.girth, HIP_HALF
    made_of = finish(Material.MATTE, TIGHTS if look.skirt else look.trousers)
    return _limb(
        (0.0, -0.008, -0.006, 0.0),
        (y,) * 4,
        (KNEE + 0.015, KNEE - 0.06, KNEE - 0.15, ANKLE - 0.005),
        (0.036 * g, 0.037 * g, 0.030 * g, 0.025 * g),
        made_of,
        fine,
    )


def _foot(look: Look, fine: bool) -> Faces:
    shoe = finish(Material.MATTE, look.shoes)
    if not fine:
        return box((-0.035, HIP_HALF - 0.026, 0.0), (0.10, HIP_HALF + 0.028, 0.042), shoe, ("-z",))
    path = np.array(
        [(-0.040, 0, 0.026), (-0.020, 0, 0.030), (0.03, 0, 0.026), (0.085, 0, 0.016), (0.112, 0, 0.012)]
    )
    path[:, 1] = HIP_HALF
    return tube(
        path,
        np.array([(0.018, 0.022), (0.026, 0.030), (0.027, 0.026), (0.028, 0.016), (0.014, 0.010)]),
        shoe,
        7,
    )


_LIMBS: Final[tuple[tuple[Bone, Callable[[Look, bool], Faces]], ...]] = (
    (Bone.RIGHT_ARM, _upper_arm),
    (Bone.RIGHT_FOREARM, _forearm),
    (Bone.RIGHT_THIGH, _thigh),
    (Bone.RIGHT_SHANK, _shank),
    (Bone.RIGHT_FOOT, _foot),
)


def _rucksack(look: Look) -> Faces:
    fabric = finish(Material.MATTE, look.bag or 0)
    return join(
        [
            ellipsoid((-0.085, 0.0, 0.70), (0.050, 0.078, 0.115), fabric, 8, 5),
            box((0.035, 0.05, 0.66), (0.066, 0.066, 0.80), fabric),
            box((0.035, -0.066, 0.66), (0.066, -0.05, 0.80), fabric),
        ]
    )
