"""CARLA's Ackermann control: speed and acceleration targets to pedals, by two PID loops in a row.

The loops, their limits and default gains are those of CARLA's `FAckermannController`: the speed loop moves
an acceleration target, the acceleration loop moves a pedal.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

FULL_STOP_SPEED = 0.1
MAX_ACCELERATION, MAX_DECELERATION = 3.0, 8.0


@dataclass(frozen=True)
class AckermannSettings:
    """Gains of the two loops, as `carla.AckermannControllerSettings`."""

    speed_kp: float = 0.15
    speed_ki: float = 0.0
    speed_kd: float = 0.25
    accel_kp: float = 0.01
    accel_ki: float = 0.0
    accel_kd: float = 0.01


@dataclass(frozen=True)
class AckermannTarget:
    """What is asked for: inner wheel angle rad and its rate rad/s, speed m/s, acceleration, jerk.

    A rate or acceleration of 0 means as fast as possible. CARLA ignores the jerk, and so does this.
    """

    steer: float = 0.0
    steer_speed: float = 0.0
    speed: float = 0.0
    acceleration: float = 0.0
    jerk: float = 0.0


@dataclass(frozen=True)
class AckermannMemory:
    """What the controller remembers of a vehicle between steps; a new one starts from rest."""

    steer: float = 0.0
    reverse: bool = False
    speed: float = 0.0
    acceleration: float = 0.0
    speed_integral: float = 0.0
    accel_integral: float = 0.0
    accel_target: float = 0.0
    pedal: float = 0.0


@dataclass(frozen=True)
class AckermannCommand:
    """Pedals 0..1, steer -1..1 of the full angle, and whether to drive backwards."""

    throttle: float
    steer: float
    brake: float
    reverse: bool


def control(
    target: AckermannTarget,
    settings: AckermannSettings,
    memory: AckermannMemory,
    speed: float,
    max_steer_angle: float,
    dt: float,
) -> tuple[AckermannCommand, AckermannMemory]:
    """One step of the controller.

    Args:
        target: what is asked for.
        settings: gains.
        memory: of the last step.
        speed: m/s along the vehicle, negative backwards.
        max_steer_angle: rad; 0 for a vehicle that cannot steer.
        dt: s since the last step.
    """
    felt = (4.0 * memory.acceleration + (speed - memory.speed) / dt) / 5.0
    steer = _steered(target, memory.steer, max_steer_angle, dt)
    turned = steer / max_steer_angle if max_steer_angle > 0.0 else 0.0
    if abs(speed) < FULL_STOP_SPEED and abs(target.speed) < FULL_STOP_SPEED:
        stopped = replace(memory, steer=steer, speed=speed, acceleration=felt)
        return AckermannCommand(0.0, turned, 1.0, memory.reverse), stopped
    reverse = target.speed < 0.0 if abs(speed) < FULL_STOP_SPEED else memory.reverse
    turning_round = abs(speed) >= FULL_STOP_SPEED and speed * target.speed < 0.0
    wanted = 0.0 if turning_round else target.speed
    change, speed_integral = _pid(
        wanted - speed,
        (speed - memory.speed) / dt,
        memory.speed_integral,
        (settings.speed_kp, settings.speed_ki, settings.speed_kd),
        dt,
    )
    most = abs(target.acceleration)
    low, high = (-most, most) if most >= 1e-4 else (-MAX_DECELERATION, MAX_ACCELERATION)
    accel_target = min(max(memory.accel_target + change, low), high)
    change, accel_integral = _pid(
        accel_target - felt,
        (felt - memory.acceleration) / dt,
        memory.accel_integral,
        (settings.accel_kp, settings.accel_ki, settings.accel_kd),
        dt,
    )
    pedal = min(max(memory.pedal + change, -1.0), 1.0)
    forward = -pedal if reverse else pedal
    command = AckermannCommand(max(forward, 0.0), turned, max(-forward, 0.0), reverse)
    return command, AckermannMemory(
        steer, reverse, speed, felt, speed_integral, accel_integral, accel_target, pedal
    )


def _steered(target: AckermannTarget, steer: float, max_steer_angle: float, dt: float) -> float:
    """The wheel angle (rad) of this step, on its way to the target."""
    wanted = min(max(target.steer, -max_steer_angle), max_steer_angle)
    most = abs(target.steer_speed) * dt
    if abs(target.steer_speed) < 1e-3 or abs(wanted - steer) < most:
        return wanted
    return steer + math.copysign(most, wanted - steer)


def _pid(
    error: float, slope: float, integral: float, gains: tuple[float, float, float], dt: float
) -> tuple[float, float]:
    """Output and integral, both within -1..1; the derivative acts on the measurement's `slope`."""
    integral = min(max(integral + gains[1] * error * dt, -1.0), 1.0)
    return min(max(gains[0] * error + integral - gains[2] * slope, -1.0), 1.0), integral
