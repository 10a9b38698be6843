"""The path: the route's lane, put right by the lane that the camera sees; and the speed it allows."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data.arrays import Array
from data.geometry import arc_lengths
from data.types import EgoState, Lanes, Pose2, RouteAhead, Scene
from planning.config import PathConfig, SpeedConfig

SPACING_M = 1.0
BEHIND_M = 3.0
NEAR_START_M = 12.0  # the ego is this near to the first point of its path
CLEAR_OF_JUNCTION_M = 2.0  # so far behind a junction the seen lane is the one driven in
BEYOND_M = 15.0  # straight on behind the end of the route, so that steering stays defined
CURVATURE_WINDOW_M = 4.0
BLEND_S = 0.3  # time constant with which a seen lane replaces the remembered one when there is no route


@dataclass(frozen=True, eq=False)
class Path:
    """Where the origin of the vehicle axes shall go, about every metre.

    Attributes:
        points_m: (k, 2) float64 vehicle axes, from a little behind the ego on.
        s_m: (k,) float64 distance along the path from the place nearest to the ego, negative behind it.
        headings_rad: (k,) float64, continuous.
        curvatures_per_m: (k,) float64, positive to the left, smoothed.
        speed_limits_mps: (k,) float64.
        in_junction: (k,) bool.
    """

    points_m: Array
    s_m: Array
    headings_rad: Array
    curvatures_per_m: Array
    speed_limits_mps: Array
    in_junction: Array

    def frenet(self, points: Array) -> tuple[Array, Array, Array]:
        """Nearest places on the path of (..., 2) points in vehicle axes.

        Returns:
            s, d (positive to the left) and the index of the nearest path point, each (...). Before and behind
            the path, s runs on along its first and last direction.
        """
        flat = np.asarray(points, dtype=np.float64).reshape(-1, 2)
        path = self.points_m
        squared = (flat**2).sum(axis=1)[:, None] - 2.0 * flat @ path.T + (path**2).sum(axis=1)[None]
        nearest = np.argmin(squared, axis=1)
        gap = flat - path[nearest]
        c, s = np.cos(self.headings_rad[nearest]), np.sin(self.headings_rad[nearest])
        along = self.s_m[nearest] + c * gap[:, 0] + s * gap[:, 1]
        across = c * gap[:, 1] - s * gap[:, 0]
        shape = np.asarray(points).shape[:-1]
        return along.reshape(shape), across.reshape(shape), nearest.reshape(shape)

    def moved(self, turn_rad: float, shift_m: Array) -> Path:
        """The same path turned left about the ego by `turn_rad`, then shifted by (2,) `shift_m`."""
        c, s = np.cos(turn_rad), np.sin(turn_rad)
        points = self.points_m @ np.array([[c, s], [-s, c]]) + shift_m
        headings = self.headings_rad + turn_rad
        return replace(
            self,
            points_m=points,
            headings_rad=headings,
            s_m=self.s_m - _place_of_ego(points, headings, self.s_m),
        )


def path_over(points: Array, speed_limits: Array, in_junction: Array) -> Path:
    """The path over (k, 2) points in vehicle axes that begins next to the ego; needs 3 points."""
    step = np.diff(points, axis=0)
    between = unwrapped(np.arctan2(step[:, 1], step[:, 0]))
    s = arc_lengths(points)
    heading = np.interp(s, 0.5 * (s[1:] + s[:-1]), between)
    half = 0.5 * CURVATURE_WINDOW_M
    low, high = np.maximum(s - half, s[0]), np.minimum(s + half, s[-1])
    bend = (np.interp(high, s, heading) - np.interp(low, s, heading)) / np.maximum(high - low, 1e-6)
    s = s - _place_of_ego(points, heading, s)
    return Path(points, s, heading, bend, speed_limits, in_junction)


def unwrapped(angles_rad: Array) -> Array:
    """(k,) angles made continuous by whole turns."""
    jumps = np.diff(angles_rad)
    turns = np.cumsum(np.round(jumps / (2.0 * np.pi)))
    return np.concatenate([angles_rad[:1], angles_rad[1:] - 2.0 * np.pi * turns])


def _place_of_ego(points: Array, headings: Array, s: Array) -> float:
    """Where along a path that begins next to it the ego is; later parts of the path may come back to it."""
    first = int(np.searchsorted(s, s[0] + NEAR_START_M))
    nearest = int(np.argmin((points[:first] ** 2).sum(axis=1)))
    heading = headings[nearest]
    return float(s[nearest] - np.cos(heading) * points[nearest, 0] - np.sin(heading) * points[nearest, 1])


class LocalisationCorrection:
    """How far the map lies beside what the camera sees: a shift in world axes and a turn about the ego.

    A Kalman filter over (east, north, turn). A seen lane tells the shift across the road only; what it told
    is kept along the other axis, so that a correction learnt before a junction still holds behind it. What is
    not seen fades with `error_time_s` (first-order Gauss-Markov process).
    """

    def __init__(self, config: PathConfig) -> None:
        self._config = config
        self._spread = np.array([config.position_error_m, config.position_error_m, config.heading_error_rad])
        self.state = np.zeros(3)
        self.applied = np.zeros(3)
        self._covariance = np.diag(self._spread**2)

    def predict(self, dt_s: float) -> None:
        """Fades by `dt_s` of time without sight; what is applied follows the belief at a limited rate."""
        most = dt_s * np.array([self._config.shift_rate_mps] * 2 + [self._config.turn_rate_radps])
        self.applied = self.applied + np.clip(self.state - self.applied, -most, most)
        keep = np.exp(-dt_s / self._config.error_time_s)
        self.state = keep * self.state
        self._covariance = keep**2 * self._covariance + (1.0 - keep**2) * np.diag(self._spread**2)

    def observe(self, rows: Array, values: Array, noise: Array) -> None:
        """Takes (m,) `values` seen through (m, 3) `rows` with standard deviations `noise` (m,)."""
        uncertainty = rows @ self._covariance @ rows.T + np.diag(noise**2)
        gain = self._covariance @ rows.T @ np.linalg.inv(uncertainty)
        self.state = self.state + gain @ (values - rows @ self.state)
        self._covariance = (np.eye(3) - gain @ rows) @ self._covariance

    def apply(self, path: Path, pose: Pose2) -> Path:
        """The map's path to where the camera says it is."""
        c, s = np.cos(pose.yaw_rad), np.sin(pose.yaw_rad)
        east, north, turn = self.applied
        return path.moved(float(turn), np.array([c * east + s * north, -s * east + c * north]))


