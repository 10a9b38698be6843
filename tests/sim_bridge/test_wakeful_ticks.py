"""A TrafficManager that slept through its step is woken over its own port."""

import socket
import threading
from types import SimpleNamespace

import msgpack
import pytest

from sim_bridge.wakeful_ticks import wake, wakeful_ticks

PATIENCE_S = 0.05


class SleepingManager:
    """A world whose tick ends only once its TrafficManager has been told to leave synchronous mode."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.woken = threading.Event()
        self.heard = []
        self.frame = 7
        threading.Thread(target=self.answer, daemon=True).start()

    def answer(self):
        try:
            line, _ = self.listener.accept()
        except OSError:
            return  # nobody ever called
        calls = msgpack.Unpacker()
        with line:
            while data := line.recv(1024):
                calls.feed(data)
                for _, number, name, arguments in calls:
                    self.heard.append((name, *arguments))
                    line.sendall(msgpack.packb([1, number, None, None]))
                    self.woken.set()

    def get_snapshot(self):
        return SimpleNamespace(frame=self.frame)

    def tick(self, timeout_s):
        self.frame += 1
        assert self.woken.wait(timeout_s)
        return self.frame


@pytest.fixture
def asleep():
    manager = SleepingManager()
    yield manager
    manager.listener.close()


def test_a_tick_whose_drivers_sleep_is_woken_and_ends_in_synchronous_mode(asleep):
    with wakeful_ticks(asleep, asleep.port, PATIENCE_S) as ticks:
        assert ticks.tick(10.0) == 8
    assert asleep.heard == [("set_synchronous_mode", False), ("set_synchronous_mode", True)]


def test_a_tick_that_waits_for_the_server_is_left_alone(asleep):
    asleep.get_snapshot = lambda: SimpleNamespace(frame=7)
    with wakeful_ticks(asleep, asleep.port, PATIENCE_S) as ticks, pytest.raises(AssertionError):
        ticks.tick(10.0 * PATIENCE_S)
    assert asleep.heard == []


def test_ticks_that_end_in_time_are_left_alone(asleep):
    asleep.woken.set()
    with wakeful_ticks(asleep, asleep.port, PATIENCE_S) as ticks:
        for _ in range(10):
            ticks.tick(1.0)
            threading.Event().wait(0.3 * PATIENCE_S)
    assert asleep.heard == []


def test_waking_a_manager_that_is_gone_does_nothing(asleep):
    asleep.listener.close()
    wake(asleep.port)
