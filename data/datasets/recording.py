"""Our own recordings as a source: pictures, calibration and ego measurements as they were recorded."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from data import topics
from data.camera import Camera, CameraImage
from data.recording import open_recording, read_recording
from data.types import EgoMeasurement, SensorFrame
from data.video import PacketDecoder

READ = (topics.CAMERA, topics.MOUNTING, topics.EGO_MEASUREMENT)


@dataclass(frozen=True)
class RecordingSource:
    """The frames of one recording.

    Attributes:
        path: the file.
        length: unknown before the end.
    """

    path: Path
    length: int | None = None

    @property
    def name(self) -> str:
        """The file."""
        return str(self.path)

    @property
    def warnings(self) -> tuple[str, ...]:
        """One line when the file is not whole."""
        if open_recording(self.path).whole:
            return ()
        return (f"{self.path}: was cut off while it was written; its frames up to the cut are used",)

    def __iter__(self) -> Iterator[SensorFrame]:
        """Decodes one picture at a time.

        Raises:
            ValueError: not a recording, or one without pictures.
        """
        camera: Camera | None = None
        decoder = PacketDecoder()
        frame = 0
        # Messages of one time are one frame, whatever their order.
        for t_ns, records in groupby(read_recording(self.path, READ), lambda record: record.t_ns):
            image: CameraImage | None = None
            ego: EgoMeasurement | None = None
            for record in records:
                if record.topic == topics.MOUNTING.name:
                    camera = Camera.from_dict(record.value)
                elif record.topic == topics.EGO_MEASUREMENT.name:
                    ego = ego_measurement(record.value)
                elif camera is not None:
                    rgb = decoder.decode(record.value.data)
                    image = None if rgb is None else CameraImage(camera, t_ns, rgb)
            if image is not None:
                yield SensorFrame(frame, t_ns, self.name, (image,), ego)
                frame += 1
        if frame == 0:
            raise ValueError(f"{self.path}: holds no picture on {topics.CAMERA.name}")


def ego_measurement(value: dict[str, Any]) -> EgoMeasurement:
    """The measurement that `data.jsonable` wrote."""
    return EgoMeasurement(**{**value, "position_m": tuple(value["position_m"])})
