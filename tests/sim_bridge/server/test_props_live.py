import queue

import carla
import numpy as np
import pytest


@pytest.fixture
def barrier(world):
    blueprint = world.get_blueprint_library().find("static.prop.streetbarrier")
    placed = world.spawn_actor(
        blueprint, carla.Transform(carla.Location(20.0, -1.75, 0.0), carla.Rotation(yaw=90.0))
    )
    world.tick()
    yield placed
    if placed.is_alive:
        placed.destroy()


def test_a_prop_stands_where_it_was_put_with_a_box_of_its_size(world, barrier):
    assert barrier.get_location().distance(carla.Location(20.0, -1.75, 0.0)) < 1e-3
    extent = barrier.bounding_box.extent
    assert (extent.x, extent.y, extent.z) == pytest.approx((0.605, 0.185, 0.535), abs=1e-3)
    assert barrier.bounding_box.location.z == pytest.approx(extent.z)
    assert barrier.semantic_tags == [int(carla.CityObjectLabel.Dynamic)]
    assert barrier.attributes["role_name"] == "prop"


def test_a_prop_is_seen_until_it_is_destroyed(world, barrier):
    blueprint = world.get_blueprint_library().find("sensor.camera.instance_segmentation")
    for name, value in (("image_size_x", 160), ("image_size_y", 96)):
        blueprint.set_attribute(name, str(value))
    camera = world.spawn_actor(blueprint, carla.Transform(carla.Location(14.0, -1.75, 1.0)))
    images = queue.Queue()
    camera.listen(images.put)

    def pixels_of_barrier():
        world.tick()
        image = images.get(timeout=10.0)
        raw = np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4).astype(int)
        return int((raw[..., 1] + 256 * raw[..., 0] == barrier.id).sum())

    try:
        assert pixels_of_barrier() > 40
        assert barrier.destroy()
        assert pixels_of_barrier() == 0
    finally:
        camera.stop()
        camera.destroy()


def test_the_library_offers_what_carla_offers(world):
    library = world.get_blueprint_library()
    for pattern, count in (("vehicle.*", 41), ("walker.pedestrian.*", 52), ("static.prop.*", 95)):
        assert len(library.filter(pattern)) == count
    bicycle = library.find("vehicle.bh.crossbike")
    assert bicycle.has_attribute("driver_id")
    assert bicycle.get_attribute("base_type").as_str() == "bicycle"
    assert not library.find("vehicle.tesla.model3").has_attribute("driver_id")
    child = library.find("walker.pedestrian.0011")
    assert child.get_attribute("age").as_str() == "child"
    assert len(child.get_attribute("speed").recommended_values) == 3
