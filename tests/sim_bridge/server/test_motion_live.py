"""Crashes, pushes and the physics control, through the real client."""

import math
import queue

import carla
import pytest

DELTA_S = 0.05
V50 = 50.0 / 3.6


def ticks(world, count):
    for _ in range(count):
        world.tick()


def spawn(world, kind, x, y=-1.75, z=0.1, yaw=180.0):
    blueprint = world.get_blueprint_library().find(kind)
    actor = world.spawn_actor(blueprint, carla.Transform(carla.Location(x, y, z), carla.Rotation(yaw=yaw)))
    ticks(world, 20)
    return actor


def crash(world, car, other=None, seconds=2.0):
    """Events of the car's collision sensor by frame, and the car's velocity before the first."""
    blueprint = world.get_blueprint_library().find("sensor.other.collision")
    sensor, events = world.spawn_actor(blueprint, carla.Transform(), attach_to=car), queue.Queue()
    sensor.listen(events.put)
    before = carla.Vector3D()
    for _ in range(round(seconds / DELTA_S)):
        velocity = car.get_velocity()
        world.tick()
        if events.empty():
            before = velocity
    sensor.stop()
    found = []
    while not events.empty():
        found.append(events.get())
    assert found, "nothing was hit"
    return found, before


def go(car, speed):
    car.set_target_velocity(speed * car.get_transform().get_forward_vector())


def test_a_crash_into_a_tree_gives_the_momentum_against_the_way_of_the_car(world):
    tree = next(
        box
        for box in world.get_level_bbs(carla.CityObjectLabel.Vegetation)
        if box.location.y > 8.0 and 40.0 < box.location.x < 200.0 and box.extent.z > 2.0
    )
    car = spawn(world, "vehicle.tesla.model3", tree.location.x - 12.0, tree.location.y, 0.3, 0.0)
    go(car, V50)
    events, before = crash(world, car)
    mass = car.get_physics_control().mass
    first = events[0]
    assert first.actor.id == car.id
    assert first.other_actor.type_id == "static.vegetation"
    assert before.x > 11.0
    assert first.normal_impulse.x == pytest.approx(-1.15 * mass * before.x, rel=0.08)
    assert abs(first.normal_impulse.y) < 0.05 * abs(first.normal_impulse.x)
    assert len({event.frame for event in events}) == len(events)
    assert car.get_location().x < tree.location.x - car.bounding_box.extent.x


def test_a_crash_into_a_standing_car_shares_the_momentum(world):
    # Heading west: the impulse on the car that comes points east, in world axes.
    front = spawn(world, "vehicle.tesla.model3", 80.0)
    car = spawn(world, "vehicle.tesla.model3", 100.0)
    go(car, V50)
    events, before = crash(world, car, seconds=1.5)
    mass = car.get_physics_control().mass
    assert before.x < -11.0
    assert events[0].other_actor.id == front.id
    assert events[0].normal_impulse.x == pytest.approx(-0.5 * 1.15 * mass * before.x, rel=0.1)
    assert front.get_velocity().x < -3.0


def test_a_crash_into_a_pedestrian_throws_the_person_and_hardly_slows_the_car(world):
    walker = spawn(world, "walker.pedestrian.0001", 80.0, z=1.0)
    car = spawn(world, "vehicle.tesla.model3", 100.0)
    go(car, V50)
    events, before = crash(world, car, seconds=1.5)
    assert events[0].other_actor.id == walker.id
    # A body of 60 to 95 kg takes up the speed of the car, once.
    assert 60.0 * 11.0 < events[0].normal_impulse.x < 95.0 * 1.2 * 14.0
    assert len({event.frame for event in events}) <= 2
    assert before.x < -11.0
    assert car.get_velocity().x < 0.85 * before.x
    ticks(world, 60)
    # Bodies that were hit at 50 km/h slide 12 to 22 m.
    assert 12.0 < 80.0 - walker.get_location().x < 22.0
    assert walker.get_transform().rotation.pitch == pytest.approx(90.0, abs=1.0)
    ticks(world, 60)
    assert walker.get_transform().rotation.pitch == pytest.approx(0.0, abs=1.0)


def test_an_impulse_a_force_and_a_turn_act_as_newton_says(world, car):
    mass = car.get_physics_control().mass
    neutral = carla.VehicleControl(manual_gear_shift=True, gear=0)
    car.apply_control(neutral)
    ahead = car.get_transform().get_forward_vector()
    car.add_impulse(3.0 * mass * ahead)
    world.tick()
    assert car.get_velocity().dot(ahead) == pytest.approx(3.0, abs=0.05)
    for _ in range(20):
        car.add_force(2.0 * mass * ahead)
        world.tick()
    assert car.get_velocity().dot(ahead) == pytest.approx(5.0, abs=0.25)
    turn = 1e9  # degrees/s kg cm2
    car.add_angular_impulse(carla.Vector3D(0.0, 0.0, turn))
    world.tick()
    assert car.get_angular_velocity().z > 1.0


