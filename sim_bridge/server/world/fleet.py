"""The vehicles of an episode: what their drivers ask, and how they move."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np

from sim_bridge.server.transforms import Floats, Pose
from sim_bridge.server.vehicle import ackermann
from sim_bridge.server.vehicle.ackermann import AckermannMemory, AckermannSettings, AckermannTarget
from sim_bridge.server.vehicle.dynamics import step
from sim_bridge.server.vehicle.parameters import ParameterTable, VehicleParameters
from sim_bridge.server.vehicle.states import Booleans, VehicleControls, VehicleStates, join, take
from sim_bridge.server.wire.geometry import Vector
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
        collides: (n,) bool, whether it can be run into.
        held_velocity: per actor id the constant velocity (own axes, m/s) that overrides its driver.
        lights: per actor id the bits of `carla.VehicleLightState`.
        ackermann_targets: per actor id what its speed controller is after.
        ackermann_settings: per actor id the gains of that controller, where they are not the usual ones.
    """

    def __init__(self) -> None:
        self.ids: list[int] = []
        self.parameters: list[VehicleParameters] = []
        self.states = VehicleStates.at_rest(np.zeros((0, 3)), np.zeros(0))
        self.controls = VehicleControls.idle(0)
        self.simulated: Booleans = np.zeros(0, dtype=np.bool_)
        self.collides: Booleans = np.zeros(0, dtype=np.bool_)
        self.held_velocity: dict[int, Vector] = {}
        self.lights: dict[int, int] = {}
        self.ackermann_targets: dict[int, AckermannTarget] = {}
        self.ackermann_settings: dict[int, AckermannSettings] = {}
        self._ackermann_memories: dict[int, AckermannMemory] = {}
        self._forces: dict[int, Floats] = {}
        self._table = ParameterTable.of([])

    def __contains__(self, actor_id: object) -> bool:
        return actor_id in self.ids

    def __len__(self) -> int:
        return len(self.ids)

    def row(self, actor_id: int) -> int:
        """The row of a vehicle; ValueError when there is none of that id."""
        return self.ids.index(actor_id)

    def add(self, actor_id: int, parameters: VehicleParameters, pose: Pose) -> None:
        """A resting vehicle without a driver."""
        self.ids.append(actor_id)
        self.parameters.append(parameters)
        self._table = ParameterTable.of(self.parameters)
        self.states = join([self.states, VehicleStates.at_rest([pose[:3]], [pose.yaw])])
        self.controls = join([self.controls, VehicleControls.idle(1)])
        self.simulated, self.collides = np.append(self.simulated, True), np.append(self.collides, True)
        self.lights[actor_id] = 0

    def remove(self, actor_id: int) -> None:
        """Takes a vehicle out."""
        gone = self.row(actor_id)
        rows = np.delete(np.arange(len(self)), gone)
        del self.ids[gone], self.parameters[gone]
        for notes in (self.lights, self.held_velocity, self._forces, self.ackermann_settings):
            notes.pop(actor_id, None)
        self._forget_ackermann(actor_id)
        self._table = ParameterTable.of(self.parameters)
        self.states, self.controls = take(self.states, rows), take(self.controls, rows)
        self.simulated, self.collides = self.simulated[rows], self.collides[rows]

    def ask(self, actor_id: int, control: VehicleControl) -> None:
        """Sets what the driver asks from the next step on."""
        self._forget_ackermann(actor_id)
        self._ask(self.row(actor_id), control)

    def _ask(self, row: int, control: VehicleControl) -> None:
        for field in fields(VehicleControl):
            getattr(self.controls, field.name)[row] = getattr(control, field.name)

    def _forget_ackermann(self, actor_id: int) -> None:
        self.ackermann_targets.pop(actor_id, None)
        self._ackermann_memories.pop(actor_id, None)

    def place(self, actor_id: int, pose: Pose) -> None:
        """Puts a vehicle somewhere else; it keeps its velocity, as CARLA's do."""
        row = self.row(actor_id)
        self.states.position[row] = pose[:3]
        self.states.pitch[row], self.states.yaw[row], self.states.roll[row] = pose[3:]

    def set_velocity(self, actor_id: int, velocity: Vector) -> None:
        """Gives a vehicle a velocity, m/s in world axes."""
        self.states.velocity[self.row(actor_id)] = velocity

    def set_angular_velocity(self, actor_id: int, angular_velocity: Vector) -> None:
        """Gives a vehicle a rate of turn, rad/s in world axes; only that about the vertical acts."""
        self.states.angular_velocity[self.row(actor_id), 2] = angular_velocity[2]

    def strike(self, actor_id: int, impulse: Vector) -> None:
        """Lets an impulse act through the centre of gravity, N s in world axes."""
        row = self.row(actor_id)
        self.states.velocity[row] += np.array(impulse) / self.parameters[row].mass

    def press(self, actor_id: int, force: Vector) -> None:
        """Lets a force act during the next step, N in world axes."""
        self._forces[actor_id] = self._forces.get(actor_id, np.zeros(3)) + force

    def simulate(self, actor_id: int, enabled: bool) -> None:
        """Switches the physics of one vehicle; without it a vehicle stands still."""
        row = self.row(actor_id)
        self.simulated[row] = enabled
        if not enabled:
            self.states.velocity[row] = 0.0
            self.states.angular_velocity[row] = 0.0

    def replace_parameters(self, actor_id: int, parameters: VehicleParameters) -> None:
        """Changes what a vehicle is made of."""
        self.parameters[self.row(actor_id)] = parameters
        self._table = ParameterTable.of(self.parameters)

    def speed(self, actor_id: int) -> float:
        """Speed along the vehicle, m/s, negative backwards."""
        row = self.row(actor_id)
        yaw, velocity = float(self.states.yaw[row]), self.states.velocity[row]
        return math.cos(yaw) * float(velocity[0]) + math.sin(yaw) * float(velocity[1])

    def advance(self, delta_s: float, ground: Ground) -> None:
        """Moves all simulated vehicles on by `delta_s`."""
        if not self.ids or delta_s <= 0.0:
            return
        self._follow_ackermann(delta_s)
        self._press(delta_s)
        self._hold_velocities()
        before = self.states
        _, normals = ground.below(before.position)
        after = step(before, self.controls, self._table, delta_s, normals)
        _settle(before, after, delta_s, ground)
        frozen = ~self.simulated
        for field in fields(VehicleStates):
            getattr(after, field.name)[frozen] = getattr(before, field.name)[frozen]
        self.states = after

    def _follow_ackermann(self, delta_s: float) -> None:
        for actor_id, target in self.ackermann_targets.items():
            row = self.row(actor_id)
            command, memory = ackermann.control(
                target,
                self.ackermann_settings.get(actor_id, AckermannSettings()),
                self._ackermann_memories.get(actor_id, AckermannMemory()),
                self.speed(actor_id),
                self.parameters[row].max_steer_angle,
                delta_s,
            )
            self._ackermann_memories[actor_id] = memory
            self._ask(
                row, VehicleControl(command.throttle, command.steer, command.brake, reverse=command.reverse)
            )

    def _press(self, delta_s: float) -> None:
        for actor_id, force in self._forces.items():
            row = self.row(actor_id)
            self.states.velocity[row] += force * (delta_s / self.parameters[row].mass)
        self._forces.clear()

    def _hold_velocities(self) -> None:
        for actor_id, (forward, right, up) in self.held_velocity.items():
            row = self.row(actor_id)
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
