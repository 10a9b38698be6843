"""Where people may walk on a map: walks, crossings and roads as areas in CARLA's x and y, metres."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import carla
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from sim_bridge.server.maps.cross_sections import Stretch
from sim_bridge.server.maps.junction_shapes import JunctionShape
from sim_bridge.server.maps.road_network import NO_JUNCTION, PAVED
from sim_bridge.server.transforms import Floats

WALK_KINDS = frozenset({"sidewalk"})
# How far the middle of a person stays from edges, kerbs and walls: the radius of the client's own walkers.
PERSON_RADIUS_M = 0.3

# Gaps between lanes up to twice this are only rounding.
_CLOSING_M = 0.1
# A border's corner that bends it by less than this goes.
_STRAIGHT_M = 0.06
# A crossing may end this far before the walk that it leads to.
_CROSSING_REACH_M = 3.0
# Where nothing is painted people cross at the corner: how far before the junction, and how wide.
_CORNER_CROSSING_M = (1.0, 4.0)
_CORNER_HAS_CROSSING_M = 12.0
_CORNER_REACH_M = 0.6
# Roads farther from every walk are nobody's way.
_ROAD_REACH_M = 20.0
# What stands higher than this is walked under.
_OVERHEAD_M = 2.0


@dataclass(frozen=True, eq=False)
class WalkingAreas:
    """Areas that do not overlap; people's middles may be anywhere in them.

    Attributes:
        walks: sidewalks and the corners between them, inset from their edges.
        crossings: crosswalks from walk to walk, and those that corners imply, inset likewise.
        roads: the rest of the roads beside them, and the kerb's edge.
    """

    walks: BaseGeometry
    crossings: BaseGeometry
    roads: BaseGeometry


def walking_areas(
    parts: Sequence[Stretch],
    junctions: Sequence[JunctionShape],
    painted: Sequence[Floats],
    blocks: Sequence[Floats],
) -> WalkingAreas:
    """The areas of a map.

    Args:
        parts: all its stretches of road.
        junctions: the shapes of all its junctions.
        painted: (k, 2) outlines of crosswalks.
        blocks: (4, 2) footprints of what stands in the way.
    """
    outside = [part for part in parts if part.road.junction_id == NO_JUNCTION]
    roads = _union(outline for part in outside for outline in _lanes(part, PAVED))
    lanes = _union(outline for part in outside for outline in _lanes(part, WALK_KINDS))
    driven = _union(outline[:, :2] for shape in junctions for outline in shape.floors)
    corners = _union(outline[:, :2] for shape in junctions for outline in shape.walks)
    walks = _closed(shapely.union_all([lanes.difference(driven), corners]))
    drawn = [shapely.Polygon(outline) for outline in painted]
    implied = _implied_crossings(outside, driven, shapely.union_all(drawn))
    crossings = _led_to_walks([*drawn, *implied], walks)
    inset = _closed(shapely.union_all([walks, crossings])).buffer(-PERSON_RADIUS_M, quad_segs=2)
    solid = _in_the_way(blocks, inset)
    free = shapely.simplify(inset.difference(solid), _STRAIGHT_M)
    near = shapely.union_all([roads, driven]).intersection(walks.buffer(_ROAD_REACH_M))
    beside = shapely.simplify(_closed(near).buffer(PERSON_RADIUS_M + 0.05, quad_segs=1), _STRAIGHT_M)
    return WalkingAreas(
        walks=free.intersection(walks),
        crossings=free.difference(walks),
        roads=beside.difference(shapely.union_all([free, solid])),
    )


def crosswalk_outlines(carla_map: carla.Map) -> list[Floats]:
    """(k, 2) outlines of a map's crosswalks, metres; CARLA gives them as one list of closed loops."""
    outlines, open_line = [], []
    for place in carla_map.get_crosswalks():
        open_line.append((place.x, place.y))
        if len(open_line) > 3 and np.allclose(open_line[0], open_line[-1], atol=1e-3):
            outlines.append(np.array(open_line[:-1]))
            open_line = []
    return outlines


def footprints(centres: Floats, half_sizes: Floats, yaws: Floats, grounds: Floats) -> list[Floats]:
    """(4, 2) corners of the boxes that a person cannot walk under.

    Args:
        centres: (n, 3) metres.
        half_sizes: (n, 3) metres.
        yaws: (n,) rad.
        grounds: (n,) height of the ground below each, metres.
    """
    corners = np.array([(1.0, 1.0), (-1.0, 1.0), (-1.0, -1.0), (1.0, -1.0)]) * half_sizes[:, None, :2]
    cosine, sine = np.cos(yaws)[:, None], np.sin(yaws)[:, None]
    x = centres[:, None, 0] + cosine * corners[..., 0] - sine * corners[..., 1]
    y = centres[:, None, 1] + sine * corners[..., 0] + cosine * corners[..., 1]
    low = centres[:, 2] - half_sizes[:, 2] - grounds < _OVERHEAD_M
    return list(np.stack([x, y], axis=-1)[low])


