"""Rays against brute force, and what casting promises."""

import numpy as np
import pytest
from ray_scenes import box, floor, mesh_of, placed, scene

from sim_bridge.server.rays.cast import NOTHING
from sim_bridge.server.rays.trees import grown
from sim_bridge.server.renderer.scene import Instances, Tag


def scattered(count, seed, spread=20.0, size=2.0):
    random = np.random.default_rng(seed)
    middles = random.uniform(-spread, spread, (count, 1, 3))
    return (middles + random.uniform(-size, size, (count, 3, 3))).astype(np.float32)


def rays(count, seed):
    directions = np.random.default_rng(seed).standard_normal((count, 3))
    return directions / np.linalg.norm(directions, axis=1, keepdims=True)


def nearest_by_hand(corners, origin, directions):
    """(n,) distance of the nearest of all triangles, inf where none is hit: solved as linear systems."""
    found = np.full(len(directions), np.inf)
    for a, b, c in corners.astype(np.float64):
        columns = np.stack(
            [np.broadcast_to(b - a, directions.shape), np.broadcast_to(c - a, directions.shape), -directions],
            axis=-1,
        )
        u, v, t = np.linalg.solve(columns, np.broadcast_to(origin - a, directions.shape)[..., None])[..., 0].T
        hit = (u >= 0.0) & (v >= 0.0) & (u + v <= 1.0) & (t > 0.0)
        found = np.where(hit, np.minimum(found, t), found)
    return found


def test_the_nearest_triangle_is_found_as_by_trying_all():
    corners, directions, origin = scattered(300, 0, spread=10.0), rays(800, 1), np.array([1.0, -2.0, 0.5])
    expected = nearest_by_hand(corners, origin, directions)
    here = scene(chunks=[mesh_of(corners)])
    found = here.cast(origin[None], directions, 100.0, here.placed(Instances.none()))
    hit = np.isfinite(expected)
    assert 100 < hit.sum() < 800
    assert np.array_equal(found.thing != NOTHING, hit)
    assert found.distance[hit] == pytest.approx(expected[hit], rel=1e-5)


def test_what_moves_is_met_where_it_is_however_it_is_turned():
    shape = scattered(40, 2, spread=3.0)
    pose = (5.0, -1.0, 2.0, 0.3, 1.2, -0.4)
    instances = placed(0, [pose, (50.0, 0.0, 0.0, 0.0, 0.0, 0.0)], [7, 8])
    here = scene([mesh_of(shape)])
    moved = shape @ instances.pose[0, :3, :3].T + instances.pose[0, :3, 3]
    directions = rays(600, 3)
    expected = nearest_by_hand(moved, np.zeros(3), directions)
    things = here.placed(instances)
    found = here.cast(np.zeros((1, 3)), directions, 20.0, things)
    near = np.isfinite(expected) & (expected < 20.0)
    assert near.sum() > 30
    assert np.array_equal(found.thing == 0, near)
    assert found.distance[near] == pytest.approx(expected[near], rel=1e-4)
    assert things.instance_id[found.thing[near]].tolist() == [7] * int(near.sum())


def test_the_same_bytes_come_from_one_thread_and_from_two():
    shape, directions = scattered(500, 4), rays(20000, 5)
    instances = placed(0, [(1.0, 2.0, 3.0, 0.1, 0.2, 0.3), (9.0, 0.0, 0.0, 0.0, 2.0, 0.0)], [1, 2])
    answers = []
    for threads in (1, 2):
        here = scene([mesh_of(shape)], [floor()], threads=threads)
        answers.append(here.cast(np.array([[0.0, 0.0, 2.0]]), directions, 90.0, here.placed(instances)))
    assert all(np.array_equal(one, two) for one, two in zip(*answers, strict=True))


def test_no_ray_slips_through_where_triangles_meet():
    here = scene(chunks=[floor(50.0)])
    # Straight at the edges and the corner that the four triangles share.
    along = np.linspace(-0.9, 0.9, 4001)
    targets = np.stack([along * 40.0, along * 40.0, np.zeros_like(along)], axis=1)
    directions = targets - (0.0, 0.0, 3.0)
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    found = here.cast(np.array([[0.0, 0.0, 3.0]]), directions, 100.0, here.placed(Instances.none()))
    assert (found.thing != NOTHING).all()
    assert found.distance * -directions[:, 2] == pytest.approx(np.full(4001, 3.0), abs=1e-6)


