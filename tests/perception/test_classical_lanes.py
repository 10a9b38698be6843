import numpy as np
import pytest
from road_drawing import FRONT, WHITE, YELLOW, Road

from data.camera import Camera
from data.types import EgoState, Pose2
from perception.lanes.classical import ClassicalLaneEstimator

DASHED = (3.0, 6.0)
STREET = ((1.75, DASHED, YELLOW), (-1.75, None, WHITE), (5.25, None, WHITE))
FRONT_M = 3.7
STILL = EgoState(0, Pose2(0.0, 0.0, 0.0), 0.0)


def seen(road, count=12, **how):
    """Lanes, true offset of the ego and ego of the last frames of a drive."""
    estimator = ClassicalLaneEstimator(FRONT)
    rows = [(estimator.estimate(frame, ego), d, ego) for frame, ego, d in road.drive(count, **how)]
    return rows[6:]


def offset_errors(rows):
    """How far the centre line's start is from where the axis of the lane is, m."""
    return np.array([abs(lanes.centre_m[0, 1] + d) for lanes, d, _ in rows])


@pytest.mark.parametrize("curvature", [0.0, 1 / 35.0, -1 / 35.0, 1 / 120.0])
def test_the_lane_is_found_on_straights_and_bends(curvature):
    road = Road(curvature, STREET)
    rows = seen(road, speed=9.0, weave_m=0.3, start=5.0)
    assert min(lanes.confidence for lanes, _, _ in rows) > 0.5
    assert offset_errors(rows).max() < 0.10
    for lanes, _, ego in rows:
        world = ego.pose.world_from_vehicle(lanes.centre_m)
        assert np.abs(road.s_d(world)[1][:16]).max() < 0.15
        assert lanes.width_m == pytest.approx(3.5, abs=0.15)


def test_left_and_right_name_the_lines_of_the_ego_lane():
    lanes, d, _ = seen(Road(lines=STREET), d=0.4)[-1]
    left, right = lanes.lines[lanes.left], lanes.lines[lanes.right]
    assert left.points_m[0, 1] == pytest.approx(1.75 - d, abs=0.1)
    assert right.points_m[0, 1] == pytest.approx(-1.75 - d, abs=0.1)
    starts = [line.points_m[0, 1] for line in lanes.lines]
    assert starts == sorted(starts, reverse=True)
    pixels, _ = FRONT.project(np.column_stack([left.points_m, np.zeros(len(left.points_m))]))
    assert np.abs(pixels - left.points_px).max() < 0.1


@pytest.mark.parametrize("ahead", [3.0, 6.0, 12.0])
def test_the_stripes_of_a_crosswalk_are_no_lines(ahead):
    lines = tuple((offset, None, paint) for offset, _, paint in STREET)
    before = Road(lines=lines, crosswalk=(ahead + FRONT_M, ahead + FRONT_M + 4.0))
    lanes, _, _ = seen(before, speed=0.0)[-1]
    starts = sorted(round(float(line.points_m[0, 1]), 1) for line in lanes.lines)
    assert len(starts) <= 3
    assert np.abs(np.array(starts)[:, None] - (-1.75, 1.75, 5.25)).min(axis=1).max() < 0.25
    assert lanes.centre_m[0, 1] == pytest.approx(0.0, abs=0.15)


def test_a_road_without_paint_gives_no_confidence():
    assert all(lanes.confidence == 0.0 for lanes, _, _ in seen(Road(lines=())))


def test_confidence_fades_when_the_paint_ends_and_the_lane_is_kept_for_a_moment():
    estimator = ClassicalLaneEstimator(FRONT)
    painted, bare = Road(lines=STREET), Road(lines=())
    for frame, ego, _ in painted.drive(8):
        before = estimator.estimate(frame, ego)
    faded = [estimator.estimate(bare.frame(index, ego.pose), ego) for index in range(8, 30)]
    assert before.confidence > 0.7
    assert faded[0].confidence > 0.4
    assert faded[-1].confidence == 0.0
    assert abs(faded[0].centre_m[0, 1]) < 0.1


@pytest.mark.parametrize("light", [0.25, 0.6, 1.0])
def test_the_light_of_the_day_does_not_matter(light):
    rows = seen(Road(lines=STREET), light=light, weave_m=0.2)
    assert offset_errors(rows).max() < 0.1


def test_shadows_across_and_along_the_road_are_no_lines():
    def trees(x, y):
        return (np.sin(1.3 * x) * np.cos(0.9 * y + 0.4 * x) > 0.3) | (np.abs(y - 0.5) < 0.4)

    rows = seen(Road(lines=STREET), shadow=trees)
    assert offset_errors(rows).max() < 0.12
    assert all(lanes.width_m == pytest.approx(3.5, abs=0.2) for lanes, _, _ in rows)


def test_one_line_alone_is_trusted_less_than_two():
    both = seen(Road(lines=STREET[:2]))[-1][0]
    one = seen(Road(lines=STREET[1:2]))[-1][0]
    assert 0.0 < one.confidence < both.confidence
    assert one.left is None
    assert one.right is not None
    assert abs(one.centre_m[0, 1]) < 0.25


def test_one_picture_alone_is_enough():
    frame = Road(lines=STREET).frame(0, Pose2(0.0, 0.0, 0.0))
    lanes = ClassicalLaneEstimator(FRONT).estimate(frame, STILL)
    assert lanes.confidence > 0.5
    assert abs(lanes.centre_m[0, 1]) < 0.1


def test_a_lane_change_ends_in_the_other_lane():
    road = Road(lines=((1.75, None, WHITE), (-1.75, DASHED, WHITE), (-5.25, None, WHITE)))
    estimator = ClassicalLaneEstimator(FRONT)
    for index in range(40):
        d = -3.5 * min(index / 30.0, 1.0)
        turned = float(-np.arctan(3.5 / 30.0 / 0.5)) if index < 30 else 0.0
        pose = road.pose(0.5 * index, d, turned)
        ego = EgoState(0, pose, float(np.hypot(10.0, 2.33 if index < 30 else 0.0)))
        rate = {0: turned, 30: -turned}.get(index, 0.0) * 20.0
        ego = EgoState(0, pose, ego.speed_mps, yaw_rate_radps=rate)
        lanes = estimator.estimate(road.frame(index, pose), ego)
    assert lanes.confidence > 0.5
    assert abs(lanes.centre_m[0, 1]) < 0.15


def test_a_camera_that_sees_no_road_is_refused():
    sky = Camera.mounted("up", 640, 360, 1.0, (0.0, 0.0, 1.5), pitch_rad=-0.8)
    with pytest.raises(ValueError, match="sees no road"):
        ClassicalLaneEstimator(sky)
