"""Vehicle parameters as CARLA's physics control, and back.

What the model knows is mapped; what only PhysX knows (moments of wheels, clutch, suspension dampers) is
reported with CARLA's usual values and ignored when it is set.
"""

from __future__ import annotations

import math
from dataclasses import replace

from sim_bridge.server.transforms import Pose
from sim_bridge.server.vehicle.parameters import (
    GEAR_SLOTS,
    STEERING_POINTS,
    TORQUE_POINTS,
    Vector3,
    VehicleParameters,
)
from sim_bridge.server.wire.vehicles import PhysicsControl, Wheel

# CARLA's cars have tire_friction 3.5 on its roads and brake then at about 1 g.
TIRE_FRICTION_ON_DRY_ROAD = 3.5


def physics_control_of(vehicle: VehicleParameters, pose: Pose) -> PhysicsControl:
    """What `get_physics_control` says of a vehicle; wheels in the order FL FR RL RR, in cm in the world."""
    front_x = vehicle.rear_axle_x + vehicle.wheelbase
    aside = 0.5 * vehicle.track_width
    places = (
        (front_x, -aside),
        (front_x, aside),
        (vehicle.rear_axle_x, -aside),
        (vehicle.rear_axle_x, aside),
    )
    return PhysicsControl(
        torque_curve=vehicle.torque_curve,
        max_rpm=vehicle.max_rpm,
        moi=1.0,
        damping_rate_full_throttle=0.15,
        damping_rate_zero_throttle_clutch_engaged=2.0,
        damping_rate_zero_throttle_clutch_disengaged=0.35,
        use_gear_autobox=True,
        gear_switch_time=vehicle.gear_switch_time,
        clutch_strength=10.0,
        final_ratio=vehicle.final_ratio,
        forward_gears=tuple((r, vehicle.gear_down_ratio, vehicle.gear_up_ratio) for r in vehicle.gear_ratios),
        mass=vehicle.mass,
        drag_coefficient=vehicle.drag_coefficient,
        center_of_mass=(
            vehicle.rear_axle_x + vehicle.cg_to_rear,
            0.0,
            vehicle.cg_height - vehicle.half_extents[2],
        ),
        steering_curve=vehicle.steering_curve,
        wheels=tuple(_wheel(vehicle, k < 2, _in_world(pose, *places[k], vehicle)) for k in range(4)),
        use_sweep_wheel_collision=False,
    )


def _in_world(pose: Pose, x: float, y: float, vehicle: VehicleParameters) -> Vector3:
    """Centre of a wheel at (x, y) of the vehicle, cm, world."""
    c, s = math.cos(pose.yaw), math.sin(pose.yaw)
    height = x * math.sin(pose.pitch) - y * math.sin(pose.roll) + vehicle.wheel_radius
    return 100.0 * (pose.x + c * x - s * y), 100.0 * (pose.y + s * x + c * y), 100.0 * (pose.z + height)


def _wheel(vehicle: VehicleParameters, front: bool, position: Vector3) -> Wheel:
    return Wheel(
        tire_friction=TIRE_FRICTION_ON_DRY_ROAD * vehicle.friction,
        damping_rate=0.25,
        max_steer_angle=math.degrees(vehicle.max_steer_angle) if front else 0.0,
        radius=100.0 * vehicle.wheel_radius,
        max_brake_torque=vehicle.max_brake_torque,
        max_handbrake_torque=0.0 if front else vehicle.max_handbrake_torque,
        lat_stiff_max_load=3.0,
        lat_stiff_value=vehicle.front_stiffness if front else vehicle.rear_stiffness,
        long_stiff_value=3000.0,
        position=position,
    )


def with_physics_control(vehicle: VehicleParameters, control: PhysicsControl) -> VehicleParameters:
    """`vehicle` with what a client set; axles and box stay where they are.

    Raises:
        ValueError: the control names other than four wheels, too many points or gears, or a number that no
            vehicle can have; the message names the member.
    """
    if len(control.wheels) != 4:
        raise ValueError(f"physics control: expected 4 wheels, got {len(control.wheels)}")
    counts = ((control.torque_curve, TORQUE_POINTS), (control.forward_gears, GEAR_SLOTS))
    for given, most in (*counts, (control.steering_curve, STEERING_POINTS)):
        if not 1 <= len(given) <= most:
            raise ValueError(f"physics control: expected 1 to {most} points or gears, got {len(given)}")
    front, rear = control.wheels[:2], control.wheels[2:]
    margin = 0.05 * vehicle.wheelbase
    cg_to_rear = control.center_of_mass[0] - vehicle.rear_axle_x
    return replace(
        vehicle,
        mass=control.mass,
        yaw_inertia=vehicle.yaw_inertia * control.mass / vehicle.mass,
        cg_to_rear=min(max(cg_to_rear, margin), vehicle.wheelbase - margin),
        cg_height=max(control.center_of_mass[2] + vehicle.half_extents[2], 0.1),
        friction=sum(wheel.tire_friction for wheel in control.wheels) / (4.0 * TIRE_FRICTION_ON_DRY_ROAD),
        front_stiffness=sum(wheel.lat_stiff_value for wheel in front) / 2.0,
        rear_stiffness=sum(wheel.lat_stiff_value for wheel in rear) / 2.0,
        drag_coefficient=control.drag_coefficient,
        torque_curve=control.torque_curve,
        max_rpm=control.max_rpm,
        gear_ratios=tuple(gear[0] for gear in control.forward_gears),
        gear_down_ratio=control.forward_gears[0][1],
        gear_up_ratio=control.forward_gears[0][2],
        gear_switch_time=control.gear_switch_time,
        final_ratio=control.final_ratio,
        wheel_radius=control.wheels[0].radius / 100.0,
        max_brake_torque=sum(wheel.max_brake_torque for wheel in control.wheels) / 4.0,
        max_handbrake_torque=sum(wheel.max_handbrake_torque for wheel in rear) / 2.0,
        max_steer_angle=math.radians(front[0].max_steer_angle),
        steering_curve=control.steering_curve,
    )
