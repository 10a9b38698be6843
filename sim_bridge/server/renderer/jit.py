"""How every kernel is compiled, and where the machine code is kept."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import ParamSpec, TypeVar

import numba
from numba.core.event import Event, Listener, install_listener


def _writable(folder: Path) -> bool:
    """Whether files can be made in `folder`, or in the nearest folder above it that exists."""
    while not folder.exists():
        folder = folder.parent
    return os.access(folder, os.W_OK)


@cache
def cache_folder(sources: Path) -> Path:
    """Where the machine code of the kernels in the folder `sources` is kept, see `writable_folder`.

    The last part of the name is a digest of all sources of the folder, because numba looks only at the file
    of the kernel itself and would go on using a kernel that contains an old version of another file's.
    """
    digest = hashlib.sha256()
    for path in sorted(sources.glob("*.py")):
        digest.update(path.read_bytes())
    return writable_folder(sources, f"kernels-{digest.hexdigest()[:12]}")


def writable_folder(sources: Path, name: str) -> Path:
    """The folder `name` for what is made of `sources` and kept.

    Beside the sources, or in the user's cache folder where the installation is read-only, or among the
    temporary files where there is no home either: then it is made once per boot.
    """
    beside, home = sources / "__pycache__", Path.home() / ".cache"
    if numba.config.CACHE_DIR:
        return Path(numba.config.CACHE_DIR) / name
    if _writable(beside):
        return beside / name
    if _writable(home):
        return home / "nanshan" / name
    return Path(tempfile.gettempdir()) / f"nanshan-{os.getuid()}" / name


Progress = Callable[[str, int, int], None]
P = ParamSpec("P")
R = TypeVar("R")
_kernels: list[str] = []
_RULES = {"nogil": True, "error_model": "numpy", "_nrt": False}


def kernel(function: Callable[P, R]) -> Callable[P, R]:
    """Compiles `function` for the CPU without holding the interpreter.

    No fast-math: every operation is rounded as IEEE 754 says, so pixels are the same on every CPU. Division
    by zero gives inf or NaN as in numpy; the checks that Python's rule needs would keep loops from SIMD.
    Without numba's runtime nothing counts references: kernels cannot make arrays, but handing arrays on to
    small functions costs nothing, where threads would fight over the counters otherwise.
    """
    _kernels.append(function.__qualname__)
    chosen = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache_folder(Path(function.__code__.co_filename).parent))
    try:
        compiled: Callable[P, R] = numba.njit(cache=True, **_RULES)(function)
    finally:
        numba.config.CACHE_DIR = chosen
    return compiled


def kernel_part(function: Callable[P, R]) -> Callable[P, R]:
    """Compiles a function that only kernels call.

    It cannot be called from Python and is not cached: the machine code of the kernels contains it. Leaving
    out the door to Python saves time to compile.
    """
    _kernels.append(function.__qualname__)
    part: Callable[P, R] = numba.njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_RULES)(function)
    return part


def kernel_piece(function: Callable[P, R]) -> Callable[P, R]:
    """Has `function` written into the kernels that call it, before anything is compiled.

    For what is called for every run or pixel: handing on a dozen arrays, each of them seven numbers and more,
    takes longer than the work there, and LLVM leaves functions of some size as calls.
    """
    piece: Callable[P, R] = numba.njit(inline="always", **_RULES)(function)
    return piece


class _Listener(Listener):  # type: ignore[misc]  # numba has no types
    """Tells of each kernel that has been compiled."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._done = 0

    def on_start(self, event: Event) -> None:
        """A kernel begins to compile."""

    def on_end(self, event: Event) -> None:
        """A kernel is compiled."""
        name = event.data["dispatcher"].py_func.__qualname__
        if name in _kernels:  # numba compiles small things of its own too
            self._done += 1
            self._progress(name.strip("_"), min(self._done, len(_kernels)), len(_kernels))


@contextmanager
def reporting(progress: Progress | None) -> Iterator[None]:
    """Inside, `progress` is told the name of each kernel that is compiled, its number, and how many exist.

    It is not told anything of kernels that the cache holds.
    """
    if progress is None:
        yield
        return
    with install_listener("numba:compile", _Listener(progress)):
        yield
