"""What the picture book consists of: chapters of plates, made one after the other while somebody waits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from data.arrays import Array, checked


@dataclass(frozen=True, eq=False)
class Plate:
    """One picture of the book.

    Attributes:
        name: of its file, without folder and ending; no two plates of a book share one.
        title: what it shows, one line.
        rgb: (height, width, 3) uint8.
    """

    name: str
    title: str
    rgb: Array

    def __post_init__(self) -> None:
        object.__setattr__(self, "rgb", checked("rgb", self.rgb, (None, None, 3), np.uint8))


@dataclass(frozen=True)
class PlateToTake:
    """A plate that can be made.

    Attributes:
        name: see `Plate`.
        title: see `Plate`.
        take: makes the picture, (height, width, 3) uint8 RGB; None where there is nothing to see.
    """

    name: str
    title: str
    take: Callable[[], Array | None]


@dataclass(frozen=True)
class Chapter:
    """Plates of one subject.

    Attributes:
        name: one word.
        title: its heading.
        text: what the reader should know.
        across: plates side by side on a page.
        plates: in their order. They have to be taken in that order, and all of one chapter before the next.
    """

    name: str
    title: str
    text: str
    across: int
    plates: tuple[PlateToTake, ...]


def side_by_side(pictures: list[Array]) -> Array:
    """Pictures of one height, from left to right."""
    strip: Array = np.concatenate(pictures, axis=1)
    return strip
