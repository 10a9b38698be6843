"""The pipeline: one frame in, one control out; and the loop around it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol, TypeVar

from data.types import (
    Control,
    Detections,
    EgoState,
    Lanes,
    Objects,
    Plan,
    RouteAhead,
    Scene,
    SensorFrame,
    SignalReading,
)
from perception.interfaces import Detector, LaneEstimator, Localizer, SignalReader, Tracker
from planning.interfaces import Controller, Navigator, Planner

OracleName = Literal["objects", "lanes", "lights"]
T = TypeVar("T")


@dataclass(frozen=True)
class Modules:
    """One of each, and which of them may read the truth."""

    localizer: Localizer
    detector: Detector
    tracker: Tracker
    lanes: LaneEstimator
    signals: SignalReader
    planner: Planner
    controller: Controller
    navigator: Navigator | None = None
    oracles: frozenset[OracleName] = frozenset()


@dataclass(frozen=True)
class FrameResult:
    """Everything that came of one frame.

    Attributes:
        frame: as it came in, truth included.
        latency_ns: wall time of each module by name; `frame_to_control` is their sum with all between.
    """

    frame: SensorFrame
    ego: EgoState
    route: RouteAhead | None
    detections: Detections
    objects: Objects
    lanes: Lanes
    signals: tuple[SignalReading, ...]
    plan: Plan
    control: Control
    latency_ns: dict[str, int]


class Pipeline:
    """Frame to control, module by module; the state of a drive lives in the modules."""

    def __init__(self, modules: Modules) -> None:
        self.modules = modules

    def step(self, frame: SensorFrame) -> FrameResult:
        """Runs every module once, in the order of what they need."""
        m = self.modules
        blind = replace(frame, truth=None)
        latency: dict[str, int] = {}
        start = time.perf_counter_ns()

        def timed(name: str, call: Callable[[], T]) -> T:
            begin = time.perf_counter_ns()
            result = call()
            latency[name] = time.perf_counter_ns() - begin
            return result

        def seen_by(name: OracleName) -> SensorFrame:
            return frame if name in m.oracles else blind

        ego = timed("localization", lambda: m.localizer.localize(blind))
        route = timed("navigation", lambda: m.navigator.locate(ego) if m.navigator else None)
        detections = timed("detection", lambda: m.detector.detect(seen_by("objects")))
        objects = timed("tracking", lambda: m.tracker.track(seen_by("objects"), detections, ego))
        lanes = timed("lanes", lambda: m.lanes.estimate(seen_by("lanes"), ego))
        signals = timed("signals", lambda: m.signals.read(seen_by("lights"), detections, route))
        scene = Scene(frame.t_ns, ego, objects, lanes, signals, route)
        plan = timed("planning", lambda: m.planner.plan(scene))
        control = timed("control", lambda: m.controller.control(plan, ego))
        latency["frame_to_control"] = time.perf_counter_ns() - start
        return FrameResult(frame, ego, route, detections, objects, lanes, signals, plan, control, latency)


class Observer(Protocol):
    """Watches a drive or a replay; never changes it."""

    def on_frame(self, result: FrameResult) -> None:
        """Called once a frame, after its control was handed over."""
        ...

    def close(self) -> None:
        """Called once at the end, however it came."""
        ...


def run(
    frames: Iterable[SensorFrame],
    pipeline: Pipeline,
    act: Callable[[Control], None],
    observers: Sequence[Observer],
    finished: Callable[[FrameResult], bool] = lambda _: False,
) -> int:
    """The loop: frame, control, observers, until the frames end or `finished`; returns their number."""
    count = 0
    for frame in frames:
        result = pipeline.step(frame)
        act(result.control)
        for observer in observers:
            observer.on_frame(result)
        count += 1
        if finished(result):
            break
    return count
