"""What a planner, a controller and a navigator are: one verb each.

A module behind one of these is made anew for every drive and keeps its own memory; it is handed a frozen
input and returns a frozen output. Time comes in with the input (`t_ns`), never from a clock.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from data.types import Control, EgoState, Plan, RouteAhead, Scene


@runtime_checkable
class Navigator(Protocol):
    """Knows the route and where along it the ego is, as a navigation system does."""

    def locate(self, ego: EgoState) -> RouteAhead:
        """Returns the piece of route around the ego, in vehicle axes; progress never goes backwards."""
        ...


@runtime_checkable
class Planner(Protocol):
    """Decides where to drive and how fast."""

    def plan(self, scene: Scene) -> Plan:
        """Returns the plan for one instant; called once a frame, in order of time."""
        ...


@runtime_checkable
class Controller(Protocol):
    """Turns a plan into what the actuators are told."""

    def control(self, plan: Plan, ego: EgoState) -> Control:
        """Returns throttle, brake and steering that follow `plan`; called once a frame, in order of time."""
        ...
