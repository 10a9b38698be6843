"""Frames and results made up for tests of the roof."""

import numpy as np

from assistant.pipeline import FrameResult
from data.camera import Camera, CameraImage
from data.types import (
    Control,
    Detections,
    EgoState,
    LaneLine,
    Lanes,
    LightState,
    Objects,
    Plan,
    Pose2,
    RouteAhead,
    SensorFrame,
    SignalAhead,
    SignalReading,
    Truth,
)

CAMERA = Camera.mounted("front", 160, 90, 1.3, (1.9, 0.0, 1.35), pitch_rad=0.03)
STEP_NS = 50_000_000


def objects(count=1):
    return Objects(
        np.tile([60.0, 40.0, 90.0, 60.0], (count, 1)),
        np.full(count, 0.8),
        np.zeros(count),
        np.arange(count),
        np.tile([20.0, 1.0], (count, 1)),
        np.zeros((count, 2)),
        np.tile([4.5, 1.8], (count, 1)),
    )


def truth(x=0.0, speed=10.0, offset=0.0, in_junction=False, signals=(), collisions=()):
    return Truth(
        Pose2(x, 0.0, 0.0),
        speed,
        Objects.empty(),
        np.zeros((0, 3)),
        np.zeros(0),
        np.zeros(0),
        Lanes(),
        tuple(signals),
        offset,
        3.5,
        in_junction,
        collisions=tuple(collisions),
    )


def result(frame=0, **facts):
    t_ns = frame * STEP_NS
    known = truth(**facts)
    image = CameraImage(CAMERA, t_ns, np.full((90, 160, 3), 90, np.uint8))
    points = np.column_stack([np.linspace(4.0, 40.0, 10), np.full(10, 1.75)])
    pixels, _ = CAMERA.project(np.column_stack([points, np.zeros(10)]))
    lanes = Lanes((LaneLine(pixels, points, 0.9),), left=0, confidence=0.9)
    reading = SignalReading("7", LightState.RED, 0.9, (70.0, 5.0, 76.0, 20.0), 30.0)
    path = np.column_stack([np.linspace(0.0, 40.0, 41), np.zeros(41)])
    return FrameResult(
        SensorFrame(frame, t_ns, "made up", (image,), truth=known),
        EgoState(t_ns, known.pose, known.speed_mps),
        None,
        Detections.empty(),
        objects(),
        lanes,
        (reading,),
        Plan(t_ns, path, 10.0, 0.5, ("free",)),
        Control(t_ns, 0.3, 0.0, 0.01),
        {"detection": 20_000_000, "frame_to_control": 30_000_000},
    )


class StraightNavigator:
    """A straight route along x with one signal whose stop line is at `line_m`."""

    def __init__(self, line_m=50.0, length_m=200.0):
        self.line_m, self.length_m = line_m, length_m

    def locate(self, ego):
        x = ego.pose.x_m
        s = np.arange(-5.0, 100.0)
        signal = SignalAhead("7", (self.line_m - x + 15.0, 3.0, 5.0), self.line_m - x)
        return RouteAhead(
            np.column_stack([s, np.zeros(len(s))]),
            s,
            np.full(len(s), 13.9),
            np.zeros(len(s), bool),
            (signal,) if self.line_m > x else (),
            0.0,
            x,
            self.length_m - x,
        )
