import math
import queue
import socket
import struct
import time

import carla
import numpy as np
import pytest
from raw_calls import stream_port

WIDTH, HEIGHT = 160, 96


@pytest.fixture
def mount(world, car):
    """Attaches a listening sensor to the car; returns the queue of what it sends."""
    mounted = []

    def attach(kind, place=None, **attributes):
        blueprint = world.get_blueprint_library().find(kind)
        for name, value in attributes.items():
            blueprint.set_attribute(name, str(value))
        sensor = world.spawn_actor(blueprint, place or carla.Transform(carla.Location(z=2.0)), attach_to=car)
        messages = queue.Queue()
        sensor.listen(messages.put)
        mounted.append(sensor)
        return sensor, messages

    yield attach
    for sensor in mounted:
        sensor.stop()
        sensor.destroy()


def pixels(image):
    return np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4)


def test_every_camera_sends_the_picture_of_the_ticked_frame(world, mount):
    kinds = ("rgb", "depth", "semantic_segmentation", "instance_segmentation")
    place = carla.Transform(carla.Location(x=-6.0, z=3.0), carla.Rotation(pitch=-15.0))
    size = {"image_size_x": WIDTH, "image_size_y": HEIGHT}
    cameras = [mount(f"sensor.camera.{kind}", place, **size) for kind in kinds]
    for _ in range(3):
        frame = world.tick()
        images = [messages.get(timeout=10.0) for _, messages in cameras]
        assert {image.frame for image in images} == {frame}
        assert {(image.width, image.height, image.fov) for image in images} == {(WIDTH, HEIGHT, 90.0)}
        assert images[0].transform == cameras[0][0].get_transform()
    assert all(messages.empty() for _, messages in cameras)


def test_depth_tags_and_instances_tell_the_truth_about_the_picture(world, car, mount):
    place = carla.Transform(carla.Location(x=-8.0, z=2.0))
    size = {"image_size_x": WIDTH, "image_size_y": HEIGHT}
    kinds = ("depth", "semantic_segmentation", "instance_segmentation")
    queues = [mount(f"sensor.camera.{kind}", place, **size)[1] for kind in kinds]
    world.tick()
    depth, semantic, instance = (pixels(messages.get(timeout=10.0)).astype(np.int64) for messages in queues)
    tags = semantic[..., 2]
    ids = instance[..., 1] + 256 * instance[..., 0]
    metres = (depth[..., 2] + 256 * depth[..., 1] + 65536 * depth[..., 0]) / (256**3 - 1) * 1000.0
    on_car = ids == car.id
    assert on_car.sum() > 100
    assert set(np.unique(tags[on_car])) == {int(carla.CityObjectLabel.Car)}
    assert np.array_equal(instance[..., 2], tags)
    assert metres[on_car].min() == pytest.approx(8.0 - car.bounding_box.extent.x, abs=0.4)
    assert metres[tags == int(carla.CityObjectLabel.Sky)].min() > 999.0
    # The road straight below the horizon: z = 2 m at the lowest row, vertical half angle from the width.
    row_m = 2.0 / (HEIGHT / 2.0 - 0.5) * (WIDTH / 2.0)
    assert np.median(metres[-1][tags[-1] == int(carla.CityObjectLabel.Roads)]) == pytest.approx(
        row_m, rel=0.02
    )


def test_a_camera_in_the_cabin_does_not_see_its_own_car(world, car, mount):
    place = carla.Transform(carla.Location(x=0.4, z=1.2))
    _, messages = mount("sensor.camera.instance_segmentation", place, image_size_x=WIDTH, image_size_y=HEIGHT)
    world.tick()
    image = pixels(messages.get(timeout=10.0)).astype(np.int64)
    assert not (image[..., 1] + 256 * image[..., 0] == car.id).any()


def test_a_sensor_with_a_tick_measures_at_its_own_pace(world, mount):
    _, messages = mount("sensor.other.gnss", sensor_tick=0.2)
    frames = []
    for _ in range(13):
        world.tick()
    while not messages.empty():
        frames.append(messages.get().frame)
    assert len(frames) in (3, 4)
    assert set(np.diff(frames)) == {4}


