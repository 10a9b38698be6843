"""What listens where a CARLA server is expected."""

import socket
import threading
from contextlib import contextmanager

import msgpack


@contextmanager
def server_of_version(version):
    """Answers the one question that the handshake asks, and nothing else; None hangs up over it."""
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(20.0)

    def talk(connection):
        unpacker = msgpack.Unpacker()
        with connection:
            while data := connection.recv(4096):
                unpacker.feed(data)
                for _, number, name, _ in unpacker:
                    assert name == "version"
                    if version is None:
                        return
                    connection.sendall(msgpack.packb([1, number, None, [[1, version]]]))

    def accept():
        try:
            while True:
                threading.Thread(target=talk, args=(listener.accept()[0],), daemon=True).start()
        except OSError:
            return

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.close()
