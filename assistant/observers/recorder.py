"""Writes everything that flows to a recording."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from assistant.pipeline import FrameResult
from data import topics
from data.camera import Camera
from data.foxglove_messages import (
    annotations_message,
    calibration_message,
    scene_message,
    transforms_message,
    video_message,
)
from data.recording import RecordingWriter
from data.types import RouteAhead
from data.video import PacketEncoder


class Recorder:
    """One message a topic and frame; the calibration once a second, so that a cut file has it early."""

    def __init__(self, path: Path, metadata: dict[str, str], rate_hz: int = 20) -> None:
        self._writer = RecordingWriter(path, metadata)
        self._rate_hz = rate_hz
        self._encoder: PacketEncoder | None = None
        self._mounting: dict[str, Any] = {}

    def on_frame(self, result: FrameResult) -> None:
        """Writes the frame.

        Raises:
            OSError: the file cannot be written any more; what was written before stays readable.
        """
        write, t_ns = self._writer.write, result.frame.t_ns
        self._write_picture(result)
        write(topics.TRANSFORM, t_ns, transforms_message(t_ns, result.ego.pose, self._camera(result)))
        if result.frame.ego is not None:
            write(topics.EGO_MEASUREMENT, t_ns, result.frame.ego)
        write(topics.EGO_STATE, t_ns, result.ego)
        write(topics.OBJECTS, t_ns, result.objects)
        write(topics.LANES, t_ns, result.lanes)
        write(topics.SIGNALS, t_ns, result.signals)
        if result.route is not None:
            write(topics.NAVIGATION, t_ns, _navigation(result.route))
        write(topics.PLAN, t_ns, result.plan)
        write(topics.CONTROL, t_ns, result.control)
        if result.frame.truth is not None:
            write(topics.TRUTH, t_ns, result.frame.truth)
        annotations = annotations_message(t_ns, result.objects, result.lanes, result.signals)
        write(topics.ANNOTATIONS, t_ns, annotations)
        write(topics.SCENE_3D, t_ns, scene_message(t_ns, result.objects, result.lanes, result.plan))
        write(topics.TIMING, t_ns, result.latency_ns)

    def close(self) -> None:
        """Marks the file as whole."""
        self._writer.close()

    def _write_picture(self, result: FrameResult) -> None:
        t_ns, camera = result.frame.t_ns, self._camera(result)
        mounting = camera.as_dict()
        changed = self._encoder is None or mounting != self._mounting
        if changed:  # a folder may hold pictures of several sizes
            self._encoder = PacketEncoder(camera.width, camera.height, self._rate_hz)
            self._mounting = mounting
        if changed or result.frame.frame % self._rate_hz == 0:
            self._writer.write(topics.MOUNTING, t_ns, mounting)
            self._writer.write(topics.CALIBRATION, t_ns, calibration_message(t_ns, camera))
        assert self._encoder is not None
        packet = self._encoder.encode(result.frame.images[0].rgb[: camera.height, : camera.width])
        self._writer.write(topics.CAMERA, t_ns, video_message(t_ns, camera, packet))

    @staticmethod
    def _camera(result: FrameResult) -> Camera:
        """The camera of the picture without the last row or column that H.264 has no place for."""
        camera = result.frame.images[0].camera
        return replace(camera, width=camera.width & ~1, height=camera.height & ~1)


def _navigation(route: RouteAhead) -> dict[str, object]:
    """What changes of the route; its line is the map's."""
    return {
        "travelled_m": route.travelled_m,
        "remaining_m": route.remaining_m,
        "offset_m": route.offset_m,
        "signals": route.signals,
    }
