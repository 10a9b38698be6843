"""The vehicles of an episode: what their drivers ask, and how they move."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from sim_bridge.server.transforms import Floats, Pose
from sim_bridge.server.vehicle.dynamics import step
from sim_bridge.server.vehicle.parameters import ParameterTable, VehicleParameters
from sim_bridge.server.vehicle.states import VehicleControls, VehicleStates, join, take
from sim_bridge.server.wire.vehicles import VehicleControl
from sim_bridge.server.world.ground import Ground

_GRAVITY = 9.81
_STANDING_ABOVE_M = 0.02


class Fleet:
    """Vehicles in rows, in the order of their birth.

    Attributes:
        ids: actor ids, one a row.
        parameters: what each is made of.
        states: how each moves.
        controls: what each driver asks.
        simulated: (n,) bool, whether physics moves it; otherwise only the client does.
        held_velocity: per actor id the constant velocity (own axes, m/s) that overrides its driver.
        lights: per actor id the bits of `carla.VehicleLightState`.
    """

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.parameters: list[VehicleParameters] = []
        self.states = VehicleStates.at_rest(np.zeros((0, 3)), np.zeros(0))
        self.controls = VehicleControls.idle(0)
        self.simulated = np.zeros(0, dtype=np.bool_)
        self.held_velocity: dict[int, tuple[float, float, float]] = {}
        self.lights: dict[int, int] = {}
        self._table = ParameterTable.of([])

    def __contains__(self, actor_id: object) -> bool:
        return actor_id in self.ids

    def __len__(self) -> int:
        return len(self.ids)

    def add(self, actor_id: int, parameters: VehicleParameters, pose: Pose) -> None:
        """A resting vehicle without a driver."""
        self.ids.append(actor_id)
        self.parameters.append(parameters)
        self._table = ParameterTable.of(self.parameters)
        self.states = join([self.states, VehicleStates.at_rest([pose[:3]], [pose.yaw])])
        self.controls = join([self.controls, VehicleControls.idle(1)])
        self.simulated = np.append(self.simulated, True)
        self.lights[actor_id] = 0

    def remove(self, actor_id: int) -> None:
        """Takes a vehicle out."""
        gone = self.ids.index(actor_id)
        rows = np.delete(np.arange(len(self)), gone)
        del self.ids[gone], self.parameters[gone], self.lights[actor_id]
        self.held_velocity.pop(actor_id, None)
        self._table = ParameterTable.of(self.parameters)
        self.states, self.controls = take(self.states, rows), take(self.controls, rows)
        self.simulated = self.simulated[rows]

    def ask(self, actor_id: int, control: VehicleControl) -> None:
        """Sets what the driver asks from the next step on."""
        row = self.ids.index(actor_id)
        for field in fields(VehicleControl):
            getattr(self.controls, field.name)[row] = getattr(control, field.name)

    def asked(self, actor_id: int) -> VehicleControl:
        """What the driver asks."""
        row = self.ids.index(actor_id)
        c = self.controls
        return VehicleControl(
            float(c.throttle[row]), float(c.steer[row]), float(c.brake[row]), bool(c.hand_brake[row]),
            bool(c.reverse[row]), bool(c.manual_gear_shift[row]), int(c.gear[row]),
        )  # fmt: skip

    def place(self, actor_id: int, pose: Pose) -> None:
        """Puts a vehicle somewhere else; it keeps its velocity, as CARLA's do."""
        row = self.ids.index(actor_id)
        self.states.position[row] = pose[:3]
        self.states.pitch[row], self.states.yaw[row], self.states.roll[row] = pose[3:]

    def push(self, actor_id: int, velocity: tuple[float, float, float]) -> None:
        """Gives a vehicle a velocity, m/s in world axes."""
        self.states.velocity[self.ids.index(actor_id)] = velocity

    def simulate(self, actor_id: int, enabled: bool) -> None:
        """Switches the physics of one vehicle."""
        row = self.ids.index(actor_id)
        self.simulated[row] = enabled
        if not enabled:
            self.states.velocity[row] = 0.0
            self.states.angular_velocity[row] = 0.0

    def replace_parameters(self, actor_id: int, parameters: VehicleParameters) -> None:
        """Changes what a vehicle is made of."""
        self.parameters[self.ids.index(actor_id)] = parameters
        self._table = ParameterTable.of(self.parameters)

    def advance(self, delta_s: float, ground: Ground) -> None:
        """Moves all simulated vehicles on by `delta_s`."""
        if not self.ids or delta_s <= 0.0:
            return
        self._hold_velocities()
        before = self.states
        _, normals = ground.below(before.position)
        after = step(before, self.controls, self._table, delta_s, normals)
        _settle(before, after, delta_s, ground)
        frozen = ~self.simulated
        for field in fields(VehicleStates):
            getattr(after, field.name)[frozen] = getattr(before, field.name)[frozen]
        self.states = after

    def _hold_velocities(self) -> None:
        for actor_id, (forward, right, up) in self.held_velocity.items():
            row = self.ids.index(actor_id)
            yaw = self.states.yaw[row]
            c, s = np.cos(yaw), np.sin(yaw)
            self.states.velocity[row] = (c * forward - s * right, s * forward + c * right, up)


def _settle(before: VehicleStates, after: VehicleStates, delta_s: float, ground: Ground) -> None:
    """Puts vehicles on the ground, or lets those above it fall."""
    heights, _ = ground.below(after.position)
    airborne = before.position[:, 2] > heights + _STANDING_ABOVE_M
    fall_speed: Floats = before.velocity[:, 2] - _GRAVITY * delta_s
    falling_to = before.position[:, 2] + fall_speed * delta_s
    lands = ~airborne | (falling_to <= heights)
    after.position[:, 2] = np.where(lands, heights, falling_to)
    after.velocity[:, 2] = np.where(lands, after.velocity[:, 2], fall_speed)
