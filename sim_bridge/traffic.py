"""Other cars, driven by the TrafficManager inside the client."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import carla


@contextmanager
def spawn_traffic(
    client: carla.Client,
    world: carla.World,
    count: int,
    *,
    seed: int,
    keep_clear: carla.Location,
    clear_radius_m: float = 15.0,
) -> Iterator[tuple[int, ...]]:
    """Cars under autopilot for the time of a `with` block.

    Args:
        client: connected client, synchronous mode already set.
        world: its world.
        count: how many cars; the map's free spawn points bound it.
        seed: of the choice of blueprints, colours, places and of the drivers.
        keep_clear: where no car may appear, normally the ego's place.
        clear_radius_m: how far from there.

    Yields:
        The actor ids of the cars, in the order in which they were spawned.
    """
    raise NotImplementedError
