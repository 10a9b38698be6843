"""One line in the terminal that says how far it is and what goes on."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from assistant.pipeline import FrameResult

LONG = 200
"""Frames; shorter runs say nothing where no bar can be drawn."""

UNKNOWN_STEP = 200
"""Frames between two lines when nobody knows how many there are."""


class ProgressLine:
    """A bar over `total` frames with speed, target and the planner's first reason.

    Args:
        console: where to draw; when it is no terminal, a long run says every tenth in a line of its own.
        total: number of frames, None when unknown.
        title: what runs.
    """

    def __init__(self, console: Console, total: int | None, title: str) -> None:
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f}%"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[what]}"),
            console=console,
            transient=True,
            disable=not console.is_terminal,
            refresh_per_second=4,
        )
        self._console, self._title, self._total, self._count = console, title, total, 0
        self._task = self._progress.add_task(title, total=total, what="")
        self._progress.start()

    def on_frame(self, result: FrameResult) -> None:
        """Moves the bar on."""
        self._count += 1
        if not self._console.is_terminal:
            self._say()
        reason = result.plan.reasons[0] if result.plan.reasons else ""
        what = f"{3.6 * result.ego.speed_mps:3.0f} km/h  {len(result.objects)} objects  {reason}"
        self._progress.update(self._task, advance=1, what=what)

    def _say(self) -> None:
        step = UNKNOWN_STEP if self._total is None else max(self._total // 10, 1)
        if self._count % step == 0 and (self._total is None or self._total >= LONG):
            of = "" if self._total is None else f" of {self._total}"
            self._console.print(f"{self._title}: {self._count}{of} frames", markup=False, highlight=False)

    def close(self) -> None:
        """Takes the line away."""
        self._progress.stop()
