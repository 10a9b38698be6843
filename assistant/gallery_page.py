"""The picture book on disk: small pictures, a page of Markdown, a page that carries all in itself."""

from __future__ import annotations

import base64
import html
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import cv2
import numpy as np

from data.arrays import Array
from data.files import named
from data.jsonable import write_json

QUALITY = 72
FOLDER, PAGE, INDEX = "gallery", "gallery.md", "index.json"


@dataclass(frozen=True)
class KeptPlate:
    """A plate as it is kept.

    Attributes:
        name: of its file, without folder and ending.
        title: what it shows.
        webp: the compressed picture.
        digest: SHA-256 of the pixels before they were compressed, hexadecimal.
    """

    name: str
    title: str
    webp: bytes
    digest: str


@dataclass(frozen=True)
class KeptChapter:
    """A chapter as it is kept; see `sim_bridge.gallery.plates.Chapter`.

    Attributes:
        title: its heading.
        text: what the reader should know.
        across: plates side by side.
        plates: in their order.
        without: titles of what turned out to have no picture.
    """

    title: str
    text: str
    across: int
    plates: tuple[KeptPlate, ...]
    without: tuple[str, ...]


def kept(name: str, title: str, rgb: Array) -> KeptPlate:
    """A plate from its picture, (height, width, 3) uint8 RGB."""
    coded = cv2.imencode(".webp", cv2.cvtColor(rgb, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_WEBP_QUALITY, QUALITY])[
        1
    ]
    digest = sha256(f"{rgb.shape} ".encode() + np.ascontiguousarray(rgb).tobytes()).hexdigest()
    return KeptPlate(name, title, coded.tobytes(), digest)


def write_book(out: Path, chapters: list[KeptChapter]) -> list[Path]:
    """Writes the page, the pictures beside it and their index; pictures of an earlier book there go.

    Returns:
        the files written.

    Raises:
        OSError: a file cannot be written; the error names it.
    """
    folder = out / FOLDER
    plates = [plate for chapter in chapters for plate in chapter.plates]
    with named(folder):
        folder.mkdir(parents=True, exist_ok=True)
        for old in folder.glob("*.webp"):
            old.unlink()
    files = []
    for plate in plates:
        path = folder / f"{plate.name}.webp"
        with named(path):
            path.write_bytes(plate.webp)
        files.append(path)
    write_json(folder / INDEX, {plate.name: plate.digest for plate in plates})
    page = out / PAGE
    with named(page):
        page.write_text(markdown(chapters), encoding="utf-8")
    return [page, folder / INDEX, *files]


def markdown(chapters: list[KeptChapter]) -> str:
    """The page, whose pictures lie in the folder beside it."""
    lines = [
        "# The world in pictures",
        "",
        "Made by `nanshan gallery`; what is here was found by asking the server.",
        "",
    ]
    for chapter in chapters:
        lines += [f"## {chapter.title}", "", chapter.text, ""]
        rows = [chapter.plates[i : i + chapter.across] for i in range(0, len(chapter.plates), chapter.across)]
        if rows:
            lines += ["|" + " |" * chapter.across, "|" + "---|" * chapter.across]
        for row in rows:
            cells = [f"![{plate.title}]({FOLDER}/{plate.name}.webp)<br>{plate.title}" for plate in row]
            cells += [""] * (chapter.across - len(row))
            lines.append("| " + " | ".join(cells) + " |")
        if chapter.without:
            lines += ["", "Nothing to see: " + ", ".join(chapter.without) + "."]
        lines.append("")
    return "\n".join(lines)


def page_in_one(chapters: list[KeptChapter]) -> str:
    """The book as one HTML file with its pictures inside."""
    parts = [
        "<!doctype html><meta charset=utf-8><title>The world in pictures</title>",
        "<style>body{font:15px sans-serif;margin:2em}figure{display:inline-block;margin:.4em}"
        "figcaption{color:#555}</style><h1>The world in pictures</h1>",
    ]
    for chapter in chapters:
        parts.append(f"<h2>{html.escape(chapter.title)}</h2><p>{html.escape(chapter.text)}</p>")
        for plate in chapter.plates:
            data, title = base64.b64encode(plate.webp).decode(), html.escape(plate.title.strip("`"))
            parts.append(
                f'<figure><img alt="{title}" src="data:image/webp;base64,{data}">'
                f"<figcaption>{title}</figcaption></figure>"
            )
    return "\n".join(parts) + "\n"


def decoded(webp: bytes) -> Array | None:
    """(height, width, 3) uint8 BGR of a compressed picture, None if it is none."""
    picture: Array | None = cv2.imdecode(np.frombuffer(webp, np.uint8), cv2.IMREAD_COLOR)
    return picture
