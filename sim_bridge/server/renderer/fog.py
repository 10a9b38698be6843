"""Fog: things fade with distance, less so the higher they stand."""

from __future__ import annotations

import numpy as np

from sim_bridge.server.renderer.fragments import BLUE, DISTANCE, GREEN, RED, Z
from sim_bridge.server.renderer.jit import kernel_part, kernel_piece
from sim_bridge.server.renderer.kernel_types import FloatRows, Fragment, Single
from sim_bridge.server.renderer.light import Light

ZERO, ONE = np.float32(0.0), np.float32(1.0)


@kernel_piece
def clearness(path: Single) -> Single:
    """What is left of a colour behind fog of that optical depth.

    (1 - x / 16)^16 stands for exp(-x), whose bits differ between C libraries.
    """
    clear = max(ONE - path * np.float32(1.0 / 16.0), ZERO)
    clear = clear * clear
    clear = clear * clear
    clear = clear * clear
    left: Single = clear * clear
    return left


@kernel_part
def fog(g: FloatRows, n: Fragment, light: Light, eye_z: Single) -> None:
    """Mixes the colour of the fog into that of the fragments.

    Args:
        g: float rows of the fragments.
        n: number of fragments that are not sky.
        light: the light of the scene.
        eye_z: height of the camera, metres: what stands higher is seen through thinner fog.
    """
    red, green, blue = light.fog[0], light.fog[1], light.fog[2]
    start, rate, thin = light.fog_start, light.fog_rate, light.fog_thins
    if thin > ZERO:
        for j in range(n):
            # Above the eye fog thins out, down to a quarter of what lies on the ground.
            share = max(ONE - max(g[Z + j] - eye_z, ZERO) * thin, np.float32(0.25))
            clear = clearness(max(g[DISTANCE + j] - start, ZERO) * rate * share)
            g[RED + j] = red + (g[RED + j] - red) * clear
            g[GREEN + j] = green + (g[GREEN + j] - green) * clear
            g[BLUE + j] = blue + (g[BLUE + j] - blue) * clear
        return
    for j in range(n):
        clear = clearness(max(g[DISTANCE + j] - start, ZERO) * rate)
        g[RED + j] = red + (g[RED + j] - red) * clear
        g[GREEN + j] = green + (g[GREEN + j] - green) * clear
        g[BLUE + j] = blue + (g[BLUE + j] - blue) * clear
