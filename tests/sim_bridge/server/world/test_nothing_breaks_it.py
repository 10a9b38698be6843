"""Whatever clients ask for, in whatever order: the world stays finite and repeats bit for bit."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim_bridge.server.transforms import Pose
from sim_bridge.server.vehicle.collision import obstacles_of
from sim_bridge.server.wire.vehicles import VehicleControl

HUGE = [0.0, 1e-30, -1.0, 1.0, 1e3, 1e9, -1e9]
EXTREMES = [0.0, 1e-9, 1e-3, 1.0, 1e3, 1e6, 1e30]
STEPS = [1e-4, 0.01, 0.05, 0.1, 1.0]

vectors = st.tuples(*(st.sampled_from(HUGE),) * 3)
places = st.tuples(*(st.sampled_from([-1e6, -3.0, 0.0, 5.0, 1e6]),) * 3)
numbers = st.sampled_from(EXTREMES)
calls = st.one_of(
    st.tuples(st.just("strike"), vectors, vectors),
    st.tuples(st.just("press"), vectors, vectors),
    st.tuples(st.just("velocity"), vectors),
    st.tuples(st.just("turn"), vectors),
    st.tuples(st.just("hold"), vectors),
    st.tuples(st.just("place"), places, st.sampled_from([0.0, 1.5, -3.0])),
    st.tuples(st.just("physics"), st.lists(numbers, min_size=12, max_size=12)),
    st.tuples(st.just("control"), st.floats(0.0, 1.0), st.floats(-1.0, 1.0), st.booleans()),
)


def call(fleet, actor_id, name, *values):
    if name == "strike":
        fleet.strike(actor_id, *map(np.array, values))
    elif name == "press":
        fleet.press(actor_id, *map(np.array, values))
    elif name == "velocity":
        fleet.set_velocity(actor_id, values[0])
    elif name == "turn":
        fleet.set_angular_velocity(actor_id, values[0])
    elif name == "hold":
        fleet.held_velocity[actor_id] = tuple(np.clip(values[0], -300.0, 300.0).tolist())
    elif name == "place":
        fleet.place(actor_id, Pose(*values[0], values[1] / 3.0, values[1], values[1]))
    elif name == "control":
        throttle, steer, reverse = values
        fleet.ask(actor_id, VehicleControl(throttle, steer, 1.0 - throttle, reverse=reverse))
    else:
        set_physics(fleet, actor_id, values[0])


def set_physics(fleet, actor_id, v):
    control = fleet.physics_control(actor_id)
    wheels = tuple(
        replace(
            w, tire_friction=v[0], radius=v[1], damping_rate=v[2], lat_stiff_value=v[3], max_brake_torque=v[4]
        )
        for w in control.wheels
    )
    wanted = replace(
        control, wheels=wheels, mass=v[5], drag_coefficient=v[6], max_rpm=v[7], moi=v[8], final_ratio=v[9],
        damping_rate_full_throttle=v[10], gear_switch_time=v[11], torque_curve=((0.0, v[2]), (1e3, v[6])),
        center_of_mass=(v[3], v[4], v[5]),
    )  # fmt: skip
    refused = min(v[1], v[5], v[7], v[8], v[9]) <= 0.0
    if refused:
        with pytest.raises(ValueError, match=r"physics control: .*expected a positive number"):
            fleet.set_physics_control(actor_id, wanted)
    else:
        fleet.set_physics_control(actor_id, wanted)


def busy(scene, level, script):
    """A crossing full of things, after the script; bytes of all motion."""
    world = scene(level, obstacles_of([[12.0, 0.0, 1.0]], [0.4], [[0.2, 6.0, 1.0]]))
    for k, kind in enumerate(("car", "truck", "bicycle")):
        world.car(-6.0 * k, y=0.4 * k, speed=8.0, kind=kind)
    world.person(3.0)
    world.prop(6.0, loose=True)
    for actor_id, dt, wish in script:
        call(world.fleet, actor_id, *wish)
        world.step(dt)
        states, table = world.fleet.states, world.table
        for name in (
            "position",
            "velocity",
            "angular_velocity",
            "acceleration",
            "pitch",
            "yaw",
            "roll",
            "load",
        ):
            assert np.isfinite(getattr(states, name)).all(), name
        assert np.isfinite(table.pose).all()
        assert np.isfinite(table.velocity).all()
        assert np.abs(states.velocity).max() < 1e4
        assert np.abs(states.position).max() < 2e6
    return world.fleet.states.position.tobytes() + world.table.pose.tobytes()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(script=st.lists(st.tuples(st.integers(1, 3), st.sampled_from(STEPS), calls), min_size=1, max_size=12))
def test_no_calls_make_a_world_that_is_not_finite(level, scene, script):
    assert busy(scene, level, script) == busy(scene, level, script)
