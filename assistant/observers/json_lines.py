"""One JSON object a frame: what was perceived, in the keys that every later output keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from assistant.pipeline import FrameResult
from data.files import named
from data.jsonable import dumps
from data.types import ObjectClass


class JsonLines:
    """Writes a line a frame, each at once, so that a cut file holds whole lines."""

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("w", encoding="utf-8", buffering=1)

    def on_frame(self, result: FrameResult) -> None:
        """Appends the frame.

        Raises:
            OSError: the file, which it names, cannot be written any more.
        """
        with named(self._path):
            self._file.write(dumps(frame_object(result)) + "\n")

    def close(self) -> None:
        """Closes the file."""
        with named(self._path):
            self._file.close()


def frame_object(result: FrameResult) -> dict[str, Any]:
    """The frame as a JSON object; distances that could not be measured are null."""
    objects = result.objects
    return {
        "frame": result.frame.frame,
        "t_ns": result.frame.t_ns,
        "source": result.frame.source,
        "objects": [
            {
                "class": ObjectClass(int(objects.classes[i])).name.lower(),
                "score": round(float(objects.scores[i]), 4),
                "box_px": objects.boxes_px[i],
                "track": int(objects.track_ids[i]),
                "distance_m": round(float(objects.distances_m[i]), 3),
            }
            for i in range(len(objects))
        ],
        "lanes": [
            {"points_px": line.points_px, "confidence": round(line.confidence, 4)}
            for line in result.lanes.lines
        ],
        "signals": [
            {"id": signal.signal_id, "state": signal.state, "box_px": list(signal.box_px)}
            for signal in result.signals
        ],
    }
