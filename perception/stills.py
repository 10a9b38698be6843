"""What is in a single picture: every detection measured by itself, with nothing before it to follow."""

from __future__ import annotations

import numpy as np

from data.camera import Camera
from data.types import Detections, EgoState, ObjectClass, Objects, SensorFrame
from perception.distance import PRIORS, measure

# A tracker waits for the next frames before it believes; here there are none, so the score alone decides.
SURE_SCORE = 0.4


class StillTracker:
    """Takes every sure detection for an object; its numbers mean nothing beyond the picture.

    Args:
        camera: the front camera.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera

    def track(self, frame: SensorFrame, detections: Detections, ego: EgoState) -> Objects:
        """The road users and stop signs of this picture, nearest first, standing still."""
        del frame, ego
        lights = detections.classes == ObjectClass.TRAFFIC_LIGHT
        sure = np.flatnonzero((detections.scores >= SURE_SCORE) & ~lights)
        if not len(sure):
            return Objects.empty()
        boxes, classes = detections.boxes_px[sure], detections.classes[sure]
        positions = measure(boxes, classes, self._camera).positions_m
        order = np.argsort(np.hypot(*positions.T), kind="stable")
        priors = [PRIORS[ObjectClass(int(classes[i]))] for i in order]
        return Objects(
            boxes_px=boxes[order],
            scores=detections.scores[sure][order],
            classes=classes[order],
            track_ids=np.arange(1, len(order) + 1),
            positions_m=positions[order],
            velocities_mps=np.zeros((len(order), 2)),
            extents_m=np.array([(prior.length_m, prior.width_m) for prior in priors]),
        )
