"""What a drive was worth: distance, collisions, lane departures, red lights, route, latencies."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from assistant.pipeline import FrameResult
from data.types import EgoState, LightState, SignalAhead, Truth, VehicleShape
from planning.interfaces import Navigator

LANE_DEPARTURE_M = 0.5
"""Offset from the lane's centre outside junctions that counts as leaving it."""

RED_MARGIN_M = 0.3
"""How far over the line the front may be before it counts as run; a stop on the line is no run."""


@dataclass
class DriveMetrics:
    """Sums up a drive from the simulator's truth, never from what the assistant believed.

    A collision counts once for each other actor; one caused by the ego is `at_fault`. A lane departure is one
    stretch of time with the ego's reference point more than `LANE_DEPARTURE_M` from the centre of its lane,
    outside junctions. A red light is run when the front bumper passes its stop line while it is red.

    Attributes:
        shape: the ego's measures.
        navigator: on the route, fed with the true pose.
        route_length_m: of the whole route.
    """

    shape: VehicleShape
    navigator: Navigator
    route_length_m: float
    distance_m: float = 0.0
    frames: int = 0
    first_ns: int = 0
    last_ns: int = 0
    travelled_m: float = 0.0
    max_lane_offset_m: float = 0.0
    max_speed_mps: float = 0.0
    lane_departures: int = 0
    red_lights_run: int = 0
    stops: int = 0
    events: list[dict[str, Any]] = field(default_factory=list)
    latency_ns: dict[str, list[int]] = field(default_factory=dict)
    _collided: set[tuple[str, int]] = field(default_factory=set)
    _departed: bool = False
    _moving: bool = False
    _previous: Truth | None = None
    _signals: dict[str, SignalAhead] = field(default_factory=dict)

    def on_frame(self, result: FrameResult) -> None:
        """Takes one frame into account."""
        truth = result.frame.truth
        if truth is None:
            raise ValueError("drive metrics need frames with truth")
        if self.frames == 0:
            self.first_ns = result.frame.t_ns
        self.frames += 1
        self.last_ns = result.frame.t_ns
        for name, value in result.latency_ns.items():
            self.latency_ns.setdefault(name, []).append(value)
        self._measure_motion(truth)
        self._count_collisions(truth)
        self._count_lane_departures(truth)
        self._count_red_lights(truth)
        self._previous = truth

    def close(self) -> None:
        """Nothing to close."""

    @property
    def at_fault_collisions(self) -> int:
        """Collisions that the ego caused."""
        return sum(1 for event in self.events if event["kind"] == "collision" and event["at_fault"])

    def summary(self) -> dict[str, Any]:
        """The figures under the keys of `nanshan drive --json`."""
        return {
            "distance_m": round(self.distance_m, 2),
            "duration_s": round(self.duration_s, 3),
            "mean_speed_mps": round(self.distance_m / self.duration_s, 3) if self.duration_s else 0.0,
            "max_speed_mps": round(self.max_speed_mps, 3),
            "collisions": sum(1 for event in self.events if event["kind"] == "collision"),
            "collisions_at_fault": self.at_fault_collisions,
            "lane_departures": self.lane_departures,
            "max_lane_offset_m": round(self.max_lane_offset_m, 3),
            "red_lights_run": self.red_lights_run,
            "stops": self.stops,
            "route_completion": round(min(self.travelled_m / max(self.route_length_m, 1e-6), 1.0), 4),
            "events": self.events,
        }

    def latency_ms(self) -> dict[str, dict[str, float]]:
        """p50 and p99 of every module in ms; the first second, in which caches fill, is left out."""
        return {
            name: {
                "p50": round(float(np.percentile(values[20:] or values, 50)) / 1e6, 3),
                "p99": round(float(np.percentile(values[20:] or values, 99)) / 1e6, 3),
            }
            for name, values in self.latency_ns.items()
        }

    @property
    def duration_s(self) -> float:
        """Simulated time between the first and the last frame."""
        return (self.last_ns - self.first_ns) / 1e9

    def _measure_motion(self, truth: Truth) -> None:
        if self._previous is not None:
            step = np.hypot(
                truth.pose.x_m - self._previous.pose.x_m, truth.pose.y_m - self._previous.pose.y_m
            )
            self.distance_m += float(step)
        self.max_speed_mps = max(self.max_speed_mps, truth.speed_mps)
        if self._moving and truth.speed_mps < 0.1:
            self.stops += 1
        self._moving = truth.speed_mps > (0.1 if self._moving else 1.0)

    def _count_collisions(self, truth: Truth) -> None:
        for collision in truth.collisions:
            other = (collision.other_kind, collision.other_id)
            if other not in self._collided:
                self._collided.add(other)
                self._event(
                    "collision",
                    other=collision.other_kind,
                    at_fault=collision.at_fault,
                    ego_speed_mps=round(truth.speed_mps, 2),
                )

    def _count_lane_departures(self, truth: Truth) -> None:
        offset = 0.0 if truth.in_junction else abs(truth.lane_offset_m)
        self.max_lane_offset_m = max(self.max_lane_offset_m, offset)
        departed = offset > LANE_DEPARTURE_M
        if departed and not self._departed:
            self.lane_departures += 1
            self._event("lane departure", offset_m=round(truth.lane_offset_m, 2))
        self._departed = departed

    def _count_red_lights(self, truth: Truth) -> None:
        route = self.navigator.locate(EgoState(self.last_ns, truth.pose, truth.speed_mps))
        self.travelled_m = route.travelled_m
        states = dict(truth.signals)
        line = self.shape.front_m - RED_MARGIN_M
        ahead = {signal.signal_id: signal for signal in route.signals if signal.stop_distance_m > line}
        for name, signal in self._signals.items():
            near = signal.stop_distance_m - line < 3.0
            if name not in ahead and near and states.get(name) == LightState.RED:
                self.red_lights_run += 1
                self._event("red light run", signal=name, ego_speed_mps=round(truth.speed_mps, 2))
        self._signals = ahead

    def _event(self, kind: str, **details: object) -> None:
        self.events.append({"kind": kind, "t_s": round((self.last_ns - self.first_ns) / 1e9, 2), **details})
