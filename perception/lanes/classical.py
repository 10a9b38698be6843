"""Lane estimation without learning: bird's-eye view, ridges, one family of parallel lines, memory."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.camera import Camera
from data.types import EgoState, LaneLine, Lanes, SensorFrame
from perception.lanes.birds_eye import BirdsEye, GroundGrid, nearest_ground_m
from perception.lanes.lane_state import LaneState, line_rows
from perception.lanes.line_family import (
    CAP_ROWS,
    MERGE_M,
    FoundLine,
    Shape,
    best_shape,
    grid_of_shapes,
    lines_along,
)
from perception.lanes.paint import PaintPoints, find_paint

FAR_M = 34.0
LEAST_M = 5.0  # of road that must be seen before that
# Looking farther than this ahead of where one drives brings the next bend into the fit, m and s.
LEAST_REACH_M = 18.0
REACH_TIME_S = 2.5
TRUSTED = 0.3  # confidence from which on the last frames guide the search
WIDTHS_M = (2.4, 5.2)
RISE_S, FALL_S = 0.12, 0.3  # time constants of the confidence
PAINT_FOR_SURE_M = 3.0  # this much near paint makes one line sure
NEAR_PAINT_M = 24.0
LOOK_AHEAD_M = 10.0  # where the centre must be known for the confidence
CENTRE_SIGMA_M = 0.25  # doubt about the centre there that halves the confidence
POINT_SIGMA_M, POINT_SIGMA_PER_M = 0.07, 0.005
CORRELATED_M = 1.0  # paint along so many metres is one measurement, not many

_ANY_HEADING = np.linspace(-0.24, 0.24, 17)
_ANY_CURVATURE = np.array([-0.036, -0.028, -0.021, -0.015, -0.01, -0.006, -0.003, 0.0])
_ANY_CURVATURE = np.concatenate([_ANY_CURVATURE, -_ANY_CURVATURE[-2::-1]])
_NEAR_HEADING = np.linspace(-0.045, 0.045, 7)
_NEAR_CURVATURE = np.array([-0.01, -0.006, -0.003, 0.0, 0.003, 0.006, 0.01])


@dataclass(frozen=True)
class EgoLane:
    """Which of the found lines bound the ego lane.

    Attributes:
        left: index of a line, or None.
        right: index of a line, or None.
    """

    left: int | None
    right: int | None


class ClassicalLaneEstimator:
    """Finds the ego lane in the front image and remembers it over short gaps in the paint.

    Args:
        camera: the front camera.

    Raises:
        ValueError: the camera does not look at the road.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        near_m = nearest_ground_m(camera, FAR_M - LEAST_M) + 0.2
        self._birds_eye = BirdsEye(camera, GroundGrid(near_m, FAR_M))
        self._state = LaneState.unseen()
        self._confidence = 0.0
        self._t_ns: int | None = None

    def estimate(self, frame: SensorFrame, ego: EgoState) -> Lanes:
        """The lines around the ego; confidence 0 where no paint tells."""
        dt = None if self._t_ns is None else 1e-9 * (frame.t_ns - self._t_ns)
        self._t_ns = frame.t_ns
        tracking = self._confidence >= TRUSTED
        state = LaneState.unseen()
        if tracking and dt is not None:
            state = self._state.driven(ego.speed_mps * dt, ego.yaw_rate_radps * dt).in_lane_of_ego()
        points = _within_reach(find_paint(frame.images[0].rgb, self._birds_eye), ego.speed_mps)
        shape = best_shape(points, _candidates(state.shape, tracking))
        lines = lines_along(points, shape)
        lane = choose_ego_lane(lines, state, tracking)
        self._state = fit(points, shape, lines, lane, state)
        self._confidence = _filtered(self._confidence, self._evidence(points, lane), dt)
        return self._lanes(lines, lane)

    def _evidence(self, points: PaintPoints, lane: EgoLane) -> float:
        """0..1 how well this frame alone supports the state."""
        sure = []
        for side, index in ((1.0, lane.left), (-1.0, lane.right)):
            paint = 0.0
            if index is not None:
                gaps = np.abs(_residuals(points, self._state, side))
                rows = np.unique(points.rows[(gaps < 0.2) & (points.x_m < NEAR_PAINT_M)])
                paint = len(rows) * self._birds_eye.grid.row_m
            sure.append(min(paint / PAINT_FOR_SURE_M, 1.0))
        known = 1.0 - (1.0 - 0.65 * sure[0]) * (1.0 - 0.65 * sure[1])
        doubt = self._state.centre_sigma(LOOK_AHEAD_M) / CENTRE_SIGMA_M
        return known / (1.0 + doubt**2)

    def _lanes(self, lines: tuple[FoundLine, ...], lane: EgoLane) -> Lanes:
        """What is told to others: the lines of the ego lane from the state, the rest as found."""
        state, shape = self._state, self._state.shape
        confidence = self._confidence if self._confidence >= 0.05 else 0.0
        told = []
        for index, line in enumerate(lines):
            if index in (lane.left, lane.right):
                side = 0.5 if index == lane.left else -0.5
                y0, offset = state.centre, side * state.width
            else:
                y0, offset = 0.0, line.offset_m
            told.append(self._line(line, shape, y0, offset))
        if confidence == 0.0:
            return Lanes(tuple(told), lane.left, lane.right)
        seen_to = max((line.far_m for line in lines), default=LEAST_REACH_M)
        x = np.arange(0.0, max(seen_to, LOOK_AHEAD_M) + 0.5)
        centre = np.column_stack([x, state.centre + shape.y(x)])
        return Lanes(tuple(told), lane.left, lane.right, centre, state.width, confidence)

    def _line(self, line: FoundLine, shape: Shape, y0: float, offset: float) -> LaneLine:
        """A found line as points of the ground and of the picture."""
        x = np.append(np.arange(self._birds_eye.grid.near_m, line.far_m, 1.0), line.far_m)
        ground = np.column_stack([x, y0 + shape.y(x) + offset * shape.stretch(x)])
        pixels, _ = self._camera.project(np.column_stack([ground, np.zeros(len(x))]))
        return LaneLine(pixels, ground, min(line.rows / CAP_ROWS, 1.0))


