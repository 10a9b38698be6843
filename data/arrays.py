"""The check that every array-carrying type runs at birth."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]


def checked(
    name: str,
    value: npt.ArrayLike,
    shape: tuple[int | str | None, ...],
    dtype: npt.DTypeLike,
    sizes: dict[str, int] | None = None,
) -> Array:
    """Returns `value` as a read-only array of `dtype`, or says how its shape differs from `shape`.

    Args:
        name: how the error message calls the array.
        value: anything numpy takes; copied only when its dtype has to change.
        shape: one entry a dimension; an int is exact, `None` is free, a string is a named size that must
            agree with earlier arrays of the same `sizes`.
        dtype: the element type of the result.
        sizes: named sizes seen so far; filled in by this call.

    Raises:
        ValueError: the shape does not fit, or a floating value is NaN.
    """
    array = np.asarray(value, dtype=dtype)
    sizes = {} if sizes is None else sizes
    fits = array.ndim == len(shape)
    if fits:
        for size, wanted in zip(array.shape, shape, strict=True):
            expected = sizes.setdefault(wanted, size) if isinstance(wanted, str) else wanted
            fits = fits and (expected is None or expected == size)
    if not fits:
        resolved = tuple(f"{w}={sizes[w]}" if isinstance(w, str) and w in sizes else w for w in shape)
        raise ValueError(f"{name}: expected shape {resolved}, got {array.shape}")
    if array.dtype.kind == "f" and np.isnan(array).any():
        raise ValueError(f"{name}: contains NaN")
    if array.flags.writeable:
        array = array.view()
        array.flags.writeable = False
    return array
