"""How a camera develops its colours: exposure, gamma, grain.

It works on the renderer's finished picture, so cameras at one place that differ only in this share one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.renderer.kernel_types import Bytes
from sim_bridge.server.renderer.light import light_of
from sim_bridge.server.renderer.scene import Array
from sim_bridge.server.renderer.shade import srgb_table
from sim_bridge.server.renderer.weather import Weather
from sim_bridge.server.sensors.limits import bounded, switched
from sim_bridge.server.wire.actors import Description

# The renderer's tone curve x (1 + x / white^2) / (1 + x), see `shade`.
_BEND = 1.0 / 2.2**2
_GAMMA = 2.2
# CARLA's defaults of manual exposure develop noon just as its histogram does.
_DEFAULT_FSTOP, _DEFAULT_SHUTTER, _DEFAULT_ISO = 1.4, 200.0, 100.0


@dataclass(frozen=True)
class Development:
    """What of a camera's attributes changes its colours.

    Attributes:
        manual: whether `manual_exposure` holds at every hour; else the renderer adapts to the hour.
        manual_exposure: factor against CARLA's default aperture, shutter and sensitivity.
        compensation: factor, 2 to the attribute's power.
        gamma: 2.2 leaves the picture as it is.
        grain: standard deviation of the noise, codes of 0..255.
        grain_seed: of the noise.
    """

    manual: bool = False
    manual_exposure: float = 1.0
    compensation: float = 1.0
    gamma: float = _GAMMA
    grain: float = 0.0
    grain_seed: int = 0


def development_of(description: Description) -> Development:
    """What a camera's attributes ask for; those without any, or with post-processing off, change nothing.

    Raises:
        WireError: a value that no camera can have.
    """
    grain, seed = 0.0, 0
    if "noise_stddev" in description.attributes:
        grain = bounded(description, "noise_stddev", 0.0, 255.0)
        seed = int(description.get("noise_seed"))
    if "gamma" not in description.attributes:
        return Development()
    fstop = bounded(description, "fstop", 0.1, 1e3)
    shutter = bounded(description, "shutter_speed", 1e-3, 1e7)
    iso = bounded(description, "iso", 1e-3, 1e7)
    compensation = bounded(description, "exposure_compensation", -50.0, 50.0)
    gamma = bounded(description, "gamma", 0.1, 20.0)
    if not switched(description, "enable_postprocess_effects"):
        return Development(grain=grain, grain_seed=seed)
    stops = (
        2.0 * math.log2(_DEFAULT_FSTOP / fstop)
        + math.log2(_DEFAULT_SHUTTER / shutter)
        + math.log2(iso / _DEFAULT_ISO)
    )
    return Development(
        description.get("exposure_mode") == "manual", 2.0**stops, 2.0**compensation, gamma, grain, seed
    )


def development_table(development: Development, weather: Weather) -> Array | None:
    """(256,) uint8, the new code of each code of the renderer's picture; None if all stay as they are."""
    exposure = development.compensation
    if development.manual:
        adapted = float(light_of(weather).exposure) / float(light_of(Weather()).exposure)
        exposure *= development.manual_exposure / adapted
    return _table(exposure, development.gamma)


@lru_cache(maxsize=64)
def _table(exposure: float, gamma: float) -> Array | None:
    if exposure == 1.0 and gamma == _GAMMA:
        return None
    codes = srgb_table()
    every = np.arange(256)
    # The tone behind each code: the middle of those that get it.
    first, last = np.searchsorted(codes, every, "left"), np.searchsorted(codes, every, "right") - 1
    tone = 0.5 * (first + last) / (len(codes) - 1)
    tone[0], tone[255] = 0.0, 1.0
    # The tone curve backwards, the exposure, and forwards again.
    light = ((tone - 1.0) + np.sqrt((1.0 - tone) ** 2 + 4.0 * _BEND * tone)) / (2.0 * _BEND)
    light = np.minimum(light * exposure, 1e6)
    tone = np.minimum(light * (1.0 + light * _BEND) / (1.0 + light), 1.0)
    code = codes[np.rint(tone * (len(codes) - 1)).astype(np.intp)] / 255.0
    return np.round(255.0 * code ** (_GAMMA / gamma)).astype(np.uint8)


def developed(bgra: Array, development: Development, weather: Weather, frame: int) -> Array:
    """(h, w, 4) uint8: the renderer's picture as the camera shows it; a new one where anything changes.

    Args:
        bgra: the renderer's picture.
        development: of the camera.
        weather: to whose light the renderer has adapted.
        frame: number of the frame; it and the camera's seed give the grain.
    """
    table = development_table(development, weather)
    if table is None and development.grain <= 0.0:
        return bgra
    new = np.empty_like(bgra)
    codes = np.arange(256, dtype=np.uint8) if table is None else table
    start = (development.grain_seed & 0xFFFFFFFF) << 32 | frame & 0xFFFFFFFF
    # Frames that follow one another begin far apart.
    seed = np.uint64(start * 0x9E3779B97F4A7C15 % 2**64)
    _develop(bgra.ravel(), codes, development.grain, seed, new.ravel())
    return new


@kernel
def _develop(bgra: Bytes, table: Bytes, grain: float, seed: np.uint64, new: Bytes) -> None:
    """Looks every colour up and adds noise: the sum of the bytes of a mixed counter, nearly a bell curve.

    The mixing is that of SplitMix64 (G. Steele, D. Lea and C. Flood, "Fast splittable pseudorandom number
    generators", 2014).
    """
    byte, deviation = np.uint64(0xFF), np.sqrt(8.0 * (256.0**2 - 1.0) / 12.0)
    scale = grain / deviation
    for i in range(np.uint64(len(bgra))):
        value = table[bgra[i]] if i & np.uint64(3) != np.uint64(3) else bgra[i]
        if grain > 0.0 and i & np.uint64(3) != np.uint64(3):
            z = seed + (i + np.uint64(1)) * np.uint64(0x9E3779B97F4A7C15)
            z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
            z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
            z = z ^ z >> np.uint64(31)
            total = np.uint64(0)
            for shift in range(8):
                total += z >> np.uint64(8 * shift) & byte
            noisy = np.float64(value) + (np.float64(total) - 1020.0) * scale + 0.5
            value = np.uint8(min(max(noisy, 0.0), 255.0))
        new[i] = value
