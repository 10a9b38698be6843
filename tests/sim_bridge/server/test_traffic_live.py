import socket

import carla
import pytest

from sim_bridge.wakeful_ticks import wakeful_ticks


@pytest.fixture
def traffic_manager(client, world):
    with socket.socket() as probe:
        probe.bind(("", 0))
        port = probe.getsockname()[1]
    manager = client.get_trafficmanager(port)
    manager.set_synchronous_mode(True)
    manager.set_random_device_seed(1)
    yield manager
    # A manager that stays would be stepped by every later tick of this process.
    manager.set_synchronous_mode(False)
    manager.shut_down()


def test_cars_of_the_traffic_manager_drive_and_stay_on_their_road(client, world, traffic_manager):
    command = carla.command
    blueprint = world.get_blueprint_library().find("vehicle.audi.a2")
    answers = client.apply_batch_sync(
        [
            command.SpawnActor(blueprint, point).then(
                command.SetAutopilot(command.FutureActor, True, traffic_manager.get_port())
            )
            for point in world.get_map().get_spawn_points()[:6]
        ],
        True,
    )
    cars = world.get_actors([answer.actor_id for answer in answers])
    assert len(cars) == 6
    road = world.get_map()
    with wakeful_ticks(world, traffic_manager.get_port()) as ticks:
        for step in range(200):
            ticks.tick(10.0)
            if step % 20 == 0:
                for car in cars:
                    waypoint = road.get_waypoint(car.get_location())
                    assert waypoint.transform.location.distance(car.get_location()) < 2.0
    assert sum(car.get_velocity().length() > 3.0 for car in cars) >= 3
    client.apply_batch_sync(
        [command.SetAutopilot(car, False, traffic_manager.get_port()) for car in cars], True
    )


def test_a_car_before_a_light_knows_of_it(world, car):
    light = world.get_actors().filter("traffic.traffic_light")[0]
    assert light.get_opendrive_id() == "901"
    box = light.trigger_volume
    stop = light.get_transform().transform(box.location)
    half = car.bounding_box.extent.x
    car.set_transform(carla.Transform(carla.Location(stop.x - half, stop.y, 0.0)))
    light.set_state(carla.TrafficLightState.Red)
    light.freeze(True)
    world.tick()
    assert car.is_at_traffic_light()
    assert car.get_traffic_light().id == light.id
    assert car.get_traffic_light_state() == carla.TrafficLightState.Red
    car.set_transform(carla.Transform(carla.Location(stop.x - 40.0, stop.y, 0.0)))
    world.tick()
    assert not car.is_at_traffic_light()
    light.freeze(False)


def test_a_light_changes_in_its_own_time(world):
    light = world.get_actors().filter("traffic.traffic_light")[0]
    world.reset_all_traffic_lights()
    light.set_green_time(1.0)
    light.set_yellow_time(0.5)
    light.set_red_time(0.5)
    seen = []
    for _ in range(60):
        world.tick()
        seen.append(str(light.get_state()))
    changes = [state for before, state in zip([None, *seen], seen, strict=False) if state != before]
    assert set(changes) == {"Green", "Yellow", "Red"}
    assert light.get_green_time() == pytest.approx(1.0)
    assert [other.id for other in light.get_group_traffic_lights()] == [light.id]


def test_a_frozen_light_keeps_its_state(world):
    light = world.get_actors().filter("traffic.traffic_light")[0]
    light.freeze(True)
    light.set_state(carla.TrafficLightState.Yellow)
    for _ in range(100):
        world.tick()
    assert light.get_state() == carla.TrafficLightState.Yellow
    assert light.is_frozen()
    light.freeze(False)


def test_light_boxes_hang_where_the_lamps_are(world):
    light = world.get_actors().filter("traffic.traffic_light")[0]
    boxes = light.get_light_boxes()
    assert boxes
    assert all(2.0 < box.location.z < 7.0 for box in boxes)
