"""What a driver and a physicist expect of the vehicles."""

import math
from dataclasses import fields, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_bridge.server.vehicle.dynamics import step
from sim_bridge.server.vehicle.parameters import PRESETS, ParameterTable
from sim_bridge.server.vehicle.states import VehicleControls, VehicleStates, join, take

DT = 0.05
KINDS = list(PRESETS)


def controls(n=1, **given_):
    """Controls with some members given as numbers for all or as arrays."""
    idle = VehicleControls.idle(n)
    return replace(
        idle,
        **{
            name: np.broadcast_to(np.asarray(v, getattr(idle, name).dtype), (n,)).copy()
            for name, v in given_.items()
        },
    )


def moving(speed, kind="car", y_speed=0.0, yaw_rate=0.0, pitch_slope=0.0, side_slope=0.0):
    """One vehicle heading along x with a speed in m/s, its table, and the ground's normal."""
    normal = np.array([-pitch_slope, -side_slope, 1.0]) / math.hypot(1.0, pitch_slope, side_slope)
    state = replace(
        VehicleStates.at_rest([[0.0, 0.0, 0.0]], 0.0),
        velocity=np.array([[speed, y_speed, speed * pitch_slope + y_speed * side_slope]]),
        angular_velocity=yaw_rate * normal[None],
    )
    return state, ParameterTable.of([PRESETS[kind]]), normal[None]


def run(state, asked, table, normals, seconds, dt=DT):
    """States after each step, first one included."""
    states = [state]
    for _ in range(round(seconds / dt)):
        states.append(step(states[-1], asked, table, dt, normals))
    return states


def speed_of(state):
    return float(np.linalg.norm(state.velocity[0]))


def seconds_to(states, kmh):
    reached = [k for k, state in enumerate(states) if speed_of(state) >= kmh / 3.6]
    return DT * reached[0] if reached else math.inf


def test_a_car_reaches_100_kmh_in_about_nine_seconds_and_190_at_the_top():
    states = run(*with_controls(moving(0.0), throttle=1.0), seconds=90.0)
    assert seconds_to(states, 100.0) == pytest.approx(9.3, abs=0.7)
    assert 3.6 * speed_of(states[-1]) == pytest.approx(193.0, abs=8.0)
    assert states[-1].gear[0] >= 4
    assert 3.6 * speed_of(states[-1]) - 3.6 * speed_of(states[-100]) < 0.5


def with_controls(vehicle, **asked):
    state, table, normals = vehicle
    return state, controls(**asked), table, normals


@pytest.mark.parametrize(
    ("kind", "slowest", "fastest"),
    [
        ("suv", 7.0, 10.5),
        ("van", 10.0, 16.0),
        ("truck", 20.0, 40.0),
        ("bus", 25.0, 50.0),
        ("motorcycle", 3.5, 7.0),
    ],
)
def test_other_kinds_accelerate_as_their_kind_does(kind, slowest, fastest):
    states = run(*with_controls(moving(0.0, kind), throttle=1.0), seconds=60.0)
    assert slowest < seconds_to(states, 100.0) < fastest


def test_a_bicycle_reaches_25_kmh_and_not_40():
    states = run(*with_controls(moving(0.0, "bicycle"), throttle=1.0), seconds=60.0)
    assert seconds_to(states, 25.0) < 20.0
    assert seconds_to(states, 40.0) == math.inf


def test_a_car_stops_from_100_kmh_within_38_to_46_metres_and_stays():
    states = run(*with_controls(moving(100.0 / 3.6), brake=1.0), seconds=6.0)
    assert 38.0 < states[-1].position[0, 0] < 46.0
    assert speed_of(states[-1]) == 0.0
    mean = np.mean([np.linalg.norm(s.acceleration[0]) for s in states[10:40]])
    assert 8.0 < mean < 9.5


def test_a_third_of_the_brake_decelerates_comfortably():
    states = run(*with_controls(moving(50.0 / 3.6), brake=0.3), seconds=2.0)
    assert 2.5 < -states[-1].acceleration[0, 0] < 4.5


def test_the_turning_circle_of_a_car_is_about_eleven_metres():
    vehicle = PRESETS["car"]
    state, table, normals = moving(0.0)
    track = []
    for _ in range(800):
        asked = controls(steer=1.0, throttle=0.2 if speed_of(state) < 1.2 else 0.0)
        state = step(state, asked, table, DT, normals)
        track.append(state.position[0])
    origin = np.ptp(np.array(track)[300:, 0]) / 2.0
    rear = math.sqrt(origin**2 - vehicle.rear_axle_x**2)
    outer_wheel = math.hypot(rear + 0.5 * vehicle.track_width, vehicle.wheelbase)
    assert 2.0 * outer_wheel == pytest.approx(10.8, abs=0.5)


