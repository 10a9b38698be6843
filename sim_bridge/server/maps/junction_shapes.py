"""The shapes of junctions: their floors, and the walks round their corners, from the lanes that cross them.

Lanes that cross overlap, so the floor is their outline: drawn into a fine picture, filled, and traced.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from sim_bridge.server.maps.cross_sections import Stretch
from sim_bridge.server.maps.road_network import NO_JUNCTION, PAVED, RAISED, Mark
from sim_bridge.server.transforms import Floats

Picture = npt.NDArray[Any]

PIXEL_M = 0.06
MARGIN_M = 7.0
OUTLINE_ERROR_M = 0.06
THINNEST_WALK_M = 0.5
REACH_M = 0.5
BARE_RIM_M = 0.3
OVERLAP_M = 0.1
WIDEST_SHOULDER_M = 2.5
NARROWEST_ISLAND_M = 1.6
# A line this far inside a lane is run over; one shorter than this is left out.
BORDER_M = 0.4
SHORTEST_LINE_M = 1.0
LINE_STEP_M = 0.5

_SUBPIXEL_BITS = 4


@dataclass(frozen=True, eq=False)
class JunctionLine:
    """A line on a border of a crossing road, from `mark.start_s` to `mark.end_s`.

    Attributes:
        part: the stretch.
        border: counted from the left.
        mark: what is painted.
        phase_s: where its first dash would begin.
    """

    part: Stretch
    border: int
    mark: Mark
    phase_s: float


@dataclass(frozen=True, eq=False)
class JunctionShape:
    """Outlines of (n, 3) points, CARLA's world axes, metres.

    Attributes:
        junction_id: OpenDRIVE's id.
        floors: what is paved, as high as the nearest lane that crosses it.
        walks: the junction's own walks, or where the file has none the rim of the floors between the walks
            of two roads; the foot of the kerb.
        islands: what the floors go round; the foot of the kerb.
        lines: what is painted on the floors: the lanes' lines where no other lane runs over them.
    """

    junction_id: int
    floors: tuple[Floats, ...]
    walks: tuple[Floats, ...]
    islands: tuple[Floats, ...]
    lines: tuple[JunctionLine, ...]


@dataclass(frozen=True, eq=False)
class LaneArea:
    """One lane of a stretch.

    Attributes:
        kind: OpenDRIVE's type.
        width_m: where it is widest.
        outline: (n, 3) points, metres.
        inside: (n, 3) points of what is left of it without its borders, metres.
    """

    kind: str
    width_m: float
    outline: Floats
    inside: Floats


def junction_shapes(parts: Sequence[Stretch]) -> tuple[JunctionShape, ...]:
    """The shapes of all junctions that lanes cross, in the order of their ids."""
    crossings: dict[int, list[Stretch]] = {}
    for part in parts:
        if part.road.junction_id != NO_JUNCTION:
            crossings.setdefault(part.road.junction_id, []).append(part)
    outside = [area for part in parts if part.road.junction_id == NO_JUNCTION for area in lane_areas(part)]
    return tuple(_shape(number, crossings[number], outside) for number in sorted(crossings))


def lane_areas(part: Stretch) -> Iterator[LaneArea]:
    """The outlines of a stretch's lanes."""
    grid = part.grid
    for index, lane in enumerate(part.section.lanes):
        left, right = grid.edges[:, index], grid.edges[:, index + 1]
        width = np.linalg.norm(right - left, axis=1)
        inwards = (right - left) * (0.5 * np.minimum(1.0, 2.0 * BORDER_M / np.maximum(width, 1e-6)))[:, None]
        yield LaneArea(
            lane.kind,
            float(width.max()),
            np.concatenate([left, right[::-1]]),
            np.concatenate([left + inwards, (right - inwards)[::-1]]),
        )


def _shape(junction_id: int, parts: Sequence[Stretch], roads: Sequence[LaneArea]) -> JunctionShape:
    crossing = [area for part in parts for area in lane_areas(part)]
    driven = [area for area in crossing if area.kind in PAVED]
    if not driven:
        return JunctionShape(junction_id, (), (), (), ())
    canvas = _Canvas(driven)
    near = [area for area in roads if _touches(canvas, area)]
    lanes = _lanes(canvas, driven, near)
    floor = _without_holes(lanes)
    walks = _own_walks(canvas, floor, crossing, near)
    if not walks.any():
        walks = _corner_walks(canvas, floor, near)
    # A little over the floor, so that nothing shows between them.
    walks = _grown(walks, OVERLAP_M) if walks.any() else walks
    islands = _opened((floor == 1) & (lanes == 0) & (walks == 0), NARROWEST_ISLAND_M)
    points = np.concatenate([area.outline for area in driven])
    floors, walked, rounded = (
        tuple(_raised_to(points, line) for line in canvas.outlines(picture))
        for picture in (floor, walks, islands)
    )
    driven_over = canvas.filled([replace(area, outline=area.inside) for area in driven])
    lines = tuple(line for part in parts for line in _lines(canvas, driven_over, part))
    return JunctionShape(junction_id, floors, walked, rounded, lines)


