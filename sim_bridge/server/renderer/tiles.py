"""Sorting triangles into square tiles of the picture; a tile's samples fit the nearest cache."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.renderer.cull import DrawList
from sim_bridge.server.renderer.jit import kernel, kernel_part
from sim_bridge.server.renderer.kernel_types import Index, Ints, Singles
from sim_bridge.server.renderer.setup import Triangles

TILE = 32


def tile_grid(width: int, height: int) -> tuple[int, int]:
    """How many tiles the picture has across and down."""
    return -(-width // TILE), -(-height // TILE)


@kernel_part
def _touched(box: Singles, t: Index) -> tuple[int, int, int, int]:
    """First and last tile column and row that the box of triangle t touches."""
    size = np.float32(TILE)
    across0, across1 = int(box[t, 0] / size), int(np.ceil(box[t, 1] / size)) - 1
    down0, down1 = int(box[t, 2] / size), int(np.ceil(box[t, 3] / size)) - 1
    return across0, across1, down0, down1


@kernel_part
def _misses(span: Singles, t: Index, x: int, y: int) -> bool:
    """Whether an edge of triangle t keeps it out of the tile in column x and row y of the grid.

    Its box may touch a tile that the triangle itself, being slanted, does not reach.
    """
    size = np.float32(TILE)
    left, top = np.float32(x) * size, np.float32(y) * size
    for edge in range(3):
        slope = span[t, edge, 0]
        high, low = slope * top, slope * (top + size)
        nearest, farthest = min(high, low), max(high, low)
        if nearest + span[t, edge, 1] > left + size or farthest + span[t, edge, 2] < left:
            return True
    return False


@kernel
def _count(draws: DrawList, triangles: Triangles, across: int, start: Ints) -> None:
    """Adds to start[tile + 1] the number of triangles that touch the tile, then sums up."""
    for d in range(len(draws.mesh)):
        at = draws.face_at[d]
        for t in range(at, at + triangles.drawn[d]):
            x0, x1, y0, y1 = _touched(triangles.box, t)
            several = x1 > x0 or y1 > y0
            for y in range(y0, y1 + 1):
                for x in range(x0, x1 + 1):
                    if not (several and _misses(triangles.span, t, x, y)):
                        start[y * across + x + 1] += 1
    for tile in range(len(start) - 1):
        start[tile + 1] += start[tile]


@kernel
def _fill(draws: DrawList, triangles: Triangles, across: int, at: Ints, lists: Ints) -> None:
    """Writes each triangle to the lists of the tiles it touches; at[tile] is where its next entry goes."""
    for d in range(len(draws.mesh)):
        first = draws.face_at[d]
        for t in range(first, first + triangles.drawn[d]):
            x0, x1, y0, y1 = _touched(triangles.box, t)
            several = x1 > x0 or y1 > y0
            for y in range(y0, y1 + 1):
                for x in range(x0, x1 + 1):
                    if several and _misses(triangles.span, t, x, y):
                        continue
                    tile = y * across + x
                    lists[at[tile]] = t
                    at[tile] += 1


def sort_into_tiles(draws: DrawList, triangles: Triangles, across: int, down: int) -> tuple[Ints, Ints]:
    """Lists for each tile the triangles that touch it, nearest instance first.

    Returns:
        (tiles + 1,) int32, where each tile's list begins; and (n,) int32, triangles.
    """
    start = np.zeros(across * down + 1, np.int32)
    _count(draws, triangles, across, start)
    lists = np.empty(start[-1], np.int32)
    _fill(draws, triangles, across, start[:-1].copy(), lists)
    return start, lists
