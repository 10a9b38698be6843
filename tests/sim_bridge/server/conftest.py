"""A real server in a process of its own, on a small loop of a road, and real clients."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import carla
import pytest

STRAIGHT_M, RADIUS_M = 240.0, 40.0
ARC_M = 3.141592653589793 * RADIUS_M
DELTA_S = 0.05

_HEADER = (
    '<header revMajor="1" revMinor="4" name="loop" north="200" south="-200" east="400" west="-200">'
    "<geoReference><![CDATA[+proj=tmerc +lat_0=22.5 +lon_0=113.9]]></geoReference></header>"
)
_MARK = '<roadMark sOffset="0" type="{kind}" weight="standard" color="white" width="0.13"/>'
_SIGNAL = (
    '<signals><signal id="901" name="light" s="200" t="-6" zOffset="0" hOffset="0" roll="0" pitch="0" '
    'orientation="+" dynamic="yes" country="OpenDRIVE" type="1000001" subtype="-1" value="-1" '
    'height="1" width="0.5"><validity fromLane="-1" toLane="-1"/></signal></signals>'
)


def _lane(lane_id: int) -> str:
    return (
        f'<lane id="{lane_id}" type="driving" level="false"><link><predecessor id="{lane_id}"/>'
        f'<successor id="{lane_id}"/></link><width sOffset="0" a="3.5" b="0" c="0" d="0"/>'
        f"{_MARK.format(kind='solid')}</lane>"
    )


def _road(road_id: int, x: float, y: float, heading: float, length: float, shape: str, signals: str) -> str:
    before, after = (road_id - 2) % 4 + 1, road_id % 4 + 1
    return (
        f'<road name="" length="{length}" id="{road_id}" junction="-1"><link>'
        f'<predecessor elementType="road" elementId="{before}" contactPoint="end"/>'
        f'<successor elementType="road" elementId="{after}" contactPoint="start"/></link>'
        '<type s="0" type="town"><speed max="50" unit="km/h"/></type>'
        f'<planView><geometry s="0" x="{x}" y="{y}" hdg="{heading}" length="{length}">{shape}</geometry>'
        '</planView><elevationProfile/><lanes><laneSection s="0">'
        f'<left>{_lane(1)}</left><center><lane id="0" type="none" level="false">'
        f"{_MARK.format(kind='broken')}</lane></center><right>{_lane(-1)}</right></laneSection></lanes>"
        f"{signals}</road>"
    )


def loop_xodr() -> str:
    """Two straights and two half circles with one lane each way, and a light on the first straight."""
    half_turn, arc = 3.141592653589793, f'<arc curvature="{1.0 / RADIUS_M}"/>'
    return (
        f'<?xml version="1.0"?><OpenDRIVE>{_HEADER}'
        + _road(1, 0.0, 0.0, 0.0, STRAIGHT_M, "<line/>", _SIGNAL)
        + _road(2, STRAIGHT_M, 0.0, 0.0, ARC_M, arc, "")
        + _road(3, STRAIGHT_M, 2.0 * RADIUS_M, half_turn, STRAIGHT_M, "<line/>", "")
        + _road(4, 0.0, 2.0 * RADIUS_M, half_turn, ARC_M, arc, "")
        + "</OpenDRIVE>"
    )


class RunningServer:
    """A server process and where it listens."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self.port = port

    def client(self) -> carla.Client:
        client = carla.Client("127.0.0.1", self.port)
        client.set_timeout(20.0)
        return client


@contextmanager
def running_server(xodr_path: Path, *arguments: str) -> Iterator[RunningServer]:
    ours = ["--parent-pid", str(os.getpid())]  # a killed test run leaves no server behind
    where = ["--port", "0", "--map", str(xodr_path)]
    command = [sys.executable, "-m", "sim_bridge.server", *where, *ours, *arguments]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True)
    try:
        line = "compiling"
        while line.startswith("compiling"):
            line = process.stdout.readline()
        assert line.startswith("ready "), f"the server said {line!r} and ended with {process.poll()}"
        yield RunningServer(process, int(line.split()[2]))
    finally:
        process.terminate()
        try:
            assert process.wait(30) == 0, "the server did not end cleanly"
        finally:
            process.kill()
            process.wait()
            process.stdout.close()


@pytest.fixture(scope="session")
def loop_map_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("maps") / "loop.xodr"
    path.write_text(loop_xodr())
    return path


@pytest.fixture(scope="session")
def start_server(loop_map_path: Path) -> Callable[..., object]:
    return lambda *arguments: running_server(loop_map_path, *arguments)


@pytest.fixture(scope="session")
def server(loop_map_path: Path) -> Iterator[RunningServer]:
    with running_server(loop_map_path) as running:
        yield running


@pytest.fixture(scope="session")
def client(server: RunningServer) -> carla.Client:
    return server.client()


@pytest.fixture
def world(client: carla.Client) -> Iterator[carla.World]:
    """An empty world in synchronous mode at 20 Hz."""
    world = client.get_world()
    world.apply_settings(carla.WorldSettings(synchronous_mode=True, fixed_delta_seconds=DELTA_S))
    yield world
    leftovers = [a.id for a in world.get_actors() if a.type_id.startswith(("vehicle.", "walker.", "sensor."))]
    client.apply_batch_sync([carla.command.DestroyActor(i) for i in leftovers], False)
    world.apply_settings(carla.WorldSettings(synchronous_mode=False, fixed_delta_seconds=0.0))


@pytest.fixture
def car(world: carla.World) -> carla.Vehicle:
    """A resting car on the ground at the first spawn point."""
    blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
    vehicle = world.spawn_actor(blueprint, world.get_map().get_spawn_points()[0])
    for _ in range(25):
        world.tick()
    return vehicle
