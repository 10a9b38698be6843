"""Which maps there are: the towns that come along, and those of a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

TOWNS = Path(__file__).with_name("towns")


def own_towns() -> dict[str, Path]:
    """The files of the towns that come along, by name, sorted."""
    return {path.stem: path for path in sorted(TOWNS.glob("*.xodr"))}


def towns_with(folder: Path) -> dict[str, Path]:
    """The towns that come along and those of a folder, by name, sorted; of two alike the folder's.

    Raises:
        ValueError: there is no such folder, or no `.xodr` file in it; one line that names it.
    """
    if not folder.is_dir():
        raise ValueError(f"maps {folder}: no such folder")
    found = {path.stem: path for path in folder.glob("*.xodr") if path.is_file()}
    if not found:
        raise ValueError(f"maps {folder}: there is no .xodr file in it")
    return dict(sorted((own_towns() | found).items()))


def file_of(name_or_path: str, towns: Mapping[str, Path]) -> Path:
    """The file of a town, or the one that a path ending in `.xodr` names.

    Raises:
        ValueError: there is none; one line that names it.
    """
    if name_or_path.endswith(".xodr"):
        path = Path(name_or_path).expanduser()
        if not path.is_file():
            raise ValueError(f"map {name_or_path}: no such file")
        return path
    name = name_or_path.rsplit("/", 1)[-1]
    if name not in towns:
        raise ValueError(
            f"map {name_or_path!r}: unknown town; give a path ending in .xodr or one of {', '.join(towns)}"
        )
    return towns[name]