def test_positive_steer_turns_right_and_negative_left():
    for steer in (0.2, -0.2):
        last = run(*with_controls(moving(8.0), steer=steer), seconds=1.0)[-1]
        assert np.sign([last.yaw[0], last.position[0, 1], last.angular_velocity[0, 2]]) == pytest.approx(
            np.sign(steer)
        )


def steady_yaw_rate(speed, steer):
    """Yaw rate, rad/s, and road wheel angle after the car has settled, its speed held by hand."""
    state, table, normals = moving(speed)
    for _ in range(80):
        state = step(state, controls(steer=steer), table, DT, normals)
        pace = state.velocity * speed / speed_of(state)
        state = replace(state, velocity=pace)
    return state.angular_velocity[0, 2], state.steer_angle[0]


def test_a_car_understeers_a_little():
    wheelbase = PRESETS["car"].wheelbase
    for speed in (15.0, 25.0):
        yaw_rate, angle = steady_yaw_rate(speed, 0.02)
        neutral = speed * math.tan(angle) / wheelbase
        gradient = (angle - wheelbase * yaw_rate / speed) / (speed * yaw_rate / 9.81)
        assert yaw_rate < neutral
        assert math.radians(0.3) < gradient < math.radians(2.5)


def test_a_car_corners_at_above_1_g_and_not_beyond_the_friction_of_its_front_axle():
    car = PRESETS["car"]
    most = car.friction * car.side_grip * car.front_side_grip
    yaw_rate, _ = steady_yaw_rate(25.0, 0.5)
    assert 1.2 * 9.81 < 25.0 * yaw_rate < 1.02 * most * 9.81


@pytest.mark.parametrize("kind", [kind for kind in KINDS if PRESETS[kind].track_width > 0.0])
@pytest.mark.parametrize("speed", [12.0, 25.0])
@pytest.mark.parametrize("steer", [0.1, 0.3, 1.0])
@pytest.mark.parametrize("brake", [0.0, 0.3, 1.0])
def test_a_car_slides_rather_than_spins_when_the_wheel_is_torn_round(kind, speed, steer, brake):
    for state in run(*with_controls(moving(speed, kind), steer=steer, brake=brake), seconds=3.0):
        course = math.atan2(state.velocity[0, 1], state.velocity[0, 0])
        assert speed_of(state) < 3.0 or abs(math.remainder(course - state.yaw[0], 2.0 * math.pi)) < 0.55


def test_the_hand_brake_locks_the_rear_axle_and_lets_the_tail_out():
    def slip(hand_brake):
        last = run(*with_controls(moving(15.0), steer=0.3, hand_brake=hand_brake), seconds=0.8)[-1]
        return abs(math.atan2(last.velocity[0, 1], last.velocity[0, 0]) - last.yaw[0])

    assert slip(True) > 3.0 * slip(False)


def test_the_hand_brake_decelerates_straight_ahead_less_than_the_foot_brake():
    last = run(*with_controls(moving(20.0), hand_brake=True), seconds=1.0)[-1]
    assert 2.5 < 20.0 - last.velocity[0, 0] < 6.0
    assert last.position[0, 1] == 0.0


def test_reverse_drives_backwards_and_a_manual_gear_is_honoured():
    back = run(*with_controls(moving(0.0), throttle=0.5, reverse=True), seconds=3.0)[-1]
    assert back.velocity[0, 0] < -2.0
    assert back.gear[0] == -1
    neutral = run(*with_controls(moving(0.0), throttle=1.0, manual_gear_shift=True, gear=0), seconds=3.0)[-1]
    assert speed_of(neutral) == 0.0
    third = run(*with_controls(moving(10.0), throttle=0.5, manual_gear_shift=True, gear=3), seconds=1.0)[-1]
    assert third.gear[0] == 3
    beyond = run(*with_controls(moving(10.0), manual_gear_shift=True, gear=99), seconds=1.0)[-1]
    assert beyond.gear[0] == 6


