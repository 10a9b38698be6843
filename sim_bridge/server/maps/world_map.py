"""A map as the server uses it: loaded once, then only read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import carla
import numpy as np

from sim_bridge.server.kept import kept
from sim_bridge.server.maps.clear_poles import clear_of_road
from sim_bridge.server.maps.cross_sections import Stretch, lane_pieces, stretches
from sim_bridge.server.maps.ground import GroundGrid, ground_of
from sim_bridge.server.maps.junction_shapes import JunctionShape, junction_shapes
from sim_bridge.server.maps.lane_samples import sample_lanes
from sim_bridge.server.maps.opendrive_check import MAX_BYTES, checked
from sim_bridge.server.maps.priority import PriorityJunctions, priority_junctions
from sim_bridge.server.maps.road_network import PAVED, Road, read_roads
from sim_bridge.server.maps.signals import (
    PrioritySign,
    SpeedSign,
    TrafficLight,
    priority_signs,
    speed_signs,
    traffic_lights,
)
from sim_bridge.server.maps.spawn_points import spawn_points
from sim_bridge.server.maps.town_files import TOWNS, file_of, own_towns
from sim_bridge.server.maps.trial import try_reading
from sim_bridge.server.maps.walks import walk_outlines
from sim_bridge.server.transforms import Floats, Pose

DEFAULT_TOWN = "Nanshan01"

_SAMPLE_SPACING_M = 2.0


@dataclass(frozen=True)
class GeoReference:
    """Where the origin of the map lies on Earth, degrees (WGS 84)."""

    latitude_deg: float
    longitude_deg: float


@dataclass(frozen=True, eq=False)
class WorldMap:
    """Roads, ground, signals and spawn points of one OpenDRIVE; CARLA's left-handed axes, metres, radians.

    Attributes:
        name: without folder or suffix.
        xodr: the OpenDRIVE text, repaired if need be.
        repairs: what was repaired, a line each that names the map.
        carla_map: the same, read by CARLA's library.
        roads: what the server itself reads of it.
        stretches: where their lanes run.
        junctions: what is paved where they meet.
        spawn_points: poses for vehicles, in a fixed order.
        geo_reference: the origin on Earth.
        ground: heights and limits by position.
        traffic_lights: in the order of their signal ids.
        speed_signs: in the order of their signal ids.
        priority_signs: stop and yield signs, in the order of their signal ids.
        priority_junctions: those with stop and yield signs.
    """

    name: str
    xodr: str = field(repr=False)
    repairs: tuple[str, ...]
    carla_map: carla.Map = field(repr=False)
    roads: tuple[Road, ...] = field(repr=False)
    stretches: tuple[Stretch, ...] = field(repr=False)
    junctions: tuple[JunctionShape, ...] = field(repr=False)
    spawn_points: tuple[Pose, ...] = field(repr=False)
    geo_reference: GeoReference
    ground: GroundGrid = field(repr=False)
    traffic_lights: tuple[TrafficLight, ...] = field(repr=False)
    speed_signs: tuple[SpeedSign, ...] = field(repr=False)
    priority_signs: tuple[PrioritySign, ...] = field(repr=False)
    priority_junctions: PriorityJunctions = field(repr=False)

    def below(self, points: Floats) -> tuple[Floats, Floats]:
        """(n,) heights in metres and (n, 3) unit normals of the ground under points.

        Walks count, and so does the height of a point where roads run one over the other.

        Args:
            points: (n, 3) metres; (n, 2) asks for the lowest level.
        """
        return self.ground.below(points)

    def speed_limits_kmh(self, points: Floats) -> Floats:
        """(n,) speed limits in km/h of the lanes next to (n, 2 or 3) points."""
        return np.round(self.ground.limit_at(points) * 3.6, 3)


def load_world_map(name_or_path: str, towns: Mapping[str, Path] | None = None) -> WorldMap:
    """The map of a town, or of an `.xodr` file.

    Args:
        name_or_path: a town's name, with or without folders before it ("/Game/Carla/Maps/Nanshan01"), or the
            path of a file that ends in `.xodr`.
        towns: files by town; those that come along if not given.

    Raises:
        ValueError: there is no such town or file, or it cannot be read; one line that names it.
    """
    path = file_of(name_or_path, own_towns() if towns is None else towns)
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"map {path}: larger than {MAX_BYTES // 1_000_000} MB")
        xodr = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"map {path}: cannot be read ({error})") from error
    return world_map_from_text(path.stem, xodr, str(path), known=path.parent == TOWNS)


def world_map_from_text(name: str, xodr: str, origin: str = "", *, known: bool = False) -> WorldMap:
    """The map of an OpenDRIVE text.

    Args:
        name: the map's name.
        xodr: the text.
        origin: what an error message calls it; the name if empty.
        known: whether it is known to be sound.

    Raises:
        ValueError: CARLA or we cannot read it, or nothing can drive on it; one line that names it.
    """
    try:
        repairs: tuple[str, ...] = ()
        if not known:
            xodr, repairs = kept("text", xodr, lambda: _sound(xodr))
        return _world_map(name, xodr, tuple(f"map {origin or name}: {repair}" for repair in repairs))
    except (ValueError, RuntimeError, IndexError) as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise ValueError(f"map {origin or name}: {reason}") from error


def _sound(xodr: str) -> tuple[str, tuple[str, ...]]:
    """A text that CARLA's reader gets through, and what had to be repaired for that."""
    text, repairs = checked(xodr)
    try_reading(text)
    return text, repairs


def _world_map(name: str, xodr: str, repairs: tuple[str, ...]) -> WorldMap:
    carla_map = carla.Map(name, xodr)
    shapes = kept("map", xodr, lambda: _shapes(xodr, carla_map))
    return WorldMap(name=name, xodr=xodr, repairs=repairs, carla_map=carla_map, **shapes)


def _shapes(xodr: str, carla_map: carla.Map) -> dict[str, Any]:
    """All fields of a map that are computed of its text."""
    roads = read_roads(xodr)
    parts = stretches(carla_map, roads)
    samples = sample_lanes(carla_map, roads, _SAMPLE_SPACING_M)
    junctions = junction_shapes(parts)
    paved = [piece for part in parts for piece in lane_pieces(part, PAVED)]
    ground = ground_of(samples, walk_outlines(parts, junctions), paved)
    return {
        "roads": roads,
        "stretches": parts,
        "junctions": junctions,
        "spawn_points": spawn_points(carla_map, roads),
        "geo_reference": _geo_reference(xodr),
        "ground": ground,
        "traffic_lights": clear_of_road(traffic_lights(carla_map, xodr), ground),
        "speed_signs": speed_signs(carla_map),
        "priority_signs": priority_signs(carla_map),
        "priority_junctions": priority_junctions(carla_map),
    }


def _geo_reference(xodr: str) -> GeoReference:
    """Origin from `+lat_0=` and `+lon_0=`; CARLA's default where they are missing."""
    found = [re.search(rf"\+{key}=([-+0-9.eE]+)", xodr) for key in ("lat_0", "lon_0")]
    if found[0] is None or found[1] is None:
        return GeoReference(42.0, 2.0)
    return GeoReference(float(found[0][1]), float(found[1][1]))
