"""Pictures with exact labels for training: random place, traffic, people, weather, camera pose and lens."""

from __future__ import annotations

import queue
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import carla
import cv2
import numpy as np

from data.arrays import Array, checked
from data.types import ObjectClass
from sim_bridge.client_files import keep_files
from sim_bridge.errors import SimulatorError

VEHICLES, WALKERS = 44, 26
NEAR_M, FAR_M = 6.0, 75.0
FRAMES_PER_LENS = 60
FRAMES_PER_WEATHER = 12
BEFORE_LIGHTS = 0.4
"""Share of the places that look at a traffic light: few others show one, and each is small."""
LIGHT_NEAR_M, LIGHT_FAR_M = 10.0, 60.0
LIGHT_ASIDE_RAD = 0.35
PARKED_AT = (0.0, 0.0, -60.0)
"""Where actors wait that are not in the picture: below the ground, out of every camera's sight."""


@dataclass(frozen=True, eq=False)
class LabelledView:
    """A picture and what is in it.

    Attributes:
        rgb: (height, width, 3) uint8.
        instance_ids: (height, width) int32 id of what covers the pixel, 0 for none.
        tags: (height, width) uint8 CARLA's semantic tag of the pixel.
        classes: class of every actor by its id.
    """

    rgb: Array
    instance_ids: Array
    tags: Array
    classes: dict[int, ObjectClass]

    def __post_init__(self) -> None:
        height, width = self.rgb.shape[:2]
        checked("instance_ids", self.instance_ids, (height, width), np.int32)
        checked("tags", self.tags, (height, width), np.uint8)


@dataclass(frozen=True)
class ViewSettings:
    """What is asked for.

    Attributes:
        host: of the server.
        port: of the server.
        count: number of pictures.
        seed: of everything random.
        width: pixels.
        height: pixels.
        timeout_s: for a call or a picture.
    """

    host: str
    port: int
    count: int
    seed: int = 0
    width: int = 640
    height: int = 360
    timeout_s: float = 60.0


def labelled_views(settings: ViewSettings) -> Iterator[LabelledView]:
    """Yields `settings.count` pictures from the town that the server has loaded.

    Raises:
        SimulatorError: the server does not answer.
    """
    rng = np.random.default_rng(settings.seed)
    client = carla.Client(settings.host, settings.port)
    keep_files(client)
    client.set_timeout(settings.timeout_s)
    try:
        world = client.get_world()
        with _synchronous(world), _actors(client, world, rng) as actors:
            stage = _Stage(client, world, actors, rng)
            for first in range(0, settings.count, FRAMES_PER_LENS):
                with _cameras(world, settings, fov_deg=float(rng.uniform(50.0, 100.0))) as cameras:
                    for frame in range(first, min(first + FRAMES_PER_LENS, settings.count)):
                        yield stage.view(cameras, frame, settings.timeout_s)
    except RuntimeError as error:
        raise SimulatorError(f"{settings.host}:{settings.port}: {error}") from error


@dataclass(frozen=True)
class _Actors:
    vehicles: tuple[int, ...]
    walkers: tuple[int, ...]
    extents: dict[int, tuple[float, float]]
    classes: dict[int, ObjectClass]


@dataclass(frozen=True)
class _Cameras:
    rgb: Any
    instances: Any
    images: dict[str, queue.Queue[Any]]


