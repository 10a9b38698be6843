"""People on their feet, in the crowd of a client, in the air and on the ground."""

from __future__ import annotations

import numpy as np
import pytest

from sim_bridge.server.transforms import Pose
from sim_bridge.server.wire.actors import Description
from sim_bridge.server.wire.snapshots import WALKER_STATE
from sim_bridge.server.wire.vehicles import WalkerControl
from sim_bridge.server.world.actors import Actor, ActorKind, ActorTable
from sim_bridge.server.world.walkers import Walkers

DELTA_S, HALF_HEIGHT_M = 0.05, 0.9
WALKER = 7


class Slope:
    """A hill, and a kerb at x = 5."""

    def __init__(self, rise=0.0, kerb_m=0.0):
        self.rise, self.kerb_m = rise, kerb_m

    def below(self, points):
        heights = points[:, 0] * self.rise + np.where(points[:, 0] > 5.0, self.kerb_m, 0.0)
        return heights, np.tile([0.0, 0.0, 1.0], (len(points), 1))


class Scene:
    """One walker on a ground."""

    def __init__(self, ground=None, height_m=0.0, invincible=False):
        self.ground = ground or Slope()
        self.table, self.walkers = ActorTable(), Walkers()
        person = Actor(WALKER, ActorKind.WALKER, Description(0, "walker.pedestrian.0001", {}))
        self.table.add(person, Pose(z=HALF_HEIGHT_M + height_m))
        self.walkers.add(WALKER, HALF_HEIGHT_M, invincible)

    def go(self, seconds, speed=0.0, direction=(1.0, 0.0, 0.0), jump=False):
        self.walkers.control(WALKER, WalkerControl(direction, speed, jump))
        return self.wait(seconds)

    def wait(self, seconds):
        """The poses of all steps, (k, 6)."""
        poses = []
        for _ in range(round(seconds / DELTA_S)):
            self.walkers.advance(DELTA_S, self.table, self.ground)
            self.walkers.show(DELTA_S, self.table)
            poses.append(self.table.pose[0].copy())
        assert np.isfinite(self.table.pose).all()
        assert np.isfinite(self.table.velocity).all()
        return np.array(poses)

    def guide(self, x, y, yaw=0.0, speed=1.4):
        self.walkers.guide([WALKER], np.array([[x, y, 0.0]]), np.array([yaw]), np.array([speed]))

    @property
    def feet(self):
        return self.table.pose[0, 2] - HALF_HEIGHT_M

    @property
    def velocity(self):
        return self.table.velocity[0]


def test_a_walker_keeps_its_feet_on_a_hill():
    scene = Scene(Slope(rise=0.12))
    poses = scene.go(10.0, speed=2.0)
    assert poses[-1, 0] == pytest.approx(20.0, abs=0.2)
    np.testing.assert_allclose(poses[:, 2] - HALF_HEIGHT_M, poses[:, 0] * 0.12, atol=0.02)


def test_a_kerb_is_stepped_on_within_a_few_frames_and_not_at_once():
    scene = Scene(Slope(kerb_m=0.12))
    heights = scene.go(6.0, speed=1.4)[:, 2] - HALF_HEIGHT_M
    steps = np.diff(heights)
    assert heights[-1] == pytest.approx(0.12)
    assert steps.min() >= 0.0
    assert steps.max() < 0.119


def test_a_walker_turns_before_it_has_turned_round():
    scene = Scene()
    yaws = scene.go(1.0, speed=1.4, direction=(-1.0, -0.01, 0.0))[:, 4]
    assert 0.2 < abs(yaws[0]) < 0.5
    assert np.cos(yaws[-1]) == pytest.approx(-1.0, abs=0.01)


def test_the_stride_goes_on_with_the_way_and_rests_with_the_walker():
    scene = Scene()
    scene.go(5.0, speed=1.5)
    assert scene.walkers.walked_m[0] == pytest.approx(scene.table.pose[0, 0])
    assert scene.walkers.walking[0]
    scene.go(1.0)
    assert not scene.walkers.walking[0]


def test_a_jump_goes_up_by_its_speed_and_comes_down_again():
    scene = Scene()
    heights = scene.go(DELTA_S, jump=True)[:, 2]
    heights = np.append(heights, scene.go(1.5)[:, 2]) - HALF_HEIGHT_M
    assert heights.max() == pytest.approx(5.0**2 / (2.0 * 9.81), abs=0.15)
    assert heights.min() == 0.0
    assert scene.feet == 0.0


@pytest.mark.parametrize("height_m", [2.0, 0.5, -0.9])
def test_whoever_is_put_above_or_a_little_below_the_ground_stands_on_it_soon(height_m):
    scene = Scene(height_m=height_m)
    poses = scene.wait(1.5)
    assert scene.feet == pytest.approx(0.0, abs=1e-6)
    assert poses[:, 2].min() >= min(height_m, 0.0) + HALF_HEIGHT_M


def test_whoever_is_put_a_little_above_the_ground_stands_on_it_in_the_next_frame():
    scene = Scene(height_m=0.45)
    scene.wait(DELTA_S)
    assert scene.feet == 0.0
    scene.table.place(WALKER, Pose(3.0, 1.0, HALF_HEIGHT_M + 0.4))
    scene.walkers.put(WALKER)
    scene.wait(DELTA_S)
    assert scene.feet == pytest.approx(0.0, abs=1e-9)


def test_whoever_is_hidden_far_below_the_ground_or_has_no_gravity_stays_there():
    deep, floating = Scene(height_m=-500.0), Scene(height_m=3.0)
    floating.walkers.simulate(WALKER, False)
    deep.wait(1.0)
    floating.wait(1.0)
    assert deep.feet == pytest.approx(-500.0)
    assert floating.feet == pytest.approx(3.0)


