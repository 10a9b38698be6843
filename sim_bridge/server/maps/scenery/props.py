"""What stands beside the roads: houses, trees, lamps, signs, poles; placed by a seed, never on a road.

A prop's pose has its x axis towards the street or the drivers, as the mesh library wants it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from sim_bridge.server.maps.clear_poles import clear_place
from sim_bridge.server.maps.cross_sections import Stretch
from sim_bridge.server.maps.ground import CELL_M, GroundGrid
from sim_bridge.server.maps.road_network import KERB_HEIGHT_M
from sim_bridge.server.maps.scenery.furniture import guard_rails, street_furniture
from sim_bridge.server.maps.scenery.land import land_heights
from sim_bridge.server.maps.scenery.parked_cars import driveways, parked_cars
from sim_bridge.server.maps.scenery.plots import Plots
from sim_bridge.server.maps.scenery.prop import Prop
from sim_bridge.server.maps.scenery.sides import Side, sides_of
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
# Where a map says what stands beside a road: kinds, setback and gap, metres.
_DISTRICTS: dict[str, tuple[tuple[str, ...], tuple[float, float], tuple[float, float]]] = {
    "residential": (
        ("building.house_gable", "building.house_hip", "building.house_gable", "building.rowhouse_brick"),
        (3.0, 8.0),
        (5.0, 14.0),
    ),
    "old_town": (
        (
            "building.rowhouse_plaster",
            "building.rowhouse_brick",
            "building.rowhouse_plaster",
            "building.house_hip",
        ),
        (1.2, 2.4),
        (0.1, 1.5),
    ),
    "industrial": (
        ("building.warehouse", "building.shop_row", "building.office_bands"),
        (6.0, 14.0),
        (8.0, 25.0),
    ),
    "countryside": (("building.house_gable", "building.house_hip"), (8.0, 20.0), (40.0, 120.0)),
}
_STREET_TREES = ("tree.plane", "tree.maple", "tree.young")
_WILD_TREES = ("tree.maple", "tree.pine", "tree.poplar", "tree.plane", "bush")
_WALLS = ((0.62, 0.55, 0.45), (0.52, 0.30, 0.22), (0.66, 0.64, 0.60), (0.45, 0.44, 0.40), (0.58, 0.46, 0.33))

CLEAR_OF_ROAD_M = 0.6
LAMP_SPACING_M = 34.0
TREE_SPACING_M = 13.0
TREES_FROM_SIGNALS_M = 26.0
WILD_TREES_PER_HECTARE = 7.0
TREES_A_CLUMP = 6

_BUILDING_SETBACK_M = (2.0, 7.0)
_BUILDING_GAP_M = (2.5, 12.0)
_CLEAR_OF_CORNER_M = 4.0


def props_of(
    parts: Sequence[Stretch],
    ground: GroundGrid,
    lights: Sequence[TrafficLight],
    signs: Sequence[SpeedSign | PrioritySign],
    seed: int,
) -> tuple[Prop, ...]:
    """Everything that stands beside stretches of road; the same arguments give the same props."""
    random = np.random.default_rng(seed)
    plots = Plots(ground)
    poles = list(_poles_and_signs(lights, signs, ground))
    for prop in poles:
        plots.take(_square(prop.pose, 0.6))
    sides = [side for part in parts for side in sides_of(part)]
    lamps = [prop for side in sides for prop in _lamps(side, plots)]
    rails = [prop for side in sides for prop in guard_rails(side, plots, ground)]
    buildings = [prop for side in sides for prop in _buildings(side, plots, random)]
    # What is smaller has dice of its own, so that more of it leaves the houses where they are.
    dice = np.random.default_rng((seed, 1))
    drives = [prop for side in sides for prop in driveways(side, plots, ground, dice)]
    trees = [prop for side in sides for prop in _street_trees(side, plots, random)]
    furniture = [prop for side in sides for prop in street_furniture(side, plots, dice)]
    grown = [*buildings, *trees, *furniture, *_wild_trees(plots, ground, random)]
    parked = [prop for part in parts for prop in parked_cars(part, ground, dice)]
    return (*poles, *lamps, *rails, *parked, *drives, *_on_land(grown, ground))


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
        place = clear_place(sign.pose, ground)
        height = float(ground.below(np.array([place[:3]]))[0][0])
        turned = math.pi - (math.pi - (sign.pose.yaw + math.pi)) % math.tau
        yield Prop(_board(sign), Pose(place.x, place.y, height, 0.0, turned, 0.0))


def _board(sign: SpeedSign | PrioritySign) -> str:
    """The mesh of a sign; of a limit that has none the nearest."""
    if isinstance(sign, PrioritySign):
        return f"sign.{sign.kind}"
    return f"sign.speed_{min(SPEED_LIMITS, key=lambda limit: abs(limit - sign.limit_kmh))}"


def _lamps(side: Side, plots: Plots) -> Iterator[Prop]:
    """Street lamps behind the kerb, their arms over the road; on the left half a spacing later."""
    if not side.walk:
        return
    s = LAMP_SPACING_M / 2.0 if side.sign > 0.0 else LAMP_SPACING_M
    while s < side.length - 8.0:
        x, y, z, yaw = side.at(s, 0.55, side.kerb)
        # The arm reaches along the lamp's y axis, a quarter turn right of its x axis.
        pose = Pose(x, y, z + KERB_HEIGHT_M, 0.0, yaw - math.pi / 2.0, 0.0)
        foot = _square(pose, 0.5)
        if plots.free(foot, -1.0) and not plots.paved(foot, pose.z):
            plots.take(foot)
            yield Prop("street_lamp", pose)
        s += LAMP_SPACING_M


def _buildings(side: Side, plots: Plots, random: np.random.Generator) -> Iterator[Prop]:
    """Houses along a street with a walk, fronts to the street."""
    if not side.walk:
        return
    s = _CLEAR_OF_CORNER_M
    while s < side.length - _CLEAR_OF_CORNER_M:
        x, y, _, _ = side.at(s, 0.0, side.border)
        zone = next(kinds for reach, kinds in _ZONES if math.hypot(x, y) < reach)
        kinds, setbacks, gaps = _DISTRICTS.get(side.district, (zone, _BUILDING_SETBACK_M, _BUILDING_GAP_M))
        kind = str(random.choice(kinds))
        depth, width, _ = SCENERY[kind].size
        setback, gap = random.uniform(*setbacks), random.uniform(*gaps)
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


def _street_trees(side: Side, plots: Plots, random: np.random.Generator) -> Iterator[Prop]:
    """Trees behind the walk, or far enough beside a road without one; crowns off the road."""
    kind = str(random.choice(_STREET_TREES))
    s = TREES_FROM_SIGNALS_M + float(random.uniform(0.0, 6.0))
    while s < side.length - TREES_FROM_SIGNALS_M:
        crown = SCENERY[kind].size[0] / 2.0
        outwards = (
            max(1.2, crown + 0.4 - side.walk_m)
            if side.walk
            else crown + 2.0 + float(random.uniform(0.0, 6.0))
        )
        x, y, _, _ = side.at(s, outwards, side.border)
        yield from _tree(kind, x, y, plots, random, not side.walk)
        s += TREE_SPACING_M * float(random.uniform(0.8, 1.5)) * (1.0 if side.walk else 1.6)
        if not side.walk:
            kind = str(random.choice(_WILD_TREES))


def _tree(
    kind: str, x: float, y: float, plots: Plots, random: np.random.Generator, wild: bool
) -> Iterator[Prop]:
    """A tree, if its place is free; its height comes later."""
    yaw = float(random.uniform(-math.pi, math.pi))
    crown = SCENERY[kind].size[0] / 2.0
    size = 2.0 * crown if wild else 0.9 * crown
    pose = Pose(x, y, 0.0, 0.0, yaw, 0.0)
    foot = _square(pose, size)
    if plots.free(foot, CLEAR_OF_ROAD_M if wild else -1.0) and not plots.overhangs(x, y, crown):
        plots.take(foot)
        yield Prop(kind, pose)


def _wild_trees(plots: Plots, ground: GroundGrid, random: np.random.Generator) -> Iterator[Prop]:
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
