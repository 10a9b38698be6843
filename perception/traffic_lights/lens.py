"""What colour the lit lens of a traffic light has, from its hue and its place in the housing."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from data.arrays import Array
from data.types import LightState

COLOURS = (LightState.RED, LightState.YELLOW, LightState.GREEN)
# Where each lens sits in a housing, as a share of its height from the top.
PLACES = np.array([1.0 / 6.0, 0.5, 5.0 / 6.0])
PLACE_SIGMA = 0.17
# Hue in degrees (HSV): the range of a lit lens and how fast belief fades outside of it. Green lenses are
# bluish by standard; the sky begins at about 200.
_HUES = ((342.0, 372.0, 8.0), (24.0, 58.0, 8.0), (100.0, 186.0, 12.0))
LEAST_HEIGHT_PX = 6.0
DARK_SHARE = 0.006  # of a housing: less lit area than this is no light at all
WON_BY = 0.6  # of the evidence a colour must have
# Saturation from which on a pixel counts, and from which on it counts fully: of a well exposed lens, and of
# one that the camera has bleached.
VIVID, PALE = (0.2, 0.6), (0.08, 0.3)


@dataclass(frozen=True)
class LensReading:
    """One look at one light.

    Attributes:
        state: as read; `UNKNOWN` when too small or ambiguous.
        confidence: 0..1.
    """

    state: LightState
    confidence: float


UNREADABLE = LensReading(LightState.UNKNOWN, 0.0)


def colour_evidence(rgb: Array, saturations: tuple[float, float] = VIVID) -> Array:
    """(3, h, w) float32, how much each pixel of an (h, w, 3) uint8 picture looks like a lit lens.

    Order red, yellow, green; a lit lens is both bright and colourful, so evidence is their product.
    `saturations` are those from which on a pixel counts and counts fully.
    """
    hsv = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV_FULL).astype(np.float32)
    hue = hsv[..., 0] * (360.0 / 256.0)
    saturation, value = hsv[..., 1] / 255.0, hsv[..., 2] / 255.0
    low, full = saturations
    lit = np.clip((saturation - low) / (full - low), 0.0, 1.0) * np.clip((value - 0.3) / 0.4, 0.0, 1.0)
    return np.stack([lit * _membership(hue, *band) for band in _HUES])


def read_housing(rgb: Array) -> LensReading:
    """Reads the (h, w, 3) uint8 picture of one housing, cut out closely."""
    height, width = rgb.shape[:2]
    if height < LEAST_HEIGHT_PX or width < 0.25 * LEAST_HEIGHT_PX:
        return UNREADABLE
    vivid = _by_place(colour_evidence(rgb))
    reading = verdict(vivid, DARK_SHARE * height * width)
    if reading.state is not LightState.OFF:
        return reading
    pale = verdict(_by_place(colour_evidence(rgb, PALE)), DARK_SHARE * height * width)
    return LensReading(pale.state, 0.6 * pale.confidence)


def _by_place(evidence: Array) -> Array:
    """(3,) the (3, h, w) evidence of a housing, each colour weighed by the place where its lens should be."""
    height = evidence.shape[1]
    rows = (np.arange(height) + 0.5) / height
    # A lens out of its place counts little, but counts: housings lie on their side and boxes slip.
    place = 0.1 + 0.9 * np.exp(-0.5 * ((rows - PLACES[:, None]) / PLACE_SIGMA) ** 2)
    return np.asarray((evidence.sum(axis=2) * place).sum(axis=1))


def verdict(evidence: Array, dark: float) -> LensReading:
    """The colour that (3,) evidence speaks for; `OFF` when all of it is below `dark`."""
    total = float(evidence.sum())
    if total < dark:
        return LensReading(LightState.OFF, 0.5)
    best = int(np.argmax(evidence))
    share = float(evidence[best]) / total
    if share < WON_BY:
        return UNREADABLE
    return LensReading(COLOURS[best], share * min(total / (4.0 * dark), 1.0))


def _membership(hue: Array, low: float, high: float, fade: float) -> Array:
    """1 where the hue lies between `low` and `high` degrees, falling to 0 within `fade` outside."""
    middle, half = 0.5 * (low + high), 0.5 * (high - low)
    away = np.abs((hue - middle + 180.0) % 360.0 - 180.0)
    return np.asarray(np.clip(1.0 - (away - half) / fade, 0.0, 1.0), np.float32)
