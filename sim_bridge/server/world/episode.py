"""An episode: one map, its actors, its weather and its time, from loading to the next loading."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from sim_bridge.server.blueprints.vehicles import vehicle_parameters
from sim_bridge.server.maps.signals import PrioritySign, SpeedSign
from sim_bridge.server.maps.world_map import WorldMap
from sim_bridge.server.renderer.meshes.catalogue import PEDESTRIANS, PROPS, VEHICLES
from sim_bridge.server.renderer.scene import Instances, Tag
from sim_bridge.server.renderer.weather import Weather
from sim_bridge.server.sensors.gnss import GeoLocation
from sim_bridge.server.transforms import Floats, Pose, compose, matrix, pose_of
from sim_bridge.server.vehicle.heave import BURIED
from sim_bridge.server.wire.actors import NO_PARENT, Description
from sim_bridge.server.wire.geometry import BoundingBox
from sim_bridge.server.wire.snapshots import VEHICLE_STATE, LightColour
from sim_bridge.server.world.actors import Actor, ActorKind, ActorTable
from sim_bridge.server.world.contacts import Collision, collide, is_free
from sim_bridge.server.world.fleet import Fleet
from sim_bridge.server.world.give_way import GiveWay
from sim_bridge.server.world.loose import LooseProps
from sim_bridge.server.world.props import Props
from sim_bridge.server.world.scenery import Scenery
from sim_bridge.server.world.street_lights import StreetLights
from sim_bridge.server.world.traffic_lights import TrafficLights
from sim_bridge.server.world.walkers import Walkers

SPECTATOR_TYPE = "spectator"
# The client computes it from the snapshots and the map.
CLIENT_SIDE_SENSOR = "sensor.other.lane_invasion"
# What lets a walker into its client's crowd.
WALKER_CONTROLLER = "controller.ai.walker"
# Height of a front bumper, with which a vehicle enters a traffic light's trigger box.
_BUMPER_M = 0.4
_STANDING_MPS = 0.3
HERO = "hero"


class Episode:
    """Everything that a new map or a reload replaces.

    Attributes:
        episode_id: tells clients one episode from the next.
        map: roads, ground, signals.
        scenery: what stands on it, and how all looks.
        table: all actors.
        fleet: the vehicles among them.
        walkers: the people among them.
        loose_props: the props that physics moves.
        props: the things among them.
        weather: as last set.
        street_lights: what clients have made of them.
        elapsed_s: simulated seconds since the episode began.
        spectator_id: the actor of the free view.
        lights: the traffic lights.
        collisions: of the last step.
    """

    def __init__(self, episode_id: int, world_map: WorldMap, scenery: Scenery, ids: Iterator[int]) -> None:
        self.episode_id = episode_id
        self.map = world_map
        self.scenery = scenery
        self.table = ActorTable()
        self.fleet = Fleet()
        self.walkers = Walkers()
        self.loose_props = LooseProps()
        self.props = Props()
        self.weather = Weather()
        self.elapsed_s = 0.0
        self.street_lights = StreetLights(scenery.street_lamps)
        scenery.switch_street_lamps(self.street_lights.strengths())
        self._ids = ids
        self._destroyed: set[int] = set()
        self.spectator_id = next(ids)
        spectator = Actor(self.spectator_id, ActorKind.SPECTATOR, Description(0, SPECTATOR_TYPE, {}))
        start = world_map.spawn_points[0] if world_map.spawn_points else Pose()
        self.table.add(spectator, start._replace(z=start.z + 20.0, pitch=-0.5))
        signs: tuple[SpeedSign | PrioritySign, ...] = (*world_map.speed_signs, *world_map.priority_signs)
        self.lights = TrafficLights(world_map.traffic_lights, signs, ids)
        self.lights.enter(self.table)
        self._give_way = GiveWay(world_map.priority_junctions)
        self._waiting = np.zeros(0, np.bool_)
        self.collisions: list[Collision] = []

    @property
    def geo_origin(self) -> GeoLocation:
        """Where the map's origin lies on Earth."""
        return GeoLocation(self.map.geo_reference.latitude_deg, self.map.geo_reference.longitude_deg, 0.0)

    def spawn(self, description: Description, pose: Pose, parent_id: int = NO_PARENT) -> Actor | None:
        """Adds an actor, at a pose relative to the parent if there is one. None: something is in the way."""
        world_pose = compose(self.table.pose_of(parent_id), pose) if parent_id else pose
        box = _box(description.type_id)
        solid = description.type_id.startswith(("vehicle.", "walker."))
        if solid and not self._has_room(box, world_pose):
            return None
        actor_id = next(self._ids)
        actor = _newborn(actor_id, description, box, parent_id, pose)
        self.table.add(actor, world_pose)
        if actor.kind is ActorKind.VEHICLE:
            self.fleet.add(actor_id, vehicle_parameters(VEHICLES[description.type_id]), world_pose)
        elif actor.kind is ActorKind.WALKER:
            self.walkers.add(actor_id, box.extent[2], description.get("is_invincible") in ("true", "1"))
        elif actor.kind is ActorKind.STATIC:
            self.props.add(actor_id, PROPS[description.type_id])
        return actor

    def _has_room(self, box: BoundingBox, pose: Pose) -> bool:
        """Whether a box can stand at a pose: above the ground, and in nobody's way."""
        ground = float(self.map.below(np.array([pose[:3]]))[0][0])
        buried = pose.z < ground - BURIED
        return not buried and is_free(box, pose, self.fleet, self.table, self.scenery.obstacles)

    def destroy(self, actor_id: int) -> bool:
        """Removes an actor with everything fixed to it; the map's own actors and the spectator stay."""
        actor = self.table.get(actor_id)
        if actor is None or actor.kind in (
            ActorKind.SPECTATOR,
            ActorKind.TRAFFIC_LIGHT,
            ActorKind.TRAFFIC_SIGN,
        ):
            return False
        for doomed in (*self.table.children(actor_id), actor):
            self.table.remove(doomed.actor_id)
            self._destroyed.add(doomed.actor_id)
            if doomed.kind is ActorKind.VEHICLE:
                self.fleet.remove(doomed.actor_id)
            elif doomed.kind is ActorKind.WALKER:
                self.walkers.remove(doomed.actor_id)
            elif doomed.kind is ActorKind.STATIC:
                self.loose_props.remove(doomed.actor_id)
                self.props.remove(doomed.actor_id)
        return True

    def moving(self) -> Instances:
        """Everything that moves or changes, as it is now; instance ids are actor ids."""
        return self.scenery.moving(
            self.table, self.fleet, self.walkers, self.props, self.lights, self.elapsed_s
        )

    def was_destroyed(self, actor_id: int) -> bool:
        """Whether there was such an actor in this episode and it was destroyed."""
        return actor_id in self._destroyed

    def place(self, actor_id: int, pose: Pose) -> None:
        """Puts an actor at a pose of the world; something fixed to a parent gets a new place on it."""
        actor = self.table.get(actor_id)
        if actor is None:
            return
        self.table.place(actor_id, pose)
        if actor.parent_id != NO_PARENT:
            parent = matrix(self.table.pose_of(actor.parent_id))
            self.table.replace(replace(actor, relative=pose_of(np.linalg.inv(parent) @ matrix(pose))))
        if actor.kind is ActorKind.VEHICLE:
            self.fleet.place(actor_id, pose)
        elif actor.kind is ActorKind.WALKER:
            self.walkers.put(actor_id)

    def advance(self, delta_s: float) -> None:
        """Lets `delta_s` of simulated time pass."""
        self.elapsed_s += delta_s
        self.lights.cycle.step(delta_s)
        self.fleet.advance(delta_s, self.map)
        self.walkers.advance(delta_s, self.table, self.map)
        self.loose_props.advance(delta_s, self.table, self.map)
        people, loose = self.walkers.solid_ids, self.loose_props.masses
        self.collisions = collide(self.fleet, people, loose, self.table, self.scenery.obstacles, delta_s)
        for collision in self.collisions:
            if collision.actor_id in self.walkers and collision.other_id in self.fleet:
                self.walkers.strike(collision.actor_id, collision.impulse)
        self._waiting = self._held_by_signs(delta_s)
        self._show_fleet()
        self.walkers.show(delta_s, self.table)
        self.lights.write_states(self.table)
        self._carry_children()
        for actor_id in self.walkers.departed_ids:
            self.destroy(actor_id)

    def _show_fleet(self) -> None:
        """Copies the motion of the vehicles into the table."""
        fleet, states = self.fleet, self.fleet.states
        if not len(fleet):
            return
        rows = self.table.rows(fleet.ids)
        self.table.pose[rows] = np.column_stack([states.position, states.pitch, states.yaw, states.roll])
        self.table.velocity[rows] = states.velocity
        self.table.angular_velocity[rows] = states.angular_velocity
        self.table.acceleration[rows] = states.acceleration
        self.table.state[rows, : VEHICLE_STATE.itemsize] = self._vehicle_states()

    def _vehicle_states(self) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        fleet, controls = self.fleet, self.fleet.controls
        shown = np.zeros(len(fleet), VEHICLE_STATE)
        for name in ("throttle", "steer", "brake", "hand_brake", "reverse", "manual_gear_shift"):
            shown[name] = getattr(controls, name)
        shown["gear"] = fleet.states.gear
        shown["speed_limit_kmh"] = self.map.speed_limits_kmh(fleet.states.position)
        light = self.lights.concerning(self._bumpers(1.0), self.fleet.states.yaw)
        at_light = (light >= 0) & ~self._missed_green(light)
        shown["has_traffic_light"], shown["light_state"] = at_light, LightColour.GREEN
        shown["light_state"][at_light] = self.lights.cycle.states[light[at_light]]
        shown["traffic_light_id"][at_light] = self.lights.ids[light[at_light]]
        if len(self._waiting) == len(fleet):
            shown["has_traffic_light"] |= self._waiting
            shown["light_state"][self._waiting] = LightColour.RED
        return shown.view(np.uint8).reshape(len(fleet), -1)

    def _missed_green(self, light: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """(n,) whether a vehicle still stands at its light in the step in which the green ends.

        For that step it is shown as away from lights: CARLA's traffic manager does not look again at a light
        that it met green, and would drive off later, on red.
        """
        if not self.lights.lights:
            return np.zeros(len(light), np.bool_)
        standing = np.linalg.norm(self.fleet.states.velocity, axis=1) < _STANDING_MPS
        missed: npt.NDArray[np.bool_] = standing & self.lights.cycle.turned_yellow[light]
        return missed

    def _held_by_signs(self, delta_s: float) -> npt.NDArray[np.bool_]:
        """(n,) which vehicles have to wait at a stop or yield sign; heroes judge for themselves."""
        fleet = self.fleet
        speeds = np.linalg.norm(fleet.states.velocity, axis=1)
        held = self._give_way.held(fleet.ids, self._bumpers(1.0), self._bumpers(-1.0), speeds, delta_s)
        for row in np.flatnonzero(held):
            actor = self.table.get(fleet.ids[row])
            held[row] = actor is None or actor.description.get("role_name") != HERO
        return held

    def _bumpers(self, share: float) -> Floats:
        """(n, 3) middle of each vehicle's bumper at the ground, the front one at 1, the rear one at -1."""
        states = self.fleet.states
        half = share * np.array([vehicle.half_extents[0] for vehicle in self.fleet.parameters])
        ahead = np.column_stack([np.cos(states.yaw), np.sin(states.yaw), np.zeros(len(half))])
        fronts: Floats = states.position + half[:, None] * ahead + (0.0, 0.0, _BUMPER_M)
        return fronts

    def _carry_children(self) -> None:
        for actor in self.table:
            if actor.parent_id != NO_PARENT:
                self.table.place(actor.actor_id, compose(self.table.pose_of(actor.parent_id), actor.relative))


def _box(type_id: str) -> BoundingBox:
    """The box of what a blueprint makes: walkers have their origin in their middle, others stand on it."""
    standing = VEHICLES.get(type_id) or PROPS.get(type_id)
    if standing is not None:
        extent = standing.extent
        return BoundingBox((0.0, 0.0, extent[2]), extent)
    if type_id in PEDESTRIANS:
        return BoundingBox((0.0, 0.0, 0.0), PEDESTRIANS[type_id].extent)
    return BoundingBox()


def _newborn(actor_id: int, description: Description, box: BoundingBox, parent_id: int, pose: Pose) -> Actor:
    type_id = description.type_id
    tags: tuple[int, ...] = ()
    if type_id in VEHICLES:
        kind, tags = ActorKind.VEHICLE, (int(VEHICLES[type_id].tag),)
    elif type_id in PEDESTRIANS:
        kind, tags = ActorKind.WALKER, (int(Tag.PEDESTRIANS),)
    elif type_id == WALKER_CONTROLLER:
        kind = ActorKind.CONTROLLER
    elif type_id in PROPS:
        kind, tags = ActorKind.STATIC, (int(PROPS[type_id].tag),)
    else:
        kind = ActorKind.SENSOR
    streamed = kind is ActorKind.SENSOR and type_id != CLIENT_SIDE_SENSOR
    stream_id = actor_id if streamed else 0
    return Actor(actor_id, kind, description, box, tags, parent_id, pose if parent_id else Pose(), stream_id)
