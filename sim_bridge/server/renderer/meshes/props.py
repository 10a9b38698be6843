"""Things that clients place: cones, barriers, boxes, bins, benches, and what lies about outdoors."""

from collections.abc import Callable
from typing import Final

import numpy as np

from sim_bridge.server.renderer.meshes.catalogue import PropModel
from sim_bridge.server.renderer.meshes.faces import (
    Faces,
    Finish,
    both_sides,
    finish,
    fitted_to_size,
    join,
    moved,
    stretched,
)
from sim_bridge.server.renderer.meshes.solids import box, disc, ellipsoid, extruded, polygon, rod, tube
from sim_bridge.server.renderer.scene import Material

Parts = list[Faces]


def _matte(srgb: int) -> Finish:
    return finish(Material.MATTE, srgb)


def _sheet(srgb: int) -> Finish:
    return finish(Material.SIGN, srgb)


BLACK: Final = _matte(0x17181A)
STEEL: Final = finish(Material.CHROME, 0x9CA1A5)
IRON: Final = _matte(0x3C4145)
WOOD: Final = _matte(0x84603C)
PALE_WOOD: Final = _matte(0xB08A58)
CARDBOARD: Final = _matte(0xA98354)
ORANGE: Final = _sheet(0xE8540F)
RED: Final = _sheet(0xC01820)
WHITE: Final = _sheet(0xEFEEE8)
YELLOW: Final = _sheet(0xE2B416)
AMBER: Final = finish(Material.SIGNAL_YELLOW, 0xD08A10)
PLASTIC_WHITE: Final = _matte(0xE4E3DE)
GREEN: Final = _matte(0x2E5A3C)
LEAVES: Final = finish(Material.FOLIAGE, 0x4C7A2C)
CLAY: Final = _matte(0xA65A38)
STONE: Final = finish(Material.CONCRETE, 0x9C978C)
WATER: Final = finish(Material.WATER, 0x3C6470)
GLASS: Final = finish(Material.GLASS, 0x50646A)
STRAW: Final = _matte(0xC8A650)
SOIL: Final = finish(Material.SOIL, 0x5A4632)


def prop_faces(model: PropModel, fine: bool) -> Faces:
    """A prop, filling the box of its model.

    Args:
        model: of the catalogue.
        fine: near level of detail or far.
    """
    return fitted_to_size(join(_MAKERS[model.shape](model, fine)), model.size)


def _sides(fine: bool) -> int:
    return 12 if fine else 6


def _upright(radii: list[tuple[float, float]], made_of: Finish, sides: int, open_top: bool = False) -> Faces:
    """A round body from (height, radius) pairs upwards."""
    path = [(0.0, 0.0, height) for height, _ in radii]
    return tube(path, [radius for _, radius in radii], made_of, sides, (False, not open_top))


def _cone(model: PropModel, fine: bool) -> Parts:
    """A cone of a square foot and reflecting bands."""
    height, half, sides = model.size[2], 0.5 * min(model.size[:2]), _sides(fine)
    low, high = 0.78 * half, 0.16 * half

    def radius(share: float) -> float:
        return low + (high - low) * share

    bands = [(0.0, 0.30, ORANGE), (0.30, 0.50, WHITE), (0.50, 0.66, ORANGE), (0.66, 0.82, WHITE)]
    bands.append((0.82, 1.0, ORANGE))
    foot = 0.05 * height
    rest = height - foot
    parts = [box((-half, -half, 0.0), (half, half, foot), BLACK if model.variation else ORANGE)]
    for begin, end, made_of in bands:
        ends = [(foot + begin * rest, radius(begin)), (foot + end * rest, radius(end))]
        parts.append(_upright(ends, made_of, sides, open_top=end < 1.0))
    return parts


def _post(model: PropModel, fine: bool) -> Parts:
    """A tall delineator on a rubber foot."""
    height, sides = model.size[2], _sides(fine)
    half = (0.5 * model.size[0], 0.5 * model.size[1])
    parts = [box((-half[0], -half[1], 0.0), (half[0], half[1], 0.06), BLACK)]
    for begin, end, made_of in ((0.05, 0.55, ORANGE), (0.55, 0.68, WHITE), (0.68, 0.76, ORANGE)):
        parts.append(_upright([(begin * height, 0.06), (end * height, 0.06)], made_of, sides, True))
    parts.append(_upright([(0.76 * height, 0.06), (0.90 * height, 0.06)], WHITE, sides, True))
    parts.append(_upright([(0.90 * height, 0.06), (height, 0.05)], ORANGE, sides))
    return parts


