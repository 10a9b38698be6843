"""Errors of writing that say which file it was."""

from __future__ import annotations

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
