"""The cycle of traffic lights: in each junction one approach after the other has green, never two at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from sim_bridge.server.maps.signals import TrafficLight
from sim_bridge.server.transforms import Floats

GREEN_S = 7.0
YELLOW_S = 3.0
ALL_RED_S = 1.5


class SignalState(IntEnum):
    """What a light shows; the values of `carla.TrafficLightState`."""

    RED = 0
    YELLOW = 1
    GREEN = 2
    OFF = 3
    UNKNOWN = 4


_NEXT = {SignalState.GREEN: SignalState.YELLOW, SignalState.YELLOW: SignalState.RED}


@dataclass
class _Group:
    """The lights of one junction: whose turn it is, in which state, since when (s)."""

    turns: tuple[tuple[int, ...], ...]
    current: int
    state: SignalState = SignalState.GREEN
    elapsed: float = 0.0


class SignalCycle:
    """States of all lights of a map, stepped with the simulation.

    In its turn an approach has green, yellow, then all are red, each for the times of the approach's first
    light; then the next approach has its turn. As in CARLA a state set by hand lasts until the cycle changes
    that light, or for good while the cycle is frozen.

    Attributes:
        states: (n,) int64, `SignalState` of each light, in the order of the map's lights.
        elapsed: (n,) float64, seconds since the light changed.
        green_s: (n,) float64, seconds; may be written.
        yellow_s: (n,) float64, seconds; may be written.
        red_s: (n,) float64, seconds that all are red after the light's yellow; may be written.
        turned_yellow: (n,) bool, whether the light's green ended in the last step.
        frozen: whether time stands still for all lights.
    """

    def __init__(self, lights: Sequence[TrafficLight]) -> None:
        count = len(lights)
        self._members = _turns_of_junctions(lights)
        self.states: npt.NDArray[np.int64] = np.zeros(count, np.int64)
        self.elapsed: Floats = np.zeros(count)
        self.green_s: Floats = np.full(count, GREEN_S)
        self.yellow_s: Floats = np.full(count, YELLOW_S)
        self.red_s: Floats = np.full(count, ALL_RED_S)
        self.turned_yellow: npt.NDArray[np.bool_] = np.zeros(count, np.bool_)
        self.frozen = False
        self.reset()

    def reset(self) -> None:
        """Starts the cycle anew. Junctions start with different approaches, so that they do not beat time."""
        self._groups = [_Group(turns, index % len(turns)) for index, turns in enumerate(self._members)]
        self.states[:] = SignalState.RED
        self.elapsed[:] = 0.0
        for group in self._groups:
            self._show(group)

    def reset_group(self, light: int) -> None:
        """Starts the cycle of one light's junction anew, with its first approach."""
        for group in self._groups:
            members = [index for turn in group.turns for index in turn]
            if light in members:
                group.current, group.state, group.elapsed = 0, SignalState.GREEN, 0.0
                self.states[members] = SignalState.RED
                self._show(group)

    def set_state(self, light: int, state: SignalState) -> None:
        """Shows a state by hand."""
        self.states[light] = state
        self.elapsed[light] = 0.0

    def group_of(self, light: int) -> list[int]:
        """All lights of the same junction, this one included, in the order of their turns."""
        for group in self._groups:
            members = [index for turn in group.turns for index in turn]
            if light in members:
                return members
        return [light]

    def step(self, dt: float) -> None:
        """Lets `dt` seconds pass."""
        self.turned_yellow[:] = False
        if self.frozen:
            return
        self.elapsed += dt
        for group in self._groups:
            group.elapsed += dt
            # Half a nanosecond: so that sums of dt do not end a step late.
            while group.elapsed >= self._duration(group) - 5e-10:
                group.elapsed -= self._duration(group)
                self._advance(group)

    def _duration(self, group: _Group) -> float:
        """Seconds that the group's current state lasts, at least a millisecond."""
        lead = group.turns[group.current][0]
        times = {
            SignalState.GREEN: self.green_s,
            SignalState.YELLOW: self.yellow_s,
            SignalState.RED: self.red_s,
        }
        return max(float(times[group.state][lead]), 1e-3)

    def _advance(self, group: _Group) -> None:
        """Changes to the next state, or to the next approach's green."""
        if group.state is SignalState.RED:
            group.current = (group.current + 1) % len(group.turns)
            group.state = SignalState.GREEN
        else:
            group.state = _NEXT[group.state]
        self._show(group)

    def _show(self, group: _Group) -> None:
        """Writes the group's state to the lights whose turn it is."""
        members = list(group.turns[group.current])
        self.states[members] = group.state
        self.elapsed[members] = group.elapsed
        self.turned_yellow[members] = group.state is SignalState.YELLOW


def _turns_of_junctions(lights: Sequence[TrafficLight]) -> list[tuple[tuple[int, ...], ...]]:
    """Indices of the lights by junction and turn, in a fixed order; a light far from any is alone."""
    groups: dict[tuple[int, str], dict[int, list[int]]] = {}
    for index, light in enumerate(lights):
        key = (light.junction_id, light.signal_id if light.junction_id < 0 else "")
        groups.setdefault(key, {}).setdefault(light.phase, []).append(index)
    return [tuple(tuple(turns[phase]) for phase in sorted(turns)) for _, turns in sorted(groups.items())]
