"""Steering, throttle and brake that follow a plan."""

from __future__ import annotations

from data.types import Control, EgoState, Plan, VehicleShape
from planning.config import ControlConfig


class PathController:
    """Tracks path and acceleration of a plan; a `planning.interfaces.Controller`."""

    def __init__(self, shape: VehicleShape, config: ControlConfig | None = None) -> None:
        self._shape = shape
        self._config = ControlConfig() if config is None else config

    def control(self, plan: Plan, ego: EgoState) -> Control:
        """Returns throttle, brake and steering for one instant."""
        raise NotImplementedError
