import math

import carla
import numpy as np
import pytest

from sim_bridge.server.transforms import Pose, compose, matrices, matrix, pose_of
from sim_bridge.server.wire.geometry import pack_transform, read_transform, wrap_degrees
from sim_bridge.server.wire.values import WireError

POSES = [
    Pose(),
    Pose(1.0, -2.0, 3.0, 0.1, -0.2, 0.3),
    Pose(-5.0, 7.0, 0.5, -1.2, 3.0, -2.0),
    Pose(0.0, 0.0, 0.0, 0.4, math.pi, 0.0),
]


@pytest.mark.parametrize("pose", POSES)
def test_matrices_are_those_of_the_client(pose):
    transform = carla.Transform(
        carla.Location(*pose[:3]), carla.Rotation(*(math.degrees(angle) for angle in pose[3:]))
    )
    np.testing.assert_allclose(matrix(pose), transform.get_matrix(), atol=2e-6)


@pytest.mark.parametrize("pose", POSES)
def test_a_pose_survives_its_matrix(pose):
    np.testing.assert_allclose(matrix(pose_of(matrix(pose))), matrix(pose), atol=1e-12)


def test_a_pose_that_looks_straight_up_survives_its_matrix():
    pose = Pose(0.0, 0.0, 0.0, math.pi / 2.0, 0.3, 0.2)
    np.testing.assert_allclose(matrix(pose_of(matrix(pose))), matrix(pose), atol=1e-7)


def test_no_poses_have_no_matrices():
    assert matrices(np.zeros((0, 6))).shape == (0, 4, 4)


def test_something_ahead_of_a_car_that_heads_right_lies_to_the_right():
    ahead = compose(Pose(10.0, 0.0, 0.0, 0.0, math.pi / 2.0, 0.0), Pose(x=5.0))
    np.testing.assert_allclose(ahead[:3], (10.0, 5.0, 0.0), atol=1e-12)


@pytest.mark.parametrize(
    ("angle", "wrapped"), [(0.0, 0.0), (180.0, 180.0), (-180.0, 180.0), (-503.0, -143.0), (540.0, 180.0)]
)
def test_degrees_are_wrapped_to_the_half_open_turn_that_ends_at_180(angle, wrapped):
    assert wrap_degrees(angle) == pytest.approx(wrapped)


def test_a_transform_survives_the_wire():
    packed = [[1.0, 2.0, 3.0], [10.0, 180.0, -20.0]]
    again = pack_transform(read_transform(packed))
    np.testing.assert_allclose(again[0] + again[1], packed[0] + packed[1], atol=1e-9)


@pytest.mark.parametrize(
    "broken",
    [None, [], [[0, 0, 0]], [[0, 0], [0, 0, 0]], [[0, 0, "x"], [0, 0, 0]], [[0, 0, True], [0, 0, 0]],
     [[math.nan, 0, 0], [0, 0, 0]], [[1e9, 0, 0], [0, 0, 0]], [[0, 0, 0], [math.inf, 0, 0]]],
)  # fmt: skip
def test_a_broken_transform_is_refused_with_a_reason(broken):
    with pytest.raises(WireError, match="transform"):
        read_transform(broken)
