"""`nanshan bench world`: pictures per second, start and memory of the embedded server."""

from __future__ import annotations

import re
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import tyro
from pydantic import Field, field_validator
from rich.console import Console
from rich.status import Status

from assistant.command_line import from_command_line
from assistant.outputs import check_outputs
from assistant.results import result_object
from assistant.settings import DEFAULT_TOWN, Settings
from data.files import told
from data.jsonable import write_json
from sim_bridge.embedded import start_embedded_server
from sim_bridge.errors import SimulatorError
from sim_bridge.world_speed import (
    SpeedPlan,
    first_frame,
    load_memory_mb,
    memory_mb,
    picture_rates,
    tick_memory_mb,
)

SIZE = re.compile(r"(\d{1,4})x(\d{1,4})")
SETTLED_LOADS = 6
"""Memory is called flat from this loading on: the first ones fill what is kept."""


class WorldBenchSettings(Settings):
    """Measures the embedded server through the real client, on this machine as it is now.

    Starts it twice: the first start compiles what is not compiled yet and makes the town, the second one is
    timed until a client has its first picture. Then a camera rides through traffic and people, and blocks of
    frames with an RGB camera alone take turns with blocks that also have depth, semantic and instance
    pictures of the same pose. Close other programs first. Exit code: 0 done, 1 broke off, 2 unusable input.

    Examples:
        nanshan bench world
        nanshan bench world --town Nanshan02 --sizes 640x360 --vehicles 60
        nanshan bench world --loads 200 --steps 100000
    """

    town: str = Field(default=DEFAULT_TOWN, description="a town, or an .xodr file")
    vehicles: int = Field(default=30, ge=1, le=500, description="cars under the TrafficManager")
    walkers: int = Field(default=30, ge=0, le=500, description="people on foot")
    sizes: str = Field(default="640x360,1280x720", description="of pictures, pixels")
    blocks: int = Field(default=7, ge=1, le=1000, description="pairs of blocks for each size")
    loads: int = Field(
        default=0, ge=0, le=100_000, description="times to load one town after the other, for the memory"
    )
    steps: int = Field(default=0, ge=0, le=10_000_000, description="steps without a camera, for the memory")
    seed: int = Field(default=0, ge=0, le=2**31 - 1, description="of traffic and people")
    json_: Annotated[Path | None, tyro.conf.arg(name="json")] = Field(
        default=None, alias="json", description="the figures, FILE.json"
    )

    @field_validator("sizes")
    @classmethod
    def _readable_sizes(cls, value: str) -> str:
        if not value or any(SIZE.fullmatch(size) is None for size in value.split(",")):
            raise ValueError("write them as 640x360,1280x720")
        return value


def main(argv: list[str]) -> int:
    """Runs the benchmark; see `WorldBenchSettings` for the exit codes."""
    settings = from_command_line(WorldBenchSettings, "bench world", argv)
    if isinstance(settings, int):
        return settings
    try:
        check_outputs({"--json": settings.json_})
        with Console(stderr=True).status("starting the embedded server") as status:
            figures = measure(settings, status)
        print(table(figures))
        if settings.json_ is not None:
            write_json(
                settings.json_, result_object("bench world", figures, settings.model_dump(mode="json"))
            )
    except SimulatorError as error:
        print(f"nanshan bench world: {error}", file=sys.stderr)
        return 1
    except ValueError as error:
        print(f"nanshan bench world: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"nanshan bench world: {told(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("nanshan bench world: interrupted", file=sys.stderr)
        return 1
    return 0


def measure(settings: WorldBenchSettings, status: Status) -> dict[str, Any]:
    """All figures, by name.

    Raises:
        ValueError: the server could not start, as with a town that does not exist.
        SimulatorError: it died.
    """
    sizes = tuple((int(w), int(h)) for w, h in (size.split("x") for size in settings.sizes.split(",")))
    plan = SpeedPlan(settings.vehicles, settings.walkers, sizes, settings.blocks, settings.seed)

    def tell(done: int, total: int, what: str) -> None:
        status.update(f"compiling the renderer, once: {done}/{total} {what}")

    try:
        with start_embedded_server(settings.town, seed=settings.seed, progress=tell):
            pass
    except SimulatorError as error:
        raise ValueError(error) from error
    status.update("starting once more")
    start = time.perf_counter()
    with start_embedded_server(settings.town, seed=settings.seed) as at:
        first_frame(at, sizes[0], plan.timeout_s)
        figures: dict[str, Any] = {"start_to_first_frame_s": time.perf_counter() - start}
        figures["rates"] = [asdict(rate) for rate in picture_rates(at, plan, status.update)]
        figures["memory_mb"] = memory_mb(at.pid)
        if settings.steps:
            figures["memory_over_steps_mb"] = tick_memory_mb(at, plan, settings.steps, status.update)
        if settings.loads:
            figures["memory_over_loads_mb"] = load_memory_mb(at, settings.loads, status.update)
    return figures


def table(figures: dict[str, Any]) -> str:
    """The figures as people read them."""
    lines = [f"start to first frame  {figures['start_to_first_frame_s']:.1f} s"]
    lines += [
        f"{rate['width']}x{rate['height']}  {rate['frames_per_s']:.1f} frames/s, "
        f"{rate['server_cpu_ms']:.1f} ms CPU of the server a frame; "
        f"depth, semantic and instance of the same pose: {100.0 * rate['truth_share']:+.0f} %"
        for rate in figures["rates"]
    ]
    lines.append(f"memory  {figures['memory_mb']:.0f} MB")
    steps, loads = figures.get("memory_over_steps_mb"), figures.get("memory_over_loads_mb")
    if steps:
        lines.append(f"memory over the steps  {steps[0]:.0f} to {steps[-1]:.0f} MB, at most {max(steps):.0f}")
    if loads:
        settled = loads[min(SETTLED_LOADS, len(loads) - 1)]
        lines.append(f"memory over the loads  {settled:.0f} to {loads[-1]:.0f} MB, at most {max(loads):.0f}")
    return "\n".join(lines)
