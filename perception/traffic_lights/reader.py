"""Reads the traffic lights ahead: where the map says they hang, or wherever the detector finds one."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

import cv2
import numpy as np

from data.arrays import Array
from data.camera import Camera
from data.types import (
    Detections,
    LightState,
    ObjectClass,
    RouteAhead,
    SensorFrame,
    SignalAhead,
    SignalReading,
)
from perception.distance import PRIORS
from perception.traffic_lights.lens import (
    COLOURS,
    LEAST_HEIGHT_PX,
    UNREADABLE,
    LensReading,
    colour_evidence,
    read_housing,
    verdict,
)

HOUSING_HEIGHT_M = PRIORS[ObjectClass.TRAFFIC_LIGHT].height_m
HOUSING_WIDTH_M = 0.4 * HOUSING_HEIGHT_M
LENS_M = 0.3
# How far the housing may be from where pose, map and calibration put it.
POSITION_SIGMA_M, ANGLE_SIGMA_RAD = 0.25, np.deg2rad(0.6)
FARTHEST_M = 90.0
DETECTION_SCORE = 0.25
HISTORY = 3  # frames
FORGET_S = 0.6  # an unseen light is unknown after this
SURE_RED = 0.55  # one look this sure is enough to believe red
# A lens found without a detector's box must be bright and colourful, of the right size and place.
LIT = 0.55

Box = tuple[float, float, float, float]
NO_BOX: Box = (0.0, 0.0, 0.0, 0.0)


@dataclass
class Memory:
    """The last looks at one light and what they added up to."""

    looks: deque[LensReading] = field(default_factory=lambda: deque(maxlen=HISTORY))
    believed: LensReading = UNREADABLE
    believed_ns: int = 0
    box_px: Box = NO_BOX

    def take(self, look: LensReading, t_ns: int) -> LensReading:
        """The belief after one more look: red at once when it is sure, all else when 2 of 3 agree."""
        self.looks.append(look)
        agreeing = [seen for seen in self.looks if seen.state is look.state]
        known = look.state is not LightState.UNKNOWN
        red = look.state is LightState.RED and look.confidence >= SURE_RED
        if known and (red or len(agreeing) >= 2):
            confidence = float(np.mean([seen.confidence for seen in agreeing]))
            self.believed, self.believed_ns = LensReading(look.state, confidence), t_ns
            # What was seen before a change says nothing about the time after it.
            self.looks = deque(agreeing, maxlen=HISTORY)
        elif t_ns - self.believed_ns > 1e9 * FORGET_S:
            self.believed = UNREADABLE
        return self.believed


class HueSignalReader:
    """Reads lights by the hue of the lit lens and its place in the housing.

    Args:
        camera: the front camera.
    """

    def __init__(self, camera: Camera) -> None:
        self._camera = camera
        self._memories: dict[str, Memory] = {}
        self._nameless = 0

    def read(
        self, frame: SensorFrame, detections: Detections, route: RouteAhead | None
    ) -> tuple[SignalReading, ...]:
        """One reading for every signal of `route`, nearest first; without a route, for every light detected.

        A signal of the route that is too far, hidden or out of the picture is read as `UNKNOWN`.
        """
        rgb = frame.images[0].rgb
        lights = _detected_lights(detections)
        if route is None:
            return self._read_detected(rgb, lights, frame.t_ns)
        names = {signal.signal_id for signal in route.signals}
        self._memories = {name: memory for name, memory in self._memories.items() if name in names}
        return tuple(self._read_mapped(rgb, lights, signal, frame.t_ns) for signal in route.signals)

    def _read_mapped(self, rgb: Array, lights: Array, signal: SignalAhead, t_ns: int) -> SignalReading:
        """The light whose housings the map puts at `signal.heads_m`: the one that is read best counts."""
        memory = self._memories.setdefault(signal.signal_id, Memory())
        looks = [self._look(rgb, lights, head) for head in signal.heads_m or (signal.position_m,)]
        look, memory.box_px = max(looks, key=lambda pair: (pair[0].state in COLOURS, pair[0].confidence))
        believed = memory.take(look, t_ns)
        return SignalReading(
            signal.signal_id, believed.state, believed.confidence, memory.box_px, signal.stop_distance_m
        )

    def _look(
        self, rgb: Array, lights: Array, position_m: tuple[float, float, float]
    ) -> tuple[LensReading, Box]:
        """One look at the housing at `position_m`, vehicle axes, and its box; `NO_BOX` when out of sight."""
        expected, depth = expected_box(self._camera, position_m)
        if expected is None:
            return UNREADABLE, NO_BOX
        found = _nearest_light(lights, expected, _slack_px(self._camera, depth))
        if found is not None:
            look = _read_box(rgb, found)
            if look.state in COLOURS:
                return look, found
        return self._search(rgb, expected, depth), found or expected

    def _search(self, rgb: Array, box: Box, depth: float) -> LensReading:
        """Looks for a lit lens around the expected `box` where the detector found no housing."""
        slack = _slack_px(self._camera, depth)
        x1, y1 = max(int(box[0] - slack), 0), max(int(box[1] - slack), 0)
        x2, y2 = (min(int(np.ceil(box[2] + slack)), self._camera.width), int(np.ceil(box[3] + slack)))
        crop = rgb[y1 : min(y2, self._camera.height), x1:x2]
        if crop.size == 0 or box[3] - box[1] < LEAST_HEIGHT_PX:
            return UNREADABLE
        lens = LENS_M * self._camera.intrinsics[1, 1] / depth
        rows = 0.5 * (box[1] + box[3]) - y1 + (box[3] - box[1]) / 3.0 * np.array([-1.0, 0.0, 1.0])
        spots = [
            _brightest_spot(evidence, lens, row, slack)
            for evidence, row in zip(colour_evidence(crop), rows, strict=True)
        ]
        found = np.array(spots)
        if found.max() <= 0.0:
            return UNREADABLE
        look = verdict(found, 0.05 * lens**2)
        return LensReading(look.state, 0.8 * look.confidence) if look.state in COLOURS else UNREADABLE

    def _read_detected(self, rgb: Array, lights: Array, t_ns: int) -> tuple[SignalReading, ...]:
        """Every light that the detector found, largest first, remembered by its place in the picture."""
        order = np.argsort(-(lights[:, 3] - lights[:, 1]), kind="stable")
        known = dict(self._memories)
        memories: dict[str, Memory] = {}
        readings = []
        for row in lights[order]:
            box: Box = (float(row[0]), float(row[1]), float(row[2]), float(row[3]))
            name = _same_light(known, box)
            memory = known.pop(name) if name is not None else Memory()
            if name is None:
                self._nameless += 1
                name = str(self._nameless)
            memory.box_px = box
            believed = memory.take(_read_box(rgb, box), t_ns)
            memories[name] = memory
            readings.append(SignalReading("", believed.state, believed.confidence, box))
        self._memories = memories
        return tuple(readings)


def expected_box(camera: Camera, position_m: tuple[float, float, float]) -> tuple[Box | None, float]:
    """Where a housing at `position_m` (vehicle axes) should appear, and its depth in metres.

    The box is None when the housing is behind, too far away or not wholly in the picture.
    """
    pixels, depths = camera.project(np.array([position_m]))
    (u, v), depth = pixels[0], float(depths[0])
    if not 1.0 < depth < FARTHEST_M:
        return None, depth
    scale = camera.intrinsics[1, 1] / depth
    half_width, half_height = 0.5 * HOUSING_WIDTH_M * scale, 0.5 * HOUSING_HEIGHT_M * scale
    box = (float(u - half_width), float(v - half_height), float(u + half_width), float(v + half_height))
    inside = box[0] >= 0 and box[1] >= 0 and box[2] <= camera.width and box[3] <= camera.height
    return (box if inside else None), depth


def _slack_px(camera: Camera, depth: float) -> float:
    """Two standard deviations of where a housing appears, pixels."""
    angle = np.hypot(POSITION_SIGMA_M / depth, ANGLE_SIGMA_RAD)
    return float(2.0 * camera.intrinsics[1, 1] * angle)


def _detected_lights(detections: Detections) -> Array:
    """(n, 4) boxes of the traffic lights among the detections."""
    wanted = (detections.classes == ObjectClass.TRAFFIC_LIGHT) & (detections.scores >= DETECTION_SCORE)
    return np.asarray(detections.boxes_px[wanted])


def _nearest_light(lights: Array, box: Box, slack: float) -> Box | None:
    """The detected light that is where `box` is expected and about as high, if any."""
    if not len(lights):
        return None
    centres = 0.5 * (lights[:, :2] + lights[:, 2:])
    away = np.abs(centres - 0.5 * np.array([box[0] + box[2], box[1] + box[3]])).max(axis=1)
    ratio = (lights[:, 3] - lights[:, 1]) / (box[3] - box[1])
    fits = (away < slack + 0.3 * (box[3] - box[1])) & (ratio > 0.5) & (ratio < 1.9)
    if not fits.any():
        return None
    x1, y1, x2, y2 = (float(value) for value in lights[np.argmin(np.where(fits, away, np.inf))])
    return x1, y1, x2, y2


def _read_box(rgb: Array, box: Box) -> LensReading:
    """Reads the housing in a detector's box."""
    x1, y1, x2, y2 = int(np.floor(box[0])), int(np.floor(box[1])), int(np.ceil(box[2])), int(np.ceil(box[3]))
    crop = rgb[max(y1, 0) : y2, max(x1, 0) : x2]
    return read_housing(crop) if crop.size else UNREADABLE


