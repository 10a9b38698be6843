"""Street furniture: signals, signs, lamps, benches, barriers."""

from collections.abc import Callable
from typing import Final

import numpy as np

from sim_bridge.server.renderer.meshes.catalogue import MAST_HEAD_HEIGHT, SPEED_LIMITS
from sim_bridge.server.renderer.meshes.faces import Faces, Finish, Floats, finish, join, mirrored
from sim_bridge.server.renderer.meshes.lettering import text
from sim_bridge.server.renderer.meshes.solids import box, disc, ellipsoid, grid, polygon, rod, tube
from sim_bridge.server.renderer.scene import Material

HOUSING: Final = finish(Material.MATTE, 0x17191B)
REAR: Final = finish(Material.MATTE, 0x2C3034)
BACK_PLATE: Final = finish(Material.MATTE, 0x101112)
PLATE_EDGE: Final = finish(Material.SIGN, 0xD8B020)
STEEL: Final = finish(Material.CHROME, 0x8E9498)
DARK_STEEL: Final = finish(Material.MATTE, 0x3A4044)
GALVANISED: Final = finish(Material.MATTE, 0x8B9092)
WOOD: Final = finish(Material.MATTE, 0x7A5636)
SIGN_RED: Final = finish(Material.SIGN, 0xC01820)
SIGN_WHITE: Final = finish(Material.SIGN, 0xF2F1EC)
SIGN_BLACK: Final = finish(Material.MATTE, 0x101012)
SIGN_BACK: Final = finish(Material.MATTE, 0x8A8E90)
LENSES: Final = (
    finish(Material.SIGNAL_RED, 0xB01C18),
    finish(Material.SIGNAL_YELLOW, 0xC08A14),
    finish(Material.SIGNAL_GREEN, 0x157A4A),
)
LENS_RADIUS: Final = 0.15
LENS_HEIGHTS: Final = (0.345, 0.0, -0.345)


def street_object(kind: str, fine: bool) -> Faces:
    """A piece of street furniture of the catalogue.

    Args:
        kind: name in the catalogue, e.g. ``signal.head`` or ``sign.speed_50``.
        fine: near level of detail or far.
    """
    if kind.startswith("sign.speed_"):
        return _speed_sign(int(kind.rsplit("_", 1)[1]), fine)
    if kind.startswith("signal.mast_"):
        return _mast(float(kind.removeprefix("signal.mast_").removesuffix("m")), fine)
    return _MAKERS[kind](fine)


def _signal_head(fine: bool) -> Faces:
    """Three lenses of 0.3 m in a housing before a back plate; the origin is the plate's middle."""
    parts = [
        box((-0.02, -0.25, -0.62), (0.0, 0.25, 0.62), BACK_PLATE),
        box((0.0, -0.175, -0.53), (0.12, 0.175, 0.53), HOUSING, ("-x",)),
        *(box((-0.13, -0.15, z - 0.15), (-0.02, 0.15, z + 0.15), REAR, ("+x",)) for z in LENS_HEIGHTS),
    ]
    if fine:
        edges = [
            ((-0.25, -0.62), (-0.232, 0.62)),
            ((0.232, -0.62), (0.25, 0.62)),
            ((-0.25, -0.62), (0.25, -0.602)),
            ((-0.25, 0.602), (0.25, 0.62)),
        ]
        parts += [_sheet(0.002, low, high, PLATE_EDGE) for low, high in edges]
    for lens, height in zip(LENSES, LENS_HEIGHTS, strict=True):
        parts.append(disc((0.125, 0.0, height), LENS_RADIUS, lens, (1.0, 0.0, 0.0), 14 if fine else 8))
        parts += _visor(height, 8 if fine else 4)
    return join(parts)