def _barrier(model: PropModel, fine: bool) -> Parts:
    """Two striped boards on feet, along x."""
    length, width, height = model.size
    parts = []
    for x in (-0.42 * length, 0.42 * length):
        parts.append(box((x - 0.03, -0.5 * width, 0.0), (x + 0.03, 0.5 * width, 0.05), BLACK))
        parts.append(box((x - 0.025, -0.025, 0.05), (x + 0.025, 0.025, height), IRON))
    for low, high in ((0.42 * height, 0.62 * height), (0.78 * height, height)):
        parts.append(box((-0.5 * length, -0.03, low), (0.5 * length, 0.03, high), WHITE))
        edges = np.linspace(-0.5 * length, 0.5 * length, 8 if fine else 4)
        for number in range(0, len(edges) - 1, 2):
            begin, end = float(edges[number]), float(edges[number + 1])
            slant = 0.3 * (high - low)
            for side in (-1.0, 1.0):
                corners = [
                    (begin, 0.034 * side, low),
                    (end - slant, 0.034 * side, low),
                    (end, 0.034 * side, high),
                    (begin + slant, 0.034 * side, high),
                ]
                parts.append(polygon(corners, RED, (0.0, side, 0.0)))
    return parts


def _chain(model: PropModel, fine: bool) -> Parts:
    """Posts with a chain that sags between them, along x; a single post at a chain's end."""
    length, _, height = model.size
    sides = _sides(fine)
    ends = (0.0,) if length < 0.5 else (-0.5 * length + 0.12, 0.5 * length - 0.12)
    parts = []
    for x in ends:
        parts.append(moved(_upright([(0.0, 0.12), (0.05, 0.12)], IRON, sides), (x, 0.0, 0.0)))
        parts.append(moved(_upright([(0.05, 0.04), (height - 0.1, 0.04)], IRON, sides), (x, 0.0, 0.0)))
        parts.append(ellipsoid((x, 0.0, height - 0.06), (0.06, 0.06, 0.06), IRON, sides, 5))
    if len(ends) == 2:
        along = np.linspace(*ends, 7)
        sag = height - 0.12 - 0.16 * (1.0 - (along / ends[1]) ** 2)
        chain = np.column_stack([along, 0.0 * along, sag])
        parts.append(tube(chain, np.full(7, 0.018), IRON, 4, (False, False)))
    return parts


def _warning(model: PropModel, fine: bool) -> Parts:
    """A warning triangle on an easel, facing +x."""
    length, width, height = model.size
    half, x = 0.5 * width, 0.30 * length
    legs = [
        rod((0.5 * length, y, 0.0), (x - 0.05, 0.3 * y, 0.9 * height), 0.02, IRON, 4) for y in (-half, half)
    ]
    legs += [
        rod((-0.5 * length, y, 0.0), (x - 0.06, 0.3 * y, 0.9 * height), 0.02, IRON, 4)
        for y in (-0.8 * half, 0.8 * half)
    ]
    low = 0.36 * height
    outer = [(x, -half, low), (x, half, low), (x, 0.0, height)]
    middle = np.array([x, 0.0, low + 0.34 * (height - low)])
    back = [(px - 0.012, py, pz) for px, py, pz in outer]
    inner = [tuple(middle + 0.68 * (np.array(corner) - middle) + (0.004, 0.0, 0.0)) for corner in outer]
    field = WHITE if model.variation else YELLOW
    parts = [*legs, polygon(outer, RED, (1, 0, 0)), polygon(back, IRON, (-1, 0, 0))]
    parts.append(polygon(inner, field, (1, 0, 0)))
    sign = box((x + 0.006, -0.025, low + 0.16), (x + 0.010, 0.025, low + 0.42), BLACK)
    dot = box((x + 0.006, -0.025, low + 0.08), (x + 0.010, 0.025, low + 0.12), BLACK)
    if model.variation:
        return [*parts, sign, dot]
    heap = [(x + 0.008, -0.16, low + 0.1), (x + 0.008, 0.16, low + 0.1), (x + 0.008, 0.08, low + 0.22)]
    worker = box((x + 0.006, -0.10, low + 0.16), (x + 0.010, -0.03, low + 0.42), BLACK)
    return [*parts, polygon(heap, BLACK, (1, 0, 0)), worker]


def _arrow_trailer(model: PropModel, fine: bool) -> Parts:
    """A trailer that carries a striped board with an arrow of lamps, facing -x, the traffic behind it."""
    length, width, height = model.size
    rear, half = -0.5 * length, 0.5 * width
    parts = [
        box((rear + 0.15, -half + 0.25, 0.45), (0.5 * length - 0.3, half - 0.25, 0.62), IRON),
        rod((0.5 * length - 0.3, 0.0, 0.5), (0.5 * length, 0.0, 0.45), 0.05, IRON, 5),
        box((rear + 0.3, -0.06, 0.6), (rear + 0.42, 0.06, height - 0.2), IRON),
        box((rear + 0.08, -half, 1.0), (rear + 0.16, half, height), YELLOW),
        box((rear + 0.02, -half + 0.1, 0.62), (rear + 0.1, half - 0.1, 0.98), WHITE),
    ]
    for number in range(6):
        y = -half + 0.1 + number * (width - 0.2) / 6.0
        parts.append(box((rear, y, 0.62), (rear + 0.02, y + (width - 0.2) / 12.0, 0.98), RED))
    for side in (-1.0, 1.0):
        wheel = tube(
            [(0.1, side * (half - 0.05), 0.32), (0.1, side * (half - 0.25), 0.32)], [0.32, 0.32], BLACK
        )
        parts.append(wheel)
    middle = 0.5 * (1.0 + height)
    lamps = [(y, middle) for y in np.linspace(-0.8, 0.8, 7)]
    lamps += [(-0.8 + d, middle + s * d) for d in (0.25, 0.5) for s in (-1.0, 1.0)]
    for y, z in lamps:
        parts.append(disc((rear + 0.07, y, z), 0.10, AMBER, (-1, 0, 0), 8 if fine else 5))
    return parts


