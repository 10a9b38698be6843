from collections import Counter

import numpy as np
import pytest

from sim_bridge.server.maps.signal_cycle import ALL_RED_S, GREEN_S, YELLOW_S, SignalCycle, SignalState

STEP_S = 0.05


@pytest.fixture
def cycle(town):
    return SignalCycle(town.traffic_lights)


def steps(seconds):
    return round(seconds / STEP_S)


def test_never_two_approaches_of_a_junction_may_drive(town, cycle):
    junctions = [light.junction_id for light in town.traffic_lights]
    for _ in range(steps(120.0)):
        cycle.step(STEP_S)
        free = Counter(j for j, s in zip(junctions, cycle.states, strict=True) if s != SignalState.RED)
        assert not free or max(free.values()) == 1


def test_every_light_has_its_green_in_each_round(cycle):
    seen = np.zeros(len(cycle.states), dtype=int)
    last = cycle.states.copy()
    seen += last == SignalState.GREEN
    for _ in range(steps(4 * (GREEN_S + YELLOW_S + ALL_RED_S))):
        cycle.step(STEP_S)
        seen += (cycle.states == SignalState.GREEN) & (last != SignalState.GREEN)
        last = cycle.states.copy()
    assert seen.min() >= 1


def test_green_yellow_and_all_red_last_as_long_as_they_should(cycle):
    light = int(np.flatnonzero(cycle.states == SignalState.GREEN)[0])
    shown = []
    for _ in range(steps(GREEN_S + YELLOW_S + ALL_RED_S)):
        shown.append(SignalState(int(cycle.states[light])))
        cycle.step(STEP_S)
    counts = Counter(shown)
    assert counts == {
        SignalState.GREEN: steps(GREEN_S),
        SignalState.YELLOW: steps(YELLOW_S),
        SignalState.RED: steps(ALL_RED_S),
    }
    others = [index for index in cycle.group_of(light) if index != light]
    assert (cycle.states[others] == SignalState.GREEN).sum() == 1


def test_the_same_steps_give_the_same_states(town, cycle):
    other = SignalCycle(town.traffic_lights)
    for _ in range(500):
        cycle.step(STEP_S)
        other.step(STEP_S)
    assert np.array_equal(cycle.states, other.states)
    cycle.reset()
    assert np.array_equal(cycle.states, SignalCycle(town.traffic_lights).states)


def test_a_frozen_cycle_keeps_what_was_set_by_hand(cycle):
    cycle.frozen = True
    light = int(np.flatnonzero(cycle.states == SignalState.RED)[0])
    cycle.set_state(light, SignalState.GREEN)
    before = cycle.states.copy()
    for _ in range(1000):
        cycle.step(STEP_S)
    assert np.array_equal(cycle.states, before)


def test_a_longer_green_is_kept(cycle):
    light = int(np.flatnonzero(cycle.states == SignalState.GREEN)[0])
    cycle.green_s[light] = 20.0
    for _ in range(steps(19.9)):
        cycle.step(STEP_S)
    assert cycle.states[light] == SignalState.GREEN


def test_resetting_a_group_leaves_the_others_alone(cycle):
    for _ in range(steps(9.0)):
        cycle.step(STEP_S)
    before = cycle.states.copy()
    group = cycle.group_of(5)
    cycle.reset_group(5)
    assert cycle.states[group[0]] == SignalState.GREEN
    others = np.setdiff1d(np.arange(len(before)), group)
    assert np.array_equal(cycle.states[others], before[others])


def test_a_map_without_lights_has_an_empty_cycle():
    cycle = SignalCycle([])
    cycle.step(STEP_S)
    assert len(cycle.states) == 0


def test_the_step_in_which_green_ends_is_told(cycle):
    light = int(np.flatnonzero(cycle.states == SignalState.GREEN)[0])
    told = []
    for _ in range(steps(GREEN_S + 1.0)):
        cycle.step(STEP_S)
        told.append(bool(cycle.turned_yellow[light]))
    assert told.count(True) == 1
    assert told.index(True) == steps(GREEN_S) - 1
