"""The one table of what a recording holds: topic, schema, rate, and whether reruns must repeat it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Topic:
    """One channel of a recording.

    Attributes:
        name: the channel's topic.
        schema: name of the message schema; `foxglove.*` are Foxglove's, `nanshan.*` are JSON of our types.
        encoding: message encoding.
        repeatable: the same seed gives the same bytes; false for what is timed by a wall clock.
    """

    name: str
    schema: str
    encoding: Literal["protobuf", "json"] = "json"
    repeatable: bool = True


CAMERA = Topic("/camera/front", "foxglove.CompressedVideo", "protobuf")
MOUNTING = Topic("/camera/front/mounting", "nanshan.Camera")
CALIBRATION = Topic("/camera/front/calibration", "foxglove.CameraCalibration", "protobuf")
ANNOTATIONS = Topic("/camera/front/annotations", "foxglove.ImageAnnotations", "protobuf")
SCENE_3D = Topic("/scene", "foxglove.SceneUpdate", "protobuf")
TRANSFORM = Topic("/tf", "foxglove.FrameTransforms", "protobuf")
EGO_MEASUREMENT = Topic("/ego/measurement", "nanshan.EgoMeasurement")
EGO_STATE = Topic("/ego/state", "nanshan.EgoState")
OBJECTS = Topic("/perception/objects", "nanshan.Objects")
LANES = Topic("/perception/lanes", "nanshan.Lanes")
SIGNALS = Topic("/perception/signals", "nanshan.SignalReadings")
NAVIGATION = Topic("/planning/navigation", "nanshan.Navigation")
PLAN = Topic("/planning/plan", "nanshan.Plan")
CONTROL = Topic("/planning/control", "nanshan.Control")
TRUTH = Topic("/truth", "nanshan.Truth")
TIMING = Topic("/timing", "nanshan.Timing", repeatable=False)

TOPICS = (
    CAMERA,
    MOUNTING,
    CALIBRATION,
    ANNOTATIONS,
    SCENE_3D,
    TRANSFORM,
    EGO_MEASUREMENT,
    EGO_STATE,
    OBJECTS,
    LANES,
    SIGNALS,
    NAVIGATION,
    PLAN,
    CONTROL,
    TRUTH,
    TIMING,
)
