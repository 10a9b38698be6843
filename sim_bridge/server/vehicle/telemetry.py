"""What a vehicle's wheels do at this moment, wheel by wheel, from the single-track model.

The model knows axles: both wheels of one carry and pull alike. Wheels roll without slip along, unless the
hand brake has locked them. Axes: x forward, y right, z up.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from sim_bridge.server.vehicle.dynamics import (
    AIR_DENSITY,
    REST_SPEED,
    STATE_DTYPE,
    TRACTION,
    axle_loads,
    brake_forces,
    packed,
)
from sim_bridge.server.vehicle.parameters import ParameterTable, Row
from sim_bridge.server.vehicle.powertrain import drive
from sim_bridge.server.vehicle.states import VehicleControls, VehicleStates
from sim_bridge.server.vehicle.tyres import GRAVITY, SLIP_SPEED, side_force, side_limit


@dataclass(frozen=True)
class WheelTelemetry:
    """One wheel.

    Attributes:
        friction: peak force over load.
        lat_slip: rad, slip angle, positive when the wheel slides to the right.
        long_slip: -1 for a locked wheel that slides, else 0.
        omega: rad/s.
        load: N.
        normalized_load: over the load at rest.
        torque: N m at the wheel.
        long_force, lat_force: N, along and to the right of the wheel.
    """

    friction: float
    lat_slip: float
    long_slip: float
    omega: float
    load: float
    normalized_load: float
    torque: float
    long_force: float
    lat_force: float


@dataclass(frozen=True)
class VehicleTelemetry:
    """One vehicle; speed m/s along it, pedals and steer as they act, drag N, wheels FL FR RL RR."""

    speed: float
    steer: float
    throttle: float
    brake: float
    engine_rpm: float
    gear: int
    drag: float
    wheels: tuple[WheelTelemetry, ...]


def telemetry(states: VehicleStates, controls: VehicleControls, table: ParameterTable) -> VehicleTelemetry:
    """What the wheels of the one vehicle in these structs do."""
    s, p = packed(states, STATE_DTYPE)[0], table.rows[0]
    c, sn = math.cos(s["yaw"]), math.sin(s["yaw"])
    speed = float(c * s["velocity"][0] + sn * s["velocity"][1])
    across = float(c * s["velocity"][1] - sn * s["velocity"][0])
    rate = float(s["angular_velocity"][2])
    front_x = float(p["rear_axle_x"] + p["wheelbase"])
    hand_brake = bool(controls.hand_brake[0])
    engine, closed, _ = drive(p, int(s["gear"]), speed, float(s["throttle"]), float(s["shift_time"]))
    loads = axle_loads(s, p, float(p["mass"]) * GRAVITY * float(s["load"]))
    holds = brake_forces(s, p, closed, loads)
    if hand_brake:
        hand = 2.0 * float(p["max_handbrake_torque"] / p["wheel_radius"])
        holds = (holds[0], min(holds[1] + hand, loads[3]))
    locked = hand_brake and holds[1] >= loads[3] > 0.0
    share = float(p["front_drive_share"])
    drag = 0.5 * AIR_DENSITY * float(p["drag_coefficient"] * p["frontal_area"]) * speed * abs(speed)
    front = _wheel(p, s, True, (speed, across + front_x * rate), loads[:2], (share * engine, holds[0]), False)
    side = across + float(p["rear_axle_x"]) * rate
    rear = _wheel(p, s, False, (speed, side), loads[2:], ((1.0 - share) * engine, holds[1]), locked)
    return VehicleTelemetry(
        speed=speed,
        steer=float(controls.steer[0]),
        throttle=float(s["throttle"]),
        brake=float(s["brake"]),
        engine_rpm=float(s["engine_rpm"]),
        gear=int(s["gear"]),
        drag=drag,
        wheels=(front, front, rear, rear),
    )


def _wheel(
    p: Row,
    s: Row,
    front: bool,
    velocity: tuple[float, float],
    axle: tuple[float, float],
    push: tuple[float, float],
    locked: bool,
) -> WheelTelemetry:
    """One of the two wheels of an axle.

    Args:
        p: parameters.
        s: state.
        front: which axle.
        velocity: m/s of the axle in the vehicle's axes, forward and right.
        axle: its load and its grip, N.
        push: the engine's force and what opposes the motion, N.
        locked: whether the hand brake has stopped its wheels.
    """
    load, grip = axle
    angle = float(s["steer_angle"]) if front else 0.0
    c, sn = math.cos(angle), math.sin(angle)
    along, across = c * velocity[0] + sn * velocity[1], c * velocity[1] - sn * velocity[0]
    pull = min(max(push[0], -TRACTION * grip), TRACTION * grip)
    pull -= math.copysign(push[1], along) if abs(along) > REST_SPEED else 0.0
    stiffness = float(p["front_stiffness"] if front else p["rear_stiffness"])
    limit = side_limit(p, grip, pull) * (float(p["front_side_grip"]) if front else 1.0)
    side = side_force(p, stiffness, load, limit, along, across)
    cg = float(p["cg_to_rear"] / p["wheelbase"])
    at_rest = float(p["mass"]) * GRAVITY * (cg if front else 1.0 - cg)
    radius = float(p["wheel_radius"])
    return WheelTelemetry(
        friction=float(p["friction"] * (p["front_tyres"] if front else p["rear_tyres"])),
        lat_slip=math.atan(across / max(abs(along), SLIP_SPEED)),
        long_slip=-1.0 if locked and abs(along) > REST_SPEED else 0.0,
        omega=0.0 if locked else along / radius,
        load=0.5 * load,
        normalized_load=load / at_rest,
        torque=0.5 * pull * radius,
        long_force=0.5 * pull,
        lat_force=0.5 * side,
    )
