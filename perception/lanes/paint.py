"""Where paint is on the road: thin ridges, brighter than the asphalt on both of their sides."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from data.arrays import Array
from perception.lanes.birds_eye import BirdsEye

LINE_M = 0.15  # width over which the inside of a line is averaged
SIDE_M = 0.3  # from a line's middle to the asphalt beside it
SMOOTH_M = 0.75  # along the road; shorter things are no lines
# A ridge must be brighter than its sides by this share of them: independent of light and shadow.
CONTRAST = 0.16
DARK = 24.0  # of 255, added to the sides so that noise in the dark is no contrast
MOST_POINTS = 800
# Stripes of a crosswalk lie side by side, nearer to one another than lines of lanes and farther apart than
# the two of a double line.
STRIPE_GAPS_M = (0.45, 1.7)
STRIPES = 4  # so many side by side are a crosswalk


@dataclass(frozen=True, eq=False)
class PaintPoints:
    """Middles of ridges, one a row and line.

    Attributes:
        rows: (n,) int64 row of the ground grid.
        x_m: (n,) float64 vehicle axes.
        y_m: (n,) float64 vehicle axes.
        weight: (n,) float64 0..1, by contrast.
    """

    rows: Array
    x_m: Array
    y_m: Array
    weight: Array


def find_paint(rgb: Array, birds_eye: BirdsEye) -> PaintPoints:
    """Points of paint in an (h, w, 3) uint8 picture."""
    contrast = _ridges(_brightness(birds_eye.warp(rgb)), birds_eye)
    contrast[~birds_eye.seen] = 0.0
    highest = cv2.dilate(contrast, np.ones((1, 2 * _columns(LINE_M, birds_eye) + 1), np.uint8))
    rows, columns = np.nonzero((contrast >= highest) & (contrast > CONTRAST))
    lines = ~_stripes(rows, columns * birds_eye.grid.column_m)
    rows, columns = rows[lines], columns[lines]
    if len(rows) > MOST_POINTS:
        strongest = np.argsort(-contrast[rows, columns], kind="stable")[:MOST_POINTS]
        rows, columns = rows[strongest], columns[strongest]
    weight = np.clip(contrast[rows, columns] / (3.0 * CONTRAST), 0.0, 1.0).astype(np.float64)
    grid = birds_eye.grid
    return PaintPoints(rows, grid.x_m[rows], grid.y_m[columns], weight)


def _stripes(rows: Array, across_m: Array) -> Array:
    """(n,) bool, which of the ridges, given row by row and across each, are a crosswalk's."""
    if len(rows) < STRIPES:
        return np.zeros(len(rows), bool)
    gaps = np.diff(across_m)
    side_by_side = (np.diff(rows) == 0) & (gaps < STRIPE_GAPS_M[1])
    group = np.concatenate([[0], np.cumsum(~side_by_side)])
    apart = np.concatenate([[False], side_by_side & (gaps > STRIPE_GAPS_M[0])])
    return np.asarray(np.bincount(group, apart)[group] >= STRIPES - 1)


def _brightness(rgb: Array) -> Array:
    """(h, w) float32: the brighter of red and green, in which white and yellow paint look alike."""
    bright: Array = cv2.max(rgb[..., 0], rgb[..., 1]).astype(np.float32)
    return bright


def _ridges(bright: Array, birds_eye: BirdsEye) -> Array:
    """(rows, columns) float32 by how much of its sides' brightness each cell stands out of both.

    `2 m - l - r - |l - r|` is twice what the middle has over the brighter side: a step, as at a kerb or the
    edge of a shadow, gives nothing.
    """
    inner = _columns(LINE_M, birds_eye) | 1
    along = round(SMOOTH_M / birds_eye.grid.row_m) | 1
    middle = cv2.blur(bright, (inner, along), borderType=cv2.BORDER_REPLICATE)
    step = _columns(SIDE_M, birds_eye)
    left = np.empty_like(middle)
    right = np.empty_like(middle)
    left[:, step:], left[:, :step] = middle[:, :-step], middle[:, :1]
    right[:, :-step], right[:, -step:] = middle[:, step:], middle[:, -1:]
    sides: Array = cv2.max(left, right)
    return np.asarray((middle - sides) / (sides + DARK))


def _columns(width_m: float, birds_eye: BirdsEye) -> int:
    return max(round(width_m / birds_eye.grid.column_m), 1)