def choose_ego_lane(lines: tuple[FoundLine, ...], state: LaneState, tracking: bool) -> EgoLane:
    """The two lines, or the one, that most probably bound the lane which `state` expects."""
    spread = 0.35 if tracking else 0.9
    best, best_score = EgoLane(None, None), 0.0
    choices: list[int | None] = [None, *range(len(lines))]
    for left in choices:
        for right in choices:
            score = _pair_score(lines, left, right, state, spread)
            if score > best_score:
                best, best_score = EgoLane(left, right), score
    return best


def _pair_score(
    lines: tuple[FoundLine, ...], left: int | None, right: int | None, state: LaneState, spread: float
) -> float:
    """How well two lines bound the expected lane, in rows of paint; not above 0 if they cannot."""
    if left is None and right is None:
        return 0.0
    half = 0.5 * state.width
    if left is None or right is None:
        only = lines[left if right is None else right]  # type: ignore[index]
        centre = only.offset_m - half if right is None else only.offset_m + half
        return min(only.rows, CAP_ROWS) - 6.0 - 6.0 * ((centre - state.centre) / spread) ** 2
    if left >= right:
        return -np.inf
    a, b = lines[left], lines[right]
    width, centre = a.offset_m - b.offset_m, 0.5 * (a.offset_m + b.offset_m)
    if not WIDTHS_M[0] <= width <= WIDTHS_M[1]:
        return -np.inf
    paint = min(a.rows, CAP_ROWS) + min(b.rows, CAP_ROWS)
    between = sum(min(line.rows, CAP_ROWS) for line in lines[left + 1 : right])
    off = ((width - state.width) / 0.4) ** 2 + ((centre - state.centre) / spread) ** 2
    return paint - 0.5 * between - 6.0 * off


