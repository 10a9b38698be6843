"""The simulator's next frame, on its way while the observers still look at the last one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Self

from data.types import Control, SensorFrame


class SteppingAhead:
    """Asks for a frame as soon as the control that leads to it is handed over.

    The order of calls to the simulator is that of a plain loop, so the drive is the same; only the time that
    it takes to step and render is no longer added to that of recording and drawing. For the time of a `with`
    block; leaving it waits for the frame under way.

    Args:
        apply: hands a control to the simulator.
        tick: steps it and returns what came of it.
        first: the frame to begin with.
        steps: how many more are wanted.
    """

    def __init__(
        self,
        apply: Callable[[Control], None],
        tick: Callable[[], SensorFrame],
        first: SensorFrame,
        steps: int,
    ) -> None:
        self._apply, self._tick = apply, tick
        self._first = first
        self._steps_left = steps
        self._coming: Future[SensorFrame] | None = None
        self._stepper = ThreadPoolExecutor(1, thread_name_prefix="stepping ahead")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stepper.shutdown()

    def frames(self) -> Iterator[SensorFrame]:
        """The first frame, and then the one that each control led to."""
        yield self._first
        while self._coming is not None:
            frame = self._coming.result()
            self._coming = None
            yield frame

    def act(self, control: Control) -> None:
        """Hands a control over; it takes effect in the step that begins now."""
        self._apply(control)
        if self._steps_left > 0:
            self._steps_left -= 1
            self._coming = self._stepper.submit(self._tick)
