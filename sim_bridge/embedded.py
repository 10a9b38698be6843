"""The embedded server as a child process of this interpreter."""

from __future__ import annotations

import os
import queue
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sim_bridge.child_process import Child, run_module
from sim_bridge.errors import SimulatorError

Progress = Callable[[int, int, str], None]


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
    maps: Path | None = None,
    progress: Progress | None = None,
    start_timeout_s: float = 180.0,
) -> Iterator[ServerAddress]:
    """Runs the embedded server for the time of a `with` block.

    Args:
        town: name of a town or path of an OpenDRIVE file.
        port: RPC port on the loopback address; 0 takes a free one.
        seed: of the server's own random choices.
        maps: a folder of OpenDRIVE files that become towns.
        progress: called with (done, total, what) for every kernel compiled before the server is ready.
        start_timeout_s: how long the server may stay silent before the start counts as failed.

    Yields:
        The address to connect to.

    Raises:
        SimulatorError: the server could not start; the message ends with its own last words.
    """
    arguments = ["--host", "127.0.0.1", "--port", str(port), "--map", town, "--seed", str(seed)]
    if maps is not None:
        arguments += ["--maps", str(maps)]
    arguments += ["--synchronous"]  # no frame before the first tick: the same calls give the same bytes
    arguments += ["--parent-pid", str(os.getpid())]  # it ends itself when this process is killed
    with run_module("sim_bridge.server", arguments) as child:
        yield _await_ready(child, progress, start_timeout_s)


def _await_ready(child: Child, progress: Progress | None, silence_s: float) -> ServerAddress:
    while True:
        try:
            line = child.said.get(timeout=silence_s)
        except queue.Empty:
            raise SimulatorError(
                f"the embedded server said nothing for {silence_s:.0f} s while starting; try again"
            ) from None
        if line is None:
            raise SimulatorError(f"the embedded server could not start: {child.reason()}")
        words = line.split(maxsplit=2)
        if len(words) == 3 and words[0] == "ready":
            return ServerAddress(words[1], int(words[2]), child.process.pid)
        if len(words) == 3 and words[0] == "compiling" and progress is not None:
            done, _, total = words[1].partition("/")
            progress(int(done), int(total), words[2])
