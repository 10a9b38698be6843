"""What is said about vehicles and walkers: controls, physics, lights."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from sim_bridge.server.vehicle.ackermann import AckermannSettings, AckermannTarget
from sim_bridge.server.vehicle.telemetry import VehicleTelemetry, WheelTelemetry
from sim_bridge.server.wire.geometry import Vector, pack_vector, read_vector
from sim_bridge.server.wire.values import Wire, flag, integer, items, members, number

# Speeds, angles, accelerations and gains beyond these ask for no more than these do.
_MOST_WANTED, _MOST_GAIN = 1e3, 1e6


@dataclass(frozen=True)
class VehicleControl:
    """What the driver does; pedals 0..1, `steer` -1 (left) .. 1 (right)."""

    throttle: float = 0.0
    steer: float = 0.0
    brake: float = 0.0
    hand_brake: bool = False
    reverse: bool = False
    manual_gear_shift: bool = False
    gear: int = 0


@dataclass(frozen=True)
class WalkerControl:
    """Where a walker goes: unit direction in world axes, speed in m/s."""

    direction: Vector = (1.0, 0.0, 0.0)
    speed: float = 0.0
    jump: bool = False


@dataclass(frozen=True)
class Wheel:
    """The members of `carla.WheelPhysicsControl`; radius and position in cm, angles in degrees."""

    tire_friction: float
    damping_rate: float
    max_steer_angle: float
    radius: float
    max_brake_torque: float
    max_handbrake_torque: float
    lat_stiff_max_load: float
    lat_stiff_value: float
    long_stiff_value: float
    position: Vector


@dataclass(frozen=True)
class PhysicsControl:
    """The members of `carla.VehiclePhysicsControl`; torque in Nm, speed of rotation in rpm, mass in kg."""

    torque_curve: tuple[tuple[float, float], ...]
    max_rpm: float
    moi: float
    damping_rate_full_throttle: float
    damping_rate_zero_throttle_clutch_engaged: float
    damping_rate_zero_throttle_clutch_disengaged: float
    use_gear_autobox: bool
    gear_switch_time: float
    clutch_strength: float
    final_ratio: float
    forward_gears: tuple[tuple[float, float, float], ...]
    mass: float
    drag_coefficient: float
    center_of_mass: Vector
    steering_curve: tuple[tuple[float, float], ...]
    wheels: tuple[Wheel, ...]
    use_sweep_wheel_collision: bool


def _within(value: Wire, low: float, high: float, name: str) -> float:
    return min(max(number(value, name), low), high)


def read_vehicle_control(value: Wire) -> VehicleControl:
    """Seven members; pedals and steering beyond their ends are taken as fully pressed or turned."""
    c = members(value, 7, "control")
    return VehicleControl(
        throttle=_within(c[0], 0.0, 1.0, "throttle"),
        steer=_within(c[1], -1.0, 1.0, "steer"),
        brake=_within(c[2], 0.0, 1.0, "brake"),
        hand_brake=flag(c[3], "hand_brake"),
        reverse=flag(c[4], "reverse"),
        manual_gear_shift=flag(c[5], "manual_gear_shift"),
        gear=max(-1, min(integer(c[6], "gear"), 100)),
    )


def read_walker_control(value: Wire) -> WalkerControl:
    """`[direction, speed, jump]`."""
    direction, speed, jump = members(value, 3, "walker control")
    return WalkerControl(read_vector(direction, "direction"), number(speed, "speed"), flag(jump, "jump"))


def read_ackermann_target(value: Wire) -> AckermannTarget:
    """`[steer, steer speed, speed, acceleration, jerk]`."""
    wanted = members(value, 5, "ackermann control")
    return AckermannTarget(*(_within(v, -_MOST_WANTED, _MOST_WANTED, "ackermann control") for v in wanted))


def read_ackermann_settings(value: Wire) -> AckermannSettings:
    """The gains of both loops, speed first."""
    gains = members(value, 6, "ackermann settings")
    return AckermannSettings(*(_within(v, -_MOST_GAIN, _MOST_GAIN, "ackermann settings") for v in gains))


def pack_ackermann_settings(settings: AckermannSettings) -> list[Wire]:
    """The gains of both loops, speed first."""
    return list(astuple(settings))


def pack_physics_control(physics: PhysicsControl) -> list[Wire]:
    """Seventeen members in order."""
    packed: list[Wire] = list(astuple(physics))
    packed[0] = [list(point) for point in physics.torque_curve]
    packed[10] = [list(gear) for gear in physics.forward_gears]
    packed[13] = pack_vector(physics.center_of_mass)
    packed[14] = [list(point) for point in physics.steering_curve]
    packed[15] = [[*astuple(wheel)[:9], pack_vector(wheel.position)] for wheel in physics.wheels]
    return packed


def read_physics_control(value: Wire) -> PhysicsControl:
    """Seventeen members in order."""
    p = members(value, 17, "physics control")
    scalar = [number(p[i], "physics control") for i in (1, 2, 3, 4, 5, 7, 8, 9, 11, 12)]
    return PhysicsControl(
        torque_curve=_pairs(p[0], "torque_curve"),
        max_rpm=scalar[0],
        moi=scalar[1],
        damping_rate_full_throttle=scalar[2],
        damping_rate_zero_throttle_clutch_engaged=scalar[3],
        damping_rate_zero_throttle_clutch_disengaged=scalar[4],
        use_gear_autobox=flag(p[6], "use_gear_autobox"),
        gear_switch_time=scalar[5],
        clutch_strength=scalar[6],
        final_ratio=scalar[7],
        forward_gears=tuple(read_vector(gear, "gear") for gear in items(p[10], "forward_gears")),
        mass=scalar[8],
        drag_coefficient=scalar[9],
        center_of_mass=read_vector(p[13], "center_of_mass"),
        steering_curve=_pairs(p[14], "steering_curve"),
        wheels=tuple(_read_wheel(wheel) for wheel in items(p[15], "wheels")),
        use_sweep_wheel_collision=flag(p[16], "use_sweep_wheel_collision"),
    )


def pack_telemetry(telemetry: VehicleTelemetry) -> list[Wire]:
    """`carla.VehicleTelemetryData`: eight members, the last of them four wheels of eleven."""
    t = telemetry
    head: list[Wire] = [t.speed, t.steer, t.throttle, t.brake, t.engine_rpm, t.gear, t.drag]
    return [*head, [_pack_wheel_telemetry(wheel) for wheel in t.wheels]]


def _pack_wheel_telemetry(w: WheelTelemetry) -> list[Wire]:
    shares = [force / w.load if w.load > 0.0 else 0.0 for force in (w.long_force, w.lat_force)]
    slips = [w.friction, w.lat_slip, w.long_slip, w.omega]
    return [*slips, w.load, w.normalized_load, w.torque, w.long_force, w.lat_force, *shares]


def _pairs(value: Wire, name: str) -> tuple[tuple[float, float], ...]:
    points = (members(point, 2, name) for point in items(value, name))
    return tuple((number(x, name), number(y, name)) for x, y in points)


def _read_wheel(value: Wire) -> Wheel:
    w = members(value, 10, "wheel")
    a, b, c, d, e, f, g, h, i = (number(v, "wheel") for v in w[:9])
    return Wheel(a, b, c, d, e, f, g, h, i, read_vector(w[9], "wheel.position"))
