"""Falling rain: streaks before the camera, the same for the same time."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.renderer.kernel_types import Bytes, Singles
from sim_bridge.server.renderer.light import Light
from sim_bridge.server.renderer.scene import Array
from sim_bridge.server.renderer.weather import Weather

# Pixels of the picture for each streak in the heaviest rain.
PIXELS_A_STREAK = 420


def streaks(size: tuple[int, int], weather: Weather, time_s: float) -> Array:
    """(n, 5) float32 streaks: column, row, length in pixels, columns a row, opacity.

    Args:
        size: width and height of the picture.
        weather: how much it rains and how the wind blows.
        time_s: simulation time, seconds.
    """
    width, height = size
    count = int(weather.precipitation / 100.0 * width * height / PIXELS_A_STREAK)
    rng = np.random.default_rng(int(time_s * 1000.0) & 0xFFFFFFFF)
    near = rng.random(count) ** 2
    length = (0.015 + 0.06 * near) * height
    slant = 0.004 * weather.wind_intensity * (0.5 + rng.random(count) * 0.6)
    row = rng.random(count) * 1.1 * height - 0.1 * height
    columns = [rng.random(count) * width, row, length, slant, 0.05 + 0.13 * near]
    return np.column_stack(columns).astype(np.float32)


def colour(light: Light) -> Array:
    """(3,) float32 sRGB codes, blue first, of water that mirrors the sky."""
    linear = np.clip(1.3 * light.horizon * light.exposure, 0.0, 0.9)
    return (255.0 * np.sqrt(linear[::-1])).astype(np.float32)


@kernel
def draw_streaks(bgra: Bytes, drops: Singles, shade: Singles) -> None:
    """Blends streaks into a picture.

    Args:
        bgra: (h, w, 4) uint8, changed.
        drops: (n, 5) float32, see `streaks`.
        shade: (3,) float32, sRGB codes, blue first.
    """
    height, width = bgra.shape[0], bgra.shape[1]
    for i in range(len(drops)):
        first, length = int(drops[i, 1]), int(drops[i, 2])
        for step in range(length):
            row, column = first + step, int(drops[i, 0] + drops[i, 3] * np.float32(step))
            if row < 0 or row >= height or column < 0 or column >= width:
                continue
            for channel in range(3):
                old = np.float32(bgra[row, column, channel])
                bgra[row, column, channel] = np.uint8(old + (shade[channel] - old) * drops[i, 4])