def fit(
    points: PaintPoints, shape: Shape, lines: tuple[FoundLine, ...], lane: EgoLane, prior: LaneState
) -> LaneState:
    """The state after the points of all `lines`: those beside the ego lane tell its curve only.

    Iteratively reweighted least squares with the prior as a measurement, that is an iterated Kalman update.
    """
    known = [index for index in (lane.left, lane.right) if index is not None]
    if not known:
        return prior
    others = [index for index in range(len(lines)) if index not in known]
    offsets = shape.offsets(points)
    information = np.linalg.inv(prior.covariance)
    nearest = _nearest_line(offsets, lines)
    mean, curve, precision = prior.mean, shape, information
    for _ in range(3):
        rows, used = _design(points, curve, nearest, lane, others)
        size = 5 + len(others)
        normal, right = np.zeros((size, size)), np.zeros(size)
        normal[:5, :5], right[:5] = information, information @ prior.mean
        normal[range(5, size), range(5, size)] += 1e-6
        y, x = points.y_m[used], points.x_m[used]
        sigma = POINT_SIGMA_M + POINT_SIGMA_PER_M * x
        start = np.concatenate([mean, [lines[index].offset_m for index in others]])
        residual = (y - rows @ start) / sigma
        weight = points.weight[used] * 0.25 / CORRELATED_M / sigma**2 / (1.0 + (residual / 2.0) ** 2) ** 2
        normal += (rows * weight[:, None]).T @ rows
        right += (rows * weight[:, None]).T @ y
        mean = np.linalg.solve(normal, right)[:5]
        curve, precision = Shape(*mean[2:].tolist()), normal
    return LaneState(mean, np.linalg.inv(precision)[:5, :5])


def _design(
    points: PaintPoints, curve: Shape, nearest: Array, lane: EgoLane, others: list[int]
) -> tuple[Array, Array]:
    """(n, 5 + others) derivatives of the used points' y by state and other lines' offsets; their indices."""
    blocks, used = [], []
    for index in (lane.left, lane.right, *others):
        if index is None:
            continue
        members = np.flatnonzero(nearest == index)
        x = points.x_m[members]
        rows = np.zeros((len(members), 5 + len(others)))
        if index in others:
            rows[:, :5] = line_rows(x, 0.0, curve)
            rows[:, 0] = 0.0
            rows[:, 5 + others.index(index)] = curve.stretch(x)
        else:
            rows[:, :5] = line_rows(x, 1.0 if index == lane.left else -1.0, curve)
        blocks.append(rows)
        used.append(members)
    return np.concatenate(blocks), np.concatenate(used)


def _nearest_line(offsets: Array, lines: tuple[FoundLine, ...]) -> Array:
    """(n,) index of the line that each point belongs to, -1 for none."""
    gaps = np.abs(offsets[:, None] - np.array([line.offset_m for line in lines]))
    return np.where(gaps.min(axis=1) < MERGE_M, gaps.argmin(axis=1), -1)


def _residuals(points: PaintPoints, state: LaneState, side: float) -> Array:
    """(n,) lateral distance of the points from one line of the lane, m."""
    shape = state.shape
    line = state.centre + shape.y(points.x_m) + 0.5 * side * state.width * shape.stretch(points.x_m)
    return np.asarray(points.y_m - line)


def _candidates(around: Shape, tracking: bool) -> tuple[Shape, ...]:
    """Where to search: near the expected curve, or everywhere."""
    if tracking:
        return grid_of_shapes(around, _NEAR_HEADING, _NEAR_CURVATURE)
    return grid_of_shapes(Shape(), _ANY_HEADING, _ANY_CURVATURE)


def _within_reach(points: PaintPoints, speed_mps: float) -> PaintPoints:
    """The points near enough to matter at this speed."""
    keep = points.x_m < max(LEAST_REACH_M, REACH_TIME_S * speed_mps + 8.0)
    return PaintPoints(points.rows[keep], points.x_m[keep], points.y_m[keep], points.weight[keep])


def _filtered(old: float, evidence: float, dt_s: float | None) -> float:
    """Confidence after one frame; the first frame counts by itself."""
    if dt_s is None:
        return evidence
    time_constant = RISE_S if evidence > old else FALL_S
    return float(old + (evidence - old) * (1.0 - np.exp(-max(dt_s, 0.0) / time_constant)))
