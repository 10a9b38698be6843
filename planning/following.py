"""Accelerations that follow a lead, approach a speed and come to a stop."""

from __future__ import annotations

import numpy as np

from planning.config import FollowConfig, SpeedConfig


def approach_speed(speed_mps: float, target_mps: float, config: SpeedConfig) -> float:
    """Acceleration that has `target_mps` one preview from now, within comfort."""
    wanted = (target_mps - speed_mps) / config.preview_s
    return float(np.clip(wanted, -config.firm_brake_mps2, config.acceleration_mps2))


def follow_lead(
    speed_mps: float,
    gap_m: float,
    lead_mps: float,
    free_mps2: float,
    speed: SpeedConfig,
    follow: FollowConfig,
) -> float:
    """Acceleration behind a lead at `gap_m` (bumper to bumper) that drives `lead_mps`.

    The improved intelligent driver model (Treiber and Kesting, Traffic Flow Dynamics, section 11.3.7): the
    wished gap is s* = s0 + v T + v (v - v_lead) / (2 sqrt(a b)); `free_mps2` is what the road alone would
    allow.
    """
    a, b = speed.acceleration_mps2, follow.brake_mps2
    closing = speed_mps * (speed_mps - lead_mps) / (2.0 * np.sqrt(a * b))
    wished = follow.standstill_gap_m + max(0.0, speed_mps * follow.headway_s + closing)
    ratio = wished / max(gap_m, 0.1)
    if ratio >= 1.0:
        return float(min(free_mps2, a * (1.0 - ratio**2)))
    if free_mps2 <= 0.0:
        return free_mps2
    return float(free_mps2 * (1.0 - ratio ** (2.0 * a / free_mps2)))


def stop_within(speed_mps: float, distance_m: float, brake_mps2: float, config: SpeedConfig) -> float:
    """Acceleration that stops after `distance_m`, at `brake_mps2` for the most part, gently at the end.

    The last leg, from `end_speed_mps` on, is braked at `end_brake_mps2`. Before the point where braking has
    to begin the result is positive or zero; behind it, it is the constant deceleration that still suffices.
    """
    if distance_m <= 0.05:
        return -max(config.end_brake_mps2, speed_mps**2 / 0.2)
    end = min(config.end_speed_mps, float(np.sqrt(0.8 * distance_m * config.end_brake_mps2)))
    end_leg = end**2 / (2.0 * config.end_brake_mps2)
    if speed_mps <= end:
        needed = speed_mps**2 / (2.0 * distance_m)
    else:
        needed = (speed_mps**2 - end**2) / (2.0 * max(distance_m - end_leg, 0.05))
    room = distance_m - end_leg - speed_mps * config.preview_s
    curve = np.sqrt(end**2 + 2.0 * brake_mps2 * room) if room > 0.0 else 0.0
    wanted = (curve - speed_mps) / config.preview_s
    return float(max(min(wanted, config.acceleration_mps2), -needed))


def required_deceleration(speed_mps: float, distance_m: float) -> float:
    """Constant deceleration that stops within `distance_m`, v^2 / (2 d); infinite without room."""
    if distance_m <= 0.0:
        return 0.0 if speed_mps <= 0.0 else float("inf")
    return speed_mps**2 / (2.0 * distance_m)
