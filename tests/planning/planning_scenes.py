"""Small scenes for tests of single parts of the planner."""

import numpy as np

from data.types import EgoState, Lanes, ObjectClass, Objects, Pose2, RouteAhead, Scene, VehicleShape

SHAPE = VehicleShape(
    wheelbase_m=2.85, front_m=3.75, rear_m=0.95, width_m=1.85, max_steering_angle_rad=np.radians(45.0)
)
CAR, PEDESTRIAN = ObjectClass.CAR, ObjectClass.PEDESTRIAN
EXTENTS = {CAR: (4.5, 1.9), PEDESTRIAN: (0.5, 0.5)}


def ego(speed=10.0, t=0.0, **kwargs):
    return EgoState(round(t * 1e9), Pose2(0.0, 0.0, 0.0), speed, **kwargs)


def objects(*rows):
    """Rows of (class, track id, position, velocity)."""
    if not rows:
        return Objects.empty()
    kinds, ids, places, velocities = zip(*rows, strict=True)
    extents = [EXTENTS[kind] for kind in kinds]
    return Objects(np.zeros((len(rows), 4)), np.ones(len(rows)), kinds, ids, places, velocities, extents)


def route_ahead(points=None, offset=0.0, remaining=500.0):
    if points is None:
        x = np.arange(-5.0, 101.0)
        points = np.column_stack([x, np.zeros(len(x))])
    count = len(points)
    s = np.arange(count) - 5.0
    return RouteAhead(points, s, np.full(count, 13.9), np.zeros(count), (), offset, 0.0, remaining)


def scene(t=0.0, things=None, speed=10.0, route="straight", lanes=None, **kwargs):
    route = route_ahead() if isinstance(route, str) else route
    state = kwargs.pop("state", None) or ego(speed, t)
    return Scene(round(t * 1e9), state, things or Objects.empty(), lanes or Lanes(), (), route)
