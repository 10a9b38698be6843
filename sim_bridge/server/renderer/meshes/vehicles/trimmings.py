"""Small parts that vehicles share: mirrors, number plates, door handles, lamps."""

import numpy as np

from sim_bridge.server.renderer.meshes.faces import Faces, Finish, join
from sim_bridge.server.renderer.meshes.solids import block, box, polygon
from sim_bridge.server.renderer.meshes.vehicles.body import BodyShape
from sim_bridge.server.renderer.meshes.vehicles.finishes import CHROME, PAINT, PLATE, PLATE_INK, TRIM


def mirror(x: float, body: BodyShape, width: float, belt: float) -> Faces:
    """The right door mirror of a car, reaching to half of `width` on a belt line at height `belt`."""
    outer, inner = 0.5 * width, 0.5 * body.width - 0.09
    corners = np.empty((2, 2, 2, 3))
    for side, (depth, low, high) in enumerate(((0.05, 0.07, 0.16), (0.09, 0.05, 0.19))):
        y = outer if side else inner
        corners[:, side, :, 1] = y
        corners[0, side, :, 0], corners[1, side, :, 0] = x - 0.06, x + depth - 0.02
        corners[:, side, 0, 2], corners[:, side, 1, 2] = belt + low, belt + high
    return block(corners, PAINT, without=("-y",))


def door_handle(x: float, body: BodyShape, height: float) -> Faces:
    """The handle of a right-hand door."""
    side = 0.5 * body.width - 0.45 * body.side_lean
    return box(
        (x - 0.10, side - 0.03, height - 0.015), (x + 0.10, side + 0.02, height + 0.015), TRIM, ("-y",)
    )


def number_plate(x: float, height: float, facing: float, width: float = 0.52, tall: float = 0.12) -> Faces:
    """A number plate in the middle of the front (`facing` 1) or rear (-1), characters as dark bars."""
    normal = (facing, 0.0, 0.0)
    ink = [
        _panel(x + 0.003 * facing, middle * width, height, 0.17 * width, 0.22 * tall, PLATE_INK, normal)
        for middle in (-0.26, 0.22)
    ]
    return join([_panel(x, 0.0, height, 0.5 * width, 0.5 * tall, PLATE, normal), *ink])


def _panel(
    x: float,
    y: float,
    z: float,
    half_width: float,
    half_height: float,
    made_of: Finish,
    normal: tuple[float, float, float],
) -> Faces:
    corners = [
        (x, y - half_width, z - half_height),
        (x, y + half_width, z - half_height),
        (x, y + half_width, z + half_height),
        (x, y - half_width, z + half_height),
    ]
    return polygon(corners, made_of, normal)


def panel(x: float, y: tuple[float, float], z: tuple[float, float], made_of: Finish, facing: float) -> Faces:
    """An upright rectangle across the vehicle at `x`, seen from the front (`facing` 1) or the rear (-1)."""
    middle, half = 0.5 * (y[0] + y[1]), 0.5 * (y[1] - y[0])
    return _panel(x, middle, 0.5 * (z[0] + z[1]), half, 0.5 * (z[1] - z[0]), made_of, (facing, 0.0, 0.0))


def side_panel(
    y: float, x: tuple[float, float], z: tuple[float, float], made_of: Finish, facing: float = 1.0
) -> Faces:
    """An upright rectangle along the vehicle at `y`, seen from the right (`facing` 1) or the left (-1)."""
    corners = [(x[0], y, z[0]), (x[1], y, z[0]), (x[1], y, z[1]), (x[0], y, z[1])]
    return polygon(corners, made_of, (0.0, facing, 0.0))


def large_mirror(x: float, inner: float, outer: float, low: float, high: float) -> Faces:
    """The right mirror of a van, bus or truck: an upright housing on an arm, metres."""
    housing = box((x - 0.06, outer - 0.2, low), (x + 0.06, outer, high), TRIM)
    arm = box((x - 0.03, inner - 0.05, high - 0.06), (x + 0.03, outer - 0.2, high), TRIM, ("-y", "+y"))
    return join([housing, arm])


def roof_bar(
    x: float, half_width: float, low: float, high: float, depth: float, made_of: Finish = CHROME
) -> Faces:
    """A bar across the roof."""
    return box((x - depth, -half_width, low), (x + depth, half_width, high), made_of)
