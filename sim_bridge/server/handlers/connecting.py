"""Connecting, settings and stepping."""

from __future__ import annotations

import asyncio

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.streams import WORLD_STREAM_ID
from sim_bridge.server.wire.episode import pack_episode_info, pack_settings, read_settings
from sim_bridge.server.wire.values import Wire, integer

CARLA_VERSION = "0.9.16"

# A TrafficManager asks for the settings in a busy loop; while nothing has changed it may wait this long.
_SAME_FRAME_DELAY_S = 0.004


def version(session: Session) -> str:
    """The version of CARLA whose protocol is spoken."""
    return CARLA_VERSION


def get_episode_info(session: Session) -> Wire:
    """Which episode runs and where its frames are streamed."""
    return pack_episode_info(session.episode.episode_id, session.server.streams.token(WORLD_STREAM_ID))


def get_sensor_token(session: Session, stream_id: Wire) -> Wire:
    """Where a stream is served; its subscription follows at once."""
    wanted = integer(stream_id, "stream id")
    session.server.streams.promise(wanted)
    return [session.server.streams.token(wanted)]


async def get_episode_settings(session: Session) -> Wire:
    """How the simulation steps."""
    frame, asked = session.simulation.frame, session.server.settings_asked_in_frame
    if asked.get(session.connection) == frame and not session.simulation.settings.synchronous_mode:
        await asyncio.sleep(_SAME_FRAME_DELAY_S)
    asked[session.connection] = session.simulation.frame
    return pack_settings(session.simulation.settings)


async def set_episode_settings(session: Session, settings: Wire) -> int:
    """Sets how the simulation steps from now on; answers the current frame."""
    session.simulation.settings = read_settings(settings)
    await session.server.stepper.settings_changed()
    return session.simulation.frame


async def tick_cue(session: Session) -> int:
    """One step in synchronous mode."""
    return await session.server.stepper.tick()


HANDLERS = (version, get_episode_info, get_sensor_token, get_episode_settings, set_episode_settings, tick_cue)
