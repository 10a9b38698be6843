"""Maps: which there are, which is loaded, loading another one."""

from __future__ import annotations

import asyncio
import sys

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.maps.opendrive_check import MAX_BYTES
from sim_bridge.server.maps.world_map import WorldMap, load_world_map, world_map_from_text
from sim_bridge.server.rpc import CallError
from sim_bridge.server.simulation import Simulation
from sim_bridge.server.wire.episode import pack_map_info
from sim_bridge.server.wire.values import Wire, flag, text
from sim_bridge.server.world.scenery import Scenery

GENERATED = "OpenDriveMap"


def get_map_info(session: Session) -> Wire:
    """Name and spawn points of the loaded map."""
    loaded = session.episode.map
    return pack_map_info(f"Carla/Maps/{loaded.name}", loaded.spawn_points)


def get_map_data(session: Session) -> str:
    """The OpenDRIVE text of the loaded map."""
    return session.episode.map.xodr


def get_available_maps(session: Session) -> list[str]:
    """Every map that `load_new_episode` knows."""
    return [f"/Game/Carla/Maps/{name}" for name in session.simulation.towns]


def copy_opendrive_to_file(session: Session, xodr: Wire, parameters: Wire = None) -> None:
    """Keeps an OpenDRIVE text of the client's until it loads it.

    The parameters tell Unreal how to build a road in empty space: walls against falling off, wider lanes, the
    length of its meshes. Here every map has land around its roads, so they change nothing.
    """
    sent = text(xodr, "OpenDRIVE")
    if len(sent) > MAX_BYTES:
        raise CallError(f"map {GENERATED}: larger than {MAX_BYTES // 1_000_000} MB")
    session.simulation.generated_xodr = sent


async def load_new_episode(
    session: Session, name: Wire = "", reset_settings: Wire = True, layers: Wire = 0
) -> None:
    """Begins a new episode on another map, or on the same one when the name is empty."""
    simulation = session.simulation
    wanted, reset = text(name, "map name"), flag(reset_settings, "reset_settings")
    async with session.server.stepper.lock:
        try:
            world_map, scenery = await asyncio.to_thread(_map_and_scenery, simulation, wanted)
        except ValueError as error:
            raise CallError(str(error)) from error
        simulation.load(world_map, scenery, reset)
    await session.server.stepper.settings_changed()


def _map_and_scenery(simulation: Simulation, name: str) -> tuple[WorldMap, Scenery]:
    episode = simulation.episode
    world_map = _map(simulation, name)
    return world_map, episode.scenery if world_map is episode.map else Scenery(world_map)


def _map(simulation: Simulation, name: str) -> WorldMap:
    loaded, short = simulation.episode.map, name.rsplit("/", 1)[-1]
    if short in ("", loaded.name) and short != GENERATED:
        return loaded
    if short == GENERATED:
        if simulation.generated_xodr is None:
            raise ValueError("no OpenDRIVE text has been sent; use generate_opendrive_world")
        world_map = world_map_from_text(GENERATED, simulation.generated_xodr)
    else:
        # A client names towns; files of the server's machine are none of its business.
        world_map = load_world_map(short.removesuffix(".xodr"), simulation.towns)
    for repair in world_map.repairs:
        print(repair, file=sys.stderr, flush=True)
    return world_map


HANDLERS = (
    get_map_info,
    get_map_data,
    get_available_maps,
    copy_opendrive_to_file,
    load_new_episode,
)