def _crate(model: PropModel, fine: bool) -> Parts:
    """A cardboard box, closed with tape, or squashed flat."""
    x, y, z = (0.5 * side for side in model.size)
    parts = [box((-x, -y, 0.0), (x, y, 2.0 * z), CARDBOARD)]
    tape = _matte(0xC8B088)
    parts.append(box((-x - 0.001, -0.05 * y, 1.4 * z), (x + 0.001, 0.05 * y, 2.0 * z + 0.001), tape))
    return parts


def _barrel(model: PropModel, fine: bool) -> Parts:
    height, radius = model.size[2], 0.5 * model.size[0]
    blue = _matte(0x24507A)
    rings = [
        (0.0, 0.95),
        (0.3, 0.95),
        (0.33, 1.0),
        (0.36, 0.95),
        (0.63, 0.95),
        (0.66, 1.0),
        (0.69, 0.95),
        (1, 0.95),
    ]
    return [_upright([(h * height, r * radius) for h, r in rings], blue, _sides(fine))]


def _bin(model: PropModel, fine: bool) -> Parts:
    """A litter bin: a body that widens upwards, a lid or an open mouth."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    colour = _matte((0x2F4638, 0x33383E, 0x6A6E70, 0x27446A, 0x4A3C30, 0x7A7E80)[model.variation % 6])
    sides = _sides(fine) if model.variation % 2 else 4
    body = _upright([(0.0, 0.80), (0.82 * height, 1.0)], colour, sides, open_top=True)
    lid = _upright([(0.82 * height, 1.04), (0.88 * height, 1.04), (height, 0.55)], IRON, sides)
    mouth = _upright([(0.80 * height, 0.93), (0.82 * height, 0.93)], BLACK, sides)
    return [stretched(join([body, mouth, lid]), (x, y, 1.0))]


def _wheeled_container(model: PropModel, fine: bool) -> Parts:
    """A refuse container on castors with a sloping lid."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    colour = _matte((0x35603A, 0x2A4A78, 0x4A4E52)[model.variation % 3])
    outline = ((-0.92 * y, 0.14), (0.92 * y, 0.14), (y, 0.78 * height), (-y, 0.92 * height))
    parts = [extruded(outline, -x, x, colour, axis=0)]
    lid = ((-y, 0.92 * height), (y, 0.78 * height), (0.9 * y, 0.86 * height), (-0.9 * y, height))
    parts.append(extruded(lid, -x, x, IRON, axis=0))
    for corner_x in (-0.85 * x, 0.85 * x):
        for corner_y in (-0.8 * y, 0.8 * y):
            low = (corner_x - 0.06, corner_y - 0.03, 0.0)
            parts.append(box(low, (corner_x + 0.06, corner_y + 0.03, 0.14), BLACK))
    return parts


def _drop_off(model: PropModel, fine: bool) -> Parts:
    """A container for glass or clothes with a round back and a slot."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    colour = _matte((0x2C6A46, 0xB8882A)[model.variation % 2])
    body = [(0.0, 0.95), (0.70 * height, 1.0), (0.88 * height, 0.85), (height, 0.45)]
    sides = 8 if model.variation % 2 == 0 else 4
    shell = stretched(_upright(body, colour, sides), (x, y, 1.0))
    slot = box((0.72 * x, -0.3 * y, 0.60 * height), (1.02 * x, 0.3 * y, 0.72 * height), BLACK)
    return [shell, slot]


def _bag(model: PropModel, fine: bool) -> Parts:
    """A filled bag: round below, gathered above."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    colour = _matte((0x1E2022, 0xD8D6CE, 0xB0484A, 0x6A3A2A)[model.variation % 4])
    rings = [(0.0, 0.7), (0.2, 1.0), (0.5, 0.96), (0.75, 0.55), (0.85, 0.2), (1.0, 0.35)]
    return [stretched(_upright([(h * height, r) for h, r in rings], colour, 8 if fine else 5), (x, y, 1.0))]


