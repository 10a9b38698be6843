"""The picture a driver would like to see: what the assistant perceives, plans and why."""

from __future__ import annotations

import cv2
import numpy as np

from assistant.pipeline import FrameResult
from data.arrays import Array
from data.camera import Camera
from data.types import LightState, ObjectClass, Objects

FONT = cv2.FONT_HERSHEY_SIMPLEX
WHITE, GREY, DARK = (245, 245, 245), (150, 150, 150), (24, 26, 30)
PATH, PATH_BRAKING, LANE = (70, 210, 120), (240, 90, 70), (90, 200, 255)
CLASS_COLOURS = {
    ObjectClass.CAR: (80, 160, 255),
    ObjectClass.TRUCK: (255, 170, 60),
    ObjectClass.BUS: (255, 220, 70),
    ObjectClass.MOTORCYCLE: (190, 110, 255),
    ObjectClass.BICYCLE: (255, 110, 200),
    ObjectClass.PEDESTRIAN: (255, 90, 90),
    ObjectClass.TRAFFIC_LIGHT: (220, 220, 220),
    ObjectClass.STOP_SIGN: (230, 40, 40),
}
LIGHT_COLOURS = {
    LightState.RED: (255, 60, 60),
    LightState.YELLOW: (255, 210, 60),
    LightState.GREEN: (70, 220, 110),
    LightState.OFF: (90, 90, 90),
    LightState.UNKNOWN: (160, 160, 160),
}
BAR_PX = 44
INSET_RANGE_M = (60.0, 16.0)


def draw_hud(result: FrameResult, width: int, height: int) -> Array:
    """Draws over a resized copy of the front picture.

    Args:
        result: of the frame to show.
        width: of the output in pixels, even.
        height: of the output in pixels, even.

    Returns:
        (height, width, 3) uint8 RGB.
    """
    image = result.frame.images[0]
    canvas: Array = cv2.resize(image.rgb, (width, height), interpolation=cv2.INTER_LINEAR)
    scale = np.array([width / image.camera.width, height / image.camera.height])
    _draw_path(canvas, result, image.camera, scale)
    for line in result.lanes.lines:
        points = _pixels(line.points_px * scale)
        thickness = 3 if line.confidence > 0.5 else 1
        cv2.polylines(canvas, [points], False, LANE, thickness, cv2.LINE_AA)
    _draw_objects(canvas, result.objects, scale)
    _draw_signals(canvas, result, scale)
    _draw_inset(canvas, result)
    _draw_bar(canvas, result)
    return canvas


def _draw_path(canvas: Array, result: FrameResult, camera: Camera, scale: Array) -> None:
    """The planned path as a ribbon on the road, red while braking hard."""
    path = result.plan.path_m[result.plan.path_m[:, 0] > 3.0]
    if len(path) < 2:
        return
    heading = np.gradient(path.astype(np.float64), axis=0)
    heading /= np.maximum(np.linalg.norm(heading, axis=1, keepdims=True), 1e-6)
    side = 0.8 * np.column_stack([-heading[:, 1], heading[:, 0]])
    outline = np.concatenate([path + side, (path - side)[::-1]])
    pixels, depth = camera.project(np.column_stack([outline, np.zeros(len(outline))]))
    if (depth < 0.5).any():
        return
    colour = PATH_BRAKING if result.plan.acceleration_mps2 < -2.0 else PATH
    box = cv2.boundingRect(_pixels(pixels * scale))
    x1, y1 = max(box[0], 0), max(box[1], 0)
    x2, y2 = min(box[0] + box[2], canvas.shape[1]), min(box[1] + box[3], canvas.shape[0])
    if x1 >= x2 or y1 >= y2:
        return
    region = canvas[y1:y2, x1:x2]
    overlay = region.copy()
    cv2.fillPoly(overlay, [_pixels(pixels * scale - (x1, y1))], colour, cv2.LINE_AA)
    cv2.addWeighted(overlay, 0.35, region, 0.65, 0.0, dst=region)


def _draw_objects(canvas: Array, objects: Objects, scale: Array) -> None:
    for i in range(len(objects)):
        label = ObjectClass(int(objects.classes[i]))
        colour = CLASS_COLOURS[label]
        x1, y1, x2, y2 = (int(value) for value in objects.boxes_px[i] * np.tile(scale, 2))
        cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, 2, cv2.LINE_AA)
        distance = objects.distances_m[i]
        metres = f"{distance:.0f} m" if np.isfinite(distance) else ""
        _label(canvas, f"{label.name.lower().replace('_', ' ')} {metres}", (x1, y1 - 4), colour)


