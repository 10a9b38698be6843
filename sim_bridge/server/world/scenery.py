"""What stands on a map and how everything looks: still scene, renderer, and instances of what moves."""

from __future__ import annotations

import math
import threading
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from sim_bridge.server.kept import kept
from sim_bridge.server.maps.scenery.still_scene import StillScene, static_scene, still_scene
from sim_bridge.server.maps.world_map import WorldMap
from sim_bridge.server.rays.scene import RayScene
from sim_bridge.server.renderer.meshes.catalogue import PEDESTRIANS
from sim_bridge.server.renderer.meshes.library import mesh_library
from sim_bridge.server.renderer.renderer import Renderer, packed_scene
from sim_bridge.server.renderer.scene import SPEED_SHIFT, Array, Instances, Lamp, Rendered, Tag, View
from sim_bridge.server.renderer.weather import Weather
from sim_bridge.server.transforms import Floats, matrices
from sim_bridge.server.vehicle.collision import Obstacles, obstacles_of
from sim_bridge.server.wire.actors import Description
from sim_bridge.server.wire.snapshots import LightColour
from sim_bridge.server.world.actors import Actor, ActorTable
from sim_bridge.server.world.fleet import Fleet
from sim_bridge.server.world.props import Props
from sim_bridge.server.world.traffic_lights import TrafficLights
from sim_bridge.server.world.walkers import Walkers

# The instance picture has 16 bits: actors count up from below, the map's own things from the middle.
FIRST_PROP_ID = 0x8000

_SIGNAL_HEAD = "signal.head"
_LAMP_OF_COLOUR = {
    LightColour.RED: Lamp.SIGNAL_RED,
    LightColour.YELLOW: Lamp.SIGNAL_YELLOW,
    LightColour.GREEN: Lamp.SIGNAL_GREEN,
}
_LAMP_OF_LIGHT = np.array([_LAMP_OF_COLOUR.get(colour, Lamp.NONE) for colour in LightColour], np.uint32)
_INDICATORS = int(Lamp.INDICATOR_LEFT | Lamp.INDICATOR_RIGHT)
_BLINK_S = 0.7
# Faster than this a vehicle throws up no more spray, and its speed still fits its bits.
FASTEST_MPS = 60.0
_BRAKING = 0.05
_GREY = "128,128,128"


@dataclass(frozen=True, eq=False)
class _PropLooks:
    """What stays the same about props while none comes or goes.

    Attributes:
        ids: (k,) uint32, of the props it was made for.
        mesh: (k,) int32.
        colour: (k, 3) float32, linear albedo.
        lamps: (k,) uint32.
        tag: (k,) uint8.
    """

    ids: Array
    mesh: Array
    colour: Array
    lamps: Array
    tag: Array


@dataclass(frozen=True, eq=False)
class _Looks:
    """What stays the same about vehicles while none comes or goes.

    Attributes:
        descriptions: of the n vehicles it was made for.
        mesh: (n,) int32.
        colour: (n, 3) float32, linear albedo.
        tag: (n,) uint8.
    """

    descriptions: tuple[Description, ...]
    mesh: Array
    colour: Array
    tag: Array


