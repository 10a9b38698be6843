"""Floors of junctions, and the walks round their corners.

A floor reaches a little under the roads that end there, and lies a little lower than they do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from sim_bridge.server.maps.ground import GroundGrid
from sim_bridge.server.maps.junction_shapes import JunctionShape
from sim_bridge.server.maps.road_network import KERB_HEIGHT_M
from sim_bridge.server.maps.scenery.draping import draped
from sim_bridge.server.maps.scenery.road_edges import (
    ELEVATED_M,
    GIRDER_M,
    VERGE_DROP_M,
    Edge,
    clearance,
)
from sim_bridge.server.maps.scenery.road_surface import painted_line
from sim_bridge.server.maps.scenery.surfaces import (
    ASPHALT,
    CONCRETE,
    KERB,
    LAWN,
    WALK,
    Finish,
    Patch,
    polygon,
    ribbon,
)
from sim_bridge.server.transforms import Floats

BELOW_ROADS_M = 0.015
# Above the ground, because a floor follows it to two centimetres.
PAINT_M = 0.01


def junction_floor(shape: JunctionShape, ground: GroundGrid) -> list[Patch]:
    """Floor, walks and islands of one junction."""
    patches = []
    for outline in shape.floors:
        heights = ground.surface(outline)[0] - BELOW_ROADS_M
        floor = draped(polygon(outline[:, :2], heights, ASPHALT), ground, -BELOW_ROADS_M)
        patches.append(floor)
        if (clearance(outline, ground) > ELEVATED_M).any():
            patches.append(_underside(floor))
    for line in shape.lines:
        for patch in painted_line(line.part.grid, line.border, line.mark, line.phase_s):
            heights = ground.surface(patch.vertices)[0] + PAINT_M
            patches.append(replace(patch, vertices=np.column_stack([patch.vertices[:, :2], heights])))
    for outlines, finish in ((shape.walks, WALK), (shape.islands, LAWN)):
        for outline in outlines:
            patches.extend(_walk(outline[:, :2], ground.surface(outline)[0], ground, finish))
    return patches


def floor_edges(shape: JunctionShape, ground: GroundGrid) -> Iterator[Edge]:
    """The rims of a junction's floors."""
    for outline in shape.floors:
        closed = np.concatenate([np.arange(len(outline)), [0]])
        ahead = np.roll(outline[:, :2], -1, axis=0) - np.roll(outline[:, :2], 1, axis=0)
        outward = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
        outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
        # Outlines of pictures run clockwise or not with the axes; make the normal point out.
        x, y = outline[:, :2].T
        area = np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))
        line = np.column_stack([outline[:, :2], ground.surface(outline)[0] - BELOW_ROADS_M])
        yield Edge(line[closed], (np.sign(area) * outward)[closed], bool(area < 0.0))


def _underside(floor: Patch) -> Patch:
    """The same triangles as deep as a bridge's girders, seen from below."""
    return replace(
        floor,
        vertices=floor.vertices - (0.0, 0.0, GIRDER_M),
        normals=-floor.normals,
        finish=CONCRETE,
    )


def _walk(outline: Floats, heights: Floats, ground: GroundGrid, finish: Finish) -> Iterator[Patch]:
    """A walk or an island inside an outline with a kerb round it."""
    yield draped(polygon(outline, heights + KERB_HEIGHT_M, finish), ground, KERB_HEIGHT_M)
    closed = np.concatenate([np.arange(len(outline)), [0]])
    top = np.column_stack([outline, heights + KERB_HEIGHT_M])[closed]
    foot = top - np.array([0.0, 0.0, KERB_HEIGHT_M + VERGE_DROP_M])
    x, y = outline.T
    area = np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))
    length = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(top[:, :2], axis=0), axis=1))])
    for i in range(len(outline)):
        edge = slice(i, i + 2)
        yield ribbon(
            foot[edge], top[edge], length[edge], (0.0, KERB_HEIGHT_M), KERB, swapped=bool(area < 0.0)
        )