def _visor(height: float, corners: int) -> list[Faces]:
    """The hood over a lens, seen from outside and inside; seen from the side it tells what this is."""
    angles = np.linspace(-0.25, np.pi + 0.25, corners)
    radius = LENS_RADIUS + 0.012
    around = np.stack([radius * np.cos(angles), height + radius * np.sin(angles)], axis=1)
    ring = np.concatenate([np.zeros((corners, 1)), around], axis=1)
    depth = 0.08 + 0.20 * np.clip(np.sin(angles) + 0.3, 0.0, 1.0)
    front, back = ring.copy(), ring.copy()
    back[:, 0], front[:, 0] = 0.12, 0.12 + depth
    outside = grid(np.stack([back, front]), HOUSING, (0.15, 0.0, height), crease=1.0)
    inside = Faces(
        outside.corners, -outside.normals, outside.colours, outside.materials, outside.uvs, outside.tags
    )
    return [outside, inside]


def _sheet(
    x: float, low: tuple[float, float], high: tuple[float, float], made_of: Finish, facing: float = 1.0
) -> Faces:
    corners = [(x, low[0], low[1]), (x, high[0], low[1]), (x, high[0], high[1]), (x, low[0], high[1])]
    return polygon(corners, made_of, (facing, 0.0, 0.0))


def _post(fine: bool) -> Faces:
    """A post for a signal head; the head hangs 0.2 m before it."""
    sides = 8 if fine else 5
    return join(
        [
            tube([(0, 0, 0), (0, 0, 3.70)], [0.06, 0.055], DARK_STEEL, sides, (False, True)),
            tube([(0, 0, 0), (0, 0, 0.25)], [0.08, 0.07], DARK_STEEL, sides, (False, True)),
            *(box((0.0, -0.02, z - 0.02), (0.10, 0.02, z + 0.02), DARK_STEEL) for z in (2.75, 3.25)),
        ]
    )


def _mast(reach: float, fine: bool) -> Faces:
    """A mast whose arm reaches `reach` metres along +y, a little past its last head."""
    sides, end = 8 if fine else 5, reach + 0.3
    high = MAST_HEAD_HEIGHT
    return join(
        [
            tube([(0, 0, 0), (0, 0, 6.2)], [0.13, 0.09], GALVANISED, sides, (False, True)),
            tube([(0, 0, 0), (0, 0, 0.3)], [0.15, 0.15], GALVANISED, sides, (False, True)),
            tube(
                [(0, 0, high - 0.1), (0, 0.3 * end, high + 0.12), (0, end, high + 0.16)],
                [0.085, 0.07, 0.045],
                GALVANISED,
                sides,
            ),
        ]
    )


def _sign_post(height: float, fine: bool) -> Faces:
    return tube(
        [(-0.03, 0, 0), (-0.03, 0, height)], [0.032, 0.032], GALVANISED, 6 if fine else 4, (False, True)
    )


def _plate(outline: Floats, made_of: Finish, x: float) -> list[Faces]:
    """A flat sign (n, 2) in y and z with its grey back."""
    corners = np.concatenate([np.full((len(outline), 1), x), outline], axis=1)
    back = corners - (0.012, 0.0, 0.0)
    return [polygon(corners, made_of, (1, 0, 0)), polygon(back, SIGN_BACK, (-1, 0, 0))]


def _ring(radius: float, middle: float, sides: int, turn: float = 0.0) -> Floats:
    angles = turn + np.arange(sides) * 2.0 * np.pi / sides
    return np.stack([radius * np.cos(angles), middle + radius * np.sin(angles)], axis=1)


def _stop_sign(fine: bool) -> Faces:
    middle, radius = 2.47, 0.38 / np.cos(np.pi / 8)
    parts = [_sign_post(2.7, fine), *_plate(_ring(radius, middle, 8, np.pi / 8), SIGN_WHITE, 0.02)]
    parts += _plate(_ring(0.93 * radius, middle, 8, np.pi / 8), SIGN_RED, 0.024)[:1]
    parts.append(text("STOP", 0.030, middle, 0.25, 0.040, SIGN_WHITE, 0.72))
    return join(parts)


def _yield_sign(fine: bool) -> Faces:
    middle = 2.46
    parts = [_sign_post(2.7, fine), *_plate(_ring(0.52, middle, 3, -np.pi / 2), SIGN_RED, 0.02)]
    parts += _plate(_ring(0.33, middle, 3, -np.pi / 2), SIGN_WHITE, 0.024)[:1]
    return join(parts)


