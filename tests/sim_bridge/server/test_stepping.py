import hashlib
import queue
import time

import carla
import pytest


def test_a_tick_is_one_step_of_the_fixed_length(world):
    before = world.get_snapshot().timestamp
    frame = world.tick()
    after = world.get_snapshot().timestamp
    assert frame == after.frame == before.frame + 1
    assert after.elapsed_seconds - before.elapsed_seconds == pytest.approx(0.05)


def test_synchronous_time_stands_still_between_ticks(world):
    frame = world.tick()
    time.sleep(0.2)
    assert world.get_snapshot().frame == frame


def test_asynchronous_time_follows_the_clock(client, world):
    world.apply_settings(carla.WorldSettings(synchronous_mode=False, fixed_delta_seconds=0.0))
    first = world.wait_for_tick().timestamp
    began = time.monotonic()
    while time.monotonic() - began < 1.0:
        last = world.wait_for_tick().timestamp
    assert last.elapsed_seconds - first.elapsed_seconds == pytest.approx(1.0, abs=0.3)
    assert last.frame - first.frame > 10


def test_an_asynchronous_spawn_is_alive_at_once(client, world):
    world.apply_settings(carla.WorldSettings(synchronous_mode=False, fixed_delta_seconds=0.0))
    blueprint = world.get_blueprint_library().find("vehicle.audi.tt")
    car = world.spawn_actor(blueprint, world.get_map().get_spawn_points()[0])
    assert car.is_alive
    assert car.get_location().distance(world.get_map().get_spawn_points()[0].location) < 0.5


def test_two_clients_share_the_world(server, world, car):
    other = server.client().get_world()
    assert other.get_actor(car.id).type_id == car.type_id
    seen = []
    subscription = world.on_tick(lambda snapshot: seen.append(snapshot.frame))
    frame = other.tick()
    deadline = time.monotonic() + 5.0
    while frame not in seen and time.monotonic() < deadline:
        time.sleep(0.01)
    world.remove_on_tick(subscription)
    assert frame in seen


def test_a_late_client_sees_the_world_without_a_step(server, world, car):
    frame = world.get_snapshot().frame
    late = server.client().get_world()
    deadline = time.monotonic() + 2.0
    while late.get_snapshot().frame != frame and time.monotonic() < deadline:
        time.sleep(0.01)
    assert late.get_snapshot().frame == frame
    assert car.id in {actor.id for actor in late.get_actors()}


def record(start_server):
    """Hash of all snapshots and measurements of a short drive in a fresh server."""
    digest = hashlib.sha256()
    with start_server("--synchronous", "--seed", "3") as server:
        world = server.client().get_world()
        world.apply_settings(carla.WorldSettings(synchronous_mode=True, fixed_delta_seconds=0.05))
        library, points = world.get_blueprint_library(), world.get_map().get_spawn_points()
        car = world.spawn_actor(library.find("vehicle.tesla.model3"), points[0])
        camera = library.find("sensor.camera.rgb")
        camera.set_attribute("image_size_x", "96")
        camera.set_attribute("image_size_y", "64")
        imu = library.find("sensor.other.imu")
        imu.set_attribute("noise_accel_stddev_x", "0.3")
        sensors = [
            world.spawn_actor(b, carla.Transform(carla.Location(z=2.0)), attach_to=car) for b in (camera, imu)
        ]
        queues = [queue.Queue(), queue.Queue()]
        for sensor, messages in zip(sensors, queues, strict=True):
            sensor.listen(messages.put)
        for step in range(25):
            car.apply_control(carla.VehicleControl(throttle=0.7, steer=0.01 * step))
            digest.update(str(world.tick()).encode())
            digest.update(str(world.get_snapshot().timestamp).encode())
            image, motion = (messages.get(timeout=10.0) for messages in queues)
            digest.update(bytes(image.raw_data))
            digest.update(f"{motion.accelerometer}{car.get_transform()}{car.get_velocity()}".encode())
        for sensor in sensors:
            sensor.stop()
    return digest.hexdigest()


def test_the_same_calls_give_the_same_bytes_in_another_server(start_server):
    assert record(start_server) == record(start_server)