class Scenery:
    """The looks of one map.

    Attributes:
        still: what never moves.
        obstacles: what vehicles run into; the index is that of `still.props`.
    """

    def __init__(self, world_map: WorldMap) -> None:
        library = mesh_library()
        self.still: StillScene = kept("scene", world_map.xodr, lambda: still_scene(world_map))
        boxes = self.still.boxes
        self.obstacles: Obstacles = obstacles_of(boxes.centres, boxes.yaws, boxes.half_sizes, boxes.props)
        self._library = library
        self._static = static_scene(self.still, library.numbers, FIRST_PROP_ID)
        packed = kept("packed", world_map.xodr, lambda: packed_scene(self._static, library.meshes))
        self._renderer = Renderer(self._static, library.meshes, packed=packed)
        self._rays: RayScene | None = None
        self._rays_lock = threading.Lock()
        lights = world_map.traffic_lights
        self._light_of_head = np.repeat(np.arange(len(lights)), [len(light.heads) for light in lights])
        heads = np.array([head for light in lights for head in light.heads]).reshape(-1, 6)
        self._head_poses = matrices(heads).astype(np.float32)
        count = len(self._light_of_head)
        self._head_mesh = np.full(count, library.number(_SIGNAL_HEAD), np.int32)
        self._head_colour = np.ones((count, 3), np.float32)
        self._head_tag = np.full(count, Tag.TRAFFIC_LIGHT, np.uint8)
        self._looks = self._looks_of((), ())
        self._prop_looks = self._looks_of_props(Props())

    @property
    def street_lamps(self) -> Array:
        """(n, 3) float32 places of the street lamps, metres."""
        return self._renderer.street_lamps

    def switch_street_lamps(self, strength: Array) -> None:
        """Changes the light of the street lamps, (n, 3) linear RGB; see the renderer."""
        self._renderer.switch_street_lamps(strength)

    def close(self) -> None:
        """Ends all threads."""
        self._renderer.close()
        if self._rays is not None:
            self._rays.close()

    def rays(self) -> RayScene:
        """The same scene for rays; its trees grow when it is first asked for. Any thread may ask."""
        with self._rays_lock:
            if self._rays is None:
                self._rays = RayScene(self._static, self._library.meshes)
            return self._rays

    def warm_up(self) -> None:
        """Compiles what draws."""
        self._renderer.warm_up()

    def render(self, view: View, moving: Instances, weather: Weather, time_s: float) -> Rendered:
        """One view; may run on any one thread at a time."""
        return self._renderer.render(view, moving, weather, time_s)

    def moving(
        self,
        table: ActorTable,
        fleet: Fleet,
        walkers: Walkers,
        props: Props,
        lights: TrafficLights,
        time_s: float,
    ) -> Instances:
        """Everything that moves or changes, as it is now; instance ids are actor ids."""
        return _joined(
            (
                self._heads(lights),
                self._vehicles(table, fleet, time_s),
                self._people(table, walkers),
                self._things(table, props),
            )
        )

    def _heads(self, lights: TrafficLights) -> Instances:
        light = self._light_of_head
        return Instances(
            mesh=self._head_mesh,
            pose=self._head_poses,
            colour=self._head_colour,
            lamps=_LAMP_OF_LIGHT[lights.cycle.states[light]],
            instance_id=lights.ids[light],
            tag=self._head_tag,
        )

    def _vehicles(self, table: ActorTable, fleet: Fleet, time_s: float) -> Instances:
        actors = [table[actor_id] for actor_id in fleet.ids]
        descriptions = tuple(actor.description for actor in actors)
        if descriptions != self._looks.descriptions:
            self._looks = self._looks_of(actors, descriptions)
        lamps = np.array([fleet.lights[actor_id] for actor_id in fleet.ids], np.uint32)
        if math.fmod(time_s, _BLINK_S) > 0.5 * _BLINK_S:
            lamps &= np.uint32(~_INDICATORS & 0xFFFFFFFF)
        lamps |= np.where(fleet.states.brake > _BRAKING, np.uint32(Lamp.BRAKE), np.uint32(0))
        lamps |= np.where(fleet.states.gear < 0, np.uint32(Lamp.REVERSE), np.uint32(0))
        speed = np.linalg.norm(fleet.states.velocity, axis=1)
        lamps |= np.minimum(speed, FASTEST_MPS).astype(np.uint32) << np.uint32(SPEED_SHIFT)
        return Instances(
            mesh=self._looks.mesh,
            pose=matrices(table.pose[table.rows(fleet.ids)].reshape(-1, 6)),
            colour=self._looks.colour,
            lamps=lamps,
            instance_id=np.array(fleet.ids),
            tag=self._looks.tag,
        )

    def _looks_of(self, actors: Sequence[Actor], descriptions: tuple[Description, ...]) -> _Looks:
        paints = [_paint(description.get("color", _GREY)) for description in descriptions]
        return _Looks(
            descriptions,
            np.array([self._library.number(each.type_id) for each in descriptions], np.int32),
            np.array(paints, np.float32).reshape(-1, 3),
            np.array([actor.tags[0] for actor in actors], np.uint8),
        )

    def _people(self, table: ActorTable, walkers: Walkers) -> Instances:
        ids = walkers.ids
        actors = [table[actor_id] for actor_id in ids]
        poses = matrices(table.pose[table.rows(ids)].reshape(-1, 6))
        # A walker's origin is in its middle, a figure's at its feet.
        heights = np.array([actor.box.extent[2] for actor in actors])
        poses[:, :3, 3] -= poses[:, :3, 2] * heights[:, None]
        phases = zip(walkers.walked_m.tolist(), walkers.walking.tolist(), strict=True)
        walked = [way if walking else None for way, walking in phases]
        types = [actor.description.type_id for actor in actors]
        return Instances(
            mesh=np.array([self._library.pedestrian(t, w) for t, w in zip(types, walked, strict=True)]),
            pose=poses,
            colour=np.array([_clothes(t) for t in types]).reshape(-1, 3),
            lamps=np.zeros(len(ids)),
            instance_id=np.array(ids),
            tag=np.full(len(ids), Tag.PEDESTRIANS),
        )

    def _things(self, table: ActorTable, props: Props) -> Instances:
        if self._prop_looks.ids.tolist() != list(props.models):
            self._prop_looks = self._looks_of_props(props)
        looks = self._prop_looks
        return Instances(
            mesh=looks.mesh,
            pose=matrices(table.pose[table.rows(props.models)].reshape(-1, 6)),
            colour=looks.colour,
            lamps=looks.lamps,
            instance_id=looks.ids,
            tag=looks.tag,
        )

    def _looks_of_props(self, props: Props) -> _PropLooks:
        models, count = props.models.values(), len(props.models)
        return _PropLooks(
            ids=np.array(list(props.models), np.uint32),
            mesh=np.array([self._library.number(model.blueprint_id) for model in models], np.int32),
            colour=np.ones((count, 3), np.float32),
            lamps=np.full(count, Lamp.SIGNAL_YELLOW, np.uint32),
            tag=np.array([model.tag for model in models], np.uint8),
        )


def _paint(text: str) -> Floats:
    """(3,) linear albedo of a colour attribute."""
    red, green, blue = (int(part) for part in text.split(","))
    return _linear((red, green, blue))


@cache
def _clothes(blueprint_id: str) -> Floats:
    """(3,) linear albedo of what a walker wears."""
    return _linear(PEDESTRIANS[blueprint_id].clothes)


def _linear(rgb: tuple[int, int, int]) -> Floats:
    """(3,) linear albedo of an sRGB colour 0..255 (IEC 61966-2-1)."""
    coded = np.array(rgb) / 255.0
    result: Floats = np.where(coded <= 0.04045, coded / 12.92, ((coded + 0.055) / 1.055) ** 2.4)
    return result


def _joined(parts: Iterable[Instances]) -> Instances:
    filled = [part for part in parts if len(part)]
    if not filled:
        return Instances.none()

    def column(name: str) -> Array:
        return np.concatenate([getattr(part, name) for part in filled])

    return Instances(*(column(n) for n in ("mesh", "pose", "colour", "lamps", "instance_id", "tag")))
