import carla
import pytest


def blueprint(world, name):
    return world.get_blueprint_library().find(name)


def spawn_points(world):
    return world.get_map().get_spawn_points()


def test_a_car_stands_on_the_ground_where_it_was_put(world, car):
    wanted, actual = spawn_points(world)[0], car.get_transform()
    assert actual.location.distance(carla.Location(wanted.location.x, wanted.location.y, 0.0)) < 0.05
    assert actual.rotation.yaw == pytest.approx(wanted.rotation.yaw, abs=0.1)
    assert car.get_velocity().length() < 0.01


def test_a_car_has_a_box_a_speed_limit_and_a_role(world, car):
    assert 2.0 < car.bounding_box.extent.x < 2.6
    assert car.bounding_box.location.z == pytest.approx(car.bounding_box.extent.z)
    assert car.get_speed_limit() == pytest.approx(50.0)
    assert car.attributes["number_of_wheels"] == "4"
    assert car.is_alive


def test_nothing_spawns_inside_something_else(world, car):
    assert world.try_spawn_actor(blueprint(world, "vehicle.audi.a2"), spawn_points(world)[0]) is None
    with pytest.raises(RuntimeError, match="collision at spawn position"):
        world.spawn_actor(blueprint(world, "vehicle.audi.a2"), spawn_points(world)[0])


def test_a_destroyed_car_is_gone_with_its_sensors(world, car):
    sensor = world.spawn_actor(blueprint(world, "sensor.other.imu"), carla.Transform(), attach_to=car)
    assert sensor.parent.id == car.id
    world.tick()
    car_id, sensor_id = car.id, sensor.id
    assert car.destroy()
    world.tick()
    assert not {car_id, sensor_id} & {actor.id for actor in world.get_actors()}
    assert not car.is_alive
    assert sensor.destroy()


def test_an_attached_sensor_rides_along(world, car):
    place = carla.Transform(carla.Location(2.0, 0.5, 1.5), carla.Rotation(yaw=90.0))
    sensor = world.spawn_actor(blueprint(world, "sensor.other.gnss"), place, attach_to=car)
    car.apply_control(carla.VehicleControl(throttle=1.0, steer=0.3))
    for _ in range(30):
        world.tick()
    expected = car.get_transform().transform(carla.Location(2.0, 0.5, 1.5))
    assert sensor.get_transform().location.distance(expected) < 1e-3


def test_a_batch_spawns_and_commands_what_it_spawned(client, world):
    command = carla.command
    spawn = command.SpawnActor(blueprint(world, "vehicle.audi.a2"), spawn_points(world)[1])
    answers = client.apply_batch_sync(
        [
            spawn.then(command.ApplyVehicleControl(command.FutureActor, carla.VehicleControl(throttle=1.0))),
            command.SpawnActor(blueprint(world, "vehicle.audi.tt"), spawn_points(world)[1]),
            command.DestroyActor(999999),
        ],
        False,
    )
    assert [answer.has_error() for answer in answers] == [False, True, True]
    for _ in range(20):
        world.tick()
    assert world.get_actor(answers[0].actor_id).get_velocity().length() > 1.0


def test_a_batch_can_tick(client, world, car):
    frame = world.get_snapshot().frame
    client.apply_batch_sync(
        [carla.command.ApplyTransform(car, carla.Transform(carla.Location(50.0, -1.75, 0.0)))], True
    )
    assert world.get_snapshot().frame == frame + 1
    assert car.get_location().x == pytest.approx(50.0, abs=0.1)


def test_an_unknown_attribute_value_is_refused(world):
    camera = blueprint(world, "sensor.camera.rgb")
    camera.set_attribute("image_size_x", "100000")
    with pytest.raises(RuntimeError, match="image_size"):
        world.spawn_actor(camera, carla.Transform())


def test_a_walker_walks_where_it_is_sent(world):
    start = spawn_points(world)[2].location + carla.Location(z=1.0)
    walker = world.spawn_actor(blueprint(world, "walker.pedestrian.0001"), carla.Transform(start))
    for _ in range(20):  # it falls the last metre
        world.tick()
    before = walker.get_location()
    walker.apply_control(carla.WalkerControl(carla.Vector3D(0.0, 1.0, 0.0), 1.5, False))
    for _ in range(40):
        world.tick()
    moved = walker.get_location() - before
    assert moved.y == pytest.approx(3.0, abs=0.1)
    assert walker.get_transform().rotation.yaw == pytest.approx(90.0)
    assert walker.get_control().speed == pytest.approx(1.5)
    assert before.z == pytest.approx(walker.bounding_box.extent.z, abs=0.02)


def test_physics_can_be_read_changed_and_switched_off(world, car):
    physics = car.get_physics_control()
    assert len(physics.wheels) == 4
    physics.mass = 3000.0
    car.apply_physics_control(physics)
    world.tick()
    assert car.get_physics_control().mass == pytest.approx(3000.0)
    car.set_simulate_physics(False)
    car.apply_control(carla.VehicleControl(throttle=1.0))
    place = car.get_location()
    for _ in range(20):
        world.tick()
    assert car.get_location().distance(place) < 1e-4


def test_a_held_velocity_overrides_the_driver(world, car):
    car.enable_constant_velocity(carla.Vector3D(8.0, 0.0, 0.0))
    car.apply_control(carla.VehicleControl(brake=1.0))
    for _ in range(20):
        world.tick()
    assert car.get_velocity().length() == pytest.approx(8.0, abs=0.01)
    car.disable_constant_velocity()
    for _ in range(60):
        world.tick()
    assert car.get_velocity().length() < 0.1


def test_the_ackermann_control_holds_a_speed(world, car):
    car.apply_ackermann_control(carla.VehicleAckermannControl(speed=6.0, acceleration=2.0))
    for _ in range(200):
        world.tick()
    assert car.get_velocity().length() == pytest.approx(6.0, abs=1.0)


def test_lights_of_a_vehicle_are_kept(world, car):
    wanted = carla.VehicleLightState(carla.VehicleLightState.LowBeam | carla.VehicleLightState.RightBlinker)
    car.set_light_state(wanted)
    world.tick()
    assert car.get_light_state() == wanted
    assert dict(world.get_vehicles_light_states())[car.id] == wanted
