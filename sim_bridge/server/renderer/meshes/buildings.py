"""Buildings: houses, row houses, shops, apartments, offices, a warehouse; street front towards +x."""

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np

from sim_bridge.server.renderer.meshes.faces import Faces, Finish, Floats, finish, join, mirrored
from sim_bridge.server.renderer.meshes.solids import box, grid, polygon
from sim_bridge.server.renderer.scene import Material

ROOF_RED: Final = finish(Material.ROOF, 0x8A4A38)
ROOF_GREY: Final = finish(Material.ROOF, 0x5A5C60)
ROOF_FLAT: Final = finish(Material.ROOF, 0x77756F)
STONE: Final = finish(Material.MATTE, 0xB9B1A2)
PLINTH: Final = finish(Material.MATTE, 0x6E6A64)
FRAME: Final = finish(Material.MATTE, 0x2E3033)
SHOP_GLASS: Final = finish(Material.GLASS, 0x3A4448)
DOOR: Final = finish(Material.MATTE, 0x4A3426)
RAILING: Final = finish(Material.MATTE, 0x44484C)
STEEL: Final = finish(Material.CHROME, 0x9EA3A8)


@dataclass(frozen=True)
class Style:
    """How a building of one kind looks.

    Attributes:
        wall: material and colour of the walls; FACADE has its windows drawn by the renderer.
        roof: "gable" (ridge along y), "hip", or "flat" with a parapet.
        roof_finish: of the roof.
        roof_height: of a pitched roof, metres.
        ground_floor: "plain", "door", "shops" or "lobby".
        balconies: storeys with balconies on the street front.
        chimney: whether there is one.
        cornice: whether ledges run round below the roof and above the ground floor.
        awnings: sRGB colours of the shops' awnings.
    """

    wall: Finish
    roof: Literal["gable", "hip", "flat"] = "flat"
    roof_finish: Finish = ROOF_FLAT
    roof_height: float = 2.6
    ground_floor: Literal["plain", "door", "shops", "lobby"] = "door"
    balconies: int = 0
    chimney: bool = False
    cornice: bool = True
    awnings: tuple[int, ...] = (0x8E2A24, 0x2A5A46, 0x2C4A7A, 0xB8862A)


def _facade(srgb: int) -> Finish:
    return finish(Material.FACADE, srgb)


STYLES: Final[dict[str, Style]] = {
    "building.house_gable": Style(_facade(0xD8CDB4), "gable", ROOF_RED, 2.9, chimney=True, cornice=False),
    "building.house_hip": Style(_facade(0xCFC7BC), "hip", ROOF_GREY, 2.3, chimney=True, cornice=False),
    "building.rowhouse_brick": Style(_facade(0x95553F), "gable", ROOF_GREY, 2.4, chimney=True),
    "building.rowhouse_plaster": Style(_facade(0xC9A97E), "gable", ROOF_RED, 2.6, chimney=True),
    "building.shop_corner": Style(_facade(0xBFB6A4), ground_floor="shops"),
    "building.shop_row": Style(_facade(0xA8654C), ground_floor="shops"),
    "building.apartment_brick": Style(_facade(0x8A5242), ground_floor="shops"),
    "building.apartment_plaster": Style(_facade(0xC4BBA8), "hip", ROOF_RED, 2.6, "door"),
    "building.apartment_balcony": Style(_facade(0xD2D0C8), balconies=6, cornice=False),
    "building.office_bands": Style(_facade(0xA9ABA8), ground_floor="lobby"),
    "building.office_glass": Style(_facade(0x71838E), ground_floor="lobby", cornice=False),
    "building.tower": Style(_facade(0x8B8F94), ground_floor="lobby"),
    "building.warehouse": Style(finish(Material.MATTE, 0x9AA2A4), ground_floor="plain", cornice=False),
}
STOREY: Final = 3.2
PARAPET: Final = 0.9


