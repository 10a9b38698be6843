"""Writes the HUD as an MP4 file, drawn and encoded beside the loop."""

from __future__ import annotations

from pathlib import Path
from queue import Queue
from threading import Thread

from assistant.observers.hud import draw_hud
from assistant.pipeline import FrameResult
from data.types import SensorFrame
from data.video import Mp4Writer

QUEUE_FRAMES = 40

LONGEST_NS = 10_000_000_000
"""No picture is shown longer, however large the gap in the source's times."""


class HudVideo:
    """One thread draws and encodes in frame order; the loop waits only when it is two seconds ahead.

    Pictures are shown as long as in their source, one source after the other.

    Args:
        path: the file.
        rate_hz: how long the last picture of a source is shown, if it is the only one.
        width: of the video in pixels.
        height: of the video in pixels.
    """

    def __init__(self, path: Path, rate_hz: float = 20.0, width: int = 960, height: int = 540) -> None:
        self._size = (width, height)
        self._timeline = Timeline(round(1e9 / rate_hz))
        self._writer = Mp4Writer(path, width, height, max(round(rate_hz), 1))
        self._queue: Queue[FrameResult | None] = Queue(QUEUE_FRAMES)
        self._error: BaseException | None = None
        self._thread = Thread(target=self._work, name="hud video", daemon=True)
        self._thread.start()

    def on_frame(self, result: FrameResult) -> None:
        """Hands the frame to the thread.

        Raises:
            OSError: an earlier frame could not be written.
        """
        if self._error is not None:
            raise self._error
        self._queue.put(result)

    def close(self) -> None:
        """Waits for the last frame and closes the file."""
        self._queue.put(None)
        self._thread.join()
        if self._error is not None:
            raise self._error

    def _work(self) -> None:
        while (result := self._queue.get()) is not None:
            if self._error is None:
                try:
                    self._writer.write(draw_hud(result, *self._size), self._timeline.place(result.frame))
                except BaseException as error:  # raised again in the loop's own thread
                    self._error = error
        try:
            self._writer.close()
        except OSError as error:
            self._error = self._error or error


class Timeline:
    """Lays the times of several sources end to end.

    Args:
        period_ns: how long a picture is shown that no other follows.
    """

    def __init__(self, period_ns: int) -> None:
        self._period_ns = min(period_ns, LONGEST_NS)
        self._shown_ns: int | None = None
        self._last_ns = 0

    def place(self, frame: SensorFrame) -> int:
        """When the frame is shown, ns from the beginning of the video."""
        gap_ns = min(frame.t_ns - self._last_ns, LONGEST_NS)
        if self._shown_ns is None:
            self._shown_ns = 0
        elif frame.frame == 0 or gap_ns <= 0:
            self._shown_ns += self._period_ns
        else:
            self._shown_ns += gap_ns
            self._period_ns = gap_ns
        self._last_ns = frame.t_ns
        return self._shown_ns
