"""Where streets end at their junctions, and the ways of lanes and walks from one end to another."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sim_bridge.server.maps.towns.paths import (
    Path,
    Pose,
    arc_around,
    link,
    path_length,
    pose_on,
    rounded_polyline,
    smallest_radius,
    trimmed,
    wrapped,
)
from sim_bridge.server.maps.towns.plan import Control, JunctionPlan, Profile, Street, TownPlan

STRAIGHT_ON = math.radians(40.0)
_LEAST_EXTRA_M, _MOST_EXTRA_M = 8.0, 40.0
# Round corners of small streets are found in steps of this.
_STEP_M = 0.5
_WALK_AND_KERB_M = 1.0


@dataclass(frozen=True)
class Arm:
    """One street's mouth at a junction.

    Attributes:
        road: the street's OpenDRIVE id.
        at_start: whether the junction is at s = 0 of the road.
        street: its plan.
        mouth: where the road ends, on its reference line, heading out of the junction.
    """

    road: int
    at_start: bool
    street: Street
    mouth: Pose

    @property
    def profile(self) -> Profile:
        """The street's cross-section."""
        return self.street.profile

    @property
    def lanes_in(self) -> int:
        """Driving lanes that come in."""
        return self.profile.lanes_on(not self.at_start)

    @property
    def lanes_out(self) -> int:
        """Driving lanes that go out."""
        return self.profile.lanes_on(self.at_start)

    def incoming(self, index: int) -> Pose:
        """Left border of the `index`-th lane from the centre that comes in, heading in."""
        return self.mouth.turned(math.pi).aside(-index * self.profile.lane_m)

    def outgoing(self, index: int) -> Pose:
        """Left border of the `index`-th lane from the centre that goes out, heading out."""
        return self.mouth.aside(-index * self.profile.lane_m)

    def incoming_kerb(self) -> Pose:
        """The kerb on the side that comes in, heading in."""
        return self.mouth.turned(math.pi).aside(-self.profile.paved_m(not self.at_start))

    def outgoing_kerb(self) -> Pose:
        """The kerb on the side that goes out, heading out."""
        return self.mouth.aside(-self.profile.paved_m(self.at_start))

    def incoming_lane(self, index: int) -> int:
        """OpenDRIVE id of that lane."""
        return index + 1 if self.at_start else -(index + 1)

    def outgoing_lane(self, index: int) -> int:
        """OpenDRIVE id of that lane."""
        return -(index + 1) if self.at_start else index + 1


@dataclass(frozen=True)
class Movement:
    """The way of one lane, or of some side by side, through a junction; counted from the centre line."""

    source: Arm
    source_lane: int
    target: Arm
    target_lane: int
    lanes: int = 1

    @property
    def path(self) -> Path:
        """The left border of the way."""
        return link(self.source.incoming(self.source_lane), self.target.outgoing(self.target_lane))

    @property
    def turn(self) -> float:
        """How far it turns, rad, positive left."""
        return turn_between(self.source, self.target)

    @property
    def centre_radius(self) -> float:
        """The tightest radius of a turn on its lane's centre line, metres."""
        return smallest_radius(self.path) + math.copysign(self.source.profile.lane_m / 2.0, self.turn)


@dataclass(frozen=True)
class Corner:
    """From the side where one arm comes in to the side where the next one on the right goes out."""

    source: Arm
    target: Arm

    @property
    def walks_m(self) -> tuple[float, float]:
        """Widths of the walks of both there."""
        source, target = self.source, self.target
        return source.profile.walk_m(not source.at_start), target.profile.walk_m(target.at_start)

    def bounds(self, movement: Movement) -> bool:
        """Whether a way runs along it."""
        return (
            movement.source is self.source
            and movement.target is self.target
            and movement.source_lane == self.source.lanes_in - 1
            and movement.target_lane == self.target.lanes_out - 1
        )

    @property
    def path(self) -> Path:
        """The kerb."""
        return link(self.source.incoming_kerb(), self.target.outgoing_kerb())


def turn_between(source: Arm, target: Arm) -> float:
    """Change of heading from coming in on one arm to going out on another, rad, positive left."""
    return wrapped(target.mouth.heading - source.mouth.heading - math.pi)


def movements(junction: JunctionPlan, arms: Sequence[Arm]) -> list[Movement]:
    """Every lane's sensible ways through a junction; no lane ends or begins there."""
    if junction.control is Control.WEAVE:
        return _weaving(arms)
    found = list(_crossing(arms))
    for arm in arms:
        for lane in range(arm.lanes_in):
            if not any(m.source is arm and m.source_lane == lane for m in found):
                target = min(_others(arm, arms, "lanes_out"), key=lambda other: abs(turn_between(arm, other)))
                found.append(Movement(arm, lane, target, min(lane, target.lanes_out - 1)))
        for lane in range(arm.lanes_out):
            if not any(m.target is arm and m.target_lane == lane for m in found):
                source = min(_others(arm, arms, "lanes_in"), key=lambda other: abs(turn_between(other, arm)))
                found.append(Movement(source, min(lane, source.lanes_in - 1), arm, lane))
    return found


def _others(arm: Arm, arms: Sequence[Arm], lanes: str) -> list[Arm]:
    return [other for other in arms if other is not arm and getattr(other, lanes)]


