"""Ticks of a world with a synchronous TrafficManager in this process, which cannot be slept through.

`World.tick` lets the TrafficManager's thread make one step and waits for its end. CARLA 0.9.16 signals both
without holding the lock under which they are waited for, so that a signal may fall into the moment between
looking and going to sleep: then both threads sleep for ever, and with them whatever in this process asks for
the TrafficManager. Its own RPC port still answers, and leaving synchronous mode signals once more.
"""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import carla
import msgpack

# A step of the drivers takes milliseconds; one that takes this long after the world's step is asleep.
PATIENCE_S = 0.5
_ANSWER_TIMEOUT_S = 2.0
_REQUEST = 0


class WakefulTicks:
    """Ticks a world; made by `wakeful_ticks`.

    Args:
        world: whose TrafficManager runs in this process.
        port: of the TrafficManager.
        patience_s: how long a tick may hang after the world's step; it is woken within twice that time.
    """

    def __init__(self, world: carla.World, port: int, patience_s: float = PATIENCE_S) -> None:
        self._world = world
        self._port = port
        self._patience_s = patience_s
        self._ticks = 0
        self._waited_for: int | None = None
        self._closed = threading.Event()

    def tick(self, timeout_s: float) -> int:
        """Steps the world and then the drivers; returns the number of the frame.

        Raises:
            RuntimeError: the server did not answer in time.
        """
        self._waited_for = int(self._world.get_snapshot().frame) + 1
        try:
            return int(self._world.tick(timeout_s))
        finally:
            self._waited_for = None
            self._ticks += 1

    def watch(self) -> None:
        """Wakes the TrafficManager whenever the world has stepped but the tick does not end, until closed."""
        hanging = -1
        while not self._closed.wait(self._patience_s):
            number, frame = self._ticks, self._waited_for
            stepped = frame is not None and self._world.get_snapshot().frame >= frame
            if stepped and number == hanging:
                wake(self._port)
            hanging = number if stepped else -1

    def close(self) -> None:
        """Ends `watch`."""
        self._closed.set()


@contextmanager
def wakeful_ticks(world: carla.World, port: int, patience_s: float = PATIENCE_S) -> Iterator[WakefulTicks]:
    """Ticks that are watched over for the time of a `with` block."""
    ticks = WakefulTicks(world, port, patience_s)
    watcher = threading.Thread(target=ticks.watch, name="wakeful ticks", daemon=True)
    watcher.start()
    try:
        yield ticks
    finally:
        ticks.close()
        watcher.join()


def wake(port: int) -> None:
    """Signals the step of the TrafficManager at `port` once more, without leaving synchronous mode for long.

    Both calls go out together: the step that was slept through lasts longer than the moment between them, so
    that it stays the only one. Nothing happens when nobody listens there.
    """
    calls = [(_REQUEST, number, "set_synchronous_mode", [on]) for number, on in enumerate((False, True))]
    with (
        contextlib.suppress(OSError),
        socket.create_connection(("127.0.0.1", port), _ANSWER_TIMEOUT_S) as line,
    ):
        line.sendall(b"".join(msgpack.packb(call) for call in calls))
        answers, answered = msgpack.Unpacker(), 0
        while answered < len(calls) and (data := line.recv(1024)):
            answers.feed(data)
            answered += sum(1 for _ in answers)
