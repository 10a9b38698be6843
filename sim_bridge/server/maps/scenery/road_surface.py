"""The surface of roads outside junctions: lanes, lines cut into them, kerbs and walks.

A cross-section is cut into columns: each lane, and each painted line between them. All columns share their
edges, so that nothing lies on top of anything; only stop lines and crosswalks are laid on (the renderer lets
paint win against the road it lies on).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from sim_bridge.server.maps.cross_sections import Grid, Stretch
from sim_bridge.server.maps.road_network import KERB_HEIGHT_M, PAVED, RAISED, Mark, Section
from sim_bridge.server.maps.scenery.road_edges import VERGE_DROP_M, Edge
from sim_bridge.server.maps.scenery.surfaces import (
    ASPHALT,
    KERB,
    SHOULDER,
    WALK,
    WHITE_PAINT,
    YELLOW_PAINT,
    Finish,
    Patch,
    ribbon,
)
from sim_bridge.server.maps.signals import StopLine
from sim_bridge.server.transforms import Floats

KERB_TOP_M = 0.15
STOP_LINE_HALF_M = 0.2

# Off a lane's centre by this much no tyre tracks are drawn.
_NO_TRACKS_M = 9.0
_SHORTEST_DASH_M = 0.2
_NO_CUTS: Floats = np.zeros(0)


def road_surface(part: Stretch, stop_lines: Sequence[StopLine]) -> Iterator[Patch]:
    """The surface of a stretch of road outside junctions.

    Args:
        part: the stretch.
        stop_lines: those on its road.
    """
    section, grid = part.section, part.grid
    yield from _paved(section, grid)
    yield from _raised(section, grid)
    yield from _stop_lines(section, grid, stop_lines)


def _paved(section: Section, grid: Grid) -> Iterator[Patch]:
    """Lanes and the lines between them."""
    for index, lane in enumerate(section.lanes):
        if lane.kind not in PAVED:
            continue
        inset_left = _painted_half(section.border_marks(index))
        inset_right = _painted_half(section.border_marks(index + 1))
        half = float(np.linalg.norm(grid.edges[0, index + 1] - grid.edges[0, index])) / 2.0
        tracked = lane.kind == "driving"
        v = (-half + inset_left, half - inset_right) if tracked else (_NO_TRACKS_M, _NO_TRACKS_M)
        yield ribbon(
            grid.line(index, inset_left),
            grid.line(index + 1, -inset_right),
            grid.s,
            v,
            ASPHALT if tracked else SHOULDER,
        )
    for border in range(len(section.lanes) + 1):
        yield from _lines(section, grid, border)


def _painted_half(marks: Sequence[Mark]) -> float:
    """Half the width of what is painted along a border, metres; 0 where nothing is."""
    return max((_strokes(mark)[-1][1] for mark in marks if _strokes(mark)), default=0.0)


def _strokes(mark: Mark) -> tuple[tuple[float, float, bool], ...]:
    """Left edge, right edge (metres from the border) and brokenness of each stroke of a line."""
    half = mark.width_m / 2.0
    kinds = mark.kind.split()
    if kinds[0] not in ("solid", "broken"):
        return ()
    if len(kinds) == 1:
        return ((-half, half, kinds[0] == "broken"),)
    return ((-3.0 * half, -half, kinds[0] == "broken"), (half, 3.0 * half, kinds[1] == "broken"))


def _lines(section: Section, grid: Grid, border: int) -> Iterator[Patch]:
    """All columns of the painted strip along one border."""
    marks = section.border_marks(border)
    half = _painted_half(marks)
    if half == 0.0:
        return
    covered = grid.s[0]
    for mark in sorted(marks, key=lambda mark: mark.start_s):
        start, end = max(mark.start_s, grid.s[0]), min(mark.end_s, grid.s[-1])
        if end - start < 1e-6 or not _strokes(mark):
            continue
        if start > covered + 1e-6:
            yield _band(grid, border, (-half, half), covered, start, ASPHALT)
        yield from _one_line(grid, border, mark, half, start, end)
        covered = end
    if covered < grid.s[-1] - 1e-6:
        yield _band(grid, border, (-half, half), covered, grid.s[-1], ASPHALT)


def _one_line(grid: Grid, border: int, mark: Mark, half: float, start: float, end: float) -> Iterator[Patch]:
    """The strokes of one line and the asphalt between them."""
    paint = YELLOW_PAINT if mark.colour == "yellow" else WHITE_PAINT
    edge = -half
    for left, right, broken in _strokes(mark):
        if left > edge + 1e-6:
            yield _band(grid, border, (edge, left), start, end, ASPHALT)
        edge = right
        if not broken:
            yield _band(grid, border, (left, right), start, end, paint)
            continue
        yield from _dashed(grid, border, (left, right), mark, (start, end), paint)
    if edge < half - 1e-6:
        yield _band(grid, border, (edge, half), start, end, ASPHALT)


def _dashed(
    grid: Grid,
    border: int,
    across: tuple[float, float],
    mark: Mark,
    along: tuple[float, float],
    paint: Finish,
) -> Iterator[Patch]:
    """A broken stroke: the same strip once with its painted quads and once with the asphalt between them."""
    start, end = along
    period = mark.dash_m + mark.gap_m
    begins = np.arange(start, end, period)
    cuts = np.concatenate([begins, begins + mark.dash_m])
    strip = _band(grid, border, across, start, end, paint, cuts[cuts < end - 1e-6])
    s = strip.uvs[::2, 0]
    painted = np.tile((((s[:-1] + s[1:]) / 2.0 - start) % period) < mark.dash_m, 2)
    yield replace(strip, triangles=strip.triangles[painted])
    yield replace(strip, triangles=strip.triangles[~painted], finish=ASPHALT)


def painted_line(grid: Grid, border: int, mark: Mark, phase_s: float) -> Iterator[Patch]:
    """Only the paint of a line, in the plane of its road.

    Args:
        grid: of its road.
        border: counted from the left.
        mark: what and from where to where.
        phase_s: where its first dash begins, metres along the road; or whole periods away.
    """
    paint = YELLOW_PAINT if mark.colour == "yellow" else WHITE_PAINT
    for left, right, broken in _strokes(mark):
        pieces = [(mark.start_s, mark.end_s)]
        if broken:
            period = mark.dash_m + mark.gap_m
            first = phase_s + period * np.floor((mark.start_s - phase_s) / period)
            begins = np.arange(first, mark.end_s, period)
            ends = np.minimum(begins + mark.dash_m, mark.end_s)
            pieces = list(zip(np.maximum(begins, mark.start_s).tolist(), ends.tolist(), strict=True))
        for start, end in pieces:
            if end - start > _SHORTEST_DASH_M:
                yield _band(grid, border, (left, right), start, end, paint)


def _band(
    grid: Grid,
    border: int,
    across: tuple[float, float],
    start: float,
    end: float,
    finish: Finish,
    cuts: Floats = _NO_CUTS,
) -> Patch:
    """A strip along a border from `start` to `end`, bent where the surface is, also cut at `cuts`."""
    stops = np.unique(np.concatenate([[start, end], grid.s, cuts]))
    stops = stops[(stops >= start) & (stops <= end)]
    s = stops[np.concatenate([[True], np.diff(stops) > 1e-6])]
    s[-1] = end
    return ribbon(
        grid.line(border, across[0], s),
        grid.line(border, across[1], s),
        s,
        (_NO_TRACKS_M, _NO_TRACKS_M + across[1] - across[0]),
        finish,
    )


def _raised(section: Section, grid: Grid) -> Iterator[Patch]:
    """Walks: the kerb's face and top towards the road, the walk, and its outer face."""
    up = np.array([0.0, 0.0, KERB_HEIGHT_M])
    down = np.array([0.0, 0.0, -VERGE_DROP_M])
    for index, lane in enumerate(section.lanes):
        if lane.kind not in RAISED:
            continue
        on_right = lane.lane_id < 0
        inner, outer, side = (index, index + 1, 1.0) if on_right else (index + 1, index, -1.0)
        foot = grid.line(inner, 0.0)
        top = grid.line(inner, side * KERB_TOP_M) + up
        far = grid.line(outer, 0.0) + up
        width = float(np.linalg.norm(far[0] - top[0]))
        # A ribbon looks up when its right line is on the right of the way; a face looks to the road when the
        # lower line comes first.
        for a, b, v, finish in (
            (foot, foot + up, (0.0, KERB_HEIGHT_M), KERB),
            (foot + up, top, (0.0, KERB_TOP_M), KERB),
            (top, far, (0.0, width), WALK),
            (far, far + down, (0.0, VERGE_DROP_M), KERB),
        ):
            yield ribbon(a, b, grid.s, v, finish, swapped=not on_right)
        for row, sign in ((0, -1.0), (-1, 1.0)):
            yield _cap(foot[row], far[row], sign * (1.0 if on_right else -1.0))


