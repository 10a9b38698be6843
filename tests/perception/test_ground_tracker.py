import numpy as np
import pytest
from test_distance import FRONT, car_box

from data.types import Detections, EgoState, ObjectClass, Objects, Pose2, SensorFrame
from perception.tracking.ground_filter import EgoMotion, GroundState
from perception.tracking.tracker import GroundTracker

DT_NS = 50_000_000


def drive(cars, seconds=3.0, ego_speed=10.0, yaw_rate=0.0, edge_px=0.7, missing=(), seed=3):
    """Tracks cars (x at start, y, speed) seen with noisy boxes; yields time, objects and true x."""
    rng, tracker = np.random.default_rng(seed), GroundTracker(FRONT)
    for index in range(int(seconds * 20)):
        t = index / 20.0
        xs = [x + (speed - ego_speed) * t for x, _, speed in cars]
        boxes = np.array([car_box(x, car[1]) for x, car in zip(xs, cars, strict=True)]).reshape(-1, 4)
        boxes = boxes + rng.normal(0.0, edge_px, boxes.shape)
        if index in missing:
            boxes = boxes[:0]
        found = Detections(boxes, np.full(len(boxes), 0.8), np.full(len(boxes), ObjectClass.CAR))
        ego = EgoState(index * DT_NS, Pose2(0, 0, 0), ego_speed, yaw_rate_radps=yaw_rate)
        yield t, tracker.track(SensorFrame(index, index * DT_NS, "drawing", ()), found, ego), xs


def test_a_lead_is_confirmed_in_the_third_frame_and_keeps_its_number():
    objects = [objects for _, objects, _ in drive([(25.0, 0.0, 10.0)])]
    assert [len(o) for o in objects[:4]] == [0, 0, 1, 1]
    assert {int(o.track_ids[0]) for o in objects[2:]} == {1}
    assert objects[-1].classes[0] == ObjectClass.CAR


@pytest.mark.parametrize("start", [12.0, 25.0, 40.0])
def test_the_distance_of_a_lead_is_steady_within_a_tenth(start):
    rows = [(o.positions_m[0, 0], xs[0]) for t, o, xs in drive([(start, 0.0, 10.0)], 4.0) if t > 0.3]
    found, true = np.array(rows).T
    assert np.abs(found / true - 1.0).max() < 0.10
    assert np.abs(np.diff(found)).max() < 0.03 * start


@pytest.mark.parametrize("speed", [0.0, 5.0, 10.0, 13.0])
def test_the_speed_of_a_lead_is_usable_soon(speed):
    errors = [
        abs(o.velocities_mps[0, 0] - speed)
        for t, o, _ in drive([(30.0, 0.0, speed)], 1.5)
        if t > 0.6 and len(o)
    ]
    usable = max(1.5, 0.15 * speed)
    assert np.median(errors) < usable
    assert errors[-1] < usable


def test_a_lead_that_is_missed_for_a_moment_is_carried_on():
    rows = list(drive([(25.0, 0.0, 8.0)], missing=range(40, 46)))
    assert all(len(o) == 1 for t, o, _ in rows[3:])
    _, objects, xs = rows[45]
    assert objects.positions_m[0, 0] == pytest.approx(xs[0], rel=0.1)
    assert objects.scores[0] < 0.8
    assert {int(o.track_ids[0]) for _, o, _ in rows[3:]} == {1}


def test_a_lost_thing_is_dropped():
    rows = list(drive([(25.0, 0.0, 10.0)], missing=range(30, 60)))
    assert len(rows[-1][1]) == 0


def test_the_nearest_comes_first():
    *_, (_, objects, _) = drive([(40.0, 3.5, 10.0), (15.0, 0.0, 10.0)])
    assert list(np.argsort(objects.distances_m)) == [0, 1]


def test_a_standing_car_stands_while_the_ego_turns():
    state = GroundState.born(np.array([20.0, 4.0]), np.eye(2) * 0.01, ObjectClass.CAR)
    for _ in range(20):
        state = state.predicted(EgoMotion.driven(10.0, 0.3, 0.05), ObjectClass.CAR)
    ego = np.array([10.0 * np.sin(0.3) / 0.3, 10.0 * (1 - np.cos(0.3)) / 0.3])
    c, s = np.cos(0.3), np.sin(0.3)
    true = (np.array([20.0, 4.0]) - ego) @ np.array([[c, -s], [s, c]])
    assert state.mean[:2] == pytest.approx(true, abs=0.02)


def test_a_wild_measurement_moves_a_settled_track_little():
    state = GroundState.born(np.array([20.0, 0.0]), np.eye(2), ObjectClass.CAR)
    for _ in range(20):
        state = state.predicted(EgoMotion(0.05, 0, 0, 0), ObjectClass.CAR)
        state = state.updated(np.array([20.0, 0.0]), np.eye(2) * 0.25)
    assert state.updated(np.array([35.0, 0.0]), np.eye(2) * 0.25).mean[0] < 21.0


def test_a_picture_shown_again_or_out_of_order_moves_nothing():
    tracker = GroundTracker(FRONT)
    found = Detections([car_box(20.0, 0.0)], [0.8], [ObjectClass.CAR])
    for t_ns in (0, DT_NS, 2 * DT_NS, 2 * DT_NS, DT_NS, 3 * DT_NS):
        ego = EgoState(t_ns, Pose2(0, 0, 0), 10.0)
        objects = tracker.track(SensorFrame(0, t_ns, "drawing", ()), found, ego)
    assert objects.track_ids.tolist() == [1]
    assert objects.positions_m[0, 0] == pytest.approx(20.0, rel=0.1)


def test_the_own_bonnet_is_no_car():
    tracker = GroundTracker(FRONT)
    bonnet = Detections([[20.0, 300.0, 620.0, 360.0]], [0.8], [ObjectClass.CAR])
    for index in range(6):
        frame = SensorFrame(index, index * DT_NS, "drawing", ())
        objects = tracker.track(frame, bonnet, EgoState(0, Pose2(0, 0, 0), 0.0))
    assert len(objects) == 0


def test_nothing_seen_is_nothing_tracked():
    frame = SensorFrame(0, 0, "drawing", ())
    objects = GroundTracker(FRONT).track(frame, Detections.empty(), EgoState(0, Pose2(0, 0, 0), 0.0))
    assert isinstance(objects, Objects)
    assert len(objects) == 0
