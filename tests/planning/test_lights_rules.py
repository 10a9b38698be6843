"""What each state of a light asks for, and what is remembered."""

import pytest

from data.types import LightState, SignalAhead, SignalReading
from planning.config import LightConfig
from planning.lights import Duty, StopLines

RED, YELLOW, GREEN = LightState.RED, LightState.YELLOW, LightState.GREEN
UNKNOWN, OFF = LightState.UNKNOWN, LightState.OFF
FRONT = 4.0


class Line:
    """One stop line that is read again and again."""

    def __init__(self, **config):
        self.lines = StopLines(LightConfig(**config))
        self.frame = 0

    def duty(self, states, distance, speed, frames=3, confidence=0.9):
        """The duty after some frames with these states of the signals `0`, `1`, ... at the line."""
        states = states if isinstance(states, tuple) else (states,)
        signals = [SignalAhead(str(i), (30.0, 0.0, 5.0), distance + FRONT) for i in range(len(states))]
        readings = [
            SignalReading(str(i), s, confidence, (0, 0, 5, 9), distance) for i, s in enumerate(states)
        ]
        for _ in range(frames):
            self.frame += 1
            found = self.lines.update(signals, readings, self.frame * 50_000_000, 0.05, speed, FRONT)
        return found[0].duty


@pytest.mark.parametrize(
    ("state", "distance", "speed", "duty"),
    [
        (GREEN, 20.0, 10.0, Duty.GO),
        (RED, 60.0, 14.0, Duty.STOP),
        (RED, 15.0, 13.0, Duty.STOP),  # 5.5 m/s2: hard, but possible
        (RED, 5.0, 14.0, Duty.GO),  # 18 m/s2: impossible
        (RED, 1.8, 0.0, Duty.STOP),
        (RED, -0.5, 0.0, Duty.STOP),  # stands with the bumper over the line
        (RED, -2.0, 0.0, Duty.GO),
        (RED, -0.5, 3.0, Duty.GO),  # is already driving through
        (YELLOW, 40.0, 13.0, Duty.STOP),
        (YELLOW, 20.0, 13.0, Duty.GO),  # 5 m/s2: too much for a yellow
        (YELLOW, 1.0, 0.0, Duty.STOP),
        (UNKNOWN, 30.0, 10.0, Duty.BE_READY),
        (OFF, 30.0, 10.0, Duty.CREEP),
    ],
)
def test_each_state_asks_for_its_duty(state, distance, speed, duty):
    assert Line().duty(state, distance, speed) == duty


def test_the_strictest_of_several_lights_at_a_line_counts():
    assert Line().duty((GREEN, RED), 30.0, 10.0) == Duty.STOP
    assert Line().duty((GREEN, UNKNOWN), 30.0, 10.0) == Duty.GO


def test_a_reading_without_confidence_is_none():
    assert Line().duty(GREEN, 30.0, 10.0, confidence=0.2) == Duty.BE_READY


def test_a_decision_at_yellow_stands_while_the_way_gets_shorter():
    stopping, passing = Line(), Line()
    assert stopping.duty(YELLOW, 32.0, 12.0) == Duty.STOP
    assert stopping.duty(YELLOW, 20.0, 11.0, frames=1) == Duty.STOP  # 3.5 m/s2 by now
    assert passing.duty(YELLOW, 22.0, 12.0) == Duty.GO
    assert passing.duty(YELLOW, 15.0, 9.0, frames=1) == Duty.GO


def test_who_passes_a_yellow_still_stops_when_it_turns_red_in_good_time():
    line = Line()
    assert line.duty(YELLOW, 22.0, 12.0) == Duty.GO
    assert line.duty(RED, 18.0, 5.0) == Duty.STOP


def test_green_needs_more_readings_than_red():
    line = Line(stop_frames=2, go_frames=3)
    assert line.duty(RED, 30.0, 10.0, frames=2) == Duty.STOP
    assert line.duty(GREEN, 30.0, 10.0, frames=2) == Duty.STOP
    assert line.duty(GREEN, 30.0, 10.0, frames=1) == Duty.GO
    assert line.duty(RED, 30.0, 10.0, frames=1) == Duty.GO
    assert line.duty(RED, 30.0, 10.0, frames=1) == Duty.STOP


def test_a_red_out_of_sight_is_believed_for_its_time_and_a_green_for_less():
    red, green = Line(red_memory_s=20.0), Line(green_memory_s=1.0)
    red.duty(RED, 2.0, 0.0)
    assert red.duty(UNKNOWN, 2.0, 0.0, frames=19 * 20) == Duty.STOP
    assert red.duty(UNKNOWN, 2.0, 0.0, frames=2 * 20) == Duty.BE_READY
    green.duty(GREEN, 20.0, 5.0)
    assert green.duty(UNKNOWN, 18.0, 5.0, frames=15) == Duty.GO
    assert green.duty(UNKNOWN, 16.0, 5.0, frames=15) == Duty.BE_READY


def test_standing_at_a_light_that_nobody_reads_ends_in_a_creep_and_not_before_its_time():
    line = Line(unknown_wait_s=5.0)
    assert line.duty(UNKNOWN, 2.0, 0.0, frames=4 * 20) == Duty.BE_READY
    assert line.duty(UNKNOWN, 2.0, 0.0, frames=2 * 20) == Duty.CREEP
    assert line.duty(UNKNOWN, 1.0, 2.0, frames=10) == Duty.CREEP
    assert line.duty(RED, 0.9, 0.5, frames=3) == Duty.STOP


def test_standing_far_from_the_line_is_not_waiting_at_it():
    line = Line(unknown_wait_s=5.0)
    assert line.duty(UNKNOWN, 20.0, 0.0, frames=10 * 20) == Duty.BE_READY


def test_passed_lines_are_forgotten():
    line = Line()
    line.duty(YELLOW, 20.0, 13.0)
    line.lines.update([], [], line.frame * 50_000_000 + 1, 0.05, 13.0, FRONT)
    assert line.duty(YELLOW, 40.0, 10.0) == Duty.STOP