def _draw_signals(canvas: Array, result: FrameResult, scale: Array) -> None:
    for signal in result.signals:
        colour = LIGHT_COLOURS[signal.state]
        x1, y1, x2, y2 = (int(value) for value in np.array(signal.box_px) * np.tile(scale, 2))
        if x2 <= x1 or y2 <= y1:
            continue  # its lamps are out of the picture
        cv2.rectangle(canvas, (x1, y1), (x2, y2), colour, 2, cv2.LINE_AA)
        if np.isfinite(signal.stop_distance_m):
            text = f"{signal.state.name.lower()} {signal.stop_distance_m:.0f} m"
            _label(canvas, text, (x1, y1 - 4), colour)


def _draw_inset(canvas: Array, result: FrameResult) -> None:
    """A bird's-eye view, ego at the bottom, forward up."""
    height = canvas.shape[0] * 5 // 9
    ahead, beside = INSET_RANGE_M
    per_metre = (height - 28) / ahead
    width = int(2 * beside * per_metre) & ~1
    left, top = canvas.shape[1] - width - 12, canvas.shape[0] - height - 12
    inset = np.full((height, width, 3), DARK, np.uint8)

    def at(points: Array) -> Array:
        return _pixels(
            np.column_stack([width / 2 - points[:, 1] * per_metre, height - 22 - points[:, 0] * per_metre])
        )

    if result.route is not None:
        cv2.polylines(inset, [at(result.route.points_m)], False, (70, 75, 90), 6, cv2.LINE_AA)
    for line in result.lanes.lines:
        cv2.polylines(inset, [at(line.points_m)], False, LANE, 1, cv2.LINE_AA)
    if len(result.plan.path_m) > 1:
        cv2.polylines(inset, [at(result.plan.path_m)], False, PATH, 2, cv2.LINE_AA)
    for i in range(len(result.objects)):
        position = result.objects.positions_m[i]
        if not np.isfinite(position).all():
            continue
        length, breadth = result.objects.extents_m[i]
        x, y = position
        box = np.array([[x, y - breadth / 2], [x + length, y - breadth / 2]])
        box = np.concatenate([box, [[x + length, y + breadth / 2], [x, y + breadth / 2]]])
        colour = CLASS_COLOURS[ObjectClass(int(result.objects.classes[i]))]
        cv2.fillPoly(inset, [at(box)], colour, cv2.LINE_AA)
    ego = np.array([[-0.8, -0.9], [3.7, -0.9], [3.7, 0.9], [-0.8, 0.9]])
    cv2.fillPoly(inset, [at(ego)], WHITE, cv2.LINE_AA)
    region = canvas[top : top + height, left : left + width]
    cv2.addWeighted(inset, 0.8, region, 0.2, 0.0, dst=region)


def _draw_bar(canvas: Array, result: FrameResult) -> None:
    """Speed, target, pedals and reasons along the top."""
    bar = canvas[:BAR_PX]
    cv2.addWeighted(np.full_like(bar, DARK), 0.75, bar, 0.25, 0.0, dst=bar)
    measured = result.frame.ego is not None or result.frame.truth is not None
    speed = f"{3.6 * result.ego.speed_mps:.0f}" if measured else "--"
    _text(canvas, speed, (12, 33), 1.0, WHITE, 2)
    _text(canvas, "km/h", (66, 33), 0.45, GREY)
    _text(canvas, f"-> {3.6 * result.plan.target_speed_mps:.0f}", (108, 33), 0.6, GREY)
    reasons = ", ".join(result.plan.reasons) or "free"
    if result.plan.emergency:
        reasons = "EMERGENCY BRAKE  " + reasons
    _text(canvas, reasons, (180, 30), 0.55, LIGHT_COLOURS[LightState.RED] if result.plan.emergency else WHITE)
    right = canvas.shape[1] - 12
    _text(canvas, f"{result.frame.t_ns / 1e9:6.1f} s", (right - 80, 30), 0.5, GREY)
    for row, (value, colour) in enumerate(
        ((result.control.throttle, PATH), (result.control.brake, PATH_BRAKING))
    ):
        y = 14 + 12 * row
        cv2.rectangle(canvas, (right - 190, y), (right - 100, y + 7), (70, 70, 70), -1)
        cv2.rectangle(canvas, (right - 190, y), (right - 190 + int(90 * value), y + 7), colour, -1)


def _pixels(points: Array) -> Array:
    """cv2 wants int32 points; far outliers are clipped to what it can draw."""
    pixels: Array = np.clip(np.rint(points), -20000, 20000).astype(np.int32)
    return pixels


def _label(canvas: Array, text: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    (width, height), _ = cv2.getTextSize(text, FONT, 0.42, 1)
    x, y = at[0], max(at[1], BAR_PX + height + 4)
    cv2.rectangle(canvas, (x, y - height - 4), (x + width + 4, y + 2), DARK, -1)
    _text(canvas, text, (x + 2, y - 2), 0.42, colour)


def _text(
    canvas: Array, text: str, at: tuple[int, int], size: float, colour: tuple[int, int, int], weight: int = 1
) -> None:
    cv2.putText(canvas, text, at, FONT, size, colour, weight, cv2.LINE_AA)
