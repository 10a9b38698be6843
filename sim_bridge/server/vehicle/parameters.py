"""What a vehicle is made of: presets of seven kinds, and the table of them that the dynamics reads.

Axes are the server's: x forward, y right, z up. The origin of a vehicle is on the ground below the centre of
its box. SI units and radians, but for engine speeds (1/min) and the km/h of the steering curve, which
CARLA's physics control prescribes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
import numpy.typing as npt

Curve = tuple[tuple[float, float], ...]
Vector3 = tuple[float, float, float]
# One row of a structured array: numpy and numba give its members as attributes, which no type can say.
Row = Any

TORQUE_POINTS = 16
STEERING_POINTS = 8
GEAR_SLOTS = 12

_CURVE_SLOTS = {"torque_curve": TORQUE_POINTS, "steering_curve": STEERING_POINTS}

# CARLA's cars lose a little steering with speed; their usual curve, km/h to share of the full angle.
CARLA_STEERING_CURVE: Curve = ((0.0, 1.0), (20.0, 0.9), (60.0, 0.8), (120.0, 0.7))


@dataclass(frozen=True, kw_only=True)
class VehicleParameters:
    """One vehicle's constants. Every number is finite; curves rise along their first member.

    Attributes:
        mass: kg, with driver.
        yaw_inertia: kg m2 about the vertical through the centre of gravity.
        half_extents: m, half length, half width, half height of the box.
        wheelbase: m.
        track_width: m between the wheels of an axle; 0 for a two-wheeler.
        rear_axle_x: m, rear axle in vehicle axes (negative: behind the origin).
        cg_to_rear: m, centre of gravity ahead of the rear axle.
        cg_height: m above the ground.
        friction: peak tyre force over load on a dry road.
        side_grip: share of the friction that the tyres have sideways. Far above 1, which no road tyre has:
            CARLA's traffic takes bends of 8 m at 11 m/s.
        front_side_grip: share of that at the front axle. Below 1 the front lets go first: roll is held
            mostly at the front, which costs that axle grip.
        front_tyres, rear_tyres: friction of each axle's tyres, as shares of `friction`.
        front_stiffness, rear_stiffness: cornering stiffness of an axle over its load, 1/rad.
        load_sensitivity: share of friction lost when the load of an axle doubles.
        shape_factor: C of Pacejka's magic formula; above 1 the force falls again behind the peak.
        drag_coefficient, frontal_area: air drag, - and m2.
        rolling_resistance: force over weight.
        wheel_drag: N s/m, what the wheels take on top of that.
        torque_curve: (engine speed 1/min, full-load torque N m), 1 to 16 points.
        idle_rpm, max_rpm: 1/min.
        engine_drag_torque: N m that the closed-throttle engine takes at `max_rpm` (proportional to speed).
        throttle_drag_torque: N m that the engine takes at full throttle and `max_rpm`, likewise.
        engine_time: s that the engine's speed takes to follow the wheels'.
        automatic: 1 for a box that shifts by itself, 0 for one that keeps its gear.
        gear_ratios: forward gears, first to last, 1 to 12.
        reverse_ratio, final_ratio: further ratios.
        driveline_efficiency: share of the torque that arrives at the wheels.
        front_drive_share: 1 front-wheel drive, 0 rear-wheel drive.
        gear_up_ratio: share of `max_rpm` at which the automatic box shifts up on a light throttle.
        gear_down_ratio: the box shifts down when the lower gear would turn below this share of the speed
            at which it would shift up.
        gear_switch_time: s without drive during a shift.
        wheel_radius: m.
        max_brake_torque, max_handbrake_torque: N m per wheel; the hand brake acts on the rear axle.
        brake_front_share: share of the foot brake's torque at the front axle.
        max_steer_angle: rad of the inner front wheel per unit of steer input, as CARLA means it.
        steer_lock: rad, where the inner front wheel meets its mechanical stop.
        steer_rate: rad/s, fastest turn of the road wheels.
        steering_curve: (speed km/h, share of the steer input that is used), 1 to 8 points.
        pedal_rate: 1/s, how fast throttle and brake follow their pedals.
    """

    mass: float
    yaw_inertia: float
    half_extents: Vector3
    wheelbase: float
    track_width: float
    rear_axle_x: float
    cg_to_rear: float
    cg_height: float
    friction: float = 1.0
    side_grip: float = 2.5
    front_side_grip: float = 0.85
    front_tyres: float = 1.0
    rear_tyres: float = 1.0
    front_stiffness: float = 15.0
    rear_stiffness: float = 19.0
    load_sensitivity: float = 0.1
    shape_factor: float = 1.35
    drag_coefficient: float = 0.3
    frontal_area: float = 2.3
    rolling_resistance: float = 0.012
    wheel_drag: float = 0.0
    torque_curve: Curve
    idle_rpm: float = 800.0
    max_rpm: float = 6000.0
    engine_drag_torque: float = 60.0
    throttle_drag_torque: float = 0.0
    engine_time: float = 0.08
    automatic: float = 1.0
    gear_ratios: tuple[float, ...]
    reverse_ratio: float = 3.3
    final_ratio: float
    driveline_efficiency: float = 0.92
    front_drive_share: float = 1.0
    gear_up_ratio: float = 0.5
    gear_down_ratio: float = 0.5
    gear_switch_time: float = 0.2
    wheel_radius: float = 0.33
    max_brake_torque: float = 1500.0
    max_handbrake_torque: float = 3000.0
    brake_front_share: float = 0.7
    max_steer_angle: float = math.radians(70.0)
    steer_lock: float = math.radians(43.0)
    steer_rate: float = 2.0
    steering_curve: Curve = CARLA_STEERING_CURVE
    pedal_rate: float = 6.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, float) and not math.isfinite(value):
                raise ValueError(f"{field.name}: expected a finite number, got {value}")
        for name in ("mass", "yaw_inertia", "wheelbase", "wheel_radius", "max_rpm", "final_ratio"):
            value = getattr(self, name)
            if not value > 0.0:
                raise ValueError(f"{name}: expected a positive number, got {value}")
        if not 0.0 < self.cg_to_rear < self.wheelbase:
            raise ValueError(
                f"cg_to_rear: expected between 0 and wheelbase {self.wheelbase}, got {self.cg_to_rear}"
            )
        if not 1 <= len(self.gear_ratios) <= GEAR_SLOTS:
            raise ValueError(f"gear_ratios: expected 1 to {GEAR_SLOTS} gears, got {len(self.gear_ratios)}")
        for name, slots in _CURVE_SLOTS.items():
            _check_curve(name, getattr(self, name), slots)


def _check_curve(name: str, curve: Curve, slots: int) -> None:
    points = np.asarray(curve, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2 or not 1 <= len(points) <= slots:
        raise ValueError(f"{name}: expected 1 to {slots} points of 2 numbers, got shape {points.shape}")
    if not np.isfinite(points).all() or (np.diff(points[:, 0]) < 0.0).any():
        raise ValueError(f"{name}: expected finite points in rising order, got {curve}")


def _box_inertia(mass: float, half_extents: Vector3) -> float:
    """Yaw inertia of a homogeneous box; within 10 % of measured passenger cars."""
    return mass * (half_extents[0] ** 2 + half_extents[1] ** 2) / 3.0


def _preset(
    mass: float,
    half_extents: Vector3,
    wheelbase: float,
    cg_share: float,
    **rest: Any,  # noqa: ANN401 - the further members, each of its own type
) -> VehicleParameters:
    """A vehicle with its axles centred under the box and `cg_share` of the weight on the front axle."""
    return VehicleParameters(
        mass=mass,
        yaw_inertia=_box_inertia(mass, half_extents),
        half_extents=half_extents,
        wheelbase=wheelbase,
        rear_axle_x=-0.5 * wheelbase,
        cg_to_rear=cg_share * wheelbase,
        **rest,
    )


_SIX_SPEED = (3.8, 2.2, 1.45, 1.1, 0.88, 0.73)
_PETROL: Curve = (
    (0.0, 120.0),
    (800.0, 130.0),
    (1500.0, 185.0),
    (2500.0, 205.0),
    (4000.0, 210.0),
    (5000.0, 188.0),
    (5700.0, 155.0),
    (6200.0, 130.0),
)


def _times(curve: Curve, torque: float, speed: float = 1.0) -> Curve:
    return tuple((speed * rpm, torque * value) for rpm, value in curve)


PRESETS: dict[str, VehicleParameters] = {
    "car": _preset(
        1450.0, (2.35, 0.92, 0.73), 2.75, 0.55,
        track_width=1.56, cg_height=0.54, torque_curve=_PETROL, max_rpm=6200.0,
        gear_ratios=_SIX_SPEED, final_ratio=3.9, drag_coefficient=0.34, frontal_area=2.35,
    ),
    "suv": _preset(
        1850.0, (2.4, 0.98, 0.87), 2.8, 0.53,
        track_width=1.62, cg_height=0.66, torque_curve=_times(_PETROL, 1.3), max_rpm=6200.0,
        gear_ratios=_SIX_SPEED, final_ratio=4.1, front_drive_share=0.5, frontal_area=2.75,
        drag_coefficient=0.35, wheel_radius=0.36, max_brake_torque=2000.0, max_handbrake_torque=4000.0,
        friction=0.97,
    ),
    "van": _preset(
        2400.0, (2.75, 1.0, 1.25), 3.3, 0.52,
        track_width=1.7, cg_height=0.85, torque_curve=_times(_PETROL, 1.6, 0.7), max_rpm=4400.0,
        gear_ratios=_SIX_SPEED, final_ratio=3.6, frontal_area=4.2, drag_coefficient=0.36, wheel_radius=0.35,
        max_brake_torque=2500.0, max_handbrake_torque=5000.0, friction=0.92, steer_lock=math.radians(42.0),
    ),
    "truck": _preset(
        7500.0, (3.9, 1.2, 1.6), 4.4, 0.45,
        track_width=2.0, cg_height=1.3, torque_curve=_times(_PETROL, 3.9, 0.45), max_rpm=2800.0,
        idle_rpm=600.0, engine_drag_torque=250.0, gear_ratios=(6.7, 3.8, 2.3, 1.5, 1.0, 0.78),
        reverse_ratio=6.3, final_ratio=4.3, front_drive_share=0.0, frontal_area=7.0, drag_coefficient=0.6,
        wheel_radius=0.45, rolling_resistance=0.009, max_brake_torque=9000.0, max_handbrake_torque=12000.0,
        friction=0.8, front_stiffness=9.0, rear_stiffness=11.0, steer_lock=math.radians(45.0),
        gear_switch_time=0.4, steer_rate=1.5,
    ),
    "bus": _preset(
        12500.0, (6.0, 1.28, 1.55), 5.9, 0.40,
        track_width=2.1, cg_height=1.2, torque_curve=_times(_PETROL, 5.8, 0.4), max_rpm=2500.0,
        idle_rpm=550.0, engine_drag_torque=400.0, gear_ratios=(3.4, 2.0, 1.45, 1.0, 0.83, 0.7),
        reverse_ratio=4.8, final_ratio=5.7, front_drive_share=0.0, frontal_area=7.5, drag_coefficient=0.6,
        wheel_radius=0.48, rolling_resistance=0.008, max_brake_torque=16000.0, max_handbrake_torque=20000.0,
        friction=0.75, front_stiffness=9.0, rear_stiffness=11.0, steer_lock=math.radians(47.0),
        gear_switch_time=0.4, steer_rate=1.5,
    ),
    "motorcycle": _preset(
        285.0, (1.1, 0.4, 0.75), 1.45, 0.5,
        track_width=0.0, cg_height=0.6, torque_curve=_times(_PETROL, 0.33, 1.5), max_rpm=9300.0,
        idle_rpm=1200.0, engine_drag_torque=12.0, gear_ratios=(2.8, 2.0, 1.55, 1.3, 1.12, 1.0),
        final_ratio=4.6, front_drive_share=0.0, frontal_area=0.75, drag_coefficient=0.65, wheel_radius=0.31,
        rolling_resistance=0.015, max_brake_torque=320.0, max_handbrake_torque=400.0, brake_front_share=0.6,
        front_stiffness=14.0, rear_stiffness=16.0, steer_lock=math.radians(35.0), friction=0.95,
    ),
    "bicycle": _preset(
        92.0, (0.9, 0.3, 0.85), 1.05, 0.45,
        track_width=0.0, cg_height=0.95,
        # A rider with a motor's help, in terms of the crank.
        torque_curve=((0.0, 95.0), (60.0, 75.0), (100.0, 35.0), (120.0, 0.0)), max_rpm=120.0, idle_rpm=0.0,
        engine_drag_torque=0.0, gear_ratios=(0.7, 0.5, 0.38), reverse_ratio=0.7, final_ratio=1.0,
        driveline_efficiency=0.97, front_drive_share=0.0, frontal_area=0.55, drag_coefficient=0.9,
        wheel_radius=0.34, rolling_resistance=0.008, max_brake_torque=100.0, max_handbrake_torque=60.0,
        brake_front_share=0.5, front_stiffness=12.0, rear_stiffness=14.0, steer_lock=math.radians(40.0),
        friction=0.7,
    ),
}  # fmt: skip


def preset(kind: str, half_extents: Vector3 | None = None, mass: float | None = None) -> VehicleParameters:
    """The vehicle of a kind, stretched to a box and a mass of one's own.

    Args:
        kind: one of `PRESETS`.
        half_extents: m; axle distances follow the length and the track follows the width.
        mass: kg; torques follow it, so that the vehicle drives alike.

    Raises:
        ValueError: `kind` is not known.
    """
    if kind not in PRESETS:
        raise ValueError(f"vehicle kind: expected one of {', '.join(PRESETS)}, got {kind!r}")
    vehicle = PRESETS[kind]
    extents = vehicle.half_extents if half_extents is None else half_extents
    mass = vehicle.mass if mass is None else mass
    length, width, heavier = (
        extents[0] / vehicle.half_extents[0],
        extents[1] / vehicle.half_extents[1],
        mass / vehicle.mass,
    )
    return replace(
        vehicle,
        mass=mass,
        half_extents=extents,
        yaw_inertia=_box_inertia(mass, extents),
        wheelbase=length * vehicle.wheelbase,
        rear_axle_x=length * vehicle.rear_axle_x,
        cg_to_rear=length * vehicle.cg_to_rear,
        track_width=width * vehicle.track_width,
        torque_curve=_times(vehicle.torque_curve, heavier),
        engine_drag_torque=heavier * vehicle.engine_drag_torque,
        max_brake_torque=heavier * vehicle.max_brake_torque,
        max_handbrake_torque=heavier * vehicle.max_handbrake_torque,
    )


def _table_dtype() -> np.dtype[Any]:
    """The scalars of `VehicleParameters` under their names, its tuples as padded arrays."""
    members: list[Any] = [
        (field.name, np.float64) for field in fields(VehicleParameters) if field.type in ("float", float)
    ]
    for name, slots in _CURVE_SLOTS.items():
        members.append((name, np.float64, (slots, 2)))
    members += [("gear_ratios", np.float64, (GEAR_SLOTS,)), ("gear_count", np.int64)]
    return np.dtype(members)


TABLE_DTYPE = _table_dtype()


@dataclass(frozen=True)
class ParameterTable:
    """Parameters of n vehicles as one structured array.

    Attributes:
        rows: (n,) of `TABLE_DTYPE`; curves are padded with their last point, gears with zeros.
    """

    rows: npt.NDArray[Any]

    @classmethod
    def of(cls, vehicles: Sequence[VehicleParameters]) -> ParameterTable:
        """The table of these vehicles, in their order."""
        rows = np.zeros(len(vehicles), dtype=TABLE_DTYPE)
        for row, vehicle in zip(rows, vehicles, strict=True):
            _fill(row, vehicle)
        return cls(rows)

    def __len__(self) -> int:
        return len(self.rows)


def _fill(row: Row, vehicle: VehicleParameters) -> None:
    for name in TABLE_DTYPE.names or ():
        if name in _CURVE_SLOTS:
            curve = getattr(vehicle, name)
            row[name] = curve + (curve[-1],) * (_CURVE_SLOTS[name] - len(curve))
        elif name == "gear_ratios":
            row[name][: len(vehicle.gear_ratios)] = vehicle.gear_ratios
        elif name == "gear_count":
            row[name] = len(vehicle.gear_ratios)
        else:
            row[name] = getattr(vehicle, name)
