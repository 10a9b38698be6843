"""Whether the server is still there, asked without waiting for a time-out."""

from __future__ import annotations

import socket
from collections.abc import Callable


class ServerLine:
    """An idle connection to the server: it breaks at once when the server's process ends.

    The client library tells only after its time-out, for every call anew, that nobody answers; on the way out
    that would add up.
    """

    def __init__(self, host: str, port: int, timeout_s: float) -> None:
        """Opens the connection.

        Raises:
            OSError: nobody listens there.
        """
        self.where = f"{host}:{port}"
        self._socket = socket.create_connection((host, port), timeout_s)
        self._socket.setblocking(False)
        self._given_up = False

    def alive(self) -> bool:
        """Whether calls to the server make sense."""
        if self._given_up:
            return False
        try:
            self._given_up = self._socket.recv(1, socket.MSG_PEEK) == b""
        except BlockingIOError:
            return True
        except OSError:
            self._given_up = True
        return not self._given_up

    def give_up(self) -> None:
        """Notes that the server did not answer in time: no more calls."""
        self._given_up = True

    def attempt(self, call: Callable[[], object]) -> None:
        """Makes a call of the clean-up where the server is alive; a failure of it ends the attempts."""
        if self.alive():
            try:
                call()
            except RuntimeError:
                self.give_up()

    def close(self) -> None:
        """Closes the connection."""
        self._socket.close()
