"""Episode, map, settings and weather as msgpack lists."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass, fields

from sim_bridge.server.renderer.weather import Weather
from sim_bridge.server.transforms import Pose
from sim_bridge.server.wire.geometry import pack_transform
from sim_bridge.server.wire.values import (
    Wire,
    WireError,
    flag,
    integer,
    members,
    number,
    optional,
    pack_optional,
)


@dataclass(frozen=True)
class EpisodeSettings:
    """How the simulation steps; the members and defaults of `carla.WorldSettings`.

    Lengths of time in s, distances in m; `fixed_delta_seconds` None = by the wall clock.
    """

    synchronous_mode: bool = False
    no_rendering_mode: bool = False
    fixed_delta_seconds: float | None = None
    substepping: bool = True
    max_substep_delta_time: float = 0.01
    max_substeps: int = 10
    max_culling_distance: float = 0.0
    deterministic_ragdolls: bool = True
    tile_stream_distance: float = 3000.0
    actor_active_distance: float = 2000.0
    spectator_as_ego: bool = True


# Shorter steps than the first are lost in the float32 times of the wire.
_MIN_DELTA_S, _MAX_DELTA_S = 1e-4, 10.0


def pack_episode_info(episode_id: int, world_token: bytes) -> list[Wire]:
    """`[episode id, [token]]`: here the token is wrapped once."""
    return [episode_id, [world_token]]


def pack_map_info(name: str, spawn_points: Sequence[Pose]) -> list[Wire]:
    """`[name, spawn points]`."""
    return [name, [pack_transform(pose) for pose in spawn_points]]


def pack_settings(settings: EpisodeSettings) -> list[Wire]:
    """The eleven members in order."""
    packed: list[Wire] = list(astuple(settings))
    packed[2] = pack_optional(settings.fixed_delta_seconds)
    return packed


def read_settings(value: Wire) -> EpisodeSettings:
    """The eleven members in order; a step below 0.1 ms or above 10 s is refused."""
    s = members(value, len(fields(EpisodeSettings)), "settings")
    wanted = optional(s[2], "fixed_delta_seconds")
    delta = None if wanted is None else number(wanted, "fixed_delta_seconds")
    if delta and not _MIN_DELTA_S <= delta <= _MAX_DELTA_S:
        reach = f"{_MIN_DELTA_S:g} and {_MAX_DELTA_S:g} s"
        raise WireError(f"fixed_delta_seconds: must be 0 or within {reach}, got {delta}")
    return EpisodeSettings(
        synchronous_mode=flag(s[0], "synchronous_mode"),
        no_rendering_mode=flag(s[1], "no_rendering_mode"),
        fixed_delta_seconds=delta or None,
        substepping=flag(s[3], "substepping"),
        max_substep_delta_time=number(s[4], "max_substep_delta_time"),
        max_substeps=integer(s[5], "max_substeps"),
        max_culling_distance=number(s[6], "max_culling_distance"),
        deterministic_ragdolls=flag(s[7], "deterministic_ragdolls"),
        tile_stream_distance=number(s[8], "tile_stream_distance"),
        actor_active_distance=number(s[9], "actor_active_distance"),
        spectator_as_ego=flag(s[10], "spectator_as_ego"),
    )


def pack_weather(weather: Weather) -> list[float]:
    """The fourteen numbers in order."""
    return list(astuple(weather))


def read_weather(value: Wire) -> Weather:
    """The fourteen numbers in order."""
    names = [field.name for field in fields(Weather)]
    numbers = members(value, len(names), "weather")
    return Weather(*(number(v, name) for v, name in zip(numbers, names, strict=True)))
