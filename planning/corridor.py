"""Who is in the way: road users against the strip of road that the ego is going to sweep."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Array
from data.types import ObjectClass, VehicleShape
from planning.config import CorridorConfig
from planning.memory import RoadUsers
from planning.trajectory import Path

# Indexed by class: those who are given more room and whose motion is never held to the lane.
IS_VULNERABLE = np.array([kind in (ObjectClass.PEDESTRIAN, ObjectClass.BICYCLE) for kind in ObjectClass])
SIDE_RANGE_M = 25.0  # whoever is farther off the path does not reach it within the horizon
WALKING_MPS = 0.3  # slower people are taken to stand
# A camera measures sideways speed to about this: a constant and a share of the distance.
LATERAL_DEADZONE_MPS = 0.35
LATERAL_DEADZONE_PER_M = 0.015
EGO_CENTRE_M, EGO_HALF_M = np.array([1.4, 0.0]), np.array([2.4, 1.2])  # nobody else is in there
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
        inside: (n, t) bool whether the footprint overlaps the corridor, margins included.
        touched: (n, t) bool whether it overlaps what the body alone sweeps.
        along_mps: (n,) float64 speed along the path, negative when it comes towards the ego.
        across_mps: (n,) float64 speed to the left across the path.
        crossing: (n,) bool it moves, and not along the path.
        times_s: (t,) float64.
    """

    users: RoadUsers
    s_low_m: Array
    s_high_m: Array
    inside: Array
    touched: Array
    along_mps: Array
    across_mps: Array
    crossing: Array
    times_s: Array

    def __len__(self) -> int:
        return len(self.users)


def meet(
    users: RoadUsers, path: Path, shape: VehicleShape, config: CorridorConfig, body_margin_m: float
) -> Encounters:
    """Predicts `users` over the horizon and says where and when each is in the corridor of `path`.

    Who moves along the road keeps its lane, so its place is predicted along the path; everyone else goes
    straight on. `body_margin_m` widens the ego on each side for `touched`, the configured margins for
    `inside`.
    """
    users, s_near, nearest = _near(users, path, config)
    tangent = path.headings_rad[nearest]
    along, across = _turned(users.velocities_mps, tangent)
    walks = IS_VULNERABLE[users.classes]
    still = np.hypot(along, across) < np.where(walks, WALKING_MPS, config.still_mps)
    crossing = ~still & (np.arctan2(np.abs(across), np.abs(along)) > config.crossing_angle_rad)
    off_lane = ~still & (crossing | walks | ((along < 0.0) & ~_road_goes_on_to(path, s_near)))
    corners = _corners(users, np.where(np.isnan(users.headings_rad), tangent, users.headings_rad))
    times = np.arange(0.0, config.horizon_s + 1e-9, config.step_s)
    drift = np.where(still, 0.0, _believed_drift(across, s_near))
    s_low, s_high, d_low, d_high = _along_lane(
        _boxes(corners, path), np.where(still, 0.0, along), drift, times
    )
    if off_lane.any():
        shift = users.velocities_mps[off_lane][:, None] * times[:, None]
        straight = _boxes(corners[off_lane][:, None] + shift[:, :, None], path)
        for target, value in zip((s_low, s_high, d_low, d_high), straight, strict=True):
            target[off_lane] = value
    ahead = (s_high > 0.0) & (s_low < path.s_m[-1])
    half = _half_widths(s_low, shape, walks, config)
    body = 0.5 * shape.width_m + body_margin_m
    inside = ahead & (d_low < half) & (d_high > -half)
    touched = ahead & (d_low < body) & (d_high > -body)
    return Encounters(users, s_low, s_high, inside, touched, along, across, crossing, times)


def _along_lane(
    boxes: tuple[Array, Array, Array, Array], along_mps: Array, drift_mps: Array, times: Array
) -> tuple[Array, Array, Array, Array]:
    """Extreme s and d, each (n, t), of boxes (n,) that go along the path and drift sideways for a while."""
    s_low, s_high, d_low, d_high = (value[:, None] for value in boxes)
    ahead = along_mps[:, None] * times
    aside = drift_mps[:, None] * np.minimum(times, CUT_IN_S)
    return s_low + ahead, s_high + ahead, d_low + aside, d_high + aside


