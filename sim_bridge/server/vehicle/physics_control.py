"""Vehicle parameters as CARLA's physics control, and back.

What the model has too is taken over. PhysX's dampings and its engine's moment of inertia act by how far
they are from the usual values, with which CARLA's own vehicles come. The clutch, the curves of the tyres'
stiffness but for its value, and what differs between left and right have no counterpart: the client gets
them back as it has set them, and they change nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

from sim_bridge.server.transforms import Pose
from sim_bridge.server.vehicle.parameters import (
    GEAR_SLOTS,
    STEERING_POINTS,
    TORQUE_POINTS,
    Curve,
    Vector3,
    VehicleParameters,
)
from sim_bridge.server.wire.vehicles import PhysicsControl, Wheel

# CARLA's cars have tire_friction 3.5 on its roads and brake then at about 1 g.
TIRE_FRICTION_ON_DRY_ROAD = 3.5
# The usual values of what acts by its difference from them.
USUAL_MOI = 1.0
USUAL_DAMPING_FULL_THROTTLE, USUAL_DAMPING_CLUTCH_ENGAGED = 0.15, 2.0
USUAL_WHEEL_DAMPING = 0.25


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
        moi=USUAL_MOI,
        damping_rate_full_throttle=USUAL_DAMPING_FULL_THROTTLE,
        damping_rate_zero_throttle_clutch_engaged=USUAL_DAMPING_CLUTCH_ENGAGED,
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
        damping_rate=USUAL_WHEEL_DAMPING,
        max_steer_angle=math.degrees(vehicle.max_steer_angle) if front else 0.0,
        radius=100.0 * vehicle.wheel_radius,
        max_brake_torque=vehicle.max_brake_torque,
        max_handbrake_torque=0.0 if front else vehicle.max_handbrake_torque,
        lat_stiff_max_load=3.0,
        lat_stiff_value=vehicle.front_stiffness if front else vehicle.rear_stiffness,
        long_stiff_value=3000.0,
        position=position,
    )


def with_wheel_places(control: PhysicsControl, vehicle: VehicleParameters, pose: Pose) -> PhysicsControl:
    """`control` with its wheels where they are now: a client sets everything but that."""
    now = physics_control_of(vehicle, pose).wheels
    wheels = (replace(w, position=n.position) for w, n in zip(control.wheels, now, strict=True))
    return replace(control, wheels=tuple(wheels))


def with_physics_control(vehicle: VehicleParameters, control: PhysicsControl) -> VehicleParameters:
    """`vehicle`, as its model comes, with what a client set; axles and box stay where they are.

    Numbers beyond what any vehicle has are taken as the nearest that one can have.

    Raises:
        ValueError: the control names other than four wheels, too many points or gears, or a mass, radius,
            ratio or engine speed that is not positive; the message names the member.
    """
    _check(control)
    wheels, front, rear = control.wheels, control.wheels[:2], control.wheels[2:]
    mass, max_rpm = _within(control.mass, 1.0, 1e6), _within(control.max_rpm, 10.0, 1e5)
    margin = 0.05 * vehicle.wheelbase
    radius = _within(_mean(w.radius for w in wheels) / 100.0, 0.05, 5.0)
    tyres = [_within(_mean(w.tire_friction for w in axle), 0.0, 35.0) for axle in (front, rear)]
    brakes = [_within(_mean(w.max_brake_torque for w in axle), 0.0, 1e6) for axle in (front, rear)]
    share = vehicle.brake_front_share
    brake = share * brakes[0] + (1.0 - share) * brakes[1]
    first = control.forward_gears[0]
    return replace(
        vehicle,
        mass=mass,
        yaw_inertia=vehicle.yaw_inertia * mass / vehicle.mass,
        cg_to_rear=_within(
            control.center_of_mass[0] - vehicle.rear_axle_x, margin, vehicle.wheelbase - margin
        ),
        cg_height=_within(control.center_of_mass[2] + vehicle.half_extents[2], 0.1, 5.0),
        friction=sum(tyres) / (2.0 * TIRE_FRICTION_ON_DRY_ROAD),
        front_tyres=2.0 * tyres[0] / max(sum(tyres), 1e-9),
        rear_tyres=2.0 * tyres[1] / max(sum(tyres), 1e-9),
        front_stiffness=_within(_mean(w.lat_stiff_value for w in front), 0.1, 40.0),
        rear_stiffness=_within(_mean(w.lat_stiff_value for w in rear), 0.1, 40.0),
        drag_coefficient=_within(control.drag_coefficient, 0.0, 100.0),
        wheel_drag=_wheel_drag(_mean(w.damping_rate for w in wheels), radius),
        torque_curve=_curve(control.torque_curve, 1e5),
        idle_rpm=min(vehicle.idle_rpm, max_rpm),
        max_rpm=max_rpm,
        engine_drag_torque=vehicle.engine_drag_torque
        * _within(
            control.damping_rate_zero_throttle_clutch_engaged / USUAL_DAMPING_CLUTCH_ENGAGED, 0.0, 50.0
        ),
        throttle_drag_torque=_within(
            (control.damping_rate_full_throttle - USUAL_DAMPING_FULL_THROTTLE) * max_rpm * math.pi / 30.0,
            0.0,
            1e5,
        ),
        engine_time=vehicle.engine_time * _within(control.moi / USUAL_MOI, 0.05, 50.0),
        automatic=1.0 if control.use_gear_autobox else 0.0,
        gear_ratios=tuple(_within(gear[0], 0.01, 100.0) for gear in control.forward_gears),
        gear_down_ratio=_within(first[1], 0.0, 1.0),
        gear_up_ratio=_within(first[2], 0.05, 1.0),
        gear_switch_time=_within(control.gear_switch_time, 0.0, 10.0),
        final_ratio=_within(control.final_ratio, 0.01, 100.0),
        wheel_radius=radius,
        max_brake_torque=brake,
        brake_front_share=share * brakes[0] / brake if brake > 0.0 else share,
        max_handbrake_torque=_within(_mean(w.max_handbrake_torque for w in rear), 0.0, 1e6),
        max_steer_angle=math.radians(_within(_mean(w.max_steer_angle for w in front), 0.0, 90.0)),
        steering_curve=_curve(control.steering_curve, 1.0),
    )


def _check(control: PhysicsControl) -> None:
    if len(control.wheels) != 4:
        raise ValueError(f"physics control: expected 4 wheels, got {len(control.wheels)}")
    counts = ((control.torque_curve, TORQUE_POINTS), (control.forward_gears, GEAR_SLOTS))
    for given, most in (*counts, (control.steering_curve, STEERING_POINTS)):
        if not 1 <= len(given) <= most:
            raise ValueError(f"physics control: expected 1 to {most} points or gears, got {len(given)}")
    positive = [(name, getattr(control, name)) for name in ("mass", "max_rpm", "final_ratio", "moi")]
    positive += [("wheels.radius", wheel.radius) for wheel in control.wheels]
    positive += [("forward_gears.ratio", gear[0]) for gear in control.forward_gears]
    for name, value in positive:
        if not value > 0.0:
            raise ValueError(f"physics control: {name}: expected a positive number, got {value}")


def _wheel_drag(damping_rate: float, radius: float) -> float:
    """N s/m that four wheels take whose dampings (kg m2/s) are above the usual."""
    return _within(4.0 * (damping_rate - USUAL_WHEEL_DAMPING) / radius**2, 0.0, 1e6)


def _curve(points: Curve, most: float) -> Curve:
    return tuple((x, _within(y, 0.0, most)) for x, y in points)


def _mean(values: Iterable[float]) -> float:
    each = tuple(values)
    return sum(each) / len(each)


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
