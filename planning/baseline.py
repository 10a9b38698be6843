"""The floor to measure planners against: drives the route at its limits and sees nobody."""

from __future__ import annotations

import numpy as np

from data.types import Plan, Scene, VehicleShape
from planning.config import PlannerConfig
from planning.following import approach_speed, stop_within
from planning.trajectory import PathBuilder, allowed_speed, profile_speeds, straight_path

STEP_S = 0.05


class BlindPlanner:
    """Follows route or lane, curves and limits; ignores road users and lights; a `Planner`."""

    def __init__(self, shape: VehicleShape, config: PlannerConfig | None = None) -> None:
        self._shape = shape
        self._config = PlannerConfig() if config is None else config
        self._paths = PathBuilder(self._config.path, self._config.speed)
        self._t_ns: int | None = None

    def plan(self, scene: Scene) -> Plan:
        """Returns path, target speed and acceleration for one instant."""
        config, speed = self._config.speed, max(scene.ego.speed_mps, 0.0)
        elapsed_s = STEP_S if self._t_ns is None else 1e-9 * (scene.t_ns - self._t_ns)
        self._t_ns = scene.t_ns
        path = self._paths.build(scene, float(np.clip(elapsed_s, 0.0, 0.5)))
        if path is None:
            path = straight_path(self._config.path.horizon_m, 0.0)
        target, _ = allowed_speed(path, profile_speeds(path, config), speed, config)
        wanted, reason = approach_speed(speed, target, config), f"limit {3.6 * target:.0f} km/h"
        if scene.route is not None:
            room = scene.route.remaining_m - self._shape.front_m - 1.0
            stopping = stop_within(speed, room, config.brake_mps2, config)
            if stopping < wanted:
                wanted, target, reason = stopping, 0.0, f"end of route {room:.1f} m"
        return Plan(scene.t_ns, path.points_m[path.s_m >= 0.0], target, wanted, (reason,))
