"""Moves poles that a file puts onto a road to the nearest place beside it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from sim_bridge.server.maps.ground import GroundGrid
from sim_bridge.server.maps.signals import Furniture, TrafficLight
from sim_bridge.server.transforms import Floats, Pose

FARTHEST_M = 40.0
POLE_M = 0.3
DEEPEST_FOOT_M = 1.5

_STEP_M = 0.25
_DIRECTIONS = 32


def clear_of_road(lights: Sequence[TrafficLight], ground: GroundGrid) -> tuple[TrafficLight, ...]:
    """The lights with their poles, and what hangs on them, off what is driven on; their actors stay."""
    return tuple(_clear(light, ground) for light in lights)


def clear_place(pose: Pose, ground: GroundGrid) -> Pose:
    """The pose at the nearest place off what is driven or parked on; as it is where that is far."""
    turn = np.arange(_DIRECTIONS) * (math.tau / _DIRECTIONS)
    circle = np.column_stack([np.cos(turn), np.sin(turn), np.zeros(_DIRECTIONS)])
    for radius in np.arange(0.0, FARTHEST_M, _STEP_M):
        places = np.array(pose[:3]) + radius * circle
        free = _free(places, ground)
        if free.any():
            x, y, _ = places[int(free.argmax())].tolist()
            return pose._replace(x=x, y=y)
    return pose


def _free(places: Floats, ground: GroundGrid) -> Floats:
    """(n,) whether a pole at (n, 3) places touches nothing paved."""
    around = [(0.0, 0.0, 0.0), *((a * POLE_M, b * POLE_M, 0.0) for a in (-1.0, 1.0) for b in (-1.0, 1.0))]
    taken = [ground.is_paved(places + np.array(shift)) for shift in around]
    result: Floats = ~np.any(taken, axis=0)
    return result


def _clear(light: TrafficLight, ground: GroundGrid) -> TrafficLight:
    poles: list[Furniture] = []
    heads = list(light.heads)
    for index, pole in enumerate(light.poles):
        pose = clear_place(pole.pose, ground)
        # Files put a pole's foot some way into the ground; heads hang at their height above it.
        height = float(ground.below(np.array([pose[:3]]))[0][0])
        pose = pose._replace(z=height if abs(height - pose.z) < DEEPEST_FOOT_M else pose.z)
        moved = np.array(pose[:3]) - np.array(pole.pose[:3])
        poles.append(replace(pole, pose=pose))
        # A post carries the last head, a mast those before it.
        own = range(len(heads)) if len(light.poles) == 1 else (range(len(heads) - 1), [len(heads) - 1])[index]
        for number in own:
            x, y, z = (np.array(heads[number][:3]) + moved).tolist()
            heads[number] = heads[number]._replace(x=x, y=y, z=z)
    return replace(light, poles=tuple(poles), heads=tuple(heads))
