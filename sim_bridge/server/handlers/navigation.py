"""The navigation mesh on which clients let their own walkers walk."""

from __future__ import annotations

import asyncio

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.maps.navigation.mesh_file import mesh_file, mesh_file_name
from sim_bridge.server.rpc import CallError
from sim_bridge.server.wire.values import Wire, text

_NAVIGATION = "Nav"


def get_required_files(session: Session, folder: Wire = "") -> list[str]:
    """Files that clients have to fetch: the navigation mesh; of the map the OpenDRIVE text says it all."""
    name = _file_name(session) if text(folder, "folder") == _NAVIGATION else None
    return [] if name is None else [name]


async def request_file(session: Session, name: Wire) -> bytes:
    """The content of a file that `get_required_files` has named."""
    if text(name, "file name") != _file_name(session):
        raise CallError(f"there is no file {name!r} for the loaded map")
    episode = session.episode
    try:
        return await asyncio.to_thread(mesh_file, episode.map, episode.scenery.still.boxes)
    except ValueError as error:
        raise CallError(f"map {episode.map.name}: {error}") from error


def _file_name(session: Session) -> str | None:
    return mesh_file_name(session.episode.map, session.episode.scenery.still.boxes)


HANDLERS = (get_required_files, request_file)
