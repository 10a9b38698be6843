"""The seams of perception: every module is one of these, with one verb.

All verbs take the whole `SensorFrame`; its first image is the front camera's. Only oracles read `truth`: the
loop takes it out of the frame it hands to every other module. A `Detector` keeps nothing between frames; the
others do, so they are built anew for every source and fed in the order of time.
"""

from __future__ import annotations

from typing import Protocol

from data.types import (
    Detections,
    EgoState,
    Lanes,
    Objects,
    RouteAhead,
    SensorFrame,
    SignalReading,
)


class Localizer(Protocol):
    """Knows where the ego is."""

    def localize(self, frame: SensorFrame) -> EgoState:
        """The pose and motion of the ego at `frame.t_ns`, in world axes.

        The first frame initialises. A source without ego measurements stands still at the origin.
        """
        ...


class Detector(Protocol):
    """Finds things in one image."""

    def detect(self, frame: SensorFrame) -> Detections:
        """Boxes in pixels of the front image, best first."""
        ...


class Tracker(Protocol):
    """Follows road users over frames and measures them on the ground."""

    def track(self, frame: SensorFrame, detections: Detections, ego: EgoState) -> Objects:
        """The confirmed road users and stop signs at `frame.t_ns`, nearest first."""
        ...


class LaneEstimator(Protocol):
    """Finds the lines of the road."""

    def estimate(self, frame: SensorFrame, ego: EgoState) -> Lanes:
        """The lines around the ego; confidence 0 where no paint tells."""
        ...


class SignalReader(Protocol):
    """Reads traffic lights."""

    def read(
        self, frame: SensorFrame, detections: Detections, route: RouteAhead | None
    ) -> tuple[SignalReading, ...]:
        """One reading for every signal of `route`, nearest first; without a route, for every light detected.

        A signal of the route that is too far, hidden or out of the picture is read as `UNKNOWN`.
        """
        ...
