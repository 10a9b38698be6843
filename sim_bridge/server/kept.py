"""What takes long to make and always comes out the same is kept on disk, beside the kernels' machine code."""

from __future__ import annotations

import hashlib
import os
import pickle
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import TypeVar

import numpy as np

from sim_bridge.server.renderer.jit import writable_folder

T = TypeVar("T")

_SOURCES = Path(__file__).parent
# Three files a map, 10 to 60 MB together.
_MOST_FILES = 24


def kept(subject: str, decided_by: str, make: Callable[[], T]) -> T:
    """What `make` returns, from disk if it was made before.

    Files are pickles in a folder of this user's own, as those that numba keeps. A file that cannot be read is
    made anew; where none can be written everything is made each time. The oldest ones make room.

    Args:
        subject: what it is, the beginning of the file's name.
        decided_by: all that decides it beside the code of the server and the versions of Python and numpy.
        make: makes it; whoever gets it must not change it.
    """
    folder = writable_folder(_SOURCES, "worlds")
    digest = hashlib.sha256(_code() + decided_by.encode()).hexdigest()[:24]
    path = folder / f"{subject}-{digest}.pickle"
    # Whatever is wrong with a file, an old class or half a disk: it is made anew.
    with suppress(Exception):
        with path.open("rb") as file:
            value: T = pickle.load(file)
        os.utime(path)
        return value
    value = make()
    with suppress(OSError):
        _write(path, value)
    return value


def _write(path: Path, value: object) -> None:
    """Writes a file that is either whole or not there, and deletes those that nobody has read for longest."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, unfinished = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            pickle.dump(value, file, protocol=pickle.HIGHEST_PROTOCOL)
        os.replace(unfinished, path)
    except BaseException:
        os.unlink(unfinished)
        raise
    files = sorted(path.parent.glob("*.pickle"), key=lambda each: each.stat().st_mtime)
    for old in files[:-_MOST_FILES]:
        old.unlink(missing_ok=True)


@cache
def _code() -> bytes:
    """A digest of the server's sources and of what writes pickles."""
    digest = hashlib.sha256(f"{sys.version} {np.__version__}".encode())
    for path in sorted(_SOURCES.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.digest()
