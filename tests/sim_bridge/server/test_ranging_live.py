"""Lidars, radar, obstacle sensor and the rarer cameras through the real client.

The demands on points, ticks and repeatability are those of CARLA's own smoke tests (`test_lidar`,
`test_sensor_tick_time`, `test_sensor_determinism`).
"""

import math
import os
import queue
import time

import carla
import numpy as np
import pytest

SEMANTIC = np.dtype([("point", "<f4", (3,)), ("cosine", "<f4"), ("id", "<u4"), ("tag", "<u4")])
EVENT = np.dtype([("x", "<u2"), ("y", "<u2"), ("t", "<i8"), ("positive", "?")])


@pytest.fixture
def listen(world):
    """Spawns a sensor and returns the queue of its messages."""
    started = []

    def start(kind, place=None, parent=None, **attributes):
        blueprint = world.get_blueprint_library().find(kind)
        for name, value in attributes.items():
            blueprint.set_attribute(name, str(value))
        sensor = world.spawn_actor(blueprint, place or carla.Transform(), attach_to=parent)
        messages = queue.Queue()
        sensor.listen(messages.put)
        started.append(sensor)
        return messages

    yield start
    for sensor in started:
        sensor.stop()
        sensor.destroy()


def above(world, height=3.0):
    place = world.get_map().get_spawn_points()[0]
    place.location.z += height
    return place


def content(message, dtype):
    """A copy: what the client gives is gone with its message."""
    return np.frombuffer(message.raw_data, dtype).copy()


def cloud_of(message):
    if isinstance(message, carla.SemanticLidarMeasurement):
        return content(message, SEMANTIC)
    return content(message, np.float32).reshape(-1, 4)


LIDARS = [
    ("sensor.lidar.ray_cast", {"dropoff_intensity_limit": 0.0, "dropoff_general_rate": 0.0, "range": 50}),
    ("sensor.lidar.ray_cast", {"range": 200, "points_per_second": 500000, "rotation_frequency": 5}),
    ("sensor.lidar.ray_cast_semantic", {"range": 100, "points_per_second": 100000}),
    ("sensor.lidar.ray_cast_semantic", {"channels": 32, "range": 200, "rotation_frequency": 50}),
]


def test_the_points_of_all_channels_are_the_points_of_the_message(world, listen):
    sensors = [listen(kind, above(world), **{"channels": 64, **more}) for kind, more in LIDARS]
    for _ in range(5):
        frame = world.tick()
        for messages in sensors:
            message = messages.get(timeout=10.0)
            assert message.frame == frame
            counts = [message.get_point_count(channel) for channel in range(message.channels)]
            assert sum(counts) == len(message) == len(cloud_of(message)) > 100


def test_a_lidar_without_losses_has_as_many_points_as_a_semantic_one_and_by_default_far_fewer(world, listen):
    size = {"channels": 64, "range": 200, "points_per_second": 500000}
    semantic = listen("sensor.lidar.ray_cast_semantic", above(world), **size)
    lossless = {"dropoff_intensity_limit": 0.0, "dropoff_general_rate": 0.0}
    clear = listen("sensor.lidar.ray_cast", above(world), **size, **lossless)
    usual = listen("sensor.lidar.ray_cast", above(world), **size)
    for _ in range(5):
        world.tick()
        all_points = len(semantic.get(timeout=10.0))
        assert len(clear.get(timeout=10.0)) == all_points
        assert len(usual.get(timeout=10.0)) < 0.75 * all_points


def test_every_sensor_with_a_tick_sends_as_often_as_carlas_smoke_test_wants(world, listen):
    # What sends pictures, or only when something happens, is none of that test's.
    silent = ("sensor.camera.", "sensor.other.obstacle")
    library = world.get_blueprint_library().filter("sensor.*")
    kinds = [b.id for b in library if b.has_attribute("sensor_tick") and not b.id.startswith(silent)]
    assert len(kinds) >= 5
    counts = {kind: listen(kind, sensor_tick=1.0) for kind in kinds}
    for _ in range(50):
        world.tick()
    for messages in counts.values():
        assert len([messages.get(timeout=10.0) for _ in range(3)]) == 3
    time.sleep(0.2)
    assert {kind: messages.qsize() for kind, messages in counts.items()} == dict.fromkeys(kinds, 0)


