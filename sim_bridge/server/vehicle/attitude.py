"""Pitch and roll of vehicles: those of the ground, or whatever they were thrown with while in the air.

Axes: x forward, y right, z up; positive pitch lifts the nose, positive roll lowers the right side.
"""

from __future__ import annotations

import math

import numpy as np

from sim_bridge.server.vehicle.states import Booleans, Floats, VehicleStates

# rad/s: a vehicle that lands, or comes upon a kink of the ground, tilts no faster than this.
SETTLING_RATE = 3.0
# rad: further than this nothing tips over; there is no model of a vehicle on its roof.
MOST_PITCH = 1.4
# m that springs make up between one wheel and another.
_SPRINGS_M = 0.06


def slope(yaw: Floats, normals: Floats) -> tuple[Floats, Floats]:
    """(n,) pitch and roll (rad) of vehicles with these headings on ground with these unit normals."""
    c, s = np.cos(yaw), np.sin(yaw)
    rise = -(c * normals[:, 0] + s * normals[:, 1]) / normals[:, 2]
    return np.arctan(rise), np.arcsin(c * normals[:, 1] - s * normals[:, 0])


def perch(states: VehicleStates, normals: Floats, halves: tuple[Floats, Floats]) -> Floats:
    """(n,) m that n vehicles stand above the ground because they are tilted against it, on one wheel.

    Args:
        states: with their pitch and roll.
        normals: (n, 3) of the ground below.
        halves: (n,) m from the middle to the axles, and to the wheels of either side.
    """
    pitch, roll = slope(states.yaw, normals)
    pitched = halves[0] * np.abs(np.sin(states.pitch - pitch))
    rolled = halves[1] * np.abs(np.sin(states.roll - roll))
    higher: Floats = np.maximum(pitched + rolled - _SPRINGS_M, 0.0)
    return higher


def tilted(
    before: VehicleStates,
    after: VehicleStates,
    normals: Floats,
    flying: Booleans,
    landing: Booleans,
    dt: float,
) -> None:
    """Sets pitch, roll and the rates of both in `after`.

    Args:
        before: n vehicles at the start of the step.
        after: at its end; in place.
        normals: (n, 3) of the ground then below.
        flying: (n,) bool, who turns on as before, because the ground is out of reach.
        landing: (n,) bool, who comes down from one wheel onto all, which takes its turning away.
        dt: s.
    """
    after.pitch[:], after.roll[:] = slope(after.yaw, normals)
    still = np.array_equal(before.pitch, after.pitch) and np.array_equal(before.roll, after.roll)
    if still and not flying.any():
        return
    most = SETTLING_RATE * dt
    pitch_rate, roll_rate = _rates(before)
    # Who has just left the ground goes on turning as the ground has turned it.
    to_pitch = np.where(flying, dt * pitch_rate, np.clip(after.pitch - before.pitch, -most, most))
    to_roll = np.where(flying, dt * roll_rate, np.clip(_wrapped(after.roll - before.roll), -most, most))
    after.pitch[:] = np.clip(before.pitch + to_pitch, -MOST_PITCH, MOST_PITCH)
    after.roll[:] = _wrapped(before.roll + to_roll)
    goes_on = np.where(landing & ~flying, 0.0, 1.0 / dt)
    pitching, rolling = goes_on * to_pitch, goes_on * to_roll
    c, s = np.cos(after.yaw), np.sin(after.yaw)
    after.angular_velocity[:, 0] += s * pitching - c * rolling
    after.angular_velocity[:, 1] += -c * pitching - s * rolling


def _rates(states: VehicleStates) -> tuple[Floats, Floats]:
    """(n,) rad/s of pitch and roll; v = w x r by components, so that w = (0, -1, 0) lifts a nose along x."""
    c, s, w = np.cos(states.yaw), np.sin(states.yaw), states.angular_velocity
    return s * w[:, 0] - c * w[:, 1], -c * w[:, 0] - s * w[:, 1]


def _wrapped(angle: Floats) -> Floats:
    result: Floats = np.remainder(angle + math.pi, 2.0 * math.pi) - math.pi
    return result
