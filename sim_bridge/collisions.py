"""Collisions of the ego, and whose fault they were."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

import carla
import numpy as np

from data.types import CollisionEvent, Pose2
from sim_bridge.axes import vector_from_carla

# nuPlan's at-fault rule: a stopped ego and one hit from behind are not to blame
# (nuplan-devkit, no_ego_at_fault_collisions; thresholds of its `is_track_stopped` and `is_agent_behind`).
STOPPED_MPS = 0.1
BEHIND_RAD = np.deg2rad(150.0)
# CARLA reports a lasting contact in every step; it counts anew after this pause.
_APART_FRAMES = 20
_KEPT_FRAMES = 10


@dataclass(frozen=True, eq=False)
class _Moment:
    frame: int
    speed_mps: float
    pose: Pose2


class CollisionJudge:
    """Turns CARLA's contact events into collisions with their fault."""

    def __init__(self) -> None:
        self._moments: deque[_Moment] = deque(maxlen=_KEPT_FRAMES)
        self._last_contact: dict[int, int] = {}

    def remember(self, frame: int, speed_mps: float, pose: Pose2) -> None:
        """Notes how the ego moved at a frame; fault is judged by the frame before the contact."""
        self._moments.append(_Moment(frame, speed_mps, pose))

    def judge(self, events: Iterable[carla.CollisionEvent]) -> tuple[CollisionEvent, ...]:
        """The collisions that begin with these contacts, in order of frame and actor."""
        found = []
        for event in sorted(events, key=lambda event: (event.frame, event.other_actor.id)):
            other = event.other_actor
            last = self._last_contact.get(other.id, -(10**9))
            self._last_contact[other.id] = event.frame
            if event.frame - last > _APART_FRAMES:
                found.append(self._collision(event, other))
        return tuple(found)

    def _collision(self, event: carla.CollisionEvent, other: carla.Actor) -> CollisionEvent:
        impulse = event.normal_impulse
        moving_thing = other.type_id.startswith(("vehicle.", "walker."))
        return CollisionEvent(
            other_kind=other.type_id,
            other_id=other.id if moving_thing else 0,
            impulse_ns=float(np.hypot(np.hypot(impulse.x, impulse.y), impulse.z)),
            at_fault=self._at_fault(event.frame, other, moving_thing),
        )

    def _at_fault(self, frame: int, other: carla.Actor, moving_thing: bool) -> bool:
        before = [moment for moment in self._moments if moment.frame < frame]
        if not before:
            return True
        moment = before[-1]
        if abs(moment.speed_mps) < STOPPED_MPS:
            return False
        if not moving_thing:
            return True
        place = moment.pose.vehicle_from_world(vector_from_carla(other.get_location())[None, :2])[0]
        return bool(abs(np.arctan2(place[1], place[0])) <= BEHIND_RAD)
