"""What each material adds to the plain surface: grain, wear, windows, gloss, own light.

A kernel here handles the fragments first..last of one material, by rows of `fragments`.
"""

from __future__ import annotations

import numpy as np

from sim_bridge.server.renderer.fragments import (
    BLUE,
    DRAW,
    FACING,
    FOOTPRINT,
    GLOW_BLUE,
    GLOW_GREEN,
    GLOW_RED,
    GREEN,
    LARGE,
    LARGE_BLOTCH,
    LARGE_TUFT,
    MIRROR,
    NEAR,
    NEAR_BLOTCH,
    NEAR_GRAIN,
    NEAR_TUFT,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    RED,
    SHARPNESS,
    U,
    V,
    X,
    Y,
    Z,
)
from sim_bridge.server.renderer.jit import kernel_part
from sim_bridge.server.renderer.kernel_types import FloatRows, Fragment, IntRows, Single, Singles, Words
from sim_bridge.server.renderer.light import Light
from sim_bridge.server.renderer.noise import BLOTCH, GRAIN, TUFT, texel
from sim_bridge.server.renderer.scene import Lamp, Material

ZERO, HALF, ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
# Texels of the noise a metre, for surfaces one stands near to and for the large shapes of the ground.
FINE, WIDE = np.float32(24.0), np.float32(6.0)
LOWEST = np.float32(0.03)


@kernel_part
def _step(x: Single, low: Single, high: Single) -> Single:
    """Smooth step from 0 at low to 1 at high."""
    share = min(max((x - low) / (high - low), ZERO), ONE)
    return share * share * (np.float32(3.0) - np.float32(2.0) * share)


@kernel_part
def _scaled(g: FloatRows, j: Fragment, factor: Single) -> None:
    """Multiplies the albedo of fragment j."""
    factor = max(factor, LOWEST)
    g[RED + j] *= factor
    g[GREEN + j] *= factor
    g[BLUE + j] *= factor


@kernel_part
def _stretched(g: FloatRows, j: Fragment) -> Single:
    """Footprint on a surface seen at an angle: mean of the long and the short side, metres."""
    width: Single = g[FOOTPRINT + j] / np.sqrt(g[FACING + j])
    return width


@kernel_part
def _look_up(g: FloatRows, k: IntRows, first: Fragment, last: Fragment, noise: Singles) -> None:
    """Fills the noise rows, near detail and large shapes, in the axes' plane nearest the surface.

    Two loops, because only the first one can run in SIMD; it loads before it chooses for the same reason.
    """
    for j in range(first, last):
        gx, gy, gz = g[X + j], g[Y + j], g[Z + j]
        upright = abs(g[NORMAL_Z + j]) < np.float32(0.6)
        side = gx if abs(g[NORMAL_Y + j]) > abs(g[NORMAL_X + j]) else gy
        x, y = (side if upright else gx), (gz if upright else gy)
        width = _stretched(g, j)
        k[NEAR + j] = texel(x * FINE, y * FINE, width * FINE)
        k[LARGE + j] = texel(x * WIDE, y * WIDE, width * WIDE)
    for j in range(first, last):
        near, large = np.uint64(k[NEAR + j]), np.uint64(k[LARGE + j])
        g[NEAR_GRAIN + j], g[NEAR_BLOTCH + j] = noise[near, GRAIN], noise[near, BLOTCH]
        g[NEAR_TUFT + j] = noise[near, TUFT]
        g[LARGE_BLOTCH + j], g[LARGE_TUFT + j] = noise[large, BLOTCH], noise[large, TUFT]


@kernel_part
def _wet(g: FloatRows, j: Fragment, wetness: Single, water: Single) -> None:
    """Darkens a porous surface and lets the water on it mirror the sky; `water` 1 is a puddle."""
    _scaled(g, j, ONE - np.float32(0.45) * max(wetness, water))
    g[MIRROR + j] = np.float32(0.03) * max(wetness * np.float32(0.6), water)
    g[SHARPNESS + j] = np.float32(0.55) * wetness + np.float32(0.45) * water


