"""What a town is made of before it is written down: junctions, streets and their profiles."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from sim_bridge.server.maps.towns.paths import Point


class CentreLine(Enum):
    """What is painted along the reference line."""

    BROKEN = "broken"
    DOUBLE = "double"
    EDGE = "edge"  # of a one-way street, whose lanes all lie on its right
    NONE = "none"


class Control(Enum):
    """How a junction is governed."""

    SIGNALS = "signals"
    SIGNS = "signs"  # stop and yield signs of the streets named in the junction's plan
    WEAVE = "weave"  # a ramp joins or leaves a carriageway


@dataclass(frozen=True)
class Profile:
    """The cross-section of a street.

    From the reference line outwards on each side: lanes, cycle lane, parking lane, shoulder, walk.

    Attributes:
        lanes: driving lanes along s.
        shoulder_m: paved strip at the kerb or outside the edge line.
        sidewalk_m: raised walk outside of everything paved, 0 for none.
        centre: the marking along the reference line.
        dash_m: painted and blank length of broken lines.
        road_type: OpenDRIVE's road type.
        back_lanes: driving lanes against s, 0 for a one-way street; as many as along s if None.
        lane_m: width of a driving lane.
        biking_m: cycle lane on either side that is driven on, 0 for none.
        parking_m: parking lane on either side that is driven on, 0 for none.
        back_sidewalk_m: the walk on the left of s, where it is not as on the right.
    """

    lanes: int
    shoulder_m: float
    sidewalk_m: float
    centre: CentreLine
    dash_m: tuple[float, float]
    road_type: str
    back_lanes: int | None = None
    lane_m: float = 3.5
    biking_m: float = 0.0
    parking_m: float = 0.0
    back_sidewalk_m: float | None = None

    def lanes_on(self, forward: bool) -> int:
        """Driving lanes along s, or against it."""
        return self.lanes if forward or self.back_lanes is None else self.back_lanes

    def driven_m(self, forward: bool) -> float:
        """From the reference line to the edge line of one side."""
        return self.lanes_on(forward) * self.lane_m

    def paved_m(self, forward: bool) -> float:
        """From the reference line to the kerb or the grass of one side."""
        beside = self.biking_m + self.parking_m if self.lanes_on(forward) else 0.0
        return self.driven_m(forward) + beside + self.shoulder_m

    def strip_m(self, forward: bool) -> float:
        """What is paved between the lanes and the kerb of one side."""
        return self.paved_m(forward) - self.driven_m(forward)

    def walk_m(self, forward: bool) -> float:
        """Width of one side's walk."""
        return self.sidewalk_m if forward or self.back_sidewalk_m is None else self.back_sidewalk_m

    @property
    def paved_half_m(self) -> float:
        """The wider side's."""
        return max(self.paved_m(True), self.paved_m(False))


@dataclass(frozen=True)
class JunctionPlan:
    """A junction: its middle (OpenDRIVE axes) and its height, both in metres, and how it is governed.

    Attributes:
        control: signals, signs or none.
        stop: names of the streets that have a stop sign here.
        give_way: names of the streets that have a yield sign here.
        turn_radius_m: of the tightest way through it, on its lane's centre line.
    """

    name: str
    x: float
    y: float
    z: float
    control: Control = Control.SIGNALS
    stop: tuple[str, ...] = ()
    give_way: tuple[str, ...] = ()
    # A car's centre must get round a right turn at 15 to 25 km/h, where 9 m are comfortable; 2 m to spare.
    turn_radius_m: float = 11.0

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
        around: the centre of the circle that it follows counter-clockwise instead of a polyline.
        start_point: where its line begins instead of in the junction's middle, likewise `end_point`.
        start_setback_m: from there to where the street itself begins, metres; found by the author if None,
            likewise `end_setback_m`.
        district: what stands beside it: "residential", "old_town", "industrial" or "countryside"; by the
            distance from the town's middle where it is empty.
    """

    name: str
    start: str
    end: str
    profile: Profile
    bends: tuple[Bend, ...]
    limit_kmh: int
    approach_kmh: int
    crest_m: float = 0.0
    around: Point | None = None
    start_point: Point | None = None
    end_point: Point | None = None
    start_setback_m: float | None = None
    end_setback_m: float | None = None
    district: str = ""


@dataclass(frozen=True)
class Area:
    """Ground that is more than grass.

    Attributes:
        kind: "park" or "square".
        points: its outline, metres.
    """

    kind: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class TownPlan:
    """A whole town; a street's OpenDRIVE id is its index + 1.

    Attributes:
        name: of the map.
        geo_reference: PROJ string of the projection.
        junctions: by their name.
        streets: in the order of their ids.
        areas: parks and squares.
    """

    name: str
    geo_reference: str
    junctions: tuple[JunctionPlan, ...]
    streets: tuple[Street, ...]
    areas: tuple[Area, ...] = ()

    def junction(self, name: str) -> JunctionPlan:
        """The junction of that name."""
        return next(junction for junction in self.junctions if junction.name == name)
