"""Up and down of n vehicles on their springs, through the air and back. z is up.

A vehicle is a mass on springs and dampers that stand on the ground below it; wheels press on the ground and
never pull at it. Over a crest that falls away faster than the vehicle, it leaves the ground.
"""

from __future__ import annotations

import math

import numpy as np

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.vehicle.states import Booleans, Floats
from sim_bridge.server.vehicle.tyres import GRAVITY

# m that unloaded springs lift the body, and that they give way before the body sits on its stops.
DROOP, STOP = 0.06, 0.08
# Share of critical damping.
DAMPING = 0.8
# Wheels carry no more than this share of the weight while the body is thrown down onto them.
MOST_LOAD = 3.0
# m: what is deeper than this below the ground was put there, and is put onto it.
BURIED = 0.3
INNER_STEP = 0.01


def heave(
    z: Floats, speed: Floats, ground: tuple[Floats, Floats], weightless: Booleans, dt: float
) -> tuple[Floats, Floats, Floats]:
    """The vehicles `dt` seconds later.

    Args:
        z: (n,) m; a vehicle that stands has the height of the ground.
        speed: (n,) m/s upwards.
        ground: (n,) m below each vehicle before and after the step.
        weightless: (n,) bool, whom gravity leaves alone.
        dt: s.

    Returns:
        (n,) z in m, speed in m/s, and the share of its weight that each one's wheels carry, 0 in the air.
    """
    after_z, after_speed, load = z.copy(), speed.copy(), np.empty(len(z))
    steps = max(math.ceil(dt / INNER_STEP - 1e-9), 1)
    _heave(after_z, after_speed, load, ground[0], ground[1], weightless, dt / steps, steps)
    return after_z, after_speed, load


@kernel
def _heave(
    z: Floats,
    speed: Floats,
    load: Floats,
    ground_before: Floats,
    ground_after: Floats,
    weightless: Booleans,
    h: float,
    steps: int,
) -> None:
    """Semi-implicit Euler steps of `h` seconds, in place."""
    stiffness = GRAVITY / DROOP
    damping = 2.0 * DAMPING * math.sqrt(stiffness)
    for i in range(len(z)):
        rise = (ground_after[i] - ground_before[i]) / (h * steps)
        carried = 0.0 if weightless[i] else GRAVITY
        if z[i] < ground_before[i] - BURIED:
            z[i], speed[i] = ground_before[i], rise
        push = 0.0
        for k in range(steps):
            lift = z[i] - (ground_before[i] + rise * h * k)
            push = 0.0
            if lift < DROOP * carried / GRAVITY:
                push = max(carried - stiffness * lift - damping * (speed[i] - rise), 0.0)
            speed[i] += h * (push - carried)
            z[i] += h * speed[i]
            floor = ground_before[i] + rise * h * (k + 1) - STOP
            if z[i] < floor:
                z[i], speed[i] = floor, max(speed[i], rise)
        load[i] = min(push / GRAVITY, MOST_LOAD)
