"""When the world steps: at a client's word in synchronous mode, else by the wall clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from sim_bridge.server.simulation import Simulation
from sim_bridge.server.streams import WORLD_STREAM_ID, StreamServer

# Variable steps: as fast as this when nothing holds the server up, never longer than the second figure.
_FREE_RATE_HZ = 30.0
_LONGEST_FREE_STEP_S = 0.1

# Measures at once, and returns what remains to be done: pictures are painted while calls are answered.
PublishSensors = Callable[[], Awaitable[None]]


class Stepper:
    """Performs the steps, one at a time, and publishes what comes of them."""

    def __init__(
        self, simulation: Simulation, streams: StreamServer, publish_sensors: PublishSensors
    ) -> None:
        self._simulation = simulation
        self._streams = streams
        self._publish_sensors = publish_sensors
        self.lock = asyncio.Lock()
        self._finishing: asyncio.Task[None] | None = None
        self._stepped = asyncio.Condition()
        self._settings_changed = asyncio.Event()

    async def tick(self) -> int:
        """One step for `tick_cue`; returns its frame when the world has been sent.

        What the step shows is fixed by then. Pictures follow while the client's TrafficManager works; the
        next step waits for them, and fails if they did.
        """
        simulation = self._simulation
        if not simulation.settings.synchronous_mode:
            # The clock steps; the caller only wants to know which frame comes next.
            return simulation.frame + 1
        await self._streams.await_promised()
        unfinished, self._finishing = self._finishing, None
        if unfinished is not None:
            await asyncio.shield(unfinished)  # a client that goes away while it waits takes nothing with it
        await self.lock.acquire()
        try:
            rest = self._step(simulation.settings.fixed_delta_seconds or 1.0 / _FREE_RATE_HZ)
        except BaseException:
            self.lock.release()
            raise
        frame = simulation.frame
        self._finishing = asyncio.get_running_loop().create_task(self._finish(rest))
        return frame

    async def next_frame(self) -> None:
        """Waits for the step after this one; in synchronous mode it does not wait."""
        if self._simulation.settings.synchronous_mode:
            return
        seen = self._simulation.frame
        async with self._stepped:
            await self._stepped.wait_for(
                lambda: self._simulation.frame > seen or self._simulation.settings.synchronous_mode
            )

    async def settings_changed(self) -> None:
        """Wakes the clock up, or lets it sleep and those go who wait for its next step."""
        self._settings_changed.set()
        async with self._stepped:
            self._stepped.notify_all()

    async def run(self) -> None:
        """Steps by the wall clock whenever the mode is asynchronous; runs until it is cancelled."""
        last = time.monotonic()
        while True:
            settings = self._simulation.settings
            if settings.synchronous_mode:
                self._settings_changed.clear()
                await self._settings_changed.wait()
                last = time.monotonic()
                continue
            await asyncio.sleep(
                max(last + (settings.fixed_delta_seconds or 1.0 / _FREE_RATE_HZ) - time.monotonic(), 0.0)
            )
            async with self.lock:
                settings = self._simulation.settings
                if settings.synchronous_mode:
                    continue
                now = time.monotonic()
                delta_s = settings.fixed_delta_seconds or min(now - last, _LONGEST_FREE_STEP_S)
                last = now
                await self._step(delta_s)
            async with self._stepped:
                self._stepped.notify_all()

    def _step(self, delta_s: float) -> Awaitable[None]:
        """Steps, sends the world, and returns what is left to do for the sensors."""
        message = self._simulation.step(delta_s)
        self._streams.publish(
            WORLD_STREAM_ID, message, may_drop=not self._simulation.settings.synchronous_mode
        )
        return self._publish_sensors()

    async def _finish(self, rest: Awaitable[None]) -> None:
        """Sends what a step at a client's word still owes, then lets the next one begin."""
        try:
            await rest
            await self._streams.drain()
        finally:
            self.lock.release()
