"""The embedded server as a child process of this interpreter."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from sim_bridge.errors import SimulatorError

Progress = Callable[[int, int, str], None]

_STOP_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class ServerAddress:
    """Where a server listens.

    Attributes:
        host: name or address.
        port: of its RPC.
        pid: of the server's process.
    """

    host: str
    port: int
    pid: int


@contextmanager
def start_embedded_server(
    town: str,
    *,
    port: int = 0,
    seed: int = 0,
    progress: Progress | None = None,
    start_timeout_s: float = 180.0,
) -> Iterator[ServerAddress]:
    """Runs the embedded server for the time of a `with` block.

    Args:
        town: name of a town or path of an OpenDRIVE file.
        port: RPC port on the loopback address; 0 takes a free one.
        seed: of the server's own random choices.
        progress: called with (done, total, what) for every kernel compiled before the server is ready.
        start_timeout_s: how long the server may stay silent before the start counts as failed.

    Yields:
        The address to connect to.

    Raises:
        SimulatorError: the server could not start; the message ends with its own last words.
    """
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--map", town, "--seed", str(seed)]
    arguments += ["--parent-pid", str(os.getpid())]  # it ends itself when this process is killed
    with _child([sys.executable, "-u", "-m", "sim_bridge.server", *arguments]) as child:
        yield _await_ready(child, progress, start_timeout_s)


@dataclass(frozen=True)
class _Child:
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


@contextmanager
def _child(command: list[str]) -> Iterator[_Child]:
    # A session of its own: Ctrl-C in the terminal must reach the client alone, which still needs the server
    # to clean up, and then stops it.
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
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
    try:
        yield _Child(process, said, last_words, readers)
    finally:
        _stop(process)
        for reader in readers:
            reader.join(timeout=1.0)
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def _read_out(stream: IO[str], said: queue.SimpleQueue[str | None]) -> None:
    for line in stream:
        said.put(line.rstrip())
    said.put(None)


def _read_err(stream: IO[str], last_words: deque[str]) -> None:
    for line in stream:
        if line.strip():
            last_words.append(line.strip())


def _stop(process: subprocess.Popen[str]) -> None:
    """Ends the child, by force when it does not listen, even if Ctrl-C comes once more meanwhile."""
    process.terminate()
    try:
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_TIMEOUT_S)
    finally:
        process.kill()
        process.wait()


def _await_ready(child: _Child, progress: Progress | None, silence_s: float) -> ServerAddress:
    while True:
        try:
            line = child.said.get(timeout=silence_s)
        except queue.Empty:
            raise SimulatorError(
                f"the embedded server said nothing for {silence_s:.0f} s while starting; try again"
            ) from None
        if line is None:
            raise SimulatorError(f"the embedded server could not start: {_reason(child)}")
        words = line.split(maxsplit=2)
        if len(words) == 3 and words[0] == "ready":
            return ServerAddress(words[1], int(words[2]), child.process.pid)
        if len(words) == 3 and words[0] == "compiling" and progress is not None:
            done, _, total = words[1].partition("/")
            progress(int(done), int(total), words[2])


def _reason(child: _Child) -> str:
    """The server's last words, or its exit code when it had none."""
    code = child.process.wait()
    for reader in child.readers:
        reader.join(timeout=1.0)
    return child.last_words[-1] if child.last_words else f"it ended with exit code {code}"
