"""Temporary: a flat map straight from `carla.Map`, until maps/ offers its own."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import carla
import numpy as np

from sim_bridge.server.transforms import Floats, Pose

_TOWNS = Path(__file__).parent.parent / "maps" / "towns"


class MapError(ValueError):
    """No such map, or a broken one."""


@dataclass(frozen=True)
class StandinMap:
    """A flat world."""

    name: str
    xodr: str
    spawn_points: tuple[Pose, ...]
    carla_map: Any = field(repr=False)

    def below(self, points: Floats) -> tuple[Floats, Floats]:
        """Flat ground."""
        return np.zeros(len(points)), np.tile([0.0, 0.0, 1.0], (len(points), 1))

    def speed_limits_kmh(self, points: Floats) -> Floats:
        """One limit everywhere."""
        return np.full(len(points), 50.0)


def available_maps() -> list[str]:
    """Names of the towns that come along."""
    return sorted(path.stem for path in _TOWNS.glob("*.xodr"))


def load_map(name_or_path: str) -> StandinMap:
    """Reads a town or a file."""
    name = name_or_path.rsplit("/", 1)[-1]
    path = Path(name_or_path) if name_or_path.endswith(".xodr") else _TOWNS / f"{name}.xodr"
    if not path.is_file():
        raise MapError(f"map {name_or_path!r} not found; there are {', '.join(available_maps())}")
    return map_from_text(path.stem, path.read_text())


def map_from_text(name: str, xodr: str) -> StandinMap:
    """A map of an OpenDRIVE text."""
    try:
        carla_map = carla.Map(name, xodr)
        waypoints = [pair[0] for pair in carla_map.get_topology() if not pair[0].is_junction]
    except RuntimeError as error:
        raise MapError(f"map {name}: {error}") from error
    poses = []
    for start in waypoints:
        ahead = start.next(10.0)
        if ahead:
            t = ahead[0].transform
            poses.append(Pose(t.location.x, t.location.y, 0.3, 0.0, math.radians(t.rotation.yaw), 0.0))
    return StandinMap(name, xodr, tuple(poses), carla_map)
