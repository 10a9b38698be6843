"""Engine, automatic gear box and steering of one vehicle: scalar kernels that the dynamics calls.

`p` is always one row of `ParameterTable`.
"""

from __future__ import annotations

import math

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.vehicle.parameters import Row
from sim_bridge.server.vehicle.states import Floats

# Launch: the converter lets the engine rise by this share of its range at full throttle.
CONVERTER_SLIP = 0.25
# Full throttle holds a gear up to this share of the maximum engine speed.
LATEST_UP_SHIFT = 0.95
# s a gear is kept at least, so that a driver who toggles the throttle does not make the box hunt.
SHORTEST_GEAR_TIME = 0.8
RPM_PER_RAD_S = 30.0 / math.pi


@kernel
def interpolate(curve: Floats, x: float) -> float:
    """Value at `x` of a polyline (k, 2) that rises along its first column; constant beyond its ends."""
    if x <= curve[0, 0]:
        return float(curve[0, 1])
    for k in range(1, len(curve)):
        if x < curve[k, 0]:
            share = (x - curve[k - 1, 0]) / (curve[k, 0] - curve[k - 1, 0])
            return float(curve[k - 1, 1] + share * (curve[k, 1] - curve[k - 1, 1]))
    return float(curve[-1, 1])


@kernel
def road_wheel_angle(p: Row, steer: float, speed: float) -> float:
    """Mean angle (rad) of the front wheels that a steer input in -1..1 asks for at a speed (m/s).

    The input turns the inner wheel by `max_steer_angle` as in CARLA, so that controllers tuned there find the
    same gain, up to the mechanical stop. Ackermann geometry: cot(mean) = cot(inner) + track / (2 wheelbase).
    """
    used = abs(steer) * interpolate(p.steering_curve, 3.6 * abs(speed))
    inner = min(used * p.max_steer_angle, p.steer_lock)
    tangent = math.tan(inner)
    mean = math.atan(tangent / (1.0 + tangent * p.track_width / (2.0 * p.wheelbase)))
    return math.copysign(mean, steer)


@kernel
def gear_ratio(p: Row, gear: int) -> float:
    """Engine over wheel speed, negative in reverse, 0 in neutral."""
    if gear == 0:
        return 0.0
    if gear < 0:
        return float(-p.reverse_ratio * p.final_ratio)
    return float(p.gear_ratios[gear - 1] * p.final_ratio)


@kernel
def choose_gear(p: Row, gear: int, speed: float, throttle: float, shift_time: float) -> int:
    """The gear an automatic box in drive takes: later shifts the more throttle is given."""
    if gear < 1:
        return 1
    if shift_time < SHORTEST_GEAR_TIME or p.automatic == 0.0:
        return gear
    rpm = max(speed, 0.0) / p.wheel_radius * gear_ratio(p, gear) * RPM_PER_RAD_S
    up = (p.gear_up_ratio + throttle * (LATEST_UP_SHIFT - p.gear_up_ratio)) * p.max_rpm
    if rpm > up and gear < p.gear_count:
        return gear + 1
    if gear > 1 and rpm * p.gear_ratios[gear - 2] / p.gear_ratios[gear - 1] < p.gear_down_ratio * up:
        return gear - 1
    return gear


@kernel
def drive(p: Row, gear: int, speed: float, throttle: float, shift_time: float) -> tuple[float, float, float]:
    """Force of the engine at the wheels.

    Returns:
        drive: N along the vehicle, negative in reverse; drag: N that the engine takes, to be opposed to the
        motion; rpm: engine speed, 1/min.
    """
    ratio = gear_ratio(p, gear)
    stall = p.idle_rpm + throttle * CONVERTER_SLIP * (p.max_rpm - p.idle_rpm)
    if ratio == 0.0 or shift_time < p.gear_switch_time:
        return 0.0, 0.0, stall
    coupled = speed / p.wheel_radius * ratio * RPM_PER_RAD_S
    rpm = min(max(coupled, stall), p.max_rpm)
    torque = throttle * interpolate(p.torque_curve, rpm) if coupled < p.max_rpm else 0.0
    closed = 0.0
    if coupled > p.idle_rpm:
        drag = (1.0 - throttle) * p.engine_drag_torque + throttle * p.throttle_drag_torque
        closed = drag * coupled / p.max_rpm
    force_per_torque = ratio / p.wheel_radius
    return torque * force_per_torque * p.driveline_efficiency, closed * abs(force_per_torque), rpm
