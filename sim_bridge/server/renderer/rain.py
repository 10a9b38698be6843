"""Falling rain: streaks before the camera and splashes on the ground, the same for the same time."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.renderer.jit import kernel_part
from sim_bridge.server.renderer.kernel_types import Bytes, Index, Singles
from sim_bridge.server.renderer.light import Light
from sim_bridge.server.renderer.scene import Array, Tag
from sim_bridge.server.renderer.weather import Weather

# Pixels of the picture for each streak, and for each splash, in the heaviest rain.
PIXELS_A_STREAK, PIXELS_A_SPLASH = 300, 900
NO_RAIN = np.zeros((0, 5), np.float32), np.zeros((0, 3), np.float32)
ROADS, SIDEWALKS, LINES = int(Tag.ROADS), int(Tag.SIDEWALKS), int(Tag.ROAD_LINES)


def rain(size: tuple[int, int], weather: Weather, time_s: float) -> tuple[Array, Array]:
    """Streaks and splashes of a picture.

    Args:
        size: width and height of the picture.
        weather: how much it rains and how the wind blows.
        time_s: simulation time, seconds.

    Returns:
        (n, 5) float32 streaks: column, row, length in pixels, columns a row, opacity; and (m, 3) float32
        places where a drop may splash: column, row, opacity.
    """
    heavy = weather.precipitation / 100.0
    if heavy <= 0.0:
        return NO_RAIN
    width, height = size
    rng = np.random.default_rng(int(time_s * 1000.0) & 0xFFFFFFFF)
    count = int(heavy * width * height / PIXELS_A_STREAK)
    at = rng.random((4, count), np.float32)
    near = at[2] ** 3
    drops = np.empty((count, 5), np.float32)
    drops[:, 0] = (at[0] * 1.4 - 0.3) * width
    drops[:, 1] = (at[1] * 1.15 - 0.15) * height
    drops[:, 2] = (0.02 + (0.05 + 0.09 * heavy) * near) * height
    drops[:, 3] = 0.0035 * weather.wind_intensity * (0.6 + 0.5 * at[3])
    drops[:, 4] = 0.10 + 0.10 * heavy + 0.22 * near
    bursts = rng.random((int(heavy * width * height / PIXELS_A_SPLASH), 3), np.float32)
    bursts *= np.array([width, 0.55 * height, 0.35], np.float32)
    bursts += np.array([0.0, 0.45 * height, 0.25], np.float32)
    return drops, bursts


def rain_radiance(light: Light) -> Array:
    """(3,) radiance of drops, which mirror the sky, or by night the lamps."""
    radiance: Array = 1.5 * light.horizon + 0.06 * light.night
    return radiance


@kernel_part
def draw_streaks(bgra: Bytes, drops: Singles, shade: Singles, first: Index, last: Index) -> None:
    """Blends streaks into the columns first..last of a picture.

    Args:
        bgra: (h, w, 4) uint8, changed.
        drops: (n, 5) float32, see `rain`.
        shade: (3,) float32, sRGB codes, blue first.
        first: column.
        last: the one after the last column.
    """
    height, one = bgra.shape[0], np.float32(1.0)
    for i in range(len(drops)):
        begin, length = int(drops[i, 1]), int(drops[i, 2])
        reach = drops[i, 0] + drops[i, 3] * np.float32(length)
        if max(drops[i, 0], reach) < first or min(drops[i, 0], reach) >= last or length <= 0:
            continue
        step_share = one / np.float32(length)
        for step in range(length):
            row, column = begin + step, int(drops[i, 0] + drops[i, 3] * np.float32(step))
            if row < 0 or row >= height or column < first or column >= last:
                continue
            along = (np.float32(step) + np.float32(0.5)) * step_share
            opacity = drops[i, 4] * (np.float32(0.3) + np.float32(2.8) * along * (one - along))
            for channel in range(3):
                old = np.float32(bgra[row, column, channel])
                bgra[row, column, channel] = np.uint8(
                    old + max(shade[channel] - old, np.float32(0.0)) * opacity
                )


@kernel_part
def draw_splashes(
    bgra: Bytes, tags: Bytes, drops: Singles, shade: Singles, first: Index, last: Index
) -> None:
    """Brightens the wet ground where drops burst, in the columns first..last.

    Args:
        bgra: (h, w, 4) uint8, changed.
        tags: (h, w) uint8.
        drops: (n, 3) float32, see `rain`.
        shade: (3,) float32, sRGB codes, blue first.
        first: column.
        last: the one after the last column.
    """
    height = bgra.shape[0]
    for i in range(len(drops)):
        column, row = int(drops[i, 0]), min(int(drops[i, 1]), height - 1)
        for aside in range(-1, 2):
            x = column + aside
            if x < first or x >= last:
                continue
            tag = tags[row, x]
            if tag != ROADS and tag != SIDEWALKS and tag != LINES:
                continue
            opacity = drops[i, 2] * (np.float32(1.0) if aside == 0 else np.float32(0.45))
            for channel in range(3):
                old = np.float32(bgra[row, x, channel])
                bgra[row, x, channel] = np.uint8(old + max(shade[channel] - old, np.float32(0.0)) * opacity)
