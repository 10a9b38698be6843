"""`nanshan gallery`: the picture book of towns, weathers, sensors and actors."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated

import tyro
from pydantic import Field, field_validator
from rich.console import Console
from rich.progress import Progress

from assistant.command_line import from_command_line
from assistant.gallery_changes import Change, changes, read_index
from assistant.gallery_page import KeptChapter, kept, page_in_one, write_book
from assistant.outputs import check_outputs
from assistant.results import result_object
from assistant.settings import DEFAULT_TOWN, RUNS, Settings
from data.files import named, told
from data.jsonable import write_json
from sim_bridge.embedded import start_embedded_server
from sim_bridge.errors import SimulatorError
from sim_bridge.gallery.chapters import CHAPTERS, BookSettings, picture_book
from sim_bridge.gallery.plates import Chapter

SIZE = re.compile(r"(\d{1,4})x(\d{1,4})")
SMALLEST, LARGEST = (64, 36), (1920, 1080)
TOLD_CHANGES = 20


class GallerySettings(Settings):
    """Photographs every town, weather, sensor, vehicle and walker of the embedded server into one page.

    OUT/gallery.md is the page, OUT/gallery/ has its pictures. What there is to show is asked from the
    server, so a new town or blueprint appears by itself. With --check nothing is written unless --out is
    given as well: the pictures are compared with those of another book. Exit code: 0 done, 1 a picture has
    changed or the work broke off, 2 unusable input.

    Examples:
        nanshan gallery
        nanshan gallery --chapters weather,hours --html weather.html
        nanshan gallery --check docs
    """

    out: Path | None = Field(
        default=None, description="folder of the page; runs/gallery unless --check is given"
    )
    check: Path | None = Field(default=None, description="folder of an earlier book to compare with")
    towns: str = Field(default="", description="names with commas between them; all if not given")
    chapters: str = Field(
        default="", description="of towns,weather,hours,lights,sensors,vehicles,walkers; all if not given"
    )
    size: str = Field(default="416x234", description="of a street view, pixels")
    html: Path | None = Field(default=None, description="the whole book in one file, FILE.html")
    json_: Annotated[Path | None, tyro.conf.arg(name="json")] = Field(
        default=None, alias="json", description="what was made and what has changed, FILE.json"
    )

    @field_validator("size")
    @classmethod
    def _readable_size(cls, value: str) -> str:
        match = SIZE.fullmatch(value)
        if match is None:
            raise ValueError("write it as 416x234")
        width, height = int(match[1]), int(match[2])
        if not (SMALLEST[0] <= width <= LARGEST[0] and SMALLEST[1] <= height <= LARGEST[1]):
            raise ValueError(f"must be within {SMALLEST[0]}x{SMALLEST[1]} and {LARGEST[0]}x{LARGEST[1]}")
        return value

    @field_validator("chapters")
    @classmethod
    def _known_chapters(cls, value: str) -> str:
        unknown = [name for name in _names(value) if name not in CHAPTERS]
        if unknown:
            raise ValueError(f"there is no {unknown[0]!r}; there are {', '.join(CHAPTERS)}")
        return value

    @property
    def folder(self) -> Path | None:
        """Where the book goes; None for nowhere."""
        return self.out if self.out is not None or self.check is not None else RUNS / "gallery"


def main(argv: list[str]) -> int:
    """Runs the command; see `GallerySettings` for the exit codes."""
    settings = from_command_line(GallerySettings, "gallery", argv)
    if isinstance(settings, int):
        return settings
    console = Console(stderr=True)
    try:
        folder = settings.folder
        check_outputs({"--json": settings.json_, "--html": settings.html})
        if folder is not None and folder.exists() and not folder.is_dir():
            raise ValueError(f"--out {folder}: is a file; name a folder")
        index = None if settings.check is None else read_index(settings.check)
        book = photograph(settings, console)
        return _finish(settings, book, index)
    except (ValueError, SimulatorError) as error:
        print(f"nanshan gallery: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"nanshan gallery: {told(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("nanshan gallery: interrupted; nothing was written", file=sys.stderr)
        return 1


def photograph(settings: GallerySettings, console: Console) -> list[KeptChapter]:
    """Starts the embedded server and takes every picture of the chapters asked for.

    Raises:
        SimulatorError: the server could not start or died, or it has no such town.
    """
    towns, chapters = _names(settings.towns), _names(settings.chapters)
    match = SIZE.fullmatch(settings.size)
    assert match is not None  # checked when the settings were made
    with ExitStack() as stack:
        status = stack.enter_context(console.status("starting the embedded server"))

        def tell(done: int, total: int, what: str) -> None:
            status.update(f"compiling the renderer, once: {done}/{total} {what}")

        first = towns[0] if towns else DEFAULT_TOWN
        at = stack.enter_context(start_embedded_server(first, progress=tell))
        status.stop()
        # A town's file is known to the server by its name.
        names = tuple(Path(town).stem if town.endswith(".xodr") else town for town in towns)
        wanted = BookSettings(at.host, at.port, names, chapters, int(match[1]), int(match[2]))
        progress = stack.enter_context(Progress(console=console, transient=True))
        plan = stack.enter_context(picture_book(wanted))
        tasks = [progress.add_task(chapter.title, total=len(chapter.plates)) for chapter in plan]
        return [_taken(c, partial(progress.advance, t)) for c, t in zip(plan, tasks, strict=True)]


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in text.split(",") if name)


def _taken(chapter: Chapter, advance: Callable[[], None]) -> KeptChapter:
    plates, without = [], []
    for plate in chapter.plates:
        rgb = plate.take()
        if rgb is None:
            without.append(plate.title)
        else:
            plates.append(kept(plate.name, plate.title, rgb))
        advance()
    return KeptChapter(chapter.title, chapter.text, chapter.across, tuple(plates), tuple(without))


def _finish(settings: GallerySettings, book: list[KeptChapter], index: dict[str, str] | None) -> int:
    plates = [plate for chapter in book for plate in chapter.plates]
    left = _write(settings, book)
    print(f"{len(plates)} pictures, {sum(len(plate.webp) for plate in plates) / 1e6:.2f} MB")
    found: list[Change] = []
    if settings.check is not None and index is not None:
        found = changes(settings.check, index, plates, whole=not settings.chapters)
        _tell(found, len(plates))
    if settings.json_ is not None:
        metrics = {
            "pictures": {chapter.title: len(chapter.plates) for chapter in book},
            "bytes": sum(len(plate.webp) for plate in plates),
            "changes": found,
        }
        write_json(settings.json_, result_object("gallery", metrics, settings.model_dump(mode="json")))
        left.append(settings.json_)
    if left:
        print("left in " + ", ".join(str(path) for path in left))
    return 1 if found else 0


def _write(settings: GallerySettings, book: list[KeptChapter]) -> list[Path]:
    left = []
    if settings.folder is not None:
        left.append(write_book(settings.folder, book)[0])
    if settings.html is not None:
        with named(settings.html):
            settings.html.parent.mkdir(parents=True, exist_ok=True)
            settings.html.write_text(page_in_one(book), encoding="utf-8")
        left.append(settings.html)
    return left


def _tell(found: list[Change], pictures: int) -> None:
    print(f"{len(found)} of {pictures} differ" if found else f"all {pictures} are the same to the last bit")
    for change in found[:TOLD_CHANGES]:
        how = (
            ""
            if change.mean is None
            else f" by {change.mean:.2f} of 255, {100 * (change.share or 0.0):.1f} % of its pixels visibly"
        )
        print(f"  {change.name}: {change.what}{how}")
    if len(found) > TOLD_CHANGES:
        print(f"  and {len(found) - TOLD_CHANGES} more; --json tells all")
