import carla
import pytest


def test_client_and_server_speak_the_same_version(client):
    assert client.get_server_version() == client.get_client_version() == "0.9.16"


def test_the_map_of_the_file_is_the_world(world):
    assert world.get_map().name == "Carla/Maps/loop"
    assert len(world.get_map().get_spawn_points()) >= 8
    assert world.get_map().get_waypoint(carla.Location(100.0, 1.75, 0.0)).road_id == 1


def test_yaws_of_spawn_points_lie_in_the_half_open_turn(world):
    assert all(-180.0 < point.rotation.yaw <= 180.0 for point in world.get_map().get_spawn_points())


def test_settings_are_kept(world):
    settings = world.get_settings()
    settings.max_substeps = 7
    settings.fixed_delta_seconds = 0.02
    world.apply_settings(settings)
    assert world.get_settings().max_substeps == 7
    assert world.get_snapshot().timestamp.delta_seconds == pytest.approx(0.02)


def test_weather_is_kept(world):
    world.set_weather(carla.WeatherParameters.HardRainSunset)
    assert world.get_weather() == carla.WeatherParameters.HardRainSunset


def test_the_spectator_can_be_moved(world):
    spectator = world.get_spectator()
    spectator.set_transform(carla.Transform(carla.Location(10, 20, 30), carla.Rotation(-20, 180, 0)))
    world.tick()
    transform = spectator.get_transform()
    assert transform.location == carla.Location(10, 20, 30)
    assert transform.rotation.yaw == pytest.approx(180.0)


def test_blueprints_are_those_of_carla_with_their_attributes(world):
    library = world.get_blueprint_library()
    assert len(library.filter("vehicle.*")) >= 30
    assert len(library.filter("walker.pedestrian.*")) >= 20
    car = library.find("vehicle.lincoln.mkz_2020")
    assert car.get_attribute("number_of_wheels").as_int() == 4
    assert car.get_attribute("base_type").as_str() == "car"
    camera = library.find("sensor.camera.rgb")
    assert camera.get_attribute("fov").as_float() == 90.0
    camera.set_attribute("image_size_x", "320")
    assert camera.get_attribute("image_size_x").as_int() == 320


def test_an_unknown_town_is_an_error_that_names_the_known_ones(client):
    with pytest.raises(RuntimeError, match="Nanshan01"):
        client.load_world("Atlantis")


def test_the_towns_are_listed(client):
    assert "/Game/Carla/Maps/Nanshan01" in client.get_available_maps()


def test_files_of_the_server_cannot_be_loaded_by_path(client, loop_map_path):
    with pytest.raises(RuntimeError, match="unknown town"):
        client.load_world(str(loop_map_path))


def test_reloading_begins_a_new_episode_on_the_same_map(client, world, car):
    before, episode = world.get_map().name, world.id
    again = client.reload_world(False)
    assert again.id != episode
    assert again.get_map().name == before
    assert not again.get_actors().filter("vehicle.*")
    assert again.get_settings().synchronous_mode
    assert again.get_snapshot().timestamp.elapsed_seconds < 1.0


def test_reloading_resets_the_settings_when_asked(client, world):
    again = client.reload_world(True)
    assert not again.get_settings().synchronous_mode


def test_a_world_can_be_made_of_an_opendrive_text(client, world):
    text = world.get_map().to_opendrive().replace('x="0.0"', 'x="1.0"')
    made = client.generate_opendrive_world(text, reset_settings=False)
    assert made.get_map().name == "Carla/Maps/OpenDriveMap"
    assert made.get_map().to_opendrive() == text
    made = client.reload_world(False)
    assert made.get_map().name == "Carla/Maps/OpenDriveMap"


def test_a_broken_opendrive_text_leaves_the_world_as_it_is(client, world):
    name = world.get_map().name
    with pytest.raises(RuntimeError, match="OpenDriveMap"):
        client.generate_opendrive_world("<OpenDRIVE>", reset_settings=False)
    assert client.get_world().get_map().name == name
