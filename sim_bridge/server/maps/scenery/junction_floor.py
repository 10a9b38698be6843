"""Floors of junctions, and the walks round their corners, from the outline of the lanes that cross them.

Lanes that cross overlap, so the floor is their outline: drawn into a fine picture, filled, traced, and cut
into triangles. It reaches a little under the roads that end there, and lies a little lower than they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sim_bridge.server.maps.ground import GroundGrid
from sim_bridge.server.maps.road_network import PAVED, RAISED
from sim_bridge.server.maps.scenery.road_surface import KERB_HEIGHT_M, VERGE_DROP_M, VERGE_M, Stretch
from sim_bridge.server.maps.scenery.surfaces import (
    ASPHALT,
    KERB,
    VERGE,
    WALK,
    Patch,
    polygon,
    ribbon,
)
from sim_bridge.server.transforms import Floats

Picture = npt.NDArray[Any]

PIXEL_M = 0.06
BELOW_ROADS_M = 0.015
MARGIN_M = 7.0
OUTLINE_ERROR_M = 0.06
THINNEST_WALK_M = 0.5
REACH_M = 0.5

_SUBPIXEL_BITS = 4


@dataclass(frozen=True, eq=False)
class LaneArea:
    """What a lane is, how wide, and its outline of (n, 2) points, metres."""

    kind: str
    width_m: float
    outline: Floats


def lane_areas(part: Stretch) -> Iterator[LaneArea]:
    """The outlines of a stretch's lanes."""
    grid = part.grid
    for index, lane in enumerate(part.section.lanes):
        left, right = grid.edges[:, index, :2], grid.edges[:, index + 1, :2]
        width = float(np.linalg.norm(right - left, axis=1).max())
        yield LaneArea(lane.kind, width, np.concatenate([left, right[::-1]]))


class _Canvas:
    """A picture of a junction's surroundings."""

    def __init__(self, crossing: Sequence[LaneArea]) -> None:
        points = np.concatenate([area.outline for area in crossing])
        self.low = points.min(axis=0) - MARGIN_M
        size = np.ceil((points.max(axis=0) + MARGIN_M - self.low) / PIXEL_M).astype(int)
        self.shape = (int(size[1]), int(size[0]))

    def filled(self, areas: Sequence[LaneArea]) -> Picture:
        """1 inside the areas."""
        picture = np.zeros(self.shape, np.uint8)
        for area in areas:
            pixels = np.rint((area.outline - self.low) / PIXEL_M * (1 << _SUBPIXEL_BITS)).astype(np.int32)
            cv2.fillPoly(picture, [pixels], 1, shift=_SUBPIXEL_BITS)
        return picture

    def numbered(self, areas: Sequence[LaneArea]) -> Picture:
        """1, 2, ... inside the first, second, ... area; float32."""
        picture = np.zeros(self.shape, np.float32)
        for number, area in enumerate(areas):
            picture[self.filled([area]) == 1] = number + 1
        return picture

    def outlines(self, picture: Picture) -> list[Floats]:
        """Outer outlines of what is 1, (n, 2) points in metres."""
        found, _ = cv2.findContours(picture, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
        thinned = (cv2.approxPolyDP(line, OUTLINE_ERROR_M / PIXEL_M, True)[:, 0] for line in found)
        return [line * PIXEL_M + self.low for line in thinned if len(line) >= 3]


def junction_floor(
    crossing: Sequence[LaneArea], roads: Sequence[LaneArea], ground: GroundGrid
) -> list[Patch]:
    """Floor, corner walks and verges of one junction.

    Args:
        crossing: lanes that cross it.
        roads: lanes of the roads outside, at least near it.
        ground: for the heights.
    """
    driven = [area for area in crossing if area.kind in PAVED]
    if not driven:
        return []
    canvas = _Canvas(driven)
    near = [area for area in roads if _touches(canvas, area)]
    shoulder = max((area.width_m for area in near if area.kind == "shoulder"), default=0.3)
    floor = _floor(canvas, driven, min(shoulder, 2.5))
    patches = []
    for outline in canvas.outlines(floor):
        heights = ground.below(outline)[0] - BELOW_ROADS_M
        patches.append(polygon(outline, heights, ASPHALT))
        patches.append(_skirt(outline, heights))
    for outline in canvas.outlines(_corner_walks(canvas, floor, near)):
        patches.extend(_walk(outline, ground.below(outline)[0]))
    return patches


def _touches(canvas: _Canvas, area: LaneArea) -> bool:
    """Whether an area's bounds meet the picture."""
    high = canvas.low + np.array(canvas.shape[::-1]) * PIXEL_M
    low_end, high_end = area.outline.min(axis=0), area.outline.max(axis=0)
    return bool(np.all(high_end >= canvas.low) and np.all(low_end <= high))


def _grown(picture: Picture, radius_m: float) -> Picture:
    """1 within `radius_m` of what is 1."""
    away = cv2.distanceTransform(1 - picture, cv2.DIST_L2, cv2.DIST_MASK_PRECISE)
    grown: Picture = (away <= radius_m / PIXEL_M).astype(np.uint8)
    return grown


def _floor(canvas: _Canvas, driven: Sequence[LaneArea], shoulder_m: float) -> Picture:
    """The crossing lanes with a shoulder, without holes."""
    lanes = _grown(canvas.filled(driven), shoulder_m)
    outlines, _ = cv2.findContours(lanes, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(lanes, outlines, -1, 1, cv2.FILLED))


def _corner_walks(canvas: _Canvas, floor: Picture, near: Sequence[LaneArea]) -> Picture:
    """The rim of the floor between two roads' walks."""
    walks = [area for area in near if area.kind in RAISED]
    if not walks:
        return np.zeros(canvas.shape, np.uint8)
    rim = _grown(floor, max(area.width_m for area in walks))
    rim[floor == 1] = 0
    rim[canvas.filled(near) == 1] = 0
    # Slivers that only rounding left go.
    rim = _grown(1 - _grown(1 - rim, THINNEST_WALK_M / 2.0), THINNEST_WALK_M / 2.0) & rim
    count, labels = cv2.connectedComponents(rim)
    reach = np.ones((2 * round(REACH_M / PIXEL_M) + 1,) * 2, np.uint8)
    whose = cv2.dilate(canvas.numbered(walks), reach)
    touched = np.zeros((count, len(walks) + 1), np.bool_)
    touched[labels, whose.astype(np.int32)] = True
    touched[:, 0] = False
    kept: Picture = (touched.sum(axis=1) >= 2)[labels] & (rim == 1)
    return kept.astype(np.uint8)


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


def _walk(outline: Floats, heights: Floats) -> Iterator[Patch]:
    """A walk inside an outline with a kerb round it."""
    yield polygon(outline, heights + KERB_HEIGHT_M, WALK)
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
