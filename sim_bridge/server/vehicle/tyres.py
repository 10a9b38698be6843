"""Lateral tyre forces of one vehicle: scalar kernels that the dynamics calls.

`p` is one row of `ParameterTable`. Forces follow Pacejka's magic formula without its curvature term,
F = D sin(C atan(B alpha)) (H. B. Pacejka, Tyre and Vehicle Dynamics, chapter 4), where D is what friction
leaves beside the longitudinal force (friction ellipse).
"""

from __future__ import annotations

import math

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.vehicle.parameters import Row

GRAVITY = 9.81
# m/s: below this a wheel's slip is taken as if it rolled that fast, which keeps it finite at standstill.
SLIP_SPEED = 0.5
# A wheel at its longitudinal limit keeps this share of its grip sideways.
LEAST_SIDE_GRIP = 0.2


@kernel
def grip(p: Row, tyres: float, load: float, static_load: float) -> float:
    """Largest force (N) of an axle with these tyres under `load` (N); friction falls as the load rises."""
    sensitivity = 1.0 - p.load_sensitivity * (load / static_load - 1.0)
    return float(p.friction * tyres * load * max(sensitivity, 0.3))


@kernel
def side_force(p: Row, stiffness: float, load: float, limit: float, along: float, across: float) -> float:
    """Force (N) across a rolling wheel that moves in its own axes.

    Args:
        p: parameters.
        stiffness: cornering stiffness over load, 1/rad.
        load: N.
        limit: N, peak of the curve.
        along: m/s, velocity of the contact along the wheel.
        across: m/s, to the right of it.
    """
    if limit <= 0.0:
        return 0.0
    slip_angle = math.atan(across / max(abs(along), SLIP_SPEED))
    steepness = stiffness * load / (p.shape_factor * limit)
    return -limit * math.sin(p.shape_factor * math.atan(steepness * slip_angle))


@kernel
def side_limit(p: Row, grip_limit: float, longitudinal: float) -> float:
    """What friction leaves across a wheel that already takes `longitudinal` (N) of `grip_limit` (N) along."""
    used = min(abs(longitudinal) / max(grip_limit, 1e-9), 1.0)
    return float(p.side_grip * grip_limit * max(math.sqrt(1.0 - used * used), LEAST_SIDE_GRIP))
