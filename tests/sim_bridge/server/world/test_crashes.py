"""Crashes, pile-ups and stacks: what everybody is told, and that nothing comes from nothing."""

import math

import numpy as np
import pytest

from sim_bridge.server.transforms import Pose
from sim_bridge.server.vehicle.collision import obstacles_of
from sim_bridge.server.wire.geometry import BoundingBox
from sim_bridge.server.wire.vehicles import VehicleControl
from sim_bridge.server.world.contacts import STATIC, is_free

V50, V250 = 50.0 / 3.6, 250.0 / 3.6
WALL = obstacles_of([[30.0, 0.0, 1.5]], [0.0], [[0.1, 8.0, 1.5]])
POLE = obstacles_of([[30.0, 0.3, 2.5]], [0.0], [[0.09, 0.09, 2.5]])


@pytest.mark.parametrize("dt", [0.01, 0.05, 0.1])
@pytest.mark.parametrize("speed", [V50, V250])
@pytest.mark.parametrize("obstacles", [WALL, POLE], ids=["wall", "pole"])
def test_a_thin_obstacle_takes_the_whole_momentum_at_any_speed(level, scene, obstacles, speed, dt):
    world = scene(level, obstacles)
    car = world.car(4.0, speed=speed)
    hits = world.run(2.0, dt)
    assert {(hit.actor_id, hit.other_id) for hit in hits} == {(car, STATIC)}
    impulse = np.sum([hit.impulse for hit in hits], axis=0)
    mass = world.fleet.masses[0]
    assert -1.2 * mass * speed < impulse[0] < -0.8 * mass * speed
    # The car's front stops at the obstacle, and the car stays on its side.
    front = world.fleet.states.position[0, 0] + 2.35 * math.cos(world.fleet.states.yaw[0])
    assert front < 30.0


@pytest.mark.parametrize("dt", [0.05, 0.1])
def test_cars_that_meet_head_on_at_250_kmh_do_not_pass_through_each_other(level, scene, dt):
    world = scene(level)
    world.car(0.0, speed=V250)
    world.car(40.0, yaw=math.pi, speed=V250)
    hits = world.run(1.0, dt)
    assert hits[0].impulse[0] == pytest.approx(-1.15 * world.fleet.masses[0] * V250, rel=0.05)
    assert hits[1].impulse[0] == -hits[0].impulse[0]
    x = world.fleet.states.position[:, 0]
    assert x[0] + 4.5 < x[1]


@pytest.mark.parametrize("dt", [0.05, 0.1])
def test_a_person_is_not_missed_by_a_fast_car(level, scene, dt):
    world = scene(level)
    car, person = world.car(0.0, speed=V250), world.person(30.3)
    hits = world.run(0.6, dt)
    assert (hits[0].actor_id, hits[0].other_id) == (car, person)
    mass = 23.0 * 1.8**2
    assert hits[0].impulse[0] == pytest.approx(-1.15 * mass * V250, rel=0.1)


def walk(world, person, seconds):
    """The person walks along +x; hits on the way."""
    row, found = world.table.row(person), []
    for _ in range(round(seconds / 0.05)):
        world.table.velocity[row] = (1.5, 0.0, 0.0)
        world.table.pose[row, 0] += 1.5 * 0.05
        found += world.step()
    return found


def test_a_person_walking_into_a_parked_car_does_not_shove_it_away(level, scene):
    world = scene(level)
    world.car(0.0)
    hits = walk(world, world.person(-4.0), 3.0)
    pushes = [abs(hit.impulse[0]) for hit in hits]
    assert 1.0 < max(pushes) <= 400.0 * 0.05 + 1e-6
    assert np.linalg.norm(world.fleet.states.velocity[0]) < 0.6


def test_a_person_cannot_walk_through_a_wall(level, scene):
    world = scene(level, WALL)
    person = world.person(29.0)
    walk(world, person, 3.0)
    assert world.table.pose[world.table.row(person), 0] == pytest.approx(29.9 - 0.3, abs=0.05)


