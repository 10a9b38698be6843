"""The folder of a run, for outputs that have no path of their own."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from assistant.settings import DEFAULT_TOWN, DriveSettings


def with_run_files(settings: DriveSettings) -> DriveSettings:
    """Gives recording, video and summary a place in a new folder of `runs` where they have none.

    Raises:
        OSError: the folder cannot be made.
    """
    if settings.runs is None or None not in (settings.record, settings.video, settings.json_):
        return settings
    stamp = datetime.now(UTC).strftime("%Y%m%d-%H%M%S")
    town = Path(settings.town or DEFAULT_TOWN).stem
    folder = _new_folder(settings.runs / f"{stamp}-{town}-seed{settings.seed}")
    return settings.model_copy(
        update={
            "record": settings.record or folder / "drive.mcap",
            "video": settings.video or folder / "drive.mp4",
            "json_": settings.json_ or folder / "summary.json",
        }
    )


def _new_folder(wanted: Path) -> Path:
    """Makes the folder, or one with a number: drives that start in the same second must not share it."""
    folder, number = wanted, 1
    while True:
        try:
            folder.mkdir(parents=True)
            return folder
        except FileExistsError:
            if not folder.exists():  # it is `runs` itself that is in the way
                raise
            number += 1
            folder = wanted.with_name(f"{wanted.name}-{number}")


def drop_empty(settings: DriveSettings) -> None:
    """Takes the new folder away again when nothing came into it."""
    if settings.runs is not None:
        for path in (settings.record, settings.video, settings.json_):
            if path is not None and path.parent.parent == settings.runs:
                with suppress(OSError):
                    path.parent.rmdir()