def _speed_sign(limit: int, fine: bool) -> Faces:
    """A round sign with a red rim and the number in km/h."""
    middle, sides = 2.43, 20 if fine else 12
    parts = [_sign_post(2.7, fine), *_plate(_ring(0.32, middle, sides), SIGN_RED, 0.02)]
    parts += _plate(_ring(0.245, middle, sides), SIGN_WHITE, 0.024)[:1]
    word = str(limit)
    parts.append(text(word, 0.028, middle, 0.24 if len(word) < 3 else 0.19, 0.042, SIGN_BLACK))
    return join(parts)


def _street_lamp(fine: bool) -> Faces:
    """A tapered pole with one arm along +y."""
    sides = 7 if fine else 4
    return join([_lamp_pole(8.0, sides), *_lamp_arm(8.0, 2.4, sides)])


def _double_lamp(fine: bool) -> Faces:
    sides = 7 if fine else 4
    arm = join(_lamp_arm(9.0, 2.3, sides))
    return join([_lamp_pole(9.0, sides), arm, mirrored(arm)])


def _lamp_pole(height: float, sides: int) -> Faces:
    return join(
        [
            tube([(0, 0, 0), (0, 0, height - 0.25)], [0.09, 0.05], GALVANISED, sides, (False, False)),
            tube([(0, 0, 0), (0, 0, 0.5)], [0.12, 0.12], GALVANISED, sides, (False, True)),
        ]
    )


def _lamp_arm(height: float, reach: float, sides: int) -> list[Faces]:
    path = [(0, 0, height - 0.5), (0, 0.25 * reach, height - 0.14), (0, reach - 0.5, height - 0.06)]
    head = finish(Material.LAMP_STREET, 0xE9E4D4)
    return [
        tube(path, [0.05, 0.04, 0.03], GALVANISED, sides, (False, False)),
        box((-0.13, reach - 0.6, height - 0.10), (0.13, reach + 0.1, height), DARK_STEEL, ("-z",)),
        polygon(
            [
                (-0.12, reach - 0.58, height - 0.10),
                (0.12, reach - 0.58, height - 0.10),
                (0.12, reach + 0.08, height - 0.10),
                (-0.12, reach + 0.08, height - 0.10),
            ],
            head,
            (0, 0, -1),
        ),
    ]


def _bench(fine: bool) -> Faces:
    seat = [
        box((x - 0.05, -0.85, 0.42), (x + 0.05, 0.85, 0.46), WOOD)
        for x in ((-0.14, 0.0, 0.14) if fine else (0.0,))
    ]
    back = [box((-0.29, -0.85, z), (-0.25, 0.85, z + 0.10), WOOD) for z in (0.60, 0.74)]
    legs = [box((-0.28, y - 0.03, 0.0), (0.22, y + 0.03, 0.42), DARK_STEEL) for y in (-0.65, 0.65)]
    return join([*seat, *back, *legs])


def _litter_bin(fine: bool) -> Faces:
    sides = 10 if fine else 6
    green = finish(Material.MATTE, 0x2F4638)
    return join(
        [
            tube([(0, 0, 0.0), (0, 0, 0.85)], [0.19, 0.22], green, sides, (False, False)),
            ellipsoid((0, 0, 0.85), (0.23, 0.23, 0.13), DARK_STEEL, sides, 3, 0.0),
        ]
    )


def _bollard(fine: bool) -> Faces:
    sides = 8 if fine else 5
    return join(
        [
            tube([(0, 0, 0), (0, 0, 0.95)], [0.075, 0.075], DARK_STEEL, sides, (False, True)),
            tube([(0, 0, 0.72), (0, 0, 0.84)], [0.080, 0.080], SIGN_WHITE, sides, (False, False)),
        ]
    )


