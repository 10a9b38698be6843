"""Belief about the ego lane: its centre line, curve and width, carried along as the ego drives."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from perception.lanes.line_family import Shape

# Spread of what a road may be before it was looked at: m, m, 1, 1/m, 1/m^2.
UNSEEN_SIGMA = np.array([0.8, 0.25, 0.12, 0.02, 0.0015])
USUAL_WIDTH_M = 3.5
# What the road does on its own along a metre of driving, and what dead reckoning gets wrong.
DRIFT_PER_ROOT_M = np.array([0.03, 0.015, 0.012, 0.006, 0.001])
# Curves end; their change of curvature is forgotten along so many metres.
RATE_MEMORY_M = 8.0


@dataclass(frozen=True, eq=False)
class LaneState:
    """Gaussian belief.

    Attributes:
        mean: (5,) float64: y of the centre line at x = 0 in m, width in m, and heading, curvature (1/m) and
            curvature rate (1/m^2) of the centre line; vehicle axes.
        covariance: (5, 5) float64.
    """

    mean: Array
    covariance: Array

    @classmethod
    def unseen(cls) -> LaneState:
        """A straight road of usual width with the ego in the middle, not to be relied on."""
        mean = np.array([0.0, USUAL_WIDTH_M, 0.0, 0.0, 0.0])
        return cls(mean, np.diag(UNSEEN_SIGMA**2))

    @property
    def centre(self) -> float:
        """Lateral position of the centre line at x = 0, m."""
        return float(self.mean[0])

    @property
    def width(self) -> float:
        """Width of the lane, m."""
        return float(self.mean[1])

    @property
    def shape(self) -> Shape:
        """The common curve of the lane's lines."""
        return Shape(*(float(value) for value in self.mean[2:]))

    def centre_sigma(self, x_m: float) -> float:
        """Standard deviation of the centre line's y at `x_m`, m."""
        row = _centre_row(np.array([x_m]))[0]
        return float(np.sqrt(max(row @ self.covariance @ row, 0.0)))

    def driven(self, distance_m: float, dyaw_rad: float) -> LaneState:
        """The same lane seen after the ego went `distance_m` on an arc that turned it by `dyaw_rad`."""
        s = distance_m
        step = np.eye(5)
        step[0, 2:] = s, s**2 / 2.0, s**3 / 6.0
        step[2, 3:] = s, s**2 / 2.0
        step[3, 4] = s
        mean = step @ self.mean
        mean[0] -= 0.5 * s * dyaw_rad  # how far the arc leads aside
        mean[2] -= dyaw_rad
        forget = float(np.exp(-abs(s) / RATE_MEMORY_M))
        mean[4] *= forget
        drift = np.diag(DRIFT_PER_ROOT_M**2 * abs(s))
        covariance = step @ self.covariance @ step.T + drift
        return LaneState(mean, _no_wider_than_unseen(covariance))

    def in_lane_of_ego(self) -> LaneState:
        """The neighbouring lane, once the ego's rear axle is in it."""
        if abs(self.centre) <= 0.5 * self.width + 0.1:
            return self
        mean = self.mean.copy()
        mean[0] -= np.sign(self.centre) * self.width
        return LaneState(mean, self.covariance)


def _centre_row(x: Array) -> Array:
    """(n, 5) derivative of the centre line's y at x by the state."""
    return np.column_stack([np.ones_like(x), np.zeros_like(x), x, x**2 / 2.0, x**3 / 6.0])


def line_rows(x: Array, side: float, shape: Shape) -> Array:
    """(n, 5) derivative of y at x of the left (side 1) or right (side -1) line by the state."""
    rows = _centre_row(x)
    rows[:, 1] = 0.5 * side * shape.stretch(x)
    return rows


def _no_wider_than_unseen(covariance: Array) -> Array:
    """Caps the spread: a road that was never seen cannot be known less."""
    sigma = np.sqrt(np.diag(covariance))
    scale = np.minimum(1.0, UNSEEN_SIGMA / np.maximum(sigma, 1e-12))
    return np.asarray(covariance * np.outer(scale, scale))