@kernel_part
def _glitter(g: FloatRows, first: Fragment, last: Fragment, wetness: Single) -> None:
    """Tilts the film of water on stones: a low sun glitters in it instead of lying there as in a mirror."""
    tilt = np.float32(0.011) * min(np.float32(2.0) * wetness, ONE)
    for j in range(first, last):
        nx = g[NORMAL_X + j] + tilt * g[NEAR_TUFT + j]
        ny = g[NORMAL_Y + j] + tilt * g[NEAR_BLOTCH + j]
        nz = g[NORMAL_Z + j]
        unit = ONE / np.sqrt(max(nx * nx + ny * ny + nz * nz, np.float32(1e-6)))
        g[NORMAL_X + j], g[NORMAL_Y + j], g[NORMAL_Z + j] = nx * unit, ny * unit, nz * unit


@kernel_part
def _asphalt(g: FloatRows, first: Fragment, last: Fragment, light: Light) -> None:
    """Stones, blotches, the paths of tyres, the drips of oil between them, puddles."""
    for j in range(first, last):
        side = abs(g[V + j])
        tyre = ONE - _step(abs(side - np.float32(0.82)), np.float32(0.12), np.float32(0.5))
        drip = ONE - _step(side, np.float32(0.05), np.float32(0.55))
        blotch = g[LARGE_BLOTCH + j]
        shade = ONE + np.float32(0.11) * g[NEAR_GRAIN + j] + np.float32(0.10) * blotch
        shade -= tyre * (np.float32(0.10) + np.float32(0.03) * g[LARGE_TUFT + j]) + np.float32(0.07) * drip
        _scaled(g, j, shade)
        pool = _step(blotch + np.float32(2.4) * light.puddles, np.float32(1.5), np.float32(1.9))
        _wet(g, j, light.wetness, pool * min(light.puddles * np.float32(4.0), ONE))


@kernel_part
def _marking(g: FloatRows, first: Fragment, last: Fragment, light: Light) -> None:
    """Paint that is worn down to the stones here and there."""
    for j in range(first, last):
        worn = g[NEAR_GRAIN + j] * np.float32(0.55) + g[LARGE_BLOTCH + j] * np.float32(0.45)
        left = ONE - np.float32(0.62) * _step(worn, np.float32(0.75), np.float32(1.9))
        _scaled(g, j, left * (np.float32(0.93) + np.float32(0.04) * g[NEAR_TUFT + j]))
        _wet(g, j, light.wetness * np.float32(0.6), ZERO)


@kernel_part
def _concrete(g: FloatRows, first: Fragment, last: Fragment, light: Light) -> None:
    """Cast slabs with joints."""
    slab = np.float32(1.5)
    for j in range(first, last):
        u, v = g[U + j] / slab, g[V + j] / slab
        gap = min(abs(u - np.floor(u + HALF)), abs(v - np.floor(v + HALF))) * slab
        width = max(_stretched(g, j), np.float32(0.012))
        joint = max(ONE - gap / width, ZERO) * np.float32(0.012) / width
        shade = ONE + np.float32(0.06) * g[NEAR_GRAIN + j] + np.float32(0.07) * g[LARGE_BLOTCH + j]
        _scaled(g, j, shade * (ONE - np.float32(0.5) * joint))
        _wet(g, j, light.wetness, ZERO)


@kernel_part
def _grass(g: FloatRows, first: Fragment, last: Fragment, light: Light) -> None:
    """Tufts, dry patches."""
    for j in range(first, last):
        dry = _step(g[LARGE_BLOTCH + j], np.float32(0.1), np.float32(2.0))
        shade = ONE + np.float32(0.20) * g[NEAR_TUFT + j] + np.float32(0.16) * g[LARGE_TUFT + j]
        _scaled(g, j, shade * (ONE - np.float32(0.25) * light.wetness))
        g[RED + j] *= ONE + np.float32(0.9) * dry
        g[GREEN + j] *= ONE + np.float32(0.25) * dry