def _case(model: PropModel, fine: bool) -> Parts:
    """A case with a handle on top: for papers, travel, tools or a guitar."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    colour = _matte((0x2A2622, 0x7A2A2A, 0x22344E, 0x4A3626)[model.variation % 4])
    top = 0.85 * height
    parts = [box((-x, -y, 0.0), (x, y, top), colour)]
    parts.append(box((-x, -1.02 * y, 0.45 * top), (x, 1.02 * y, 0.48 * top), BLACK))
    parts += [
        box((s * 0.3 * x - 0.01, -0.01, top), (s * 0.3 * x + 0.01, 0.01, height), BLACK) for s in (-1, 1)
    ]
    parts.append(box((-0.32 * x, -0.015, height - 0.02), (0.32 * x, 0.015, height), BLACK))
    return parts


def _flat_pieces(model: PropModel, fine: bool) -> Parts:
    """Rubble that lies about: blocks of a seeded size, place and turn."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    random = np.random.default_rng((7, model.variation))
    palette = (STONE, SOIL, CARDBOARD, _matte(0x7E4A38), IRON, PALE_WOOD)
    parts = []
    for _ in range(14 if fine else 6):
        reach = 0.10 + 0.22 * random.random()
        middle = random.uniform(-1.0 + reach, 1.0 - reach, 2)
        size = np.array([reach * x, reach * y, height * random.uniform(0.3, 1.0)])
        low = (middle[0] * x - size[0], middle[1] * y - size[1], 0.0)
        high = (middle[0] * x + size[0], middle[1] * y + size[1], size[2])
        parts.append(box(low, high, palette[int(random.integers(len(palette)))]))
    return parts


def _tin(model: PropModel, fine: bool) -> Parts:
    """A can."""
    height, radius = model.size[2], 0.5 * model.size[0]
    rings = [(0.0, 0.8), (0.08, 1.0), (0.9, 1.0), (1.0, 0.8)]
    colour = finish(Material.CHROME, (0xC02028, 0x3A5AA0, 0x3A8A4A)[model.variation % 3])
    return [_upright([(h * height, r * radius) for h, r in rings], colour, 8 if fine else 5)]


def _litter(model: PropModel, fine: bool) -> Parts:
    """Crumpled paper and packaging."""
    x, y, height = (0.5 * side for side in model.size)
    return [ellipsoid((0, 0, height), (x, y, height), (PLASTIC_WHITE, CARDBOARD)[model.variation % 2], 6, 4)]


def _bench(model: PropModel, fine: bool) -> Parts:
    """A bench along x, with a back unless it is low."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    seat = height if height < 0.6 else 0.46 * height
    slats = 4 if fine else 1
    edges = np.linspace(-y, y, slats + 1)
    parts = [
        box((-x, edges[k] + 0.01, seat - 0.05), (x, edges[k + 1] - 0.01, seat), WOOD) for k in range(slats)
    ]
    if seat < height:
        parts += [
            box((-x, -y, z), (x, -y + 0.05, z + 0.14 * height), WOOD) for z in (0.62 * height, 0.84 * height)
        ]
    foot = IRON if model.variation % 2 else STONE
    parts += [
        box((s * 0.8 * x - 0.04, -0.9 * y, 0.0), (s * 0.8 * x + 0.04, 0.9 * y, seat - 0.05), foot)
        for s in (-1, 1)
    ]
    if seat < height:
        parts += [
            box((s * 0.8 * x - 0.03, -y, seat), (s * 0.8 * x + 0.03, -y + 0.04, height), foot)
            for s in (-1, 1)
        ]
    return parts


def _table(model: PropModel, fine: bool) -> Parts:
    """A table; a tall one stands under a parasol."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    parasol = height > 1.6
    top, reach = (0.74, 0.42) if parasol else (height, 1.0)
    made_of = PLASTIC_WHITE if parasol else PALE_WOOD
    parts = [box((-reach * x, -reach * y, top - 0.05), (reach * x, reach * y, top), made_of)]
    for sx in (-1.0, 1.0):
        for sy in (-1.0, 1.0):
            cx, cy = 0.85 * sx * reach * x, 0.85 * sy * reach * y
            parts.append(box((cx - 0.03, cy - 0.03, 0.0), (cx + 0.03, cy + 0.03, top - 0.05), made_of))
    if parasol:
        parts.append(rod((0, 0, 0), (0, 0, height), 0.025, STEEL, 5))
        canopy = _upright([(height - 0.45, 1.0), (height, 0.03)], _matte(0xB83A2A), 8)
        parts.append(stretched(canopy, (x, y, 1.0)))
        under = _upright([(height - 0.46, 1.0), (height - 0.45, 1.0)], _matte(0x7A261C), 8)
        parts.append(stretched(under, (x, y, 1.0)))
    return parts


def _chair(model: PropModel, fine: bool) -> Parts:
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    seat = 0.42 * height
    parts = [box((-x, -y, seat - 0.03), (x, y, seat), PLASTIC_WHITE)]
    parts.append(box((-x, -y, seat), (-x + 0.05, y, height), PLASTIC_WHITE))
    parts += [
        box((cx - 0.025, cy - 0.025, 0.0), (cx + 0.025, cy + 0.025, seat), PLASTIC_WHITE)
        for cx in (-x + 0.03, x - 0.03)
        for cy in (-y + 0.03, y - 0.03)
    ]
    parts += [
        box((-x, s * y - 0.02, 0.66 * height), (0.8 * x, s * y + 0.02, 0.69 * height), PLASTIC_WHITE)
        for s in (-1, 1)
    ]
    return parts


