"""The mirror between CARLA's axes and ours, held against CARLA's own maths."""

import carla
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_bridge import axes

metres = st.floats(-500.0, 500.0)
degrees = st.floats(-179.0, 179.0)
slopes = st.floats(-80.0, 80.0)
transforms = st.builds(
    lambda x, y, z, roll, pitch, yaw: carla.Transform(
        carla.Location(x, y, z), carla.Rotation(roll=roll, pitch=pitch, yaw=yaw)
    ),
    metres,
    metres,
    metres,
    degrees,
    slopes,
    degrees,
)


@given(transforms, metres, metres, metres)
def test_a_point_carried_by_carla_and_by_us_lands_in_the_same_place(transform, x, y, z):
    ours = axes.matrix_from_carla(transform) @ np.append(axes.mirror_points((x, y, z)), 1.0)
    theirs = axes.vector_from_carla(transform.transform(carla.Location(x, y, z)))
    np.testing.assert_allclose(ours[:3], theirs, atol=2e-3)


@given(transforms)
def test_mirroring_carlas_own_matrix_gives_ours(transform):
    np.testing.assert_allclose(
        axes.mirror_matrix(transform.get_matrix()), axes.matrix_from_carla(transform), atol=2e-4
    )


@given(transforms)
def test_our_rotations_are_proper(transform):
    rotation = axes.matrix_from_carla(transform)[:3, :3]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(rotation) == pytest.approx(1.0)


@given(transforms)
def test_angles_survive_the_way_through_a_matrix_and_back_to_carla(transform):
    angles = axes.angles_from_carla(transform.rotation)
    back = axes.angles_from_matrix(axes.matrix_from_pose(np.zeros(3), angles))
    np.testing.assert_allclose(back, angles, atol=1e-6)
    rotation = transform.rotation
    np.testing.assert_allclose(
        axes.rotation_to_carla(back), [rotation.roll, rotation.pitch, rotation.yaw], atol=1e-4
    )


@given(transforms, transforms)
def test_conversion_and_composition_commute(first, second):
    composed = np.array(first.get_matrix()) @ np.array(second.get_matrix())
    np.testing.assert_allclose(
        axes.mirror_matrix(composed),
        axes.matrix_from_carla(first) @ axes.matrix_from_carla(second),
        atol=2e-3,
    )


@given(st.lists(st.tuples(metres, metres, metres), min_size=1, max_size=20))
def test_every_mirror_undoes_itself(rows):
    points = np.array(rows)
    np.testing.assert_array_equal(axes.mirror_points(axes.mirror_points(points)), points)
    np.testing.assert_array_equal(axes.mirror_angular(axes.mirror_angular(points)), points)


@given(st.tuples(metres, metres, metres), st.tuples(metres, metres, metres))
def test_a_rotating_body_moves_the_same_on_both_sides_of_the_mirror(rate, arm):
    # v = w x r holds algebraically in either handedness, so mirroring v must equal mirroring w and r.
    left = axes.mirror_points(np.cross(rate, arm))
    right = np.cross(axes.mirror_angular(rate), axes.mirror_points(arm))
    np.testing.assert_allclose(left, right, atol=1e-6)


def test_a_right_turn_nose_up_and_right_side_down_have_the_signs_of_iso_8855():
    roll, pitch, yaw = axes.rotation_from_carla([10.0, 20.0, 30.0])
    assert (roll, pitch, yaw) == pytest.approx((np.deg2rad(10.0), -np.deg2rad(20.0), -np.deg2rad(30.0)))


@given(degrees)
def test_the_compass_tells_the_yaw(yaw_deg):
    forward = carla.Rotation(yaw=yaw_deg).get_forward_vector()
    # CARLA's north is its -y; the compass grows clockwise seen from above.
    compass = np.arctan2(forward.x, -forward.y) % (2.0 * np.pi)
    ours = axes.vector_from_carla(forward)
    apart = axes.yaw_from_compass(compass) - np.arctan2(ours[1], ours[0])
    assert abs(np.sin(0.5 * apart)) < 1e-5


def test_many_poses_convert_at_once_as_they_do_one_by_one():
    rng = np.random.default_rng(3)
    positions, angles = rng.normal(size=(7, 3)), rng.uniform(-1.0, 1.0, (7, 3))
    together = axes.matrix_from_pose(positions, angles)
    for index in range(7):
        np.testing.assert_allclose(together[index], axes.matrix_from_pose(positions[index], angles[index]))
