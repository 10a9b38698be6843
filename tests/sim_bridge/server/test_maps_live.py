"""Maps of a folder and texts that clients send, through a real server and the real client."""

import shutil

import carla
import pytest

from tests.sim_bridge.server.conftest import loop_xodr


@pytest.fixture(scope="module")
def folder(tmp_path_factory, loop_map_path):
    folder = tmp_path_factory.mktemp("towns")
    shutil.copy(loop_map_path, folder / "Ring.xodr")
    (folder / "Broken.xodr").write_text("<OpenDRIVE>")
    (folder / "notes.txt").write_text("no map")
    return folder


@pytest.fixture(scope="module")
def client(start_server, folder):
    with start_server("--maps", str(folder)) as server:
        yield server.client()


def test_the_files_of_a_folder_are_towns(client):
    names = {name.rsplit("/", 1)[-1] for name in client.get_available_maps()}
    assert {"Ring", "Broken", "Nanshan01"} <= names
    assert "notes" not in names
    world = client.load_world("Ring")
    assert world.get_map().name == "Carla/Maps/Ring"
    assert len(world.get_map().get_spawn_points()) > 4


def test_a_town_that_cannot_be_read_leaves_the_loaded_one(client):
    before = client.load_world("Ring").id
    with pytest.raises(RuntimeError, match=r"Broken\.xodr: not well-formed XML"):
        client.load_world("Broken")
    assert client.get_world().id == before


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not well-formed XML"),
        ("<OpenDRIVE/>", "it has no <road>"),
        (loop_xodr().replace("<line/>", ""), "is none of line, arc"),
        (loop_xodr().replace('x="0.0"', 'x="nan"'), "is not a number"),
        (" " * 100_000_000, "larger than 64 MB"),
    ],
)
def test_a_bad_text_of_a_client_is_refused_in_one_line_and_the_server_goes_on(client, text, reason):
    with pytest.raises(RuntimeError, match=f"map OpenDriveMap: .*{reason}") as error:
        client.generate_opendrive_world(text)
    assert "\n" not in str(error.value)
    assert client.get_world().get_map().get_spawn_points()


def test_a_text_of_a_client_becomes_a_world_repaired_where_need_be(client):
    text = loop_xodr().replace("<line/>", '<spiral curvStart="0" curvEnd="0"/>')
    world = client.generate_opendrive_world(text, carla.OpendriveGenerationParameters(wall_height=2.0))
    assert world.get_map().name == "Carla/Maps/OpenDriveMap"
    assert "<spiral" not in world.get_map().to_opendrive()
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    car = world.spawn_actor(blueprint, world.get_map().get_spawn_points()[0])
    assert car.is_alive
    car.destroy()