def _hydrant(fine: bool) -> Faces:
    red, sides = finish(Material.MATTE, 0xB02A1C), 8 if fine else 5
    parts = [
        tube(
            [(0, 0, 0), (0, 0, 0.08), (0, 0, 0.10), (0, 0, 0.58)],
            [0.17, 0.17, 0.12, 0.12],
            red,
            sides,
            (False, True),
        ),
        ellipsoid((0, 0, 0.58), (0.13, 0.13, 0.16), red, sides, 4, 0.0),
        tube([(0, -0.21, 0.45), (0, 0.21, 0.45)], [0.06, 0.06], red, sides),
        tube([(0, 0, 0.40), (0.19, 0, 0.40)], [0.075, 0.075], red, sides),
        tube([(0, 0, 0.7), (0, 0, 0.78)], [0.035, 0.035], red, 5),
    ]
    return join(parts)


def _bus_shelter(fine: bool) -> Faces:
    glass = finish(Material.GLASS, 0x5E7276)
    posts = [rod((x, y, 0), (x, y, 2.45), 0.045, DARK_STEEL, 5) for x in (-0.72, 0.6) for y in (-2.0, 2.0)]
    panes = [box((-0.74, y - 0.95, 0.25), (-0.71, y + 0.95, 2.2), glass) for y in (-1.0, 1.0)]
    panes.append(box((-0.70, -2.02, 0.25), (0.35, -1.99, 2.2), glass))
    roof = box((-0.80, -2.1, 2.46), (0.80, 2.1, 2.60), DARK_STEEL)
    seat = box((-0.62, -1.4, 0.44), (-0.26, 1.2, 0.49), WOOD)
    return join([*posts, *panes, roof, seat])


def _guard_rail(fine: bool) -> Faces:
    """A four metre piece of crash barrier along y, its face towards +x."""
    profile = [
        (0.02, 0.46),
        (0.10, 0.52),
        (0.10, 0.57),
        (0.04, 0.62),
        (0.10, 0.67),
        (0.10, 0.72),
        (0.02, 0.78),
    ]
    if not fine:
        profile = [(0.06, 0.46), (0.06, 0.78)]
    line = np.array(profile)
    points = np.empty((2, len(line), 3))
    points[:, :, 0], points[:, :, 2] = line[:, 0], line[:, 1]
    points[0, :, 1], points[1, :, 1] = -2.0, 2.0
    front = grid(points, STEEL, (-5.0, 0.0, 0.62), crease=0.4)
    back = Faces(front.corners, -front.normals, front.colours, front.materials, front.uvs, front.tags)
    posts = [box((-0.12, y - 0.05, 0.0), (0.02, y + 0.05, 0.74), GALVANISED) for y in (-1.0, 1.0)]
    return join([front, back, *posts])


def _fence(fine: bool) -> Faces:
    parts = [box((-0.02, -1.5, z), (0.02, 1.5, z + 0.04), DARK_STEEL) for z in (0.12, 1.02)]
    count = 21 if fine else 7
    width = 0.012 if fine else 0.03
    parts += [
        box((-0.012, y - width, 0.0), (0.012, y + width, 1.10), DARK_STEEL, ("-z",))
        for y in np.linspace(-1.45, 1.45, count)
    ]
    parts.append(box((-0.04, -1.5, 0.0), (0.04, -1.42, 1.10), DARK_STEEL, ("-z",)))
    return join(parts)


_MAKERS: Final[dict[str, Callable[[bool], Faces]]] = {
    "signal.head": _signal_head,
    "signal.post": _post,
    "sign.stop": _stop_sign,
    "sign.yield": _yield_sign,
    "street_lamp": _street_lamp,
    "street_lamp.double": _double_lamp,
    "bench": _bench,
    "litter_bin": _litter_bin,
    "bollard": _bollard,
    "hydrant": _hydrant,
    "bus_shelter": _bus_shelter,
    "guard_rail": _guard_rail,
    "fence": _fence,
}
STREET_KINDS: Final = (
    *_MAKERS,
    "signal.mast_4m",
    "signal.mast_7m",
    "signal.mast_10m",
    *(f"sign.speed_{limit}" for limit in SPEED_LIMITS),
)