def test_the_engine_brakes_more_in_a_lower_gear():
    slowed = [
        20.0 - speed_of(run(*with_controls(moving(20.0), manual_gear_shift=True, gear=g), seconds=2.0)[-1])
        for g in (2, 5)
    ]
    assert slowed[0] > slowed[1] + 0.3


def test_a_driver_who_toggles_the_throttle_does_not_make_the_box_hunt():
    state, table, normals = moving(12.0)
    gears = []
    for k in range(400):
        throttle = 0.85 if speed_of(state) < 12.0 else 0.0
        state = step(state, controls(throttle=throttle), table, DT, normals)
        gears.append(int(state.gear[0]))
        assert 11.0 < speed_of(state) < 13.0 or k < 20
    assert np.count_nonzero(np.diff(gears[100:])) <= 2


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("along", "across"), [(0.2, 0.0), (-0.2, 0.0), (0.0, 0.15), (0.1, -0.1)])
def test_a_braked_vehicle_at_rest_stays_at_rest_on_a_slope(kind, along, across):
    state, table, normals = moving(0.0, kind, pitch_slope=along, side_slope=across)
    state = replace(state, brake=np.ones(1))
    last = run(state, controls(brake=1.0, steer=0.5), table, normals, 10.0)[-1]
    assert speed_of(last) == 0.0
    assert np.array_equal(last.position, state.position)
    assert last.yaw[0] == 0.0


def test_a_parked_car_on_level_ground_does_not_creep_whatever_its_wheels_do():
    last = run(*with_controls(moving(0.0), steer=1.0), seconds=10.0)[-1]
    assert np.array_equal(last.position, np.zeros((1, 3)))
    assert last.steer_angle[0] > 0.5


def test_an_unbraked_car_rolls_down_a_slope_with_the_share_of_gravity():
    last = run(*with_controls(moving(0.0, pitch_slope=-0.1), manual_gear_shift=True, gear=0), seconds=3.0)[-1]
    expected = 3.0 * 9.81 * (0.1 / math.hypot(1.0, 0.1) - 0.012)
    assert last.velocity[0, 0] == pytest.approx(expected * math.cos(math.atan(0.1)), rel=0.03)
    assert last.position[0, 2] == pytest.approx(-0.1 * last.position[0, 0], rel=1e-6)


def test_pitch_and_roll_are_those_of_the_ground():
    uphill = run(*with_controls(moving(1.0, pitch_slope=0.1), brake=1.0), seconds=0.1)[-1]
    assert (uphill.pitch[0], uphill.roll[0]) == pytest.approx((math.atan(0.1), 0.0), abs=1e-9)
    right_side_up = run(*with_controls(moving(0.0, side_slope=0.1), brake=1.0), seconds=0.1)[-1]
    assert (right_side_up.pitch[0], right_side_up.roll[0]) == pytest.approx((0.0, -math.atan(0.1)), abs=1e-9)


def test_a_car_brakes_to_a_stop_without_rocking():
    states = run(*with_controls(moving(6.0), brake=0.6, steer=0.3), seconds=5.0, dt=0.02)
    speeds = np.array([s.velocity[0] @ (math.cos(s.yaw[0]), math.sin(s.yaw[0]), 0.0) for s in states])
    assert np.all(np.diff(speeds) <= 1e-9)
    assert np.all(speeds >= 0.0)
    assert speeds[-1] == 0.0


def energy(state, vehicle):
    """J, motion of the centre of gravity and of yaw."""
    cg = vehicle.rear_axle_x + vehicle.cg_to_rear
    spin = state.angular_velocity[0, 2]
    across = np.array([-math.sin(state.yaw[0]), math.cos(state.yaw[0]), 0.0])
    velocity = state.velocity[0] + spin * cg * across
    return 0.5 * vehicle.mass * float(velocity @ velocity) + 0.5 * vehicle.yaw_inertia * spin**2


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(KINDS),
    speed=st.floats(-8.0, 45.0),
    y_speed=st.floats(-10.0, 10.0),
    yaw_rate=st.floats(-4.0, 4.0),
    steer=st.floats(-1.0, 1.0),
    brake=st.sampled_from([0.0, 0.2, 1.0]),
    hand_brake=st.booleans(),
)
def test_energy_never_grows_without_throttle(kind, speed, y_speed, yaw_rate, steer, brake, hand_brake):
    state, table, normals = moving(speed, kind, y_speed, yaw_rate)
    asked = controls(steer=steer, brake=brake, hand_brake=hand_brake)
    energies = np.array([energy(s, PRESETS[kind]) for s in run(state, asked, table, normals, 4.0)])
    assert np.all(np.diff(energies) <= 1e-6 * energies[:-1] + 1e-9)


