"""Where the picture book looks from: places that are spread over a town, and one with room around it.

Places are in CARLA's axes: x forward, y right, z up, metres.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from data.arrays import Array

SPACING_M = 5.0
BEFORE_LIGHT_M = (14.0, 30.0)
BEFORE_LIGHT_RAD = 0.35
ROOM_ENOUGH_M = 40.0
NEAR_HOUSE_M = 45.0


def lane_poses(carla_map: Any) -> tuple[list[Any], Array]:  # noqa: ANN401  a carla.Map
    """Waypoints on the roads outside junctions, in a fixed order.

    Returns:
        the `carla.Waypoint`s and their (n, 4) float64 x, y, z, yaw; metres, radians, CARLA's axes.
    """
    found = [point for point in carla_map.generate_waypoints(SPACING_M) if not point.is_junction]
    found.sort(key=lambda point: (point.road_id, point.section_id, point.lane_id, point.s))
    rows = []
    for point in found:
        place, yaw = point.transform.location, point.transform.rotation.yaw
        rows.append((place.x, place.y, place.z, np.deg2rad(yaw)))
    return found, np.array(rows, np.float64).reshape(-1, 4)


def before_light(poses: Array, lights: Array) -> int | None:
    """The pose of (n, 4) that looks best at one of the (m, 2 or 3) traffic lights; None where none does."""
    if not len(lights) or not len(poses):
        return None
    towards = lights[None, :, :2] - poses[:, None, :2]
    distance = np.hypot(towards[..., 0], towards[..., 1])
    aside = np.abs(np.angle(np.exp(1j * (np.arctan2(towards[..., 1], towards[..., 0]) - poses[:, None, 3]))))
    near, far = BEFORE_LIGHT_M
    seen = (distance > near) & (distance < far) & (aside < BEFORE_LIGHT_RAD)
    lights_seen = seen.sum(axis=1)
    return int(np.argmax(lights_seen)) if lights_seen.any() else None


def among_houses(poses: Array, houses: Array) -> Array:
    """Indices of the (n, 4) poses with the most of the (m, 2 or 3) houses near them: a quarter of all."""
    if not len(houses):
        return np.arange(len(poses))
    away = poses[:, None, :2] - houses[None, :, :2]
    near = (np.hypot(away[..., 0], away[..., 1]) < NEAR_HOUSE_M).sum(axis=1)
    ranked: Array = np.argsort(-near, kind="stable")
    return ranked[: max(len(poses) // 4, 1)]


def spread(poses: Array, houses: Array, lights: Array, count: int) -> list[int]:
    """Places for a walk through a town, as indices of its poses, far from one another.

    The first one is before a traffic light if there is one; then every other one is among houses. Each is the
    one farthest from those before it (Gonzalez, "Clustering to minimize the maximum intercluster distance",
    1985).

    Args:
        poses: (n, 4), see `lane_poses`, at least one.
        houses: (m, 2 or more) x and y first.
        lights: as houses.
        count: how many; fewer if there are fewer poses.
    """
    places, built = poses[:, :2], among_houses(poses, houses)
    first = before_light(poses, lights)
    chosen = [int(built[0]) if first is None else first]
    while len(chosen) < min(count, len(poses)):
        candidates = built if len(chosen) % 2 else np.arange(len(poses))
        away = np.linalg.norm(places[candidates][:, None] - places[chosen][None], axis=2).min(axis=1)
        chosen.append(int(candidates[np.argmax(away)]))
    return chosen


def roomiest(poses: Array, things: Array) -> int:
    """The pose of (n, 4) with the most room to the (m, 2 or 3) things; the first with room enough."""
    if not len(things):
        return 0
    room = np.array([np.hypot(things[:, 0] - x, things[:, 1] - y).min() for x, y in poses[:, :2]])
    return int(np.argmax(np.minimum(room, ROOM_ENOUGH_M)))
