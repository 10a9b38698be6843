"""Trees of boxes: which of many boxes a ray can hit is found without looking at all of them.

Binned surface area heuristic (I. Wald, "On fast construction of SAH-based bounding volume hierarchies",
2007), on all three axes.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.renderer.kernel_types import Ints, Singles
from sim_bridge.server.renderer.scene import Array

# Boxes in a leaf at most, unless they cannot be told apart.
LEAF = 3
BINS = 12
# Deeper than this the boxes are halved by number, so that no tree is deeper than DEEPEST.
_HALVE_BELOW = 40
DEEPEST = 72
# Rays are followed in single precision: boxes are larger by what rounding can make of a coordinate.
_SLACK_M, _SLACK = 2e-4, 4e-7


class Trees(NamedTuple):
    """Several trees laid end to end, N nodes.

    Attributes:
        box: (N, 6) float32, low corner and high corner, metres.
        first: (N,) int32, the first of two neighbouring child nodes; for a leaf its first place in `order`.
        held: (N,) int32, boxes of a leaf; 0 for a node with children.
        root: (T,) int32, the top node of each tree.
    """

    box: Array
    first: Array
    held: Array
    root: Array


class _Room(NamedTuple):
    """Where one tree is grown.

    Attributes:
        todo: (DEEPEST + 1, 4) int32: node, first box, box after the last one, depth.
        bin_box: (3, BINS, 6) float32.
        bin_count: (3, BINS) int32.
        cost: (BINS,) float32, of everything right of a cut.
    """

    todo: Ints
    bin_box: Singles
    bin_count: Ints
    cost: Singles


def grown(low: Array, high: Array, starts: Array) -> tuple[Trees, Array]:
    """Grows one tree over each group of boxes; no group may be empty.

    Args:
        low: (n, 3) float32, metres.
        high: (n, 3) float32.
        starts: (T + 1,) int32, where each group begins.

    Returns:
        The trees, and (n,) int32, the boxes in the order in which leaves name them.
    """
    count, slack = len(low), np.float32(_SLACK)
    low, high = np.asarray(low, np.float32), np.asarray(high, np.float32)
    wide = np.float32(_SLACK_M) + slack * np.maximum(np.abs(low), np.abs(high))
    low, high = low - wide, high + wide
    order = np.arange(count, dtype=np.int32)
    trees = Trees(
        np.empty((2 * count, 6), np.float32),
        np.empty(2 * count, np.int32),
        np.empty(2 * count, np.int32),
        np.empty(len(starts) - 1, np.int32),
    )
    room = _Room(
        np.empty((DEEPEST + 1, 4), np.int32),
        np.empty((3, BINS, 6), np.float32),
        np.empty((3, BINS), np.int32),
        np.empty(BINS, np.float32),
    )
    used = _grow(low, high, np.asarray(starts, np.int32), order, trees, room)
    box, first, held = (array[:used].copy() for array in trees[:3])
    return Trees(box, first, held, trees.root), order


@kernel
def _grow(low: Singles, high: Singles, starts: Ints, order: Ints, trees: Trees, room: _Room) -> int:
    """Fills `trees` and sorts `order`; returns how many nodes were needed."""
    box, first, held, root = trees
    todo, bin_box, bin_count, cost = room
    infinite, zero = np.float32(np.inf), np.float32(0.0)
    used = 0
    for tree in range(len(root)):
        root[tree] = used
        todo[0, 0], todo[0, 1], todo[0, 2], todo[0, 3] = used, starts[tree], starts[tree + 1], 0
        used += 1
        waiting = 1
        while waiting > 0:
            waiting -= 1
            node, begin, end = todo[waiting, 0], todo[waiting, 1], todo[waiting, 2]
            depth = todo[waiting, 3]
            # The box of the node, and that of the middles of its boxes, on each axis.
            widest = zero
            for axis in range(3):
                lowest, highest, first_middle, last_middle = infinite, -infinite, infinite, -infinite
                for place in range(begin, end):
                    lo, hi = low[order[place], axis], high[order[place], axis]
                    middle = lo + hi
                    lowest = lo if lo < lowest else lowest
                    highest = hi if hi > highest else highest
                    first_middle = middle if middle < first_middle else first_middle
                    last_middle = middle if middle > last_middle else last_middle
                box[node, axis], box[node, 3 + axis] = lowest, highest
                if last_middle - first_middle > widest:
                    widest = last_middle - first_middle
                # Sort into bins.
                for each in range(BINS):
                    bin_count[axis, each] = 0
                    for side in range(3):
                        bin_box[axis, each, side], bin_box[axis, each, 3 + side] = infinite, -infinite
                if not last_middle > first_middle:
                    continue
                scale = np.float32(BINS * 0.9999) / (last_middle - first_middle)
                for place in range(begin, end):
                    i = order[place]
                    each = int((low[i, axis] + high[i, axis] - first_middle) * scale)
                    bin_count[axis, each] += 1
                    for side in range(3):
                        lo, hi = low[i, side], high[i, side]
                        if lo < bin_box[axis, each, side]:
                            bin_box[axis, each, side] = lo
                        if hi > bin_box[axis, each, 3 + side]:
                            bin_box[axis, each, 3 + side] = hi
            size = end - begin
            if size <= LEAF or not widest > zero:
                first[node], held[node] = begin, size
                continue
            # The cheapest cut: the sum of surfaces, each times the boxes behind it.
            best, best_axis, best_bin = infinite, -1, 0
            for axis in range(3):
                x0, y0, z0, x1, y1, z1 = infinite, infinite, infinite, -infinite, -infinite, -infinite
                behind = 0
                for each in range(BINS - 1, 0, -1):
                    b = bin_box[axis, each]
                    x0, y0, z0 = min(x0, b[0]), min(y0, b[1]), min(z0, b[2])
                    x1, y1, z1 = max(x1, b[3]), max(y1, b[4]), max(z1, b[5])
                    behind += bin_count[axis, each]
                    a, d, h = x1 - x0, y1 - y0, z1 - z0
                    cost[each] = (a * d + d * h + h * a) * np.float32(behind) if behind > 0 else infinite
                x0, y0, z0, x1, y1, z1 = infinite, infinite, infinite, -infinite, -infinite, -infinite
                before = 0
                for each in range(BINS - 1):
                    b = bin_box[axis, each]
                    x0, y0, z0 = min(x0, b[0]), min(y0, b[1]), min(z0, b[2])
                    x1, y1, z1 = max(x1, b[3]), max(y1, b[4]), max(z1, b[5])
                    before += bin_count[axis, each]
                    if before == 0:
                        continue
                    a, d, h = x1 - x0, y1 - y0, z1 - z0
                    total = (a * d + d * h + h * a) * np.float32(before) + cost[each + 1]
                    if total < best:
                        best, best_axis, best_bin = total, axis, each
            split = (begin + end) // 2
            if depth < _HALVE_BELOW and best_axis >= 0:
                first_middle, last_middle = infinite, -infinite
                for place in range(begin, end):
                    middle = low[order[place], best_axis] + high[order[place], best_axis]
                    first_middle = middle if middle < first_middle else first_middle
                    last_middle = middle if middle > last_middle else last_middle
                scale = np.float32(BINS * 0.9999) / (last_middle - first_middle)
                split, right = begin, end - 1
                while split <= right:
                    i = order[split]
                    if int((low[i, best_axis] + high[i, best_axis] - first_middle) * scale) <= best_bin:
                        split += 1
                    else:
                        order[split], order[right] = order[right], i
                        right -= 1
            first[node], held[node] = used, 0
            for child in range(2):
                todo[waiting, 0] = used + child
                todo[waiting, 1] = begin if child == 0 else split
                todo[waiting, 2] = split if child == 0 else end
                todo[waiting, 3] = depth + 1
                waiting += 1
            used += 2
    return used