def test_nobody_walks_faster_than_a_runner_or_on_a_direction_of_nothing():
    scene = Scene()
    scene.go(2.0, speed=1e300, direction=(1e308, 1e308, 0.0))
    assert np.hypot(*scene.velocity[:2]) == pytest.approx(12.0)
    assert np.isfinite(np.frombuffer(scene.table.state[0, :17].tobytes(), WALKER_STATE)["speed"]).all()
    still = Scene()
    still.go(1.0, speed=3.0, direction=(0.0, 0.0, 1.0))
    assert still.table.pose[0, 0] == 0.0


def test_in_a_crowd_a_walker_is_where_it_was_put_and_as_fast_as_it_came_there():
    scene = Scene()
    for step in range(10):
        scene.guide(0.07 * step, 0.0, yaw=0.3)
        scene.wait(DELTA_S)
    np.testing.assert_allclose(scene.table.pose[0, :5], [0.63, 0.0, HALF_HEIGHT_M, 0.0, 0.3], atol=1e-9)
    np.testing.assert_allclose(scene.velocity, [1.4, 0.0, 0.0], atol=1e-9)
    shown = scene.table.state[0, : WALKER_STATE.itemsize].tobytes()
    assert np.frombuffer(shown, WALKER_STATE)["speed"][0] == pytest.approx(1.4)


def test_a_crowd_that_speaks_every_third_step_gives_steady_speeds_and_silence_ends_them():
    scene, speeds = Scene(), []
    for step in range(1, 31):
        if step % 3 == 0:
            scene.guide(0.07 * step, 0.0)
        scene.wait(DELTA_S)
        speeds.append(scene.velocity[0])
    np.testing.assert_allclose(speeds[9:], 1.4, atol=1e-9)
    scene.wait(0.6)
    assert scene.velocity[0] == 0.0


def test_a_leap_over_the_map_is_no_walk():
    scene = Scene()
    scene.guide(100.0, 0.0)
    scene.wait(DELTA_S)
    assert scene.table.pose[0, 0] == 100.0
    assert scene.walkers.walked_m[0] == scene.velocity[0] == 0.0


def test_whoever_is_held_back_does_not_stride():
    scene = Scene()
    for _ in range(20):
        scene.walkers.control(WALKER, WalkerControl((1.0, 0.0, 0.0), 1.4, False))
        scene.walkers.advance(DELTA_S, scene.table, scene.ground)
        scene.table.pose[0, 0] = 0.0  # a wall pushes back
        scene.walkers.show(DELTA_S, scene.table)
    assert scene.walkers.walked_m[0] == 0.0
    assert not scene.walkers.walking[0]


def test_a_car_throws_a_walker_down_and_it_lies_where_it_slid():
    scene = Scene()
    scene.walkers.strike(WALKER, (75.0 * 9.0, 0.0, 0.0))
    assert not scene.walkers.solid_ids
    poses = scene.wait(5.0)
    assert poses[-1, 0] == pytest.approx(9.0**2 / (2.0 * 6.0), rel=0.1)
    assert poses[-1, 2] < 0.2
    assert poses[-1, 3] == pytest.approx(np.pi / 2.0)
    scene.go(1.0, speed=2.0)
    assert scene.table.pose[0, 0] == pytest.approx(poses[-1, 0])


def test_a_soft_blow_leaves_a_walker_on_its_feet():
    scene = Scene()
    scene.walkers.strike(WALKER, (75.0 * 1.0, 0.0, 0.0))
    assert scene.wait(1.0)[-1, 3] == 0.0


def test_the_invincible_get_up_where_they_slid_and_walk_on():
    scene = Scene(invincible=True)
    scene.walkers.strike(WALKER, (75.0 * 9.0, 0.0, 0.0))
    assert scene.wait(4.0)[-1, 3] == pytest.approx(np.pi / 2.0)
    upright = scene.wait(1.5)[-1]
    assert upright[0] == pytest.approx(9.0**2 / (2.0 * 6.0), rel=0.1)
    assert upright[2:4] == pytest.approx([HALF_HEIGHT_M, 0.0])
    assert scene.walkers.solid_ids == [WALKER]
    scene.go(2.0, speed=2.0)
    assert scene.table.pose[0, 0] > upright[0] + 3.0


def test_the_dead_lie_for_ten_seconds_and_no_crowd_moves_them():
    scene = Scene()
    scene.walkers.die(WALKER)
    scene.guide(50.0, 0.0)
    scene.wait(9.9)
    assert scene.table.pose[0, 0] == 0.0
    assert not scene.walkers.departed_ids
    scene.wait(0.2)
    assert scene.walkers.departed_ids == [WALKER]


def test_the_same_orders_give_the_same_bytes_and_leaving_keeps_the_others_places():
    def run():
        scene = Scene()
        for number in range(3):
            person = Actor(20 + number, ActorKind.WALKER, Description(0, "walker.pedestrian.0002", {}))
            scene.table.add(person, Pose(y=float(number), z=1.0))
            scene.walkers.add(20 + number, 1.0, True)
        scene.walkers.control(22, WalkerControl((0.0, 1.0, 0.0), 1.0, False))
        scene.wait(1.0)
        scene.table.remove(20)
        scene.walkers.remove(20)
        scene.wait(1.0)
        return scene

    first, second = run(), run()
    assert first.table.packed().tobytes() == second.table.packed().tobytes()
    assert first.walkers.ids == [WALKER, 21, 22]
    assert first.table.pose[2, 1] == pytest.approx(2.0 + 2.0, abs=0.1)
