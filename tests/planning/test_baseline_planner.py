"""The floor: it keeps lane and limit, and nothing else."""

import numpy as np
from planning_loop import SHAPE, Drive, corner, moving, straight_street

from data.types import LightState
from planning.baseline import BlindPlanner
from planning.interfaces import Controller, Navigator, Planner


def blind(graph, actors=(), **kwargs):
    return Drive(graph, actors, planner=BlindPlanner(SHAPE), **kwargs)


def test_every_part_has_its_one_verb():
    drive = blind(straight_street())
    assert isinstance(drive.planner, Planner)
    assert isinstance(drive.controller, Controller)
    assert isinstance(drive.navigator, Navigator)


def test_it_drives_turns_and_stops_at_the_end():
    log = blind(corner(12.0, np.pi / 2), speed=8).run(40)
    assert np.abs(log.array("offset")).max() < 0.3
    assert log.speed[-1] == 0.0


def test_it_runs_reds_and_into_what_stands_in_its_way():
    log = blind(
        straight_street(stop_at=60), [moving(120, 0, 0, 0)], light=lambda t: LightState.RED, speed=12
    ).run(12)
    assert log.hit
