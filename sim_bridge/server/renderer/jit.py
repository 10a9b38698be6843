"""How every kernel is compiled, and where the machine code is kept."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba


def _writable(folder: Path) -> bool:
    """Whether files can be made in `folder`, or in the nearest folder above it that exists."""
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)


def _cache_folder() -> str:
    """Where compiled kernels go: "" lets numba choose (beside the source, or the user's cache folder).

    numba refuses to import a cached function when neither of its two places can be written; a read-only
    installation without a home then compiles once per boot, into the folder for temporary files.
    """
    beside, home = Path(__file__).parent / "__pycache__", Path.home() / ".cache" / "numba"
    if numba.config.CACHE_DIR or _writable(beside) or _writable(home):
        return str(numba.config.CACHE_DIR)
    return str(Path(tempfile.gettempdir()) / f"nanshan-kernels-{os.getuid()}")


numba.config.CACHE_DIR = _cache_folder()


def kernel(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles `function` for the CPU without holding the interpreter.

    No fast-math: every operation is rounded as IEEE 754 says, so pixels are the same on every CPU. Division
    by zero gives inf or NaN as in numpy; the checks that Python's rule needs would keep loops from SIMD.
    """
    compiled: Callable[..., Any] = numba.njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(
        function
    )
    return compiled
