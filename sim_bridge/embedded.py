"""The embedded server as a child process of this interpreter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class ServerAddress:
    """Where a server listens."""

    host: str
    port: int


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
    raise NotImplementedError
