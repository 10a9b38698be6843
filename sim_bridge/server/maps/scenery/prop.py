"""A thing that stands still, and the boxes that vehicles collide with."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sim_bridge.server.renderer.meshes.catalogue import SCENERY, VEHICLES
from sim_bridge.server.renderer.scene import Tag
from sim_bridge.server.transforms import Floats, Pose

# Solid over their whole box; and what gives way.
_BULKY = ("building.", "vehicle.", "bench", "bus_shelter", "guard_rail", "fence", "hedge", "litter_bin")
_SOFT = ("bush",)
TRUNK_HALF_M = 0.18
POLE_HALF_M = 0.09
NO_PROP = -1


@dataclass(frozen=True)
class Prop:
    """One thing that stands still.

    Attributes:
        kind: name in the mesh library's catalogue of scenery, or blueprint id of a parked vehicle.
        pose: in the world; the origin is on the ground, signal heads aside.
        colour: linear albedo for those meshes that take one.
    """

    kind: str
    pose: Pose
    colour: tuple[float, float, float] = (0.5, 0.5, 0.5)

    @property
    def size(self) -> tuple[float, float, float]:
        """Extents of its box along its x, y, z, metres."""
        if self.kind in VEHICLES:
            x, y, z = VEHICLES[self.kind].extent
            return 2.0 * x, 2.0 * y, 2.0 * z
        return SCENERY[self.kind].size

    @property
    def tag(self) -> Tag:
        """Semantic tag."""
        return VEHICLES[self.kind].tag if self.kind in VEHICLES else SCENERY[self.kind].tag

    @property
    def footprint(self) -> Floats:
        """(4, 2) corners of its box on the ground, metres."""
        half_x, half_y = self.size[0] / 2.0, self.size[1] / 2.0
        corners = np.array([[half_x, half_y], [half_x, -half_y], [-half_x, -half_y], [-half_x, half_y]])
        cos, sin = math.cos(self.pose.yaw), math.sin(self.pose.yaw)
        result: Floats = corners @ np.array([[cos, sin], [-sin, cos]]) + np.array(self.pose[:2])
        return result


@dataclass(frozen=True, eq=False)
class SolidBoxes:
    """What vehicles collide with.

    Attributes:
        centres: (n, 3) float64, metres.
        half_sizes: (n, 3) float64, metres.
        yaws: (n,) float64, rad.
        props: (n,) int64, index of the prop that each box belongs to, or `NO_PROP` for parts of bridges.
    """

    centres: Floats
    half_sizes: Floats
    yaws: Floats
    props: np.ndarray[tuple[int], np.dtype[np.int64]]


def solid_boxes(props: Sequence[Prop], bridges: Floats) -> SolidBoxes:
    """Boxes of buildings, trunks and poles, and of the parts of bridges: (n, 7) as `Edging` has them."""
    rows, owners = [], []
    for index, prop in enumerate(props):
        size = prop.size
        if prop.kind.startswith(_BULKY):
            half_x, half_y = max(size[0] / 2.0, POLE_HALF_M), max(size[1] / 2.0, POLE_HALF_M)
        elif prop.kind.startswith("tree."):
            half_x = half_y = TRUNK_HALF_M
        elif prop.kind in _SOFT:
            continue
        else:
            half_x = half_y = POLE_HALF_M
        pose = prop.pose
        rows.append([pose.x, pose.y, pose.z + size[2] / 2.0, half_x, half_y, size[2] / 2.0, pose.yaw])
        owners.append(index)
    owners.extend([NO_PROP] * len(bridges))
    table = np.concatenate([np.array(rows).reshape(-1, 7), bridges])
    return SolidBoxes(table[:, :3], table[:, 3:6], table[:, 6], np.array(owners, np.int64))
