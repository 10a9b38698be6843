"""Cars that nobody drives: along the kerb in parking lanes, and on drives beside houses."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from sim_bridge.server.maps.cross_sections import Stretch
from sim_bridge.server.maps.ground import GroundGrid
from sim_bridge.server.maps.scenery.plots import Plots
from sim_bridge.server.maps.scenery.prop import Prop
from sim_bridge.server.maps.scenery.sides import Side
from sim_bridge.server.maps.scenery.surfaces import WALK, Patch, ribbon
from sim_bridge.server.renderer.meshes.catalogue import VEHICLES
from sim_bridge.server.transforms import Floats, Pose

PARKING = "parking"
BAY_M = 6.4
TAKEN = 0.55
DRIVES_M = 17.0
DRIVES_TAKEN = 0.45
BEHIND_WALK_M = 1.1
CLEAR_OF_ROAD_M = 0.5
STEEPEST_DRIVE_M = 0.15
# The slab of a drive lies over the land, which lies a little lower than the ground beside roads.
SLAB_M = -0.07
SLAB_BESIDE_M = 0.45
# How far off the middle of its bay a car stands, metres.
_ALONG_M = 0.3
# What it leaves free of its lane on either side at least, metres.
_BESIDE_M = 0.05

_KINDS = ("sedan", "hatchback", "suv", "estate", "coupe")
_MODELS = tuple(
    name
    for name, model in VEHICLES.items()
    if model.kind in _KINDS and not model.special_type.startswith("em")
)


def parked_cars(part: Stretch, ground: GroundGrid, random: np.random.Generator) -> Iterator[Prop]:
    """Cars in the parking lanes of a stretch, along the lane and within it."""
    for index, lane in enumerate(part.section.lanes):
        if lane.kind != PARKING:
            continue
        s = part.grid.s[0] + BAY_M / 2.0
        while s < part.grid.s[-1] - BAY_M / 2.0:
            taken, name = random.random() < TAKEN, _MODELS[int(random.integers(len(_MODELS)))]
            half_length, half_width, _ = VEHICLES[name].extent
            reach = half_length + _ALONG_M
            lefts, rights = (
                part.grid.line(border, 0.0, np.array([s - reach, s, s + reach]))
                for border in (index, index + 1)
            )
            left, right = lefts[1], rights[1]
            colour = _colour(name, random)
            shift = float(random.uniform(-_ALONG_M, _ALONG_M))
            width = float(np.linalg.norm((right - left)[:2]))
            s += BAY_M
            x, y, z = (left + right) / 2.0
            across = (right - left) / max(width, 1e-9)
            # In a bend the lane leaves a straight car's ends less room than its middle.
            room = np.concatenate([((x, y, z) - lefts) @ across, (rights - (x, y, z)) @ across])
            if not taken or room.min() < half_width + _BESIDE_M:
                continue
            yaw = math.atan2(-across[0], across[1])
            x, y = x + shift * math.cos(yaw), y + shift * math.sin(yaw)
            yield _standing(
                name, float(x), float(y), float(z), yaw if lane.lane_id < 0 else yaw + math.pi, ground, colour
            )


def driveways(side: Side, plots: Plots, ground: GroundGrid, random: np.random.Generator) -> Iterator[Prop]:
    """Cars on drives behind the walk, between the houses; nose to the street or to the house."""
    if not side.walk:
        return
    s = float(random.uniform(8.0, 8.0 + DRIVES_M))
    while s < side.length - 8.0:
        name = _MODELS[int(random.integers(len(_MODELS)))]
        colour, taken = _colour(name, random), random.random() < DRIVES_TAKEN
        turned = math.pi * int(random.integers(2))
        x, y, z, yaw = side.at(s, BEHIND_WALK_M + VEHICLES[name].extent[0], side.border)
        s += DRIVES_M * float(random.uniform(0.7, 1.3))
        prop = Prop(name, Pose(x, y, z, 0.0, _wrapped(yaw + turned), 0.0), colour)
        corners = prop.footprint
        if taken and plots.free(corners, CLEAR_OF_ROAD_M):
            heights = ground.surface(corners)[0]
            if np.ptp(heights) < STEEPEST_DRIVE_M:
                plots.take(corners)
                pose = prop.pose._replace(z=float(heights.mean()) + SLAB_M)
                yield Prop(name, pose, colour)


def drive_slab(car: Prop) -> Patch:
    """The concrete that a car on a drive stands on, up to the walk."""
    half_x, half_y = car.size[0] / 2.0 + BEHIND_WALK_M, car.size[1] / 2.0 + SLAB_BESIDE_M
    forward = np.array([math.cos(car.pose.yaw), math.sin(car.pose.yaw), 0.0])
    right = np.array([-forward[1], forward[0], 0.0])
    middle = np.array(car.pose[:3])
    rows = np.stack([middle - half_x * forward, middle + half_x * forward])
    return ribbon(
        rows - half_y * right, rows + half_y * right, np.array([0.0, 2.0 * half_x]), (0.0, 2.0 * half_y), WALK
    )


def _standing(
    name: str,
    x: float,
    y: float,
    z: float,
    yaw: float,
    ground: GroundGrid,
    colour: tuple[float, float, float],
) -> Prop:
    """A car with its wheels on the ground, tilted as the ground is."""
    heights, normals = ground.surface(np.array([[x, y, z]]))
    slope: Floats = -normals[0, :2] / normals[0, 2]
    pitch = math.atan(float(slope @ (math.cos(yaw), math.sin(yaw))))
    roll = -math.atan(float(slope @ (-math.sin(yaw), math.cos(yaw))))
    return Prop(name, Pose(x, y, float(heights[0]), pitch, _wrapped(yaw), roll), colour)


def _wrapped(angle: float) -> float:
    """The same angle in (-pi, pi]."""
    return math.pi - (math.pi - angle) % math.tau


def _colour(name: str, random: np.random.Generator) -> tuple[float, float, float]:
    """Linear albedo of one of the model's paints (IEC 61966-2-1)."""
    paints = VEHICLES[name].colours
    coded = np.array(paints[int(random.integers(len(paints)))]) / 255.0
    red, green, blue = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4).tolist()
    return red, green, blue
