"""The vehicles of an episode: what their drivers ask, and how they move."""

from __future__ import annotations

import math
from dataclasses import fields, replace

import numpy as np

from sim_bridge.server.transforms import Floats, Pose
from sim_bridge.server.vehicle import ackermann
from sim_bridge.server.vehicle.ackermann import AckermannMemory, AckermannSettings, AckermannTarget
from sim_bridge.server.vehicle.attitude import perch, tilted
from sim_bridge.server.vehicle.dynamics import step
from sim_bridge.server.vehicle.heave import DROOP, heave
from sim_bridge.server.vehicle.parameters import ParameterTable, VehicleParameters
from sim_bridge.server.vehicle.physics_control import (
    physics_control_of,
    with_physics_control,
    with_wheel_places,
)
from sim_bridge.server.vehicle.states import Booleans, VehicleControls, VehicleStates, join, take
from sim_bridge.server.vehicle.telemetry import VehicleTelemetry, telemetry
from sim_bridge.server.wire.geometry import WORLD_LIMIT_M, Vector
from sim_bridge.server.wire.vehicles import PhysicsControl, VehicleControl
from sim_bridge.server.world.ground import Ground

# Beyond what any vehicle reaches; what forces of any size may give. The second is Unreal's 3600 degrees/s.
MOST_SPEED, MOST_RATE = 300.0, 20.0 * math.pi
_LEVEL = (0.0, 0.0, 1.0)
# Nearer to the ground than this a vehicle takes up its slope.
_IN_REACH_M = 0.2


