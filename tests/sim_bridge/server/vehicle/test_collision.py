"""Who touches whom, and how they part."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_bridge.server.vehicle.collision import Bodies, obstacles_of, overlapping, resolve

CAR, CAR_MASS = (2.35, 0.92, 0.73), 1450.0
DT = 0.05
NOTHING = obstacles_of(np.empty((0, 3)), [], np.empty((0, 3)))


def bodies(*rows):
    """Bodies from (x, y, yaw, vx, vy) rows, all cars on the ground."""
    table = np.array(rows, dtype=np.float64).reshape(-1, 5)
    n = len(table)
    mass = np.full(n, CAR_MASS)
    return Bodies(
        position=np.column_stack([table[:, :2], np.zeros(n)]),
        yaw=table[:, 2].copy(),
        half_extents=np.tile(CAR, (n, 1)),
        velocity=np.column_stack([table[:, 3:], np.zeros(n)]),
        yaw_rate=np.zeros(n),
        mass=mass,
        yaw_inertia=mass * (CAR[0] ** 2 + CAR[1] ** 2) / 3.0,
        travel=np.zeros((n, 3)),
        turn=np.zeros(n),
        cg_ahead=np.zeros(n),
        borne=np.ones(n, dtype=np.bool_),
        person=np.zeros(n, dtype=np.bool_),
    )


def energy(cars):
    return float(
        (cars.mass * (cars.velocity**2).sum(axis=1) + cars.yaw_inertia * cars.yaw_rate**2).sum() / 2.0
    )


TOUCH = [
    ("bumper to bumper", (0.0, 0.0, 0.0), (4.6, 0.0, 0.0), True),
    ("a hand's breadth apart", (0.0, 0.0, 0.0), (4.8, 0.0, 0.0), False),
    ("side by side in lanes", (0.0, 0.0, 0.0), (0.5, 3.5, 0.0), False),
    ("crossed like a plus sign", (0.0, 0.0, 0.0), (0.0, 0.0, math.pi / 2.0), True),
    ("corner into side", (0.0, 0.0, 0.0), (3.0, 1.6, 0.8), True),
    ("corner past corner, circles overlapping", (0.0, 0.0, 0.0), (3.9, 2.1, -math.pi / 4.0), False),
]


@pytest.mark.parametrize(("name", "a", "b", "touching"), TOUCH, ids=[case[0] for case in TOUCH])
def test_boxes_touch_where_they_overlap(name, a, b, touching):
    cars = bodies((*a, 0.0, 0.0), (*b, 0.0, 0.0))
    _, contacts = resolve(cars, NOTHING, DT)
    assert len(contacts.first) == int(touching)
    assert overlapping(cars, NOTHING).tolist() == [touching, touching]


def test_a_bridge_above_is_no_contact():
    cars = bodies((0.0, 0.0, 0.0, 5.0, 0.0))
    above, ahead = obstacles_of([[1.0, 0.0, 6.0]], [0.0], [[5.0, 5.0, 1.0]]), None
    assert len(resolve(cars, above, DT)[1].first) == 0
    ahead = obstacles_of([[1.0, 0.0, 1.0]], [0.0], [[5.0, 5.0, 1.0]])
    assert resolve(cars, ahead, DT)[1].with_obstacle.tolist() == [True]


def test_a_rear_end_crash_hands_the_momentum_on():
    cars = bodies((0.0, 0.0, 0.0, 10.0, 0.0), (4.6, 0.0, 0.0, 0.0, 0.0))
    after, contacts = resolve(cars, NOTHING, DT)
    assert after.velocity[:, 0].sum() == pytest.approx(10.0)
    assert after.velocity[1, 0] - after.velocity[0, 0] == pytest.approx(0.15 * 10.0)
    assert contacts.normal[0] == pytest.approx([1.0, 0.0, 0.0])
    assert contacts.impulse[0] == pytest.approx([-CAR_MASS * 5.75, 0.0, 0.0])
    assert contacts.point[0, 0] == pytest.approx(2.3, abs=0.05)
    assert after.position[1, 0] - after.position[0, 0] > 4.6


def test_a_heavy_truck_hardly_feels_a_walker():
    pair = bodies((0.0, 0.0, 0.0, 10.0, 0.0), (2.6, 0.0, 0.0, 0.0, 0.0))
    pair = replace(
        pair,
        half_extents=np.array([CAR, (0.35, 0.35, 0.9)]),
        mass=np.array([7500.0, 75.0]),
        yaw_inertia=np.array([pair.yaw_inertia[0], np.inf]),
    )
    after, _ = resolve(pair, NOTHING, DT)
    assert after.velocity[0, 0] > 9.8
    assert after.velocity[1, 0] > 10.0
    assert after.yaw_rate[1] == 0.0


def test_a_wall_stops_a_car_and_stays():
    wall = obstacles_of(
        [[100.0, 0.0, 2.0], [2.5, 0.0, 2.0]], [0.0, 0.0], [[0.3, 10.0, 2.0], [0.3, 10.0, 2.0]]
    )
    after, contacts = resolve(bodies((0.0, 0.0, 0.0, 10.0, 3.0)), wall, DT)
    assert contacts.second.tolist() == [1]
    assert after.velocity[0, 0] == pytest.approx(-1.5)
    assert 0.0 < after.velocity[0, 1] < 3.0
    assert after.position[0, 0] < 0.0


def test_a_hit_at_the_right_rear_corner_turns_the_nose_right():
    after, _ = resolve(bodies((0.0, 0.8, 0.0, 12.0, 0.0), (4.6, 0.0, 0.0, 0.0, 0.0)), NOTHING, DT)
    # Pushed forward right of its middle, a car yaws to the left (negative); the one behind, held back on its
    # left, does so too.
    assert after.yaw_rate[1] < -0.05
    assert after.yaw_rate[0] < -0.05


def test_what_moves_apart_is_left_alone_but_for_the_overlap():
    after, contacts = resolve(bodies((0.0, 0.0, 0.0, -3.0, 0.0), (4.6, 0.0, 0.0, 3.0, 0.0)), NOTHING, DT)
    assert np.array_equal(contacts.impulse, np.zeros((1, 3)))
    assert after.velocity[:, 0].tolist() == [-3.0, 3.0]


def test_what_cannot_be_pushed_is_not():
    pair = bodies((0.0, 0.0, 0.0, 10.0, 0.0), (4.6, 0.0, 0.0, 0.0, 0.0))
    pair = replace(pair, mass=np.array([CAR_MASS, np.inf]), yaw_inertia=np.array([3000.0, np.inf]))
    after, _ = resolve(pair, NOTHING, DT)
    assert np.array_equal(after.position[1], pair.position[1])
    assert np.array_equal(after.velocity[1], np.zeros(3))
    assert after.velocity[0, 0] == pytest.approx(-1.5)
    both = replace(pair, mass=np.full(2, np.inf), yaw_inertia=np.full(2, np.inf))
    assert np.array_equal(resolve(both, NOTHING, DT)[0].velocity, pair.velocity)


def crowd(n, seed, side=30.0):
    generator = np.random.default_rng(seed)
    cars = bodies(
        *np.column_stack(
            [
                generator.uniform(0.0, side, (n, 2)),
                generator.uniform(-3.1, 3.1, n),
                generator.normal(0.0, 8.0, (n, 2)),
            ]
        )
    )
    return replace(cars, yaw_rate=generator.normal(0.0, 1.0, n))


@settings(max_examples=40, deadline=None, derandomize=True)
@given(n=st.integers(0, 14), seed=st.integers(0, 10_000))
def test_crashes_keep_momentum_and_never_make_energy(n, seed):
    cars = crowd(n, seed)
    after, contacts = resolve(cars, NOTHING, DT)
    before = (cars.mass[:, None] * cars.velocity).sum(axis=0)
    assert (after.mass[:, None] * after.velocity).sum(axis=0) == pytest.approx(before, abs=1e-6)
    assert energy(after) <= energy(cars) * (1.0 + 1e-9)
    assert np.all(contacts.penetration > 0.0)
    assert np.linalg.norm(contacts.normal, axis=1) == pytest.approx(np.ones(len(contacts.first)))
    # Impulses push: the first is pushed against the normal.
    assert np.all((contacts.impulse * contacts.normal).sum(axis=1) <= 1e-9)


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 10_000))
def test_the_order_of_the_bodies_does_not_matter(seed):
    cars, order = crowd(12, seed), np.random.default_rng(seed).permutation(12)
    after, _ = resolve(cars, NOTHING, DT)
    shuffled, _ = resolve(Bodies(**{f.name: getattr(cars, f.name)[order] for f in fields(cars)}), NOTHING, DT)
    for field in fields(after):
        assert np.array_equal(getattr(after, field.name)[order], getattr(shuffled, field.name)), field.name


def test_the_sweep_finds_what_a_check_of_all_pairs_finds():
    generator = np.random.default_rng(5)
    cars = crowd(40, 6, side=120.0)
    centres = np.column_stack([generator.uniform(0.0, 120.0, (60, 2)), np.ones(60)])
    yaws, halves = generator.uniform(-3.1, 3.1, 60), generator.uniform(0.2, 12.0, (60, 3))
    _, contacts = resolve(cars, obstacles_of(centres, yaws, halves), DT)
    found = {
        (bool(o), *((i, j) if o else sorted((i, j))))
        for i, j, o in zip(contacts.first, contacts.second, contacts.with_obstacle, strict=True)
    }
    expected = set()
    for i in range(40):
        one = Bodies(**{f.name: getattr(cars, f.name)[[i]] for f in fields(cars)})
        for j in range(60):
            if len(resolve(one, obstacles_of(centres[[j]], yaws[[j]], halves[[j]]), DT)[1].first):
                expected.add((True, i, j))
        for j in range(i):
            two = Bodies(**{f.name: getattr(cars, f.name)[[i, j]] for f in fields(cars)})
            if len(resolve(two, NOTHING, DT)[1].first):
                expected.add((False, j, i))
    assert found == expected
    assert len(found) > 20


def test_a_heap_of_many_contacts_is_not_cut_short():
    heap = bodies(*[(0.01 * k, 0.0, 0.0, 0.0, 0.0) for k in range(30)])
    assert len(resolve(heap, NOTHING, DT)[1].first) == 30 * 29 // 2


def test_nobody_collides_with_nothing():
    after, contacts = resolve(bodies(), NOTHING, DT)
    assert len(after.yaw) == len(contacts.first) == 0
