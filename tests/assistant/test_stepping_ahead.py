import threading

import pytest

from assistant.stepping_ahead import SteppingAhead
from data.types import Control
from sim_bridge.errors import SimulatorError
from tests.assistant.frames import result

CONTROL = Control(0, 0.1, 0.0, 0.0)


class Simulator:
    """Writes down what is asked of it, and gives made-up frames."""

    def __init__(self, broken_from=99):
        self.calls, self.broken_from = [], broken_from
        self.ticked = threading.Event()

    def apply(self, control):
        self.calls.append("apply")

    def tick(self):
        number = self.calls.count("tick") + 1
        self.calls.append("tick")
        self.ticked.set()
        if number >= self.broken_from:
            raise SimulatorError("gone")
        return result(number).frame


def ahead(simulator, steps):
    return SteppingAhead(simulator.apply, simulator.tick, result(0).frame, steps)


def test_frames_and_controls_alternate_as_in_a_plain_loop():
    simulator = Simulator()
    with ahead(simulator, steps=3) as session:
        seen = []
        for frame in session.frames():
            seen.append(frame.frame)
            session.act(CONTROL)
    assert seen == [0, 1, 2, 3]
    assert simulator.calls == ["apply", "tick"] * 3 + ["apply"]


def test_the_simulator_steps_before_the_next_frame_is_asked_for():
    simulator = Simulator()
    with ahead(simulator, steps=1) as session:
        next(session.frames())
        session.act(CONTROL)
        assert simulator.ticked.wait(10.0)


def test_a_simulator_that_breaks_is_told_where_its_frame_is_waited_for():
    simulator = Simulator(broken_from=2)
    with ahead(simulator, steps=5) as session:
        frames = session.frames()
        for _ in range(2):
            next(frames)
            session.act(CONTROL)
        with pytest.raises(SimulatorError, match="gone"):
            next(frames)


def test_a_loop_that_ends_early_leaves_no_step_under_way():
    simulator = Simulator()
    with ahead(simulator, steps=5) as session:
        for frame in session.frames():
            session.act(CONTROL)
            if frame.frame == 1:
                break
    assert simulator.calls.count("tick") == 2
    assert not any(thread.name.startswith("stepping ahead") for thread in threading.enumerate())
