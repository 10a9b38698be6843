"""Drives twice in the embedded server and keeps what the golden tests start from.

    python -m tests.golden.make_clip

leaves `clip.mcap`, the front camera behind another car, and `scenes.jsonl.gz`, what the planner was told
before a red light. New ones make the stored results worthless: store those anew as well.
"""

from dataclasses import dataclass
from itertools import chain, repeat

import av

from assistant.modules import Parts, build_detector, build_modules
from assistant.pipeline import Pipeline, run
from assistant.settings import DEFAULT_TOWN, ModuleSettings
from data import topics
from data.foxglove_messages import video_message
from data.recording import RecordingWriter
from data.types import Scene
from planning.config import ControlConfig, PlannerConfig
from planning.route import RouteNavigator, plan_route
from sim_bridge.client import SessionSettings, SimulatorSession, default_front_camera
from sim_bridge.embedded import start_embedded_server
from tests.golden.scenes import PATH as SCENES
from tests.golden.scenes import write_scenes

CLIP = SCENES.with_name("clip.mcap")
RATE_HZ = 20
SCENES_A_SECOND = 5


@dataclass(frozen=True)
class Stretch:
    """The piece of a drive that is kept: from and until when, in seconds."""

    seed: int
    cars: int
    begin_s: float
    end_s: float


BEHIND_A_CAR = Stretch(seed=1, cars=20, begin_s=0.5, end_s=2.5)
BEFORE_A_RED_LIGHT = Stretch(seed=6, cars=60, begin_s=2.0, end_s=14.0)


def main():
    _, results = driven(BEHIND_A_CAR)
    write_clip([result.frame for result in results])
    shape, results = driven(BEFORE_A_RED_LIGHT)
    write_scenes(shape, [scene_of(result) for result in results[:: RATE_HZ // SCENES_A_SECOND]])
    for path in (CLIP, SCENES):
        print(f"{path}: {path.stat().st_size} bytes")


def driven(stretch):
    """The ego's measures and everything that came of the frames of the stretch."""
    parts = Parts(ModuleSettings(detector="yolo-f32"), PlannerConfig(), ControlConfig())
    camera = default_front_camera(640, 360, 75.0)
    kept = Kept(stretch)
    with start_embedded_server(DEFAULT_TOWN, seed=stretch.seed) as server:
        settings = SessionSettings(
            port=server.port,
            seed=stretch.seed,
            traffic=stretch.cars,
            weather="ClearNoon",
            cameras=(camera,),
        )
        with SimulatorSession(settings) as session:
            first = session.tick()
            graph = session.lane_graph
            route = plan_route(graph, first.truth.pose, 20.0 * stretch.end_s, stretch.seed)
            navigator = RouteNavigator(route, graph)
            modules = build_modules(parts, build_detector(parts), camera, session.shape, navigator)
            following = (session.tick() for _ in repeat(None, round(stretch.end_s * RATE_HZ)))
            run(chain([first], following), Pipeline(modules), session.apply, [kept])
    return session.shape, kept.results


class Kept:
    """An observer that keeps what comes of a stretch."""

    def __init__(self, stretch):
        self.stretch, self.results = stretch, []

    def on_frame(self, result):
        if self.stretch.begin_s <= result.frame.t_ns / 1e9 < self.stretch.end_s:
            self.results.append(result)


def scene_of(result):
    return Scene(result.frame.t_ns, result.ego, result.objects, result.lanes, result.signals, result.route)


def write_clip(frames):
    """A recording of nothing but pictures and measurements, its pictures smaller than a drive's."""
    camera = frames[0].images[0].camera
    with RecordingWriter(CLIP, {"made by": "tests.golden.make_clip"}) as writer:
        writer.write(topics.MOUNTING, frames[0].t_ns, camera.as_dict())
        for frame, packet in zip(frames, encoded([f.images[0].rgb for f in frames]), strict=True):
            writer.write(topics.EGO_MEASUREMENT, frame.t_ns, frame.ego)
            writer.write(topics.CAMERA, frame.t_ns, video_message(frame.t_ns, camera, packet))


def encoded(pictures):
    """H.264 packets, one a picture, as small as x264 makes them without B frames."""
    height, width = pictures[0].shape[:2]
    codec = av.CodecContext.create("libx264", "w")
    codec.width, codec.height, codec.pix_fmt, codec.thread_count = width, height, "yuv420p", 1
    codec.framerate = RATE_HZ
    codec.options = {
        "preset": "veryslow",
        "tune": "zerolatency",
        "crf": "26",
        "bf": "0",
        "g": str(len(pictures)),
        "x264-params": "annexb=1:repeat-headers=1:sliced-threads=0",
    }
    frames = [av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format="yuv420p") for rgb in pictures]
    return [b"".join(bytes(packet) for packet in codec.encode(frame)) for frame in frames]


if __name__ == "__main__":
    main()
