"""What bounds the speed, and why: the road, the lead, whoever crosses, the lights, the end of the route."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.types import LightState, ObjectClass, Scene, VehicleShape
from planning.config import PlannerConfig
from planning.corridor import IS_VULNERABLE, Encounters
from planning.following import approach_speed, follow_lead, required_deceleration, stop_within
from planning.lights import Duty, StopLine, StopLines
from planning.trajectory import Path, allowed_speed, profile_speeds

STANDSTILL_MPS = 0.3
HOLD_SLACK_M = 1.2  # standing this near to where it may stand, the ego waits rather than inches on
NEAREST = 4  # more leads than these never matter
CLOSE_S = 0.6  # a vehicle that is in the lane within this time counts as being in it
CUT_IN_S = 1.5  # a vehicle that is in the lane within this time is followed already
BESIDE_M = 1.5  # whoever begins farther behind the front bumper is beside the ego, and braking does not help
ALONGSIDE_GAP_M = 2.0  # gap assumed to one that cuts in from beside
SETTING_OFF_MPS2 = 1.0  # how a slow ego is thought to gain speed before a crossing object
TEXT_MARGIN_MPS2 = 0.4  # bounds this near to the strongest one are told as reasons, too


@dataclass(frozen=True)
class Bound:
    """One thing that bounds the speed.

    Attributes:
        name: which, as it is called in the recording.
        acceleration_mps2: the most it allows now.
        target_mps: the speed it leads to.
        reason: in words, with its figure.
        hardest_mps2: the strongest deceleration that it may cause.
    """

    name: str
    acceleration_mps2: float
    target_mps: float
    reason: str
    hardest_mps2: float

    @property
    def allowed_mps2(self) -> float:
        """The most acceleration it allows, no harder than it may."""
        return max(self.acceleration_mps2, -self.hardest_mps2)


@dataclass(frozen=True)
class Demand:
    """What all bounds together ask for.

    Attributes:
        bounds: strongest first; never empty.
        lead_distance_m: gap to the lead, `inf` without one.
        stop_distance_m: from the front bumper to where the ego must stop, `inf` when it need not.
    """

    bounds: tuple[Bound, ...]
    lead_distance_m: float
    stop_distance_m: float

    @property
    def acceleration_mps2(self) -> float:
        """What the strongest bound allows."""
        return self.bounds[0].allowed_mps2

    @property
    def target_mps(self) -> float:
        """The speed that the strongest bound leads to."""
        return self.bounds[0].target_mps

    @property
    def reasons(self) -> tuple[str, ...]:
        """The strongest bounds in words."""
        limit = self.bounds[0].allowed_mps2 + TEXT_MARGIN_MPS2
        return tuple(bound.reason for bound in self.bounds[:3] if bound.allowed_mps2 <= limit)


class Behavior:
    """Collects the bounds of each frame; remembers lights and who was let pass."""

    def __init__(self, shape: VehicleShape, config: PlannerConfig) -> None:
        self._shape = shape
        self._config = config
        self._lines = StopLines(config.light)

    def decide(self, scene: Scene, path: Path, encounters: Encounters, dt_s: float) -> Demand:
        """Returns what bounds the speed at this instant, strongest first."""
        speed = max(scene.ego.speed_mps, 0.0)
        road = self._road(path, speed)
        leads = self._leads(encounters, speed, road.acceleration_mps2)
        crossing = self._crossing(encounters, speed)
        lines = self._stop_lines(scene, speed, dt_s)
        bounds = [road, *(bound for bound, _ in (*leads, *crossing, *lines))]
        ordered = tuple(sorted(bounds, key=lambda bound: bound.allowed_mps2))
        return Demand(
            bounds=ordered,
            lead_distance_m=min((gap for _, gap in leads), default=float("inf")),
            stop_distance_m=min((gap for _, gap in (*crossing, *lines)), default=float("inf")),
        )

    def _road(self, path: Path, speed_mps: float) -> Bound:
        config = self._config.speed
        speeds = profile_speeds(path, config)
        target, binding = allowed_speed(path, speeds, speed_mps, config)
        legal = config.limit_share * path.speed_limits_mps[binding]
        name = "curve" if speeds[binding] < min(legal, config.cruise_mps) - 1e-6 else "limit"
        reason = f"{name} {3.6 * speeds[binding]:.0f} km/h"
        wanted = approach_speed(speed_mps, target, config)
        return Bound(name, wanted, float(speeds[binding]), reason, config.firm_brake_mps2)

    def _leads(self, encounters: Encounters, speed_mps: float, free_mps2: float) -> list[tuple[Bound, float]]:
        soon = encounters.inside[:, encounters.times_s <= CUT_IN_S].any(axis=1)
        inside_soon = encounters.inside[:, encounters.times_s <= CLOSE_S]
        now = encounters.inside[:, 0]
        ours: Array = ~encounters.crossing & (now | (soon & (encounters.along_mps > 0.0)))
        gaps = encounters.s_low_m[:, 0] - self._shape.front_m
        gaps = np.where(now, gaps, np.maximum(gaps, ALONGSIDE_GAP_M))
        chosen = np.flatnonzero(ours & (encounters.s_low_m[:, 0] - self._shape.front_m > -BESIDE_M))
        nearest = chosen[np.argsort(gaps[chosen])][:NEAREST]
        return [
            self._lead(
                speed_mps,
                float(gaps[one]),
                float(encounters.along_mps[one]),
                free_mps2,
                bool(np.any(inside_soon[one])),
            )
            for one in nearest
        ]

    def _lead(
        self, speed_mps: float, gap_m: float, lead_mps: float, free_mps2: float, inside: bool
    ) -> tuple[Bound, float]:
        config = self._config
        wanted = follow_lead(speed_mps, gap_m, lead_mps, free_mps2, config.speed, config.follow)
        stands = abs(lead_mps) < STANDSTILL_MPS and speed_mps < STANDSTILL_MPS
        if stands and gap_m < config.follow.standstill_gap_m + HOLD_SLACK_M:
            wanted, lead_mps = min(wanted, -config.speed.end_brake_mps2), 0.0
        name = "lead" if inside else "cut-in"
        # Behind one that is still out of the lane there is nothing to hit yet.
        hardest = (
            max(config.speed.firm_brake_mps2, self._pressing(speed_mps, lead_mps, gap_m))
            if inside
            else config.follow.brake_mps2
        )
        return Bound(name, wanted, max(lead_mps, 0.0), f"{name} {gap_m:.1f} m", hardest), gap_m

    def _pressing(self, speed_mps: float, lead_mps: float, gap_m: float) -> float:
        """Deceleration that a lead needs physically, when that is more than firm."""
        closing = max(speed_mps - lead_mps, 0.0)
        return min(1.2 * required_deceleration(closing, gap_m - 1.0), self._config.light.red_brake_mps2)

    def _crossing(self, encounters: Encounters, speed_mps: float) -> list[tuple[Bound, float]]:
        conflict, near_m, clear_s = self._conflicts(encounters, speed_mps)
        return [
            self._yield(
                int(encounters.users.classes[one]), float(near_m[one]), float(clear_s[one]), speed_mps
            )
            for one in np.flatnonzero(conflict)
        ]

    def _yield(self, kind: int, near_m: float, clear_s: float, speed_mps: float) -> tuple[Bound, float]:
        """Either stops before the place, or arrives there only after it is clear: whichever asks for less."""
        gap = near_m - self._shape.front_m
        room = gap - self._config.corridor.stop_gap_m
        stopping = self._stop(speed_mps, room, self._config.speed.brake_mps2)
        waiting = 2.0 * (room - speed_mps * clear_s) / clear_s**2
        reason = f"{ObjectClass(kind).name.lower()} crossing {gap:.1f} m"
        bound = Bound("crossing", max(stopping, waiting), 0.0, reason, self._config.light.red_brake_mps2)
        return bound, max(room, 0.0)

    def _conflicts(self, encounters: Encounters, speed_mps: float) -> tuple[Array, Array, Array]:
        """Who crosses before the ego is through.

        Returns:
            (n,) bool who does, (n,) where along the path that begins and (n,) when the place is clear again.
        """
        times, inside = encounters.times_s, encounters.inside
        margin = self._config.corridor.time_margin_s * np.where(
            IS_VULNERABLE[encounters.users.classes], 1.5, 1.0
        )
        first = np.where(inside, times, np.inf).min(axis=1, initial=np.inf) - margin
        last = np.where(inside, times, 0.0).max(axis=1, initial=0.0) + margin
        clear = np.where(inside[:, -1], 1e3, last)
        near = np.where(inside, encounters.s_low_m, np.inf).min(axis=1, initial=np.inf)
        far = np.where(inside, encounters.s_high_m, -np.inf).max(axis=1, initial=-np.inf)
        oncoming = (encounters.along_mps < -self._config.corridor.still_mps) & ~inside[:, 0]
        moves = (encounters.crossing | oncoming) & inside.any(axis=1)
        ahead = near > 0.5 * self._shape.front_m
        through = _time_to(far + self._shape.rear_m, speed_mps)
        return moves & ahead & (through >= first), near, clear

    def _stop_lines(self, scene: Scene, speed_mps: float, dt_s: float) -> list[tuple[Bound, float]]:
        if scene.route is None:
            return []
        signals = scene.route.signals
        lines = self._lines.update(signals, scene.signals, scene.t_ns, dt_s, speed_mps, self._shape.front_m)
        found = [self._line(line, speed_mps) for line in lines if line.duty != Duty.GO]
        end = scene.route.remaining_m - self._shape.front_m
        if end < self._config.path.horizon_m:
            wanted = self._stop(speed_mps, end - 1.0, self._config.speed.brake_mps2)
            reason = f"end of route {end:.1f} m"
            found.append(
                (Bound("end", wanted, 0.0, reason, self._config.speed.firm_brake_mps2), max(end, 0.0))
            )
        return found

    def _line(self, line: StopLine, speed_mps: float) -> tuple[Bound, float]:
        config = self._config
        words = _STATE_WORDS[line.state]
        reason = f"{words} light {line.distance_m:.1f} m"
        if line.duty == Duty.CREEP:
            room = max(line.distance_m - speed_mps * config.speed.preview_s, 0.0)
            target = float(np.sqrt(config.light.creep_mps**2 + 2.0 * config.speed.brake_mps2 * room))
            wanted = approach_speed(speed_mps, target, config.speed)
            return Bound("light", wanted, target, reason, config.speed.firm_brake_mps2), float("inf")
        ready = line.duty == Duty.BE_READY
        brake = config.light.unknown_brake_mps2 if ready else config.speed.brake_mps2
        hardest = config.speed.firm_brake_mps2 if ready else config.light.red_brake_mps2
        room = self._room_before(line.distance_m, speed_mps, brake)
        return Bound("light", self._stop(speed_mps, room, brake), 0.0, reason, hardest), max(room, 0.0)

    def _room_before(self, distance_m: float, speed_mps: float, brake_mps2: float) -> float:
        """Room to the place to stop: the margin before the line, less of it where braking gets harder."""
        margin = self._config.light.stop_margin_m
        hard = required_deceleration(speed_mps, distance_m - margin) > brake_mps2 + 0.7
        return distance_m - (
            0.5 * margin if hard and speed_mps > self._config.speed.end_speed_mps else margin
        )

    def _stop(self, speed_mps: float, room_m: float, brake_mps2: float) -> float:
        if speed_mps < STANDSTILL_MPS and room_m < HOLD_SLACK_M:
            return -self._config.speed.end_brake_mps2
        return stop_within(speed_mps, room_m, brake_mps2, self._config.speed)


_STATE_WORDS = {
    LightState.UNKNOWN: "unread",
    LightState.RED: "red",
    LightState.YELLOW: "yellow",
    LightState.GREEN: "green",
    LightState.OFF: "dark",
}


def _time_to(distance_m: Array, speed_mps: float) -> Array:
    """(n,) seconds to cover a distance; a slow ego is thought to set off."""
    gain = SETTING_OFF_MPS2 if speed_mps < 4.0 else 0.0
    room = np.maximum(distance_m, 0.0)
    if gain == 0.0:
        return np.asarray(room / speed_mps)
    return np.asarray((np.sqrt(speed_mps**2 + 2.0 * gain * room) - speed_mps) / gain)
