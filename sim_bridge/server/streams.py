"""The streaming port: a client opens one connection per stream, names it once and then only listens."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable
from itertools import takewhile

from sim_bridge.server.crowd import Crowd
from sim_bridge.server.wire.tokens import pack_token

WORLD_STREAM_ID = 1

_STREAM_ID = struct.Struct("<I")
_SIZE = struct.Struct("<I")
_HEAD_BYTES = 4096
_BACKLOG = 512  # connections that wait to be accepted
_DROP_ABOVE_BYTES = 8 << 20  # an asynchronous reader that far behind loses frames
_WAIT_ABOVE_BYTES = 32 << 20  # a synchronous reader that far behind holds the simulation up
_STALLED_AFTER_S = 10.0  # ... until it has not taken a byte for this long; then it is dropped
_PROMISED_WITHIN_S = 0.5  # between the call that announces a subscription and its connection


class Subscriber(asyncio.Protocol):
    """One connection: silent until it names a stream, silent for good when nobody serves that stream."""

    def __init__(self, streams: StreamServer) -> None:
        self._streams = streams
        self._name = bytearray()
        self.transport: asyncio.Transport | None = None
        self.stream_id: int | None = None
        self.served = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Accepts the subscriber, or turns it away when the house is full."""
        assert isinstance(transport, asyncio.Transport)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A picture that fits the kernel's buffer leaves in one call instead of through Python's.
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        transport.set_write_buffer_limits(high=_WAIT_ABOVE_BYTES)
        self.transport = transport
        if not self._streams.admit(self):
            transport.abort()

    def data_received(self, data: bytes) -> None:
        """Reads the four bytes that name the stream; whatever follows is ignored."""
        if self.stream_id is not None:
            return
        self._name += data[: _STREAM_ID.size - len(self._name)]
        if len(self._name) == _STREAM_ID.size:
            self.stream_id = int(_STREAM_ID.unpack(self._name)[0])
            self._streams.subscribe(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forgets the subscriber."""
        self.transport = None
        self._streams.forget(self)

    @property
    def proven(self) -> bool:
        """Whether anything was ever sent to it: it listens to a stream that exists."""
        return self.served

    def close(self) -> None:
        """Closes the connection at once."""
        if self.transport is not None:
            self.transport.abort()

    @property
    def queued_bytes(self) -> int:
        """Bytes that the client has not taken yet, beyond what the kernel holds."""
        return 0 if self.transport is None else self.transport.get_write_buffer_size()

    def send(self, parts: tuple[bytes | memoryview, ...]) -> None:
        """Queues one message made of `parts`."""
        if self.transport is None or self.transport.is_closing():
            return
        self.served = True
        # The heads leave with the size in one call, what is large without being copied.
        heads = list(takewhile(lambda part: len(part) <= _HEAD_BYTES, parts))
        size = sum(memoryview(part).nbytes for part in parts)
        self.transport.write(b"".join((_SIZE.pack(size), *heads)))
        for part in parts[len(heads) :]:
            self.transport.write(part)


class StreamServer:
    """The listening socket of all streams."""

    def __init__(self, greeting: Callable[[int], tuple[bytes, ...] | None], most: int = 1024) -> None:
        """Sets up a server without a socket.

        Args:
            greeting: the message that a new subscriber of a stream gets at once, if any.
            most: how many connections there is room for.
        """
        self._greeting = greeting
        self._subscribers: dict[int, list[Subscriber]] = {}
        self._connections: Crowd[Subscriber] = Crowd(most)
        self._promised: dict[int, int] = {}
        self._arrived = asyncio.Event()
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self, host: str, port: int) -> int:
        """Listens on `host:port`, or on any free port when that one is taken, and returns the port."""
        loop = asyncio.get_running_loop()

        async def listen(wanted: int) -> asyncio.Server:
            return await loop.create_server(
                lambda: Subscriber(self), host, wanted, family=socket.AF_INET, backlog=_BACKLOG
            )

        try:
            self._server = await listen(port)
        except (OSError, OverflowError):
            self._server = await listen(0)
        self.port = int(self._server.sockets[0].getsockname()[1])
        return self.port

    def token(self, stream_id: int) -> bytes:
        """The token with which a client finds the stream."""
        return pack_token(stream_id, self.port)

    def promise(self, stream_id: int) -> None:
        """A client has asked for the stream's token, so its connection is about to arrive."""
        self._promised[stream_id] = self._promised.get(stream_id, 0) + 1

    async def await_promised(self) -> None:
        """Waits a moment for announced connections, so that a step after `listen()` reaches the listener."""
        deadline = asyncio.get_running_loop().time() + _PROMISED_WITHIN_S
        while self._promised:
            self._arrived.clear()
            left = deadline - asyncio.get_running_loop().time()
            try:
                await asyncio.wait_for(self._arrived.wait(), left)
            except TimeoutError:
                self._promised.clear()

    def admit(self, subscriber: Subscriber) -> bool:
        """Counts a connection in, unless there are too many listeners."""
        return self._connections.admit(subscriber)

    def subscribe(self, subscriber: Subscriber) -> None:
        """Adds a connection that has named its stream."""
        stream_id = subscriber.stream_id
        assert stream_id is not None
        self._subscribers.setdefault(stream_id, []).append(subscriber)
        waiting = self._promised.pop(stream_id, 0) - 1
        if waiting > 0:
            self._promised[stream_id] = waiting
        self._arrived.set()
        greeting = self._greeting(stream_id)
        if greeting is not None:
            subscriber.send(greeting)

    def forget(self, subscriber: Subscriber) -> None:
        """Removes a closed connection."""
        self._connections.forget(subscriber)
        listeners = self._subscribers.get(subscriber.stream_id or 0)
        if listeners is not None and subscriber in listeners:
            listeners.remove(subscriber)
            if not listeners:
                del self._subscribers[subscriber.stream_id or 0]

    def has_listeners(self, stream_id: int) -> bool:
        """Whether anybody listens to the stream: nothing is rendered for nobody."""
        return stream_id in self._subscribers

    def queued_bytes(self, stream_id: int) -> int:
        """Bytes that the slowest listener of a stream has not taken yet."""
        return max((s.queued_bytes for s in self._subscribers.get(stream_id, ())), default=0)

    def publish(self, stream_id: int, parts: tuple[bytes | memoryview, ...], may_drop: bool) -> None:
        """Sends one message to all listeners; with `may_drop` those far behind miss it."""
        for subscriber in self._subscribers.get(stream_id, ()):
            if not (may_drop and subscriber.queued_bytes > _DROP_ABOVE_BYTES):
                subscriber.send(parts)

    async def drain(self) -> None:
        """Waits until every reader has nearly caught up; drops one that has stopped reading altogether."""
        for subscriber in self._connections:
            queued, since = subscriber.queued_bytes, asyncio.get_running_loop().time()
            while subscriber.queued_bytes > _WAIT_ABOVE_BYTES:
                await asyncio.sleep(0.005)
                now = asyncio.get_running_loop().time()
                if subscriber.queued_bytes < queued:
                    queued, since = subscriber.queued_bytes, now
                elif now - since > _STALLED_AFTER_S:
                    subscriber.close()

    async def close(self) -> None:
        """Closes the socket and all connections."""
        if self._server is not None:
            self._server.close()
        for subscriber in self._connections:
            subscriber.close()
