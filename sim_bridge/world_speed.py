"""How fast the embedded server makes pictures, through the real client, and what memory it takes."""

from __future__ import annotations

import os
import queue
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import carla
import numpy as np

from sim_bridge.embedded import ServerAddress
from sim_bridge.errors import SimulatorError
from sim_bridge.server_line import ServerLine
from sim_bridge.traffic import Traffic, spawn_traffic
from sim_bridge.traffic_process import TrafficOrder

TRUTH = ("depth", "semantic_segmentation", "instance_segmentation")
BLOCK_FRAMES = 40
WARM_FRAMES = 10
_NOWHERE = (0.0, 0.0, -1e4)
_LOADING_S = 120.0
_MOUNT = carla.Transform(carla.Location(x=1.5, z=1.6))

Progress = Callable[[str], None]


@dataclass(frozen=True)
class SpeedPlan:
    """What is measured.

    Attributes:
        vehicles: cars under the TrafficManager; the camera rides on the first.
        walkers: people of the client's crowd.
        sizes: width and height of the pictures, pixels.
        blocks: pairs of blocks of BLOCK_FRAMES frames, one without and one with the truth pictures.
        seed: of traffic and crowd.
        timeout_s: for a call or a picture.
    """

    vehicles: int
    walkers: int
    sizes: tuple[tuple[int, int], ...]
    blocks: int
    seed: int
    timeout_s: float = 60.0


@dataclass(frozen=True)
class Rate:
    """Medians over the blocks of one picture size.

    Attributes:
        width: pixels.
        height: pixels.
        frames_per_s: with an RGB camera alone, stepping and traffic included.
        server_cpu_ms: of the server's process for such a frame.
        truth_share: what depth, semantic and instance pictures of the same pose take on top, as a share of
            the time of a frame; median of ratios of neighbouring blocks.
    """

    width: int
    height: int
    frames_per_s: float
    server_cpu_ms: float
    truth_share: float


def first_frame(at: ServerAddress, size: tuple[int, int], timeout_s: float) -> None:
    """Returns when a new client has got one picture from a server that has just started."""
    client = carla.Client(at.host, at.port)
    client.set_timeout(timeout_s)
    world = client.get_world()
    with _cameras(world, size, None, ("rgb",)) as images:
        _frame(world.tick, images, timeout_s)


def picture_rates(at: ServerAddress, plan: SpeedPlan, progress: Progress) -> list[Rate]:
    """The rate of each size, among traffic and people.

    Raises:
        SimulatorError: the server does not answer, or there is no place for a car.
    """
    with _busy_world(at, plan) as (world, traffic):
        return [_rate(world, traffic, at.pid, size, plan, progress) for size in plan.sizes]


