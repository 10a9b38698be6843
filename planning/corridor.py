"""Who is in the way: road users against the strip of road that the ego is going to sweep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.types import ObjectClass, VehicleShape
from planning.config import CorridorConfig
from planning.memory import RoadUsers
from planning.trajectory import Path

VULNERABLE = (ObjectClass.PEDESTRIAN, ObjectClass.BICYCLE)
SIDE_RANGE_M = 25.0  # whoever is farther off the path does not reach it within the horizon
# A camera measures sideways speed to about this: a constant and a share of the distance.
LATERAL_DEADZONE_MPS = 0.35
LATERAL_DEADZONE_PER_M = 0.015
CUT_IN_S = 1.5  # how long a vehicle along the road is believed to keep its sideways motion
NARROWING_FROM_M, NARROWING_PER_M = 25.0, 0.02  # far away the path is known less well: claim less


@dataclass(frozen=True, eq=False)
class Encounters:
    """Road users near the path and when they are in its corridor.

    Times of the second axis are 0, step, 2 step ... up to the horizon.

    Attributes:
        users: the n road users.
        s_low_m: (n, t) float64 along the path, the near end of the footprint.
        s_high_m: (n, t) float64 its far end.
        inside: (n, t) bool whether the footprint overlaps the corridor.
        along_mps: (n,) float64 speed along the path, negative when it comes towards the ego.
        across_mps: (n,) float64 speed to the left across the path.
        crossing: (n,) bool it moves, and not along the path.
        times_s: (t,) float64.
    """

    users: RoadUsers
    s_low_m: Array
    s_high_m: Array
    inside: Array
    along_mps: Array
    across_mps: Array
    crossing: Array
    times_s: Array

    def __len__(self) -> int:
        return len(self.users)


def meet(
    users: RoadUsers, path: Path, shape: VehicleShape, config: CorridorConfig, margin_m: float | None = None
) -> Encounters:
    """Predicts `users` over the horizon and says where and when each is in the corridor of `path`.

    Who moves along the road keeps its lane, so its place is predicted along the path; everyone else goes
    straight on. `margin_m` widens the ego on each side; by default the configured margins apply, those for
    people being wider.
    """
    times = np.arange(0.0, config.horizon_s + 1e-9, config.step_s)
    users = _near(users, path, config)
    s0, _, index = path.frenet(users.positions_m)
    tangent = path.headings_rad[index]
    along, across = _turned(users.velocities_mps, tangent)
    speed = np.hypot(along, across)
    walks = np.isin(users.classes, VULNERABLE)
    still = speed < np.where(walks, 0.3, config.still_mps)
    angle = np.arctan2(np.abs(across), np.abs(along))
    crossing = ~still & (angle > config.crossing_angle_rad)
    on_road = _road_goes_on_to(path, s0)
    free = crossing | (~still & walks) | (~still & (along < 0.0) & ~on_road)
    corners = _corners(users, np.where(np.isnan(users.headings_rad), tangent, users.headings_rad))
    s_low, s_high, d_low, d_high = _boxes(corners, path)
    s_low, s_high, d_low, d_high = (
        value[:, None] + np.zeros(len(times)) for value in (s_low, s_high, d_low, d_high)
    )
    along_shift = np.where(still, 0.0, along)[:, None] * times
    drift = _lateral_drift(across, s0, still)[:, None] * np.minimum(times, CUT_IN_S)
    s_low, s_high = s_low + along_shift, s_high + along_shift
    d_low, d_high = d_low + drift, d_high + drift
    if free.any():
        moved = corners[free][:, None] + (users.velocities_mps[free][:, None] * times[:, None])[:, :, None]
        for target, value in zip((s_low, s_high, d_low, d_high), _boxes(moved, path), strict=True):
            target[free] = value
    half = _half_width(s_low, shape, walks, config, margin_m)
    inside = (d_low < half) & (d_high > -half) & (s_high > 0.0) & (s_low < path.s_m[-1])
    return Encounters(users, s_low, s_high, inside, along, across, crossing, times)


def _near(users: RoadUsers, path: Path, config: CorridorConfig) -> RoadUsers:
    x, y = users.positions_m[:, 0], users.positions_m[:, 1]
    distance = np.hypot(x, y)
    s, d, _ = path.frenet(users.positions_m)
    keep = (distance < config.range_m) & (np.abs(d) < SIDE_RANGE_M) & (s > -5.0)
    return users.select(keep)


def _turned(vectors: Array, angles: Array) -> tuple[Array, Array]:
    """Components of (n, 2) vectors along and to the left of directions (n,)."""
    c, s = np.cos(angles), np.sin(angles)
    return c * vectors[:, 0] + s * vectors[:, 1], c * vectors[:, 1] - s * vectors[:, 0]


def _road_goes_on_to(path: Path, s_m: Array) -> Array:
    """(n,) whether no junction lies on the path up to a little beyond `s_m`."""
    first = np.flatnonzero(path.in_junction & (path.s_m > 0.0))
    start = path.s_m[first[0]] if len(first) else np.inf
    return s_m + 10.0 < start


def _lateral_drift(across_mps: Array, s_m: Array, still: Array) -> Array:
    """Sideways speed that is believed: what exceeds the camera's error."""
    deadzone = LATERAL_DEADZONE_MPS + LATERAL_DEADZONE_PER_M * np.maximum(s_m, 0.0)
    believed = np.sign(across_mps) * np.maximum(np.abs(across_mps) - deadzone, 0.0)
    return np.where(still, 0.0, believed)


def _corners(users: RoadUsers, headings: Array) -> Array:
    """(n, 4, 2) corners of the footprints, from the nearest face's middle, the extents and the headings."""
    length, width = users.extents_m[:, 0], users.extents_m[:, 1]
    forward = np.column_stack([np.cos(headings), np.sin(headings)])
    left = np.column_stack([-forward[:, 1], forward[:, 0]])
    to_ego = -users.positions_m
    ahead, aside = (to_ego * forward).sum(axis=1), (to_ego * left).sum(axis=1)
    end_on = np.abs(ahead) * width >= np.abs(aside) * length * 0.5
    inward_along = np.where(end_on, -np.sign(ahead) * 0.5 * length, 0.0)
    inward_aside = np.where(end_on, 0.0, -np.sign(aside) * 0.5 * width)
    centre = users.positions_m + inward_along[:, None] * forward + inward_aside[:, None] * left
    a, b = 0.5 * length[:, None] * forward, 0.5 * width[:, None] * left
    return np.stack([centre + a + b, centre + a - b, centre - a - b, centre - a + b], axis=1)


def _boxes(corners: Array, path: Path) -> tuple[Array, Array, Array, Array]:
    """Extreme s and d over the corner axis of (..., 4, 2): each (...)."""
    s, d, _ = path.frenet(corners)
    return s.min(axis=-1), s.max(axis=-1), d.min(axis=-1), d.max(axis=-1)


def _half_width(
    s_low: Array, shape: VehicleShape, walks: Array, config: CorridorConfig, margin_m: float | None
) -> Array:
    if margin_m is not None:
        return np.full_like(s_low, 0.5 * shape.width_m + margin_m)
    margin = np.where(walks, config.pedestrian_margin_m, config.margin_m)[:, None]
    narrowing = NARROWING_PER_M * np.maximum(s_low - NARROWING_FROM_M, 0.0)
    half: Array = 0.5 * shape.width_m + margin - np.where(walks[:, None], 0.0, np.minimum(narrowing, 0.7))
    return half