def building(kind: str, size: tuple[float, float, float], fine: bool) -> Faces:
    """A building that fills its box of the catalogue.

    Args:
        kind: a key of `STYLES`.
        size: extents (x, y, z) in metres, all trimmings included.
        fine: near level of detail, or far (walls and roof only).
    """
    style = STYLES[kind]
    ledge = 0.5 if fine_trimmings(style) else 0.0
    half = np.array([0.5 * size[0] - ledge, 0.5 * size[1] - (0.2 if style.cornice else 0.0)])
    if style.roof != "flat":
        half -= 0.35
    eaves = size[2] - style.roof_height if style.roof != "flat" else size[2]
    if style.chimney:
        eaves -= 0.7
    parts = _walls(half, eaves, style)
    parts += _roof(half, eaves, style, fine)
    if fine:
        parts += _trimmings(half, eaves, style, ledge)
        if kind == "building.warehouse":
            parts += _gates(half, eaves)
    faces = join(parts)
    top = faces.corners[:, :, 2].max()
    return _scaled_height(faces, size[2] / float(top))


def fine_trimmings(style: Style) -> bool:
    """Whether something stands out of the street front by more than a ledge."""
    return style.ground_floor in ("shops", "lobby") or style.balconies > 0


def _scaled_height(faces: Faces, factor: float) -> Faces:
    corners = faces.corners * np.array([1.0, 1.0, factor])
    return Faces(corners, faces.normals, faces.colours, faces.materials, faces.uvs, faces.tags)


def wall(start: Floats, end: Floats, low: float, high: float, made_of: Finish) -> Faces:
    """A wall from `start` to `end` (2,), seen with `start` on the left; uv in metres along and up it."""
    length = float(np.linalg.norm(end - start))
    corners = np.array([[*start, low], [*end, low], [*end, high], [*start, high]])
    along = (end - start) / length
    # Left-handed axes: whoever sees `start` on the left has this normal towards him.
    normal = (along[1], -along[0], 0.0)
    uvs = np.array([[0.0, low], [length, low], [length, high], [0.0, high]])
    return polygon(corners, made_of, (-normal[0], -normal[1], 0.0), uvs)


def _walls(half: Floats, eaves: float, style: Style) -> list[Faces]:
    x, y = half
    corners = np.array([(x, y), (x, -y), (-x, -y), (-x, y)])
    return [wall(corners[k], corners[(k + 1) % 4], 0.0, eaves, style.wall) for k in range(4)]


def _roof(half: Floats, eaves: float, style: Style, fine: bool) -> list[Faces]:
    if style.roof == "flat":
        return _flat_roof(half, eaves, style, fine)
    over = half + (0.35 if fine else 0.3)
    ridge_y = half[1] if style.roof == "gable" else max(half[1] - half[0] * 0.8, 0.5)
    high = eaves + style.roof_height
    if style.roof == "gable":
        ridge_y = over[1]
    ends = [(0.0, ridge_y, high), (0.0, -ridge_y, high)]
    parts = []
    for side in (1.0, -1.0):
        low = [(side * over[0], over[1], eaves - 0.1), (side * over[0], -over[1], eaves - 0.1)]
        parts.append(_pitched([low[0], low[1], ends[1], ends[0]], style.roof_finish))
    for side in (1.0, -1.0):
        tip = ends[0] if side > 0 else ends[1]
        if style.roof == "hip":
            low = [(over[0], side * over[1], eaves - 0.1), (-over[0], side * over[1], eaves - 0.1)]
            parts.append(_pitched([*low, tip], style.roof_finish))
        else:
            gable = [
                (half[0], side * half[1], eaves),
                (-half[0], side * half[1], eaves),
                (0.0, side * half[1], high),
            ]
            parts.append(polygon(gable, finish(Material.MATTE, 0xB7A994), (0.0, side, 0.0)))
    parts.append(box((-over[0], -over[1], eaves - 0.14), (over[0], over[1], eaves - 0.1), STONE, ("+z",)))
    if style.chimney:
        parts.append(
            box((-1.6, 0.5 * half[1], eaves + 0.5), (-1.0, 0.5 * half[1] + 0.6, high + 0.7), PLINTH, ("-z",))
        )
    return parts


