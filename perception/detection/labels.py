"""Boxes for training, read off the pictures of instance ids that a renderer gives beside its colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from data.arrays import Array, checked
from data.types import ObjectClass

# CARLA's semantic tag (CityObjectLabel, 0.9.14 and later) of a thing that is no actor but has a class here.
TRAFFIC_LIGHT_TAG = 7


@dataclass(frozen=True)
class LabelRule:
    """Which things are seen well enough to ask a detector for them.

    Attributes:
        min_side_px: least width and height of a box.
        min_height_px: least height of a box.
        min_visible_px: least number of pixels that belong to the thing.
        min_fill: least share of its box that belongs to the thing; what hides behind others has less.
    """

    min_side_px: int = 4
    min_height_px: int = 7
    min_visible_px: int = 24
    min_fill: float = 0.22


@dataclass(frozen=True, eq=False)
class BoxLabels:
    """What is to be found in one picture.

    Attributes:
        boxes_px: (n, 4) float32 xyxy around the visible part.
        classes: (n,) int16 `ObjectClass`.
        ids: (n,) int32 instance ids.
    """

    boxes_px: Array
    classes: Array
    ids: Array

    def __post_init__(self) -> None:
        sizes: dict[str, int] = {}
        for name, shape, dtype in (
            ("boxes_px", ("n", 4), np.float32),
            ("classes", ("n",), np.int16),
            ("ids", ("n",), np.int32),
        ):
            object.__setattr__(self, name, checked(name, getattr(self, name), shape, dtype, sizes))

    def yolo_lines(self, width: int, height: int) -> str:
        """The text of a YOLO label file for a picture of width x height pixels: class, centre and size."""
        low, high = self.boxes_px[:, :2], self.boxes_px[:, 2:]
        rows = np.column_stack([0.5 * (low + high), high - low]) / (width, height, width, height)
        lines = (
            f"{int(c)} " + " ".join(f"{value:.6f}" for value in row)
            for c, row in zip(self.classes, rows, strict=True)
        )
        return "".join(f"{line}\n" for line in lines)


def box_labels(
    instance_ids: Array,
    tags: Array,
    classes: Mapping[int, ObjectClass],
    rule: LabelRule | None = None,
) -> BoxLabels:
    """Boxes of every actor and traffic light that a picture shows well enough.

    Args:
        instance_ids: (h, w) int32, what covers each pixel; 0 for nothing that counts.
        tags: (h, w) uint8 CARLA's semantic tags.
        classes: class of every actor by its id; others than these and traffic lights are left out.
        rule: which are seen well enough.

    Raises:
        ValueError: the two pictures differ in size.
    """
    rule = rule or LabelRule()
    ids = np.asarray(instance_ids, np.int32)
    tags = checked("tags", tags, ids.shape, np.uint8)
    actors = np.where(np.isin(ids, list(classes)), ids, 0)
    found = [(i, box, classes[i]) for i, box in _boxes(actors, rule)]
    housings = _housings(ids, tags, classes)
    found += [(i, box, ObjectClass.TRAFFIC_LIGHT) for i, box in _boxes(housings, rule)]
    if not found:
        return BoxLabels(np.zeros((0, 4)), np.zeros(0), np.zeros(0))
    names, boxes, kinds = zip(*found, strict=True)
    return BoxLabels(np.array(boxes), np.array(kinds), np.array(names))


def _housings(ids: Array, tags: Array, classes: Mapping[int, ObjectClass]) -> Array:
    """(h, w) int64, what belongs to one housing of a traffic light: its id below, its number above 32 bits.

    A light is its housings alone, not the mast that may share its id, and one light may have several.
    """
    lights = (tags == TRAFFIC_LIGHT_TAG) & (ids > 0) & ~np.isin(ids, list(classes))
    _, pieces = cv2.connectedComponents(lights.astype(np.uint8), connectivity=8)
    return np.where(lights, ids + (pieces.astype(np.int64) << 32), 0)


def _boxes(things: Array, rule: LabelRule) -> list[tuple[int, tuple[int, int, int, int]]]:
    """(id, xyxy) of every thing > 0 of the (h, w) picture that keeps the rule; ids are the lower 32 bits."""
    rows, columns = np.nonzero(things > 0)
    if not len(rows):
        return []
    of_pixel = things[rows, columns].astype(np.int64)
    order = np.argsort(of_pixel, kind="stable")
    names, starts, visible = np.unique(of_pixel[order], return_index=True, return_counts=True)
    low = [np.minimum.reduceat(axis[order], starts) for axis in (columns, rows)]
    high = [np.maximum.reduceat(axis[order], starts) + 1 for axis in (columns, rows)]
    width, height = high[0] - low[0], high[1] - low[1]
    large = (np.minimum(width, height) >= rule.min_side_px) & (height >= rule.min_height_px)
    kept = large & (visible >= np.maximum(rule.min_visible_px, rule.min_fill * width * height))
    boxes = np.column_stack([*low, *high])[kept].tolist()
    ids = (names[kept] & 0xFFFFFFFF).tolist()
    return [(name, tuple(box)) for name, box in zip(ids, boxes, strict=True)]
