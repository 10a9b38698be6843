"""Who may enter a junction that stop and yield signs govern, for drivers who know only red and green.

CARLA's TrafficManager drives through such a junction without a look if its car is shown green, and makes an
all-way stop of it if it is shown anything else. So whoever has to wait is shown red, as at a light.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sim_bridge.server.maps.priority import NOWHERE, STOP_SIGN_TYPE, PriorityJunctions
from sim_bridge.server.transforms import Floats

STANDING_MPS = 0.3
STOP_S = 1.0
# Who has waited so long is let in by those with the right of way.
PATIENCE_S = 12.0


@dataclass
class _Visit:
    """One vehicle at one junction: on which approach it came, since when (s) it waits, whether it may go."""

    approach: int
    since: float
    stopped: float | None = None
    goes: bool = False


class GiveWay:
    """The junctions' memory.

    A junction takes vehicles of one approach at a time. Those with a sign wait until nobody with the right of
    way comes near; at a stop sign they stand for a moment first.

    Args:
        junctions: of the map.
    """

    def __init__(self, junctions: PriorityJunctions) -> None:
        self._junctions = junctions
        self._visits: dict[int, _Visit] = {}
        self._now = 0.0

    def held(
        self, ids: Sequence[int], fronts: Floats, rears: Floats, speeds: Floats, delta_s: float
    ) -> npt.NDArray[np.bool_]:
        """Lets time pass and says who has to wait.

        Args:
            ids: (n) of the vehicles.
            fronts: (n, 3) middles of their front bumpers, world axes, metres.
            rears: (n, 3) middles of their rear bumpers.
            speeds: (n,) m/s.
            delta_s: seconds since the last call.

        Returns:
            (n,) who must not go on.
        """
        self._now += delta_s
        held = np.zeros(len(ids), np.bool_)
        if not self._junctions.approaches or not len(ids):
            return held
        seen, waits, inside = self._where(fronts, rears)
        self._follow(ids, seen, waits, inside, speeds)
        coming = {
            (self._junctions.approaches[approach].junction, approach)
            for approach, speed in zip(seen.tolist(), speeds.tolist(), strict=True)
            if approach != NOWHERE and speed > STANDING_MPS and not self._junctions.approaches[approach].sign
        }
        for row in sorted(np.flatnonzero(waits != NOWHERE).tolist(), key=lambda row: self._rank(ids[row])):
            visit = self._visits[ids[row]]
            visit.goes = visit.goes or self._may_enter(ids[row], visit, coming)
            held[row] = not visit.goes
        return held

    def _where(
        self, fronts: Floats, rears: Floats
    ) -> tuple[npt.NDArray[np.int16], npt.NDArray[np.int16], npt.NDArray[np.int16]]:
        """Approach, approach where it can stop, and junction of each vehicle."""
        junctions = self._junctions
        seen, waits = junctions.at(junctions.seen, fronts), junctions.at(junctions.held, fronts)
        inside = junctions.at(junctions.inside, fronts)
        behind = [junctions.at(junctions.inside, fronts + share * (rears - fronts)) for share in (0.5, 1.0)]
        for other in behind:
            inside = np.where(inside == NOWHERE, other, inside)
        return seen, waits, inside

    def _follow(
        self,
        ids: Sequence[int],
        seen: npt.NDArray[np.int16],
        waits: npt.NDArray[np.int16],
        inside: npt.NDArray[np.int16],
        speeds: Floats,
    ) -> None:
        """Begins, keeps and ends the visits."""
        kept: dict[int, _Visit] = {}
        for row in np.flatnonzero((seen != NOWHERE) | (inside != NOWHERE)).tolist():
            actor_id, approach = ids[row], int(seen[row])
            visit = self._visits.get(actor_id)
            if approach != NOWHERE and (visit is None or visit.approach != approach):
                # On its way to the next junction; the one behind it counts as left once it can wait here.
                if visit is None or not visit.goes or waits[row] != NOWHERE:
                    visit = _Visit(approach, self._now)
            elif visit is not None and approach == NOWHERE:
                visit.goes = True
            if visit is None:
                continue
            if waits[row] != NOWHERE and speeds[row] < STANDING_MPS and visit.stopped is None:
                visit.stopped = self._now
            kept[actor_id] = visit
        self._visits = kept

    def _rank(self, actor_id: int) -> tuple[bool, float, int]:
        """The order in which they are let in: the impatient, then those with the right of way, by time."""
        visit = self._visits[actor_id]
        signed = bool(self._junctions.approaches[visit.approach].sign)
        return (signed and not self._impatient(visit), visit.since, actor_id)

    def _impatient(self, visit: _Visit) -> bool:
        return visit.stopped is not None and self._now - visit.stopped > PATIENCE_S

    def _may_enter(self, actor_id: int, visit: _Visit, coming: set[tuple[int, int]]) -> bool:
        """Whether nobody else is in the junction or has to be waited for."""
        approach = self._junctions.approaches[visit.approach]
        others = [
            other
            for other_id, other in self._visits.items()
            if other_id != actor_id
            and other.approach != visit.approach
            and self._junctions.approaches[other.approach].junction == approach.junction
        ]
        if any(other.goes for other in others):
            return False
        impatient = self._impatient(visit)
        if any(self._impatient(other) and not (impatient and visit.since <= other.since) for other in others):
            return False
        if not approach.sign or impatient:
            return True
        if approach.sign == STOP_SIGN_TYPE and (visit.stopped is None or self._now - visit.stopped < STOP_S):
            return False
        return not any(junction == approach.junction for junction, _ in coming)
