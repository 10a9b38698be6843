"""Which box continues which track: ByteTrack (Zhang et al., ECCV 2022), the association alone.

Boxes of high score choose among all tracks first; those of low score, often the same things half hidden, may
then continue the tracks that are left but never start one.
"""

from __future__ import annotations

from dataclasses import dataclass

import lap
import numpy as np

from data.arrays import Array
from perception.tracking.box_filter import BoxStates

SURE_SCORE = 0.4  # from here on a score is high
MIN_IOU = 0.15  # between a box and where its track was expected
CONFIRMED_AFTER = 3  # frames in a row
LOST_NS = 800_000_000  # how long a track that is not seen may still be found again
NOT_CONFIRMED = -1


@dataclass(frozen=True, eq=False)
class _Tracks:
    """What is known of n tracks.

    Attributes:
        states: where they are in the picture.
        kinds: (n,) int64, what they are.
        ids: (n,) int64 numbers, `NOT_CONFIRMED` while they have none.
        hits: (n,) int64 boxes seen so far.
        seen_ns: (n,) int64 time of the last.
    """

    states: BoxStates
    kinds: Array
    ids: Array
    hits: Array
    seen_ns: Array

    @classmethod
    def born(cls, boxes_px: Array, kinds: Array, t_ns: int) -> _Tracks:
        ids, hits, seen_ns = np.full((3, len(kinds)), [[NOT_CONFIRMED], [1], [t_ns]], np.int64)
        return cls(BoxStates.born(boxes_px), kinds, ids, hits, seen_ns)

    def rows(self, rows: Array) -> _Tracks:
        states = self.states.rows(rows)
        return _Tracks(states, self.kinds[rows], self.ids[rows], self.hits[rows], self.seen_ns[rows])

    def joined(self, others: _Tracks) -> _Tracks:
        return _Tracks(
            self.states.joined(others.states),
            np.concatenate([self.kinds, others.kinds]),
            np.concatenate([self.ids, others.ids]),
            np.concatenate([self.hits, others.hits]),
            np.concatenate([self.seen_ns, others.seen_ns]),
        )


class ByteTracker:
    """Follows boxes through the picture and numbers the tracks that it confirms 1, 2, ..."""

    def __init__(self) -> None:
        self._tracks = _Tracks.born(np.zeros((0, 4)), np.zeros(0, np.int64), 0)
        self._confirmed = 0
        self._t_ns = 0

    def update(self, boxes_px: Array, scores: Array, kinds: Array, t_ns: int) -> Array:
        """Takes in one frame.

        Args:
            boxes_px: (n, 4) xyxy.
            scores: (n,).
            kinds: (n,) integers; a track is continued by boxes of its own kind only.
            t_ns: time of the frame, not before that of the last one; it may be the same.

        Returns:
            (n,) int64 number of the track that each box continues, `NOT_CONFIRMED` where there is none (yet).
        """
        dt_s, self._t_ns = 1e-9 * (t_ns - self._t_ns), t_ns
        if not len(kinds) and not len(self._tracks.ids):
            return np.zeros(0, np.int64)
        old = self._tracks.rows(t_ns - self._tracks.seen_ns <= LOST_NS)
        states = old.states.predicted(dt_s)
        sure = scores >= SURE_SCORE
        affinity = np.where(old.kinds[:, None] == kinds, _iou(states.boxes_px, boxes_px), 0.0)
        rows, columns = _two_stages(affinity, sure)
        found = np.zeros(len(old.ids), bool)
        found[rows] = True
        hits, seen_ns = old.hits + found, np.where(found, t_ns, old.seen_ns)
        ids = self._numbered(old.ids, hits)
        tracks = _Tracks(states.updated(rows, boxes_px[columns]), old.kinds, ids, hits, seen_ns)
        # A track is confirmed by frames in a row: one that missed a frame before that was a false alarm.
        tracks = tracks.rows(found | (ids != NOT_CONFIRMED))
        fresh = sure.copy()
        fresh[columns] = False
        self._tracks = tracks.joined(_Tracks.born(boxes_px[fresh], kinds[fresh], t_ns))
        id_of_box = np.full(len(kinds), NOT_CONFIRMED, np.int64)
        id_of_box[columns] = ids[rows]
        return id_of_box

    def _numbered(self, ids: Array, hits: Array) -> Array:
        """The (n,) `ids`, with new numbers for the tracks that (n,) `hits` confirm, the older first."""
        new = (ids == NOT_CONFIRMED) & (hits >= CONFIRMED_AFTER)
        numbers: Array = np.where(new, self._confirmed + np.cumsum(new), ids)
        self._confirmed += int(np.count_nonzero(new))
        return numbers


def _two_stages(affinity: Array, sure: Array) -> tuple[Array, Array]:
    """Pairs of (k,) rows and (k,) columns of the (m, n) affinity of tracks and boxes.

    The (n,) `sure` boxes choose first, the others among the tracks that are left.
    """
    high, low = np.flatnonzero(sure), np.flatnonzero(~sure)
    rows, columns = _pairs(affinity[:, high])
    left = np.delete(np.arange(len(affinity)), rows)
    late_rows, late_columns = _pairs(affinity[np.ix_(left, low)])
    return np.concatenate([rows, left[late_rows]]), np.concatenate([high[columns], low[late_columns]])


def _pairs(affinity: Array) -> tuple[Array, Array]:
    """The rows and columns of an (m, n) affinity that together are most alike, each pair by `MIN_IOU`."""
    if not affinity.size:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    _, column_of, _ = lap.lapjv(1.0 - affinity, extend_cost=True, cost_limit=1.0 - MIN_IOU)
    rows = np.flatnonzero(column_of >= 0)
    return rows, column_of[rows]


def _iou(a: Array, b: Array) -> Array:
    """(m, n) intersection over union of (m, 4) and (n, 4) xyxy boxes."""
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.maximum(high - low, 0.0).prod(axis=2)
    area_a, area_b = (np.maximum(box[:, 2:] - box[:, :2], 0.0).prod(axis=1) for box in (a, b))
    iou: Array = shared / np.maximum(area_a[:, None] + area_b - shared, 1e-9)
    return iou
