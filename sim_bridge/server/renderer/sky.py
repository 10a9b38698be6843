"""The sky: a gradient, the sun's glow and disc, drifting clouds, haze near the horizon."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.renderer.fragments import BLUE, GREEN, RAY_X, RAY_Y, RAY_Z, RED
from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.renderer.light import Light
from sim_bridge.server.renderer.noise import BILLOW, SIZE
from sim_bridge.server.renderer.scene import Array

ZERO, ONE = np.float32(0.0), np.float32(1.0)
# Texels of the noise across a cloud field at the zenith, and how far clouds drift a second.
CLOUD_TEXELS, DRIFT_TEXELS = np.float32(60.0), np.float32(0.6)


@kernel
def _billow(noise: Array, x: float, y: float):
    """The cloud noise at (x, y), texels, bilinear."""
    fx, fy = np.floor(x), np.floor(y)
    sx, sy = x - fx, y - fy
    last = np.int64(SIZE - 1)
    x0, y0 = np.int64(fx) & last, np.int64(fy) & last
    x1, y1 = (x0 + 1) & last, (y0 + 1) & last
    top = (
        noise[np.uint64(y0 * SIZE + x0), BILLOW] * (ONE - sx) + noise[np.uint64(y0 * SIZE + x1), BILLOW] * sx
    )
    low = (
        noise[np.uint64(y1 * SIZE + x0), BILLOW] * (ONE - sx) + noise[np.uint64(y1 * SIZE + x1), BILLOW] * sx
    )
    return top * (ONE - sy) + low * sy


@kernel
def sky(g: Array, first: int, last: int, light: Light, noise: Array, time_s: float):
    """Writes the radiance of the sky fragments first..last.

    Args:
        g: float rows of the fragments.
        first: uint64.
        last: uint64.
        light: the light of the scene.
        noise: (texels, 4) float32.
        time_s: simulation time, seconds.
    """
    f = np.float32
    drift = f(time_s * 0.6)
    sun = light.sun_direction
    for j in range(first, last):
        rx, ry, rz = g[RAY_X + j], g[RAY_Y + j], g[RAY_Z + j]
        up = max(rz, ZERO)
        back = ONE - up
        back2 = back * back
        high = ONE - back2 * back2
        c = max(rx * sun[0] + ry * sun[1] + rz * sun[2], ZERO)
        c2 = c * c
        c4 = c2 * c2
        c8 = c4 * c4
        c32 = c8 * c8 * c8 * c8
        c256 = c32 * c32
        c256 = c256 * c256
        c256 = c256 * c256
        glow = f(0.10) * c8 + f(0.22) * c32 + f(0.5) * c256
        disc = min(max((c - f(0.99990)) * f(40000.0), ZERO), ONE) * f(12.0)
        spread = CLOUD_TEXELS / (up + f(0.10))
        x, y = rx * spread + drift, ry * spread
        thick = _billow(noise, x, y) + f(0.5) * _billow(noise, x * f(3.1), y * f(3.1))
        cover = (thick + f(3.4) * light.cloud - f(1.7)) * f(0.85)
        cover = min(max(cover, ZERO), ONE) * min(up * f(9.0), ONE)
        shade = f(1.06) - f(0.16) * max(min(thick, f(2.0)), f(-1.0))
        clear = (ONE - cover) * (glow + disc)
        path = light.fog_rate * f(2500.0) * back2 * back2 * back2 * back2 + light.fog_rate * f(150.0)
        seen = max(ONE - path * f(1.0 / 16.0), ZERO)
        seen = seen * seen
        seen = seen * seen
        seen = seen * seen
        seen = seen * seen
        for channel in range(3):
            value = light.horizon[channel] + (light.zenith[channel] - light.horizon[channel]) * high
            value += (light.cloud_shade[channel] * shade - value) * cover * f(0.9)
            value += light.sun[channel] * clear
            value = light.fog[channel] + (value - light.fog[channel]) * seen
            if channel == 0:
                g[RED + j] = value
            elif channel == 1:
                g[GREEN + j] = value
            else:
                g[BLUE + j] = value
