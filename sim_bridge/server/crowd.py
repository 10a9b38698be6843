"""How many connections the server holds, and who has to go when there are more."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar

# Files that are open besides connections: the map, libraries, pipes, the listening sockets.
_OTHER_FILES = 64
# More than any client needs; each connection costs a descriptor and some kilobytes.
_MOST_CALLERS, _MOST_LISTENERS = 256, 1024


class Guest(Protocol):
    """A connection."""

    @property
    def proven(self) -> bool:
        """Whether it has said what it came for: a client, not somebody who only takes a place."""
        ...

    def close(self) -> None:
        """Closes it at once."""
        ...


G = TypeVar("G", bound=Guest)


class Crowd(Generic[G]):
    """Connections in the order of their arrival, no more than `most`."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._guests: dict[G, None] = {}

    def __iter__(self) -> Iterator[G]:
        return iter(tuple(self._guests))

    def admit(self, guest: G) -> bool:
        """Counts a connection in; when there is no room left, the oldest that is not proven is closed for it.

        Returns:
            False if all others are clients: then it has to go itself.
        """
        if len(self._guests) >= self._most:
            idle = next((other for other in self._guests if not other.proven), None)
            if idle is None:
                return False
            self.forget(idle)
            idle.close()
        self._guests[guest] = None
        return True

    def forget(self, guest: G) -> bool:
        """Counts a connection out; says whether it was in."""
        if guest not in self._guests:
            return False
        del self._guests[guest]
        return True


def room() -> tuple[int, int]:
    """How many callers and how many listeners there is room for, after asking the system for enough of it."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MOST_CALLERS + _MOST_LISTENERS + _OTHER_FILES
    if 0 <= soft < wanted:
        soft = wanted if hard < 0 else min(wanted, hard)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    free = wanted if soft < 0 else soft
    share = min((free - _OTHER_FILES) / (wanted - _OTHER_FILES), 1.0)
    return max(int(_MOST_CALLERS * share), 1), max(int(_MOST_LISTENERS * share), 1)
