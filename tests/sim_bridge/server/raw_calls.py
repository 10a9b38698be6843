"""What tests ask a server for without the client."""

import socket

import msgpack


def stream_port(server):
    """Where the server sends its frames: bytes 4 and 5 of the token in the episode's information."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10.0) as asking:
        asking.sendall(msgpack.packb([0, 1, "get_episode_info", [[False]]]))
        [[_, [_, [token]]]] = msgpack.unpackb(asking.recv(4096))[3]
    return int.from_bytes(token[4:6], "little")