def _plant(model: PropModel, fine: bool) -> Parts:
    """A pot or trough with a bush or flowers in it."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    pot = 0.55 * height
    made_of = (CLAY, STONE, WOOD)[model.variation % 3]
    long = max(x, y) > 1.6 * min(x, y)
    if long:
        parts = [box((-x, -y, 0.0), (x, y, pot), made_of)]
    else:
        parts = [stretched(_upright([(0.0, 0.7), (pot, 1.0)], made_of, _sides(fine)), (x, y, 1.0))]
    along = np.linspace(-0.72, 0.72, 4 if long else 1) if long else np.array([0.0])
    for share in along:
        at = (share * x, 0.0, pot) if x >= y else (0.0, share * y, pot)
        reach = (0.28 * x, 0.95 * y) if x >= y else (0.95 * x, 0.28 * y)
        if not long:
            reach = (0.95 * x, 0.95 * y)
        parts.append(ellipsoid(at, (*reach, height - pot), LEAVES, 8 if fine else 5, 4, 0.0))
        if fine:
            bloom = _matte((0xC83A5A, 0xE0C040, 0xD8D4E8)[model.variation % 3])
            parts.append(
                ellipsoid(
                    np.add(at, (0, 0, 0.75 * (height - pot))),
                    (0.3 * reach[0], 0.3 * reach[1], 0.2 * height),
                    bloom,
                    5,
                    3,
                )
            )
    return parts


def _board(model: PropModel, fine: bool) -> Parts:
    """A board for posters or street names on feet or posts, along x, seen from both sides."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    low = (0.16, 0.62, 0.70)[model.variation % 3] * height
    face = (_sheet(0x4A7AA8), _sheet(0x1E4A8A), WHITE)[model.variation % 3]
    depth = max(y, 0.03)
    parts = [box((-x, -depth, low), (x, depth, height), IRON)]
    for side in (-1.0, 1.0):
        inner = (0.94 * x, 0.04 * (height - low))
        corners = [
            (-inner[0], side * 1.02 * depth, low + inner[1]),
            (inner[0], side * 1.02 * depth, low + inner[1]),
            (inner[0], side * 1.02 * depth, height - inner[1]),
            (-inner[0], side * 1.02 * depth, height - inner[1]),
        ]
        parts.append(polygon(corners, face, (0.0, side, 0.0)))
        for line in range(3 if fine else 1):
            z = low + (0.30 + 0.2 * line) * (height - low)
            ends = (-0.7 * x, (0.7 - 0.25 * line) * x)
            corners = [(ends[0], side * 1.03 * depth, z), (ends[1], side * 1.03 * depth, z)]
            corners += [
                (ends[1], side * 1.03 * depth, z + 0.05 * height),
                (ends[0], side * 1.03 * depth, z + 0.05 * height),
            ]
            parts.append(polygon(corners, BLACK if model.variation % 3 == 2 else WHITE, (0.0, side, 0.0)))
    parts += [box((s * 0.8 * x - 0.03, -0.03, 0.0), (s * 0.8 * x + 0.03, 0.03, low), IRON) for s in (-1, 1)]
    return parts


def _bus_stop(model: PropModel, fine: bool) -> Parts:
    """A shelter along y, open towards +x."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    parts = [box((-x, -y, height - 0.12), (x, y, height), IRON)]
    parts += [
        box((cx - 0.04, cy - 0.04, 0.0), (cx + 0.04, cy + 0.04, height - 0.12), IRON)
        for cx in (-0.9 * x, 0.5 * x)
        for cy in (-0.96 * y, 0.96 * y)
    ]
    parts.append(box((-0.92 * x, -0.94 * y, 0.25), (-0.88 * x, 0.94 * y, height - 0.3), GLASS))
    parts.append(box((-0.85 * x, 0.93 * y, 0.25), (0.4 * x, 0.97 * y, height - 0.3), GLASS))
    parts.append(box((-0.85 * x, -0.97 * y, 0.25), (0.4 * x, -0.93 * y, height - 0.3), _sheet(0x3A6A9A)))
    parts.append(box((-0.75 * x, -0.7 * y, 0.44), (-0.3 * x, 0.5 * y, 0.50), WOOD))
    return parts


def _booth(model: PropModel, fine: bool) -> Parts:
    """A kiosk or food cart: a counter with an opening to +x under an awning."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    colour = _matte((0x2C4A3A, 0xA83A2A)[model.variation % 2])
    body = 0.78
    parts = [box((-body * x, -body * y, 0.12), (body * x, body * y, 0.80 * height), colour)]
    parts.append(box((body * x, -0.6 * y, 0.36 * height), (body * x + 0.02, 0.6 * y, 0.70 * height), BLACK))
    parts.append(box((body * x, -0.66 * y, 0.33 * height), (x, 0.66 * y, 0.36 * height), WOOD))
    roof = ((-x, 0.80 * height), (x, 0.76 * height), (0.2 * x, height), (-0.2 * x, height))
    parts.append(extruded(roof, -y, y, _matte(0xD8D2C0), axis=1))
    for k in range(0, 6 if fine else 2, 2):
        low = -y + k * y / 3.0
        corners = [(1.002 * x, low, 0.762 * height), (1.002 * x, low + y / 3, 0.762 * height)]
        corners += [(0.6 * x, low + y / 3, 0.885 * height), (0.6 * x, low, 0.885 * height)]
        parts.append(polygon(corners, RED, (0.5, 0.0, 0.8)))
    if model.variation % 2:
        parts += [
            tube([(0.4 * s * x, y - 0.12, 0.3), (0.4 * s * x, y - 0.02, 0.3)], [0.3, 0.3], BLACK)
            for s in (-1, 1)
        ]
    else:
        parts.append(box((-0.7 * x, -0.7 * y, 0.0), (0.7 * x, 0.7 * y, 0.12), STONE))
    return parts


