"""Wheels of road vehicles and cycles."""

import numpy as np

from sim_bridge.server.renderer.meshes.faces import Faces, Finish, Floats, both_sides, join, moved
from sim_bridge.server.renderer.meshes.solids import disc, grid
from sim_bridge.server.renderer.meshes.vehicles.finishes import GAP, RIM, TYRE


def wheel(radius: float, width: float, fine: bool, rim: Finish = RIM, spokes: int = 5) -> Faces:
    """A wheel round the y axis whose rim looks towards +y, its outer side wall at y = 0.

    Args:
        radius: of the tyre, metres.
        width: of the tyre, metres.
        fine: near level of detail, or else the far one.
        rim: finish of rim and spokes.
        spokes: how many spokes the near wheel shows.
    """
    return _fine_wheel(radius, width, rim, spokes) if fine else _coarse_wheel(radius, width, rim)


def revolved(profile: list[tuple[float, float]], sides: int, start: float = 0.0) -> Floats:
    """Rings (len(profile), sides + 1, 3) round the y axis from (radius, y) pairs; `start` in radians."""
    angles = start + np.linspace(0.0, 2.0 * np.pi, sides + 1)
    radii, y = np.array(profile).T
    circle = np.stack([np.cos(angles), np.zeros(sides + 1), np.sin(angles)], axis=1)
    circle[-1] = circle[0]
    points: Floats = radii[:, None, None] * circle[None]
    points[:, :, 1] = y[:, None]
    return points


def _fine_wheel(radius: float, width: float, rim: Finish, spokes: int) -> Faces:
    sides = 3 * spokes if spokes < 6 else 2 * spokes
    profile = [
        (radius, -width),
        (radius, -0.06 * width),
        (0.94 * radius, 0.0),
        (0.68 * radius, 0.0),
        (0.64 * radius, -0.05 * width),
        (0.17 * radius, -0.10 * width),
    ]
    index = np.zeros((len(profile) - 1, sides), np.intp)
    index[3] = 1
    index[4] = np.where(np.arange(sides) % (sides // spokes) == 0, 1, 2)
    points = revolved(profile, sides, start=np.pi / 2)
    shell = grid(points, ((TYRE, rim, GAP), index), inside=(0.0, -0.5 * width, 0.0), crease=0.7, closed=True)
    return join([shell, disc((0.0, -0.10 * width, 0.0), 0.18 * radius, rim, (0.0, 1.0, 0.0), 6)])


def _coarse_wheel(radius: float, width: float, rim: Finish) -> Faces:
    sides = 8
    points = revolved([(radius, -width), (radius, 0.0)], sides, start=np.pi / 8)
    lower = (points[0, :-1, 2] + points[0, 1:, 2]) < 0.1 * radius
    index = np.where(lower, 0, -1)[None].astype(np.intp)
    return join(
        [
            grid(points, ((TYRE,), index), inside=(0.0, 0.0, 0.0), crease=1.0, closed=True),
            disc((0.0, 0.0, 0.0), radius, TYRE, (0.0, 1.0, 0.0), sides),
            disc((0.0, 0.012, 0.0), 0.6 * radius, rim, (0.0, 1.0, 0.0), 6),
        ]
    )


def axle_wheels(
    axles: list[float],
    track_y: float,
    radius: float,
    width: float,
    fine: bool,
    rim: Finish = RIM,
    spokes: int = 5,
) -> Faces:
    """Wheels on both ends of axles.

    Args:
        axles: x of each axle, metres.
        track_y: y of the outer side walls, metres.
        radius: of the tyres, metres.
        width: of the tyres, metres.
        fine: level of detail.
        rim: finish of the rims.
        spokes: of the near wheels.
    """
    one = wheel(radius, width, fine, rim, spokes)
    right = join([moved(one, (x, track_y, radius)) for x in axles])
    return both_sides(right)
