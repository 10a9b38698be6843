"""What differs between a picture book on disk and one that has just been made."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from assistant.gallery_page import FOLDER, INDEX, KeptPlate, decoded


@dataclass(frozen=True)
class Change:
    """How a plate differs.

    Attributes:
        name: of the plate.
        what: changed, new, gone or resized.
        mean: mean difference of the codes 0..255 of the compressed pictures; None where there are not two.
        share: share of the pixels that differ by more than 8 codes in a channel; None as above.
    """

    name: str
    what: str
    mean: float | None = None
    share: float | None = None


NOTICEABLE = 8


def read_index(book: Path) -> dict[str, str]:
    """The digests of the plates of a book, by name.

    Raises:
        ValueError: there is no readable book; one line.
    """
    path = book / FOLDER / INDEX
    try:
        value: Any = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(
            f"--check {book}: has no {FOLDER}/{INDEX} ({error.strerror}); make one with --out {book}"
        ) from error
    except ValueError as error:
        raise ValueError(f"--check {path}: is not JSON ({error})") from error
    if not isinstance(value, dict) or not all(isinstance(item, str) for item in value.values()):
        raise ValueError(f"--check {path}: is no index of a gallery")
    return value


def changes(book: Path, index: dict[str, str], plates: list[KeptPlate], whole: bool) -> list[Change]:
    """The plates that differ from those of a book, the most changed first.

    Args:
        book: its folder.
        index: see `read_index`.
        plates: what has just been made.
        whole: whether they are all chapters, so that what is missing is gone.
    """
    found = []
    for plate in plates:
        if plate.name not in index:
            found.append(Change(plate.name, "new"))
        elif index[plate.name] != plate.digest:
            found.append(_change(book, plate))
    if whole:
        made = {plate.name for plate in plates}
        found += [Change(name, "gone") for name in index if name not in made]
    return sorted(
        found, key=lambda change: (-(change.mean if change.mean is not None else 999.0), change.name)
    )


def _change(book: Path, plate: KeptPlate) -> Change:
    try:
        before = decoded((book / FOLDER / f"{plate.name}.webp").read_bytes())
    except OSError:
        before = None
    after = decoded(plate.webp)
    if before is None or after is None:
        return Change(plate.name, "new")
    if before.shape != after.shape:
        return Change(plate.name, "resized")
    difference = np.abs(before.astype(np.int16) - after)
    share = float((difference.max(axis=2) > NOTICEABLE).mean())
    return Change(plate.name, "changed", float(difference.mean()), share)
