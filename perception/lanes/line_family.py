"""Parallel lines on the road: one common curve and an offset each.

The curve is y = heading x + curvature x^2 / 2 + curvature rate x^3 / 6 in vehicle axes. A line at the offset
d (positive to the left) runs at y + d / cos(theta), theta being the curve's direction: the parallel of a
curve to first order in the offset.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from perception.lanes.paint import PaintPoints

BIN_M = 0.1
FARTHEST_OFFSET_M = 8.0
MERGE_M = 0.35  # lines nearer to one another are one, as the two of a double line
LINE_ROWS = 7  # fewer rows with paint make no line
CAP_ROWS = 24  # from here on more paint makes a line no surer


@dataclass(frozen=True)
class Shape:
    """The common curve.

    Attributes:
        heading: tangent of its direction at x = 0.
        curvature: 1/m.
        curvature_rate: 1/m^2.
    """

    heading: float = 0.0
    curvature: float = 0.0
    curvature_rate: float = 0.0

    def y(self, x: Array) -> Array:
        """Lateral position at x, m, for the offset 0."""
        return x * (self.heading + x * (self.curvature / 2.0 + x * self.curvature_rate / 6.0))

    def stretch(self, x: Array) -> Array:
        """1 / cos(theta) at x."""
        slope = self.heading + x * (self.curvature + x * self.curvature_rate / 2.0)
        return np.asarray(np.sqrt(1.0 + slope**2))

    def offsets(self, points: PaintPoints) -> Array:
        """(n,) offset of each point from the curve, m."""
        return np.asarray((points.y_m - self.y(points.x_m)) / self.stretch(points.x_m))


@dataclass(frozen=True)
class FoundLine:
    """A line among the points.

    Attributes:
        offset_m: from the common curve.
        rows: number of grid rows with its paint.
        far_m: x of its farthest paint.
        near_m: x of its nearest paint.
    """

    offset_m: float
    rows: int
    far_m: float
    near_m: float


def best_shape(points: PaintPoints, shapes: tuple[Shape, ...]) -> Shape:
    """The candidate along which the points gather in the fewest, tallest heaps."""
    parameters = np.array([(s.heading, s.curvature, s.curvature_rate) for s in shapes])
    heading, curvature, rate = parameters.T[:, :, None]
    x, y = points.x_m, points.y_m
    curve = x * (heading + x * (curvature / 2.0 + x * (rate / 6.0)))
    stretch = np.sqrt(1.0 + (heading + x * (curvature + x * (rate / 2.0))) ** 2)
    heights = _histograms((y - curve) / stretch, np.broadcast_to(points.weight, curve.shape))
    # A power above 1 rewards heaps; a low one keeps one long solid line from outvoting all the others.
    heaps = (heights**1.5).sum(axis=1)
    # Of equals the first counts, the one nearest to what was expected.
    return shapes[int(np.argmax(np.round(heaps, 6)))]


def grid_of_shapes(around: Shape, headings: Array, curvatures: Array) -> tuple[Shape, ...]:
    """Candidates: `around` with one of the headings and one of the curvatures added, small changes first."""
    h, c = (axis.ravel() for axis in np.meshgrid(headings, curvatures))
    order = np.argsort((h / np.abs(h).max()) ** 2 + (c / np.abs(c).max()) ** 2, kind="stable")
    return tuple(
        Shape(around.heading + float(h[i]), around.curvature + float(c[i]), around.curvature_rate)
        for i in order
    )


def lines_along(points: PaintPoints, shape: Shape) -> tuple[FoundLine, ...]:
    """The heaps that are long enough for a line, left to right."""
    offsets = shape.offsets(points)
    heights = _histograms(offsets[None], np.ones((1, len(offsets))))[0]
    lines: list[FoundLine] = []
    for peak in np.argsort(-heights, kind="stable"):
        middle = (peak + 0.5) * BIN_M - FARTHEST_OFFSET_M
        if heights[peak] < LINE_ROWS:
            break
        if any(abs(middle - line.offset_m) < 2.0 * MERGE_M for line in lines):
            continue
        line = _line_at(points, offsets, middle)
        if line.rows >= LINE_ROWS and all(abs(line.offset_m - o.offset_m) > MERGE_M for o in lines):
            lines.append(line)
    return tuple(sorted(lines, key=lambda line: -line.offset_m))


def _line_at(points: PaintPoints, offsets: Array, middle: float) -> FoundLine:
    """What gathers around the offset `middle`."""
    members = np.abs(offsets - middle) < MERGE_M
    x = points.x_m[members]
    rows = len(np.unique(points.rows[members]))
    offset = float(np.average(offsets[members], weights=points.weight[members] + 1e-3))
    return FoundLine(offset, rows, float(x.max()), float(x.min()))


def _histograms(offsets: Array, weights: Array) -> Array:
    """(m, bins) weight of each row of (m, n) offsets in bins of `BIN_M`, each with half of its neighbours."""
    count = round(2.0 * FARTHEST_OFFSET_M / BIN_M)
    # Two more bins a row catch what lies outside.
    bins = np.clip((offsets + FARTHEST_OFFSET_M) * (1.0 / BIN_M) + 1.0, 0.0, count + 1.0).astype(np.int32)
    bins += np.arange(len(offsets), dtype=np.int32)[:, None] * (count + 2)
    heights = np.bincount(bins.ravel(), weights.ravel(), len(offsets) * (count + 2))
    heights = heights.reshape(len(offsets), count + 2)
    heights[:, [0, -1]] = 0.0
    sides = heights[:, :-2] + heights[:, 2:]
    return np.asarray(heights[:, 1:-1] + 0.5 * sides)