def _crossing(arms: Sequence[Arm]) -> Iterator[Movement]:
    """The inner lane may turn left, the outer one right, all go straight on.

    A street that ends at the junction feeds the crossing road: its inner lane left, its outer lane right.
    """
    for source in arms:
        for target in arms:
            if source is target or not source.lanes_in or not target.lanes_out:
                continue
            turn = turn_between(source, target)
            if abs(turn) < STRAIGHT_ON:
                for index in range(min(source.lanes_in, target.lanes_out)):
                    yield Movement(source, index, target, index)
            elif turn > 0.0:
                yield Movement(source, 0, target, 0)
            else:
                yield Movement(source, source.lanes_in - 1, target, target.lanes_out - 1)


def _weaving(arms: Sequence[Arm]) -> list[Movement]:
    """A carriageway's lanes go on side by side; a ramp takes or gives the outermost one.

    A carriageway that does not change its number of lanes shares its outermost lane with the ramp.
    """
    before = max((arm for arm in arms if arm.lanes_in), key=lambda arm: arm.lanes_in)
    after = max((arm for arm in arms if arm.lanes_out), key=lambda arm: arm.lanes_out)
    through = min(before.lanes_in, after.lanes_out)
    found = [Movement(before, 0, after, 0, through)]
    for ramp in arms:
        if ramp is before or ramp is after:
            continue
        if ramp.lanes_in:
            found.append(Movement(ramp, 0, after, after.lanes_out - 1))
        else:
            found.append(Movement(before, before.lanes_in - 1, ramp, 0))
    return found


def corners(junction: JunctionPlan, arms: Sequence[Arm]) -> list[Corner]:
    """From each arm to the next one on its right; a carriageway has none."""
    if junction.control is Control.WEAVE:
        return []
    order = sorted(arms, key=lambda arm: wrapped(arm.mouth.heading))
    return [Corner(a, b) for a, b in zip(order, [*order[1:], order[0]], strict=True)]


def streets_of(plan: TownPlan) -> Iterator[tuple[int, Street]]:
    """Each street with its OpenDRIVE id."""
    return ((index + 1, street) for index, street in enumerate(plan.streets))


def street_path(plan: TownPlan, street: Street, setbacks: dict[str, dict[int, float]], road: int) -> Path:
    """The reference line between the junctions' mouths.

    Raises:
        ValueError: the street is too short for its junctions, or a bend does not fit; names the street.
    """
    try:
        full = _full_path(plan, street)
        return trimmed(full, setbacks[street.start][road], setbacks[street.end][road])
    except ValueError as error:
        raise ValueError(f"{street.name}: {error}") from error


def arms_of(plan: TownPlan, junction: JunctionPlan, paths: dict[int, Path]) -> list[Arm]:
    """The junction's mouths as the roads really end."""
    arms = []
    for road, street in streets_of(plan):
        if street.start == junction.name:
            arms.append(Arm(road, True, street, paths[road][0].start))
        elif street.end == junction.name:
            arms.append(Arm(road, False, street, paths[road][-1].end.turned(math.pi)))
    return arms


def setbacks_of(plan: TownPlan, junction: JunctionPlan) -> dict[int, float]:
    """How far from the middle each street (by id) begins, so that every turn is wide enough.

    Raises:
        ValueError: two streets meet at too sharp an angle; names the junction.
    """
    meeting = [(r, s) for r, s in streets_of(plan) if junction.name in (s.start, s.end)]
    given = {road: s.start_setback_m if s.start == junction.name else s.end_setback_m for road, s in meeting}
    widest = {
        road: _crossed_half_width(plan, junction, road, meeting) for road, _ in meeting if given[road] is None
    }
    extra = min(_LEAST_EXTRA_M, junction.turn_radius_m - _WALK_AND_KERB_M)
    while extra < _MOST_EXTRA_M:
        setbacks = {r: widest[r] + extra if (fixed := given[r]) is None else fixed for r, _ in meeting}
        arms = [
            Arm(r, s.start == junction.name, s, _mouth(plan, s, junction, setbacks[r])) for r, s in meeting
        ]
        turns = (m for m in movements(junction, arms) if abs(m.turn) > STRAIGHT_ON)
        if not widest or min((m.centre_radius for m in turns), default=math.inf) >= junction.turn_radius_m:
            return setbacks
        extra += _STEP_M
    raise ValueError(f"junction {junction.name}: its streets meet at too sharp an angle for a turn")


def _full_path(plan: TownPlan, street: Street) -> Path:
    """The reference line from the middle of one junction to the middle of the other."""
    first = street.start_point or plan.junction(street.start).point
    last = street.end_point or plan.junction(street.end).point
    if street.around is not None:
        return arc_around(street.around, first, last)
    inner = [(bend.x, bend.y) for bend in street.bends]
    return rounded_polyline([first, *inner, last], [bend.radius_m for bend in street.bends])


def _mouth(plan: TownPlan, street: Street, junction: JunctionPlan, setback: float) -> Pose:
    """The street's pose `setback` metres out of the junction, heading out."""
    full = _full_path(plan, street)
    if street.start == junction.name:
        return pose_on(full, setback)
    return pose_on(full, path_length(full) - setback).turned(math.pi)


def _crossed_half_width(
    plan: TownPlan, junction: JunctionPlan, road: int, meeting: list[tuple[int, Street]]
) -> float:
    """Half the paved width of the widest street that crosses `road`, metres."""
    own = next(_mouth(plan, street, junction, 0.0) for other, street in meeting if other == road)
    crossing = [
        street.profile.paved_half_m
        for other, street in meeting
        if other != road
        and abs(wrapped(_mouth(plan, street, junction, 0.0).heading - own.heading - math.pi)) > STRAIGHT_ON
    ]
    return max(crossing)