class PathBuilder:
    """Builds the path of each frame; remembers how map and camera disagree."""

    def __init__(self, config: PathConfig, speed: SpeedConfig) -> None:
        self._config = config
        self._cruise_mps = speed.cruise_mps
        self._correction = LocalisationCorrection(config)
        self._lane_y: Array | None = None
        self._unseen_s = 0.0

    @property
    def correction(self) -> tuple[float, float, float]:
        """The shift (east, north) in metres and the turn in radians that the camera asks of the map."""
        east, north, turn = self._correction.applied
        return float(east), float(north), float(turn)

    def build(self, scene: Scene, dt_s: float) -> Path | None:
        """Returns the path for one frame, or None with neither a route nor a lane to go by."""
        if scene.route is not None and len(scene.route.s_m) >= 3:
            return self._along_route(scene.route, scene.lanes, scene.ego, dt_s)
        return self._along_lane(scene.lanes, scene.ego, dt_s)

    def _along_route(self, route: RouteAhead, lanes: Lanes, ego: EgoState, dt_s: float) -> Path:
        keep = (route.s_m >= -BEHIND_M) & (route.s_m <= self._config.horizon_m)
        keep[-3:] |= not keep.any()
        limits, junction = route.speed_limits_mps[keep].astype(np.float64), route.in_junction[keep]
        path = path_over(*_run_on(route.points_m[keep].astype(np.float64), limits, junction))
        self._correction.predict(dt_s)
        self._observe_lane(path, lanes, ego.pose)
        return self._correction.apply(path, ego.pose)

    def _observe_lane(self, route: Path, lanes: Lanes, pose: Pose2) -> None:
        """Compares the seen centre with the route's lane, outside junctions."""
        config = self._config
        seen = lanes.centre_m.astype(np.float64)
        seen = seen[(seen[:, 0] >= config.lane_near_m) & (seen[:, 0] <= config.lane_far_m)]
        if lanes.confidence < config.lane_min_confidence or len(seen) < 3:
            return
        s, d, nearest = route.frenet(seen)
        use = s < _junction_begins(route)
        s, d, nearest = s[use], d[use], nearest[use]
        if len(s) < 3 or np.ptp(s) < 3.0:
            return
        mean_s = float(s.mean())
        slope = float(((s - mean_s) * (d - d.mean())).sum() / ((s - mean_s) ** 2).sum())
        turn = route.headings_rad[nearest[len(nearest) // 2]] + pose.yaw_rad
        rows = np.array([[-np.sin(turn), np.cos(turn), mean_s], [0.0, 0.0, 1.0]])
        offset = float(np.median(d))
        if abs(offset) < config.lane_gate_m:
            noise = np.array([config.lane_noise_m, config.lane_noise_rad]) / max(lanes.confidence, 0.1)
            self._correction.observe(rows, np.array([offset, slope]), noise)

    def _along_lane(self, lanes: Lanes, ego: EgoState, dt_s: float) -> Path | None:
        x = np.arange(-BEHIND_M, 0.6 * self._config.horizon_m, SPACING_M)
        if self._lane_y is not None:
            self._lane_y = _moved(x, self._lane_y, ego.speed_mps * dt_s, ego.yaw_rate_radps * dt_s)
        if lanes.confidence >= self._config.lane_min_confidence and len(lanes.centre_m) >= 3:
            seen = _parabola(lanes.centre_m.astype(np.float64), x)
            share = 1.0 if self._lane_y is None else min(1.0, lanes.confidence * dt_s / BLEND_S)
            self._lane_y = seen if self._lane_y is None else self._lane_y + share * (seen - self._lane_y)
            self._unseen_s = 0.0
        else:
            self._unseen_s += dt_s
        if self._lane_y is None or self._unseen_s > self._config.lane_only_hold_s:
            self._lane_y = None
            return None
        count = len(x)
        limits = np.full(count, self._cruise_mps)
        return path_over(np.column_stack([x, self._lane_y]), limits, np.zeros(count, np.bool_))


def _junction_begins(route: Path) -> float:
    """Where the next junction begins; behind the ego while it is in one or has just left it."""
    inside = np.flatnonzero(route.in_junction & (route.s_m > -CLEAR_OF_JUNCTION_M))
    return float(route.s_m[inside[0]]) if len(inside) else np.inf


def straight_path(length_m: float, speed_limit_mps: float) -> Path:
    """Straight on from the ego: what is left when nothing tells where the road goes."""
    x = np.arange(-BEHIND_M, max(length_m, 5.0), SPACING_M)
    points = np.column_stack([x, np.zeros(len(x))])
    return path_over(points, np.full(len(x), speed_limit_mps), np.zeros(len(x), np.bool_))


def _run_on(points: Array, limits: Array, junction: Array) -> tuple[Array, Array, Array]:
    """Runs (k, 2) points straight on behind their end, at the end's limit."""
    ahead = points[-1] - points[-2]
    ahead = ahead / max(float(np.hypot(*ahead)), 1e-6)
    more = points[-1] + np.arange(1.0, BEYOND_M)[:, None] * ahead
    count = len(more)
    return (
        np.concatenate([points, more]),
        np.concatenate([limits, np.full(count, limits[-1])]),
        np.concatenate([junction, np.zeros(count, np.bool_)]),
    )


def _parabola(seen: Array, x: Array) -> Array:
    """(n,) lateral positions at `x` of a parabola through (k, 2) points, straight on outside of them."""
    fit = np.polyfit(seen[:, 0], seen[:, 1], 2 if np.ptp(seen[:, 0]) > 10.0 else 1)
    inside = np.clip(x, min(float(seen[:, 0].min()), 0.0), seen[:, 0].max())
    lateral: Array = np.polyval(fit, inside) + np.polyval(np.polyder(fit), inside) * (x - inside)
    return lateral


def _moved(x: Array, y: Array, ahead_m: float, turn_rad: float) -> Array:
    """The line y(x) seen anew after the vehicle went `ahead_m` and turned left by `turn_rad`."""
    c, s = np.cos(turn_rad), np.sin(turn_rad)
    points = np.column_stack([x - ahead_m, y]) @ np.array([[c, -s], [s, c]])
    slope = (points[-1, 1] - points[-2, 1]) / max(points[-1, 0] - points[-2, 0], 1e-3)
    moved: Array = np.interp(x, points[:, 0], points[:, 1])
    beyond = x > points[-1, 0]
    moved[beyond] += slope * (x[beyond] - points[-1, 0])
    return moved


def profile_speeds(path: Path, config: SpeedConfig) -> Array:
    """(k,) speeds that limits and curvature allow at each point of the path, m/s."""
    curve = np.sqrt(config.lateral_acceleration_mps2 / np.maximum(np.abs(path.curvatures_per_m), 1e-4))
    legal = config.limit_share * path.speed_limits_mps
    allowed: Array = np.minimum(np.minimum(legal, config.cruise_mps), curve)
    return allowed


def allowed_speed(path: Path, speeds: Array, speed_mps: float, config: SpeedConfig) -> tuple[float, int]:
    """The speed to have one preview from now, so that every later stretch is reached slowly enough.

    v_i is reached from v at deceleration b over s_i where v^2 = v_i^2 + 2 b s_i.

    Returns:
        the speed in m/s and the index of the path point that binds it.
    """
    ahead = path.s_m - speed_mps * config.preview_s
    room = np.where(path.s_m >= -0.5, np.maximum(ahead, 0.0), np.inf)
    candidates = np.sqrt(speeds**2 + 2.0 * config.brake_mps2 * room)
    binding = int(np.argmin(candidates))
    return float(candidates[binding]), binding