class _Stage:
    """Sets up one random scene after the other around a random place on the road."""

    def __init__(
        self, client: carla.Client, world: carla.World, actors: _Actors, rng: np.random.Generator
    ) -> None:
        self._client, self._world, self._actors, self._rng = client, world, actors, rng
        waypoints = world.get_map().generate_waypoints(2.5)
        self._poses = np.array(
            [
                (t.location.x, t.location.y, t.location.z, np.deg2rad(t.rotation.yaw))
                for t in (waypoint.transform for waypoint in waypoints)
            ]
        )
        self._widths = np.array([waypoint.lane_width for waypoint in waypoints])
        lights = [light.get_location() for light in world.get_actors().filter("traffic.traffic_light")]
        self._before_lights = _looking_at(self._poses, np.array([(p.x, p.y) for p in lights]).reshape(-1, 2))

    def view(self, cameras: _Cameras, frame: int, timeout_s: float) -> LabelledView:
        """Sets the scene, ticks once and gathers the pictures of that tick."""
        if frame % FRAMES_PER_WEATHER == 0:
            self._world.set_weather(_random_weather(self._rng))
        place = self._place()
        camera = self._camera_transform(place)
        commands = [
            carla.command.ApplyTransform(sensor.id, camera) for sensor in (cameras.rgb, cameras.instances)
        ]
        commands += self._scatter(place)
        self._client.apply_batch_sync(commands, False)
        number = self._world.tick()
        rgb = _image_of(cameras.images["rgb"], number, timeout_s)
        instances = _image_of(cameras.images["instances"], number, timeout_s)
        ids = instances[..., 1].astype(np.int32) + (instances[..., 0].astype(np.int32) << 8)
        tags = np.ascontiguousarray(instances[..., 2])
        return LabelledView(cv2.cvtColor(rgb, cv2.COLOR_BGRA2RGB), ids, tags, self._actors.classes)

    def _place(self) -> Array:
        """(4,) x, y, z and yaw of where the camera stands."""
        before_light = self._rng.random() < BEFORE_LIGHTS and len(self._before_lights)
        among = self._before_lights if before_light else np.arange(len(self._poses))
        place: Array = self._poses[among[self._rng.integers(len(among))]]
        return place

    def _camera_transform(self, place: Array) -> carla.Transform:
        rng = self._rng
        x, y, z, yaw = place
        aside = rng.normal(0.0, 0.6)
        heading = np.rad2deg(yaw) + (
            rng.uniform(-180.0, 180.0) if rng.random() < 0.12 else rng.normal(0.0, 6.0)
        )
        location = carla.Location(
            x=float(x - np.sin(yaw) * aside),
            y=float(y + np.cos(yaw) * aside),
            z=float(z + rng.uniform(1.1, 2.0)),
        )
        rotation = carla.Rotation(
            pitch=float(rng.normal(-2.0, 2.5)), yaw=float(heading), roll=float(rng.normal(0.0, 1.0))
        )
        return carla.Transform(location, rotation)

    def _scatter(self, place: Array) -> list[Any]:
        """Vehicles on lanes, walkers beside and on them, none over another or over the camera."""
        rng = self._rng
        distance = np.hypot(self._poses[:, 0] - place[0], self._poses[:, 1] - place[1])
        near = np.flatnonzero((distance > NEAR_M) & (distance < FAR_M))
        rng.shuffle(near)
        # Half of the slots close by: what matters is near, and far things are small.
        near = near[np.argsort(distance[near] > 0.5 * FAR_M, kind="stable")]
        taken: list[tuple[float, float, float]] = []
        commands: list[Any] = []
        shown = int(rng.integers(3, len(self._actors.vehicles) + 1))
        order = rng.permutation(self._actors.vehicles)
        slots = iter(near)
        for index, actor in enumerate(int(actor) for actor in order):
            slot = self._free(slots, taken, self._actors.extents[actor][0]) if index < shown else None
            if slot is None:
                commands.append(_parked(actor, index))
                continue
            x, y, z, yaw = self._poses[slot]
            turn = rng.uniform(-np.pi, np.pi) if rng.random() < 0.12 else rng.normal(0.0, 0.05)
            commands.append(_placed(actor, x, y, z + 0.02, yaw + turn))
        for index, actor in enumerate(self._actors.walkers):
            slot = int(near[rng.integers(len(near))]) if len(near) and rng.random() < 0.7 else None
            if slot is None:
                commands.append(_parked(actor, len(order) + index))
                continue
            x, y, z, yaw = self._poses[slot]
            aside = rng.choice([-1.0, 1.0]) * rng.uniform(0.0, 1.7) * self._widths[slot]
            x, y = x - np.sin(yaw) * aside, y + np.cos(yaw) * aside
            if _clear(x, y, 0.5, taken):
                taken.append((x, y, 0.5))
                commands.append(_placed(actor, x, y, z + 1.0, rng.uniform(-np.pi, np.pi)))
                walk = carla.WalkerControl(
                    carla.Vector3D(*rng.normal(size=2), 0.0), float(rng.uniform(0.0, 2.0))
                )
                commands.append(carla.command.ApplyWalkerControl(actor, walk))
            else:
                commands.append(_parked(actor, len(order) + index))
        return commands

    def _free(
        self, slots: Iterator[np.intp], taken: list[tuple[float, float, float]], half: float
    ) -> int | None:
        for slot in slots:
            x, y = self._poses[slot, :2]
            if _clear(x, y, half, taken):
                taken.append((float(x), float(y), half))
                return int(slot)
        return None