@kernel_part
def _foliage(g: FloatRows, first: Fragment, last: Fragment, light: Light) -> None:
    """Leaves: light and dark clumps, lit from above more than their faces tell."""
    for j in range(first, last):
        clump = np.float32(0.26) * g[NEAR_TUFT + j] + np.float32(0.12) * g[LARGE_TUFT + j]
        _scaled(g, j, max(ONE + clump, np.float32(0.4)))
        tilt = np.float32(0.35)
        bump = np.float32(0.28)
        nx = g[NORMAL_X + j] + bump * g[NEAR_TUFT + j]
        ny = g[NORMAL_Y + j] + bump * g[NEAR_BLOTCH + j]
        nz = g[NORMAL_Z + j] + tilt
        unit = ONE / np.sqrt(max(nx * nx + ny * ny + nz * nz, np.float32(1e-6)))
        g[NORMAL_X + j], g[NORMAL_Y + j], g[NORMAL_Z + j] = nx * unit, ny * unit, nz * unit


@kernel_part
def _rough(g: FloatRows, first: Fragment, last: Fragment, light: Light) -> None:
    """Bark, soil, roofs: any coarse surface."""
    for j in range(first, last):
        _scaled(g, j, ONE + np.float32(0.12) * g[NEAR_GRAIN + j] + np.float32(0.12) * g[LARGE_BLOTCH + j])


@kernel_part
def _covered(x: Single, low: Single, high: Single, width: Single) -> Single:
    """Share of a pixel, `width` wide, that the bar low..high of a pattern with period 1 covers."""
    x -= np.floor(x)
    inside = HALF + (min(x - low, high - x)) / max(width, np.float32(1e-4))
    share = min(max(inside, ZERO), ONE)
    far = min(max(np.float32(2.0) * width - HALF, ZERO), ONE)
    return share + (high - low - share) * far


@kernel_part
def _chance(a: Single, b: Single, c: Single) -> Single:
    """A number in 0..1 that looks random, of three whole numbers."""
    x = a * np.float32(0.7548777) + b * np.float32(0.5698403) + c * np.float32(0.3819660)
    x = (x - np.floor(x)) * np.float32(61.0)
    x = x * x * np.float32(0.317)
    chance: Single = x - np.floor(x)
    return chance


WINDOW_WIDTH, STOREY = np.float32(2.6), np.float32(3.2)


@kernel_part
def _facade(g: FloatRows, first: Fragment, last: Fragment, light: Light) -> None:
    """Storeys of windows with frames and sills; some have curtains, at night some are lit."""
    f = np.float32
    border, night = f(0.03), light.night
    for j in range(first, last):
        u, v = g[U + j] / WINDOW_WIDTH, (g[V + j] - f(0.5)) / STOREY
        wu, wv = g[FOOTPRINT + j] / g[FACING + j] / WINDOW_WIDTH, g[FOOTPRINT + j] / STOREY
        street = v < ONE  # shops and entrances on the ground floor
        left, right = (f(0.08) if street else f(0.24)), (f(0.92) if street else f(0.76))
        low, high = (f(0.12) if street else f(0.30)), (f(0.80) if street else f(0.82))
        there = ZERO if g[V + j] < ZERO else _covered(u, left, right, wu)
        hole = there * _covered(v, low, high, wv)
        glazed = _covered(u, left + border, right - border, wu) * there
        pane = glazed * _covered(v, low + border, high - border, wv)
        sill = there * _covered(v, low - f(0.05), low, wv)
        chance = _chance(np.floor(u), np.floor(v), np.floor(f(7.0) * g[NORMAL_X + j]))
        wall = ONE + f(0.05) * g[NEAR_GRAIN + j] + f(0.06) * g[LARGE_BLOTCH + j] - f(0.35) * sill
        keep = (ONE - hole) * max(wall, LOWEST)
        plain = pane * (f(0.22) if chance > f(0.62) else f(0.025)) + max(hole - pane, ZERO) * f(0.55)
        g[RED + j] = g[RED + j] * keep + plain
        g[GREEN + j] = g[GREEN + j] * keep + plain
        g[BLUE + j] = g[BLUE + j] * keep + plain
        g[MIRROR + j], g[SHARPNESS + j] = f(0.09) * pane, pane
        lit = night * pane * (f(0.12) + f(0.9) * chance) * (ONE if chance < f(0.3) else ZERO)
        g[GLOW_RED + j], g[GLOW_GREEN + j], g[GLOW_BLUE + j] = lit, lit * f(0.72), lit * f(0.42)


