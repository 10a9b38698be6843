"""Compiles every kernel before the server says that it is ready, so that no client waits for it."""

from __future__ import annotations

from pathlib import Path

from sim_bridge.server.maps.world_map import WorldMap
from sim_bridge.server.renderer.jit import Progress, cache_folder, reporting
from sim_bridge.server.sensors.warm_up import warm_up_sensors
from sim_bridge.server.transforms import Pose
from sim_bridge.server.vehicle.parameters import preset
from sim_bridge.server.wire.actors import Description
from sim_bridge.server.wire.geometry import BoundingBox
from sim_bridge.server.world.actors import Actor, ActorKind, ActorTable
from sim_bridge.server.world.contacts import collide
from sim_bridge.server.world.fleet import Fleet
from sim_bridge.server.world.scenery import Scenery

_HERE = Path(__file__).parent
_SENSOR_KERNELS = (_HERE / "rays", _HERE / "sensors")


def warm_up(world_map: WorldMap, scenery: Scenery, progress: Progress | None = None) -> None:
    """Runs everything that is compiled once: two touching cars, one step, one picture.

    The kernels of sensors are loaded when one is first used; here they are compiled if that was never done.

    Args:
        world_map: whose ground is asked.
        scenery: whose renderer draws.
        progress: is told what has been compiled, its number, and how many there are; of what the cache holds
            it is told nothing.
    """
    with reporting(progress):
        fleet, table, box = Fleet(), ActorTable(), BoundingBox((0.0, 0.0, 0.7), (2.3, 0.9, 0.7))
        for actor_id, x in ((1, 0.0), (2, 1.0)):
            fleet.add(actor_id, preset("car"), Pose(x, 0.0, 0.0))
            table.add(Actor(actor_id, ActorKind.VEHICLE, Description(0, "", {}), box), Pose(x, 0.0, 0.0))
        fleet.advance(0.01, world_map)
        collide(fleet, [], {}, table, scenery.obstacles, 0.01)
        scenery.warm_up()
        if not all(any(cache_folder(folder).rglob("*.nbi")) for folder in _SENSOR_KERNELS):
            warm_up_sensors()