def _pitched(points: list[tuple[float, float, float]], made_of: Finish) -> Faces:
    """A roof plane, its uv in metres along the eaves and up the slope."""
    corners = np.array(points)
    normal = np.cross(corners[1] - corners[0], corners[2] - corners[0])
    normal *= np.sign(normal[2])
    along = (corners[1] - corners[0]) / np.linalg.norm(corners[1] - corners[0])
    up = np.cross(normal / np.linalg.norm(normal), along)
    up *= np.sign(up[2])
    offset = corners - corners[0]
    return polygon(corners, made_of, normal, np.stack([offset @ along, offset @ up], axis=1))


def _flat_roof(half: Floats, top: float, style: Style, fine: bool) -> list[Faces]:
    x, y = half
    deck = top - PARAPET
    corners = [(x, y, deck), (x, -y, deck), (-x, -y, deck), (-x, y, deck)]
    parts = [polygon(corners, style.roof_finish, (0, 0, 1), np.array(corners)[:, :2])]
    inner = np.array([(x, y), (-x, y), (-x, -y), (x, -y)]) * (1.0 - 0.25 / np.array([x, y]))
    parts += [wall(inner[k], inner[(k + 1) % 4], deck, top, STONE) for k in range(4)]
    outer = np.array([(x, y), (-x, y), (-x, -y), (x, -y)])
    for k in range(4):
        a, b, c, d = outer[k], outer[(k + 1) % 4], inner[(k + 1) % 4], inner[k]
        parts.append(polygon([(*a, top), (*b, top), (*c, top), (*d, top)], STONE, (0, 0, 1)))
    if fine:
        parts.append(box((-0.45 * x, -0.3 * y, deck), (-0.05 * x, 0.1 * y, top - 0.05), PLINTH, ("-z",)))
        parts.append(box((0.2 * x, 0.3 * y, deck), (0.45 * x, 0.5 * y, top - 0.2), STEEL, ("-z",)))
    return parts


def _trimmings(half: Floats, eaves: float, style: Style, ledge: float) -> list[Faces]:
    x, y = half
    parts = [box((-x - 0.05, -y - 0.05, 0.0), (x + 0.05, y + 0.05, 0.45), PLINTH, ("-z",))]
    if style.cornice:
        heights = [eaves - 0.35] if style.roof == "flat" else []
        if style.ground_floor in ("shops", "lobby"):
            heights.append(4.05)
        parts += [_ledge(half, z) for z in heights]
    if style.ground_floor == "shops":
        parts += _shops(half, style, ledge)
    elif style.ground_floor == "lobby":
        parts += _lobby(half, ledge)
    elif style.ground_floor == "door":
        parts += _door(half, 0.0)
    parts += _balconies(half, eaves, style, ledge)
    return parts


def _ledge(half: Floats, z: float) -> Faces:
    reach = half + 0.18
    return box((-reach[0], -reach[1], z), (reach[0], reach[1], z + 0.28), STONE)


def _upright(x: float, y0: float, y1: float, z0: float, z1: float, made_of: Finish) -> Faces:
    return polygon([(x, y0, z0), (x, y1, z0), (x, y1, z1), (x, y0, z1)], made_of, (1, 0, 0))


