"""Steering, throttle and brake that follow a plan."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.geometry import arc_lengths, wrap_angle
from data.types import Control, EgoState, Plan, VehicleShape
from planning.config import ControlConfig, LateralConfig, LongitudinalConfig
from planning.trajectory import unwrapped

FIRST_STEP_S = 0.05
MAX_OFFSET_M = 1.5  # a larger lateral error does not turn the ego harder towards the path
HALF_WINDOW_M = (-1.5, 1.5)  # over which the path's curvature is taken
TRACKED_POINTS = 8  # of the path, besides those looked ahead over
TRIM_SPEED_MPS = 3.0  # slower, the yaw rate tells too little about the steering
TRIM_FILTER_S = 0.3  # between commanded and driven curvature


class PathController:
    """Tracks path and acceleration of a plan; a `planning.interfaces.Controller`."""

    def __init__(self, shape: VehicleShape, config: ControlConfig | None = None) -> None:
        config = ControlConfig() if config is None else config
        self._steering = Steering(shape, config.lateral)
        self._pedals = Pedals(config.longitudinal)
        self._t_ns: int | None = None

    def control(self, plan: Plan, ego: EgoState) -> Control:
        """Returns throttle, brake and steering for one instant."""
        dt_s = (
            FIRST_STEP_S if self._t_ns is None else float(np.clip((plan.t_ns - self._t_ns) * 1e-9, 0.0, 0.2))
        )
        self._t_ns = plan.t_ns
        angle, lateral_terms = self._steering.step(plan, ego, dt_s)
        throttle, brake, longitudinal_terms = self._pedals.step(plan, ego.speed_mps, dt_s)
        return Control(
            t_ns=plan.t_ns,
            throttle=throttle,
            brake=brake,
            steering_angle_rad=angle,
            terms=(*lateral_terms, *longitudinal_terms),
        )


@dataclass(frozen=True)
class Tracking:
    """The ego against a path.

    Attributes:
        offset_m: of the ego, positive to the left of the path.
        heading_rad: of the ego against the path, positive to the left.
        curvature_per_m: of the path a little ahead, positive to the left.
    """

    offset_m: float
    heading_rad: float
    curvature_per_m: float


def track(path_m: Array, ahead_m: float) -> Tracking:
    """The ego (at the origin, heading along x) against a (k, 2) path; curvature `ahead_m` along it."""
    path_m = path_m[: int(ahead_m) + TRACKED_POINTS]
    step = np.diff(path_m, axis=0)
    s = arc_lengths(path_m)
    middle = 0.5 * (s[1:] + s[:-1])
    headings = unwrapped(np.arctan2(step[:, 1], step[:, 0]))
    near = min(int(np.argmin((path_m**2).sum(axis=1))), len(headings) - 1)
    c, sn = np.cos(headings[near]), np.sin(headings[near])
    place = s[near] - path_m[near, 0] * c - path_m[near, 1] * sn
    heading = float(np.interp(place, middle, headings))
    offset = float(sn * path_m[near, 0] - c * path_m[near, 1])
    low, high = (min(max(place + ahead_m + half, 0.0), s[-1]) for half in HALF_WINDOW_M)
    bend = float(np.interp(high, middle, headings) - np.interp(low, middle, headings))
    return Tracking(offset, wrap_angle(-heading), bend / max(float(high - low), 0.5))


class Steering:
    """Steers the rear axle back onto the path.

    With e the offset and psi the heading error, e'' + 2 zeta / l e' + e / l^2 = 0 over the distance driven
    lets an error decay over the length l without overshoot; the curvature that does so is the path's plus
    the two feedback terms (path tracking in the Frenet frame, Samson 1993). The body points
    into a curve by the slip of its rear tyres; what is left of the heading is the error. The offset is
    predicted over the lag of the steering, and a slow trim learns the curvature that the vehicle fails to
    drive.
    """

    def __init__(self, shape: VehicleShape, config: LateralConfig) -> None:
        self._shape = shape
        self._config = config
        self._angle_rad = 0.0
        self._commanded_per_m = 0.0
        self._trim_per_m = 0.0

    def step(self, plan: Plan, ego: EgoState, dt_s: float) -> tuple[float, tuple[tuple[str, float], ...]]:
        """Returns the steering angle in rad, positive to the left, and the terms behind it."""
        config, speed = self._config, max(ego.speed_mps, 0.0)
        if len(plan.path_m) < 2:
            return self._limit(0.0, speed, dt_s), ()
        state = track(plan.path_m.astype(np.float64), speed * config.delay_s)
        length = max(config.distance_min_m, config.distance_time_s * speed)
        lag_m = speed * config.delay_s
        driven = ego.yaw_rate_radps / max(speed, 0.5)
        slip = config.rear_slip_rad_per_mps2 * speed**2 * driven
        heading = state.heading_rad - slip + lag_m * (driven - state.curvature_per_m) * (speed > 1.0)
        offset = state.offset_m + lag_m * np.sin(state.heading_rad - slip)
        by_offset = -float(np.clip(offset, -MAX_OFFSET_M, MAX_OFFSET_M)) / length**2
        by_heading = -2.0 * config.damping / length * float(np.sin(heading))
        trim = self._learn(driven, speed, dt_s)
        curvature = state.curvature_per_m + by_offset + by_heading
        self._commanded_per_m += min(1.0, dt_s / TRIM_FILTER_S) * (curvature - self._commanded_per_m)
        angle = self._angle_for(curvature + trim, speed)
        limited = self._limit(angle, speed, dt_s)
        terms = (
            ("offset_m", state.offset_m),
            ("heading_rad", state.heading_rad),
            ("curvature_path", state.curvature_per_m),
            ("curvature_offset", by_offset),
            ("curvature_heading", by_heading),
            ("curvature_trim", trim),
            ("angle_wanted_rad", angle),
        )
        return limited, terms

    def _learn(self, driven_per_m: float, speed_mps: float, dt_s: float) -> float:
        config = self._config
        if speed_mps > TRIM_SPEED_MPS:
            missed = self._commanded_per_m - driven_per_m
            limit = min(config.trim_limit_per_m, 0.005 + 0.3 * abs(self._commanded_per_m))
            self._trim_per_m += config.trim_gain_per_s * dt_s * missed
            self._trim_per_m = float(np.clip(self._trim_per_m, -limit, limit))
        return self._trim_per_m

    def _angle_for(self, curvature_per_m: float, speed_mps: float) -> float:
        understeer = self._config.understeer_rad_per_mps2 * speed_mps**2 * curvature_per_m
        return float(np.arctan(self._shape.wheelbase_m * curvature_per_m) + understeer)

    def _limit(self, angle_rad: float, speed_mps: float, dt_s: float) -> float:
        config, shape = self._config, self._shape
        grip = config.lateral_acceleration_mps2 / max(speed_mps, 1.0) ** 2
        most = min(shape.max_steering_angle_rad, self._angle_for(grip, speed_mps))
        step = config.rate_radps * dt_s
        wanted = np.clip(angle_rad, -most, most)
        self._angle_rad = float(np.clip(wanted, self._angle_rad - step, self._angle_rad + step))
        return self._angle_rad


class Pedals:
    """Drives the demanded acceleration with throttle and brake.

    The demand is integrated to a reference speed on a short leash; the speed error feeds back proportionally
    and through an integral for each pedal, which learns how strong engine and brakes really are.
    """

    def __init__(self, config: LongitudinalConfig) -> None:
        self._config = config
        self._reference_mps: float | None = None
        self._learnt = {"throttle": 0.0, "brake": 0.0}
        self._throttle = 0.0
        self._brake = 0.0

    def step(
        self, plan: Plan, speed_mps: float, dt_s: float
    ) -> tuple[float, float, tuple[tuple[str, float], ...]]:
        """Returns throttle and brake, each in 0..1, and the terms behind them."""
        config = self._config
        if plan.emergency:
            self._reference_mps = speed_mps
            return self._emergency(plan)
        if self._holds(plan, speed_mps):
            return self._hold(speed_mps, dt_s)
        error = self._speed_error(plan.acceleration_mps2, speed_mps, dt_s)
        drag = config.drag_mps2 + config.drag_per_m * speed_mps**2
        wanted = plan.acceleration_mps2 + config.proportional_per_s * error + drag
        throttle, brake, learnt = self._share_out(wanted, error, dt_s)
        terms = (
            ("demand", plan.acceleration_mps2),
            ("speed_error", error),
            ("drag", drag),
            ("learnt", learnt),
        )
        return throttle, brake, terms

    def _emergency(self, plan: Plan) -> tuple[float, float, tuple[tuple[str, float], ...]]:
        self._throttle = 0.0
        brake = float(np.clip(-plan.acceleration_mps2 / self._config.full_brake_mps2, 0.0, 1.0))
        self._brake = max(brake, self._config.hold_brake)
        return 0.0, self._brake, (("emergency", 1.0),)

    def _hold(self, speed_mps: float, dt_s: float) -> tuple[float, float, tuple[tuple[str, float], ...]]:
        """Squeezes the brake gently and forgets what was learnt in other gears."""
        self._reference_mps, self._throttle = max(speed_mps, 0.0), 0.0
        self._learnt = {"throttle": 0.0, "brake": 0.0}
        squeezed = self._brake + self._config.hold_rate_per_s * dt_s
        self._brake = min(squeezed, self._config.hold_brake)
        return 0.0, self._brake, (("hold", 1.0),)

    def _holds(self, plan: Plan, speed_mps: float) -> bool:
        stops = plan.target_speed_mps < 0.1 and plan.acceleration_mps2 <= 0.0
        return stops and abs(speed_mps) < self._config.hold_speed_mps

    def _speed_error(self, demand_mps2: float, speed_mps: float, dt_s: float) -> float:
        """The reference speed, moved on by the demand and kept on its leash, less the speed."""
        leash = self._config.leash_mps
        reference = speed_mps if self._reference_mps is None else self._reference_mps + demand_mps2 * dt_s
        self._reference_mps = float(np.clip(reference, speed_mps - leash, speed_mps + leash))
        return self._reference_mps - speed_mps

    def _share_out(self, wanted_mps2: float, error_mps: float, dt_s: float) -> tuple[float, float, float]:
        """Gives a force per mass to one of the pedals; only the pedal in use learns."""
        config = self._config
        pedal = "throttle" if wanted_mps2 > 0.0 else "brake"
        full = config.full_throttle_mps2 if pedal == "throttle" else config.full_brake_mps2
        total = wanted_mps2 + self._learnt[pedal]
        coasts = pedal == "brake" and total > -config.coast_mps2
        most = config.max_throttle if pedal == "throttle" else 1.0
        raw = 0.0 if coasts else abs(total) / full if (total > 0.0) == (pedal == "throttle") else 0.0
        if raw < most and not coasts:
            limit = config.integral_limit_mps2
            grown = self._learnt[pedal] + config.integral_per_s2 * error_mps * dt_s
            self._learnt[pedal] = float(np.clip(grown, -limit, limit))
        throttle = min(raw, most) if pedal == "throttle" else 0.0
        self._throttle = min(throttle, self._throttle + config.throttle_rate_per_s * dt_s)
        self._brake = min(raw, 1.0) if pedal == "brake" else 0.0
        return self._throttle, self._brake, self._learnt[pedal]
