"""Floors of junctions, and the walks round their corners.

A floor reaches a little under the roads that end there, and lies a little lower than they do.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from sim_bridge.server.maps.ground import GroundGrid
from sim_bridge.server.maps.junction_shapes import JunctionShape
from sim_bridge.server.maps.road_network import KERB_HEIGHT_M
from sim_bridge.server.maps.scenery.draping import draped
from sim_bridge.server.maps.scenery.road_surface import VERGE_DROP_M, VERGE_M
from sim_bridge.server.maps.scenery.surfaces import (
    ASPHALT,
    KERB,
    LAWN,
    VERGE,
    WALK,
    Finish,
    Patch,
    polygon,
    ribbon,
)
from sim_bridge.server.transforms import Floats

BELOW_ROADS_M = 0.015


def junction_floor(shape: JunctionShape, ground: GroundGrid) -> list[Patch]:
    """Floor, corner walks and verges of one junction."""
    patches = []
    for outline in shape.floors:
        heights = ground.surface(outline)[0] - BELOW_ROADS_M
        patches.append(draped(polygon(outline[:, :2], heights, ASPHALT), ground, -BELOW_ROADS_M))
        patches.append(_skirt(outline[:, :2], heights))
    for outlines, finish in ((shape.walks, WALK), (shape.islands, LAWN)):
        for outline in outlines:
            patches.extend(_walk(outline[:, :2], ground.surface(outline)[0], ground, finish))
    return patches


def _skirt(outline: Floats, heights: Floats) -> Patch:
    """Grass that falls away from the floor's rim."""
    closed = np.concatenate([np.arange(len(outline)), [0]])
    ahead = np.roll(outline, -1, axis=0) - np.roll(outline, 1, axis=0)
    outward = np.stack([ahead[:, 1], -ahead[:, 0]], axis=1)
    outward /= np.maximum(np.linalg.norm(outward, axis=1, keepdims=True), 1e-9)
    # Outlines of pictures run clockwise or not with the axes; make the normal point out.
    area = np.dot(outline[:, 0], np.roll(outline[:, 1], -1)) - np.dot(
        outline[:, 1], np.roll(outline[:, 0], -1)
    )
    outward *= np.sign(area)
    inner = np.column_stack([outline, heights])
    outer = np.column_stack([outline + VERGE_M * outward, heights - VERGE_DROP_M])
    s = np.arange(len(closed), dtype=np.float64)
    return ribbon(inner[closed], outer[closed], s, (0.0, VERGE_M), VERGE, swapped=bool(area > 0.0))


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