def _lines(canvas: _Canvas, driven_over: Picture, part: Stretch) -> Iterator[JunctionLine]:
    """A stretch's lines where no lane's inside lies over them."""
    for border in range(len(part.section.lanes) + 1):
        for mark in part.section.border_marks(border):
            start, end = max(mark.start_s, part.grid.s[0]), min(mark.end_s, part.grid.s[-1])
            s = np.linspace(start, end, max(2, int((end - start) / LINE_STEP_M) + 1))
            row, column = canvas.pixels(part.grid.line(border, 0.0, s))
            free = np.pad((driven_over[row, column] == 0).astype(np.int8), 1)
            for a, b in zip(
                np.flatnonzero(np.diff(free) == 1), np.flatnonzero(np.diff(free) == -1) - 1, strict=True
            ):
                if s[b] - s[a] >= SHORTEST_LINE_M:
                    piece = replace(mark, start_s=float(s[a]), end_s=float(s[b]))
                    yield JunctionLine(part, border, piece, mark.start_s)


def _raised_to(points: Floats, outline: Floats) -> Floats:
    """An outline of (n, 2) points as (n, 3), each as high as the nearest of the points."""
    apart = ((outline[:, None] - points[None, :, :2]) ** 2).sum(axis=2)
    return np.column_stack([outline, points[apart.argmin(axis=1), 2]])


class _Canvas:
    """A picture of a junction's surroundings."""

    def __init__(self, crossing: Sequence[LaneArea]) -> None:
        points = np.concatenate([area.outline[:, :2] for area in crossing])
        self.low = points.min(axis=0) - MARGIN_M
        size = np.ceil((points.max(axis=0) + MARGIN_M - self.low) / PIXEL_M).astype(int)
        self.shape = (int(size[1]), int(size[0]))

    def filled(self, areas: Sequence[LaneArea]) -> Picture:
        """1 inside the areas."""
        picture = np.zeros(self.shape, np.uint8)
        for area in areas:
            pixels = np.rint((area.outline[:, :2] - self.low) / PIXEL_M * (1 << _SUBPIXEL_BITS)).astype(
                np.int32
            )
            cv2.fillPoly(picture, [pixels], 1, shift=_SUBPIXEL_BITS)
        return picture

    def pixels(self, points: Floats) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Rows and columns of (n, 2 or 3) points, at the rim for those outside."""
        cells = np.rint((points[:, :2] - self.low) / PIXEL_M).astype(np.intp)
        return np.clip(cells[:, 1], 0, self.shape[0] - 1), np.clip(cells[:, 0], 0, self.shape[1] - 1)

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


def _touches(canvas: _Canvas, area: LaneArea) -> bool:
    """Whether an area's bounds meet the picture."""
    high = canvas.low + np.array(canvas.shape[::-1]) * PIXEL_M
    low_end, high_end = area.outline[:, :2].min(axis=0), area.outline[:, :2].max(axis=0)
    return bool(np.all(high_end >= canvas.low) and np.all(low_end <= high))


def _grown(picture: Picture, radius_m: float) -> Picture:
    """1 within `radius_m` of what is 1."""
    away = cv2.distanceTransform(1 - picture, cv2.DIST_L2, cv2.DIST_MASK_5)
    grown: Picture = (away <= radius_m / PIXEL_M).astype(np.uint8)
    return grown


def _opened(picture: Picture, width_m: float) -> Picture:
    """What is 1, without parts narrower than `width_m`."""
    picture = picture.astype(np.uint8)
    if not picture.any():
        return picture
    shrunk = 1 - _grown(1 - picture, width_m / 2.0)
    opened: Picture = _grown(shrunk, width_m / 2.0) & picture if shrunk.any() else shrunk
    return opened


def _lanes(canvas: _Canvas, driven: Sequence[LaneArea], near: Sequence[LaneArea]) -> Picture:
    """The crossing lanes; with a shoulder as wide as the roads' where the file gives them none."""
    if any(area.kind == "shoulder" for area in driven):
        return _grown(canvas.filled(driven), BARE_RIM_M)
    shoulder = max((area.width_m for area in near if area.kind == "shoulder"), default=BARE_RIM_M)
    return _grown(canvas.filled(driven), min(shoulder, WIDEST_SHOULDER_M))


def _without_holes(lanes: Picture) -> Picture:
    outlines, _ = cv2.findContours(lanes, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    return np.asarray(cv2.drawContours(lanes.copy(), outlines, -1, 1, cv2.FILLED))


def _own_walks(
    canvas: _Canvas, floor: Picture, crossing: Sequence[LaneArea], near: Sequence[LaneArea]
) -> Picture:
    """The walks of the lanes' own roads, off the floor and off the roads outside."""
    walks = canvas.filled([area for area in crossing if area.kind in RAISED])
    walks[floor == 1] = 0
    walks[canvas.filled(near) == 1] = 0
    return _opened(walks, THINNEST_WALK_M)


def _corner_walks(canvas: _Canvas, floor: Picture, near: Sequence[LaneArea]) -> Picture:
    """The rim of the floor between two roads' walks."""
    walks = [area for area in near if area.kind in RAISED]
    if not walks:
        return np.zeros(canvas.shape, np.uint8)
    rim = _grown(floor, max(area.width_m for area in walks))
    rim[floor == 1] = 0
    rim[canvas.filled(near) == 1] = 0
    rim = _opened(rim, THINNEST_WALK_M)  # slivers that only rounding left go
    count, labels = cv2.connectedComponents(rim)
    reach = np.ones((2 * round(REACH_M / PIXEL_M) + 1,) * 2, np.uint8)
    whose = cv2.dilate(canvas.numbered(walks), reach)
    touched = np.zeros((count, len(walks) + 1), np.bool_)
    touched[labels, whose.astype(np.int32)] = True
    touched[:, 0] = False
    kept: Picture = (touched.sum(axis=1) >= 2)[labels] & (rim == 1)
    return kept.astype(np.uint8)
