"""One step of the motion of n vehicles. Axes: x forward, y right, z up."""

from __future__ import annotations

from sim_bridge.server.vehicle.parameters import ParameterTable
from sim_bridge.server.vehicle.states import Floats, VehicleControls, VehicleStates


def step(
    state: VehicleStates,
    controls: VehicleControls,
    params: ParameterTable,
    dt: float,
    ground_normals: Floats,
) -> VehicleStates:
    """The vehicles `dt` seconds later.

    Args:
        state, controls, params: n vehicles each; none is changed.
        dt: s, cut into equal inner steps of at most 2.5 ms.
        ground_normals: (n, 3) float64 unit normals of the ground below each vehicle.

    Returns:
        The new states. `position` moves along the plane of the ground normal; the caller puts z on the ground
        it knows. `pitch` and `roll` are those of the plane.
    """
    raise NotImplementedError("the kernel follows in the next commit")
