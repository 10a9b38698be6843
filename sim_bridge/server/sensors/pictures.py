"""From one rendering to the messages of all cameras that share it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim_bridge.server.renderer.scene import Array, Instances, Rendered, View
from sim_bridge.server.renderer.weather import Weather
from sim_bridge.server.sensors.cameras import CameraOptics, CameraSettings, as_pixels, coded
from sim_bridge.server.sensors.coding import code_normals
from sim_bridge.server.sensors.development import developed
from sim_bridge.server.sensors.events import events
from sim_bridge.server.sensors.flow import optical_flow
from sim_bridge.server.sensors.lens import bent_codes, bent_colours
from sim_bridge.server.sensors.memory import Memory
from sim_bridge.server.transforms import Floats, Pose, matrix
from sim_bridge.server.wire.sensors import SensorType
from sim_bridge.server.world.actors import Actor
from sim_bridge.server.world.scenery import Scenery


@dataclass(frozen=True, eq=False)
class Shot:
    """One view to render, and the cameras that share it.

    Attributes:
        pose: of all of them.
        optics: of all of them.
        hidden_instance: the body they sit in, or 0.
        cameras: the cameras and their memories.
    """

    pose: Pose
    optics: CameraOptics
    hidden_instance: int
    cameras: tuple[tuple[Actor, Memory], ...]


def paint(
    scenery: Scenery, shot: Shot, moving: Instances, weather: Weather, time_s: float, frame: int
) -> list[tuple[Actor, SensorType, memoryview]]:
    """The message of every camera of one shot after its head; a DVS camera that saw nothing has none."""
    o = shot.optics
    view = View(matrix(shot.pose), o.width, o.height, o.fov_deg, shot.hidden_instance)
    rendered = scenery.render(view, moving, weather, time_s)
    made = []
    for actor, memory in shot.cameras:
        payload = payload_of(memory, rendered, view, moving, weather, time_s, frame)
        if payload.size:
            made.append((actor, memory.settings.kind, payload.view(np.uint8).data.cast("B")))
    return made


def payload_of(
    memory: Memory,
    rendered: Rendered,
    view: View,
    moving: Instances,
    weather: Weather,
    time_s: float,
    frame: int,
) -> Array:
    """What the camera with that memory makes of the rendering, contiguous."""
    settings: CameraSettings = memory.settings
    kind, lens = settings.kind, settings.lens
    if kind in (SensorType.RGB_CAMERA, SensorType.DVS):
        colours = bent_colours(rendered.bgra, lens)
        colours = developed(colours, settings.development, weather, frame)
        if kind is SensorType.RGB_CAMERA:
            return np.ascontiguousarray(colours)
        assert memory.event_settings is not None
        found, memory.events = events(
            memory.event_settings, colours, round(time_s * 1e9), memory.events, memory.noise
        )
        return found
    if kind is SensorType.OPTICAL_FLOW:
        return np.ascontiguousarray(bent_codes(_flow(memory, rendered, view, moving), lens))
    if kind is SensorType.NORMALS_CAMERA:
        words = np.empty(rendered.depth_m.shape, np.uint32)
        code_normals(rendered.depth_m, view.world_from_camera, settings.optics.focal_px, words)
    else:
        words = coded(kind, rendered)
    return as_pixels(np.ascontiguousarray(bent_codes(words, lens)))


def _flow(memory: Memory, rendered: Rendered, view: View, moving: Instances) -> Array:
    """The flow since this camera's last picture; none in its first."""
    now: dict[int, Floats] = dict(
        zip(moving.instance_id.tolist(), moving.pose.astype(np.float64), strict=True)
    )
    before, view_before = memory.poses, memory.view
    memory.poses, memory.view = now, view.world_from_camera
    if view_before is None:
        view_before, before = view.world_from_camera, now
    moved = {i: (before[i], pose) for i, pose in now.items() if i in before and i}
    return optical_flow(rendered, view.focal_px, (view_before, view.world_from_camera), moved)
