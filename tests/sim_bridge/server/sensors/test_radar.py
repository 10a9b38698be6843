"""Radar and obstacle sensor in worlds whose echoes can be worked out by hand."""

import math

import numpy as np
import pytest
from ray_scenes import box, floor, placed, scene

from sim_bridge.server.renderer.scene import Instances, Tag
from sim_bridge.server.sensors.obstacle import ObstacleSettings, nearest_obstacle
from sim_bridge.server.sensors.radar import RadarSettings, echoes
from sim_bridge.server.transforms import Pose, matrix

SETTINGS = RadarSettings(60.0, 20.0, 40.0, 20_000)


def test_echoes_tell_where_in_the_cone_a_thing_is():
    here = scene([box((0.5, 40.0, 40.0))])
    things = here.placed(placed(0, [(20.5, 0.0, 0.0, 0.0, 0.0, 0.0)], [9]))
    heard = echoes(SETTINGS, 0.1, np.eye(4), here, things, 0, np.random.default_rng(0))
    assert len(heard.distance) == 2000
    assert np.abs(np.degrees(heard.azimuth)).max() <= 30.0
    assert np.abs(np.degrees(heard.azimuth)).max() > 28.0
    assert np.abs(np.degrees(heard.altitude)).max() == pytest.approx(10.0, abs=1.0)
    across = heard.distance * np.cos(heard.altitude)
    assert across * np.cos(heard.azimuth) == pytest.approx(np.full(2000, 20.0))
    assert set(heard.object_id.tolist()) == {9}


def test_the_cone_turns_with_the_radar_and_ends_at_its_range():
    here = scene(chunks=[box((1.0, 1.0, 1.0), (0.0, 30.0, 0.0)), box((1.0, 9.0, 9.0), (0.0, -60.0, 0.0))])
    none = here.placed(Instances.none())
    right, left = matrix(Pose(yaw=math.pi / 2.0)), matrix(Pose(yaw=-math.pi / 2.0))
    heard = echoes(SETTINGS, 0.1, right, here, none, 0, np.random.default_rng(0))
    assert heard.distance.min() == pytest.approx(29.0, rel=1e-3)
    assert heard.direction[:, 1].min() > 0.99
    assert len(echoes(SETTINGS, 0.1, left, here, none, 0, np.random.default_rng(0)).distance) == 0


def test_a_ball_that_rolls_ahead_stops_at_the_first_thing_it_touches():
    here = scene([box((1.0, 1.0, 1.0))], [floor()])
    car = here.placed(placed(0, [(10.0, 1.28, 1.0, 0.0, 0.0, 0.0)], [5]))
    start = matrix(Pose(z=1.0))

    def way(radius, **other):
        return nearest_obstacle(ObstacleSettings(30.0, radius, **other), start, here, car, 0)

    # The box's side is 0.28 m beside the ball's path.
    assert way(0.2, only_dynamics=False) is None
    met = way(0.5, only_dynamics=False)
    assert (met.instance_id, met.tag) == (5, Tag.CAR)
    assert met.distance_m == pytest.approx(9.0 - math.sqrt(0.5**2 - 0.28**2), abs=0.05)
    # Of what stands still nothing is in the way.
    assert way(0.5, only_dynamics=True) == met


def test_the_ball_does_not_touch_its_own_car_nor_what_is_too_far():
    here = scene([box((1.0, 1.0, 1.0))])
    things = here.placed(placed(0, [(0.0, 0, 0, 0, 0, 0), (12.0, 0, 0, 0, 0, 0)], [3, 4]))
    settings = ObstacleSettings(8.0, 0.5, only_dynamics=False)
    assert nearest_obstacle(settings, np.eye(4), here, things, 3) is None
    near = ObstacleSettings(12.0, 0.5, only_dynamics=False)
    met = nearest_obstacle(near, np.eye(4), here, things, 3)
    assert (met.distance_m, met.instance_id) == (pytest.approx(10.5), 4)