@kernel_part
def _glossy(g: FloatRows, first: Fragment, last: Fragment, mirror: Single, sharpness: Single) -> None:
    """A smooth coat over the colour."""
    for j in range(first, last):
        g[MIRROR + j] = mirror
        g[SHARPNESS + j] = sharpness


@kernel_part
def _metal(g: FloatRows, first: Fragment, last: Fragment) -> None:
    """Chrome: mirrors nearly everything, has hardly a colour of its own."""
    for j in range(first, last):
        g[MIRROR + j] = np.float32(0.55)
        g[SHARPNESS + j] = ONE
        _scaled(g, j, np.float32(0.4))


@kernel_part
def _glow(g: FloatRows, j: Fragment, strength: Single, red: Single, green: Single, blue: Single) -> None:
    """Adds own light to fragment j."""
    g[GLOW_RED + j] += strength * red
    g[GLOW_GREEN + j] += strength * green
    g[GLOW_BLUE + j] += strength * blue


BEAMS = int(Lamp.LOW_BEAM | Lamp.HIGH_BEAM)
TAILS = int(Lamp.POSITION | Lamp.LOW_BEAM | Lamp.FOG)
POSITION, BRAKE, REVERSE = int(Lamp.POSITION), int(Lamp.BRAKE), int(Lamp.REVERSE)
STREET_OFF = int(Lamp.STREET_OFF)
LEFT, RIGHT = int(Lamp.INDICATOR_LEFT), int(Lamp.INDICATOR_RIGHT)
RED_ON, YELLOW_ON, GREEN_ON = int(Lamp.SIGNAL_RED), int(Lamp.SIGNAL_YELLOW), int(Lamp.SIGNAL_GREEN)
LAMP_HEAD, LAMP_TAIL, LAMP_BRAKE = int(Material.LAMP_HEAD), int(Material.LAMP_TAIL), int(Material.LAMP_BRAKE)
LAMP_LEFT, LAMP_RIGHT = int(Material.LAMP_INDICATOR_LEFT), int(Material.LAMP_INDICATOR_RIGHT)
LAMP_REVERSE, LAMP_STREET = int(Material.LAMP_REVERSE), int(Material.LAMP_STREET)
SIGNAL_RED, SIGNAL_YELLOW = int(Material.SIGNAL_RED), int(Material.SIGNAL_YELLOW)
SIGNAL_GREEN = int(Material.SIGNAL_GREEN)


@kernel_part
def _signal(g: FloatRows, j: Fragment, on: int, red: Single, green: Single, blue: Single) -> None:
    """A lens of a traffic light: bright when on, nearly black when off."""
    if on:
        _glow(g, j, np.float32(3.2), red, green, blue)
    _scaled(g, j, np.float32(0.6) if on else np.float32(0.12))