def tick_memory_mb(at: ServerAddress, plan: SpeedPlan, count: int, progress: Progress) -> list[float]:
    """The server's memory in MB at ten times of `count` steps among traffic and people.

    Raises:
        SimulatorError: the server does not answer, or there is no place for a car.
    """
    memory = []
    with _busy_world(at, plan) as (_, traffic):
        for number in range(1, count + 1):
            traffic.tick(plan.timeout_s)
            if number % max(count // 10, 1) == 0:
                progress(f"step {number} of {count}")
                memory.append(memory_mb(at.pid))
    return memory


def load_memory_mb(at: ServerAddress, count: int, progress: Progress) -> list[float]:
    """(count,) the server's memory in MB after each of `count` loadings of its towns in turn, a picture each.

    Raises:
        SimulatorError: the server does not answer.
    """
    client = carla.Client(at.host, at.port)
    client.set_timeout(_LOADING_S)
    memory = []
    try:
        towns = sorted(client.get_available_maps())
        for number in range(count):
            progress(f"loading {number + 1} of {count}")
            world = client.load_world(towns[number % len(towns)], False)
            with _cameras(world, (320, 180), None, ("rgb",)) as images:
                _frame(world.tick, images, _LOADING_S)
            memory.append(memory_mb(at.pid))
    except RuntimeError as error:
        raise SimulatorError(f"{at.host}:{at.port}: {error}") from error
    return memory


def memory_mb(pid: int) -> float:
    """Memory that a process holds, MB."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise SimulatorError(f"process {pid} tells nothing of its memory")


def _cpu_s(pid: int) -> float:
    """Processor time that a process has used, user and system."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def _busy_world(at: ServerAddress, plan: SpeedPlan) -> Iterator[tuple[carla.World, Traffic]]:
    client = carla.Client(at.host, at.port)
    client.set_timeout(plan.timeout_s)
    line = ServerLine(at.host, at.port, plan.timeout_s)
    order = TrafficOrder(
        host=at.host,
        port=at.port,
        count=plan.vehicles,
        walkers=plan.walkers,
        seed=plan.seed,
        keep_clear=_NOWHERE,
        clear_radius_m=1.0,
        timeout_s=plan.timeout_s,
    )
    try:
        world = client.get_world()
        with spawn_traffic(client, line, order) as traffic:
            if not traffic.actor_ids:
                raise SimulatorError("no car could be spawned")
            yield world, traffic
    except RuntimeError as error:
        raise SimulatorError(f"{at.host}:{at.port}: {error}") from error
    finally:
        line.close()


def _rate(
    world: carla.World,
    traffic: Traffic,
    pid: int,
    size: tuple[int, int],
    plan: SpeedPlan,
    progress: Progress,
) -> Rate:
    carrier = world.get_actor(traffic.actor_ids[0])

    def tick() -> int:
        return traffic.tick(plan.timeout_s)

    alone: list[float] = []
    together: list[float] = []
    cpu: list[float] = []
    for block in range(plan.blocks):
        progress(f"{size[0]}x{size[1]}: block {block + 1} of {plan.blocks}")
        for kinds, seconds in ((("rgb",), alone), (("rgb", *TRUTH), together)):
            with _cameras(world, size, carrier, kinds) as images:
                for _ in range(WARM_FRAMES):
                    _frame(tick, images, plan.timeout_s)
                used, start = _cpu_s(pid), time.perf_counter()
                for _ in range(BLOCK_FRAMES):
                    _frame(tick, images, plan.timeout_s)
                seconds.append((time.perf_counter() - start) / BLOCK_FRAMES)
                if kinds == ("rgb",):
                    cpu.append((_cpu_s(pid) - used) / BLOCK_FRAMES)
    share = np.median(np.array(together) / np.array(alone)) - 1.0
    return Rate(*size, 1.0 / float(np.median(alone)), 1e3 * float(np.median(cpu)), float(share))


@contextmanager
def _cameras(
    world: carla.World, size: tuple[int, int], carrier: carla.Actor | None, kinds: tuple[str, ...]
) -> Iterator[list[queue.Queue[Any]]]:
    """Cameras of one pose, on a carrier or at the first spawn point; yields where their pictures arrive."""
    sensors: list[carla.Sensor] = []
    images: list[queue.Queue[Any]] = []
    try:
        for kind in kinds:
            blueprint = world.get_blueprint_library().find(f"sensor.camera.{kind}")
            blueprint.set_attribute("image_size_x", str(size[0]))
            blueprint.set_attribute("image_size_y", str(size[1]))
            place = _MOUNT if carrier else world.get_map().get_spawn_points()[0]
            sensors.append(world.spawn_actor(blueprint, place, attach_to=carrier))
            images.append(queue.Queue())
            sensors[-1].listen(images[-1].put)
        yield images
    finally:
        for sensor in sensors:
            sensor.stop()
            sensor.destroy()


def _frame(tick: Callable[[], int], images: list[queue.Queue[Any]], timeout_s: float) -> None:
    number = tick()
    for arriving in images:
        try:
            while arriving.get(timeout=timeout_s).frame < number:
                pass
        except queue.Empty:
            raise SimulatorError(f"no picture of frame {number} within {timeout_s:.0f} s") from None
