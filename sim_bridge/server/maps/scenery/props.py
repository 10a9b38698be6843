"""What stands beside the roads: houses, trees, lamps, signs, poles; placed by a seed, never on a road.

A prop's pose has its x axis towards the street or the drivers, as the mesh library wants it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from sim_bridge.server.maps.cross_sections import Grid, Stretch
from sim_bridge.server.maps.ground import CELL_M, GroundGrid
from sim_bridge.server.maps.road_network import KERB_HEIGHT_M, PAVED, RAISED
from sim_bridge.server.maps.scenery.land import land_heights
from sim_bridge.server.maps.signals import PrioritySign, SpeedSign, TrafficLight
from sim_bridge.server.renderer.meshes.catalogue import SCENERY, SPEED_LIMITS
from sim_bridge.server.transforms import Floats, Pose

# From the middle of the town outwards: these kinds up to this many metres.
_ZONES: tuple[tuple[float, tuple[str, ...]], ...] = (
    (
        260.0,
        (
            "building.apartment_brick",
            "building.apartment_plaster",
            "building.apartment_balcony",
            "building.office_bands",
            "building.shop_row",
            "building.rowhouse_plaster",
            "building.shop_corner",
        ),
    ),
    (
        430.0,
        (
            "building.rowhouse_brick",
            "building.rowhouse_plaster",
            "building.shop_row",
            "building.apartment_brick",
            "building.house_hip",
        ),
    ),
    (math.inf, ("building.house_gable", "building.house_hip", "building.rowhouse_brick")),
)
_STREET_TREES = ("tree.plane", "tree.maple", "tree.young")
_WILD_TREES = ("tree.maple", "tree.pine", "tree.poplar", "tree.plane", "bush")
_WALLS = ((0.62, 0.55, 0.45), (0.52, 0.30, 0.22), (0.66, 0.64, 0.60), (0.45, 0.44, 0.40), (0.58, 0.46, 0.33))

CLEAR_OF_ROAD_M = 0.6
LAMP_SPACING_M = 34.0
TREE_SPACING_M = 13.0
TREES_FROM_SIGNALS_M = 26.0
WILD_TREES_PER_HECTARE = 7.0
TREES_A_CLUMP = 6
TRUNK_HALF_M = 0.18
POLE_HALF_M = 0.09
NO_PROP = -1

_BUILDING_SETBACK_M = (2.0, 7.0)
_BUILDING_GAP_M = (2.5, 12.0)
_CLEAR_OF_CORNER_M = 4.0


@dataclass(frozen=True)
class Prop:
    """One thing that stands still.

    Attributes:
        kind: name in the mesh library's catalogue of scenery.
        pose: in the world; the origin is on the ground, signal heads aside.
        colour: linear albedo for those meshes that take one.
    """

    kind: str
    pose: Pose
    colour: tuple[float, float, float] = (0.5, 0.5, 0.5)

    @property
    def footprint(self) -> Floats:
        """(4, 2) corners of its box on the ground, metres."""
        half_x, half_y = SCENERY[self.kind].size[0] / 2.0, SCENERY[self.kind].size[1] / 2.0
        corners = np.array([[half_x, half_y], [half_x, -half_y], [-half_x, -half_y], [-half_x, half_y]])
        cos, sin = math.cos(self.pose.yaw), math.sin(self.pose.yaw)
        result: Floats = corners @ np.array([[cos, sin], [-sin, cos]]) + np.array(self.pose[:2])
        return result


@dataclass(frozen=True, eq=False)
class SolidBoxes:
    """What vehicles collide with.

    Attributes:
        centres: (n, 3) float64, metres.
        half_sizes: (n, 3) float64, metres.
        yaws: (n,) float64, rad.
        props: (n,) int64, index of the prop that each box belongs to, or `NO_PROP` for parts of bridges.
    """

    centres: Floats
    half_sizes: Floats
    yaws: Floats
    props: np.ndarray[tuple[int], np.dtype[np.int64]]


class _Plots:
    """Which ground is taken, by circles and by footprints."""

    def __init__(self, ground: GroundGrid) -> None:
        self._ground = ground
        self._footprints: list[Floats] = []
        self._centres = np.zeros((0, 3))

    def free(self, footprint: Floats, clear_of_road_m: float) -> bool:
        """Whether a footprint of (4, 2) corners is off the roads and off what stands already."""
        centre = footprint.mean(axis=0)
        reach = math.sqrt(float(((footprint - centre) ** 2).sum(axis=1).max()))
        if not self._off_road(footprint, centre, reach, clear_of_road_m):
            return False
        taken = self._centres[: len(self._footprints)]
        near = np.hypot(taken[:, 0] - centre[0], taken[:, 1] - centre[1]) < taken[:, 2] + reach
        return not any(_overlap(footprint, self._footprints[index]) for index in np.flatnonzero(near))

    def _off_road(self, footprint: Floats, centre: Floats, reach: float, clear_of_road_m: float) -> bool:
        """Whether no point of the footprint is nearer to a road than asked for."""
        if clear_of_road_m < 0.0:
            return True
        # The grid's own resolution comes on top.
        if self._ground.distance_to_road(centre[None])[0] > reach + clear_of_road_m + 2.0:
            return True
        weight = np.linspace(0.0, 1.0, 9)[:, None, None]
        rim = (footprint + weight * (np.roll(footprint, 1, axis=0) - footprint)).reshape(-1, 2)
        points = np.concatenate([rim, (rim + centre) / 2.0, centre[None]])
        return float(self._ground.distance_to_road(points).min()) >= clear_of_road_m

    def take(self, footprint: Floats) -> None:
        """Marks a footprint as taken."""
        centre = footprint.mean(axis=0)
        count = len(self._footprints)
        if count == len(self._centres):
            self._centres = np.concatenate([self._centres, np.zeros((max(64, count), 3))])
        self._centres[count] = *centre, math.sqrt(float(((footprint - centre) ** 2).sum(axis=1).max()))
        self._footprints.append(footprint)


def _overlap(a: Floats, b: Floats) -> bool:
    """Whether two convex footprints overlap (separating axes; Gottschalk et al. 1996)."""
    for corners in (a, b):
        for edge in np.diff(np.vstack([corners, corners[:1]]), axis=0):
            normal = np.array([-edge[1], edge[0]])
            first, second = a @ normal, b @ normal
            if first.max() <= second.min() or second.max() <= first.min():
                return False
    return True


def props_of(
    parts: Sequence[Stretch],
    ground: GroundGrid,
    lights: Sequence[TrafficLight],
    signs: Sequence[SpeedSign | PrioritySign],
    seed: int,
) -> tuple[Prop, ...]:
    """Everything that stands beside stretches of road; the same arguments give the same props."""
    random = np.random.default_rng(seed)
    plots = _Plots(ground)
    poles = list(_poles_and_signs(lights, signs, ground))
    for prop in poles:
        plots.take(_square(prop.pose, 0.6))
    sides = [side for part in parts for side in _sides(part)]
    lamps = [prop for side in sides for prop in _lamps(side, plots)]
    buildings = [prop for side in sides for prop in _buildings(side, plots, random)]
    trees = [prop for side in sides for prop in _street_trees(side, plots, random)]
    grown = [*buildings, *trees, *_wild_trees(plots, ground, random)]
    return (*poles, *lamps, *_on_land(grown, ground))


def solid_boxes(props: Sequence[Prop], bridges: Floats) -> SolidBoxes:
    """Boxes of buildings, trunks and poles, and of the parts of bridges: (n, 7) as `Edging` has them."""
    rows, owners = [], []
    for index, prop in enumerate(props):
        size = SCENERY[prop.kind].size
        if prop.kind.startswith("building."):
            half_x, half_y = size[0] / 2.0, size[1] / 2.0
        elif prop.kind.startswith("tree."):
            half_x = half_y = TRUNK_HALF_M
        elif prop.kind == "bush":
            continue
        else:
            half_x = half_y = POLE_HALF_M
        pose = prop.pose
        rows.append([pose.x, pose.y, pose.z + size[2] / 2.0, half_x, half_y, size[2] / 2.0, pose.yaw])
        owners.append(index)
    owners.extend([NO_PROP] * len(bridges))
    table = np.concatenate([np.array(rows).reshape(-1, 7), bridges])
    return SolidBoxes(table[:, :3], table[:, 3:6], table[:, 6], np.array(owners, np.int64))


@dataclass(frozen=True, eq=False)
class _Side:
    """One side of a street: its outer edge, in driving direction of that side, and what lies there.

    Attributes:
        grid: cross-sections of the section.
        border: index of the outermost border.
        kerb: index of the border between road and walk, or of the outermost border.
        sign: 1 on the right of the reference line, -1 on the left.
        walk: whether it has a walk.
    """

    grid: Grid
    border: int
    kerb: int
    sign: float
    walk: bool

    @property
    def length(self) -> float:
        return float(self.grid.s[-1] - self.grid.s[0])

    def at(self, s: float, outwards: float, border: int) -> tuple[float, float, float, float]:
        """x, y, z of a point beside a border (m) and the yaw that looks to the road (rad)."""
        here = np.array([self.grid.s[0] + s])
        x, y, z = self.grid.line(border, self.sign * outwards, here)[0]
        right = np.array([np.interp(here[0], self.grid.s, self.grid.right[:, axis]) for axis in (0, 1)])
        towards = -self.sign * right
        return float(x), float(y), float(z), math.atan2(towards[1], towards[0])


def _sides(part: Stretch) -> Iterator[_Side]:
    """The sides that have a paved or raised lane."""
    lanes = part.section.lanes
    for sign, order in ((1.0, range(len(lanes) - 1, -1, -1)), (-1.0, range(len(lanes)))):
        outer = next((i for i in order if lanes[i].kind in PAVED | RAISED), None)
        if outer is None:
            continue
        walk = lanes[outer].kind in RAISED
        near, far = (outer, outer + 1) if sign > 0.0 else (outer + 1, outer)
        yield _Side(part.grid, far, near if walk else far, sign, walk)


def _square(pose: Pose, size_m: float) -> Floats:
    half = size_m / 2.0
    return np.array(pose[:2]) + half * np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]])


def _poles_and_signs(
    lights: Sequence[TrafficLight], signs: Sequence[SpeedSign | PrioritySign], ground: GroundGrid
) -> Iterator[Prop]:
    for light in lights:
        for pole in light.poles:
            yield Prop(pole.kind, pole.pose)
    for sign in signs:
        height = float(ground.below(np.array([sign.pose[:3]]))[0][0])
        turned = math.pi - (math.pi - (sign.pose.yaw + math.pi)) % math.tau
        yield Prop(_board(sign), Pose(sign.pose.x, sign.pose.y, height, 0.0, turned, 0.0))


def _board(sign: SpeedSign | PrioritySign) -> str:
    """The mesh of a sign; of a limit that has none the nearest."""
    if isinstance(sign, PrioritySign):
        return f"sign.{sign.kind}"
    return f"sign.speed_{min(SPEED_LIMITS, key=lambda limit: abs(limit - sign.limit_kmh))}"


def _lamps(side: _Side, plots: _Plots) -> Iterator[Prop]:
    """Street lamps behind the kerb, their arms over the road; on the left half a spacing later."""
    if not side.walk:
        return
    s = LAMP_SPACING_M / 2.0 if side.sign > 0.0 else LAMP_SPACING_M
    while s < side.length - 8.0:
        x, y, z, yaw = side.at(s, 0.55, side.kerb)
        # The arm reaches along the lamp's y axis, a quarter turn right of its x axis.
        pose = Pose(x, y, z + KERB_HEIGHT_M, 0.0, yaw - math.pi / 2.0, 0.0)
        foot = _square(pose, 0.5)
        if plots.free(foot, -1.0):
            plots.take(foot)
            yield Prop("street_lamp", pose)
        s += LAMP_SPACING_M


def _buildings(side: _Side, plots: _Plots, random: np.random.Generator) -> Iterator[Prop]:
    """Houses along a street with a walk, fronts to the street."""
    if not side.walk:
        return
    s = _CLEAR_OF_CORNER_M
    while s < side.length - _CLEAR_OF_CORNER_M:
        x, y, _, _ = side.at(s, 0.0, side.border)
        kinds = next(kinds for reach, kinds in _ZONES if math.hypot(x, y) < reach)
        kind = str(random.choice(kinds))
        depth, width, _ = SCENERY[kind].size
        setback, gap = random.uniform(*_BUILDING_SETBACK_M), random.uniform(*_BUILDING_GAP_M)
        colour = _WALLS[int(random.integers(len(_WALLS)))]
        x, y, _, yaw = side.at(s + width / 2.0, setback + depth / 2.0, side.border)
        prop = Prop(kind, Pose(x, y, 0.0, 0.0, yaw, 0.0), colour)
        if s + width < side.length and plots.free(prop.footprint, CLEAR_OF_ROAD_M):
            plots.take(prop.footprint)
            yield prop
            s += width + gap
        else:
            s += 6.0


def _on_land(props: Sequence[Prop], ground: GroundGrid) -> list[Prop]:
    """The props at the lowest height of the land under each."""
    if not props:
        return []
    points = np.array([[*prop.footprint, prop.pose[:2]] for prop in props])
    heights = land_heights(ground, points.reshape(-1, 2)).reshape(points.shape[:2]).min(axis=1)
    return [
        replace(prop, pose=prop.pose._replace(z=height))
        for prop, height in zip(props, heights.tolist(), strict=True)
    ]


def _street_trees(side: _Side, plots: _Plots, random: np.random.Generator) -> Iterator[Prop]:
    """Trees behind the walk, or far enough beside a road without one; crowns off the road."""
    kind = str(random.choice(_STREET_TREES))
    s = TREES_FROM_SIGNALS_M + float(random.uniform(0.0, 6.0))
    while s < side.length - TREES_FROM_SIGNALS_M:
        crown = SCENERY[kind].size[0] / 2.0
        outwards = 1.2 if side.walk else crown + 2.0 + float(random.uniform(0.0, 6.0))
        x, y, _, _ = side.at(s, outwards, side.border)
        yield from _tree(kind, x, y, plots, random, not side.walk)
        s += TREE_SPACING_M * float(random.uniform(0.8, 1.5)) * (1.0 if side.walk else 1.6)
        if not side.walk:
            kind = str(random.choice(_WILD_TREES))


def _tree(
    kind: str, x: float, y: float, plots: _Plots, random: np.random.Generator, wild: bool
) -> Iterator[Prop]:
    """A tree, if its place is free; its height comes later."""
    yaw = float(random.uniform(-math.pi, math.pi))
    size = SCENERY[kind].size[0] if wild else 0.45 * SCENERY[kind].size[0]
    pose = Pose(x, y, 0.0, 0.0, yaw, 0.0)
    foot = _square(pose, size)
    if plots.free(foot, CLEAR_OF_ROAD_M if wild else -1.0):
        plots.take(foot)
        yield Prop(kind, pose)


def _wild_trees(plots: _Plots, ground: GroundGrid, random: np.random.Generator) -> Iterator[Prop]:
    """Trees and bushes over the land, in clumps of two kinds."""
    rows, columns = ground.shape
    span = np.array([columns - 1, rows - 1]) * CELL_M
    clumps = int(span.prod() / 10_000.0 * WILD_TREES_PER_HECTARE / TREES_A_CLUMP)
    middles = random.uniform(ground.origin, ground.origin + span, (clumps, 1, 2))
    places = (middles + random.normal(0.0, 11.0, (clumps, TREES_A_CLUMP, 2))).reshape(-1, 2)
    pairs = random.integers(len(_WILD_TREES), size=(clumps, 2)).repeat(TREES_A_CLUMP, axis=0)
    picks = pairs[np.arange(len(places)), random.integers(2, size=len(places))]
    crowns = np.array([SCENERY[kind].size[0] / 2.0 for kind in _WILD_TREES])[picks]
    far = ground.distance_to_road(places) > 5.0 + crowns
    for pick, (x, y) in zip(picks[far].tolist(), places[far].tolist(), strict=True):
        yield from _tree(_WILD_TREES[pick], x, y, plots, random, True)