def _machine(model: PropModel, fine: bool) -> Parts:
    """A cabinet with a lit front towards +x: drinks, money, letters, a map."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    colours = (0xB01C20, 0x2A4A7A, 0xD0A818, 0x4A4E52)
    parts = [box((-x, -y, 0.0), (x, y, height), _matte(colours[model.variation % 4]))]
    screen = _sheet((0xC8D8E4, 0x6AA0C8, 0x8A1A1A, 0xE0DAC4)[model.variation % 4])
    parts.append(box((x, -0.8 * y, 0.45 * height), (x + 0.01, 0.4 * y, 0.92 * height), screen))
    parts.append(box((x, -0.5 * y, 0.12 * height), (x + 0.012, 0.5 * y, 0.24 * height), BLACK))
    if fine:
        rows = np.linspace(0.50, 0.85, 4)
        parts += [
            box((x + 0.01, -0.75 * y, z * height), (x + 0.014, 0.35 * y, (z + 0.012) * height), IRON)
            for z in rows
        ]
    return parts


def _fountain(model: PropModel, fine: bool) -> Parts:
    """A basin with a column; the large one has a second bowl."""
    radius, height, sides = 0.5 * min(model.size[:2]), model.size[2], 16 if fine else 8
    rim = min(0.6, 0.35 * height)
    parts = [_upright([(0.0, radius), (rim, radius)], STONE, sides)]
    parts.append(disc((0, 0, rim + 0.004), 0.88 * radius, WATER, (0, 0, 1), sides))
    bowl = [(rim, 0.14), (0.45 * height, 0.10), (0.55 * height, 0.42), (0.60 * height, 0.44)]
    parts.append(_upright([(h, r * radius) for h, r in bowl], STONE, sides))
    parts.append(_upright([(0.60 * height, 0.07 * radius), (height, 0.03 * radius)], STONE, sides))
    return parts


def _frame(model: PropModel, fine: bool) -> Parts:
    """A pergola or a clothes line: posts, beams and slats."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    half = 0.06
    posts = [
        box((cx - half, cy - half, 0.0), (cx + half, cy + half, 0.93 * height), WOOD)
        for cx in (-0.9 * x, 0.9 * x)
        for cy in (-0.9 * y, 0.9 * y)
    ]
    beams = [
        box((-x, cy - half, 0.90 * height), (x, cy + half, 0.95 * height), WOOD) for cy in (-0.9 * y, 0.9 * y)
    ]
    slats = np.linspace(-0.92 * x, 0.92 * x, 9 if fine else 4)
    return [*posts, *beams, *(box((s - 0.03, -y, 0.95 * height), (s + 0.03, y, height), WOOD) for s in slats)]


