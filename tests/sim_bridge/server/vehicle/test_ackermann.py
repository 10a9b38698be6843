"""CARLA's Ackermann control, driving our car."""

import math
from dataclasses import replace

import numpy as np
import pytest

from sim_bridge.server.vehicle.ackermann import AckermannMemory, AckermannSettings, AckermannTarget, control
from sim_bridge.server.vehicle.dynamics import step
from sim_bridge.server.vehicle.parameters import PRESETS, ParameterTable
from sim_bridge.server.vehicle.states import VehicleControls, VehicleStates

DT, FULL = 0.05, math.radians(70.0)


def driven(target, seconds, state=None):
    state = VehicleStates.at_rest([[0.0, 0.0, 0.0]], 0.0) if state is None else state
    table, memory, commands = ParameterTable.of([PRESETS["car"]]), AckermannMemory(), []
    for _ in range(round(seconds / DT)):
        forward = state.velocity[0, 0] * math.cos(state.yaw[0]) + state.velocity[0, 1] * math.sin(
            state.yaw[0]
        )
        command, memory = control(target, AckermannSettings(), memory, forward, FULL, DT)
        asked = replace(
            VehicleControls.idle(1),
            throttle=np.array([command.throttle]), brake=np.array([command.brake]),
            steer=np.array([command.steer]), reverse=np.array([command.reverse]),
        )  # fmt: skip
        state = step(state, asked, table, DT, np.array([[0.0, 0.0, 1.0]]))
        commands.append(command)
    return state, commands


def test_a_speed_is_reached_and_held():
    state, _ = driven(AckermannTarget(speed=8.0), 40.0)
    assert state.velocity[0, 0] == pytest.approx(8.0, abs=0.5)


def test_a_negative_speed_drives_backwards():
    state, commands = driven(AckermannTarget(speed=-3.0), 30.0)
    assert commands[-1].reverse
    assert state.velocity[0, 0] == pytest.approx(-3.0, abs=0.5)


def test_a_target_of_no_speed_holds_the_brake():
    state, commands = driven(AckermannTarget(speed=0.0), 2.0)
    assert commands[-1].brake == 1.0
    assert np.array_equal(state.velocity, np.zeros((1, 3)))


def test_the_wheels_turn_at_the_rate_that_is_asked():
    _, commands = driven(AckermannTarget(steer=0.5, steer_speed=0.2, speed=0.0), 1.0)
    assert [c.steer * FULL for c in commands[:3]] == pytest.approx([0.01, 0.02, 0.03])
    _, commands = driven(AckermannTarget(steer=9.0, speed=0.0), 0.1)
    assert commands[0].steer == 1.0
