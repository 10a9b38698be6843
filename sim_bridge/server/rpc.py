"""msgpack-RPC over asyncio: framing, limits, dispatch. What the calls do is written in `handlers/`.

Nothing that arrives is trusted: every size is bounded, and a connection that sends something other than
well-formed calls is closed without touching the others.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgpack

from sim_bridge.server.crowd import Crowd
from sim_bridge.server.wire.values import Wire, WireError

_REQUEST, _RESPONSE, _NOTIFICATION = 0, 1, 2
# msgpack lists of 3 and 4: whatever else begins a message is seen before any of it is stored.
_FIRST_BYTES = (0x93, 0x94)
# More than the longest OpenDRIVE text that is read, so that a longer one is refused with a reason.
_MAX_MESSAGE_BYTES = 128_000_000
_MAX_LIST_LENGTH = 1 << 16
_MAX_NAME_LENGTH = 256
_BACKLOG = 512  # connections that wait to be accepted
_MAX_CALLS_IN_FLIGHT = 1024
_MAX_UNREAD_ANSWER_BYTES = 64 << 20


class CallError(Exception):
    """A call that cannot be done; the message reaches the client as `RuntimeError`."""


@dataclass(frozen=True)
class Raw:
    """An answer that is sent as it stands, without CARLA's result wrapper."""

    value: Wire


class Connection(asyncio.Protocol):
    """One client: bytes in, calls out to the handlers, answers back in any order."""

    def __init__(self, server: RpcServer) -> None:
        self._server = server
        self._transport: asyncio.Transport | None = None
        self._unpacker = msgpack.Unpacker(
            raw=False,
            strict_map_key=True,
            max_buffer_size=_MAX_MESSAGE_BYTES,
            max_array_len=_MAX_LIST_LENGTH,
            max_map_len=0,
            max_ext_len=0,
        )
        self._packer = msgpack.Packer(use_bin_type=True)
        self._waiting: set[asyncio.Task[None]] = set()
        self._reading = True
        self._received = self._ended_at = 0  # bytes so far, and those up to the last whole message
        self.proven = False  # until the first call

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accepts the client, or turns it away when the house is full of clients."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport.set_write_buffer_limits(high=_MAX_UNREAD_ANSWER_BYTES)
        if not self._server.admit(self):
            transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the client and everything that is still being done for it."""
        self._transport = None
        for task in self._waiting:
            task.cancel()
        self._server.forget(self)

    def pause_writing(self) -> None:
        """A client that asks and asks without reading the answers is not served any longer."""
        self.close()

    def close(self) -> None:
        """Closes the connection at once."""
        if self._transport is not None:
            self._transport.abort()

    def data_received(self, data: bytes) -> None:
        """Dispatches every complete call in the stream; closes the connection when it is malformed."""
        try:
            if self._ended_at == self._received and data[0] not in _FIRST_BYTES:
                raise WireError("a call begins with a list of 3 or 4")
            self._received += len(data)
            self._unpacker.feed(data)
            for message in self._unpacker:
                self._ended_at = self._unpacker.tell()
                self._accept(message)
        except (ValueError, TypeError, msgpack.UnpackException, RecursionError) as error:
            print(f"rpc: closing a connection that sent malformed data: {error}", file=sys.stderr)
            self.close()

    def _accept(self, message: Wire) -> None:
        if not isinstance(message, list) or len(message) not in (3, 4):
            raise WireError("a call is a list of 4 (or 3, for a notification)")
        if message[0] == _REQUEST and len(message) == 4:
            call_id, name, arguments = message[1:]
        elif message[0] == _NOTIFICATION and len(message) == 3:
            call_id, (name, arguments) = None, message[1:]
        else:
            raise WireError(f"unknown kind of message {message[0]!r}")
        if not isinstance(name, str) or len(name) > _MAX_NAME_LENGTH or not isinstance(arguments, list):
            raise WireError("a call carries its name and the list of its arguments")
        if call_id is not None and (not isinstance(call_id, int) or isinstance(call_id, bool)):
            raise WireError("the id of a call is a number")
        self._dispatch(call_id, name, arguments[1:])  # the first argument is the client's own metadata

    def _dispatch(self, call_id: int | None, name: str, arguments: list[Wire]) -> None:
        self.proven = True
        handler = self._server.handlers.get(name)
        if handler is None:
            self._answer(call_id, f"rpclib: server could not find function '{name}' with arguments", None)
            return
        try:
            result = handler(self, arguments)
        except Exception as error:
            self._fail(call_id, name, error)
            return
        if isinstance(result, Awaitable):
            self._answer_later(call_id, name, result)
        else:
            self._answer(call_id, None, _wrapped(result))

    def _answer_later(self, call_id: int | None, name: str, result: Awaitable[Any]) -> None:
        async def finish() -> None:
            try:
                value = await result
            except Exception as error:
                self._fail(call_id, name, error)
            else:
                self._answer(call_id, None, _wrapped(value))

        task = asyncio.get_running_loop().create_task(finish())
        self._waiting.add(task)
        task.add_done_callback(self._done)
        if len(self._waiting) >= _MAX_CALLS_IN_FLIGHT and self._reading and self._transport is not None:
            self._reading = False
            self._transport.pause_reading()

    def _done(self, task: asyncio.Task[None]) -> None:
        self._waiting.discard(task)
        if not self._reading and self._transport is not None and not self._transport.is_closing():
            self._reading = True
            self._transport.resume_reading()

    def _fail(self, call_id: int | None, name: str, error: Exception) -> None:
        if not isinstance(error, (CallError, WireError)):
            traceback.print_exception(error)
        self._answer(
            call_id, None, [[0, [f"{name}: {error}" if isinstance(error, WireError) else str(error)]]]
        )

    def _answer(self, call_id: int | None, error: str | None, result: Wire) -> None:
        if call_id is not None and self._transport is not None and not self._transport.is_closing():
            self._transport.write(self._packer.pack([_RESPONSE, call_id, error, result]))


# A handler takes the connection and the arguments after the metadata; `None` is CARLA's `void`.
Handler = Callable[[Connection, list[Wire]], Any]


class RpcServer:
    """The listening socket and its connections."""

    def __init__(
        self, handlers: Mapping[str, Handler], on_lost: Callable[[Connection], None], most: int = 256
    ) -> None:
        self.handlers = handlers
        self._on_lost = on_lost
        self._connections: Crowd[Connection] = Crowd(most)
        self._server: asyncio.Server | None = None

    async def open(self, bound: socket.socket) -> None:
        """Listens on a socket that is bound already."""
        loop = asyncio.get_running_loop()
        self._server = await loop.create_server(lambda: Connection(self), sock=bound, backlog=_BACKLOG)

    def admit(self, connection: Connection) -> bool:
        """Counts a new connection in, unless there are too many clients."""
        return self._connections.admit(connection)

    def forget(self, connection: Connection) -> None:
        """Counts a connection out."""
        self._connections.forget(connection)
        self._on_lost(connection)

    async def close(self) -> None:
        """Closes the socket and all connections."""
        if self._server is not None:
            self._server.close()
        for connection in self._connections:
            connection.close()


def _wrapped(result: Any) -> Wire:  # noqa: ANN401 - whatever a handler answers
    if isinstance(result, Raw):
        return result.value
    return [[False]] if result is None else [[1, result]]
