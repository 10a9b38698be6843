"""The 24-byte token that tells a client where a stream is served."""

from __future__ import annotations

import struct

_TOKEN = struct.Struct("<IHBB16x")
_TCP = 1
_ADDRESS_OF_THE_CLIENTS_OWN_HOST = 0


def pack_token(stream_id: int, port: int) -> bytes:
    """A TCP token without an address: the client then uses the host that it connected to."""
    return _TOKEN.pack(stream_id, port, _TCP, _ADDRESS_OF_THE_CLIENTS_OWN_HOST)
