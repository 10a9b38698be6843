"""Vehicles on slopes, over crests, in the air and back on the ground."""

import math

import numpy as np
import pytest

from sim_bridge.server.wire.vehicles import VehicleControl


def slope(share):
    return lambda x: share * x


def hill(x):
    """3 m high, 40 m long."""
    return np.where(np.abs(x - 60.0) < 20.0, 1.5 * (1.0 + np.cos((x - 60.0) * math.pi / 20.0)), 0.0)


def test_a_car_in_neutral_rolls_downhill_with_the_share_of_gravity(land, scene):
    world = scene(land(slope(-0.1)))
    world.car(0.0)
    world.run(3.0)
    speed = np.linalg.norm(world.fleet.states.velocity[0])
    assert speed == pytest.approx(3.0 * 9.81 * (0.1 / math.hypot(1.0, 0.1) - 0.012), rel=0.03)
    assert world.fleet.states.position[0, 2] == pytest.approx(
        world.height(world.fleet.states.position[0, 0]), abs=0.01
    )


@pytest.mark.parametrize("control", [VehicleControl(brake=1.0), VehicleControl(hand_brake=True)])
@pytest.mark.parametrize("share", [-0.15, 0.15])
def test_the_brakes_hold_a_car_on_a_slope(land, scene, control, share):
    world = scene(land(slope(share)))
    world.car(0.0, control=control)
    world.run(5.0)
    assert abs(world.fleet.states.position[0, 0]) < 0.05
    assert np.abs(world.fleet.states.velocity).max() < 1e-6
    assert world.fleet.states.pitch[0] == pytest.approx(math.atan(share), abs=1e-3)


def test_a_car_climbs_a_slope_of_fifteen_percent(land, scene):
    world = scene(land(slope(0.15)))
    world.car(0.0, control=VehicleControl(throttle=1.0))
    world.run(5.0)
    assert world.fleet.states.position[0, 0] > 20.0


def test_a_car_that_falls_keeps_its_way_and_lands_on_its_springs(level, scene):
    world = scene(level)
    world.car(0.0, above=2.0, speed=10.0)
    heights, speeds = [], []
    for _ in range(40):
        world.step()
        heights.append(world.fleet.states.position[0, 2])
        speeds.append(world.fleet.states.velocity[0, 0])
    falling = np.array(heights[:11])
    expected = 2.0 - 0.5 * 9.81 * (0.05 * np.arange(1, 12)) ** 2
    assert falling == pytest.approx(expected, abs=0.04)
    assert speeds[:11] == pytest.approx([10.0] * 11, abs=0.1)
    assert min(heights) >= -0.1
    assert max(heights[20:]) < 0.03
    assert abs(heights[-1]) < 0.002


def test_a_wheel_in_the_air_neither_steers_nor_drives_nor_brakes(level, scene):
    world = scene(level)
    for y, control in enumerate((VehicleControl(throttle=1.0, steer=1.0), VehicleControl(brake=1.0))):
        world.car(0.0, y=10.0 * y, above=3.0, speed=15.0, control=control)
    world.run(0.6)
    assert world.fleet.states.velocity[:, 0] == pytest.approx([15.0, 15.0], abs=0.2)
    assert np.abs(world.fleet.states.yaw).max() < 1e-6


@pytest.mark.parametrize(("speed", "flies"), [(8.0, False), (15.0, False), (22.0, True), (35.0, True)])
@pytest.mark.parametrize("dt", [0.02, 0.05, 0.1])
def test_a_car_leaves_the_ground_over_a_crest_where_gravity_cannot_hold_it(land, scene, speed, flies, dt):
    # At the crest v2 k = g for v = 16.3 m/s: the curvature k is 1.5 (pi/20)2.
    world = scene(land(hill))
    world.car(20.0, speed=speed, control=VehicleControl(throttle=0.4))
    gaps, loads = [], []
    for _ in range(round(9.0 / dt)):
        world.step(dt)
        states = world.fleet.states
        gaps.append(states.position[0, 2] - world.height(states.position[0, 0]))
        loads.append(states.load[0])
    assert (min(loads) == 0.0) == flies
    assert (max(gaps) > 0.2) == flies
    assert min(gaps) > -0.1, "nobody falls through the ground"
    assert abs(gaps[-1]) < 0.05
    assert world.fleet.states.pitch[0] == pytest.approx(0.0, abs=0.02)


def test_a_jump_makes_no_energy(land, scene):
    world = scene(land(hill))
    world.car(20.0, speed=30.0)
    mass, most = world.fleet.masses[0], math.inf
    for _ in range(100):
        world.step()
        total = world.energy() + mass * 9.81 * world.fleet.states.position[0, 2]
        assert total < most * 1.02
        most = min(most, total)


def test_who_is_put_below_the_ground_stands_on_it_one_step_later(level, scene):
    world = scene(level)
    world.car(0.0, above=-5.0)
    world.step()
    assert abs(world.fleet.states.position[0, 2]) < 0.02


def test_a_car_turns_on_in_the_air_and_rights_itself_on_the_ground(level, scene):
    world = scene(level)
    world.car(0.0, above=4.0)
    # Heading along +x, w = (0, -1, 0) lifts the nose.
    world.fleet.set_angular_velocity(1, (0.0, -0.5, 0.3))
    world.run(0.6)
    states = world.fleet.states
    assert states.pitch[0] == pytest.approx(0.3, abs=0.03)
    assert states.yaw[0] == pytest.approx(0.18, abs=0.02)
    world.run(2.0)
    assert world.fleet.states.pitch[0] == pytest.approx(0.0, abs=1e-6)


def test_without_gravity_a_car_hovers_and_goes_on(level, scene):
    world = scene(level)
    world.car(0.0, above=3.0, speed=5.0)
    world.fleet.weightless[0] = True
    world.run(2.0)
    assert world.fleet.states.position[0] == pytest.approx([10.0, 0.0, 3.0], abs=0.1)


@pytest.mark.parametrize("dt", [1e-4, 0.01, 0.1, 1.0, 10.0])
def test_steps_of_any_length_end_on_the_ground(land, scene, dt):
    world = scene(land(hill))
    world.car(20.0, speed=20.0, above=1.0, control=VehicleControl(throttle=0.5, steer=0.2))
    for _ in range(20):
        world.step(dt)
        states = world.fleet.states
        assert np.isfinite(states.position).all()
        assert states.position[0, 2] > world.height(states.position[0, 0]) - 0.1


@pytest.mark.parametrize("pitch", [-0.6, 0.6])
def test_a_tilted_car_lands_on_its_lowest_wheels_and_comes_down_on_all(level, scene, pitch):
    world = scene(level)
    world.car(0.0, above=2.0)
    world.fleet.states.pitch[0] = pitch
    axle = 0.5 * world.fleet.parameters[0].wheelbase
    lowest = []
    for _ in range(60):
        world.step()
        states = world.fleet.states
        lowest.append(states.position[0, 2] - axle * abs(math.sin(states.pitch[0])))
    assert min(lowest) > -0.15
    assert max(abs(height) for height in lowest[-10:]) < 0.01
    assert world.fleet.states.pitch[0] == pytest.approx(0.0, abs=1e-6)