def _cap(foot: Floats, far: Floats, sign: float) -> Patch:
    """The end face of a walk."""
    low = np.array([foot, np.array([far[0], far[1], foot[2]])])
    high = low + np.array([0.0, 0.0, KERB_HEIGHT_M])
    length = float(np.linalg.norm(low[1] - low[0]))
    return ribbon(low, high, np.array([0.0, length]), (0.0, KERB_HEIGHT_M), KERB, swapped=sign < 0.0)


def road_edges(part: Stretch) -> Iterator[tuple[Edge, bool]]:
    """The two edges of a stretch, and whether grass falls away from each."""
    section, grid = part.section, part.grid
    solid = [i for i, lane in enumerate(section.lanes) if lane.kind in PAVED | RAISED]
    if not solid:
        return
    for index, border, side in ((solid[0], solid[0], -1.0), (solid[-1], solid[-1] + 1, 1.0)):
        edge = Edge(grid.line(border, 0.0), side * grid.right[:, :2], side > 0.0)
        yield edge, section.lanes[index].kind in PAVED


def _stop_lines(section: Section, grid: Grid, stop_lines: Sequence[StopLine]) -> Iterator[Patch]:
    for line in stop_lines:
        if not section.start_s <= line.s <= section.end_s:
            continue
        index = next((i for i, lane in enumerate(section.lanes) if lane.lane_id == line.lane_id), None)
        if index is None:
            continue
        low = max(line.s - STOP_LINE_HALF_M, grid.s[0])
        high = min(line.s + STOP_LINE_HALF_M, grid.s[-1])
        s = np.array([low, high])
        yield ribbon(grid.line(index, 0.0, s), grid.line(index + 1, 0.0, s), s, (0.0, 1.0), WHITE_PAINT)
