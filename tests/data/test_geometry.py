import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.arrays import checked
from data.camera import Camera
from data.geometry import (
    box_corners,
    boxes_overlap,
    curvatures,
    pairwise_iou,
    project_to_polyline,
    wrap_angle,
)
from data.types import Detections, Pose2

ANGLES = st.floats(-20.0, 20.0)
METRES = st.floats(-500.0, 500.0)


@given(METRES, METRES, ANGLES, METRES, METRES)
def test_a_point_goes_to_the_world_and_back(x, y, yaw, px, py):
    pose = Pose2(x, y, yaw)
    point = np.array([[px, py]])
    assert np.allclose(pose.vehicle_from_world(pose.world_from_vehicle(point)), point, atol=1e-9)


def test_forward_is_x_and_left_is_y():
    pose = Pose2(10.0, 0.0, np.pi / 2)
    assert np.allclose(pose.world_from_vehicle(np.array([[1.0, 0.0], [0.0, 1.0]])), [[10.0, 1.0], [9.0, 0.0]])


@given(ANGLES)
def test_a_wrapped_angle_points_the_same_way(angle):
    assert -np.pi <= wrap_angle(angle) < np.pi
    assert np.cos(wrap_angle(angle)) == pytest.approx(np.cos(angle), abs=1e-9)


@given(
    st.floats(0.5, 2.0),
    st.floats(-0.2, 0.2),
    st.floats(0.0, 0.3),
    st.floats(4.0, 60.0),
    st.floats(-15.0, 15.0),
)
def test_a_ground_point_projects_to_a_pixel_that_projects_back(height, yaw, pitch, x, y):
    camera = Camera.mounted("front", 640, 360, 1.3, (1.5, 0.2, height), pitch_rad=pitch, yaw_rad=yaw)
    pixels, depth = camera.project(np.array([[x, y, 0.0]]))
    if depth[0] > 0.5:
        assert np.allclose(camera.ground_points(pixels), [[x, y]], atol=1e-6)


def test_left_is_left_in_the_image_and_the_sky_has_no_ground():
    camera = Camera.mounted("front", 640, 360, 1.3, (1.5, 0.0, 1.4))
    (pixel,), _ = camera.project(np.array([[20.0, 3.0, 0.0]]))
    assert pixel[0] < 320.0
    assert pixel[1] > 180.0
    assert np.isinf(camera.ground_points(np.array([[320.0, 100.0]]))).all()


@given(st.floats(0.0, 30.0), st.floats(-5.0, 5.0))
def test_a_point_beside_a_line_has_its_distance_and_side(s, d):
    line = np.column_stack([np.linspace(0.0, 30.0, 31), np.zeros(31)])
    found_s, found_d, heading = project_to_polyline(np.array([s, d]), line)
    assert (found_s, found_d, heading) == pytest.approx((s, d, 0.0), abs=1e-6)


def test_a_left_circle_has_positive_curvature():
    angle = np.linspace(0.0, 1.0, 50)
    circle = 20.0 * np.column_stack([np.sin(angle), 1.0 - np.cos(angle)])
    assert np.allclose(curvatures(circle), 0.05, atol=1e-3)


@pytest.mark.parametrize(
    ("x", "yaw", "overlap"),
    [(0.0, 0.0, True), (3.9, 0.0, True), (4.1, 0.0, False), (3.1, np.pi / 2, False), (2.9, np.pi / 2, True)],
)
def test_boxes_overlap_when_they_share_a_point(x, yaw, overlap):
    a = box_corners(0.0, 0.0, 0.0, 4.0, 2.0)
    assert boxes_overlap(a, box_corners(x, 0.0, yaw, 4.0, 2.0)) is overlap


def test_iou_of_halves():
    a = np.array([[0.0, 0.0, 2.0, 2.0]])
    b = np.array([[0.0, 0.0, 2.0, 2.0], [0.0, 0.0, 1.0, 2.0], [5.0, 5.0, 6.0, 6.0]])
    assert np.allclose(pairwise_iou(a, b), [[1.0, 0.5, 0.0]])
    assert pairwise_iou(a[:0], b).shape == (0, 3)


def test_arrays_are_checked_at_birth_with_expected_and_actual_shape():
    assert len(Detections.empty()) == 0
    with pytest.raises(ValueError, match=r"scores: expected shape \('n=2',\), got \(3,\)"):
        Detections(np.zeros((2, 4)), np.zeros(3), np.zeros(3))
    with pytest.raises(ValueError, match="boxes_px: contains NaN"):
        Detections(np.full((1, 4), np.nan), np.zeros(1), np.zeros(1))


def test_checked_arrays_cannot_be_written():
    source = np.zeros(3)
    array = checked("x", source, (3,), np.float64)
    with pytest.raises(ValueError, match="read-only"):
        array[0] = 1.0
    source[0] = 1.0  # the giver's own array stays writable
