"""Weather and street lights through the real client."""

import queue

import carla
import numpy as np
import pytest

FIELDS = [
    name
    for name in vars(carla.WeatherParameters)
    if isinstance(vars(carla.WeatherParameters)[name], property)
]
PRESETS = {
    name: value
    for name, value in vars(carla.WeatherParameters).items()
    if isinstance(value, carla.WeatherParameters)
}


def numbers(weather):
    return [getattr(weather, name) for name in FIELDS]


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_preset_comes_back_as_it_was_sent(world, name):
    assert len(FIELDS) == 14
    world.set_weather(PRESETS[name])
    assert numbers(world.get_weather()) == numbers(PRESETS[name])


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_a_weather_that_is_no_number_changes_nothing(world, value):
    world.set_weather(carla.WeatherParameters.WetNoon)
    for name in FIELDS:
        weather = carla.WeatherParameters()
        setattr(weather, name, value)
        world.set_weather(weather)
    assert numbers(world.get_weather()) == numbers(carla.WeatherParameters.WetNoon)


def test_wild_numbers_come_back_and_pictures_go_on(world):
    wild = carla.WeatherParameters(
        cloudiness=-1e30,
        precipitation=1e30,
        fog_density=-7.0,
        sun_altitude_angle=1e6,
        wetness=1e9,
        wind_intensity=-3.0,
    )
    camera = world.get_blueprint_library().find("sensor.camera.rgb")
    camera.set_attribute("image_size_x", "64")
    camera.set_attribute("image_size_y", "36")
    sensor = world.spawn_actor(camera, carla.Transform(carla.Location(x=20.0, z=2.0)))
    images = queue.Queue()
    sensor.listen(images.put)
    world.set_weather(wild)
    world.tick()
    assert numbers(world.get_weather()) == numbers(wild)
    assert np.frombuffer(images.get(timeout=20.0).raw_data, np.uint8).std() > 1.0
    sensor.stop()
    world.set_weather(carla.WeatherParameters.ClearNoon)


@pytest.fixture(scope="module")
def lamp_street(start_server):
    """A server of a town whose streets have lamps: the map named last counts."""
    with start_server("--map", "Nanshan01", "--synchronous") as running:
        yield running


def test_street_lights_can_be_switched_and_stay_so_for_every_client(lamp_street):
    world = lamp_street.client().get_world()
    manager = world.get_lightmanager()
    lights = manager.get_all_lights(carla.LightGroup.Street)
    assert lights
    assert all(manager.is_active(lights))
    assert all(4.0 < light.location.z < 40.0 for light in lights)
    manager.turn_off(lights[:1])
    manager.set_color(lights[1:2], carla.Color(255, 0, 0))
    manager.set_intensity(lights[1:2], 9000.0)
    world.tick()
    other = lamp_street.client().get_world()
    seen = {light.id: light for light in other.get_lightmanager().get_all_lights()}
    assert not seen[lights[0].id].is_on
    assert (seen[lights[1].id].color.r, seen[lights[1].id].color.g) == (255, 0)
    assert seen[lights[1].id].intensity == 9000.0
    manager.turn_on(lights[:1])
    manager.set_day_night_cycle(False)
    world.tick()