def _swing(model: PropModel, fine: bool) -> Parts:
    """Two seats, or a couch, hanging from a frame along x."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    blue = _matte(0x2A5A9A)
    parts = [rod((-x, 0, height - 0.04), (x, 0, height - 0.04), 0.04, blue, 5)]
    parts += [
        rod((sx * x * 0.97, sy * y, 0.0), (sx * x * 0.97, 0, height - 0.04), 0.04, blue, 5)
        for sx in (-1, 1)
        for sy in (-1, 1)
    ]
    seats = ((-0.5, 0.18), (0.5, 0.18)) if model.variation % 2 == 0 else ((0.0, 0.75),)
    for middle, half in seats:
        low, high = (middle - half) * x, (middle + half) * x
        parts.append(box((low, -0.2, 0.45), (high, 0.2, 0.50), RED if len(seats) == 2 else _matte(0x5A7A4A)))
        parts += [rod((end, 0, 0.5), (end, 0, height - 0.04), 0.012, IRON, 3) for end in (low, high)]
        if len(seats) == 1:
            parts.append(box((low, -0.24, 0.5), (high, -0.18, 1.0), _matte(0x5A7A4A)))
    return parts


def _slide(model: PropModel, fine: bool) -> Parts:
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    chute = (
        (-0.5 * x, 0.72 * height),
        (-0.45 * x, 0.78 * height),
        (0.8 * x, 0.16),
        (x, 0.14),
        (x, 0.06),
        (0.78 * x, 0.06),
    )
    parts = [extruded(chute, -0.8 * y, 0.8 * y, _matte(0xC83A2A), axis=1)]
    parts.append(box((-x, -y, 0.68 * height), (-0.45 * x, y, 0.72 * height), WOOD))
    parts += [
        box((cx - 0.05, cy - 0.05, 0.0), (cx + 0.05, cy + 0.05, height), _matte(0x2A5A9A))
        for cx in (-x + 0.05, -0.45 * x)
        for cy in (-y + 0.05, y - 0.05)
    ]
    return parts


def _trampoline(model: PropModel, fine: bool) -> Parts:
    radius, height, sides = 0.5 * model.size[0], model.size[2], _sides(fine)
    parts = [_upright([(0.85, 0.99 * radius), (0.92, 0.99 * radius)], _matte(0x2A5A9A), sides)]
    parts.append(disc((0, 0, 0.925), 0.85 * radius, BLACK, (0, 0, 1), sides))
    for angle in np.arange(6) * np.pi / 3.0:
        foot = (0.97 * radius * np.cos(angle), 0.97 * radius * np.sin(angle))
        parts.append(rod((*foot, 0.0), (*foot, height), 0.03, STEEL, 4))
    parts.append(_upright([(height - 0.06, radius), (height, radius)], IRON, sides, open_top=True))
    return parts


def _dog_house(model: PropModel, fine: bool) -> Parts:
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    walls = (
        (-0.85 * y, 0.0),
        (0.85 * y, 0.0),
        (0.85 * y, 0.6 * height),
        (0.0, 0.94 * height),
        (-0.85 * y, 0.6 * height),
    )
    parts = [extruded(walls, -0.9 * x, 0.9 * x, PALE_WOOD, axis=0)]
    for s in (-1.0, 1.0):
        roof = ((0.0, 0.92 * height), (0.0, height), (s * y, 0.58 * height), (s * y, 0.50 * height))
        parts.append(extruded(roof, -x, x, _matte(0x8A3A2A), axis=0))
    parts.append(box((0.9 * x, -0.3 * y, 0.05), (0.91 * x, 0.3 * y, 0.5 * height), BLACK))
    return parts


def _figure(model: PropModel, fine: bool) -> Parts:
    """A garden gnome."""
    height, sides = model.size[2], 8 if fine else 5
    body = _upright([(0.0, 0.5), (0.5 * height, 0.35)], _matte(0x2A4A8A), sides)
    head = ellipsoid(
        (0, 0, 0.58 * height), (0.24, 0.24, 0.12 * height), finish(Material.SKIN, 0xD0A080), sides, 5
    )
    beard = ellipsoid((0.12, 0, 0.50 * height), (0.16, 0.18, 0.10 * height), PLASTIC_WHITE, sides, 4)
    hat = _upright([(0.62 * height, 0.28), (height, 0.02)], _matte(0xB8281E), sides)
    return [stretched(join([body, head, beard, hat]), (model.size[0], model.size[1], 1.0))]


def _lantern(model: PropModel, fine: bool) -> Parts:
    height, sides = model.size[2], 8 if fine else 5
    return [
        _upright([(0.0, 0.10), (0.06, 0.08), (0.08, 0.03), (0.6 * height, 0.03)], IRON, sides),
        _upright(
            [(0.6 * height, 0.09), (0.85 * height, 0.12)], finish(Material.LAMP_STREET, 0xE9E4D4), sides
        ),
        _upright([(0.85 * height, 0.15), (height, 0.02)], IRON, sides),
    ]


def _grill(model: PropModel, fine: bool) -> Parts:
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    kettle = ellipsoid((0, 0, 0.72 * height), (x, y, 0.28 * height), BLACK, _sides(fine), 7)
    legs = [
        rod((0.8 * x * np.cos(a), 0.8 * y * np.sin(a), 0.0), (0, 0, 0.6 * height), 0.02, STEEL, 4)
        for a in (0.5, 2.6, 4.7)
    ]
    return [kettle, *legs]


def _bale(model: PropModel, fine: bool) -> Parts:
    """A round bale on its side, or a square one."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    if model.variation % 2:
        return [
            box((-x, -y, 0.0), (x, y, height), STRAW),
            box((-1.01 * x, -0.3 * y, 0.0), (1.01 * x, -0.25 * y, 1.01 * height), WOOD),
        ]
    radius = 0.5 * height
    return [tube([(0, -y, radius), (0, y, radius)], [radius, radius], STRAW, 16 if fine else 8)]


