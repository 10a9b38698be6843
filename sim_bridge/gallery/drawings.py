"""Measurements as pictures: codes of depth, tag and instance in colours, points seen from above."""

from __future__ import annotations

from typing import Any

import carla
import cv2
import numpy as np

from data.arrays import Array
from sim_bridge.gallery.studio import bgra

RANGE_M = 40.0
"""How far a drawing of points reaches to the left and to the right."""

_INK = (24, 26, 30)


def drawn(measured: Any, sensor_id: str, size: tuple[int, int]) -> Array | None:  # noqa: ANN401  carla's
    """(height, width, 3) uint8 RGB of what a sensor measured; None for what is no picture and no points.

    Args:
        measured: a `carla.SensorData`.
        sensor_id: the sensor's blueprint id, which says what an image's colours stand for.
        size: width and height of a drawing; images keep their own.
    """
    if isinstance(measured, carla.Image):
        return _image(measured, sensor_id)
    if isinstance(measured, carla.SemanticLidarMeasurement):
        points = np.frombuffer(
            measured.raw_data, np.dtype([("xyz", "<f4", 3), ("cos", "<f4"), ("id", "<u4"), ("tag", "<u4")])
        )
        return _from_above(points["xyz"], _tag_colours(points["tag"]), size)
    if isinstance(measured, carla.LidarMeasurement):
        points = np.frombuffer(measured.raw_data, "<f4").reshape(-1, 4)
        return _from_above(points[:, :3], _ramp(points[:, 2], -2.5, 4.0), size)
    if isinstance(measured, carla.RadarMeasurement):
        velocity, azimuth, _, depth = np.frombuffer(measured.raw_data, "<f4").reshape(-1, 4).T
        xyz = np.column_stack([depth * np.cos(azimuth), depth * np.sin(azimuth), 0.0 * depth])
        return _from_above(xyz, _ramp(velocity, -10.0, 10.0), size)
    return None


def _image(image: carla.Image, sensor_id: str) -> Array:
    if "instance" in sensor_id:
        codes = bgra(image)
        ids = codes[..., 0].astype(np.uint32) << np.uint32(8) | codes[..., 1]
        return _instance_colours(ids, codes[..., 2])
    if "depth" in sensor_id:
        image.convert(carla.ColorConverter.LogarithmicDepth)
    elif "semantic" in sensor_id:
        image.convert(carla.ColorConverter.CityScapesPalette)
    rgb: Array = cv2.cvtColor(bgra(image), cv2.COLOR_BGRA2RGB)
    return rgb


def _instance_colours(ids: Array, tags: Array) -> Array:
    """A colour for every id, neighbours in number differ most; grey by the tag where nothing has one.

    Their order decides, not the ids: those go by how many actors there ever were.
    """
    order = np.unique(ids, return_inverse=True)[1].reshape(ids.shape)
    hue = (order * 111) % 180
    hsv = np.stack([hue, np.full_like(hue, 190), np.full_like(hue, 235)], axis=-1).astype(np.uint8)
    grey = (tags * np.uint8(8))[..., None].repeat(3, axis=2)
    coloured: Array = np.where(ids[..., None] > 0, cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB), grey)
    return coloured


def _tag_colours(tags: Array) -> Array:
    """(n, 3) uint8 of (n,) semantic tags: CARLA's own palette is inside its image converter only."""
    if not len(tags):
        return np.zeros((0, 3), np.uint8)
    hue = (tags.astype(np.uint32) * np.uint32(67)) % np.uint32(180)
    hsv = np.stack([hue, np.full_like(hue, 150), np.full_like(hue, 255)], axis=-1).astype(np.uint8)
    rgb: Array = cv2.cvtColor(hsv[None], cv2.COLOR_HSV2RGB)[0]
    return rgb


def _ramp(values: Array, low: float, high: float) -> Array:
    """(n, 3) uint8 of (n,) values: blue at `low` to red at `high`."""
    if not len(values):
        return np.zeros((0, 3), np.uint8)
    share = np.clip((values - low) / (high - low), 0.0, 1.0)
    codes = np.round(255.0 * share).astype(np.uint8)
    rgb: Array = cv2.cvtColor(cv2.applyColorMap(codes[:, None], cv2.COLORMAP_TURBO), cv2.COLOR_BGR2RGB)[:, 0]
    return rgb


def _from_above(points: Array, colours: Array, size: tuple[int, int]) -> Array:
    """Points (n, 3), metres, x forward and y right of the sensor, drawn with forward to the right."""
    width, height = size
    picture = np.full((height, width, 3), _INK, np.uint8)
    scale = width / (2.0 * RANGE_M)
    column = np.floor(0.5 * width + scale * points[:, 0]).astype(np.int64)
    row = np.floor(0.5 * height + scale * points[:, 1]).astype(np.int64)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    picture[row[inside], column[inside]] = colours[inside]
    return picture
