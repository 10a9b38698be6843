"""Which triangle each sample of a tile sees."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.renderer.jit import kernel_part
from sim_bridge.server.renderer.kernel_types import Index, Ints, Singles
from sim_bridge.server.renderer.setup import SAMPLE_X, SAMPLE_Y, Triangles
from sim_bridge.server.renderer.tiles import TILE

# What a sample holds that sees no triangle.
SKY = -1


@kernel_part
def rasterise(
    triangles: Triangles,
    lists: Ints,
    first: Index,
    last: Index,
    x0: Index,
    y0: Index,
    inverse: Singles,
    seen: Ints,
) -> None:
    """Draws one tile's triangles.

    Args:
        triangles: the picture's triangles.
        lists: (n,) int32, triangles of all tiles.
        first: where the tile's list begins.
        last: where it ends.
        x0: left pixel column of the tile.
        y0: top pixel row of the tile.
        inverse: (4, TILE, TILE) float32, filled with inverse depths, 1/m, of the four sample grids.
        seen: (4, TILE, TILE) int32, filled with triangles, or SKY.
    """
    inverse[:] = np.float32(0.0)
    seen[:] = SKY
    left_end, top_end = np.float32(x0), y0 + TILE
    for entry in range(first, last):
        t = lists[entry]
        low, high = max(triangles.box[t, 0], left_end), min(triangles.box[t, 1], left_end + np.float32(TILE))
        y_low, y_high = triangles.box[t, 2], triangles.box[t, 3]
        # Read once: for all the compiler knows, the stores below might change them.
        k0, l0, r0 = triangles.span[t, 0, 0], triangles.span[t, 0, 1], triangles.span[t, 0, 2]
        k1, l1, r1 = triangles.span[t, 1, 0], triangles.span[t, 1, 1], triangles.span[t, 1, 2]
        k2, l2, r2 = triangles.span[t, 2, 0], triangles.span[t, 2, 1], triangles.span[t, 2, 2]
        wx, wy, w0 = triangles.plane[t, 0], triangles.plane[t, 1], triangles.plane[t, 2]
        for s in range(4):
            sx, sy = np.float32(SAMPLE_X[s]), np.float32(SAMPLE_Y[s])
            top = max(int(np.ceil(y_low - sy)), y0)
            bottom = min(int(np.ceil(y_high - sy)), top_end)
            for row in range(top, bottom):
                y = np.float32(row) + sy
                e0, e1, e2 = k0 * y, k1 * y, k2 * y
                left = max(max(e0 + l0, e1 + l1), max(e2 + l2, low))
                right = min(min(e0 + r0, e1 + r1), min(e2 + r2, high))
                start, stop = int(np.ceil(left - sx)) - x0, int(np.ceil(right - sx)) - x0
                start, stop = max(start, 0), min(stop, TILE)
                if start >= stop:
                    continue
                base = wx * (left_end + sx) + (wy * y + w0)
                line = np.uint64(row - y0)
                near, which = inverse[s, line], seen[s, line]
                left_column, right_column = np.int32(start), np.int32(stop)
                # The whole row, for SIMD without a rest: most spans are shorter than a turn of its loop.
                for column in range(np.uint64(TILE)):
                    here = np.int32(column)
                    w = base + wx * np.float32(here)
                    nearer = (w > near[column]) & (here >= left_column) & (here < right_column)
                    near[column] = w if nearer else near[column]
                    which[column] = t if nearer else which[column]