def _looking_at(poses: Array, points: Array) -> Array:
    """Indices of the (n, 4) poses x, y, z, yaw with one of the (m, 2) points ahead, not far nor close."""
    towards = points[None] - poses[:, None, :2]
    distance = np.hypot(towards[..., 0], towards[..., 1])
    aside = np.arctan2(towards[..., 1], towards[..., 0]) - poses[:, None, 3]
    ahead = np.cos(aside) > np.cos(LIGHT_ASIDE_RAD)
    seen = ahead & (distance > LIGHT_NEAR_M) & (distance < LIGHT_FAR_M)
    found: Array = np.flatnonzero(seen.any(axis=1))
    return found


def _clear(x: float, y: float, radius: float, taken: list[tuple[float, float, float]]) -> bool:
    return all(np.hypot(x - tx, y - ty) > radius + other + 0.4 for tx, ty, other in taken)


def _placed(actor: int, x: float, y: float, z: float, yaw: float) -> Any:  # noqa: ANN401  a carla command
    rotation = carla.Rotation(yaw=float(np.rad2deg(yaw)))
    return carla.command.ApplyTransform(
        actor, carla.Transform(carla.Location(x=float(x), y=float(y), z=float(z)), rotation)
    )


def _parked(actor: int, index: int) -> Any:  # noqa: ANN401  a carla command
    x, y, z = PARKED_AT
    return _placed(actor, x + 15.0 * index, y, z, 0.0)


def _random_weather(rng: np.random.Generator) -> carla.WeatherParameters:
    """Mostly day, some dusk and night, now and then fog and rain."""
    night = rng.random() < 0.2
    rain = rng.random() < 0.2
    return carla.WeatherParameters(
        cloudiness=float(rng.uniform(0.0, 100.0)),
        precipitation=float(rng.uniform(20.0, 100.0)) if rain else 0.0,
        precipitation_deposits=float(rng.uniform(0.0, 80.0)) if rain else 0.0,
        wind_intensity=10.0,
        sun_azimuth_angle=float(rng.uniform(0.0, 360.0)),
        sun_altitude_angle=float(rng.uniform(-30.0, 3.0) if night else rng.uniform(3.0, 85.0)),
        fog_density=float(rng.uniform(5.0, 40.0)) if rng.random() < 0.2 else 0.0,
        fog_distance=float(rng.uniform(0.0, 30.0)),
        wetness=80.0 if rain else 0.0,
    )


@contextmanager
def _synchronous(world: carla.World) -> Iterator[None]:
    before = world.get_settings()
    settings = world.get_settings()
    settings.synchronous_mode, settings.fixed_delta_seconds = True, 0.05
    world.apply_settings(settings)
    try:
        yield
    finally:
        world.apply_settings(before)


