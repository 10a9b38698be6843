"""Ctrl-C and SIGTERM, so that both end a command as tidily as it can be ended."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

_NUMBERS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def held_back() -> Iterator[None]:
    """Lets them wait until the end of a block: several packages swallow them while they are imported."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _NUMBERS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class Interrupts:
    """Raises KeyboardInterrupt for the time of a `with` block, and remembers that it did.

    Attributes:
        came: there was one, even if somebody swallowed it on its way up.
        noted_only: from now on the first one only sets `came`, for a loop that finishes the frame at hand and
            looks; a second one is raised as before.
    """

    def __init__(self) -> None:
        self.came = False
        self.noted_only = False

    def __enter__(self) -> Self:
        self._before = [(number, signal.signal(number, self._handle)) for number in _NUMBERS]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before:
            signal.signal(number, handler)

    def _handle(self, number: int, frame: object) -> None:
        first, self.came = not self.came, True
        if not (first and self.noted_only):
            raise KeyboardInterrupt
