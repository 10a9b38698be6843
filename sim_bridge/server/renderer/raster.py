"""Which triangle each sample of a tile sees."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.renderer.scene import Array
from sim_bridge.server.renderer.setup import SAMPLE_X, SAMPLE_Y, Triangles
from sim_bridge.server.renderer.tiles import TILE

# What a sample holds that sees no triangle.
SKY = -1


@kernel
def rasterise(triangles: Triangles, lists: Array, first: int, last: int, x0: int, y0: int, inverse, seen):
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
    for entry in range(first, last):
        t = lists[entry]
        box, span = triangles.box[t], triangles.span[t]
        wx, wy, w0 = triangles.plane[t, 0], triangles.plane[t, 1], triangles.plane[t, 2]
        low, high = max(box[0], np.float32(x0)), min(box[1], np.float32(x0 + TILE))
        for s in range(4):
            sx, sy = np.float32(SAMPLE_X[s]), np.float32(SAMPLE_Y[s])
            top = max(int(np.ceil(box[2] - sy)), y0)
            bottom = min(int(np.ceil(box[3] - sy)), y0 + TILE)
            for row in range(top, bottom):
                y = np.float32(row) + sy
                left = max(span[0, 0] * y + span[0, 1], span[1, 0] * y + span[1, 1])
                left = max(left, max(span[2, 0] * y + span[2, 1], low))
                right = min(span[0, 0] * y + span[0, 2], span[1, 0] * y + span[1, 2])
                right = min(right, min(span[2, 0] * y + span[2, 2], high))
                if not left < right:
                    continue
                start = int(np.ceil(left - sx)) - x0
                stop = int(np.ceil(right - sx)) - x0
                base = wx * (np.float32(x0) + sx) + (wy * y + w0)
                near, which = inverse[s, row - y0], seen[s, row - y0]
                for column in range(max(start, 0), min(stop, TILE)):
                    w = base + wx * np.float32(column)
                    if w > near[column]:
                        near[column] = w
                        which[column] = t
