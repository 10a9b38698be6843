"""The process that owns the TrafficManager and the crowd of walkers; run as a module by `sim_bridge.traffic`.

Both live in the client library, and the TrafficManager ends its whole process when the server goes away. In a
process of its own it takes nobody along. In synchronous mode both are stepped by `World.tick`, so that this
process also ticks the world. It reads `tick` and `stop` from stdin and answers `cars ID...`, `walkers ID...`,
`frame N` or `lost REASON` on stdout.
"""

from __future__ import annotations

import contextlib
import json
import random
import socket
import sys
from dataclasses import asdict, dataclass

import carla

from sim_bridge.client_files import keep_files
from sim_bridge.crowd import spawn_crowd
from sim_bridge.wakeful_ticks import wakeful_ticks

# Cars drive up to this much below the speed limit, so that traffic flows and is not uniform.
_SLOWER_PERCENT = (0.0, 20.0)
_FOLLOWING_M = 2.5
# Two-wheelers under the TrafficManager topple and hold up everybody.
_FOUR_WHEELS = 4
_PORT_TRIES = 5
_STOP_TIMEOUT_S = 2.0


@dataclass(frozen=True)
class TrafficOrder:
    """What the parent asks for, passed as JSON.

    Attributes:
        host: of the server.
        port: of its RPC.
        count: how many cars.
        walkers: how many people on foot.
        seed: of the choice of blueprints, colours and places, and of where all of them go.
        keep_clear: CARLA location (x, y, z) where no car may appear.
        clear_radius_m: how far from there.
        timeout_s: of a call to the server.
    """

    host: str
    port: int
    count: int
    walkers: int
    seed: int
    keep_clear: tuple[float, float, float]
    clear_radius_m: float
    timeout_s: float

    def to_json(self) -> str:
        """As one line."""
        return json.dumps(asdict(self))


def main(argv: list[str]) -> int:
    """Spawns the cars and ticks on demand until told to stop or the parent is gone."""
    order = TrafficOrder(**json.loads(argv[0]))
    client = carla.Client(order.host, order.port)
    keep_files(client)
    client.set_timeout(order.timeout_s)
    try:
        world = client.get_world()
        manager = _traffic_manager(client, order.seed)
        ids = _spawn(client, world, manager, order)
        print("cars", *ids, flush=True)
        crowd = spawn_crowd(client, world, order.walkers, order.seed, order.keep_clear)
        print("walkers", *crowd.walker_ids, flush=True)
        _serve(world, manager.get_port(), order.timeout_s)
    except RuntimeError as error:
        print("lost", " ".join(str(error).split()), flush=True)
        return 1
    client.set_timeout(_STOP_TIMEOUT_S)
    crowd.leave(client, world)
    _remove(client, manager, world, ids)
    return 0


def _serve(world: carla.World, manager_port: int, timeout_s: float) -> None:
    with wakeful_ticks(world, manager_port) as ticks:
        for line in sys.stdin:
            if line.strip() != "tick":
                return
            print("frame", ticks.tick(timeout_s), flush=True)


def _traffic_manager(client: carla.Client, seed: int) -> carla.TrafficManager:
    for attempt in range(_PORT_TRIES):
        try:
            manager = client.get_trafficmanager(_free_port())
            break
        except RuntimeError:
            if attempt == _PORT_TRIES - 1:
                raise
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
    client: carla.Client, world: carla.World, manager: carla.TrafficManager, order: TrafficOrder
) -> list[int]:
    chooser = random.Random(f"traffic {order.seed}")
    blueprints = _cars(world)
    clear = carla.Location(*order.keep_clear)
    points = [
        point
        for point in world.get_map().get_spawn_points()
        if point.location.distance(clear) > order.clear_radius_m
    ]
    chooser.shuffle(points)
    batch = []
    for place in points[: order.count]:
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
        world.tick(_STOP_TIMEOUT_S)
        manager.set_synchronous_mode(False)
        client.apply_batch_sync([carla.command.DestroyActor(actor) for actor in ids], False)
        manager.shut_down()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
