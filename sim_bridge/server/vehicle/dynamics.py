"""Dynamic single-track model of n vehicles with tyre saturation, kinematic at walking pace.

Equations of motion: the single-track model (R. Rajamani, Vehicle Dynamics and Control, chapter 2) with axle
loads that follow the longitudinal acceleration. Velocities are kept at the centre of gravity in the plane of
the ground. An inner step turns the velocity with the body by half, applies the forces (midpoint rule), and
turns by the other half: turning exactly keeps energy. Brakes and rolling resistance are dry friction: they
can stop a vehicle and hold it, not push it. Below a walking pace the rear axle is led back onto its rolling
direction with no more than friction can do, which is the kinematic model and stands still without creeping.

Axes: x forward, y right, z up; the component form of the cross product, w = (0, 0, 1) turns right.
"""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.vehicle.parameters import ParameterTable, Row
from sim_bridge.server.vehicle.powertrain import choose_gear, drive, road_wheel_angle
from sim_bridge.server.vehicle.states import Floats, VehicleControls, VehicleStates
from sim_bridge.server.vehicle.tyres import GRAVITY, grip, side_force, side_limit

INNER_STEP = 2.5e-3
AIR_DENSITY = 1.2
# m/s: kinematic below the first speed, dynamic above the second.
KINEMATIC_SPEED, DYNAMIC_SPEED = 0.5, 1.5
# m/s: a vehicle that its brakes or tyres hold along stands when it moves less than this.
REST_SPEED = 2e-3
# Anti-lock brakes use this share of the grip, less at the rear, which keeps the tail in line.
ANTILOCK_FRONT, ANTILOCK_REAR = 0.97, 0.75
# Traction control lets the engine use this share.
TRACTION = 0.9
# Stability control: below this speed (m/s) it lets the vehicle turn as it likes; 1/s from rate to moment.
STABILITY_SPEED, STABILITY_GAIN = 5.0, 15.0
# rad of slip of the rear axle at which it begins to ask for less turning, and at which it asks for none.
TAIL_SLIP, TAIL_OUT = 0.15, 0.3
# s that the body takes to pitch, and with it the loads of the axles.
LOAD_TRANSFER_TIME = 0.05

_VECTORS = ("position", "velocity", "angular_velocity", "acceleration")
_WHOLE = ("gear",)
STATE_DTYPE = np.dtype(
    [
        (f.name, np.int64 if f.name in _WHOLE else np.float64, (3,) if f.name in _VECTORS else ())
        for f in fields(VehicleStates)
    ]
)
CONTROL_DTYPE = np.dtype(
    [
        (f.name, np.float64 if f.name in ("throttle", "steer", "brake") else np.int64)
        for f in fields(VehicleControls)
    ]
)


def step(
    state: VehicleStates,
    controls: VehicleControls,
    params: ParameterTable,
    dt: float,
    ground_normals: Floats,
) -> VehicleStates:
    """The vehicles `dt` seconds later.

    Args:
        state: n vehicles; left as they are.
        controls: what is asked of each.
        params: the constants of each.
        dt: s, cut into equal inner steps of at most 2.5 ms.
        ground_normals: (n, 3) float64 unit normals of the ground below each; level in the air.

    Returns:
        The new states. `position` moves along the plane of the ground normal; the caller puts z on the ground
        it knows. `pitch` and `roll` are those of the plane.

    Raises:
        ValueError: the sizes differ, or `dt` is not positive.
    """
    n = len(state)
    if not (len(params) == len(controls.steer) == n and ground_normals.shape == (n, 3)):
        sizes = (len(controls.steer), len(params), ground_normals.shape)
        raise ValueError(f"vehicles: expected {n} controls, parameters and normals, got {sizes}")
    if not (math.isfinite(dt) and dt > 0.0):
        raise ValueError(f"dt: expected a positive time in s, got {dt}")
    records = packed(state, STATE_DTYPE)
    normals = np.ascontiguousarray(ground_normals, dtype=np.float64)
    inner_steps = max(math.ceil(dt / INNER_STEP - 1e-9), 1)
    _advance(records, packed(controls, CONTROL_DTYPE), params.rows, normals, dt, inner_steps)
    return VehicleStates(**{name: records[name].copy() for name in STATE_DTYPE.names or ()})