def test_what_is_pushed_at_its_side_turns(client, world, car):
    where, mass = car.get_transform(), car.get_physics_control().mass
    where.location.z += 30.0
    car.set_transform(where)
    command = carla.command
    push = mass * where.get_right_vector()
    client.apply_batch_sync([command.ApplyAngularImpulse(car.id, carla.Vector3D(0.0, 0.0, 1e9))], False)
    world.tick()
    turned = car.get_angular_velocity().z
    assert turned > 5.0
    client.apply_batch_sync(
        [
            command.ApplyTorque(car.id, carla.Vector3D(0.0, 0.0, -1e9 / DELTA_S)),
            command.ApplyImpulse(car.id, push),
        ],
        False,
    )
    world.tick()
    assert car.get_angular_velocity().z == pytest.approx(0.0, abs=0.05 * turned)
    assert car.get_velocity().dot(where.get_right_vector()) == pytest.approx(1.0, abs=0.05)


def test_a_car_falls_unless_gravity_is_off(world, car):
    place = car.get_transform()
    place.location.z += 5.0
    car.set_transform(place)
    car.set_enable_gravity(False)
    ticks(world, 20)
    assert car.get_location().z == pytest.approx(place.location.z, abs=0.01)
    car.set_enable_gravity(True)
    ticks(world, 10)
    assert car.get_velocity().z == pytest.approx(-9.81 * 0.5, abs=0.01)
    ticks(world, 60)
    assert car.get_location().z == pytest.approx(0.0, abs=0.02)
    assert car.get_velocity().length() < 0.02


def test_a_car_without_collisions_drives_through_another(world, car):
    behind = car.get_transform().transform(carla.Location(x=-12.0, z=0.1))
    ghost = spawn(world, "vehicle.audi.a2", behind.x, behind.y, behind.z, car.get_transform().rotation.yaw)
    ghost.set_collisions(False)
    go(ghost, 20.0)
    place = car.get_location()
    ticks(world, 30)
    assert car.get_location().distance(place) < 0.01
    assert ghost.get_velocity().length() > 15.0


def test_a_physics_control_comes_back_as_it_was_set_and_acts(world, car):
    physics = car.get_physics_control()
    physics.mass, physics.drag_coefficient, physics.moi = 2900.0, 0.9, 2.0
    physics.torque_curve = [carla.Vector2D(0.0, 0.0), carla.Vector2D(6000.0, 0.0)]
    physics.steering_curve = [carla.Vector2D(0.0, 0.5)]
    physics.clutch_strength = 7.0
    wheels = list(physics.wheels)
    for wheel, friction in zip(wheels, (1.0, 2.0, 3.0, 4.0), strict=True):
        wheel.tire_friction, wheel.radius = friction, 40.0
    physics.wheels = wheels
    car.apply_physics_control(physics)
    world.tick()
    told = car.get_physics_control()
    assert (told.mass, told.moi, told.clutch_strength) == pytest.approx((2900.0, 2.0, 7.0))
    assert [wheel.tire_friction for wheel in told.wheels] == pytest.approx([1.0, 2.0, 3.0, 4.0])
    assert [(p.x, p.y) for p in told.steering_curve] == [(0.0, 0.5)]
    car.apply_control(carla.VehicleControl(throttle=1.0))
    ticks(world, 20)
    assert car.get_velocity().length() < 0.01  # an engine without torque


BAD_PHYSICS = {
    "no mass": lambda p: setattr(p, "mass", 0.0),
    "negative mass": lambda p: setattr(p, "mass", -1.0),
    "mass NaN": lambda p: setattr(p, "mass", math.nan),
    "no gears": lambda p: setattr(p, "forward_gears", []),
    "no torque": lambda p: setattr(p, "torque_curve", []),
    "no wheels": lambda p: setattr(p, "wheels", []),
}


@pytest.mark.parametrize("change", BAD_PHYSICS.values(), ids=BAD_PHYSICS)
def test_a_physics_control_that_no_car_can_have_changes_nothing(world, car, change):
    before = car.get_physics_control()
    physics = car.get_physics_control()
    change(physics)
    car.apply_physics_control(physics)
    car.apply_control(carla.VehicleControl(throttle=1.0))
    ticks(world, 20)
    assert car.get_physics_control().mass == before.mass
    assert 1.0 < car.get_velocity().length() < 5.0


def finite(actor):
    transform, vectors = actor.get_transform(), (actor.get_velocity(), actor.get_acceleration())
    numbers = [transform.location, *vectors, actor.get_angular_velocity()]
    turned = (transform.rotation.pitch, transform.rotation.yaw, transform.rotation.roll)
    return all(math.isfinite(v) for vector in numbers for v in (vector.x, vector.y, vector.z)) and all(
        math.isfinite(angle) for angle in turned
    )


