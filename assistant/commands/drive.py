"""`nanshan drive`: closed loop in a simulator."""

from __future__ import annotations

import sys
import time
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from assistant.command_line import from_command_line
from assistant.interrupts import Interrupts
from assistant.modules import Parts, build_detector, build_modules, check_names, oracle_names
from assistant.observers.drive_metrics import DriveMetrics
from assistant.observers.hud_video import HudVideo
from assistant.observers.json_lines import JsonLines
from assistant.observers.progress import ProgressLine
from assistant.observers.recorder import Recorder
from assistant.outputs import check_outputs, close_all
from assistant.pipeline import FrameResult, Observer, Pipeline, run
from assistant.results import result_object, versions
from assistant.run_folder import drop_empty, with_run_files
from assistant.settings import DEFAULT_TOWN, DriveSettings
from assistant.stepping_ahead import SteppingAhead
from data.files import told
from data.jsonable import dumps, write_json
from data.types import SensorFrame
from planning.route import RouteNavigator, plan_route
from sim_bridge.client import SessionSettings, SimulatorSession, default_front_camera
from sim_bridge.connection import weather_preset
from sim_bridge.embedded import start_embedded_server
from sim_bridge.errors import SimulatorError

RATE_HZ = 20
ROUTE_SPEED_MPS = 10.0
"""The route is as long as this speed would drive in the time given."""


@dataclass(frozen=True)
class Outcome:
    """What came of a drive.

    Attributes:
        metrics: the summary.
        broke_off: why it ended before its time, empty when it did not.
    """

    metrics: dict[str, Any]
    broke_off: str


