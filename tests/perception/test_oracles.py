import numpy as np
import pytest

from data.types import (
    Detections,
    EgoMeasurement,
    EgoState,
    LaneLine,
    Lanes,
    LightState,
    Objects,
    Pose2,
    RouteAhead,
    SensorFrame,
    SignalAhead,
    Truth,
)
from perception.interfaces import Detector, LaneEstimator, Localizer, SignalReader, Tracker
from perception.oracle import (
    SIGHT_M,
    OracleDetector,
    OracleLaneEstimator,
    OracleLocalizer,
    OracleSignalReader,
    OracleTracker,
)

STILL = EgoState(0, Pose2(0.0, 0.0, 0.0), 0.0)


def truth():
    positions = np.array([(30.0, 0.0), (10.0, 3.0), (-8.0, 0.0), (SIGHT_M + 20.0, 0.0)])
    objects = Objects(
        boxes_px=[(300, 170, 320, 190), (100, 150, 200, 250), (0, 0, 0, 0), (310, 170, 312, 172)],
        scores=np.ones(4),
        classes=np.zeros(4),
        track_ids=[31, 32, 33, 34],
        positions_m=positions,
        velocities_mps=np.zeros((4, 2)),
        extents_m=np.full((4, 2), 2.0),
    )
    line = LaneLine(np.zeros((2, 2)), np.zeros((2, 2)), 1.0)
    return Truth(
        pose=Pose2(5.0, 6.0, 0.5),
        speed_mps=7.0,
        objects=objects,
        centres_m=np.zeros((4, 3)),
        yaws_rad=np.zeros(4),
        heights_m=np.ones(4),
        lanes=Lanes((line,), 0, None, np.zeros((2, 2)), 3.5, 1.0),
        signals=(("a", LightState.RED), ("b", LightState.GREEN)),
        lane_offset_m=0.0,
        lane_width_m=3.5,
        in_junction=False,
    )


FRAME = SensorFrame(3, 150_000_000, "drawing", (), truth=truth())


def test_oracles_have_the_shape_of_their_siblings():
    siblings: tuple[Localizer, Detector, Tracker, LaneEstimator, SignalReader] = (
        OracleLocalizer(),
        OracleDetector(),
        OracleTracker(),
        OracleLaneEstimator(),
        OracleSignalReader(),
    )
    assert len(siblings) == 5


def test_the_tracker_gives_what_is_ahead_within_sight_nearest_first():
    objects = OracleTracker().track(FRAME, Detections.empty(), STILL)
    assert objects.track_ids.tolist() == [32, 31]


def test_the_detector_gives_the_boxes_that_are_in_the_picture():
    assert len(OracleDetector().detect(FRAME)) == 3


def test_the_lanes_are_the_true_ones():
    assert OracleLaneEstimator().estimate(FRAME, STILL) is FRAME.truth.lanes


def test_the_pose_is_the_true_one_and_the_motion_as_measured():
    measured = EgoMeasurement(150_000_000, (0, 0, 0), 0.0, 6.9, 0.4, 0.1, 0.02)
    plain = OracleLocalizer().localize(FRAME)
    moving = OracleLocalizer().localize(SensorFrame(3, 150_000_000, "x", (), measured, truth()))
    assert plain.pose == moving.pose == Pose2(5.0, 6.0, 0.5)
    assert (moving.speed_mps, moving.acceleration_mps2, moving.yaw_rate_radps) == (7.0, 0.4, 0.1)


def test_signals_are_read_along_the_route_or_all_without_one():
    ahead = (SignalAhead("b", (9, 0, 5), 4.0), SignalAhead("c", (19, 0, 5), 14.0))
    points = np.column_stack([np.arange(3.0), np.zeros(3)])
    route = RouteAhead(points, np.arange(3.0), np.ones(3), np.zeros(3, bool), ahead, 0.0, 0.0, 9.0)
    read = OracleSignalReader().read
    assert [(r.signal_id, r.state) for r in read(FRAME, Detections.empty(), route)] == [
        ("b", LightState.GREEN),
        ("c", LightState.UNKNOWN),
    ]
    assert [r.signal_id for r in read(FRAME, Detections.empty(), None)] == ["a", "b"]


def test_a_frame_without_truth_says_so():
    with pytest.raises(ValueError, match="no truth for an oracle"):
        OracleLaneEstimator().estimate(SensorFrame(8, 0, "clip.mp4", ()), STILL)
