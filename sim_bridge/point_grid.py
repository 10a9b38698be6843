"""Finds the points near a place without looking at all of them: an index of square cells."""

from __future__ import annotations

import numpy as np

from data.arrays import Array


class PointGrid:
    """Cells as wide as the reach, so that whatever is within reach lies in the nine cells around.

    Args:
        points: (n, 3), n > 0, m.
        reach_m: how far `near` looks.
    """

    def __init__(self, points: Array, reach_m: float) -> None:
        x, y, _ = np.asarray(points, np.float64).T
        self._reach_m = reach_m
        self._low_x, self._low_y = float(x.min()) - reach_m, float(y.min()) - reach_m
        columns, rows = (x - self._low_x) // reach_m, (y - self._low_y) // reach_m
        # Cells are numbered along y first, with two empty ones between the columns.
        self._stride = int(rows.max()) + 3
        cells = (columns * self._stride + rows).astype(np.int64)
        self._order = np.argsort(cells, kind="stable")
        self._cells = cells[self._order]
        self._coordinates = np.ascontiguousarray(np.asarray(points, np.float64)[self._order].T)
        # The cells before, at and after a row, in its column and in those beside it.
        self._around = self._stride * np.array([[-1], [0], [1]]) + np.array([-1, 2])

    def near(self, x_m: float, y_m: float, z_m: float) -> Array:
        """(k,) rising indices of the points within reach of a place; where there are none, of the nearest."""
        column, row = (x_m - self._low_x) // self._reach_m, (y_m - self._low_y) // self._reach_m
        bounds = np.searchsorted(self._cells, int(column * self._stride + row) + self._around)
        around = np.concatenate([np.arange(low, high) for low, high in bounds.tolist()])
        found = around[self._squares(x_m, y_m, z_m, around) <= self._reach_m**2]
        if not len(found):
            found = np.array([self._squares(x_m, y_m, z_m, slice(None)).argmin()])
        return np.sort(self._order[found])

    def _squares(self, x_m: float, y_m: float, z_m: float, which: Array | slice) -> Array:
        """(k,) squared distances of some of the sorted points, m^2."""
        x, y, z = self._coordinates[:, which]
        squares: Array = (x - x_m) ** 2 + (y - y_m) ** 2 + (z - z_m) ** 2
        return squares
