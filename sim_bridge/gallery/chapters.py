"""The chapters of the picture book: what there is, asked from the server, and how each thing is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import carla
import numpy as np

from data.arrays import Array
from sim_bridge.connection import connect, town_name, weather_presets
from sim_bridge.errors import SimulatorError
from sim_bridge.gallery.cast import painted, street_cast, switch_lamps
from sim_bridge.gallery.measurements import measurements
from sim_bridge.gallery.places import lane_poses, spread
from sim_bridge.gallery.plates import Chapter, PlateToTake, side_by_side
from sim_bridge.gallery.portraits import portraits
from sim_bridge.gallery.studio import Studio, looking

CHAPTERS = ("towns", "weather", "hours", "lights", "sensors", "vehicles", "walkers")
STREETS = 5
WEATHER_STREETS = (0, 2)
HOUR_STREET = 1
SUN_DEG = (60, 20, 5, 0, -4, -8, -20, -60)
SEAT_FOV_DEG = 80.0
ABOVE_FOV_DEG = 70.0
ABOVE_REACH_M = 320.0
"""A larger town is not shown whole: one could not see anything."""
DAY, NIGHT = carla.WeatherParameters.ClearNoon, carla.WeatherParameters.ClearNight


HAZELESS = carla.WeatherParameters(cloudiness=5.0, sun_azimuth_angle=-1.0, sun_altitude_angle=45.0)


@dataclass(frozen=True)
class BookSettings:
    """What is asked for.

    Attributes:
        host: of the server.
        port: of the server.
        towns: names; none for all that the server has. All but towns is shown in the first one.
        chapters: those of `CHAPTERS` that are wanted; none for all.
        width: of a street view, pixels; other views go by it.
        height: of a street view, pixels.
        timeout_s: for a call or a picture.
    """

    host: str
    port: int
    towns: tuple[str, ...] = ()
    chapters: tuple[str, ...] = ()
    width: int = 416
    height: int = 234
    timeout_s: float = 60.0


@contextmanager
def picture_book(settings: BookSettings) -> Iterator[list[Chapter]]:
    """The chapters, whose plates can be taken in the `with` block.

    Raises:
        SimulatorError: the server does not answer, or has no such town; also while plates are taken.
    """
    try:
        client = connect(settings.host, settings.port)
        client.set_timeout(settings.timeout_s)
        yield _Book(client, settings).chapters()
    except RuntimeError as error:
        raise SimulatorError(f"{settings.host}:{settings.port}: {error}") from error


class _Book:
    """Makes the chapters and keeps in mind which scene the plates at hand are taken in."""

    def __init__(self, client: carla.Client, settings: BookSettings) -> None:
        self._studio = Studio(client, settings.timeout_s)
        self._settings = settings
        self._size = (settings.width, settings.height)
        self._towns = self._chosen_towns()
        self._scene = ""
        self._sensed: dict[str, Array] = {}

    def _chosen_towns(self) -> list[str]:
        loaded = town_name(self._studio.world.get_map())
        known = {name.rsplit("/", 1)[-1] for name in self._studio.client.get_available_maps()} | {loaded}
        unknown = [name for name in self._settings.towns if name not in known]
        if unknown:
            raise SimulatorError(f"the server has no town {unknown[0]!r}; it has {', '.join(sorted(known))}")
        return list(self._settings.towns) or sorted(known)

    def chapters(self) -> list[Chapter]:
        """Those that are wanted."""
        makers = (
            self._town_chapter,
            self._weather_chapter,
            self._hour_chapter,
            self._light_chapter,
            self._sensor_chapter,
            self._vehicle_chapter,
            self._walker_chapter,
        )
        wanted = self._settings.chapters or CHAPTERS
        return [make() for name, make in zip(CHAPTERS, makers, strict=True) if name in wanted]

    def _enter(self, scene: str, town: str) -> None:
        """Begins anew in a town, unless the plate before was taken in the same scene."""
        if scene != self._scene:
            loaded = town_name(self._studio.world.get_map())
            self._studio.load(None if town == loaded else town)
            self._scene = scene

    def _blueprints(self, pattern: str) -> list[Any]:
        found = self._studio.world.get_blueprint_library().filter(pattern)
        return sorted(found, key=lambda each: str(each.id))

    # Towns, weather, hours: from a driver's seat.

    def _town_chapter(self) -> Chapter:
        plates = []
        for town in self._towns:
            plates.append(PlateToTake(f"town-{town}-above", f"{town} from above", partial(self._above, town)))
            for number in range(STREETS):
                name, title = f"town-{town}-{number + 1}", f"{town}, street {number + 1}"
                plates.append(PlateToTake(name, title, partial(self._street, "towns", town, number, DAY)))
        text = "Every town the server has, at noon, from above and from a driver's seat."
        return Chapter("towns", "Towns", text, 2, tuple(plates))

    def _above(self, town: str) -> Array:
        self._enter(f"towns {town}", town)
        world = self._studio.world
        world.set_weather(HAZELESS)
        _, poses = lane_poses(world.get_map())
        low, high = poses[:, :3].min(axis=0), poses[:, :3].max(axis=0)
        middle = 0.5 * (low + high)
        reach = min(0.5 * float(np.hypot(*(high - low)[:2])), ABOVE_REACH_M)
        with self._studio.camera(self._size, ABOVE_FOV_DEG) as camera:
            return camera.picture(looking(middle + reach * np.array([-0.62, 0.5, 0.55]), middle))

    def _street(self, chapter: str, town: str, number: int, weather: carla.WeatherParameters) -> Array:
        """The view from a driver's seat at one of the places of a town, among others."""
        self._enter(f"{chapter} {town}", town)
        with (
            self._in_street(number, weather) as ego,
            self._studio.camera(self._size, SEAT_FOV_DEG, ego) as camera,
        ):
            return camera.picture()

    @contextmanager
    def _in_street(self, number: int, weather: carla.WeatherParameters) -> Iterator[carla.Actor]:
        world = self._studio.world
        waypoints, poses = lane_poses(world.get_map())
        lights = [light.get_location() for light in world.get_actors().filter("traffic.traffic_light")]
        buildings = world.get_environment_objects(carla.CityObjectLabel.Buildings)
        houses = [house.transform.location for house in buildings]
        places = spread(poses, _flat(houses), _flat(lights), STREETS)
        world.set_weather(weather)
        number %= len(places)
        cast = street_cast(world, waypoints, poses, places[number], f"street {number}")
        with self._studio.actors(cast) as actors:
            switch_lamps(actors, weather)
            yield actors[0]

    def _weather_chapter(self) -> Chapter:
        town = self._towns[0]

        def take(weather: carla.WeatherParameters) -> Array:
            return side_by_side(
                [self._street("weather", town, street, weather) for street in WEATHER_STREETS]
            )

        plates = [
            PlateToTake(f"weather-{name}", name, partial(take, weather))
            for name, weather in sorted(weather_presets().items())
        ]
        text = f"CARLA's presets, `carla.WeatherParameters.NAME`, in two streets of {town}."
        return Chapter("weather", "Weather", text, 1, tuple(plates))

    def _hour_chapter(self) -> Chapter:
        town, plates = self._towns[0], []
        for altitude in SUN_DEG:
            weather = carla.WeatherParameters(
                cloudiness=25.0, sun_azimuth_angle=60.0, sun_altitude_angle=float(altitude), fog_density=2.0
            )
            name = f"hour-{'minus-' if altitude < 0 else ''}{abs(altitude)}"
            take = partial(self._street, "hours", town, HOUR_STREET, weather)
            plates.append(PlateToTake(name, f"sun at {altitude}°", take))
        return Chapter("hours", "Hours", "The sun goes down, the lamps go on.", 2, tuple(plates))

    # Lights, sensors, actors.

    def _light_chapter(self) -> Chapter:
        town = self._towns[0]
        car = (self._blueprints("vehicle.*model3") or self._blueprints("vehicle.*"))[0]
        size = (self._size[0] // 2, self._size[1] // 2)

        def take(lights: carla.VehicleLightState) -> Array:
            self._enter("lights", town)
            self._studio.world.set_weather(NIGHT)
            return portraits(self._studio, car, (28.0, 155.0), size, lights)

        plates = [
            PlateToTake(f"light-{name}", f"`VehicleLightState.{name}`", partial(take, lights))
            for name, lights in sorted(carla.VehicleLightState.names.items())
        ]
        text = "One car by night, from ahead and from behind."
        return Chapter("lights", "Vehicle lights", text, 2, tuple(plates))

    def _sensor_chapter(self) -> Chapter:
        def take(sensor: str) -> Array | None:
            if not self._sensed:
                self._enter("sensors", self._towns[0])
                with self._in_street(0, DAY) as ego:
                    self._sensed = measurements(self._studio, ego, self._size, SEAT_FOV_DEG)
            return self._sensed.get(sensor)

        plates = [
            PlateToTake(each.id.replace(".", "-"), f"`{each.id}`", partial(take, each.id))
            for each in self._blueprints("sensor.*")
        ]
        text = (
            "One place, measured by every sensor of the blueprint library that gives pictures or points; "
            "points are drawn as seen from above, ahead is to the right."
        )
        return Chapter("sensors", "Sensors", text, 2, tuple(plates))

    def _vehicle_chapter(self) -> Chapter:
        size = (self._size[0] // 2, self._size[1] // 2)
        plates = self._actor_plates("vehicle", size, (35.0, 90.0, 145.0, 180.0))
        return Chapter("vehicles", "Vehicles", "Every vehicle of the blueprint library.", 1, plates)

    def _walker_chapter(self) -> Chapter:
        size = (self._size[0] // 5, 3 * self._size[1] // 5)
        plates = self._actor_plates("walker", size, (20.0, 90.0, 200.0))
        return Chapter("walkers", "Walkers", "Every walker of the blueprint library, walking.", 3, plates)

    def _actor_plates(
        self, kind: str, size: tuple[int, int], turns_deg: tuple[float, ...]
    ) -> tuple[PlateToTake, ...]:
        town = self._towns[0]

        def take(blueprint: Any) -> Array:  # noqa: ANN401  a carla.ActorBlueprint
            # Each one begins at the same time: a new blueprint must not move the clouds over those after it.
            self._enter(blueprint.id, town)
            self._studio.world.set_weather(DAY)
            return portraits(self._studio, painted(blueprint, blueprint.id), turns_deg, size)

        return tuple(
            PlateToTake(each.id.replace(".", "-"), f"`{each.id}`", partial(take, each))
            for each in self._blueprints(f"{kind}.*")
        )


def _flat(locations: list[carla.Location]) -> Array:
    """(n, 2) x and y, metres."""
    return np.array([(place.x, place.y) for place in locations], np.float64).reshape(-1, 2)