def test_a_negative_tick_means_every_step(world, listen):
    messages = listen("sensor.other.radar", sensor_tick=-5.0)
    for _ in range(4):
        world.tick()
        messages.get(timeout=5.0)


def test_a_lidars_points_lie_where_the_depth_camera_sees_the_same(world, car, listen):
    place = carla.Transform(carla.Location(x=-8.0, z=2.5))
    size = 400
    depth = listen("sensor.camera.depth", place, car, image_size_x=size, image_size_y=size)
    tags = listen("sensor.camera.semantic_segmentation", place, car, image_size_x=size, image_size_y=size)
    lidar = listen(
        "sensor.lidar.ray_cast_semantic", place, car, channels=64, range=80, points_per_second=400000,
        rotation_frequency=20, upper_fov=20, lower_fov=-35,
    )  # fmt: skip
    world.tick()
    code, tag = (
        content(q.get(timeout=10.0), np.uint8).reshape(size, size, 4).astype(np.int64) for q in (depth, tags)
    )
    metres = (code[..., 2] + 256 * code[..., 1] + 65536 * code[..., 0]) / (256**3 - 1) * 1000.0
    cloud = cloud_of(lidar.get(timeout=10.0))
    x, y, z = cloud["point"].T.astype(np.float64)
    # Leaves aside: pictures draw trees more coarsely the smaller they are.
    seen = (x > 1.0) & (np.abs(y) < 0.95 * x) & (np.abs(z) < 0.95 * x)
    seen &= cloud["tag"] != int(carla.CityObjectLabel.Vegetation)
    u = (0.5 * size * (1.0 + y[seen] / x[seen])).astype(int)
    v = (0.5 * size * (1.0 - z[seen] / x[seen])).astype(int)
    assert seen.sum() > 2000
    # Half a pixel on the road is as much of inverse depth near as far.
    same = np.abs(1.0 / metres[v, u] - 1.0 / x[seen]) < 0.0015
    assert same.mean() > 0.98
    assert (tag[v, u, 2] == cloud["tag"][seen]).mean() > 0.98
    on_car = cloud["id"] == car.id
    assert on_car.sum() > 50
    assert set(cloud["tag"][on_car].tolist()) == {int(carla.CityObjectLabel.Car)}
    assert (cloud["cosine"] > 0.0).all()


