"""Traffic lights: what is believed of each, and what that asks of the ego."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from data.types import LightState, SignalAhead, SignalReading
from planning.config import LightConfig
from planning.following import required_deceleration

SAME_LINE_M = 3.0  # signals whose stop lines lie this near to one another govern the same line
REACTION_S = 0.25  # between the decision to brake and the brakes' bite
STANDING_MPS = 0.3
AT_LINE_M = 8.0  # who stands farther from a line waits for something else
HALF_OVER_M = 0.5  # a bumper stopped this far over the line has not run the light
SLIDE_M = 2.0  # so far over the line, braking on would only block the junction
GIVE_UP_SHARE = 1.7  # a stop at yellow is given up when it needs so many times what it may need
OVER_LINE_M = 1.0  # a bumper this far over the line may still stand and wait


class Duty(Enum):
    """What a stop line asks of the ego."""

    GO = "go"
    STOP = "stop"
    BE_READY = "be ready"
    CREEP = "creep"


@dataclass(frozen=True)
class StopLine:
    """A stop line ahead and what is asked there.

    Attributes:
        signal_ids: of the signals over it.
        state: as believed.
        distance_m: from the front bumper.
        duty: what is asked of the ego.
    """

    signal_ids: tuple[str, ...]
    state: LightState
    distance_m: float
    duty: Duty


@dataclass
class _Belief:
    state: LightState = LightState.UNKNOWN
    read_ns: int = 0
    candidate: LightState = LightState.UNKNOWN
    count: int = 0

    def read(self, state: LightState, t_ns: int, config: LightConfig) -> None:
        """Takes a confident reading: a change has to be read several times in a row."""
        self.count = self.count + 1 if state == self.candidate else 1
        self.candidate = state
        needed = config.go_frames if state in (LightState.GREEN, LightState.OFF) else config.stop_frames
        if state == self.state or self.count >= needed:
            self.state, self.read_ns = state, t_ns

    def at(self, t_ns: int, config: LightConfig) -> LightState:
        """The state believed now: greens and yellows fade soon when unread, reds late."""
        age_s = (t_ns - self.read_ns) * 1e-9
        lasting = config.red_memory_s if self.state == LightState.RED else config.green_memory_s
        return self.state if age_s <= lasting else LightState.UNKNOWN


class StopLines:
    """Remembers the lights of the route and decides at each stop line.

    Rules: a red stops the ego wherever it physically can; a yellow only where no more than
    `yellow_brake_mps2` is needed, and that decision stands while it is yellow. An unread light is approached
    ready to stop. A red that went out of sight stays red for `red_memory_s`. Standing at a line whose light
    was not read at all for `unknown_wait_s` (a red: after `red_memory_s`), the ego creeps on at `creep_mps`,
    as at a light that is off: it never blocks for ever.
    """

    def __init__(self, config: LightConfig) -> None:
        self._config = config
        self._beliefs: dict[str, _Belief] = {}
        self._committed: set[tuple[str, ...]] = set()
        self._stopping: set[tuple[str, ...]] = set()
        self._standing_s: dict[tuple[str, ...], float] = {}

    def update(
        self,
        signals: Sequence[SignalAhead],
        readings: Sequence[SignalReading],
        t_ns: int,
        dt_s: float,
        speed_mps: float,
        front_m: float,
    ) -> list[StopLine]:
        """Returns the stop lines of the route ahead, nearest first, each with its duty."""
        self._read(readings, t_ns)
        lines = []
        for group in _grouped(signals):
            ids = tuple(signal.signal_id for signal in group)
            distance = min(signal.stop_distance_m for signal in group) - front_m
            state = _strictest([self._believed(name, t_ns) for name in ids])
            self._count_standing(ids, state, distance, dt_s, speed_mps)
            lines.append(StopLine(ids, state, distance, self._duty(ids, state, distance, speed_mps)))
        self._forget({line.signal_ids for line in lines})
        return lines

    def _read(self, readings: Sequence[SignalReading], t_ns: int) -> None:
        for reading in readings:
            confident = reading.confidence >= self._config.min_confidence
            if confident and reading.signal_id and reading.state != LightState.UNKNOWN:
                belief = self._beliefs.setdefault(reading.signal_id, _Belief())
                belief.read(reading.state, t_ns, self._config)

    def _believed(self, name: str, t_ns: int) -> LightState:
        belief = self._beliefs.get(name)
        return LightState.UNKNOWN if belief is None else belief.at(t_ns, self._config)

    def _count_standing(
        self, ids: tuple[str, ...], state: LightState, distance_m: float, dt_s: float, speed_mps: float
    ) -> None:
        stands = speed_mps < STANDING_MPS and distance_m < AT_LINE_M and state == LightState.UNKNOWN
        waited = self._standing_s.get(ids, 0.0)
        if stands:
            self._standing_s[ids] = waited + dt_s
        elif state != LightState.UNKNOWN:
            self._standing_s[ids] = 0.0

    def _duty(self, ids: tuple[str, ...], state: LightState, distance_m: float, speed_mps: float) -> Duty:
        if self._is_over(ids, distance_m, speed_mps):
            return Duty.GO
        if state == LightState.GREEN:
            self._committed.discard(ids)
            self._stopping.discard(ids)
            return Duty.GO
        if state == LightState.OFF or self._standing_s.get(ids, 0.0) >= self._config.unknown_wait_s:
            return Duty.CREEP
        if state == LightState.UNKNOWN:
            return Duty.GO if ids in self._committed else Duty.BE_READY
        stops = self._stops_at_red if state == LightState.RED else self._stops_at_yellow
        chosen, other = self._stopping, self._committed
        if not stops(ids, distance_m, speed_mps):
            chosen, other = other, chosen
        chosen.add(ids)
        other.discard(ids)
        return Duty.STOP if ids in self._stopping else Duty.GO

    def _is_over(self, ids: tuple[str, ...], distance_m: float, speed_mps: float) -> bool:
        """Whether the line lies behind: who is braking for it may slide over it a little."""
        if ids in self._stopping:
            return distance_m < -SLIDE_M
        return distance_m < -OVER_LINE_M or (distance_m < 0.0 and speed_mps > STANDING_MPS)

    def _stops_at_red(self, ids: tuple[str, ...], distance_m: float, speed_mps: float) -> bool:
        if ids in self._stopping:
            return True
        possible = self._config.yellow_brake_mps2 if ids in self._committed else self._config.red_brake_mps2
        return required_deceleration(speed_mps, distance_m + HALF_OVER_M) <= possible

    def _stops_at_yellow(self, ids: tuple[str, ...], distance_m: float, speed_mps: float) -> bool:
        """The decision of the first moment stands, unless braking turns out far too weak."""
        if ids in self._committed:
            return False
        room_m = distance_m - speed_mps * REACTION_S
        slack = GIVE_UP_SHARE if ids in self._stopping else 1.0
        needed = required_deceleration(speed_mps, room_m)
        return speed_mps < STANDING_MPS or needed <= slack * self._config.yellow_brake_mps2

    def _forget(self, ahead: set[tuple[str, ...]]) -> None:
        self._committed &= ahead
        self._stopping &= ahead
        self._standing_s = {ids: value for ids, value in self._standing_s.items() if ids in ahead}
        names = {name for ids in ahead for name in ids}
        self._beliefs = {name: belief for name, belief in self._beliefs.items() if name in names}


def _grouped(signals: Sequence[SignalAhead]) -> list[list[SignalAhead]]:
    groups: list[list[SignalAhead]] = []
    for signal in sorted(signals, key=lambda one: (one.stop_distance_m, one.signal_id)):
        if groups and signal.stop_distance_m - groups[-1][0].stop_distance_m < SAME_LINE_M:
            groups[-1].append(signal)
        else:
            groups.append([signal])
    return groups


def _strictest(states: Sequence[LightState]) -> LightState:
    """The state of a line under several lights: what is read counts, the strictest first."""
    order = (LightState.RED, LightState.YELLOW, LightState.GREEN, LightState.OFF)
    return next((state for state in order if state in states), LightState.UNKNOWN)
