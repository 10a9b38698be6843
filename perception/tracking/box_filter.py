"""A Kalman filter of many boxes at once: every side of a box keeps its speed over the picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array

# How far a detected side is off: some pixels, and a share of the box's size.
SIDE_SIGMA_PX = 1.0
SIDE_SIGMA_OF_SIZE = 0.04
# How fast the sides of a new box may move, and how hard any may speed up unforeseen, in sizes of the box.
RATE_SIGMA_SIZES_PS = 3.0
ACCELERATION_SIGMA_SIZES_PS2 = 4.0


@dataclass(frozen=True, eq=False)
class BoxStates:
    """Belief about n boxes.

    The sides of a box are in doubt alike and independently, so they share one covariance, and what would be
    a filter of eight states is four of two.

    Attributes:
        boxes_px: (n, 4) float64 xyxy.
        rates_pxps: (n, 4) float64 speed of each side, px/s.
        covariances: (n, 3) float64 of any one side: variance of its place (px^2), covariance of place and
            rate (px^2/s), variance of its rate (px^2/s^2).
    """

    boxes_px: Array
    rates_pxps: Array
    covariances: Array

    def __len__(self) -> int:
        return len(self.boxes_px)

    @classmethod
    def born(cls, boxes_px: Array) -> BoxStates:
        """(n, 4) boxes at their first sight, standing, with much doubt about their rates."""
        boxes = np.asarray(boxes_px, np.float64).reshape(-1, 4)
        rate = (RATE_SIGMA_SIZES_PS * _sizes(boxes)) ** 2
        return cls(boxes, np.zeros_like(boxes), np.column_stack([_noise(boxes), np.zeros(len(boxes)), rate]))

    def rows(self, rows: Array) -> BoxStates:
        """Those of (k,) indices or of an (n,) mask."""
        return BoxStates(self.boxes_px[rows], self.rates_pxps[rows], self.covariances[rows])

    def joined(self, others: BoxStates) -> BoxStates:
        """These, then `others`."""
        return BoxStates(
            np.concatenate([self.boxes_px, others.boxes_px]),
            np.concatenate([self.rates_pxps, others.rates_pxps]),
            np.concatenate([self.covariances, others.covariances]),
        )

    def predicted(self, dt_s: float) -> BoxStates:
        """After `dt_s` seconds of even motion."""
        place, cross, rate = self.covariances.T
        kick = (ACCELERATION_SIGMA_SIZES_PS2 * _sizes(self.boxes_px)) ** 2
        # Acceleration held over one step (Bar-Shalom, Estimation with Applications, 6.3.2).
        covariances = np.column_stack(
            [
                place + 2.0 * dt_s * cross + dt_s**2 * rate + dt_s**4 / 4.0 * kick,
                cross + dt_s * rate + dt_s**3 / 2.0 * kick,
                rate + dt_s**2 * kick,
            ]
        )
        return BoxStates(self.boxes_px + dt_s * self.rates_pxps, self.rates_pxps, covariances)

    def updated(self, rows: Array, boxes_px: Array) -> BoxStates:
        """With the (k, 4) boxes in which those of (k,) distinct indices were seen."""
        boxes = np.asarray(boxes_px, np.float64)
        place, cross, rate = self.covariances[rows].T
        spread = place + _noise(boxes)
        gain, rate_gain = place / spread, cross / spread
        surprise = boxes - self.boxes_px[rows]
        places, rates, covariances = (a.copy() for a in (self.boxes_px, self.rates_pxps, self.covariances))
        places[rows] += gain[:, None] * surprise
        rates[rows] += rate_gain[:, None] * surprise
        covariances[rows] = np.column_stack(
            [(1.0 - gain) * place, (1.0 - gain) * cross, rate - rate_gain * cross]
        )
        return BoxStates(places, rates, covariances)


def _sizes(boxes: Array) -> Array:
    """(n,) side of the square as large as each (n, 4) box, at least a pixel."""
    size: Array = np.sqrt(np.prod(np.maximum(boxes[:, 2:] - boxes[:, :2], 1.0), axis=1))
    return size


def _noise(boxes: Array) -> Array:
    """(n,) variance of a side of each detected (n, 4) box, px^2."""
    return SIDE_SIGMA_PX**2 + (SIDE_SIGMA_OF_SIZE * _sizes(boxes)) ** 2
