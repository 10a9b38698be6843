"""Files that are written: whether they can be, and errors that say which file it was."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def named(path: Path) -> Iterator[None]:
    """Gives an OSError from inside the name of the file: the system tells it while opening only.

    Raises:
        OSError: as it came, with `filename`.
    """
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), str(path)) from error


def told(error: OSError) -> str:
    """One line: the file and what is wrong with it."""
    what = error.strerror or str(error)
    return f"{error.filename}: {what}" if error.filename else what


def check_can_be_written(path: Path) -> None:
    """Looks whether a file can be made at `path`, folders included, and leaves nothing behind.

    Raises:
        OSError: it cannot.
    """
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    problem = 0
    if path.is_dir():
        problem = errno.EISDIR
    elif not folder.is_dir():
        problem = errno.ENOTDIR
    elif not os.access(path if path.exists() else folder, os.W_OK):
        problem = errno.EACCES
    if problem:
        raise OSError(problem, os.strerror(problem), str(path))