def test_a_prop_stops_a_car_and_stays(level, scene):
    world = scene(level)
    car, prop = world.car(0.0, speed=V50), world.prop(20.0)
    hits = world.run(2.0)
    assert {(hit.actor_id, hit.other_id) for hit in hits} == {(car, prop), (prop, car)}
    assert hits[0].impulse[0] < -0.8 * world.fleet.masses[0] * V50
    assert world.table.pose[world.table.row(prop), 0] == 20.0


def test_a_loose_prop_falls_is_knocked_away_and_comes_to_rest(level, scene):
    world = scene(level)
    car, prop = world.car(0.0, speed=V50), world.prop(20.0, y=0.3, above=1.0, loose=True)
    row = world.table.row(prop)
    mass = world.loose.masses[prop]
    assert mass == pytest.approx(150.0)
    hits = world.run(0.8)
    assert hits == []
    assert world.table.pose[row, 2] == 0.0
    hits = world.run(1.5)
    world.fleet.ask(car, VehicleControl(brake=1.0))
    world.run(5.0)
    assert hits[0].actor_id in (car, prop)
    momentum = mass * V50 * 1.15 / (1.0 + mass / world.fleet.masses[0])
    assert abs(hits[0].impulse[0]) == pytest.approx(momentum, rel=0.15)
    assert world.table.pose[row, 0] > 25.0
    assert np.abs(world.table.velocity[row]).max() == 0.0
    assert np.abs(world.table.angular_velocity[row]).max() == 0.0


def test_one_step_tells_of_each_other_thing_once(level, scene):
    houses = obstacles_of(
        [[30.0, -1.5, 2.0], [30.0, 1.5, 2.0], [30.0, 0.0, 2.0]],
        np.zeros(3),
        np.full((3, 3), 2.0),
        owner=[7, 7, 7],
    )
    world = scene(level, houses)
    world.car(20.0, speed=V50, control=VehicleControl(throttle=1.0))
    for _ in range(60):
        hits = world.step()
        assert len(hits) <= 1
        assert all(hit.obstacle == 7 for hit in hits)


def test_a_crash_keeps_momentum_and_turns_the_cars(level, scene):
    world = scene(level)
    world.car(0.0, y=0.9, above=5.0, speed=25.0)
    world.car(8.0, above=5.0, yaw=0.4, kind="truck")
    masses = world.fleet.masses

    def momenta():
        states, fleet = world.fleet.states, world.fleet
        rate, ahead = states.angular_velocity[:, 2], fleet.cg_ahead
        c, s = np.cos(states.yaw), np.sin(states.yaw)
        x, y = states.position[:, 0] + ahead * c, states.position[:, 1] + ahead * s
        vx = states.velocity[:, 0] - rate * ahead * s
        vy = states.velocity[:, 1] + rate * ahead * c
        spin = (fleet.yaw_inertias * rate + masses * (x * vy - y * vx)).sum()
        return (masses * vx).sum(), (masses * vy).sum(), spin

    before = momenta()
    hits = world.run(0.7)
    assert hits, "they must meet in the air, where no tyre takes part"
    # Air takes a little; the overlap that is taken back moves the arms of the momenta by centimetres.
    assert momenta()[:2] == pytest.approx(before[:2], abs=0.02 * 25.0 * masses[0])
    assert momenta()[2] == pytest.approx(before[2], abs=0.05 * 25.0 * masses[0])
    assert np.abs(world.fleet.states.angular_velocity[:, 2]).min() > 0.02