def test_the_fan_of_a_lidar_goes_on_where_it_stopped(world, listen):
    messages = listen("sensor.lidar.ray_cast_semantic", above(world), rotation_frequency=5.0, lower_fov=-60.0)
    sides = []
    for _ in range(4):
        world.tick()
        message = messages.get(timeout=5.0)
        x, y, _ = cloud_of(message)["point"].T
        sides.append(math.degrees(math.atan2(float(np.mean(y)), float(np.mean(x)))) // 90 % 4)
        angle = math.degrees(message.horizontal_angle)
    assert sides == [2, 3, 0, 1]  # a quarter of a turn each step, from behind over the left
    assert angle % 360.0 == pytest.approx(0.0, abs=1e-3)


def test_a_radar_hears_at_which_speed_things_come_nearer(world, car, listen):
    library = world.get_blueprint_library()
    ahead = car.get_transform().transform(carla.Location(x=25.0, z=0.3))
    other = world.spawn_actor(
        library.find("vehicle.carlamotors.firetruck"), carla.Transform(ahead, car.get_transform().rotation)
    )
    place = carla.Transform(carla.Location(x=2.6, z=1.2))
    messages = listen(
        "sensor.other.radar", place, car, points_per_second=20000, horizontal_fov=10, vertical_fov=5
    )
    car.set_target_velocity(8.0 * car.get_transform().get_forward_vector())
    other.set_target_velocity(3.0 * car.get_transform().get_forward_vector())
    for _ in range(3):
        world.tick()
        heard = messages.get(timeout=5.0)
    detections = content(heard, np.float32).reshape(-1, 4)
    speed, azimuth, altitude, distance = detections.T
    on_truck = distance < 25.0
    assert on_truck.sum() > 100
    forward = car.get_transform().get_forward_vector()
    expected = other.get_velocity().dot(forward) - car.get_velocity().dot(forward)
    assert expected < -3.0
    assert np.median(speed[on_truck]) == pytest.approx(expected, abs=0.1)
    assert np.abs(np.degrees(azimuth)).max() <= 5.01
    assert np.abs(np.degrees(altitude)).max() <= 2.51
    assert {round(d.depth, 3) for d in heard} == {round(float(d), 3) for d in distance}


def test_an_obstacle_sensor_names_what_is_ahead(world, car, listen):
    library = world.get_blueprint_library()
    ahead = car.get_transform().transform(carla.Location(x=12.0, z=0.3))
    other = world.spawn_actor(
        library.find("vehicle.audi.tt"), carla.Transform(ahead, car.get_transform().rotation)
    )
    place = carla.Transform(carla.Location(x=2.5, z=0.8))
    messages = listen("sensor.other.obstacle", place, car, distance=30, only_dynamics=True)
    near = listen("sensor.other.obstacle", place, car, distance=3, only_dynamics=True)
    world.tick()
    event = messages.get(timeout=5.0)
    assert event.other_actor.id == other.id
    free = 12.0 - 2.5 - other.bounding_box.extent.x
    assert event.distance == pytest.approx(free - 0.25, abs=0.5)
    with pytest.raises(queue.Empty):
        near.get(timeout=0.1)
    down = carla.Transform(carla.Location(x=5.0, z=3.0), carla.Rotation(pitch=-90.0))
    ground = listen("sensor.other.obstacle", down, car, distance=5, hit_radius=0.0)
    world.tick()
    event = ground.get(timeout=5.0)
    assert event.other_actor.type_id == "static.roads"
    assert event.distance == pytest.approx(3.0, abs=0.1)


def test_the_rarer_cameras_send_what_the_client_can_read(world, car, listen):
    place = carla.Transform(carla.Location(x=-8.0, z=2.5))
    size = {"image_size_x": 160, "image_size_y": 96}
    kinds = ("normals", "optical_flow", "dvs", "cosmos_visualization")
    normals, flow, events, cosmos = (listen(f"sensor.camera.{kind}", place, car, **size) for kind in kinds)
    car.set_target_velocity(10.0 * car.get_transform().get_forward_vector())
    found = []
    for step in range(4):
        frame = world.tick()
        last_normals, last_flow = (messages.get(timeout=10.0) for messages in (normals, flow))
        assert {last_normals.frame, last_flow.frame, cosmos.get(timeout=10.0).frame} == {frame}
        if step:  # the first picture has nothing to compare with
            found.append(content(events.get(timeout=10.0), EVENT))
    seen = content(last_normals, np.uint8).reshape(96, 160, 4)
    assert seen[-1, 80, 2::-1] == pytest.approx([128, 128, 255], abs=2)  # the road looks up
    moved = content(last_flow, np.float32).reshape(96, 160, 2)
    # Going ahead, what lies low moves down; the picture's middle rests, and so does one's own car.
    assert moved[-1, 80, 1] < -0.02
    assert np.abs(moved[46:50, 78:82]).max() < 0.01
    found = np.concatenate(found)
    assert len(found) > 50
    assert found["x"].max() < 160
    assert found["y"].max() < 96
    assert (np.diff(found["t"]) >= 0).all()
    assert abs(found["t"][-1] * 1e-9 - world.get_snapshot().timestamp.elapsed_seconds) < 0.051


def test_cameras_that_develop_differently_share_a_place(world, car, listen):
    place, size = carla.Transform(carla.Location(x=-8.0, z=2.5)), {"image_size_x": 64, "image_size_y": 48}
    usual = listen("sensor.camera.rgb", place, car, **size)
    dark = listen("sensor.camera.rgb", place, car, **size, exposure_compensation=-2.0)
    bent = listen("sensor.camera.rgb", place, car, **size, lens_circle_multiplier=2.0, lens_x_size=0.5)
    world.tick()
    pictures = [content(q.get(timeout=5.0), np.uint8).astype(int) for q in (usual, dark, bent)]
    assert pictures[1].mean() < pictures[0].mean() - 20
    middle = pictures[0].reshape(48, 64, 4)[22:26, 30:34], pictures[2].reshape(48, 64, 4)[22:26, 30:34]
    assert np.abs(middle[0] - middle[1]).max() <= 6
    assert not np.array_equal(pictures[0], pictures[2])


def test_six_cameras_round_the_car_all_deliver(world, car, listen):
    size = {"image_size_x": 160, "image_size_y": 90, "sensor_tick": 0.1}
    rings = [
        listen(
            "sensor.camera.rgb", carla.Transform(carla.Location(z=2.0), carla.Rotation(yaw=yaw)), car, **size
        )
        for yaw in range(0, 360, 60)
    ]
    begin = world.tick()
    for _ in range(8):
        world.tick()
    frames = [[messages.get(timeout=10.0).frame for _ in range(5)] for messages in rings]
    assert frames == [[begin, begin + 2, begin + 4, begin + 6, begin + 8]] * 6


def measured(server, noise_seed):
    """The bytes of every kind of sensor over a few steps of a moving car."""
    world = server.client().get_world()
    library = world.get_blueprint_library()
    car = world.spawn_actor(library.find("vehicle.tesla.model3"), world.get_map().get_spawn_points()[0])
    kinds = [b.id for b in library.filter("sensor.*") if b.has_attribute("sensor_tick")]
    heard, sensors = {}, []
    for kind in sorted(kinds):
        blueprint = library.find(kind)
        for name, value in {
            "image_size_x": 96, "image_size_y": 64, "noise_stddev": 0.5, "noise_seed": noise_seed,
            "noise_lat_stddev": 1e-5, "noise_accel_stddev_x": 0.1, "points_per_second": 50000,
            "sigma_positive_threshold": 0.05, "distance": 100,
        }.items():  # fmt: skip
            if blueprint.has_attribute(name):
                blueprint.set_attribute(name, str(value))
        sensor = world.spawn_actor(blueprint, carla.Transform(carla.Location(x=2.4, z=1.0)), attach_to=car)
        heard[kind] = []
        sensor.listen(heard[kind].append)
        sensors.append(sensor)
    car.apply_control(carla.VehicleControl(throttle=0.8, steer=0.1))
    for _ in range(8):
        frame = world.tick()
    always = [messages for kind, messages in heard.items() if kind != "sensor.other.obstacle"]
    patience = time.monotonic() + 20.0
    while not all(_frame_of(each) == frame for each in always) and time.monotonic() < patience:
        time.sleep(0.05)
    for sensor in sensors:
        sensor.stop()
    return {kind: [_content(message) for message in messages] for kind, messages in heard.items()}


def _frame_of(messages):
    """The frame of the last message that has come."""
    return messages[-1].frame if messages else 0


def _content(message):
    if hasattr(message, "raw_data"):
        return bytes(message.raw_data)
    if isinstance(message, carla.ObstacleDetectionEvent):
        return message.distance
    return str(message)


def test_every_sensor_sends_the_same_bytes_run_after_run_on_one_cpu_and_on_all(start_server):
    runs, mine = [], os.sched_getaffinity(0)
    for cpus in ({min(mine)}, mine):
        os.sched_setaffinity(0, cpus)  # the server inherits it, and with it the number of its threads
        try:
            with start_server("--synchronous", "--seed", "5") as server:
                os.sched_setaffinity(0, mine)
                runs.append(measured(server, noise_seed=11))
        finally:
            os.sched_setaffinity(0, mine)
    assert runs[0].keys() == runs[1].keys()
    for kind, contents in runs[0].items():
        assert len(contents) >= (0 if kind == "sensor.other.obstacle" else 7), kind
        assert contents == runs[1][kind], kind


def test_a_place_is_projected_on_the_ground_and_on_what_stands_there(world, car):
    place = car.get_transform().transform(carla.Location(x=-6.0, z=4.0))
    ground = world.ground_projection(place, 10.0)
    assert ground.label == carla.CityObjectLabel.Roads
    assert ground.location.z == pytest.approx(car.get_location().z, abs=0.05)
    roof = world.ground_projection(car.get_transform().transform(carla.Location(z=4.0)), 10.0)
    assert roof.label == carla.CityObjectLabel.Car
    assert roof.location.z == pytest.approx(2.0 * car.bounding_box.extent.z, abs=0.1)
    assert world.ground_projection(place, 1.0) is None


def test_a_line_through_the_car_meets_both_of_its_sides(world, car):
    right = car.get_transform().transform(carla.Location(y=5.0, z=0.6))
    left = car.get_transform().transform(carla.Location(y=-5.0, z=0.6))
    met = world.cast_ray(right, left)
    assert {point.label for point in met} == {carla.CityObjectLabel.Car}
    away = [point.location.distance(right) for point in met]
    assert away == sorted(away)
    assert away[0] == pytest.approx(5.0 - car.bounding_box.extent.y, abs=0.25)
    assert away[-1] == pytest.approx(5.0 + car.bounding_box.extent.y, abs=0.25)
    assert world.cast_ray(right, right) == []