@pytest.mark.parametrize("value", [1e30, -1e30, 3e38, math.nan, math.inf])
def test_pushes_of_any_size_leave_the_world_finite(world, car, value):
    vector = carla.Vector3D(value, value, value)
    place = car.get_transform()
    for push in (
        car.add_impulse,
        car.add_force,
        car.add_angular_impulse,
        car.add_torque,
        car.set_target_velocity,
        car.set_target_angular_velocity,
        car.enable_constant_velocity,
    ):
        push(vector)
        ticks(world, 2)
        assert finite(car)
    car.set_transform(carla.Transform(carla.Location(value, 0.0, 0.0), carla.Rotation(yaw=value)))
    car.apply_ackermann_control(carla.VehicleAckermannControl(value, value, value, value, value))
    physics = car.get_physics_control()
    physics.mass = value
    car.apply_physics_control(physics)
    ticks(world, 5)
    assert finite(car)
    car.disable_constant_velocity()
    car.set_target_velocity(carla.Vector3D())
    car.set_transform(place)
    ticks(world, 5)
    assert car.get_location().distance(place.location) < 30.0


def test_telemetry_tells_of_engine_and_wheels(world, car):
    car.apply_control(carla.VehicleControl(throttle=0.6, steer=0.2))
    ticks(world, 40)
    telemetry = car.get_telemetry_data()
    assert telemetry.speed == pytest.approx(car.get_velocity().length(), rel=0.02)
    assert (telemetry.throttle, telemetry.gear) == (pytest.approx(0.6), car.get_control().gear)
    assert telemetry.engine_rpm > 900.0
    weight = 9.81 * car.get_physics_control().mass
    assert sum(wheel.tire_load for wheel in telemetry.wheels) == pytest.approx(weight, rel=0.05)
    assert all(wheel.omega == pytest.approx(telemetry.speed / 0.33, rel=0.2) for wheel in telemetry.wheels)
    assert all(wheel.lat_force > 0.0 for wheel in telemetry.wheels)
    assert telemetry.wheels[0].long_force > 0.0


def test_doors_and_wheels_are_accepted(world, car):
    car.open_door(carla.VehicleDoor.All)
    car.close_door(carla.VehicleDoor.FL)
    car.set_wheel_steer_direction(carla.VehicleWheelLocation.FL_Wheel, 20.0)
    first = car.get_wheel_pitch_angle(carla.VehicleWheelLocation.FL_Wheel)
    car.apply_control(carla.VehicleControl(throttle=1.0))
    ticks(world, 10)
    assert car.get_wheel_pitch_angle(carla.VehicleWheelLocation.FL_Wheel) != first


def test_the_gains_of_the_ackermann_controller_are_kept(world, car):
    gains = carla.AckermannControllerSettings(
        speed_kp=0.2, speed_ki=0.01, speed_kd=0.3, accel_kp=0.02, accel_ki=0.0, accel_kd=0.02
    )
    car.apply_ackermann_controller_settings(gains)
    world.tick()
    told = car.get_ackermann_controller_settings()
    assert (told.speed_kp, told.speed_kd, told.accel_kp) == pytest.approx((0.2, 0.3, 0.02))


PLACES = {
    "below the ground": ("vehicle.audi.a2", 150.0, -1.75, -2.0),
    "in a car": ("vehicle.audi.a2", 80.0, -1.75, 0.3),
    "in a walker": ("vehicle.audi.a2", 120.0, -1.75, 0.3),
    "a walker in a car": ("walker.pedestrian.0002", 81.0, -1.75, 1.0),
}


@pytest.mark.parametrize(("kind", "x", "y", "z"), PLACES.values(), ids=PLACES)
def test_nothing_spawns_where_there_is_no_room(world, kind, x, y, z):
    spawn(world, "vehicle.tesla.model3", 80.0)
    spawn(world, "walker.pedestrian.0001", 120.0, z=1.0)
    blueprint = world.get_blueprint_library().find(kind)
    with pytest.raises(RuntimeError, match="Spawn failed because of collision at spawn position"):
        world.spawn_actor(blueprint, carla.Transform(carla.Location(x, y, z)))


def test_nothing_spawns_in_a_tree(world):
    tree = next(b for b in world.get_level_bbs(carla.CityObjectLabel.Vegetation) if b.extent.z > 2.0)
    blueprint = world.get_blueprint_library().find("vehicle.audi.a2")
    place = carla.Transform(carla.Location(tree.location.x, tree.location.y, 0.3))
    with pytest.raises(RuntimeError, match="collision at spawn position"):
        world.spawn_actor(blueprint, place)


@pytest.mark.parametrize("x", [math.nan, math.inf, 1e9])
def test_nothing_spawns_nowhere(world, x):
    blueprint = world.get_blueprint_library().find("vehicle.audi.a2")
    with pytest.raises(RuntimeError, match="location"):
        world.spawn_actor(blueprint, carla.Transform(carla.Location(x, 0.0, 0.0)))


def test_a_step_that_nobody_can_count_is_refused(world):
    with pytest.raises(RuntimeError, match="fixed_delta_seconds"):
        world.apply_settings(carla.WorldSettings(synchronous_mode=True, fixed_delta_seconds=1e-9))
