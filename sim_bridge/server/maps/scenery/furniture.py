"""Benches, bins, shelters, hedges and fences behind walks; guard rails where the land falls away."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sim_bridge.server.maps.ground import GroundGrid
from sim_bridge.server.maps.scenery.plots import Plots
from sim_bridge.server.maps.scenery.prop import Prop
from sim_bridge.server.maps.scenery.road_edges import ELEVATED_M, clearance
from sim_bridge.server.maps.scenery.sides import Side
from sim_bridge.server.renderer.meshes.catalogue import SCENERY
from sim_bridge.server.transforms import Pose

# Kind, metres between two along a street, share of these places that are used, metres behind the walk.
_FURNITURE: tuple[tuple[str, float, float, float], ...] = (
    ("bus_shelter", 130.0, 0.6, 0.2),
    ("bench", 45.0, 0.5, 0.25),
    ("litter_bin", 40.0, 0.6, 0.2),
    ("hydrant", 80.0, 0.7, 0.2),
    ("hedge", 5.2, 0.2, 0.4),
    ("fence", 3.4, 0.2, 0.4),
)
CLEAR_OF_ENDS_M = 12.0
CLEAR_OF_ROAD_M = 0.05

RAIL_BESIDE_M = 0.9
RAIL_SPACING_M = 4.0
RAIL_FROM_DROP_M = 1.2
RAIL_LOOKS_M = 9.0


def street_furniture(side: Side, plots: Plots, random: np.random.Generator) -> Iterator[Prop]:
    """Behind the walk of a street, fronts to the street; heights come later."""
    if not side.walk:
        return
    for kind, spacing, used, behind in _FURNITURE:
        depth = SCENERY[kind].size[0]
        s = CLEAR_OF_ENDS_M + float(random.uniform(0.0, spacing))
        while s < side.length - CLEAR_OF_ENDS_M:
            here, s = s, s + spacing
            if random.random() >= used:
                continue
            x, y, _, yaw = side.at(here, behind + depth / 2.0, side.border)
            prop = Prop(kind, Pose(x, y, 0.0, 0.0, yaw, 0.0))
            if plots.free(prop.footprint, CLEAR_OF_ROAD_M):
                plots.take(prop.footprint)
                yield prop


def guard_rails(side: Side, plots: Plots, ground: GroundGrid) -> Iterator[Prop]:
    """Along a road without a walk where the land beside it falls; bridges have parapets instead."""
    if side.walk:
        return
    places = np.arange(RAIL_SPACING_M / 2.0, side.length, RAIL_SPACING_M)
    rails = side.all_at(places, RAIL_BESIDE_M, side.border)
    beyond = side.all_at(places, RAIL_LOOKS_M, side.border)[:, :2]
    drop = rails[:, 2] - ground.surface(beyond)[0]
    wanted = (drop > RAIL_FROM_DROP_M) & (clearance(rails[:, :3], ground) < ELEVATED_M)
    found = []
    for x, y, z, yaw in rails[wanted].tolist():
        foot = float(ground.surface(np.array([[x, y, z]]))[0][0])
        found.append(Prop("guard_rail", Pose(x, y, foot, 0.0, math.atan2(math.sin(yaw), math.cos(yaw)), 0.0)))
    # Rails touch one another, so that all are tried before any takes its place.
    found = [prop for prop in found if plots.free(prop.footprint, CLEAR_OF_ROAD_M)]
    for prop in found:
        plots.take(prop.footprint)
    yield from found
