"""The sky: a gradient, the sun's glow and disc, drifting clouds, haze near the horizon."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.renderer.fog import clearness
from sim_bridge.server.renderer.fragments import BLUE, GREEN, RAY_X, RAY_Y, RAY_Z, RED, U
from sim_bridge.server.renderer.jit import kernel_part
from sim_bridge.server.renderer.kernel_types import FloatRows, Fragment, Single, Singles
from sim_bridge.server.renderer.light import Light
from sim_bridge.server.renderer.noise import BILLOW, SIZE

ZERO, ONE = np.float32(0.0), np.float32(1.0)
# Texels of the noise across a cloud field at the zenith, and how far clouds drift a second.
CLOUD_TEXELS, DRIFT_TEXELS = np.float32(60.0), np.float32(0.6)


@kernel_part
def _billow(noise: Singles, x: Single, y: Single) -> Single:
    """The cloud noise at (x, y), texels, bilinear."""
    fx, fy = np.floor(x), np.floor(y)
    sx, sy = x - fx, y - fy
    last = np.int64(SIZE - 1)
    x0, y0 = np.int64(fx) & last, np.int64(fy) & last
    x1, y1 = (x0 + 1) & last, (y0 + 1) & last
    top = (
        noise[np.uint64(y0 * (2 * SIZE) + x0), BILLOW] * (ONE - sx)
        + noise[np.uint64(y0 * (2 * SIZE) + x1), BILLOW] * sx
    )
    low = (
        noise[np.uint64(y1 * (2 * SIZE) + x0), BILLOW] * (ONE - sx)
        + noise[np.uint64(y1 * (2 * SIZE) + x1), BILLOW] * sx
    )
    value: Single = top * (ONE - sy) + low * sy
    return value


@kernel_part
def sky(g: FloatRows, first: Fragment, last: Fragment, light: Light, noise: Singles, time_s: float) -> None:
    """Writes the radiance of the sky fragments first..last.

    Args:
        g: float rows of the fragments.
        first: the first sky fragment.
        last: the one after the last.
        light: the light of the scene.
        noise: (texels, 4) float32.
        time_s: simulation time, seconds.
    """
    f = np.float32
    drift = f(time_s) * DRIFT_TEXELS
    sun = light.sun_direction
    sun_r, sun_g, sun_b = light.sun[0], light.sun[1], light.sun[2]
    low_r, low_g, low_b = light.horizon[0], light.horizon[1], light.horizon[2]
    high_r, high_g, high_b = light.zenith[0], light.zenith[1], light.zenith[2]
    fog_r, fog_g, fog_b = light.fog[0], light.fog[1], light.fog[2]
    cloud_r, cloud_g, cloud_b = light.cloud_shade[0], light.cloud_shade[1], light.cloud_shade[2]
    toward_x, toward_y, toward_z, rate = sun[0], sun[1], sun[2], light.fog_rate
    clouds = light.cloud
    after_r, after_g, after_b = light.afterglow[0], light.afterglow[1], light.afterglow[2]
    overhead, scatter = rate * light.fog_height, light.sun_glow
    for j in range(first, last):
        spread = CLOUD_TEXELS / (max(g[RAY_Z + j], ZERO) + f(0.10))
        g[U + j] = _billow(noise, g[RAY_X + j] * spread + drift, g[RAY_Y + j] * spread)
    for j in range(first, last):
        rx, ry, rz = g[RAY_X + j], g[RAY_Y + j], g[RAY_Z + j]
        up = max(rz, ZERO)
        back = ONE - up
        back2 = back * back
        high = ONE - back2 * back2
        c = max(rx * toward_x + ry * toward_y + rz * toward_z, ZERO)
        c2 = c * c
        c4 = c2 * c2
        c8 = c4 * c4
        c32 = c8 * c8 * c8 * c8
        c256 = c32 * c32
        c256 = c256 * c256
        c256 = c256 * c256
        glow = f(0.10) * c8 + f(0.22) * c32 + f(0.5) * c256
        disc = min(max((c - f(0.99990)) * f(40000.0), ZERO), ONE) * f(12.0)
        thick = f(1.25) * g[U + j]
        cover = (thick + f(3.4) * clouds - f(1.7)) * f(0.85)
        cover = min(max(cover, ZERO), ONE) * min(up * f(9.0), ONE)
        shade = f(1.06) - f(0.16) * max(min(thick, f(2.0)), f(-1.0))
        clear = (ONE - cover) * (glow * scatter + disc)
        seen = clearness(overhead * (f(25.0) * back2 * back2 * back2 * back2 + f(1.5)))
        cover *= f(0.9)
        warm = (f(0.20) + f(0.80) * c2) * back2 * back2
        value = low_r + (high_r - low_r) * high + after_r * warm
        value += (cloud_r * shade - value) * cover + sun_r * clear
        g[RED + j] = fog_r + (value - fog_r) * seen
        value = low_g + (high_g - low_g) * high + after_g * warm
        value += (cloud_g * shade - value) * cover + sun_g * clear
        g[GREEN + j] = fog_g + (value - fog_g) * seen
        value = low_b + (high_b - low_b) * high + after_b * warm
        value += (cloud_b * shade - value) * cover + sun_b * clear
        g[BLUE + j] = fog_b + (value - fog_b) * seen
