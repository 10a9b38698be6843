"""Where a command leaves its files: looked at before anything long begins, closed at the end."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from assistant.pipeline import Observer
from data.files import told


def check_outputs(outputs: Mapping[str, Path | None], sources: Iterable[Path] = ()) -> None:
    """Looks whether every output can be made, without making any.

    Args:
        outputs: option and file, None where the option is not given.
        sources: what is read, and must not be written over.

    Raises:
        ValueError: two outputs are one file, an output is a source, or no file can be made there.
    """
    taken = {path.resolve(): "is read as a source" for path in sources}
    for option, path in outputs.items():
        if path is None:
            continue
        place = path.resolve()
        if path.is_dir():
            raise ValueError(f"{option} {path}: is a folder; name a file")
        if path.exists() and not path.is_file():
            continue  # a pipe or a device takes what it gets
        if place in taken:
            raise ValueError(f"{option} {path}: {taken[place]}; name another file")
        taken[place] = f"is the file of {option} too"
        _check_writable(option, path, place)


def _check_writable(option: str, path: Path, place: Path) -> None:
    there = next(folder for folder in (place, *place.parents) if folder.exists())
    if there != place and not there.is_dir():
        raise ValueError(f"{option} {path}: {there} is a file, not a folder")
    if not os.access(there, os.W_OK):
        raise ValueError(f"{option} {path}: {there} may not be written")


def close_all(observers: Iterable[Observer]) -> str:
    """Closes every one, whatever becomes of the others; what went wrong first, empty when nothing did."""
    wrong = ""
    for observer in observers:
        try:
            observer.close()
        except OSError as error:
            wrong = wrong or told(error)
    return wrong
