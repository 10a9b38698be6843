"""The one table between the names that detectors use and the classes of this house."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from data.arrays import Array
from data.types import ObjectClass

# COCO's words, so that a network that starts from COCO weights keeps what it knows of these classes.
NAMES: Mapping[ObjectClass, str] = {
    ObjectClass.CAR: "car",
    ObjectClass.TRUCK: "truck",
    ObjectClass.BUS: "bus",
    ObjectClass.MOTORCYCLE: "motorcycle",
    ObjectClass.BICYCLE: "bicycle",
    ObjectClass.PEDESTRIAN: "person",
    ObjectClass.TRAFFIC_LIGHT: "traffic light",
    ObjectClass.STOP_SIGN: "stop sign",
}

# What other data sets say for the same things.
SYNONYMS: Mapping[str, ObjectClass] = {
    "pedestrian": ObjectClass.PEDESTRIAN,
    "rider": ObjectClass.PEDESTRIAN,
    "bike": ObjectClass.BICYCLE,
    "cyclist": ObjectClass.BICYCLE,
    "motor": ObjectClass.MOTORCYCLE,
    "motorbike": ObjectClass.MOTORCYCLE,
    "van": ObjectClass.CAR,
    "vehicle": ObjectClass.CAR,
}

UNWANTED = -1


def class_of(name: str) -> ObjectClass | None:
    """The class that a detector's `name` means; None for things this house does not care about."""
    wanted = name.strip().lower().replace("_", " ")
    for object_class, known in NAMES.items():
        if wanted == known:
            return object_class
    return SYNONYMS.get(wanted)


def class_table(names: Mapping[int, str]) -> Array:
    """(max index + 1,) int16 from a detector's class index to `ObjectClass`, `UNWANTED` where none fits.

    Raises:
        ValueError: not one name is known here.
    """
    table = np.full(max(names, default=-1) + 1, UNWANTED, np.int16)
    for index, name in names.items():
        known = class_of(name)
        if known is not None:
            table[index] = known
    if (table == UNWANTED).all():
        raise ValueError(f"class names: expected some of {sorted(NAMES.values())}, got {dict(names)}")
    return table