def _shops(half: Floats, style: Style, ledge: float) -> list[Faces]:
    """Shop windows with doors, name boards and awnings along the street front."""
    x, y = half
    count = max(2, round(2.0 * y / 5.5))
    edges = np.linspace(-y + 0.3, y - 0.3, count + 1)
    parts = [_upright(x + 0.03, -y, y, 0.0, 4.0, FRAME)]
    for k in range(count):
        low, high = edges[k] + 0.15, edges[k + 1] - 0.15
        colour = style.awnings[k % len(style.awnings)]
        board, cloth = finish(Material.MATTE, colour), finish(Material.MATTE, colour)
        door = low + 1.1
        parts += [
            _upright(x + 0.05, door + 0.12, high, 0.55, 2.9, SHOP_GLASS),
            _upright(x + 0.05, low, door, 0.08, 2.9, SHOP_GLASS),
            _upright(x + 0.05, low, high, 3.12, 3.85, board),
        ]
        light = finish(Material.MATTE, 0xE8E2D2)
        middle, reach = 0.5 * (low + high), 0.28 * (high - low)
        parts.append(_upright(x + 0.06, middle - reach, middle + reach, 3.36, 3.60, light))
        if k % 2 == 0:
            parts += _awning(x, low, high, ledge, cloth)
    return parts


def _awning(x: float, low: float, high: float, ledge: float, cloth: Finish) -> list[Faces]:
    reach = x + ledge
    slope = np.array(
        [[(x + 0.05, low, 3.1), (x + 0.05, high, 3.1)], [(reach, low, 2.55), (reach, high, 2.55)]]
    )
    top = grid(slope, cloth, (x, 0.5 * (low + high), 0.0))
    under = Faces(top.corners, -top.normals, top.colours, top.materials, top.uvs, top.tags)
    return [top, under, _upright(reach, low, high, 2.35, 2.55, cloth)]


def _lobby(half: Floats, ledge: float) -> list[Faces]:
    """A glazed ground floor with columns and a canopy over the doors."""
    x, y = half
    parts = [_upright(x + 0.04, -y + 0.5, y - 0.5, 0.15, 3.9, SHOP_GLASS)]
    parts += [
        box((x, c - 0.25, 0.0), (x + 0.3, c + 0.25, 4.1), STONE, ("-x", "-z"))
        for c in np.linspace(-y + 0.4, y - 0.4, 6)
    ]
    parts.append(box((x, -2.4, 2.9), (x + ledge, 2.4, 3.15), STEEL))
    return parts


def _door(half: Floats, y: float) -> list[Faces]:
    x = float(half[0])
    return [
        box((x, y - 0.75, 0.0), (x + 0.12, y + 0.75, 2.5), STONE, ("-x", "-z")),
        _upright(x + 0.13, y - 0.5, y + 0.5, 0.1, 2.2, DOOR),
    ]


def _balconies(half: Floats, eaves: float, style: Style, ledge: float) -> list[Faces]:
    x, y = half
    parts: list[Faces] = []
    for storey in range(1, style.balconies + 1):
        z = storey * STOREY
        if z + 1.2 > eaves:
            break
        for middle in (0.25 * y, 0.75 * y):
            slab = box((x, middle - 1.6, z - 0.15), (x + ledge, middle + 1.6, z), STONE, ("-x",))
            rail = box(
                (x + ledge - 0.06, middle - 1.6, z), (x + ledge, middle + 1.6, z + 1.0), RAILING, ("-z",)
            )
            glass = _upright(x + 0.03, middle - 1.1, middle + 1.1, z, z + 2.3, SHOP_GLASS)
            part = join([slab, rail, glass])
            parts += [part, mirrored(part)]
    return parts


def _gates(half: Floats, eaves: float) -> list[Faces]:
    """Roller gates and a band of windows of a warehouse."""
    x, y = half
    gate, dark = finish(Material.CHROME, 0x5C7384), finish(Material.GLASS, 0x39444A)
    parts = [_upright(x + 0.03, c - 2.0, c + 2.0, 0.0, 4.4, gate) for c in np.linspace(-0.7 * y, 0.4 * y, 4)]
    parts += [
        _upright(x + 0.02, c - 2.6, c + 2.6, eaves - 2.2, eaves - 1.2, dark)
        for c in np.linspace(-0.8 * y, 0.8 * y, 6)
    ]
    parts.append(_upright(x + 0.03, 0.75 * y - 0.6, 0.75 * y + 0.6, 0.0, 2.3, DOOR))
    return parts
