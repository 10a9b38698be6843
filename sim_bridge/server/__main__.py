"""`python -m sim_bridge.server`: the embedded server as a process of its own."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from sim_bridge.server.blueprints.library import blueprint_library
from sim_bridge.server.crowd import room
from sim_bridge.server.handlers.registry import all_handlers
from sim_bridge.server.handlers.session import Server
from sim_bridge.server.maps.town_files import own_towns, towns_with
from sim_bridge.server.maps.world_map import DEFAULT_TOWN, load_world_map
from sim_bridge.server.rpc import RpcServer
from sim_bridge.server.sensors.publisher import SensorPublisher
from sim_bridge.server.simulation import Simulation
from sim_bridge.server.stepping import Stepper
from sim_bridge.server.streams import WORLD_STREAM_ID, StreamServer
from sim_bridge.server.warm_up import warm_up
from sim_bridge.server.wire.episode import EpisodeSettings
from sim_bridge.server.world.scenery import Scenery

_PARENT_CHECK_S = 0.5
_DEFAULT_DELTA_S = 0.05


class _Parser(argparse.ArgumentParser):
    """Tells a bad option in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message}; --help tells the options\n")


def _arguments(argv: Sequence[str] | None, prog: str) -> argparse.Namespace:
    parser = _Parser(
        prog=prog,
        description="A CARLA 0.9.16 server for any client of that version. It compiles its renderer at the "
        "first start, prints 'ready HOST PORT' when clients may come, and runs until Ctrl-C. "
        "Exit code: 0 ended as told, 2 unusable address, port, map or folder of maps.",
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: loopback only)")
    parser.add_argument("--port", type=int, default=2000, help="RPC port; 0 takes a free one (default 2000)")
    parser.add_argument("--map", default=DEFAULT_TOWN, help="name of a town, or path of an OpenDRIVE file")
    parser.add_argument(
        "--maps", type=Path, help="folder of .xodr files: their names without the suffix become towns"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the server's own random choices")
    parser.add_argument(
        "--synchronous",
        action="store_true",
        help="begin in synchronous mode, so that time stands still until a client ticks: "
        "the same calls then give the same bytes from the first frame on",
    )
    parser.add_argument("--parent-pid", type=int, help="end when this process is gone")
    return parser.parse_args(argv)


def _bound(host: str, port: int) -> socket.socket:
    """A socket that holds the address: better to learn at once that it is taken than after loading a map."""
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind((host, port))
    return bound


async def _serve(options: argparse.Namespace, bound: socket.socket) -> None:
    simulation = _simulation(options)
    callers, listeners = room()
    streams = StreamServer(
        lambda stream: simulation.world_message if stream == WORLD_STREAM_ID else None, listeners
    )
    sensors = SensorPublisher(simulation, streams)
    stepper = Stepper(simulation, streams, sensors.publish)
    server = Server(simulation, streams, stepper, blueprint_library())
    rpc = RpcServer(all_handlers(server), server.forget, callers)
    try:
        await rpc.open(bound)
        port = int(bound.getsockname()[1])
        await streams.open(options.host, port + 1)
        print(f"ready {options.host} {port}", flush=True)
        await _until_told_to_end(stepper, options.parent_pid)
    finally:
        await rpc.close()
        await streams.close()
        sensors.close()
        simulation.episode.scenery.close()


def _simulation(options: argparse.Namespace) -> Simulation:
    towns = own_towns() if options.maps is None else towns_with(options.maps)
    world_map = load_world_map(options.map, towns)
    for repair in world_map.repairs:
        print(repair, file=sys.stderr, flush=True)
    scenery = Scenery(world_map)
    warm_up(world_map, scenery, _tell)
    simulation = Simulation.begin(world_map, scenery, options.seed, towns)
    if options.synchronous:
        simulation.settings = EpisodeSettings(synchronous_mode=True, fixed_delta_seconds=_DEFAULT_DELTA_S)
    return simulation


def _tell(what: str, number: int, count: int) -> None:
    print(f"compiling {number}/{count} {what}", flush=True)


async def _until_told_to_end(stepper: Stepper, parent_pid: int | None) -> None:
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    tasks = [loop.create_task(ended.wait()), loop.create_task(stepper.run())]
    if parent_pid is not None:
        tasks.append(loop.create_task(_parent_gone(parent_pid)))
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for task in pending:
        task.cancel()
    await asyncio.gather(*pending, return_exceptions=True)
    for task in done:
        task.result()


async def _parent_gone(pid: int) -> None:
    is_child = os.getppid() == pid
    while os.getppid() == pid if is_child else _runs(pid):
        await asyncio.sleep(_PARENT_CHECK_S)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end_quietly(number: int, frame: FrameType | None) -> None:
    raise SystemExit(0)


def main(argv: Sequence[str] | None = None, prog: str = "python -m sim_bridge.server") -> int:
    """Runs the server until it is told to end.

    Args:
        argv: the arguments; those of the process if not given.
        prog: what the command is called where it is told about.

    Returns:
        The exit code: 0 ended as told, 2 unusable address, port, map or folder of maps.
    """
    try:
        options = _arguments(argv, prog)
    except SystemExit as stop:  # how argparse ends after --help and after anything it cannot parse
        return int(stop.code or 0)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end_quietly)
    try:
        bound = _bound(options.host, options.port)
        asyncio.run(_serve(options, bound))
    except (OSError, OverflowError) as error:
        where = f"{options.host}:{options.port}"
        print(f"cannot listen on {where}: {error}; choose another --port or --host", file=sys.stderr)
        return 2
    except ValueError as error:
        print(error, file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
