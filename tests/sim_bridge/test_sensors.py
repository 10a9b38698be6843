"""Taking exactly the measurement of one frame."""

import queue
import time
from types import SimpleNamespace

import pytest

from sim_bridge.errors import SimulatorError
from sim_bridge.sensors import Listening


def listening(*frames, alive=True):
    arrived = queue.SimpleQueue()
    for frame in frames:
        arrived.put(SimpleNamespace(frame=frame))
    line = SimpleNamespace(where="127.0.0.1:2000", alive=lambda: alive)
    return Listening("front", None, arrived, line)


def test_older_measurements_are_dropped():
    assert listening(3, 4, 5).take(5, 1.0).frame == 5


def test_a_missing_measurement_is_told_with_its_sensor_and_frame():
    begin = time.monotonic()
    with pytest.raises(SimulatorError, match=r"sensor front sent nothing for frame 5 within 0\.1 s"):
        listening(3, 4).take(5, 0.1)
    assert time.monotonic() - begin < 1.0


def test_a_server_that_is_gone_is_not_waited_for():
    begin = time.monotonic()
    with pytest.raises(SimulatorError, match=r"the simulator at 127\.0\.0\.1:2000 was lost"):
        listening(3, alive=False).take(5, 30.0)
    assert time.monotonic() - begin < 5.0


def test_a_frame_that_was_left_out_is_told():
    with pytest.raises(SimulatorError, match="left out frame 5"):
        listening(4, 6).take(5, 1.0)


def test_contacts_of_this_frame_wait_for_the_next():
    sensor = listening(6, 4, 5)
    assert [data.frame for data in sensor.arrived_before(6)] == [4, 5]
    assert [data.frame for data in sensor.arrived_before(7)] == [6]