def test_gnss_inverts_to_where_the_car_is(world, car, mount):
    _, messages = mount("sensor.other.gnss", carla.Transform())
    world.tick()
    fix = messages.get(timeout=5.0)
    expected = world.get_map().transform_to_geolocation(car.get_location())
    assert fix.latitude == pytest.approx(expected.latitude, abs=1e-7)
    assert fix.longitude == pytest.approx(expected.longitude, abs=1e-7)


def test_an_imu_at_rest_feels_gravity_alone_and_knows_its_heading(world, car, mount):
    _, messages = mount("sensor.other.imu", carla.Transform())
    world.tick()
    reading = messages.get(timeout=5.0)
    assert reading.accelerometer.z == pytest.approx(9.81, abs=0.05)
    assert abs(reading.accelerometer.x) < 0.05
    # North is -y: a car along +x heads east.
    heading = (car.get_transform().rotation.yaw + 90.0) % 360.0
    assert math.degrees(reading.compass) == pytest.approx(heading, abs=0.5)


def test_an_imu_feels_acceleration_and_turning(world, car, mount):
    _, messages = mount("sensor.other.imu", carla.Transform())
    car.apply_control(carla.VehicleControl(throttle=1.0, steer=0.4))
    for _ in range(30):
        world.tick()
    readings = [messages.get(timeout=5.0) for _ in range(30)]
    assert max(r.accelerometer.x for r in readings) > 2.0
    assert readings[-1].gyroscope.z > 0.1


def test_a_collision_is_told_to_both_with_the_impulse(world, car, mount):
    library = world.get_blueprint_library()
    ahead = car.get_transform().transform(carla.Location(x=12.0, z=0.3))
    other = world.spawn_actor(
        library.find("vehicle.audi.a2"), carla.Transform(ahead, car.get_transform().rotation)
    )
    _, messages = mount("sensor.other.collision")
    car.apply_control(carla.VehicleControl(throttle=1.0))
    for _ in range(80):
        world.tick()
        if not messages.empty():
            break
    event = messages.get(timeout=1.0)
    assert event.actor.id == car.id
    assert event.other_actor.id == other.id
    assert event.normal_impulse.dot(car.get_transform().get_forward_vector()) < -500.0


def test_crossing_a_line_is_seen_by_the_client_itself(world, car, mount):
    _, messages = mount("sensor.other.lane_invasion", carla.Transform())
    car.apply_control(carla.VehicleControl(throttle=0.6, steer=-0.15))
    for _ in range(60):
        world.tick()
        if not messages.empty():
            break
    event = messages.get(timeout=1.0)
    assert event.crossed_lane_markings[0].type in (carla.LaneMarkingType.Broken, carla.LaneMarkingType.Solid)


def test_no_pictures_are_made_without_rendering(world, mount):
    settings = world.get_settings()
    settings.no_rendering_mode = True
    world.apply_settings(settings)
    _, messages = mount("sensor.camera.rgb", image_size_x=WIDTH, image_size_y=HEIGHT)
    world.tick()
    with pytest.raises(queue.Empty):
        messages.get(timeout=0.3)


def test_a_listener_that_stands_still_stalls_nobody_in_asynchronous_mode(server, world, mount):
    size = {"image_size_x": 640, "image_size_y": 360}
    stuck, _ = mount("sensor.camera.rgb", **size)
    stuck.stop()
    _, fixes = mount("sensor.other.gnss")
    _, images = mount("sensor.camera.rgb", **size)
    with socket.create_connection(("127.0.0.1", stream_port(server)), timeout=10.0) as silent:
        # The stream of a sensor has its actor's id. Nothing is ever read from here.
        silent.sendall(struct.pack("<I", stuck.id))
        world.apply_settings(carla.WorldSettings(synchronous_mode=False, fixed_delta_seconds=0.02))
        time.sleep(1.2)
        while not (fixes.empty() or images.empty()):
            fixes.get(), images.get()
        begin, patience = world.get_snapshot().frame, time.monotonic() + 20.0
        while world.get_snapshot().frame < begin + 8 and time.monotonic() < patience:
            time.sleep(0.02)
        stepped = world.get_snapshot().frame - begin
    assert stepped >= 8
    assert fixes.qsize() >= stepped - 2
    assert images.qsize() >= stepped - 3
