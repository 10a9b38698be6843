"""Chooses and builds the modules of a pipeline; third parties register theirs as entry points."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import entry_points
from typing import Any, get_args

from assistant.pipeline import Modules, OracleName
from assistant.settings import ModuleSettings
from data.camera import Camera
from data.types import VehicleShape
from perception.interfaces import Detector, LaneEstimator, SignalReader, Tracker
from planning.config import ControlConfig, PlannerConfig
from planning.interfaces import Navigator

NO_VEHICLE = VehicleShape(wheelbase_m=2.8, front_m=3.7, rear_m=1.0, width_m=1.85, max_steering_angle_rad=0.6)
"""A mid-size car, for recordings that do not say what took them."""


@dataclass(frozen=True)
class Parts:
    """What modules are built from.

    Attributes:
        settings: names of the modules.
        planning: of the planner.
        control: of the controller.
        oracles: modules to replace by the truth.
        stills: every picture stands by itself, so that nothing can be followed.
    """

    settings: ModuleSettings
    planning: PlannerConfig
    control: ControlConfig
    oracles: frozenset[OracleName] = frozenset()
    stills: bool = False


def registered(kind: str, name: str) -> Any:  # noqa: ANN401  whatever the entry point names
    """The factory registered as `name` in the group `nanshan.<kind>`.

    Raises:
        ValueError: nothing of that name is registered.
    """
    found = entry_points(group=f"nanshan.{kind}")
    for entry in found:
        if entry.name == name:
            return entry.load()
    raise ValueError(f"unknown {kind} '{name}'; there are {', '.join(sorted(found.names))}")


def check_names(parts: Parts) -> None:
    """Looks whether every module that is named exists, before anything long begins.

    Raises:
        ValueError: one does not.
    """
    for kind in ("detector", "tracker", "lanes", "planner"):
        registered(kind, getattr(parts.settings, kind))


def build_detector(parts: Parts) -> Detector:
    """The detector alone: it keeps nothing between frames, so one serves many sources.

    Raises:
        ValueError: unknown name, or a model file that cannot be used.
    """
    if "objects" in parts.oracles:
        from perception.oracle import OracleDetector

        return OracleDetector()
    detector: Detector = registered("detector", parts.settings.detector)(parts.settings.weights)
    return detector


def build_modules(
    parts: Parts,
    detector: Detector,
    camera: Camera,
    shape: VehicleShape = NO_VEHICLE,
    navigator: Navigator | None = None,
) -> Modules:
    """New modules, without memory, for one drive or one recorded source.

    Raises:
        ValueError: an unknown name.
    """
    from perception.localization import EkfLocalizer
    from planning.control import PathController

    return Modules(
        localizer=EkfLocalizer(),
        detector=detector,
        tracker=_tracker(parts, camera),
        lanes=_lanes(parts, camera),
        signals=_signals(parts, camera),
        planner=registered("planner", parts.settings.planner)(shape, parts.planning),
        controller=PathController(shape, parts.control),
        navigator=navigator,
        oracles=parts.oracles,
    )


def _tracker(parts: Parts, camera: Camera) -> Tracker:
    if "objects" in parts.oracles:
        from perception.oracle import OracleTracker

        return OracleTracker()
    if parts.stills:
        from perception.stills import StillTracker

        return StillTracker(camera)
    tracker: Tracker = registered("tracker", parts.settings.tracker)(camera)
    return tracker


def _lanes(parts: Parts, camera: Camera) -> LaneEstimator:
    if "lanes" in parts.oracles:
        from perception.oracle import OracleLaneEstimator

        return OracleLaneEstimator()
    lanes: LaneEstimator = registered("lanes", parts.settings.lanes)(camera)
    return lanes


def _signals(parts: Parts, camera: Camera) -> SignalReader:
    if "lights" in parts.oracles:
        from perception.oracle import OracleSignalReader

        return OracleSignalReader()
    from perception.traffic_lights.reader import HueSignalReader

    return HueSignalReader(camera)


def oracle_names(value: str) -> frozenset[OracleName]:
    """The names in a comma-separated list that was checked before."""
    return frozenset(name for name in get_args(OracleName) if name in value.split(","))
