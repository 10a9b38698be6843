"""The road seen from above: a picture resampled onto a grid of the ground plane."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from data.arrays import Array
from data.camera import Camera


@dataclass(frozen=True)
class GroundGrid:
    """Cells of the ground plane in vehicle axes; row 0 is the nearest, column 0 the leftmost.

    Attributes:
        near_m: x of the first row.
        far_m: x at which the grid ends.
        half_width_m: it reaches so far to either side.
        row_m: length of a cell.
        column_m: width of a cell.
    """

    near_m: float
    far_m: float
    half_width_m: float = 8.0
    row_m: float = 0.25
    column_m: float = 0.05

    @property
    def x_m(self) -> Array:
        """(rows,) float64 x of the middle of each row."""
        return np.arange(self.near_m + 0.5 * self.row_m, self.far_m, self.row_m)

    @property
    def y_m(self) -> Array:
        """(columns,) float64 y of the middle of each column, falling from left to right."""
        count = round(2.0 * self.half_width_m / self.column_m)
        return self.half_width_m - self.column_m * (np.arange(count) + 0.5)


class BirdsEye:
    """Resamples pictures of one camera onto a ground grid, along maps that are computed once.

    Args:
        camera: which looks ahead.
        grid: of the ground.
    """

    def __init__(self, camera: Camera, grid: GroundGrid) -> None:
        self.grid = grid
        x, y = np.meshgrid(grid.x_m, grid.y_m, indexing="ij")
        points = np.column_stack([x.ravel(), y.ravel(), np.zeros(x.size)])
        pixels, depth = camera.project(points)
        inside = (depth > 0.1) & (pixels >= 0.0).all(axis=1)
        inside &= (pixels < (camera.width, camera.height)).all(axis=1)
        # Pixel centres lie at integer + 0.5, cv2 counts from the first centre.
        maps = np.where(inside[:, None], pixels - 0.5, -10.0).astype(np.float32).reshape(*x.shape, 2)
        self._maps = cv2.convertMaps(maps, None, cv2.CV_16SC2)
        # Cells next to the picture's border are left out: a filter would see the border there.
        seen = inside.reshape(x.shape).astype(np.uint8)
        self.seen: Array = cv2.erode(seen, np.ones((1, 15), np.uint8), borderValue=0) > 0

    def warp(self, picture: Array) -> Array:
        """(rows, columns, ...) of the dtype of the (height, width, ...) picture; 0 where it does not see."""
        first, second = self._maps
        warped: Array = cv2.remap(picture, first, second, cv2.INTER_LINEAR, borderValue=0)
        return warped


def nearest_ground_m(camera: Camera, far_m: float) -> float:
    """Distance at which sight of the ground begins: x in vehicle axes at the picture's lower edge, m.

    Raises:
        ValueError: the camera's lower edge does not look at the ground, or only beyond `far_m`.
    """
    x = float(camera.ground_points(np.array([[0.5 * camera.width, camera.height - 0.5]]))[0, 0])
    if not np.isfinite(x):
        raise ValueError(f"camera {camera.name}: its lower edge looks above the horizon; it sees no road")
    if x >= far_m:
        raise ValueError(
            f"camera {camera.name}: sees the road from {x:.0f} m on only; {far_m:.0f} m is the farthest"
        )
    return x
