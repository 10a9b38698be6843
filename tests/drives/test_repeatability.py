"""Determinism is a feature: a seed is a drive, in whatever process its server runs."""

import numpy as np

from data import topics
from tests.drives.command import started
from tests.drives.conftest import BLIND, SEED, at, drive


def differences(driven, other):
    """Topic and time of every message of one drive that the other does not repeat byte by byte."""
    one, two = driven.messages(), other.messages()
    assert len(one) == len(two)
    return [(a[0], a[1]) for a, b in zip(one, two, strict=True) if a != b]


def poses(driven):
    """(frames, 3) true x, y, yaw."""
    return np.array([list(truth["pose"].values()) for truth in driven.values(topics.TRUTH)])


def controls(driven):
    """(frames, 3) throttle, brake, steering angle."""
    names = ("throttle", "brake", "steering_angle_rad")
    return np.array([[control[name] for name in names] for control in driven.values(topics.CONTROL)])


def test_the_same_seed_gives_the_same_bytes(driven, tmp_path):
    assert differences(driven, drive(tmp_path)) == []


def test_another_seed_gives_another_drive(driven, server, tmp_path):
    other = drive(tmp_path, *at(server), *BLIND, "--seconds", 0.5, seed=SEED + 1)
    assert np.abs(poses(driven)[0, :2] - poses(other)[0, :2]).max() > 5.0


def test_a_served_world_that_waits_for_its_client_gives_the_bytes_of_the_embedded_one(driven, tmp_path):
    with started("serve", "--port", 0, "--synchronous", cwd=tmp_path) as server:
        port = server.said("ready").split()[2]
        assert differences(driven, drive(tmp_path, *at(port))) == []


def test_a_served_world_whose_clouds_went_on_gives_the_same_drive(driven, server, tmp_path):
    served = drive(tmp_path, *at(server))
    np.testing.assert_allclose(poses(served), poses(driven), atol=0.01)
    np.testing.assert_allclose(controls(served), controls(driven), atol=0.02)
