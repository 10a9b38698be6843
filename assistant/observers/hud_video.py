"""Writes the HUD as an MP4 file, drawn and encoded beside the loop."""

from __future__ import annotations

from pathlib import Path
from queue import Queue
from threading import Thread

from assistant.observers.hud import draw_hud
from assistant.pipeline import FrameResult
from data.video import Mp4Writer

QUEUE_FRAMES = 40


class HudVideo:
    """One thread draws and encodes in frame order; the loop waits only when it is two seconds ahead."""

    def __init__(self, path: Path, rate_hz: int = 20, width: int = 960, height: int = 540) -> None:
        self._size = (width, height)
        self._writer = Mp4Writer(path, width, height, rate_hz)
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
                    self._writer.write(draw_hud(result, *self._size))
                except BaseException as error:  # raised again in the loop's own thread
                    self._error = error
        try:
            self._writer.close()
        except OSError as error:
            self._error = self._error or error
