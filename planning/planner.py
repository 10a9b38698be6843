"""The rule-based planner: path, behaviour, speed and last checks wired together."""

from __future__ import annotations

import numpy as np

from data.types import Plan, Scene, VehicleShape
from planning.behavior import Behavior, Demand
from planning.config import PlannerConfig, SpeedConfig
from planning.corridor import meet
from planning.memory import ObjectMemory
from planning.safety import SafetyMonitor, Verdict
from planning.trajectory import Path, PathBuilder, straight_path

FIRST_STEP_S = 0.05
URGENT_JERK = 6.0  # times the comfortable jerk, when more than firm braking is asked for


class RulePlanner:
    """Follows the route in the perceived lane and obeys what it sees; a `planning.interfaces.Planner`."""

    def __init__(self, shape: VehicleShape, config: PlannerConfig | None = None) -> None:
        self._shape = shape
        self._config = PlannerConfig() if config is None else config
        self._paths = PathBuilder(self._config.path, self._config.speed)
        self._memory = ObjectMemory(self._config.follow.memory_s, self._config.corridor.still_mps)
        self._behavior = Behavior(shape, self._config)
        self._safety = SafetyMonitor(shape, self._config.safety)
        self._t_ns: int | None = None
        self._demand_mps2 = 0.0

    def plan(self, scene: Scene) -> Plan:
        """Returns path, target speed and acceleration for one instant."""
        elapsed_s = FIRST_STEP_S if self._t_ns is None else (scene.t_ns - self._t_ns) * 1e-9
        dt_s = float(np.clip(elapsed_s, 0.0, 0.5))
        self._t_ns = scene.t_ns
        found = self._paths.build(scene, dt_s)
        path = (
            straight_path(self._config.path.horizon_m, self._config.speed.cruise_mps)
            if found is None
            else found
        )
        users = self._memory.update(scene.objects, scene.ego, dt_s)
        margin = self._config.safety.aeb_margin_m
        encounters = meet(users, path, self._shape, self._config.corridor, margin)
        demand = self._behavior.decide(scene, path, encounters, dt_s)
        verdict = self._safety.check(scene, found is not None, encounters, elapsed_s)
        return self._plan(scene, path, demand, verdict, dt_s)

    def _plan(self, scene: Scene, path: Path, demand: Demand, verdict: Verdict, dt_s: float) -> Plan:
        speed, config = scene.ego.speed_mps, self._config
        wanted, target, reasons = demand.acceleration_mps2, demand.target_mps, demand.reasons
        if verdict.controlled_stop:
            wanted, target = min(wanted, -config.safety.stop_brake_mps2), 0.0
        if verdict.reason:
            reasons = (verdict.reason, *reasons)
        if verdict.emergency:
            wanted, target = -config.safety.aeb_brake_mps2, 0.0
            self._demand_mps2 = wanted
        else:
            self._demand_mps2 = limited(self._demand_mps2, wanted, speed, dt_s, config.speed)
        ahead = path.s_m >= 0.0
        return Plan(
            t_ns=scene.t_ns,
            path_m=path.points_m[ahead if ahead.sum() >= 2 else slice(None)],
            target_speed_mps=max(target, 0.0),
            acceleration_mps2=self._demand_mps2,
            reasons=reasons,
            lead_distance_m=demand.lead_distance_m,
            stop_distance_m=demand.stop_distance_m,
            emergency=verdict.emergency,
            terms=self._terms(demand, verdict, wanted),
        )

    def _terms(self, demand: Demand, verdict: Verdict, wanted_mps2: float) -> tuple[tuple[str, float], ...]:
        strongest: dict[str, float] = {}
        for bound in demand.bounds:
            strongest.setdefault(bound.name, bound.allowed_mps2)
        east, north, turn = self._paths.correction
        return (
            *sorted(strongest.items()),
            ("wanted", wanted_mps2),
            ("required", verdict.required_mps2),
            ("shift_east_m", east),
            ("shift_north_m", north),
            ("turn_rad", turn),
        )


def limited(
    before_mps2: float, wanted_mps2: float, speed_mps: float, dt_s: float, config: SpeedConfig
) -> float:
    """`wanted_mps2` within what the jerk allows after `before_mps2`; setting off begins at rest."""
    if wanted_mps2 > 0.0 and speed_mps < 0.1:
        before_mps2 = max(before_mps2, 0.0)
    urgent = min(wanted_mps2, before_mps2) < -config.firm_brake_mps2 - 1e-6
    step = config.jerk_mps3 * (URGENT_JERK if urgent else 1.0) * dt_s
    return float(np.clip(wanted_mps2, before_mps2 - step, before_mps2 + step))
