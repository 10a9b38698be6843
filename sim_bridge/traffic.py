"""Other cars and people on foot, driven by the TrafficManager and a crowd in a process of their own."""

from __future__ import annotations

import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import carla

from sim_bridge.child_process import Child, run_module
from sim_bridge.errors import SimulatorError
from sim_bridge.server_line import ServerLine
from sim_bridge.traffic_process import TrafficOrder

# A real CARLA's map and the TrafficManager's own take a while.
_START_TIMEOUT_S = 60.0
_LIFE_CHECK_S = 0.2


@dataclass(frozen=True)
class Traffic:
    """Cars under autopilot and walkers; whoever ticks the world must do it through them.

    Attributes:
        actor_ids: of the cars, in the order in which they were spawned.
        walker_ids: of the people, likewise.
        child: the process with the TrafficManager.
        line: to the server.
    """

    actor_ids: tuple[int, ...]
    walker_ids: tuple[int, ...]
    child: Child
    line: ServerLine

    def tick(self, timeout_s: float) -> int:
        """Steps the world and then the drivers; returns the number of the frame.

        Raises:
            SimulatorError: the server, or the TrafficManager with it, is gone.
        """
        self.child.tell("tick")
        # The child has its own time-out for the server; only a hung one lets this one pass.
        return int(_answer(self.child, "frame", timeout_s + 2.0, self.line))


@contextmanager
def spawn_traffic(client: carla.Client, line: ServerLine, order: TrafficOrder) -> Iterator[Traffic]:
    """Traffic for the time of a `with` block, synchronous mode already set.

    Raises:
        SimulatorError: the TrafficManager cannot start.
    """
    ids: tuple[int, ...] = ()
    try:
        with run_module("sim_bridge.traffic_process", [order.to_json()], farewell="stop") as child:
            cars = _ids(_answer(child, "cars", _START_TIMEOUT_S, line))
            walkers = _ids(_answer(child, "walkers", _START_TIMEOUT_S, line))
            ids = cars + walkers
            try:
                yield Traffic(cars, walkers, child, line)
            finally:
                if not line.alive():
                    child.process.kill()  # it would wait for the server once more
    finally:
        # Normally the child removed them; a killed one could not, and a missing actor is no failure here.
        line.attempt(
            lambda: client.apply_batch_sync([carla.command.DestroyActor(actor) for actor in ids], False)
        )


def _ids(words: str) -> tuple[int, ...]:
    return tuple(int(word) for word in words.split())


def _answer(child: Child, word: str, timeout_s: float, server: ServerLine) -> str:
    """What follows `word` in the next line that starts with it; the client library prints others between."""
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        try:
            line = child.said.get(timeout=_LIFE_CHECK_S)
        except queue.Empty:
            if not server.alive():
                raise SimulatorError(f"the simulator at {server.where} ended; is it still running?") from None
            continue
        first, _, rest = (line or "").partition(" ")
        if first == word:
            return rest
        if line is None or first == "lost":
            reason = rest or child.reason()
            raise SimulatorError(f"the simulator at {server.where} was lost ({reason}); is it still running?")
    raise SimulatorError(
        f"the simulator at {server.where} did not step within {timeout_s:g} s; is it still running?"
    )
