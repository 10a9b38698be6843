"""A Python module run as a child process that talks in lines."""

from __future__ import annotations

import contextlib
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

_STOP_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Child:
    """A running child and what it says.

    Attributes:
        process: the child.
        said: its lines on stdout as they come, None at their end.
        last_words: its latest lines on stderr.
        readers: the threads that fill both.
    """

    process: subprocess.Popen[str]
    said: queue.SimpleQueue[str | None]
    last_words: deque[str]
    readers: tuple[threading.Thread, ...]

    def tell(self, line: str) -> None:
        """Writes one line to the child's stdin; a child that is gone does not hear it."""
        with contextlib.suppress(OSError, ValueError):
            if self.process.stdin is not None:
                self.process.stdin.write(line + "\n")
                self.process.stdin.flush()

    def reason(self) -> str:
        """Why it ended: its last words, or its exit code when it had none."""
        code = self.process.wait()
        for reader in self.readers:
            reader.join(timeout=1.0)
        return self.last_words[-1] if self.last_words else f"it ended with exit code {code}"


@contextmanager
def run_module(module: str, arguments: Sequence[str], *, farewell: str = "") -> Iterator[Child]:
    """Runs `python -m module arguments` for the time of a `with` block; nothing of it is left afterwards.

    Args:
        module: what to run, with this interpreter.
        arguments: of its command line.
        farewell: a line on its stdin that asks it to end; without one it is terminated.
    """
    # A session of its own: Ctrl-C in the terminal must reach this process alone, which still needs the child
    # to clean up and then ends it.
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", module, *arguments],
        stdin=subprocess.PIPE if farewell else subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    said: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    last_words: deque[str] = deque(maxlen=20)
    readers = (
        threading.Thread(target=_read_out, args=(process.stdout, said), daemon=True),
        threading.Thread(target=_read_err, args=(process.stderr, last_words), daemon=True),
    )
    for reader in readers:
        reader.start()
    child = Child(process, said, last_words, readers)
    try:
        yield child
    finally:
        _stop(child, farewell)


def _read_out(stream: IO[str], said: queue.SimpleQueue[str | None]) -> None:
    for line in stream:
        said.put(line.rstrip())
    said.put(None)


def _read_err(stream: IO[str], last_words: deque[str]) -> None:
    for line in stream:
        if line.strip():
            last_words.append(line.strip())


def _stop(child: Child, farewell: str) -> None:
    """Ends the child, by force when it does not listen, even if Ctrl-C comes once more meanwhile."""
    process = child.process
    try:
        if farewell:
            child.tell(farewell)
        else:
            process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_TIMEOUT_S)
    finally:
        process.kill()
        process.wait()
        for reader in child.readers:
            reader.join(timeout=1.0)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