def test_rays_along_the_axes_hit_too():
    here = scene(chunks=[box((2.0, 3.0, 4.0))])
    directions = np.array([[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]], np.float64)
    found = here.cast(np.zeros((1, 3)), directions, 10.0, here.placed(Instances.none()))
    assert found.distance == pytest.approx([2.0, 2.0, 3.0, 3.0, 4.0, 4.0])
    assert found.facing == pytest.approx(np.ones(6))


def test_facing_is_the_cosine_to_the_normal():
    here = scene(chunks=[floor()])
    down = np.radians([90.0, 60.0, 30.0, 5.0])
    directions = np.column_stack([np.cos(down), np.zeros(4), -np.sin(down)])
    found = here.cast(np.array([[0.0, 1.0, 1.0]]), directions, 50.0, here.placed(Instances.none()))
    assert found.facing == pytest.approx(np.sin(down), rel=1e-5)
    assert set(found.tag.tolist()) == {Tag.ROADS}


def test_what_is_hidden_lets_rays_through_and_the_reach_ends_them():
    here = scene([box((1.0, 1.0, 1.0))])
    things = here.placed(placed(0, [(5.0, 0, 0, 0, 0, 0), (10.0, 0, 0, 0, 0, 0)], [3, 4]))
    ahead = np.array([[1.0, 0.0, 0.0]])
    assert here.cast(np.zeros((1, 3)), ahead, 50.0, things).distance == pytest.approx([4.0])
    assert here.cast(np.zeros((1, 3)), ahead, 50.0, things, hidden=3).distance == pytest.approx([9.0])
    assert here.cast(np.zeros((1, 3)), ahead, 3.9, things).thing.tolist() == [NOTHING]


def test_rays_can_look_for_what_moves_only():
    here = scene([box((1.0, 1.0, 1.0))], still=placed(0, [(3.0, 0, 0, 0, 0, 0)], [0]))
    things = here.placed(placed(0, [(9.0, 0, 0, 0, 0, 0)], [4]))
    ahead = np.array([[1.0, 0.0, 0.0]])
    assert here.cast(np.zeros((1, 3)), ahead, 50.0, things).thing[0] < NOTHING
    found = here.cast(np.zeros((1, 3)), ahead, 50.0, things, only_moving=True)
    assert (found.thing.tolist(), found.distance.tolist()) == ([0], pytest.approx([8.0]))


def test_an_empty_world_and_flat_or_pointlike_triangles_are_no_trouble():
    nothing = scene()
    found = nothing.cast(np.zeros((1, 3)), rays(10, 0), 10.0, nothing.placed(Instances.none()))
    assert set(found.thing.tolist()) == {NOTHING}
    slivers = np.zeros((50, 3, 3))
    slivers[:, 1, 0] = 1.0
    here = scene([mesh_of(np.zeros((0, 3, 3)))], [mesh_of(slivers)])
    things = here.placed(placed(0, [(1.0, 0, 0, 0, 0, 0)], [5]))
    found = here.cast(np.array([[0.0, 0.0, 1.0]]), rays(500, 1), 10.0, things)
    assert set(found.thing.tolist()) == {NOTHING}
    assert np.isfinite(found.distance).all()


def test_trees_stay_shallow_enough_for_their_stacks_even_when_boxes_double_in_distance():
    # Each box twice as far as the one before: the cheapest cut would take off one at a time.
    far = (2.0 ** np.arange(-30, 60, 0.02)).astype(np.float32)
    low = np.column_stack([far, np.zeros_like(far), np.zeros_like(far)])
    trees, order = grown(low, low * np.float32(1.001), np.array([0, len(far)]))
    assert sorted(order.tolist()) == list(range(len(far)))

    def depth(node, level=0):
        if trees.held[node]:
            return level
        first = trees.first[node]
        return max(depth(first, level + 1), depth(first + 1, level + 1))

    assert depth(int(trees.root[0])) <= 72
    assert trees.held.sum() == len(far)
