"""Remembers road users that perception loses for a moment."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from data.arrays import Array
from data.types import ROAD_USERS, EgoState, ObjectClass, Objects

IS_ROAD_USER = np.array([kind in ROAD_USERS for kind in ObjectClass])  # indexed by class
IS_WALKER = np.array([kind == ObjectClass.PEDESTRIAN for kind in ObjectClass])
# Near the ego and far off its axis, a vehicle leaves the picture: its velocity cannot be measured any more.
EDGE_RAD, EDGE_X_M, CAMERA_X_M = 0.5, 9.0, 1.5
# A slower vehicle may be a parked one whose measured place wanders; turned across the lane it would block us.
HEADING_MPS = 2.0
SAME_PLACE_M = 3.0  # a newly seen object this near to a remembered one is the same under a new number


@dataclass(frozen=True, eq=False)
class RoadUsers:
    """Road users in vehicle axes, those of the moment and those remembered.

    Attributes:
        ids: (n,) int64 track ids.
        classes: (n,) int64 values of `ObjectClass`.
        positions_m: (n, 2) float64 nearest points of the footprints.
        velocities_mps: (n, 2) float64 over ground.
        extents_m: (n, 2) float64 length and width.
        headings_rad: (n,) float64 last direction of motion, NaN when it was never seen moving.
        ages_s: (n,) float64 time since it was last seen.
        frames: (n,) int64 how often it was seen.
    """

    ids: Array
    classes: Array
    positions_m: Array
    velocities_mps: Array
    extents_m: Array
    headings_rad: Array
    ages_s: Array
    frames: Array

    def __len__(self) -> int:
        return len(self.ids)

    def select(self, keep: Array) -> RoadUsers:
        """Those that a boolean mask or an index array names."""
        return RoadUsers(*(getattr(self, name)[keep] for name in self.__dataclass_fields__))

    def joined(self, other: RoadUsers) -> RoadUsers:
        """These and `other`."""
        names = self.__dataclass_fields__
        return RoadUsers(*(np.concatenate([getattr(self, n), getattr(other, n)]) for n in names))


def no_road_users() -> RoadUsers:
    """Nobody."""
    two, whole, real = np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros(0)
    return RoadUsers(whole, whole, two, two, two, real, real, whole)


class ObjectMemory:
    """Keeps lost road users for a while, moved on by their own and the ego's motion."""

    def __init__(self, memory_s: float, still_mps: float) -> None:
        self._memory_s = memory_s
        self._still_mps = still_mps
        self._known = no_road_users()

    def update(self, objects: Objects, ego: EgoState, dt_s: float) -> RoadUsers:
        """Returns the road users of this frame and those lost in mid picture less than `memory_s` ago.

        Objects without a measured place and tracks that are not confirmed yet (id -1) are left out.
        """
        if not len(objects) and not len(self._known):
            return self._known
        before = _moved(self._known, ego, dt_s)
        seen = self._with_history(_usable(objects), before)
        again = (before.ids[:, None] == seen.ids[None]).any(axis=1)
        lost = (
            ~again & (before.ages_s <= self._memory_s) & ~_at_edge(before) & (before.positions_m[:, 0] > 0.0)
        )
        if len(seen) and lost.any():
            gaps = np.linalg.norm(before.positions_m[:, None] - seen.positions_m[None], axis=2)
            lost &= gaps.min(axis=1) > SAME_PLACE_M
        self._known = seen.joined(before.select(lost))
        return self._known

    def _with_history(self, seen: RoadUsers, before: RoadUsers) -> RoadUsers:
        """Fills in what only the past tells: how often each was seen, the way it last went."""
        headings, frames = np.full(len(seen), np.nan), np.ones(len(seen), np.int64)
        velocities = np.where(_at_edge(seen)[:, None], 0.0, seen.velocities_mps)
        if len(before) and len(seen):
            same = seen.ids[:, None] == before.ids[None]
            found, index = same.any(axis=1), same.argmax(axis=1)
            headings = np.where(found, before.headings_rad[index], np.nan)
            frames = np.where(found, before.frames[index] + 1, 1)
            hold = found & _at_edge(seen)
            velocities = np.where(hold[:, None], before.velocities_mps[index], velocities)
        enough = np.where(IS_WALKER[seen.classes], self._still_mps, HEADING_MPS)
        moving = np.hypot(velocities[:, 0], velocities[:, 1]) > enough
        headings = np.where(moving, np.arctan2(velocities[:, 1], velocities[:, 0]), headings)
        return replace(seen, velocities_mps=velocities, headings_rad=headings, frames=frames)


def _at_edge(seen: RoadUsers) -> Array:
    """(n,) vehicles that are only partly in the picture."""
    x, y = seen.positions_m[:, 0], seen.positions_m[:, 1]
    aside = np.abs(np.arctan2(y, x - CAMERA_X_M)) > EDGE_RAD
    edge: Array = aside & (x < EDGE_X_M) & ~IS_WALKER[seen.classes]
    return edge


def _usable(objects: Objects) -> RoadUsers:
    place = np.isfinite(objects.positions_m).all(axis=1) & np.isfinite(objects.velocities_mps).all(axis=1)
    keep = place & (objects.track_ids >= 0) & IS_ROAD_USER[objects.classes]
    count = int(keep.sum())
    return RoadUsers(
        ids=objects.track_ids[keep].astype(np.int64),
        classes=objects.classes[keep].astype(np.int64),
        positions_m=objects.positions_m[keep].astype(np.float64),
        velocities_mps=objects.velocities_mps[keep].astype(np.float64),
        extents_m=objects.extents_m[keep].astype(np.float64),
        headings_rad=np.full(count, np.nan),
        ages_s=np.zeros(count),
        frames=np.ones(count, np.int64),
    )


def _moved(known: RoadUsers, ego: EgoState, dt_s: float) -> RoadUsers:
    """Where they are in the axes of a vehicle that drove on for `dt_s`."""
    turn = ego.yaw_rate_radps * dt_s
    back = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    place = known.positions_m + known.velocities_mps * dt_s - (ego.speed_mps * dt_s, 0.0)
    return RoadUsers(
        known.ids,
        known.classes,
        place @ back,
        known.velocities_mps @ back,
        known.extents_m,
        known.headings_rad - turn,
        known.ages_s + dt_s,
        known.frames,
    )
