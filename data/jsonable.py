"""Our types as plain JSON values."""

from __future__ import annotations

import json
import math
import os
from dataclasses import fields, is_dataclass
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np

from data.files import named

DECIMALS = 4


def jsonable(value: Any) -> Any:  # noqa: ANN401  any of our types comes in, any JSON value goes out
    """Dataclasses become objects, arrays nested lists, enums their lower-case names, non-finite numbers null.

    Arrays are rounded to four decimals (0.1 mm, 0.1 ms); single floats are kept exact.
    """
    if isinstance(value, IntEnum):
        return value.name.lower()
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, np.ndarray):
        return _array(value)
    if isinstance(value, np.generic):
        return jsonable(value.item())
    if is_dataclass(value):
        return {f.name: jsonable(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, dict):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in value]
    if isinstance(value, Path):
        return str(value)
    raise TypeError(f"cannot write {type(value).__name__} as JSON")


def _array(array: np.ndarray[Any, Any]) -> Any:  # noqa: ANN401  nested lists
    if array.dtype.kind != "f":
        return array.tolist()
    if not np.isfinite(array).all():
        return [_array(row) for row in array] if array.ndim > 1 else [jsonable(float(x)) for x in array]
    return np.round(array.astype(np.float64), DECIMALS).tolist()


def dumps(value: Any) -> str:  # noqa: ANN401  any of our types
    """One line of JSON."""
    return json.dumps(jsonable(value), allow_nan=False, separators=(",", ":"))


def write_json(path: Path, value: Any) -> None:  # noqa: ANN401  any of our types
    """Writes a readable JSON file; a file of that name is whole or not there.

    Raises:
        OSError: it cannot be written; the error names it.
    """
    text = json.dumps(jsonable(value), allow_nan=False, indent=2) + "\n"
    part = path.with_name(path.name + ".part")
    with named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not path.is_file():
            path.write_text(text, encoding="utf-8")  # a pipe or a device is written to, never replaced
            return
        try:
            part.write_text(text, encoding="utf-8")
            os.replace(part, path)
        except OSError:
            part.unlink(missing_ok=True)
            raise