def _brightest_spot(evidence: Array, lens_px: float, row: float, slack: float) -> float:
    """Evidence of the best spot of an (h, w) picture that has about a lens's size and height; 0 for none."""
    count, _, stats, centres = cv2.connectedComponentsWithStats((evidence > LIT).astype(np.uint8))
    best = 0.0
    area = np.pi / 4.0 * lens_px**2
    for label in range(1, count):
        pixels = stats[label, cv2.CC_STAT_AREA]
        width, height = stats[label, cv2.CC_STAT_WIDTH], stats[label, cv2.CC_STAT_HEIGHT]
        sized = 0.2 * area <= pixels <= max(2.5 * area, 6.0) and max(width, height) <= 2.0 * lens_px + 2.0
        if sized and abs(centres[label][1] - row) <= slack + lens_px:
            near = float(np.exp(-0.5 * ((centres[label][1] - row) / (0.5 * slack + 1.0)) ** 2))
            best = max(best, float(min(pixels, area)) * (0.2 + 0.8 * near))
    return best


def _same_light(memories: Mapping[str, Memory], box: Box) -> str | None:
    """The remembered light nearest to `box`, if it is near enough to be the same."""
    reach = max(1.0 * (box[3] - box[1]), 8.0)
    middle = np.array([box[0] + box[2], box[1] + box[3]]) / 2.0
    away = {
        name: float(
            np.abs(middle - np.array([m.box_px[0] + m.box_px[2], m.box_px[1] + m.box_px[3]]) / 2.0).max()
        )
        for name, m in memories.items()
    }
    nearest = min(away, key=lambda name: (away[name], name), default=None)
    return nearest if nearest is not None and away[nearest] < reach else None