class Fleet:
    """Vehicles in rows, in the order of their birth.

    Attributes:
        ids: actor ids, one a row.
        parameters: what each is made of.
        states: how each moves.
        controls: what each driver asks.
        simulated: (n,) bool, whether physics moves it; otherwise only the client does.
        weightless: (n,) bool, whether gravity leaves it alone.
        travel: (n, 3) float64 m by which the last step has moved it.
        turn: (n,) float64 rad by which it has turned it.
        rolled: (n,) float64 m, how far its wheels have rolled, backwards counted down.
        masses: (n,) float64 kg.
        yaw_inertias: (n,) float64 kg m2.
        cg_ahead: (n,) float64 m, centre of gravity ahead of the origin.
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
        self.weightless: Booleans = np.zeros(0, dtype=np.bool_)
        self.rolled: Floats = np.zeros(0)
        self._built: dict[int, VehicleParameters] = {}
        self._physics_controls: dict[int, PhysicsControl] = {}
        self.held_velocity: dict[int, Vector] = {}
        self.lights: dict[int, int] = {}
        self.ackermann_targets: dict[int, AckermannTarget] = {}
        self.ackermann_settings: dict[int, AckermannSettings] = {}
        self._ackermann_memories: dict[int, AckermannMemory] = {}
        self._pushes: dict[int, tuple[Floats, Floats]] = {}
        self._normals: Floats = np.zeros((0, 3))
        self._forget_the_way()
        self._set_table()

    def _set_table(self) -> None:
        self._table = ParameterTable.of(self.parameters)
        rows = self._table.rows
        self.masses, self.yaw_inertias = rows["mass"].copy(), rows["yaw_inertia"].copy()
        self.cg_ahead: Floats = rows["rear_axle_x"] + rows["cg_to_rear"]

    def _forget_the_way(self) -> None:
        self.travel: Floats = np.zeros((len(self), 3))
        self.turn: Floats = np.zeros(len(self))

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
        self._built[actor_id] = parameters
        newborn = VehicleStates.at_rest([pose[:3]], [pose.yaw])
        newborn.pitch[:], newborn.roll[:] = pose.pitch, pose.roll
        self.states = join([self.states, newborn])
        self.controls = join([self.controls, VehicleControls.idle(1)])
        self.simulated, self.weightless = np.append(self.simulated, True), np.append(self.weightless, False)
        self._normals = np.vstack([self._normals, _LEVEL])
        self.rolled = np.append(self.rolled, 0.0)
        self.lights[actor_id] = 0
        self._forget_the_way()
        self._set_table()

    def remove(self, actor_id: int) -> None:
        """Takes a vehicle out."""
        gone = self.row(actor_id)
        rows = np.delete(np.arange(len(self)), gone)
        del self.ids[gone], self.parameters[gone]
        for notes in (self.lights, self.held_velocity, self._pushes, self.ackermann_settings):
            notes.pop(actor_id, None)
        self._physics_controls.pop(actor_id, None)
        del self._built[actor_id]
        self._forget_ackermann(actor_id)
        self.states, self.controls = take(self.states, rows), take(self.controls, rows)
        self.simulated, self.weightless = self.simulated[rows], self.weightless[rows]
        self._normals, self.rolled = self._normals[rows], self.rolled[rows]
        self._forget_the_way()
        self._set_table()

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
        """Gives a vehicle a rate of turn, rad/s in world axes; pitching and rolling end on the ground."""
        self.states.angular_velocity[self.row(actor_id)] = angular_velocity

    def strike(self, actor_id: int, impulse: Floats, angular_impulse: Floats) -> None:
        """Lets an impulse (N s) act through the centre of gravity, and one (N m s) about it, world axes."""
        row = self.row(actor_id)
        yaw, ahead, states = self.states.yaw[row], self.cg_ahead[row], self.states
        inertia = self.yaw_inertias[row]
        faster = angular_impulse / inertia
        states.angular_velocity[row] += faster
        # The origin is not the centre of gravity, about which the vehicle turns.
        states.velocity[row] += impulse / self.masses[row]
        states.velocity[row, :2] += faster[2] * ahead * np.array([np.sin(yaw), -np.cos(yaw)])

    def press(self, actor_id: int, force: Floats, torque: Floats) -> None:
        """Lets a force (N) and a torque (N m) act during the next step, world axes."""
        before = self._pushes.get(actor_id, (np.zeros(3), np.zeros(3)))
        self._pushes[actor_id] = (before[0] + force, before[1] + torque)

    def about_centre_of_gravity(self, actor_id: int, push: Floats, place: Floats) -> Floats:
        """(3,) moment that a push (N or N s) at a place (m, world) has about the centre of gravity."""
        row = self.row(actor_id)
        yaw, ahead = self.states.yaw[row], self.cg_ahead[row]
        height = self.parameters[row].cg_height
        centre = self.states.position[row] + (ahead * np.cos(yaw), ahead * np.sin(yaw), height)
        moment: Floats = np.cross(place - centre, push)
        return moment

    def simulate(self, actor_id: int, enabled: bool) -> None:
        """Switches the physics of one vehicle; without it a vehicle stands still."""
        row = self.row(actor_id)
        self.simulated[row] = enabled
        if not enabled:
            self.states.velocity[row] = 0.0
            self.states.angular_velocity[row] = 0.0

    def physics_control(self, actor_id: int) -> PhysicsControl:
        """What a vehicle is made of, in CARLA's terms; what its client has set comes back as it was set."""
        row, states = self.row(actor_id), self.states
        turned = (float(angles[row]) for angles in (states.pitch, states.yaw, states.roll))
        pose = Pose(*states.position[row].tolist(), *turned)
        set_by_client = self._physics_controls.get(actor_id)
        if set_by_client is None:
            return physics_control_of(self.parameters[row], pose)
        return with_wheel_places(set_by_client, self.parameters[row], pose)

    def set_physics_control(self, actor_id: int, control: PhysicsControl) -> None:
        """Changes what a vehicle is made of.

        Raises:
            ValueError: no vehicle can be made of that.
        """
        self.parameters[self.row(actor_id)] = with_physics_control(self._built[actor_id], control)
        self._physics_controls[actor_id] = control
        self._set_table()

    def telemetry(self, actor_id: int) -> VehicleTelemetry:
        """What a vehicle's wheels do."""
        row = np.array([self.row(actor_id)])
        return telemetry(
            take(self.states, row), take(self.controls, row), ParameterTable(self._table.rows[row])
        )

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
        before = self._sane()
        heights, normals = ground.below(before.position)
        rows = self._table.rows
        higher = perch(before, normals, (0.5 * rows["wheelbase"], 0.5 * rows["track_width"]))
        # Who was put into the air does not know of it yet.
        before.load[before.position[:, 2] > heights + higher + DROOP] = 0.0
        normals[before.load <= 0.0] = _LEVEL
        after = step(self._led_by_the_ground(before), self.controls, self._table, delta_s, normals)
        self._hold_on(before, after, delta_s)
        lands, slopes = ground.below(after.position)
        lands += higher
        z, climb, load = heave(
            before.position[:, 2], before.velocity[:, 2], (heights + higher, lands), self.weightless, delta_s
        )
        after.position[:, 2], after.velocity[:, 2], after.load[:] = z, climb, load
        after.acceleration[:, 2] = (climb - before.velocity[:, 2]) / delta_s
        flying = (load <= 0.0) & (z > lands + _IN_REACH_M)
        tilted(before, after, slopes, flying, higher > 0.0, delta_s)
        frozen = ~self.simulated
        if frozen.any():
            for field in fields(VehicleStates):
                getattr(after, field.name)[frozen] = getattr(before, field.name)[frozen]
        self.travel = after.position - before.position
        self.rolled += np.cos(after.yaw) * self.travel[:, 0] + np.sin(after.yaw) * self.travel[:, 1]
        self.turn = np.remainder(after.yaw - before.yaw + math.pi, 2.0 * math.pi) - math.pi
        self._normals, self.states = normals, after

    def _sane(self) -> VehicleStates:
        """The states without speeds and places that only a mistake of a client can bring about."""
        s = self.states
        return replace(
            s,
            position=np.clip(s.position, -WORLD_LIMIT_M, WORLD_LIMIT_M),
            velocity=np.clip(s.velocity, -MOST_SPEED, MOST_SPEED),
            angular_velocity=np.clip(s.angular_velocity, -MOST_RATE, MOST_RATE),
        )

    def _led_by_the_ground(self, states: VehicleStates) -> VehicleStates:
        """The states as motion along the plane of the ground: springs and tilting are another matter."""
        n, velocity = self._normals, states.velocity.copy()
        velocity[:, 2] = -(n[:, 0] * velocity[:, 0] + n[:, 1] * velocity[:, 1]) / n[:, 2]
        turning = n * (states.angular_velocity[:, 2] / n[:, 2])[:, None]
        return replace(states, velocity=velocity, angular_velocity=turning)

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
        for actor_id, (force, torque) in self._pushes.items():
            self.strike(actor_id, force * delta_s, torque * delta_s)
        self._pushes.clear()

    def _hold_velocities(self) -> None:
        for actor_id, held in self.held_velocity.items():
            row = self.row(actor_id)
            self.states.velocity[row, :2] = _level(float(self.states.yaw[row]), held)
            if held[2] != 0.0:
                self.states.velocity[row, 2] = held[2]

    def _hold_on(self, before: VehicleStates, after: VehicleStates, delta_s: float) -> None:
        """Undoes what driver, tyres and air have changed of a held velocity during a step."""
        for actor_id, held in self.held_velocity.items():
            row = self.row(actor_id)
            had, has = before.velocity[row, :2], _level(float(after.yaw[row]), held)
            after.acceleration[row, :2] = (has - had) / delta_s
            after.velocity[row, :2] = has
            after.position[row, :2] = before.position[row, :2] + 0.5 * delta_s * (had + has)


def _level(yaw: float, velocity: Vector) -> Floats:
    """(2,) world axes, of a velocity forward, right, up."""
    forward, right, _ = velocity
    c, s = math.cos(yaw), math.sin(yaw)
    return np.array([c * forward - s * right, s * forward + c * right])
