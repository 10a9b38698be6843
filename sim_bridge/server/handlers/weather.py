"""Weather and gravity."""

from __future__ import annotations

import sys

from sim_bridge.server.handlers.session import Session
from sim_bridge.server.wire.episode import pack_weather, read_weather
from sim_bridge.server.wire.values import Wire, WireError, number


def get_weather_parameters(session: Session) -> Wire:
    """The weather as it is."""
    return pack_weather(session.episode.weather)


def set_weather_parameters(session: Session, weather: Wire) -> None:
    """Changes the weather.

    Numbers out of range are kept as they are and drawn as the nearest that can be. What is no number is
    refused; CARLA's client does not wait for the answer, so the server says so in a line of its own.
    """
    try:
        session.episode.weather = read_weather(weather)
    except WireError as error:
        print(f"set_weather_parameters: {error}; the weather stays as it is", file=sys.stderr)
        raise


def get_imui_gravity(session: Session) -> float:
    """What an accelerometer at rest reads, m/s2."""
    return session.simulation.imu_gravity


def set_imui_gravity(session: Session, gravity: Wire) -> None:
    """Changes what an accelerometer at rest reads, m/s2."""
    session.simulation.imu_gravity = number(gravity, "gravity")


HANDLERS = (get_weather_parameters, set_weather_parameters, get_imui_gravity, set_imui_gravity)
