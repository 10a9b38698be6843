"""Boxes for training, read off the pictures of instance ids that a renderer gives beside its colours."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

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
    lights = np.where(tags == TRAFFIC_LIGHT_TAG, ids, 0)
    # A light is its housing alone, not the mast that may share its id; actors are all that bears their id.
    light_ids = set(np.unique(lights).tolist()) - {0} - set(classes)
    actors = np.where(np.isin(ids, list(classes)), ids, 0)
    found = [(i, box, classes[i]) for i, box in _boxes(actors, rule) if i in classes]
    found += [(i, box, ObjectClass.TRAFFIC_LIGHT) for i, box in _boxes(lights, rule) if i in light_ids]
    if not found:
        return BoxLabels(np.zeros((0, 4)), np.zeros(0), np.zeros(0))
    names, boxes, kinds = zip(*found, strict=True)
    return BoxLabels(np.array(boxes), np.array(kinds), np.array(names))


def _boxes(ids: Array, rule: LabelRule) -> list[tuple[int, tuple[int, int, int, int]]]:
    """(id, xyxy) of every id > 0 of the (h, w) picture that keeps the rule."""
    kept = []
    for index, place in enumerate(ndimage.find_objects(ids), start=1):
        if place is None:
            continue
        rows, columns = place
        height, width = rows.stop - rows.start, columns.stop - columns.start
        visible = int((ids[place] == index).sum())
        large = min(width, height) >= rule.min_side_px and height >= rule.min_height_px
        if large and visible >= max(rule.min_visible_px, rule.min_fill * width * height):
            kept.append((index, (columns.start, rows.start, columns.stop, rows.stop)))
    return kept