def main(argv: list[str]) -> int:
    """Runs the command; see `DriveSettings` for the exit codes."""
    settings = from_command_line(DriveSettings, "drive", argv)
    if isinstance(settings, int):
        return settings
    console = Console(stderr=True)
    outcome = None
    try:
        settings = with_run_files(settings)
        outputs = {"--record": settings.record, "--video": settings.video, "--jsonl": settings.jsonl}
        check_outputs(outputs | {"--json": settings.json_})
        with Interrupts() as interrupts:
            outcome = drive(settings, console, interrupts)
    except (SimulatorError, ValueError) as error:
        print(f"nanshan drive: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"nanshan drive: {told(error)}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("nanshan drive: interrupted", file=sys.stderr)
        return 1
    finally:
        if outcome is None:
            drop_empty(settings)
    return report(settings, outcome)


def drive(settings: DriveSettings, console: Console, interrupts: Interrupts) -> Outcome:
    """Starts what is needed, drives, and takes everything down again.

    Raises:
        SimulatorError: it could not start, or there is no such weather.
        ValueError: a module could not be built.
        OSError: a file could not be created.
    """
    parts = Parts(settings.modules, settings.planning, settings.control, oracle_names(settings.oracle))
    check_names(parts)
    weather_preset(settings.weather)
    detector = build_detector(parts)
    with ExitStack() as stack:
        session = stack.enter_context(SimulatorSession(_session_settings(settings, stack, console)))
        if session.other_cars < settings.traffic:
            console.print(f"{session.other_cars} of {settings.traffic} cars found a place")
        if session.walkers < settings.walkers:
            console.print(f"{session.walkers} of {settings.walkers} people found a place to walk")
        first = session.tick()
        assert first.truth is not None  # the session was asked for it
        route_m = settings.seconds * ROUTE_SPEED_MPS
        route = plan_route(session.lane_graph, first.truth.pose, route_m, settings.seed)
        navigator = RouteNavigator(route, session.lane_graph)
        camera = first.images[0].camera
        pipeline = Pipeline(build_modules(parts, detector, camera, session.shape, navigator))
        judge = RouteNavigator(route, session.lane_graph)
        metrics = DriveMetrics(session.shape, judge, route.length_m)
        steps = round(settings.seconds * RATE_HZ)
        observers = [metrics, *_observers(settings, console, steps, session.versions)]
        broke_off, wall_s = _run(pipeline, session, first, steps, observers, interrupts)
        summary = metrics.summary() | {
            "realtime_factor": round(metrics.duration_s / wall_s, 3) if wall_s else 0.0,
            "latency_ms": metrics.latency_ms(),
            "town": session.town,
            "traffic": session.other_cars,
            "walkers": session.walkers,
            "broke_off": broke_off,
        }
    return Outcome(summary, broke_off)


def _run(
    pipeline: Pipeline,
    session: SimulatorSession,
    first: SensorFrame,
    steps: int,
    observers: list[Observer],
    interrupts: Interrupts,
) -> tuple[str, float]:
    """The loop; why it broke off (or nothing) and how long it ran by the wall clock."""

    def arrived(result: FrameResult) -> bool:
        return result.route is not None and result.route.remaining_m < 1.0

    broke_off = not_closed = ""
    start = time.perf_counter()
    try:
        interrupts.noted_only = True
        with SteppingAhead(session.apply, session.tick, first, steps) as ahead:
            run(ahead.frames(), pipeline, ahead.act, observers, lambda r: arrived(r) or interrupts.came)
        broke_off = "interrupted" if interrupts.came else ""
    except KeyboardInterrupt:
        broke_off = "interrupted"
    except SimulatorError as error:
        broke_off = str(error)
    except OSError as error:
        broke_off = told(error)
    finally:
        wall_s = time.perf_counter() - start
        not_closed = close_all(observers)
    return broke_off or not_closed, wall_s


def _session_settings(settings: DriveSettings, stack: ExitStack, console: Console) -> SessionSettings:
    """Starts the embedded server unless one is named, and says where to drive."""
    host, port, town = settings.host, settings.port, settings.town
    if host is None:
        town = town or DEFAULT_TOWN
        status = stack.enter_context(console.status("starting the embedded server"))

        def tell(done: int, total: int, what: str) -> None:
            status.update(f"compiling the renderer, once: {done}/{total} {what}")
            if not console.is_terminal:
                console.print(f"compiling the renderer, once: {done}/{total} {what}")

        address = stack.enter_context(
            start_embedded_server(town, seed=settings.seed, maps=settings.maps, progress=tell)
        )
        host, port, town = address.host, address.port, None
        status.stop()
    camera = settings.camera
    return SessionSettings(
        host=host,
        port=port,
        town=town,
        seed=settings.seed,
        traffic=settings.traffic,
        walkers=settings.walkers,
        weather=settings.weather,
        ego_blueprint=settings.ego,
        cameras=(default_front_camera(camera.width, camera.height, camera.fov_deg),),
        rate_hz=RATE_HZ,
        truth=True,
    )


def _observers(
    settings: DriveSettings, console: Console, steps: int, carla_versions: dict[str, str]
) -> list[Observer]:
    observers: list[Observer] = []
    if settings.record is not None:
        facts = {"settings": dumps(settings.model_dump(mode="json", exclude=_PATHS))}
        facts["versions"] = dumps(versions() | carla_versions)
        observers.append(Recorder(settings.record, facts, RATE_HZ))
    if settings.jsonl is not None:
        observers.append(JsonLines(settings.jsonl))
    if settings.video is not None:
        observers.append(HudVideo(settings.video, RATE_HZ))
    observers.append(ProgressLine(console, steps + 1, "driving"))
    return observers


_PATHS = {"record", "video", "json_", "jsonl", "runs"}
"""Where things are left does not belong into a recording: the same drive has the same metadata."""


def report(settings: DriveSettings, outcome: Outcome) -> int:
    """Prints and writes the summary; returns the exit code."""
    metrics = outcome.metrics
    value = result_object("drive", metrics, settings.model_dump(mode="json"))
    value = {**metrics, "seed": settings.seed, **value}
    latency = metrics["latency_ms"].get("frame_to_control", {"p50": 0.0, "p99": 0.0})
    print(
        f"drove {metrics['distance_m']:.0f} m in {metrics['duration_s']:.0f} s in {metrics['town']}, "
        f"{100 * metrics['route_completion']:.0f} % of the route, {metrics['stops']} stops\n"
        f"collisions {metrics['collisions']} ({metrics['collisions_at_fault']} caused), "
        f"lane departures {metrics['lane_departures']} "
        f"(at most {metrics['max_lane_offset_m']:.2f} m off centre), "
        f"red lights run {metrics['red_lights_run']}\n"
        f"frame to control p50 {latency['p50']:.0f} ms, p99 {latency['p99']:.0f} ms; "
        f"{metrics['realtime_factor']:.2f} of real time"
    )
    if outcome.broke_off:
        print(f"nanshan drive: broke off: {outcome.broke_off}", file=sys.stderr)
    unwritten = False
    if settings.json_ is not None:
        try:
            write_json(settings.json_, value)
        except OSError as error:
            print(f"nanshan drive: {told(error)}", file=sys.stderr)
            unwritten = True
    written = (settings.record, settings.video, None if unwritten else settings.json_, settings.jsonl)
    kept = [str(path) for path in written if path is not None]
    if kept:
        print("left in " + ", ".join(kept))
    missed = metrics["collisions_at_fault"] or metrics["lane_departures"] or metrics["red_lights_run"]
    return 1 if outcome.broke_off or unwritten or missed else 0