def _lanes(part: Stretch, kinds: Iterable[str]) -> Iterator[Floats]:
    """(n, 2) outlines of a stretch's lanes of some kinds."""
    edges = part.grid.edges[..., :2]
    for index, lane in enumerate(part.section.lanes):
        if lane.kind in kinds:
            yield np.concatenate([edges[:, index], edges[::-1, index + 1]])


def _union(outlines: Iterable[Floats]) -> BaseGeometry:
    return shapely.union_all(shapely.make_valid([shapely.Polygon(line) for line in outlines]))


def _closed(area: BaseGeometry) -> BaseGeometry:
    """The area without gaps and slits that only rounding has left."""
    grown = area.buffer(_CLOSING_M, join_style="mitre")
    return grown.buffer(-_CLOSING_M, join_style="mitre")


def _in_the_way(blocks: Sequence[Floats], area: BaseGeometry) -> BaseGeometry:
    """What keeps people's middles out of an area."""
    tree = shapely.STRtree([shapely.Polygon(block) for block in blocks])
    near = tree.geometries[tree.query(area, predicate="dwithin", distance=PERSON_RADIUS_M)]
    return shapely.union_all(shapely.buffer(near, PERSON_RADIUS_M, quad_segs=1))


def _polygons(area: BaseGeometry) -> Iterator[shapely.Polygon]:
    return (part for part in shapely.get_parts(area) if isinstance(part, shapely.Polygon))


def _implied_crossings(
    parts: Sequence[Stretch], floors: BaseGeometry, painted: BaseGeometry
) -> Iterator[shapely.Polygon]:
    """Crossings just before junctions, of roads with walks on both sides and no crosswalk there."""
    near, far = _CORNER_CROSSING_M
    for part in parts:
        grid, kinds = part.grid, [lane.kind for lane in part.section.lanes]
        paved = [index for index, kind in enumerate(kinds) if kind in PAVED]
        beside = kinds[: paved[0]][-1:] + kinds[paved[-1] + 1 :][:1] if paved else []
        if beside != ["sidewalk", "sidewalk"] or grid.s[-1] - grid.s[0] < 3.0 * far:
            continue
        for row, s in ((0, (grid.s[0] + near, grid.s[0] + far)), (-1, (grid.s[-1] - far, grid.s[-1] - near))):
            end = shapely.LineString([grid.edges[row, paved[0]], grid.edges[row, paved[-1] + 1]])
            crossed = end.dwithin(painted, _CORNER_HAS_CROSSING_M)
            if crossed or not end.dwithin(floors, _CORNER_REACH_M):
                continue
            left, right = (grid.line(b, 0.0, np.array(s))[:, :2] for b in (paved[0], paved[-1] + 1))
            yield shapely.Polygon(np.concatenate([left, right[::-1]]))


def _led_to_walks(crossings: Sequence[shapely.Polygon], walks: BaseGeometry) -> BaseGeometry:
    """The crossings, each prolonged to the walks before its ends where there are any."""
    pieces = []
    for crossing in crossings:
        stripe = shapely.make_valid(crossing)
        long = shapely.oriented_envelope(crossing)
        missing = _prolonged(long).difference(shapely.union_all([long, stripe, walks]))
        pieces.append(stripe)
        pieces += [p for p in _polygons(missing) if p.distance(stripe) < 0.05 and p.distance(walks) < 0.05]
    return shapely.union_all(pieces).difference(walks)


def _prolonged(rectangle: BaseGeometry) -> BaseGeometry:
    """A rectangle grown by `_CROSSING_REACH_M` at its short sides."""
    corners = shapely.get_coordinates(rectangle)[:4]
    if len(corners) < 4:
        return rectangle
    if _length(corners[1] - corners[0]) < _length(corners[2] - corners[1]):
        corners = np.roll(corners, -1, axis=0)
    a, b, c, d = corners
    ahead = (b - a) / max(_length(b - a), 1e-9) * _CROSSING_REACH_M
    return shapely.Polygon([a - ahead, b + ahead, c + ahead, d - ahead])


def _length(vector: npt.NDArray[np.float64]) -> float:
    return float(np.hypot(vector[0], vector[1]))
