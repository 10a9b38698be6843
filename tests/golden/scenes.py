"""What a planner was told, as JSON lines and back."""

import gzip
import json
import types
import typing
from dataclasses import fields, is_dataclass
from enum import IntEnum
from pathlib import Path

import numpy as np

from data.arrays import Array
from data.jsonable import dumps
from data.types import Scene, VehicleShape

PATH = Path(__file__).parent / "scenes.jsonl.gz"
COLUMNS = {"boxes_px": 4, "positions_m": 2, "velocities_mps": 2, "extents_m": 2, "centre_m": 2}
"""Of arrays that may be empty."""


def write_scenes(shape, scenes):
    """The ego's measures first, then a scene a line."""
    text = "".join(dumps(value) + "\n" for value in (shape, *scenes))
    PATH.write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def read_scenes():
    """The ego's measures and the scenes."""
    shape, *scenes = (json.loads(line) for line in gzip.decompress(PATH.read_bytes()).splitlines())
    return rebuilt(VehicleShape, shape), [rebuilt(Scene, scene) for scene in scenes]


def rebuilt(kind, value, name=""):
    """The inverse of `data.jsonable.jsonable` for a type of ours; null stands for a number without an end."""
    if is_dataclass(kind):
        hints = typing.get_type_hints(kind)
        return kind(**{f.name: rebuilt(hints[f.name], value[f.name], f.name) for f in fields(kind)})
    if kind == Array:
        array = np.nan_to_num(np.array(value, np.float64), nan=np.inf)
        return array if len(array) or name not in COLUMNS else array.reshape(0, COLUMNS[name])
    if isinstance(kind, types.UnionType):
        return None if value is None else rebuilt(typing.get_args(kind)[0], value)
    if typing.get_origin(kind) is tuple:
        inner = typing.get_args(kind)
        each = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(rebuilt(k, v) for k, v in zip(each, value, strict=True))
    if isinstance(kind, type) and issubclass(kind, IntEnum):
        return kind[value.upper()]
    return np.inf if value is None and kind is float else kind(value)
