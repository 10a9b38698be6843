"""What CARLA 0.9.16 puts on the wire: msgpack lists for calls, packed little-endian bytes for streams."""
