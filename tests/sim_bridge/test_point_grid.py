import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim_bridge.point_grid import PointGrid

REACH_M = 6.0
coordinates = st.integers(-640, 640).map(lambda sixteenths: sixteenths / 16.0)
places = st.tuples(coordinates, coordinates, coordinates)


@given(st.lists(places, min_size=1, max_size=60), places)
def test_it_finds_what_looking_at_every_point_finds(points, place):
    squares = ((np.array(points) - place) ** 2).sum(axis=1)
    within = np.flatnonzero(squares <= REACH_M**2).tolist()
    found = PointGrid(np.array(points), REACH_M).near(*place).tolist()
    if within:
        assert found == within
    else:
        assert len(found) == 1
        assert squares[found[0]] == squares.min()


@pytest.mark.parametrize("place", [(1e5, 0.0, 0.0), (-1e5, -1e5, 0.0), (0.0, 1e5, 7.0), (30.0, -1e4, 0.0)])
def test_far_outside_of_all_points_the_nearest_is_found(place):
    points = np.random.default_rng(0).uniform(-50.0, 50.0, (300, 3))
    nearest = np.linalg.norm(points - place, axis=1).argmin()
    assert PointGrid(points, REACH_M).near(*place).tolist() == [nearest]


def test_one_point_is_enough():
    assert PointGrid(np.zeros((1, 3)), REACH_M).near(0.0, 0.0, 0.0).tolist() == [0]