def packed(struct: Row, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """A struct of arrays as records, for the kernels."""
    records = np.empty(len(struct.throttle), dtype=dtype)
    for name in dtype.names or ():
        records[name] = getattr(struct, name)
    return records


@kernel
def _limited(value: float, low: float, high: float) -> float:
    """`value` within its range; a value that is not a number counts as `low` or 0, whichever is larger."""
    if not value >= low:
        return max(low, 0.0) if value != value else low
    return min(value, high)


@kernel
def ground_axes(yaw: float, normal: Floats) -> tuple[float, float, float, float, float, float]:
    """Forward and right axes (unit, world) of a body with this yaw on the plane of this normal."""
    c, s = math.cos(yaw), math.sin(yaw)
    rise = -(c * normal[0] + s * normal[1]) / normal[2]
    scale = 1.0 / math.sqrt(1.0 + rise * rise)
    fx, fy, fz = scale * c, scale * s, scale * rise
    rx = normal[1] * fz - normal[2] * fy
    ry = normal[2] * fx - normal[0] * fz
    rz = normal[0] * fy - normal[1] * fx
    return fx, fy, fz, rx, ry, rz


@kernel
def _steering_gear_pedals(s: Row, c: Row, p: Row, vx: float, h: float) -> None:
    """Moves wheels, pedals and gear of one vehicle towards what its driver asks for."""
    wanted = road_wheel_angle(p, _limited(c.steer, -1.0, 1.0), vx)
    turn = p.steer_rate * h
    s.steer_angle += min(max(wanted - s.steer_angle, -turn), turn)
    travel = p.pedal_rate * h
    s.throttle += min(max(_limited(c.throttle, 0.0, 1.0) - s.throttle, -travel), travel)
    s.brake += min(max(_limited(c.brake, 0.0, 1.0) - s.brake, -travel), travel)
    if c.manual_gear_shift != 0:
        gear = min(max(c.gear, -1), p.gear_count)
    elif c.reverse != 0:
        gear = -1
    else:
        gear = choose_gear(p, s.gear, vx, s.throttle, s.shift_time)
    s.shift_time += h
    if gear != s.gear:
        s.gear = gear
        s.shift_time = 0.0


@kernel
def _side_accelerations(
    p: Row, delta: float, vx: float, vy: float, r: float, forces: tuple[float, ...]
) -> tuple[float, float, float]:
    """Accelerations along, across (m/s2) and about (rad/s2) that the tyres' side forces give.

    Args:
        p: parameters.
        delta: road wheel angle, rad.
        vx: velocity of the centre of gravity along the body, m/s.
        vy: the same across, m/s.
        r: yaw rate, rad/s.
        forces: load, side limit and driving force at the front, load and side limit at the rear, the force
            of a locked rear axle (0 when it rolls), N; the moment of the stability control, N m.
    """
    load_f, limit_f, pull_f, load_r, limit_r, locked, moment = forces
    to_front = p.wheelbase - p.cg_to_rear
    c, s = math.cos(delta), math.sin(delta)
    vy_f, vy_r = vy + to_front * r, vy - p.cg_to_rear * r
    wheel = side_force(p, p.front_stiffness, load_f, limit_f, c * vx + s * vy_f, c * vy_f - s * vx)
    front = wheel * c + pull_f * s
    if locked > 0.0:
        rear = -locked * vy_r / max(math.hypot(vx, vy_r), 0.5)
    else:
        rear = side_force(p, p.rear_stiffness, load_r, limit_r, vx, vy_r)
    yaw_acceleration = (to_front * front - p.cg_to_rear * rear + moment) / p.yaw_inertia
    return -wheel * s / p.mass, (front + rear) / p.mass, yaw_acceleration


@kernel
def _towards_rolling(
    p: Row, delta: float, vx: float, vy: float, r: float, weight: float, h: float
) -> tuple[float, float, float]:
    """Leads a slow vehicle onto the kinematic model, with no more than friction can do and no more energy."""
    pace = math.hypot(vx, vy) + 0.5 * p.wheelbase * abs(r)
    if pace >= DYNAMIC_SPEED:
        return vx, vy, r
    share = min((DYNAMIC_SPEED - pace) / (DYNAMIC_SPEED - KINEMATIC_SPEED), 1.0)
    rolling_r = vx * math.tan(delta) / p.wheelbase
    most = share * p.friction * weight / p.mass * h
    most_r = most * p.mass * 0.5 * p.wheelbase / p.yaw_inertia
    before = p.mass * (vx * vx + vy * vy) + p.yaw_inertia * r * r
    vy += min(max(share * (rolling_r * p.cg_to_rear - vy), -most), most)
    r += min(max(share * (rolling_r - r), -most_r), most_r)
    after = p.mass * (vx * vx + vy * vy) + p.yaw_inertia * r * r
    keep = math.sqrt(before / after) if after > before else 1.0
    return keep * vx, keep * vy, keep * r


@kernel
def _stability_moment(p: Row, vx: float, vy: float, r: float, grip_front: float) -> float:
    """Moment (N m) of an electronic stability control that brakes the outer front wheel of a turning-in car.

    It acts when the vehicle yaws faster than its tyres can lead it round a bend at this speed, and all the
    sooner the further its tail slides out of the bend.
    """
    # As strong against the tyres' side forces as a wheel's brake is on tyres that hold alike every way.
    most = p.side_grip * 0.5 * grip_front * 0.5 * p.track_width
    bend = p.friction * p.side_grip * p.front_side_grip * GRAVITY / max(abs(vx), STABILITY_SPEED)
    out = math.copysign(1.0, r) * (p.cg_to_rear * r - vy) / max(abs(vx), STABILITY_SPEED)
    bend *= min(max((TAIL_OUT - out) / (TAIL_OUT - TAIL_SLIP), 0.0), 1.0)
    return -math.copysign(min(STABILITY_GAIN * p.yaw_inertia * max(abs(r) - bend, 0.0), most), r)


@kernel
def axle_loads(s: Row, p: Row, weight: float) -> tuple[float, float, float, float]:
    """Load and grip (N) of the front axle, then of the rear; braking leans on the front."""
    if weight <= 0.0:
        return 0.0, 0.0, 0.0, 0.0
    shifted = p.mass * s.longitudinal_acceleration * p.cg_height / p.wheelbase
    static_f = weight * p.cg_to_rear / p.wheelbase
    load_f = min(max(static_f - shifted, 0.0), weight)
    load_r = weight - load_f
    return (
        load_f,
        grip(p, p.front_tyres, load_f, static_f),
        load_r,
        grip(p, p.rear_tyres, load_r, weight - static_f),
    )


@kernel
def brake_forces(
    s: Row, p: Row, closed: float, axles: tuple[float, float, float, float]
) -> tuple[float, float]:
    """Forces (N) that oppose the motion at the front and rear wheels: foot brake, engine drag, rolling."""
    load_f, grip_f, load_r, grip_r = axles
    foot = s.brake * 4.0 * p.max_brake_torque / p.wheel_radius
    front = p.brake_front_share * foot + p.front_drive_share * closed
    rear = (1.0 - p.brake_front_share) * foot + (1.0 - p.front_drive_share) * closed
    front, rear = front + p.rolling_resistance * load_f, rear + p.rolling_resistance * load_r
    return min(front, ANTILOCK_FRONT * grip_f), min(rear, ANTILOCK_REAR * grip_r)


@kernel
def _forces(
    s: Row, c: Row, p: Row, vx: float, vy: float, r: float, weight: float
) -> tuple[float, float, float, tuple[float, ...]]:
    """Longitudinal forces of one vehicle and what they leave to the sides.

    Returns:
        engine: N along; friction: N that opposes the motion along; rpm; side: as `_side_accelerations` wants.
    """
    engine, closed, rpm = drive(p, s.gear, vx, s.throttle, s.shift_time)
    load_f, grip_f, load_r, grip_r = axle_loads(s, p, weight)
    hold_f, hold_r = brake_forces(s, p, closed, (load_f, grip_f, load_r, grip_r))
    most_f, most_r = TRACTION * grip_f, TRACTION * grip_r
    pull_f = _limited(p.front_drive_share * engine, -most_f, most_f)
    pull_r = _limited((1.0 - p.front_drive_share) * engine, -most_r, most_r)
    locked, moment = 0.0, 0.0
    if c.hand_brake != 0:
        hand = 2.0 * p.max_handbrake_torque / p.wheel_radius
        locked = grip_r if hand >= grip_r else 0.0
        pace = math.hypot(vx, vy - p.cg_to_rear * r)
        along = abs(vx) / pace if pace > 0.05 else 1.0
        hold_r, pull_r = (along * grip_r, 0.0) if locked > 0.0 else (min(hold_r + hand, grip_r), pull_r)
    elif p.track_width > 0.0:
        moment = _stability_moment(p, vx, vy, r, grip_f)
    if moment != 0.0:
        hold_f = min(hold_f + 2.0 * abs(moment) / p.track_width, grip_f)
    moving = 1.0 if abs(vx) > 0.1 else 0.0
    limit_f = p.front_side_grip * side_limit(p, grip_f, pull_f - math.copysign(moving * hold_f, vx))
    limit_r = side_limit(p, grip_r, pull_r - math.copysign(moving * hold_r, vx))
    side = (load_f, limit_f, pull_f, load_r, limit_r, locked, moment)
    return pull_f * math.cos(s.steer_angle) + pull_r, hold_f + hold_r, rpm, side


@kernel
def _inner_step(
    s: Row, c: Row, p: Row, vx: float, vy: float, r: float, gravity: tuple[float, float, float], h: float
) -> tuple[float, float, float]:
    """Velocity (body axes, centre of gravity) and yaw rate of one vehicle `h` seconds later."""
    _steering_gear_pedals(s, c, p, vx, h)
    delta = s.steer_angle
    weight = p.mass * gravity[2]
    engine, friction, rpm, side = _forces(s, c, p, vx, vy, r, weight)
    s.engine_rpm += (rpm - s.engine_rpm) * min(h / p.engine_time, 1.0)
    half = 0.5 * h * r
    vx, vy = math.cos(half) * vx + math.sin(half) * vy, math.cos(half) * vy - math.sin(half) * vx
    _, ay, ar = _side_accelerations(p, delta, vx, vy, r, side)
    middle_vy = vy + 0.5 * h * (ay + gravity[1])
    ax, ay, ar = _side_accelerations(p, delta, vx, middle_vy, r + 0.5 * h * ar, side)
    # Drag is taken implicitly: it slows down even a feather, and never turns it round.
    drag = 0.5 * AIR_DENSITY * p.drag_coefficient * p.frontal_area * abs(vx) + p.wheel_drag
    pushed = (vx + h * (ax + gravity[0] + engine / p.mass)) / (1.0 + h * drag / p.mass)
    stopping = min(h * friction / p.mass, abs(pushed))
    slowed = pushed - math.copysign(stopping, pushed)
    felt = (slowed - vx) / h - gravity[0]
    s.longitudinal_acceleration += (felt - s.longitudinal_acceleration) * min(h / LOAD_TRANSFER_TIME, 1.0)
    vx, vy, r = slowed, vy + h * (ay + gravity[1]), r + h * ar
    half = 0.5 * h * r
    vx, vy = math.cos(half) * vx + math.sin(half) * vy, math.cos(half) * vy - math.sin(half) * vx
    led: tuple[float, float, float] = _towards_rolling(p, delta, vx, vy, r, weight, h)
    if slowed == 0.0 and math.hypot(led[0], led[1]) + abs(led[2]) < REST_SPEED:
        return 0.0, 0.0, 0.0
    return led


@kernel
def _advance_one(s: Row, c: Row, p: Row, normal: Floats, dt: float, inner_steps: int) -> None:
    """Advances one vehicle in place."""
    h = dt / inner_steps
    cg = p.rear_axle_x + p.cg_to_rear
    fx, fy, fz, rx, ry, rz = ground_axes(s.yaw, normal)
    r = (
        s.angular_velocity[0] * normal[0]
        + s.angular_velocity[1] * normal[1]
        + s.angular_velocity[2] * normal[2]
    )
    vx = s.velocity[0] * fx + s.velocity[1] * fy + s.velocity[2] * fz
    vy = s.velocity[0] * rx + s.velocity[1] * ry + s.velocity[2] * rz + r * cg
    borne = GRAVITY * s.load
    for _ in range(inner_steps):
        gravity = (-borne * fz, -borne * rz, borne * normal[2])
        old_vx, old_vy, old_r = vx, vy, r
        vx, vy, r = _inner_step(s, c, p, vx, vy, r, gravity, h)
        s.yaw += 0.25 * h * (old_r + r)
        fx, fy, fz, rx, ry, rz = ground_axes(s.yaw, normal)
        ahead = 0.5 * h * (old_vx + vx)
        aside = 0.5 * h * (old_vy + vy - cg * (old_r + r))
        s.position[0] += ahead * fx + aside * rx
        s.position[1] += ahead * fy + aside * ry
        s.position[2] += ahead * fz + aside * rz
        s.yaw += 0.25 * h * (old_r + r)
        fx, fy, fz, rx, ry, rz = ground_axes(s.yaw, normal)
    aside = vy - cg * r
    for axis, forward, right in ((0, fx, rx), (1, fy, ry), (2, fz, rz)):
        velocity = vx * forward + aside * right
        s.acceleration[axis] = (velocity - s.velocity[axis]) / dt
        s.velocity[axis] = velocity
        s.angular_velocity[axis] = r * normal[axis]
    s.yaw = (s.yaw + math.pi) % (2.0 * math.pi) - math.pi
    s.pitch = math.asin(min(max(fz, -1.0), 1.0))
    s.roll = math.asin(min(max(-rz / math.cos(s.pitch), -1.0), 1.0))


@kernel
def _advance(
    states: npt.NDArray[Any],
    controls: npt.NDArray[Any],
    rows: npt.NDArray[Any],
    normals: Floats,
    dt: float,
    inner_steps: int,
) -> None:
    """Advances every vehicle in place; none sees another."""
    for i in range(len(states)):
        _advance_one(states[i], controls[i], rows[i], normals[i], dt, inner_steps)
