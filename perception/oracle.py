"""Perception that reads the truth: siblings of the real modules, to tell what each of them costs a drive."""

from __future__ import annotations

import numpy as np

from data.arrays import Array
from data.types import (
    Detections,
    EgoState,
    Lanes,
    LightState,
    Objects,
    RouteAhead,
    SensorFrame,
    SignalReading,
    Truth,
)

SIGHT_M = 80.0  # how far an oracle sees; a camera sees no farther
NO_BOX = (0.0, 0.0, 0.0, 0.0)


def truth_of(frame: SensorFrame) -> Truth:
    """What the source of the frame knows.

    Raises:
        ValueError: it knows nothing.
    """
    if frame.truth is None:
        raise ValueError(f"{frame.source}, frame {frame.frame}: no truth for an oracle; leave --oracle out")
    return frame.truth


class OracleLocalizer:
    """Knows the pose exactly."""

    def localize(self, frame: SensorFrame) -> EgoState:
        """The true pose; motion from the frame's measurement where it has one."""
        truth, ego = truth_of(frame), frame.ego
        if ego is None:
            return EgoState(frame.t_ns, truth.pose, truth.speed_mps)
        return EgoState(
            frame.t_ns,
            truth.pose,
            truth.speed_mps,
            ego.acceleration_mps2,
            ego.yaw_rate_radps,
            ego.steering_angle_rad,
        )


class OracleDetector:
    """Finds the true box of everything in the picture."""

    def detect(self, frame: SensorFrame) -> Detections:
        """Boxes of the true objects that cover part of the front image."""
        objects = truth_of(frame).objects
        keep = _in_picture(objects.boxes_px)
        return Detections(objects.boxes_px[keep], objects.scores[keep], objects.classes[keep])


class OracleTracker:
    """Knows every road user around."""

    def track(self, frame: SensorFrame, detections: Detections, ego: EgoState) -> Objects:
        """The true objects within `SIGHT_M` in front of the rear axle, nearest first."""
        del detections, ego
        objects = truth_of(frame).objects
        near = np.flatnonzero((objects.distances_m < SIGHT_M) & (objects.positions_m[:, 0] > 0.0))
        order = near[np.argsort(objects.distances_m[near], kind="stable")]
        return Objects(
            objects.boxes_px[order],
            objects.scores[order],
            objects.classes[order],
            objects.track_ids[order],
            objects.positions_m[order],
            objects.velocities_mps[order],
            objects.extents_m[order],
        )


class OracleLaneEstimator:
    """Knows the lines of the map."""

    def estimate(self, frame: SensorFrame, ego: EgoState) -> Lanes:
        """The true lines."""
        del ego
        return truth_of(frame).lanes


class OracleSignalReader:
    """Knows the state of every signal."""

    def read(
        self, frame: SensorFrame, detections: Detections, route: RouteAhead | None
    ) -> tuple[SignalReading, ...]:
        """The true state of the route's signals, or of every signal near without a route."""
        del detections
        states = dict(truth_of(frame).signals)
        if route is None:
            return tuple(SignalReading(name, state, 1.0, NO_BOX) for name, state in states.items())
        return tuple(
            SignalReading(
                signal.signal_id,
                states.get(signal.signal_id, LightState.UNKNOWN),
                1.0 if signal.signal_id in states else 0.0,
                NO_BOX,
                signal.stop_distance_m,
            )
            for signal in route.signals
        )


def _in_picture(boxes_px: Array) -> Array:
    """(n,) whether an (n, 4) box has an area."""
    boxes = np.asarray(boxes_px)
    return np.asarray((boxes[:, 2:] > boxes[:, :2] + 1.0).all(axis=1))
