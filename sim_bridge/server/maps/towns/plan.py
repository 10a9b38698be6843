"""What a town is made of before it is written down: junctions, streets and their profiles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sim_bridge.server.maps.towns.paths import Point

LANE_WIDTH_M = 3.5


class CentreLine(Enum):
    """How the two directions of a street are divided."""

    BROKEN = "broken"
    DOUBLE = "double"


@dataclass(frozen=True)
class Profile:
    """The cross-section of a street, the same on both sides.

    Attributes:
        lanes: driving lanes in each direction.
        shoulder_m: paved strip outside the edge line.
        sidewalk_m: raised walk outside the shoulder, 0 for none.
        centre: the marking between the directions.
        dash_m: painted and blank length of broken lines.
        road_type: OpenDRIVE's road type.
    """

    lanes: int
    shoulder_m: float
    sidewalk_m: float
    centre: CentreLine
    dash_m: tuple[float, float]
    road_type: str

    @property
    def driven_half_m(self) -> float:
        """From the centre line to the edge line."""
        return self.lanes * LANE_WIDTH_M

    @property
    def paved_half_m(self) -> float:
        """From the centre line to the kerb or the grass."""
        return self.driven_half_m + self.shoulder_m


@dataclass(frozen=True)
class JunctionPlan:
    """A signalised junction: its middle (OpenDRIVE axes) and its height, both in metres."""

    name: str
    x: float
    y: float
    z: float

    @property
    def point(self) -> Point:
        """The middle in the plane."""
        return (self.x, self.y)


@dataclass(frozen=True)
class Bend:
    """A corner of a street's polyline, rounded to `radius_m`."""

    x: float
    y: float
    radius_m: float


@dataclass(frozen=True)
class Street:
    """A street from one junction to another.

    Attributes:
        name: unique in its town.
        start: name of the junction at s = 0.
        end: name of the junction at the other end.
        profile: its cross-section.
        bends: corners on the way.
        limit_kmh: speed limit.
        approach_kmh: lower limit near both junctions; equal to `limit_kmh` where there is none.
        crest_m: height of a hill half-way over the straight grade between the junctions.
    """

    name: str
    start: str
    end: str
    profile: Profile
    bends: tuple[Bend, ...]
    limit_kmh: int
    approach_kmh: int
    crest_m: float = 0.0


@dataclass(frozen=True)
class TownPlan:
    """A whole town; a street's OpenDRIVE id is its index + 1.

    Attributes:
        name: of the map.
        geo_reference: PROJ string of the projection.
        junctions: by their name.
        streets: in the order of their ids.
    """

    name: str
    geo_reference: str
    junctions: tuple[JunctionPlan, ...]
    streets: tuple[Street, ...]

    def junction(self, name: str) -> JunctionPlan:
        """The junction of that name."""
        return next(junction for junction in self.junctions if junction.name == name)
