"""Trees, bushes and hedges: lumpy crowns on tapering trunks, the same every time."""

from typing import Final

import numpy as np

from sim_bridge.server.renderer.meshes.faces import Faces, Finish, finish, fitted_to_size, join, recoloured
from sim_bridge.server.renderer.meshes.solids import box, ellipsoid, tube
from sim_bridge.server.renderer.scene import Material

BARK: Final = finish(Material.BARK, 0x6A5A48)
PLANE_BARK: Final = finish(Material.BARK, 0x8C8676)
LEAVES: Final[dict[str, Finish]] = {
    "tree.plane": finish(Material.FOLIAGE, 0x5E7A34),
    "tree.maple": finish(Material.FOLIAGE, 0x6B7F2C),
    "tree.poplar": finish(Material.FOLIAGE, 0x57733A),
    "tree.pine": finish(Material.FOLIAGE, 0x35512F),
    "tree.young": finish(Material.FOLIAGE, 0x7A9440),
    "bush": finish(Material.FOLIAGE, 0x4F6B33),
    "hedge": finish(Material.FOLIAGE, 0x48642F),
}

# Sides and rings, poles included, of a lump of leaves in each level of detail.
NEAR: Final = (8, 6)
FAR: Final = (7, 5)
DISTANT: Final = (5, 4)


def tree(kind: str, size: tuple[float, float, float], fine: bool) -> Faces:
    """A plant of the catalogue.

    Args:
        kind: a key of `LEAVES`.
        size: extents (x, y, z) in metres.
        fine: near level of detail (some 300 triangles) or far (some 60).
    """
    seed = list(LEAVES).index(kind)
    if kind == "tree.pine":
        faces = _conifer(fine, seed)
    elif kind in ("bush", "hedge"):
        faces = _shrub(kind, fine, seed)
    else:
        faces = _broadleaf(kind, fine, seed)
    return fitted_to_size(faces, size)


def distant_tree(kind: str, size: tuple[float, float, float]) -> Faces:
    """A plant of a few pixels: one crown on a straight trunk, 26 triangles.

    Args:
        kind: a key of `LEAVES`, neither pine nor hedge: their far level is as plain already.
        size: extents (x, y, z) in metres.
    """
    random = np.random.default_rng(list(LEAVES).index(kind))
    foot = {"tree.poplar": 0.12, "bush": 0.0}.get(kind, 0.27)
    middle, half = 0.5 * (1.0 + foot), 0.5 * (1.0 - foot)
    parts = [_lump((0.0, 0.0, middle), (0.5, 0.5, half), LEAVES[kind], DISTANT, random)]
    if foot:
        bark = PLANE_BARK if kind == "tree.plane" else BARK
        parts.append(tube([(0, 0, 0), (0, 0, foot + 0.1)], [0.055, 0.035], bark, 3, (False, False)))
    return fitted_to_size(join(parts), size)


def _broadleaf(kind: str, fine: bool, seed: int) -> Faces:
    """A trunk with boughs and a crown of overlapping lumps inside the unit box 0..1 high."""
    random = np.random.default_rng(seed)
    bark = PLANE_BARK if kind == "tree.plane" else BARK
    narrow = kind == "tree.poplar"
    foot = 0.12 if narrow else 0.27
    parts = [
        tube(
            [(0, 0, 0), (0.01, 0, 0.15), (0, 0.01, foot + 0.18)],
            [0.055, 0.04, 0.03],
            bark,
            6 if fine else 4,
            (False, False),
        )
    ]
    lumps: list[tuple[tuple[float, ...], tuple[float, ...]]]
    if narrow:
        lumps = [((0, 0, 0.12 + 0.29 * k), (0.5 - 0.09 * k, 0.5 - 0.09 * k, 0.24)) for k in range(3)]
    else:
        turns = np.arange(5) * 2.4 + random.uniform(0, 6)
        lumps = [
            ((0.24 * np.cos(a), 0.24 * np.sin(a), foot + 0.24 + 0.07 * (k % 3)), (0.30, 0.30, 0.20))
            for k, a in enumerate(turns)
        ]
        lumps.append(((0.0, 0.0, 0.76), (0.33, 0.33, 0.24)))
    if not fine:
        lumps = lumps[:3] if narrow else [((0.0, 0.0, 0.5 * (1.0 + foot)), (0.48, 0.48, 0.5 * (1.0 - foot)))]
    for centre, radii in lumps:
        parts.append(_lump(centre, radii, LEAVES[kind], NEAR if fine else FAR, random))
    return join(parts)


def _lump(
    centre: tuple[float, ...],
    radii: tuple[float, ...],
    leaves: Finish,
    cells: tuple[int, int],
    random: np.random.Generator,
) -> Faces:
    """An uneven ball of leaves, darker below and mottled, of `cells` sides and rings."""
    ball = ellipsoid(centre, radii, leaves, *cells)
    middle = np.array(centre)
    offset = ball.corners - middle
    waves = random.normal(0.0, 9.0, (3, 3))
    dent = np.sin(ball.corners @ waves.T).sum(axis=2, keepdims=True)
    corners = middle + offset * (1.0 + 0.075 * dent)
    faces = Faces(corners, ball.normals, ball.colours, ball.materials, ball.uvs, ball.tags)
    height = (corners[:, :, 2].mean(axis=1) - middle[2]) / radii[2]
    shade = 0.80 + 0.22 * height + random.uniform(-0.10, 0.10, len(faces))
    return recoloured(faces, shade[:, None])


def _conifer(fine: bool, seed: int) -> Faces:
    random = np.random.default_rng(seed)
    parts = [tube([(0, 0, 0), (0, 0, 0.4)], [0.06, 0.04], BARK, 5, (False, False))]
    tiers = 5 if fine else 2
    for k in range(tiers):
        low, high = 0.12 + 0.80 * k / tiers, min(0.12 + 0.80 * (k + 1.7) / tiers, 1.0)
        wide = 0.5 * (1.0 - 0.86 * k / tiers)
        skirt = tube(
            [(0, 0, low), (0, 0, high)], [wide, 0.02], LEAVES["tree.pine"], 9 if fine else 7, (True, False)
        )
        corners = skirt.corners.copy()
        ragged = np.sin(np.arctan2(corners[..., 1], corners[..., 0]) * 4.0 + k) * 0.025
        corners[..., 2] += np.where(corners[..., 2] < low + 0.01, ragged, 0.0)
        tier = Faces(corners, skirt.normals, skirt.colours, skirt.materials, skirt.uvs, skirt.tags)
        parts.append(recoloured(tier, random.uniform(0.82, 1.12, (len(tier), 1))))
    return join(parts)


def _shrub(kind: str, fine: bool, seed: int) -> Faces:
    random = np.random.default_rng(seed)
    leaves = LEAVES[kind]
    if kind == "hedge":
        body = box((-0.5, -0.5, 0.0), (0.5, 0.5, 0.92), leaves, ("-z",))
        lumps = [
            _lump((0.0, y, 0.62), (0.52, 0.16, 0.40), leaves, FAR, random) for y in np.linspace(-0.4, 0.4, 5)
        ]
        return join([recoloured(body, np.full((len(body), 1), 0.85)), *(lumps if fine else [])])
    centres = ((0.0, 0.0, 0.45), (0.22, 0.12, 0.35), (-0.2, 0.16, 0.38), (0.02, -0.22, 0.36))
    return join(
        [_lump(c, (0.32, 0.32, 0.42), leaves, FAR, random) for c in (centres if fine else centres[:1])]
    )