@pytest.mark.parametrize("dt", [0.05, 0.1])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_pile_up_at_a_wall_only_loses_energy_and_comes_to_rest(level, scene, dt, seed):
    draw = np.random.default_rng(seed).uniform
    world = scene(level, obstacles_of([[120.0, 0.0, 1.5]], [0.0], [[0.5, 30.0, 1.5]]))
    for k in range(14):
        place = 6.5 * k + draw(-0.4, 0.4), draw(-1.0, 1.0)
        speed, yaw = 25.0 + draw(-4.0, 8.0), draw(-0.05, 0.05)
        world.car(*place, yaw=yaw, speed=speed, control=VehicleControl(brake=0.1))
    energy = world.energy()
    for _ in range(round(16.0 / dt)):
        world.step(dt)
        now = world.energy()
        assert now <= energy * (1.0 + 1e-9) + 1.0
        energy = now
    states = world.fleet.states
    assert np.isfinite(states.position).all()
    assert (states.position[:, 0] < 119.5).all()
    assert energy < 1.0


def test_cars_that_press_against_a_wall_stand_still(level, scene):
    world = scene(level, obstacles_of([[5.0, 0.0, 1.5]], [0.0], [[0.5, 20.0, 1.5]]))
    for k in range(4):
        world.car(-5.0 * k, control=VehicleControl(throttle=1.0))
    world.run(20.0)
    before = world.fleet.states.position.copy()
    for _ in range(40):
        world.step()
        assert np.abs(world.fleet.states.position - before).max() < 0.02
    assert np.abs(world.fleet.states.velocity).max() < 0.3


def test_a_car_dropped_onto_another_lies_on_it_without_a_tremor(level, scene):
    world = scene(level)
    world.car(0.0, control=VehicleControl(brake=1.0))
    world.car(0.3, y=0.1, above=2.5, yaw=0.2)
    world.run(4.0)
    rest = world.fleet.states.position[1].copy()
    assert rest[2] == pytest.approx(1.46, abs=0.03)
    hits = world.run(1.0)
    assert np.abs(world.fleet.states.position[1] - rest).max() < 1e-6
    weight = sum(hit.impulse[2] for hit in hits if hit.actor_id == 2)
    assert weight == pytest.approx(9.81 * world.fleet.masses[1] * 1.0, rel=0.02)


def test_a_car_without_collisions_touches_nothing(level, scene):
    world = scene(level, WALL)
    ghost = world.car(0.0, speed=20.0)
    world.car(15.0)
    world.table.solid[world.table.row(ghost)] = False
    assert world.run(3.0) == []
    assert world.fleet.states.position[0, 0] > 35.0


def test_a_car_that_physics_does_not_move_is_run_into_and_stays(level, scene):
    world = scene(level)
    world.car(0.0, speed=V50)
    world.car(20.0)
    world.fleet.simulate(2, False)
    hits = world.run(2.0)
    assert hits[0].impulse[0] < -0.8 * world.fleet.masses[0] * V50
    assert world.fleet.states.position[1, 0] == 20.0


ROOM = [
    ("on the free road", (15.0, 0.0, 0.0), True),
    ("in the wall", (29.0, 0.0, 0.0), False),
    ("in a car", (1.0, 1.0, 0.0), False),
    ("above a car", (0.0, 0.0, 2.0), True),
    ("in a person", (-8.0, 0.0, 0.0), False),
    ("in a prop", (-16.0, 0.0, 0.0), False),
]


@pytest.mark.parametrize(("name", "place", "free"), ROOM, ids=[case[0] for case in ROOM])
def test_there_is_room_where_nothing_stands(level, scene, name, place, free):
    world = scene(level, WALL)
    world.car(0.0)
    world.person(-8.0)
    world.prop(-16.0)
    box = BoundingBox((0.0, 0.0, 0.73), (2.35, 0.92, 0.73))
    assert is_free(box, Pose(*place), world.fleet, world.table, world.obstacles) is free


def test_the_same_crash_gives_the_same_bytes(level, scene):
    def end():
        world = scene(level, WALL)
        for k in range(6):
            world.car(-6.0 * k, y=0.3 * k, yaw=0.02 * k, speed=20.0)
        hits = world.run(4.0)
        return world.fleet.states.position.tobytes(), hits

    assert end() == end()
