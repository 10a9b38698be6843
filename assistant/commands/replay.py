"""`nanshan replay`: recorded pictures through the same pipeline."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from rich.console import Console

from assistant.command_line import from_command_line
from assistant.modules import Parts, build_detector, build_modules, check_names
from assistant.observers.hud_video import HudVideo
from assistant.observers.json_lines import JsonLines
from assistant.observers.progress import ProgressLine
from assistant.observers.recorder import Recorder
from assistant.outputs import check_outputs, close_all
from assistant.pipeline import FrameResult, Observer, Pipeline, run
from assistant.results import result_object, versions
from assistant.settings import ReplaySettings
from data.camera import Camera
from data.datasets.opening import open_source
from data.datasets.source import AssumedCamera, Source, SourceOptions
from data.files import told
from data.jsonable import dumps, write_json
from data.types import SensorFrame
from perception.interfaces import Detector


def main(argv: list[str]) -> int:
    """Runs the command; see `ReplaySettings` for the exit codes."""
    settings = from_command_line(ReplaySettings, "replay", argv)
    if isinstance(settings, int):
        return settings
    console = Console(stderr=True)
    try:
        return replay(settings, console)
    except ValueError as error:
        print(f"nanshan replay: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"nanshan replay: {told(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("nanshan replay: interrupted; what was written up to here is whole", file=sys.stderr)
        return 1


def replay(settings: ReplaySettings, console: Console) -> int:
    """Opens every source before the first frame, then runs them one after the other.

    Raises:
        ValueError: a source cannot be read, or options contradict.
        OSError: an output cannot be written.
    """
    if not settings.sources:
        raise ValueError("name at least one video, folder of pictures, picture or recording")
    if settings.record is not None and len(settings.sources) > 1:
        raise ValueError("--record takes one source")
    outputs = {"--video": settings.video, "--jsonl": settings.jsonl, "--record": settings.record}
    check_outputs(outputs | {"--json": settings.json_}, settings.sources)
    camera = AssumedCamera(settings.fov_deg, settings.camera_height_m, settings.pitch_deg)
    options = SourceOptions(camera, settings.rate_hz)
    sources = [open_source(path, options) for path in settings.sources]
    warned = [line for source in sources for line in source.warnings]
    _warn(warned)
    parts = Parts(settings.modules, settings.planning, settings.control)
    check_names(parts)
    detector = build_detector(parts)
    summary = _Summary()
    observers = [*_outputs(settings), summary]
    wrong = ""
    try:
        for source in sources:
            line = ProgressLine(console, source.length, Path(source.name).name)
            try:
                _replay_one(source, replace(parts, stills=settings.stills), detector, [*observers, line])
            finally:
                line.close()
            _warn(line for line in source.warnings if line not in warned)
    finally:
        wrong = close_all(observers)
    if wrong:
        print(f"nanshan replay: {wrong}", file=sys.stderr)
    return _report(settings, summary) or int(bool(wrong))


def _warn(lines: Iterable[str]) -> None:
    for line in lines:
        print(f"nanshan replay: {line}", file=sys.stderr)


def _replay_one(source: Source, parts: Parts, detector: Detector, observers: list[Observer]) -> None:
    """Every stretch of frames from one camera goes through modules of its own, and so does every still.

    Raises:
        ValueError: the source is broken, or no road can be in its pictures.
    """
    if source.length == 1:
        parts = replace(parts, stills=True)
    frames = iter(source)
    following = next(frames, None)
    while following is not None:
        first = following
        camera = first.images[0].camera

        def stretch(first: SensorFrame = first, camera: Camera = camera) -> Iterator[SensorFrame]:
            nonlocal following
            yield first
            for following in frames:
                if parts.stills or following.images[0].camera.as_dict() != camera.as_dict():
                    return
                yield following
            following = None

        try:
            modules = build_modules(parts, detector, camera)
        except ValueError as error:
            raise ValueError(f"{first.source}: {error}; see --fov-deg and --pitch-deg") from error
        run(stretch(), Pipeline(modules), lambda _: None, observers)


def _outputs(settings: ReplaySettings) -> list[Observer]:
    outputs: list[Observer] = []
    if settings.jsonl is not None:
        outputs.append(JsonLines(settings.jsonl))
    if settings.record is not None:
        outputs.append(Recorder(settings.record, {"versions": dumps(versions())}))
    if settings.video is not None:
        outputs.append(HudVideo(settings.video, settings.rate_hz))
    return outputs


class _Summary:
    """Counts what was perceived."""

    def __init__(self) -> None:
        self.frames = 0
        self.objects = 0
        self.with_lane = 0
        self.latency_ns: list[int] = []
        self._start = time.perf_counter()

    def on_frame(self, result: FrameResult) -> None:
        """Takes one frame into account."""
        self.frames += 1
        self.objects += len(result.objects)
        self.with_lane += result.lanes.confidence > 0.5
        self.latency_ns.append(result.latency_ns["frame_to_control"])

    def close(self) -> None:
        """Nothing to close."""

    def metrics(self) -> dict[str, object]:
        """The figures of `--json`."""
        values = self.latency_ns or [0]
        return {
            "frames": self.frames,
            "objects": self.objects,
            "frames_with_lane": int(self.with_lane),
            "wall_s": round(time.perf_counter() - self._start, 3),
            "latency_ms": {
                "frame_to_control": {
                    "p50": round(float(np.percentile(values, 50)) / 1e6, 3),
                    "p99": round(float(np.percentile(values, 99)) / 1e6, 3),
                }
            },
        }


def _report(settings: ReplaySettings, summary: _Summary) -> int:
    metrics = summary.metrics()
    if settings.json_ is not None:
        write_json(settings.json_, result_object("replay", metrics, settings.model_dump(mode="json")))
    latency = metrics["latency_ms"]["frame_to_control"]  # type: ignore[index]
    print(
        f"{summary.frames} frames, {summary.objects} objects, ego lane seen in {summary.with_lane} frames, "
        f"frame to control p50 {latency['p50']:.0f} ms"
    )
    kept = [settings.video, settings.jsonl, settings.record, settings.json_]
    if any(kept):
        print("left in " + ", ".join(str(path) for path in kept if path is not None))
    return 0
