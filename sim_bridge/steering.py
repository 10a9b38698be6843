"""Between the angle of the house's one front wheel and CARLA's steer input for two."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array


@dataclass(frozen=True, eq=False)
class SteeringGear:
    """What turns a steer input into wheel angles.

    CARLA's steer of 1 turns the inner front wheel by `max_inner_rad` times a share that falls with speed;
    the outer wheel follows Ackermann's geometry, cot(inner) = cot(mean) - track / (2 wheelbase).

    Attributes:
        max_inner_rad: of the inner front wheel.
        wheelbase_m: rear axle to front axle.
        track_m: between the front wheels.
        curve: (k, 2) float64 speed in km/h and share of the input that is used.
    """

    max_inner_rad: float
    wheelbase_m: float
    track_m: float
    curve: Array

    def share(self, speed_mps: float) -> float:
        """How much of the input is used at this speed."""
        return float(np.interp(3.6 * abs(speed_mps), self.curve[:, 0], self.curve[:, 1]))

    def steer(self, angle_rad: float, speed_mps: float) -> float:
        """CARLA's steer in -1..1 (positive to the right) for a mean wheel angle (positive to the left)."""
        tangent = np.tan(min(abs(angle_rad), self.max_mean_rad))
        inner = np.arctan2(tangent, 1.0 - tangent * self.track_m / (2.0 * self.wheelbase_m))
        used = float(inner) / (self.max_inner_rad * max(self.share(speed_mps), 1e-3))
        return -float(np.copysign(min(used, 1.0), angle_rad))

    def mean_rad(self, front_left_rad: float) -> float:
        """Mean angle of the front wheels from that of the left one, both positive to the left."""
        tangent = np.tan(front_left_rad)
        return float(np.arctan2(tangent, 1.0 + tangent * self.track_m / (2.0 * self.wheelbase_m)))

    @property
    def max_mean_rad(self) -> float:
        """The largest mean angle, at standstill."""
        tangent = np.tan(self.max_inner_rad)
        return float(np.arctan2(tangent, 1.0 + tangent * self.track_m / (2.0 * self.wheelbase_m)))