@contextmanager
def _actors(client: carla.Client, world: carla.World, rng: np.random.Generator) -> Iterator[_Actors]:
    """A pool of every vehicle and a choice of walkers, parked out of sight."""
    library = world.get_blueprint_library()
    vehicles = sorted(library.filter("vehicle.*"), key=lambda blueprint: blueprint.id)
    people = sorted(library.filter("walker.pedestrian.*"), key=lambda blueprint: blueprint.id)
    chosen = [vehicles[i % len(vehicles)] for i in range(VEHICLES)]
    chosen += [people[int(i)] for i in rng.choice(len(people), WALKERS, replace=len(people) < WALKERS)]
    commands = []
    x, y, z = PARKED_AT
    for index, blueprint in enumerate(chosen):
        if blueprint.has_attribute("color"):
            colours = blueprint.get_attribute("color").recommended_values
            blueprint.set_attribute("color", colours[int(rng.integers(len(colours)))])
        spot = carla.Transform(carla.Location(x=x + 15.0 * index, y=y, z=z))
        spawn = carla.command.SpawnActor(blueprint, spot)
        commands.append(spawn.then(carla.command.SetSimulatePhysics(carla.command.FutureActor, False)))
    replies = client.apply_batch_sync(commands, False)
    world.tick()
    ids = [reply.actor_id for reply in replies if not reply.error]
    try:
        actors = [world.get_actor(actor) for actor in ids]
        classes = {actor.id: _class_of(actor) for actor in actors}
        extents = {a.id: (a.bounding_box.extent.x, a.bounding_box.extent.y) for a in actors}
        cars = tuple(actor.id for actor in actors if actor.type_id.startswith("vehicle."))
        walkers = tuple(actor.id for actor in actors if actor.type_id.startswith("walker."))
        yield _Actors(cars, walkers, extents, classes)
    finally:
        client.apply_batch_sync([carla.command.DestroyActor(actor) for actor in ids], False)
        world.tick()


def _class_of(actor: carla.Actor) -> ObjectClass:
    if actor.type_id.startswith("walker."):
        return ObjectClass.PEDESTRIAN
    base = actor.attributes.get("base_type", "").lower()
    wheels = int(actor.attributes.get("number_of_wheels", 4))
    known = {
        "truck": ObjectClass.TRUCK,
        "van": ObjectClass.CAR,
        "bus": ObjectClass.BUS,
        "motorcycle": ObjectClass.MOTORCYCLE,
        "bicycle": ObjectClass.BICYCLE,
    }
    return known.get(base, ObjectClass.CAR if wheels == 4 else ObjectClass.MOTORCYCLE)


@contextmanager
def _cameras(world: carla.World, settings: ViewSettings, fov_deg: float) -> Iterator[_Cameras]:
    images: dict[str, queue.Queue[Any]] = {"rgb": queue.Queue(), "instances": queue.Queue()}
    sensors = []
    try:
        for kind, name in (("rgb", "rgb"), ("instance_segmentation", "instances")):
            blueprint = world.get_blueprint_library().find(f"sensor.camera.{kind}")
            for attribute, value in (
                ("image_size_x", settings.width),
                ("image_size_y", settings.height),
                ("fov", round(fov_deg, 3)),
            ):
                blueprint.set_attribute(attribute, str(value))
            sensor = world.spawn_actor(blueprint, carla.Transform(carla.Location(z=50.0)))
            sensors.append(sensor)
            sensor.listen(images[name].put)
        yield _Cameras(sensors[0], sensors[1], images)
    finally:
        for sensor in sensors:
            sensor.stop()
            sensor.destroy()


def _image_of(images: queue.Queue[Any], number: int, timeout_s: float) -> Array:
    """(height, width, 4) uint8 BGRA of frame `number`; older pictures are dropped."""
    while True:
        try:
            image = images.get(timeout=timeout_s)
        except queue.Empty:
            raise SimulatorError(f"no picture of frame {number} within {timeout_s:.0f} s") from None
        if image.frame >= number:
            raw = np.frombuffer(image.raw_data, np.uint8)
            return raw.reshape(image.height, image.width, 4)
