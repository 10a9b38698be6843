"""Readable characters for signs, drawn with flat strokes."""

from itertools import pairwise
from typing import Final

import numpy as np

from sim_bridge.server.renderer.meshes.faces import Faces, Finish, Floats, join
from sim_bridge.server.renderer.meshes.solids import polygon

# Strokes as polylines, in hundredths of the height, in a box 60 wide and 100 high; "|" lifts the pen.
_GLYPHS: Final[dict[str, str]] = {
    "0": "5,20 5,80 18,100 42,100 55,80 55,20 42,0 18,0 5,20",
    "1": "12,78 34,100 34,0",
    "2": "5,78 16,100 44,100 55,82 55,64 5,0 57,0",
    "3": "6,86 18,100 42,100 54,84 54,66 40,53 26,53 | 40,53 55,38 55,16 42,0 18,0 5,14",
    "4": "42,0 42,100 4,30 58,30",
    "5": "52,100 12,100 8,54 38,60 55,44 55,16 40,0 16,0 5,12",
    "6": "50,96 36,100 14,84 5,52 5,18 18,0 42,0 55,18 55,38 42,56 18,56 5,38",
    "7": "4,100 57,100 20,0",
    "8": ("18,53 7,68 7,86 18,100 42,100 53,86 53,68 42,53 18,53 5,36 5,16 18,0 42,0 55,16 55,36 42,53"),
    "9": "10,4 24,0 46,16 55,48 55,82 42,100 18,100 5,82 5,62 18,44 42,44 55,62",
    "S": "54,84 42,100 18,100 6,86 6,66 18,55 42,45 54,34 54,14 42,0 18,0 6,16",
    "T": "2,100 58,100 | 30,100 30,0",
    "O": "5,20 5,80 18,100 42,100 55,80 55,20 42,0 18,0 5,20",
    "P": "7,0 7,100 40,100 54,87 54,60 40,46 7,46",
}


def text(
    word: str, x: float, middle_z: float, height: float, stroke: float, made_of: Finish, width: float = 1.0
) -> Faces:
    """`word` in the plane at `x`, read from the side +x, centred on y = 0.

    Args:
        word: of digits and the letters S, T, O, P.
        x: metres.
        middle_z: height of the word's middle, metres.
        height: of the characters, metres.
        stroke: thickness of the strokes, metres.
        made_of: finish of the strokes.
        width: of the characters, against their usual width.
    """
    advance = 0.78 * width * height
    start = -0.5 * (advance * (len(word) - 1) + 0.6 * width * height)
    bottom = middle_z - 0.5 * height
    parts = []
    for place, letter in enumerate(word):
        for line in _GLYPHS[letter].split(" | "):
            # Whoever looks along -x has +y on the left in these left-handed axes, so the text runs along -y.
            points = np.array([pair.split(",") for pair in line.split()], float) * (0.01 * height)
            across = -(start + place * advance + width * points[:, 0])
            parts += _stroke(np.stack([across, bottom + points[:, 1]], axis=1), x, stroke, made_of)
    return join(parts)


def _stroke(points: Floats, x: float, stroke: float, made_of: Finish) -> list[Faces]:
    """Bars along the polyline (n, 2) in y and z, lengthened at both ends so that they close their corners."""
    bars = []
    for a, b in pairwise(points):
        along = (b - a) / np.linalg.norm(b - a) * 0.5 * stroke
        side = np.array([-along[1], along[0]])
        flat = np.array([a - along - side, b + along - side, b + along + side, a - along + side])
        corners = np.concatenate([np.full((4, 1), x), flat], axis=1)
        bars.append(polygon(corners, made_of, (1.0, 0.0, 0.0)))
    return bars
