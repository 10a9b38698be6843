"""Reaching a CARLA server: handshake, town, weather, and the settings to give back at the end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import carla

from sim_bridge.client_files import keep_files
from sim_bridge.errors import SimulatorError
from sim_bridge.server_line import ServerLine

_PROBE_TIMEOUT_S = 5.0
# A real CARLA reads a town from disk.
_LOAD_TIMEOUT_S = 120.0
# How long a server is watched for the ticks of another client: on a busy machine one may take a second.
_WATCHED_S = 3.0
_WATCH_STEP_S = 0.02
# io_context threads of the client: with fewer than its streams, a callback that waits for the interpreter
# can starve the world's own stream.
_WORKER_THREADS = 8


def open_line(host: str, port: int) -> ServerLine:
    """An idle connection that tells whether the server lives.

    Raises:
        SimulatorError: nobody listens there.
    """
    try:
        return ServerLine(host, port, _PROBE_TIMEOUT_S)
    except (OSError, OverflowError) as error:
        raise SimulatorError(
            f"no simulator listens at {host}:{port} ({_reason(error)}); "
            "start one there (`nanshan serve` or CARLA) or correct --host and --port"
        ) from None


def connect(host: str, port: int) -> carla.Client:
    """A client of a server of its own version, which is known to listen.

    Raises:
        SimulatorError: it is no CARLA server, or one of another version.
    """
    client = carla.Client(host, port, _WORKER_THREADS)
    keep_files(client)
    client.set_timeout(_PROBE_TIMEOUT_S)
    try:
        theirs = client.get_server_version()
    except RuntimeError:
        raise SimulatorError(
            f"what listens at {host}:{port} does not answer as a CARLA server; check the port"
        ) from None
    ours = client.get_client_version()
    if theirs != ours:
        raise SimulatorError(
            f"the server at {host}:{port} has version {theirs}, the installed carla client {ours}; "
            f"start a server of version {ours}"
        )
    return client


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) and error.strerror else str(error)).lower()


def world_of_town(client: carla.Client, town: str | None) -> carla.World:
    """The world, with `town` loaded: a name the server knows, or the path of an OpenDRIVE file.

    Raises:
        SimulatorError: the server does not have the town, the file cannot be read, or loading failed.
    """
    try:
        world = client.get_world()
        if town is None or town == town_name(world.get_map()):
            return world
        client.set_timeout(_LOAD_TIMEOUT_S)
        if town.endswith(".xodr"):
            return client.generate_opendrive_world(_text(Path(town)))
        known = sorted({name.rsplit("/", 1)[-1] for name in client.get_available_maps()})
        if town not in known:
            raise SimulatorError(f"the server has no town {town!r}; it has {', '.join(known)}")
        return client.load_world(town)
    except RuntimeError as error:
        raise SimulatorError(
            f"the server could not load town {town or 'that is running'}: {error}"
        ) from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SimulatorError(f"{path}: cannot be read as an OpenDRIVE file: {error}") from error


def town_name(carla_map: carla.Map) -> str:
    """The last part of the map's name, e.g. `Nanshan01` of `Carla/Maps/Nanshan01`."""
    return str(carla_map.name).rsplit("/", 1)[-1]


def weather_presets() -> dict[str, carla.WeatherParameters]:
    """CARLA's weathers by name."""
    return {
        key: value
        for key, value in vars(carla.WeatherParameters).items()
        if isinstance(value, carla.WeatherParameters)
    }


def weather_preset(name: str) -> carla.WeatherParameters:
    """CARLA's weather of this name.

    Raises:
        SimulatorError: it has none.
    """
    presets = weather_presets()
    if name not in presets:
        raise SimulatorError(f"unknown weather {name!r}; choose one of {', '.join(sorted(presets))}")
    return presets[name]


def refuse_if_driven(world: carla.World, line: ServerLine) -> None:
    """Keeps away from a server that another client steps: two that tick would break each other's drive.

    A client that died may have left the server in synchronous mode, with its time standing still; that one is
    free. Where there is no vehicle nobody drives, so that a fresh server is not waited for.

    Raises:
        SimulatorError: another client ticks it.
    """
    if not world.get_settings().synchronous_mode or not len(world.get_actors().filter("vehicle.*")):
        return
    first = world.get_snapshot().frame
    deadline = time.monotonic() + _WATCHED_S
    while time.monotonic() < deadline:
        if world.get_snapshot().frame > first:
            raise SimulatorError(
                f"another client drives in the simulator at {line.where}; wait for it, or start one more "
                "with `nanshan serve` and name it with --port"
            )
        time.sleep(_WATCH_STEP_S)


@contextmanager
def synchronous(world: carla.World, line: ServerLine, step_s: float) -> Iterator[None]:
    """Fixed steps on demand for the time of a `with` block, then the settings that were."""
    before = world.get_settings()
    wanted = world.get_settings()
    wanted.synchronous_mode = True
    wanted.fixed_delta_seconds = step_s
    wanted.substepping = True
    wanted.max_substep_delta_time = 0.01
    wanted.max_substeps = 10
    try:
        world.apply_settings(wanted)
        yield
    finally:
        line.attempt(lambda: world.apply_settings(before))


@contextmanager
def weather(world: carla.World, line: ServerLine, preset: carla.WeatherParameters | None) -> Iterator[None]:
    """A weather for the time of a `with` block, then the one that was; None leaves it alone."""
    if preset is None:
        yield
        return
    before = world.get_weather()
    world.set_weather(preset)
    try:
        yield
    finally:
        line.attempt(lambda: world.set_weather(before))
