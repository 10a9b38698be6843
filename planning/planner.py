"""The rule-based planner: path, behaviour, speed and last checks wired together."""

from __future__ import annotations

from data.types import Plan, Scene, VehicleShape
from planning.config import PlannerConfig


class RulePlanner:
    """Follows the route in the perceived lane and obeys what it sees; a `planning.interfaces.Planner`."""

    def __init__(self, shape: VehicleShape, config: PlannerConfig | None = None) -> None:
        self._shape = shape
        self._config = PlannerConfig() if config is None else config

    def plan(self, scene: Scene) -> Plan:
        """Returns path, target speed and acceleration for one instant."""
        raise NotImplementedError
