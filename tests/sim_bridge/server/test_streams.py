"""The streaming port alone, with readers that keep up and readers that do not."""

import asyncio
import struct

import pytest

from sim_bridge.server import streams
from sim_bridge.server.streams import StreamServer

CHUNK = bytes(1 << 20)


async def opened(greeting=lambda stream: None):
    server = StreamServer(greeting)
    await server.open("127.0.0.1", 0)
    return server


async def subscribed(server, stream_id):
    # A small buffer: what the reader does not take stays with the server.
    reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1 << 16)
    writer.write(struct.pack("<I", stream_id))
    while not server.has_listeners(stream_id):
        await asyncio.sleep(0.001)
    return reader, writer


def test_a_message_reaches_the_listeners_of_its_stream_with_its_size_before_it():
    async def scenario():
        server = await opened()
        first, second = await subscribed(server, 5), await subscribed(server, 6)
        server.publish(5, (b"head", memoryview(b"body")), may_drop=False)
        assert await first[0].readexactly(12) == struct.pack("<I", 8) + b"headbody"
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(second[0].read(1), 0.05)
        await server.close()

    asyncio.run(scenario())


def test_a_new_listener_is_greeted():
    async def scenario():
        server = await opened(lambda stream: (b"last frame",) if stream == 1 else None)
        reader, _ = await subscribed(server, 1)
        assert await reader.readexactly(14) == struct.pack("<I", 10) + b"last frame"
        await server.close()

    asyncio.run(scenario())


def test_a_stream_has_no_listeners_once_they_have_left():
    async def scenario():
        server = await opened()
        _, writer = await subscribed(server, 5)
        writer.close()
        async with asyncio.timeout(2.0):
            while server.has_listeners(5):
                await asyncio.sleep(0.001)
        await server.close()

    asyncio.run(scenario())


def test_a_slow_reader_misses_messages_that_may_be_dropped_only():
    async def scenario():
        server = await opened()
        listener = await subscribed(server, 5)
        for _ in range(40):
            server.publish(5, (CHUNK,), may_drop=True)
        queued = server.queued_bytes(5)
        assert queued < 16 * len(CHUNK)
        for _ in range(4):
            server.publish(5, (CHUNK,), may_drop=False)
        assert server.queued_bytes(5) >= queued + 4 * len(CHUNK)
        listener[1].close()
        await server.close()

    asyncio.run(scenario())


def test_a_reader_that_stands_still_is_dropped_instead_of_holding_everybody_up(monkeypatch):
    monkeypatch.setattr(streams, "_STALLED_AFTER_S", 0.1)

    async def scenario():
        server = await opened()
        listener = await subscribed(server, 5)
        for _ in range(48):
            server.publish(5, (CHUNK,), may_drop=False)
        async with asyncio.timeout(5.0):
            await server.drain()
            while server.has_listeners(5):
                await asyncio.sleep(0.001)
        listener[1].close()
        await server.close()

    asyncio.run(scenario())


def test_a_reader_that_takes_its_time_gets_everything():
    async def scenario():
        server = await opened()
        reader, writer = await subscribed(server, 5)
        for _ in range(48):
            server.publish(5, (CHUNK,), may_drop=False)

        async def read_slowly():
            for _ in range(48):
                await reader.readexactly(4 + len(CHUNK))
                await asyncio.sleep(0.001)

        await asyncio.gather(server.drain(), read_slowly())
        assert server.has_listeners(5)
        writer.close()
        await server.close()

    asyncio.run(scenario())


def test_a_step_waits_for_a_listener_that_has_announced_itself():
    async def scenario():
        server = await opened()
        server.promise(5)
        waiting = asyncio.create_task(server.await_promised())
        await asyncio.sleep(0.02)
        assert not waiting.done()
        await subscribed(server, 5)
        await asyncio.wait_for(waiting, 1.0)
        await server.close()

    asyncio.run(scenario())


def test_a_step_does_not_wait_for_ever_for_a_listener_that_never_comes():
    async def scenario():
        server = await opened()
        server.promise(5)
        await asyncio.wait_for(server.await_promised(), 2.0)
        await server.close()

    asyncio.run(scenario())
