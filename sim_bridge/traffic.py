"""Other cars, driven by the TrafficManager inside the client."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import carla

from sim_bridge.errors import SimulatorError

# Cars drive up to this much below the speed limit, so that traffic flows and is not uniform.
_SLOWER_PERCENT = (0.0, 20.0)
_FOLLOWING_M = 2.5
# Two-wheelers under the TrafficManager topple and hold up everybody.
_FOUR_WHEELS = 4
_PORT_TRIES = 5


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

    Raises:
        SimulatorError: the TrafficManager cannot start.
    """
    if count <= 0:
        yield ()
        return
    manager = _traffic_manager(client, seed)
    ids: list[int] = []
    try:
        ids += _spawn(
            client, world, manager, count, random.Random(f"traffic {seed}"), keep_clear, clear_radius_m
        )
        yield tuple(ids)
    finally:
        _remove(client, manager, world, ids)


def _traffic_manager(client: carla.Client, seed: int) -> carla.TrafficManager:
    for attempt in range(_PORT_TRIES):
        try:
            manager = client.get_trafficmanager(_free_port())
            break
        except RuntimeError as error:
            if attempt == _PORT_TRIES - 1:
                raise SimulatorError(f"the TrafficManager cannot start: {error}") from error
    manager.set_synchronous_mode(True)
    manager.set_random_device_seed(seed % 0x7FFFFFFF)
    manager.set_hybrid_physics_mode(False)
    manager.set_global_distance_to_leading_vehicle(_FOLLOWING_M)
    return manager


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("", 0))
        return int(probe.getsockname()[1])


def _spawn(
    client: carla.Client,
    world: carla.World,
    manager: carla.TrafficManager,
    count: int,
    chooser: random.Random,
    keep_clear: carla.Location,
    clear_radius_m: float,
) -> list[int]:
    blueprints = _cars(world)
    points = [
        p for p in world.get_map().get_spawn_points() if p.location.distance(keep_clear) > clear_radius_m
    ]
    chooser.shuffle(points)
    batch = []
    for place in points[:count]:
        blueprint = chooser.choice(blueprints)
        for name in ("color", "driver_id"):
            if blueprint.has_attribute(name):
                values = blueprint.get_attribute(name).recommended_values
                blueprint.set_attribute(name, chooser.choice(values))
        blueprint.set_attribute("role_name", "autopilot")
        drive = carla.command.SetAutopilot(carla.command.FutureActor, True, manager.get_port())
        batch.append(carla.command.SpawnActor(blueprint, place).then(drive))
    answers = client.apply_batch_sync(batch, False)
    ids = [answer.actor_id for answer in answers if not answer.error]
    for actor in sorted(world.get_actors(ids), key=lambda actor: actor.id):
        manager.vehicle_percentage_speed_difference(actor, chooser.uniform(*_SLOWER_PERCENT))
    return ids


def _cars(world: carla.World) -> list[carla.ActorBlueprint]:
    """Four-wheeled blueprints in a fixed order."""
    library = sorted(world.get_blueprint_library().filter("vehicle.*"), key=lambda blueprint: blueprint.id)
    return [b for b in library if b.get_attribute("number_of_wheels").as_int() == _FOUR_WHEELS]


def _remove(client: carla.Client, manager: carla.TrafficManager, world: carla.World, ids: list[int]) -> None:
    """Takes the cars from the TrafficManager before they go: it ends the process over a missing one."""
    with contextlib.suppress(RuntimeError):
        port = manager.get_port()
        client.apply_batch_sync([carla.command.SetAutopilot(actor, False, port) for actor in ids], False)
        world.tick()
    with contextlib.suppress(RuntimeError):
        manager.set_synchronous_mode(False)
    with contextlib.suppress(RuntimeError):
        client.apply_batch_sync([carla.command.DestroyActor(actor) for actor in ids], False)
    with contextlib.suppress(RuntimeError):
        manager.shut_down()
