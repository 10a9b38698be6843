"""Ground by formula, and a world of boxes without a map."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from sim_bridge.server.transforms import Floats, Pose
from sim_bridge.server.vehicle.collision import Obstacles, obstacles_of
from sim_bridge.server.vehicle.parameters import preset
from sim_bridge.server.wire.actors import Description
from sim_bridge.server.wire.geometry import BoundingBox
from sim_bridge.server.wire.vehicles import VehicleControl
from sim_bridge.server.world.actors import Actor, ActorKind, ActorTable
from sim_bridge.server.world.contacts import Collision, collide
from sim_bridge.server.world.fleet import Fleet
from sim_bridge.server.world.loose import LooseProps

NEUTRAL = VehicleControl(manual_gear_shift=True, gear=0)
NOTHING = obstacles_of(np.empty((0, 3)), [], np.empty((0, 3)))


class Land:
    """Ground whose height depends on x alone."""

    def __init__(self, height: Callable[[Floats], Floats]) -> None:
        self.height = height

    def below(self, points: Floats) -> tuple[Floats, Floats]:
        x = np.asarray(points)[:, 0]
        slope = (self.height(x + 1e-4) - self.height(x - 1e-4)) / 2e-4
        normals = np.column_stack([-slope, np.zeros(len(x)), np.ones(len(x))])
        return self.height(x) + 0.0 * x, normals / np.linalg.norm(normals, axis=1)[:, None]


class Scene:
    """Vehicles, people and obstacles on some land."""

    def __init__(self, land: Land, obstacles: Obstacles = NOTHING) -> None:
        self.land, self.obstacles = land, obstacles
        self.fleet, self.table, self.loose = Fleet(), ActorTable(), LooseProps()

    def car(self, x, y=0.0, above=0.0, yaw=0.0, speed=0.0, control=NEUTRAL, kind="car"):
        actor_id = len(self.table) + 1
        parameters = preset(kind)
        slope = -self.land.below(np.array([[x, y, 0.0]]))[1][0]
        pose = Pose(x, y, self.height(x) + above, 0.0, yaw, 0.0)
        box = BoundingBox((0.0, 0.0, parameters.half_extents[2]), parameters.half_extents)
        self.table.add(Actor(actor_id, ActorKind.VEHICLE, Description(0, f"vehicle.{kind}", {}), box), pose)
        self.fleet.add(actor_id, parameters, pose)
        forward = speed * math.cos(yaw)
        climb = -forward * slope[0] / slope[2]
        self.fleet.set_velocity(actor_id, (forward, speed * math.sin(yaw), climb))
        self.fleet.ask(actor_id, control)
        return actor_id

    def person(self, x, y=0.0, velocity=(0.0, 0.0, 0.0)):
        actor_id = len(self.table) + 1
        box = BoundingBox((0.0, 0.0, 0.0), (0.3, 0.3, 0.9))
        walker = Actor(actor_id, ActorKind.WALKER, Description(0, "walker.any", {}), box)
        self.table.add(walker, Pose(x, y, self.height(x) + 0.9))
        self.table.velocity[self.table.row(actor_id)] = velocity
        return actor_id

    def prop(self, x, y=0.0, above=0.0, extent=(0.5, 0.5, 0.5), loose=False):
        actor_id = len(self.table) + 1
        box = BoundingBox((0.0, 0.0, extent[2]), extent)
        prop = Actor(actor_id, ActorKind.STATIC, Description(0, "static.prop.any", {}), box)
        self.table.add(prop, Pose(x, y, self.height(x) + above))
        if loose:
            self.loose.simulate(actor_id, True, self.table)
        return actor_id

    def height(self, x):
        return float(self.land.below(np.array([[x, 0.0, 0.0]]))[0][0])

    def step(self, dt=0.05) -> list[Collision]:
        self.fleet.advance(dt, self.land)
        people = [actor.actor_id for actor in self.table.of_kind(ActorKind.WALKER)]
        self.loose.advance(dt, self.table, self.land)
        hits = collide(self.fleet, people, self.loose.masses, self.table, self.obstacles, dt)
        states, rows = self.fleet.states, self.table.rows(self.fleet.ids)
        turned = (states.pitch, states.yaw, states.roll)
        self.table.pose[rows] = np.column_stack([states.position, *turned])
        return hits

    def run(self, seconds, dt=0.05) -> list[Collision]:
        return [hit for _ in range(round(seconds / dt)) for hit in self.step(dt)]

    def energy(self):
        """J of motion."""
        fleet, states = self.fleet, self.fleet.states
        rate, ahead = states.angular_velocity[:, 2], fleet.cg_ahead
        velocity = states.velocity.copy()
        velocity[:, 0] -= rate * ahead * np.sin(states.yaw)
        velocity[:, 1] += rate * ahead * np.cos(states.yaw)
        pace = (velocity**2).sum(axis=1)
        return float((fleet.masses * pace + fleet.yaw_inertias * rate**2).sum() / 2.0)


@pytest.fixture(scope="session")
def level():
    return Land(lambda x: 0.0 * x)


@pytest.fixture(scope="session")
def land():
    return Land


@pytest.fixture(scope="session")
def scene():
    return Scene
