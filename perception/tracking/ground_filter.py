"""A Kalman filter of one road user: constant velocity over ground, seen from a moving car."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.types import ObjectClass

# How hard each class may accelerate unforeseen, m/s^2 (standard deviation of white acceleration).
ACCELERATION_SIGMA = {
    ObjectClass.PEDESTRIAN: 1.0,
    ObjectClass.BICYCLE: 1.5,
    ObjectClass.TRAFFIC_LIGHT: 0.01,
    ObjectClass.STOP_SIGN: 0.01,
}
VEHICLE_ACCELERATION_SIGMA = 2.5
# What a new track may do before anything is known of its motion, m/s (standard deviation).
SPEED_SIGMA = {
    ObjectClass.PEDESTRIAN: 1.5,
    ObjectClass.BICYCLE: 4.0,
    ObjectClass.TRAFFIC_LIGHT: 0.01,
    ObjectClass.STOP_SIGN: 0.01,
}
VEHICLE_SPEED_SIGMA = 8.0
# Squared Mahalanobis distance from which on a measurement loses weight (chi square, 2 dof, 97.5 %).
DOUBTFUL = 7.4

_MEASURED = np.eye(2, 4)


@dataclass(frozen=True)
class EgoMotion:
    """How the vehicle axes moved from one frame to the next.

    Attributes:
        dt_s: time between the frames.
        dx_m: of the new origin in the old axes.
        dy_m: likewise.
        dyaw_rad: of the new axes against the old.
    """

    dt_s: float
    dx_m: float
    dy_m: float
    dyaw_rad: float

    @classmethod
    def driven(cls, speed_mps: float, yaw_rate_radps: float, dt_s: float) -> EgoMotion:
        """By dead reckoning on an arc; steadier from frame to frame than differences of located poses."""
        dyaw = yaw_rate_radps * dt_s
        chord = speed_mps * dt_s * float(np.sinc(0.5 * dyaw / np.pi))
        return cls(dt_s, chord * float(np.cos(0.5 * dyaw)), chord * float(np.sin(0.5 * dyaw)), dyaw)

    @property
    def new_from_old(self) -> Array:
        """(2, 2) rotation of vectors from the old axes to the new."""
        c, s = np.cos(self.dyaw_rad), np.sin(self.dyaw_rad)
        return np.array([[c, s], [-s, c]])

    def carry(self, points: Array) -> Array:
        """(n, 2) points of the old axes in the new ones."""
        moved: Array = (np.asarray(points) - (self.dx_m, self.dy_m)) @ self.new_from_old.T
        return moved


@dataclass(frozen=True, eq=False)
class GroundState:
    """Belief about one road user.

    Attributes:
        mean: (4,) float64 x, y in m and velocity over ground in m/s, all in the present vehicle axes.
        covariance: (4, 4) float64.
    """

    mean: Array
    covariance: Array

    @classmethod
    def born(cls, position: Array, covariance: Array, object_class: ObjectClass) -> GroundState:
        """At its first measurement, standing, with the doubt about its speed that its class deserves."""
        speed_sigma = SPEED_SIGMA.get(object_class, VEHICLE_SPEED_SIGMA)
        full = np.diag([0.0, 0.0, speed_sigma**2, speed_sigma**2])
        full[:2, :2] = covariance
        return cls(np.array([position[0], position[1], 0.0, 0.0]), full)

    def predicted(self, motion: EgoMotion, object_class: ObjectClass) -> GroundState:
        """After `motion` of the ego, during which the road user kept its velocity."""
        dt = motion.dt_s
        step = np.eye(4)
        step[0, 2] = step[1, 3] = dt
        turn = np.kron(np.eye(2), motion.new_from_old)
        mean = step @ self.mean
        mean[:2] -= (motion.dx_m, motion.dy_m)
        sigma = ACCELERATION_SIGMA.get(object_class, VEHICLE_ACCELERATION_SIGMA)
        # Acceleration held over one step (Bar-Shalom, Estimation with Applications, 6.3.2).
        kick = np.kron(np.array([[dt**4 / 4.0, dt**3 / 2.0], [dt**3 / 2.0, dt**2]]), np.eye(2)) * sigma**2
        covariance = turn @ (step @ self.covariance @ step.T + kick) @ turn.T
        return GroundState(turn @ mean, covariance)

    def updated(self, position: Array, covariance: Array) -> GroundState:
        """With a measured (2,) position; a surprising one counts less, as far as it surprises."""
        innovation = position - self.mean[:2]
        spread = self.covariance[:2, :2] + covariance
        surprise = float(innovation @ np.linalg.solve(spread, innovation))
        if surprise > DOUBTFUL:
            spread = self.covariance[:2, :2] + covariance * (surprise / DOUBTFUL)
        gain = np.linalg.solve(spread, self.covariance[:2]).T
        mean = self.mean + gain @ innovation
        left = np.eye(4) - gain @ _MEASURED
        noise = spread - self.covariance[:2, :2]
        return GroundState(mean, left @ self.covariance @ left.T + gain @ noise @ gain.T)