numbers = st.floats(allow_nan=True, allow_infinity=True)
switches = (st.booleans(), st.booleans(), st.booleans(), st.integers(-9, 99))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(
    kind=st.sampled_from(KINDS),
    asked=st.lists(st.tuples(numbers, numbers, numbers, *switches), min_size=1, max_size=6),
    speed=st.floats(-30.0, 90.0),
    y_speed=st.floats(-30.0, 30.0),
    yaw_rate=st.floats(-12.0, 12.0),
    slope=st.tuples(st.floats(-0.4, 0.4), st.floats(-0.4, 0.4)),
)
def test_no_input_makes_a_state_that_is_not_finite(kind, asked, speed, y_speed, yaw_rate, slope):
    state, table, normals = moving(speed, kind, y_speed, yaw_rate, *slope)
    names = [field.name for field in fields(VehicleControls)]
    for row in asked:
        for _ in range(10):
            state = step(state, controls(**dict(zip(names, row, strict=True))), table, DT, normals)
    for field in fields(state):
        assert np.isfinite(getattr(state, field.name)).all(), field.name
    assert speed_of(state) < 150.0


def traffic(n, seed):
    generator = np.random.default_rng(seed)
    state = replace(
        VehicleStates.at_rest(generator.uniform(-50.0, 50.0, (n, 3)), generator.uniform(-3.0, 3.0, n)),
        velocity=generator.uniform(-15.0, 15.0, (n, 3)) * (1.0, 1.0, 0.0),
    )
    asked = controls(
        n,
        throttle=generator.uniform(0.0, 1.0, n),
        steer=generator.uniform(-1.0, 1.0, n),
        brake=generator.uniform(0.0, 0.4, n),
    )
    kinds = [KINDS[k] for k in generator.integers(0, len(KINDS), n)]
    return state, asked, kinds, np.tile([0.0, 0.0, 1.0], (n, 1))


def test_runs_repeat_bit_for_bit_and_do_not_depend_on_the_order_of_the_vehicles():
    state, asked, kinds, normals = traffic(20, seed=3)
    order = np.random.default_rng(4).permutation(20)
    table = ParameterTable.of([PRESETS[kind] for kind in kinds])
    shuffled = ParameterTable.of([PRESETS[kinds[k]] for k in order])
    for _ in range(2):
        first = second = state
        other = take(state, order)
        for _ in range(40):
            first = step(first, asked, table, DT, normals)
            second = step(second, asked, table, DT, normals)
            other = step(other, take(asked, order), shuffled, DT, normals)
    for field in fields(first):
        here = getattr(first, field.name)
        assert np.array_equal(here, getattr(second, field.name))
        assert np.array_equal(here[order], getattr(other, field.name))


def test_the_step_of_the_server_hardly_matters():
    ends = [
        run(*with_controls(moving(12.0), steer=0.1, throttle=0.4), seconds=4.0, dt=dt)[-1].position[0]
        for dt in (0.01, 0.05, 0.1)
    ]
    assert np.ptp(ends, axis=0).max() < 0.02


def test_states_are_left_as_they_were_and_can_be_joined_and_taken():
    state, asked, kinds, normals = traffic(3, seed=1)
    before = state.position.copy()
    step(state, asked, ParameterTable.of([PRESETS[kind] for kind in kinds]), DT, normals)
    assert np.array_equal(state.position, before)
    both = join([state, take(state, np.array([2]))])
    assert len(both) == 4
    assert np.array_equal(both.position[3], state.position[2])


def test_no_vehicles_are_no_trouble():
    none = VehicleStates.at_rest(np.empty((0, 3)), 0.0)
    assert len(step(none, VehicleControls.idle(0), ParameterTable.of([]), DT, np.empty((0, 3)))) == 0


@pytest.mark.parametrize("dt", [0.0, -1.0, math.nan, math.inf])
def test_a_step_that_is_no_time_is_refused(dt):
    state, table, normals = moving(0.0)
    with pytest.raises(ValueError, match="dt: expected a positive time"):
        step(state, controls(), table, dt, normals)


def test_arrays_of_different_sizes_are_refused():
    state, table, normals = moving(0.0)
    with pytest.raises(ValueError, match="expected 1 controls"):
        step(state, controls(2), table, DT, normals)