def _near(users: RoadUsers, path: Path, config: CorridorConfig) -> tuple[RoadUsers, Array, Array]:
    """Those near the path, with their s (n,) and the index (n,) of the nearest path point."""
    s, d, nearest = path.frenet(users.positions_m)
    distance = np.hypot(users.positions_m[:, 0], users.positions_m[:, 1])
    keep = (distance < config.range_m) & (np.abs(d) < SIDE_RANGE_M) & (s > -5.0)
    return users.select(keep), s[keep], nearest[keep]


def _turned(vectors: Array, angles: Array) -> tuple[Array, Array]:
    """Components of (n, 2) vectors along and to the left of directions (n,)."""
    c, s = np.cos(angles), np.sin(angles)
    return c * vectors[:, 0] + s * vectors[:, 1], c * vectors[:, 1] - s * vectors[:, 0]


def _road_goes_on_to(path: Path, s_m: Array) -> Array:
    """(n,) whether no junction lies on the path up to a little beyond `s_m`."""
    first = np.flatnonzero(path.in_junction & (path.s_m > 0.0))
    start = path.s_m[first[0]] if len(first) else np.inf
    return s_m + 10.0 < start


def _believed_drift(across_mps: Array, s_m: Array) -> Array:
    """Sideways speed that is believed: what exceeds the camera's error."""
    deadzone = LATERAL_DEADZONE_MPS + LATERAL_DEADZONE_PER_M * np.maximum(s_m, 0.0)
    believed: Array = np.sign(across_mps) * np.maximum(np.abs(across_mps) - deadzone, 0.0)
    return believed


def _corners(users: RoadUsers, headings: Array) -> Array:
    """(n, 4, 2) corners of the footprints, from the nearest face's middle, the extents and the headings."""
    half_length, half_width = 0.5 * users.extents_m[:, :1], 0.5 * users.extents_m[:, 1:]
    forward = np.column_stack([np.cos(headings), np.sin(headings)])
    left = np.column_stack([-forward[:, 1], forward[:, 0]])
    face = users.positions_m
    lengthwise = np.sign((face * forward).sum(axis=1))[:, None] * half_length * forward
    crosswise = np.sign((face * left).sum(axis=1))[:, None] * half_width * left
    flank = (face + crosswise, np.abs(forward) * half_length + np.abs(left) * half_width)
    shows_flank = _shows_flank(face, *flank, lengthwise)
    centre = face + np.where(shows_flank[:, None], crosswise, lengthwise)
    a, b = half_length * forward, half_width * left
    return np.stack([centre + a + b, centre + a - b, centre - a - b, centre - a + b], axis=1)


def _shows_flank(face: Array, centre: Array, half_m: Array, lengthwise: Array) -> Array:
    """(n,) whether `face` can be the flank of a box, so that the box is at `centre`; else it is an end.

    It can, if then the end would be hidden or farther away, and the box would not overlap the ego itself.

    Args:
        face: (n, 2) middle of the face turned to the ego.
        centre: (n, 2) of the box, if the face is its flank.
        half_m: (n, 2) half the size of that box along the vehicle axes.
        lengthwise: (n, 2) half its length along its heading, away from the ego.
    """
    hidden_end = (centre * lengthwise).sum(axis=1) <= (lengthwise**2).sum(axis=1)
    farther_end = np.hypot(*(centre - lengthwise).T) > np.hypot(*face.T)
    overlaps = (np.abs(centre - EGO_CENTRE_M) < half_m + EGO_HALF_M).all(axis=1)
    flank: Array = (hidden_end | farther_end) & ~overlaps
    return flank


def _boxes(corners: Array, path: Path) -> tuple[Array, Array, Array, Array]:
    """Extreme s and d over the corner axis of (..., 4, 2): each (...)."""
    s, d, _ = path.frenet(corners)
    return s.min(axis=-1), s.max(axis=-1), d.min(axis=-1), d.max(axis=-1)


def _half_widths(s_low: Array, shape: VehicleShape, walks: Array, config: CorridorConfig) -> Array:
    """(n, t) half width of the corridor where each road user is: narrower far away, wider for people."""
    narrowing = np.minimum(NARROWING_PER_M * np.maximum(s_low - NARROWING_FROM_M, 0.0), 0.7)
    margin = np.where(walks[:, None], config.pedestrian_margin_m, config.margin_m - narrowing)
    half: Array = 0.5 * shape.width_m + margin
    return half
