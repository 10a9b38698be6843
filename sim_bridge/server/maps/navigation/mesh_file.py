"""The file with a map's navigation mesh, made when the first client asks for it."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

import numpy as np

from sim_bridge.server.kept import kept
from sim_bridge.server.maps.navigation.areas import (
    WALK_KINDS,
    crosswalk_outlines,
    footprints,
    walking_areas,
)
from sim_bridge.server.maps.navigation.convex import convex_mesh
from sim_bridge.server.maps.navigation.detour import packed_set
from sim_bridge.server.maps.scenery.prop import SolidBoxes
from sim_bridge.server.maps.world_map import WorldMap
from sim_bridge.server.transforms import Floats

_DIGITS = 16


def mesh_file_name(world: WorldMap, boxes: SolidBoxes) -> str | None:
    """The name of a map's mesh file, or None if it has no walks.

    Clients keep files by their names, for ever. So the name holds a digest of all that decides the content:
    the map's text, what stands around, and the code of this folder's parent, which makes the mesh of them.
    """
    if not any(
        lane.kind in WALK_KINDS for road in world.roads for part in road.sections for lane in part.lanes
    ):
        return None
    digest = hashlib.sha256(world.xodr.encode() + _sources())
    for array in (boxes.centres, boxes.half_sizes, boxes.yaws):
        digest.update(np.ascontiguousarray(array).tobytes())
    readable = re.sub(r"[^A-Za-z0-9_-]", "_", world.name)[:64]
    return f"nanshan/{readable}-{digest.hexdigest()[:_DIGITS]}.bin"


def mesh_file(world: WorldMap, boxes: SolidBoxes) -> bytes:
    """A map's navigation mesh as CARLA's clients read it.

    Raises:
        ValueError: there is nothing to walk on, or far too much for one mesh.
    """
    return kept("walks", world.xodr, lambda: _mesh(world, boxes))


def _mesh(world: WorldMap, boxes: SolidBoxes) -> bytes:
    grounds = world.below(boxes.centres)[0] if len(boxes.centres) else np.zeros(0)
    blocks = footprints(boxes.centres, boxes.half_sizes, boxes.yaws, grounds)
    areas = walking_areas(world.stretches, world.junctions, crosswalk_outlines(world.carla_map), blocks)

    def heights(points: Floats) -> Floats:
        return world.below(points)[0]

    return packed_set(convex_mesh(areas, heights))


@cache
def _sources() -> bytes:
    """The code of everything that reads maps, in the order of the files' names."""
    folder = Path(__file__).parent.parent
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*.py")))