def _trolley(model: PropModel, fine: bool) -> Parts:
    """A shopping cart or a two-wheeled shopping trolley."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    if model.variation % 2:
        bag = box((-0.6 * x, -0.9 * y, 0.1), (0.8 * x, 0.9 * y, 0.68 * height), _matte(0x8A2A3A))
        handle = rod((-0.9 * x, 0, 0.1), (-0.9 * x, 0, height), 0.015, STEEL, 4)
        wheels = [
            tube([(-0.6 * x, s * y, 0.08), (-0.6 * x, 0.8 * s * y, 0.08)], [0.08, 0.08], BLACK)
            for s in (-1, 1)
        ]
        return [bag, handle, *wheels]
    basket = (
        (-0.8 * x, 0.45 * height),
        (0.9 * x, 0.5 * height),
        (x, 0.88 * height),
        (-0.9 * x, 0.92 * height),
    )
    parts = [extruded(basket, -0.9 * y, 0.9 * y, STEEL, axis=1)]
    inside = (
        (-0.85 * x, 0.925 * height),
        (0.95 * x, 0.885 * height),
        (0.95 * x, 0.89 * height),
        (-0.85 * x, 0.93 * height),
    )
    parts.append(extruded(inside, -0.8 * y, 0.8 * y, BLACK, axis=1))
    parts.append(rod((-x, -y, height - 0.02), (-x, y, height - 0.02), 0.02, RED, 5))
    for cx in (-0.8 * x, 0.8 * x):
        for cy in (-0.8 * y, 0.8 * y):
            parts.append(rod((cx, cy, 0.06), (0.9 * cx, cy, 0.5 * height), 0.015, STEEL, 4))
            parts.append(box((cx - 0.05, cy - 0.02, 0.0), (cx + 0.05, cy + 0.02, 0.1), BLACK))
    return parts


def _helmet(model: PropModel, fine: bool) -> Parts:
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    sides = 10 if fine else 6
    shell = ellipsoid(
        (0, 0, 0.45 * height),
        (x, y, 0.55 * height),
        _matte((0xB82A2A, 0x22262A)[model.variation % 2]),
        sides,
        6,
    )
    visor = ellipsoid((0.25 * x, 0, 0.45 * height), (0.8 * x, 0.85 * y, 0.2 * height), BLACK, sides, 4)
    return [shell, visor]


def _can_with_spout(model: PropModel, fine: bool) -> Parts:
    x, height, sides = 0.5 * model.size[0], model.size[2], 8 if fine else 5
    body = moved(_upright([(0.0, 0.5 * x), (0.7 * height, 0.45 * x)], GREEN, sides), (-0.4 * x, 0, 0))
    spout = rod((0.0, 0, 0.2 * height), (x, 0, 0.8 * height), 0.02, GREEN, 5)
    handle = tube(
        [(-0.8 * x, 0, 0.6 * height), (-0.5 * x, 0, height), (0, 0, 0.7 * height)], [0.015] * 3, GREEN, 4
    )
    return [body, spout, handle]


def _slab(model: PropModel, fine: bool) -> Parts:
    """A plate or plank: iron over a trench, a tile, a phone, a calibration board."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    made_of = (_matte(0x5A4A40), CLAY, BLACK, WHITE)[model.variation % 4]
    parts = [box((-x, -y, 0.0), (x, y, height), made_of)]
    if model.variation % 4 == 3 and fine:
        cells = [(i, j) for i in range(8) for j in range(4) if (i + j) % 2]
        parts += [
            box(
                (-x + 2 * x * i / 8, -y + 2 * y * j / 4, height),
                (-x + 2 * x * (i + 1) / 8, -y + 2 * y * (j + 1) / 4, height + 0.002),
                BLACK,
            )
            for i, j in cells
        ]
    return parts


def _line(model: PropModel, fine: bool) -> Parts:
    """Washing on a line between two posts, along x."""
    x, y, height = 0.5 * model.size[0], 0.5 * model.size[1], model.size[2]
    parts = [rod((s * 0.96 * x, 0, 0), (s * 0.96 * x, 0, height), 0.03, STEEL, 5) for s in (-1, 1)]
    parts += [
        box((s * 0.96 * x - 0.02, -y, height - 0.05), (s * 0.96 * x + 0.02, y, height), STEEL)
        for s in (-1, 1)
    ]
    for number, colour in enumerate((0xD8D4C8, 0x4A6A9A, 0xB8484A, 0x8A9A6A)):
        low = -0.8 * x + number * 0.4 * x
        parts.append(
            both_sides(
                box((low, 0.7 * y, 0.45 * height), (low + 0.3 * x, 0.72 * y, height - 0.06), _matte(colour))
            )
        )
    return parts


_MAKERS: Final[dict[str, Callable[[PropModel, bool], Parts]]] = {
    "arrow_trailer": _arrow_trailer,
    "bag": _bag,
    "bale": _bale,
    "barrel": _barrel,
    "barrier": _barrier,
    "bench": _bench,
    "bin": _bin,
    "board": _board,
    "booth": _booth,
    "bus_stop": _bus_stop,
    "case": _case,
    "chain": _chain,
    "chair": _chair,
    "cone": _cone,
    "crate": _crate,
    "dog_house": _dog_house,
    "drop_off": _drop_off,
    "figure": _figure,
    "fountain": _fountain,
    "frame": _frame,
    "grill": _grill,
    "helmet": _helmet,
    "lantern": _lantern,
    "line": _line,
    "litter": _litter,
    "machine": _machine,
    "plant": _plant,
    "post": _post,
    "rubble": _flat_pieces,
    "slab": _slab,
    "slide": _slide,
    "swing": _swing,
    "table": _table,
    "tin": _tin,
    "trampoline": _trampoline,
    "trolley": _trolley,
    "warning": _warning,
    "watering_can": _can_with_spout,
    "wheeled_container": _wheeled_container,
}