@kernel_part
def _lamp(
    g: FloatRows, k: IntRows, material: int, first: Fragment, last: Fragment, lamps: Words, light: Light
) -> None:
    """Lenses of lamps, lit as the bits of their instances say."""
    f = np.float32
    for j in range(first, last):
        on = lamps[k[DRAW + j]]
        g[MIRROR + j] = f(0.05)
        g[SHARPNESS + j] = ONE
        if material == LAMP_HEAD:
            strength = f(5.0) if on & BEAMS else (f(0.8) if on & POSITION else ZERO)
            _glow(g, j, strength, ONE, f(0.95), f(0.82))
        elif material in (LAMP_TAIL, LAMP_BRAKE):
            if on & BRAKE:
                _glow(g, j, f(2.6), ONE, f(0.05), f(0.03))
            elif material == LAMP_TAIL and on & TAILS:
                _glow(g, j, f(0.55), ONE, f(0.03), f(0.02))
        elif (material == LAMP_LEFT and on & LEFT) or (material == LAMP_RIGHT and on & RIGHT):
            _glow(g, j, f(2.6), ONE, f(0.42), f(0.02))
        elif material == LAMP_REVERSE and on & REVERSE:
            _glow(g, j, f(2.0), ONE, ONE, f(0.95))
        elif material == LAMP_STREET and not on & STREET_OFF:
            _glow(g, j, f(4.0) * light.night, ONE, f(0.80), f(0.52))
        elif material == SIGNAL_RED:
            _signal(g, j, on & RED_ON, ONE, f(0.045), f(0.03))
        elif material == SIGNAL_YELLOW:
            _signal(g, j, on & YELLOW_ON, ONE, f(0.55), f(0.03))
        elif material == SIGNAL_GREEN:
            _signal(g, j, on & GREEN_ON, f(0.06), ONE, f(0.42))


PAINT, GLASS, CHROME = int(Material.PAINT), int(Material.GLASS), int(Material.CHROME)
RUBBER, ASPHALT, MARKING = int(Material.RUBBER), int(Material.ASPHALT), int(Material.MARKING)
CONCRETE, GRASS, FACADE = int(Material.CONCRETE), int(Material.GRASS), int(Material.FACADE)
FOLIAGE, BARK, SIGN = int(Material.FOLIAGE), int(Material.BARK), int(Material.SIGN)
SOIL, BRICK, ROOF = int(Material.SOIL), int(Material.BRICK), int(Material.ROOF)
WATER = int(Material.WATER)


@kernel_part
def apply_material(
    material: int,
    g: FloatRows,
    k: IntRows,
    first: Fragment,
    last: Fragment,
    lamps: Words,
    noise: Singles,
    light: Light,
) -> None:
    """Lets the fragments first..last, all of one material, be what they are.

    Args:
        material: `Material`.
        g: float rows of the fragments.
        k: int rows of the fragments.
        first: the first of them.
        last: the one after the last of them.
        lamps: (D,) uint32, lamps of the draws.
        noise: (texels, 4) float32.
        light: the light of the scene.
    """
    f = np.float32
    if ASPHALT <= material <= BARK or SOIL <= material <= ROOF:
        _look_up(g, k, first, last, noise)
    if material == ASPHALT:
        _asphalt(g, first, last, light)
        if light.wetness > ZERO and light.shadow > ZERO:
            _glitter(g, first, last, light.wetness)
    elif material == MARKING:
        _marking(g, first, last, light)
    elif material == CONCRETE:
        _concrete(g, first, last, light)
    elif material == GRASS:
        _grass(g, first, last, light)
    elif material == FACADE:
        _facade(g, first, last, light)
    elif material == FOLIAGE:
        _foliage(g, first, last, light)
    elif material in (BARK, SOIL, ROOF, BRICK):
        _rough(g, first, last, light)
    elif material == PAINT:
        _glossy(g, first, last, f(0.045), ONE)
    elif material == GLASS:
        _glossy(g, first, last, f(0.08), ONE)
    elif material == CHROME:
        _metal(g, first, last)
    elif material in (RUBBER, SIGN):
        _glossy(g, first, last, f(0.02), f(0.2))
    elif material == WATER:
        _glossy(g, first, last, f(0.03), ONE)
    elif LAMP_HEAD <= material <= SIGNAL_GREEN:
        _lamp(g, k, material, first, last, lamps, light)
