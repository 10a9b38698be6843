"""From visible triangles to colours, tile by tile."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.beams import Beams, add_beams
from sim_bridge.server.renderer.cull import DrawList
from sim_bridge.server.renderer.fog import fog
from sim_bridge.server.renderer.fragments import (
    BLUE,
    FACING,
    FLOAT_ROWS,
    GLOW_BLUE,
    GLOW_GREEN,
    GLOW_RED,
    GREEN,
    INT_ROWS,
    LIT,
    MATERIALS,
    MIRROR,
    NORMAL_X,
    NORMAL_Y,
    NORMAL_Z,
    OPEN,
    PIXEL,
    RAY_X,
    RAY_Y,
    RAY_Z,
    RED,
    ROOM,
    RUN_COLUMNS,
    SHARPNESS,
    SKY_MATERIAL,
    WEIGHT,
    complete,
    complete_sky,
    gather,
    interpolate,
)
from sim_bridge.server.renderer.jit import kernel, kernel_part
from sim_bridge.server.renderer.kernel_types import (
    Bytes,
    FloatRows,
    Fragment,
    Index,
    IntRows,
    Ints,
    Single,
    Singles,
    Words,
)
from sim_bridge.server.renderer.light import Light
from sim_bridge.server.renderer.materials import apply_material
from sim_bridge.server.renderer.pack import Faces
from sim_bridge.server.renderer.picture import Picture
from sim_bridge.server.renderer.raster import rasterise
from sim_bridge.server.renderer.setup import Triangles
from sim_bridge.server.renderer.shadows import Shadows, shade_fragments
from sim_bridge.server.renderer.sky import sky
from sim_bridge.server.renderer.tiles import TILE

ZERO, HALF, ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
CODES = 4096


class Scene(NamedTuple):
    """What there is to see.

    Attributes:
        faces: all meshes.
        draws: the instances of the picture.
        triangles: the picture's triangles.
        start: (tiles + 1,) int32, where each tile's list begins.
        lists: (n,) int32, the triangles of all tiles.
    """

    faces: Faces
    draws: DrawList
    triangles: Triangles
    start: Ints
    lists: Ints


class Look(NamedTuple):
    """How it is lit and seen.

    Attributes:
        light: sun, sky, fog.
        shadows: the maps of shadow.
        lamps: head lamps and street lamps.
        camera: (15,) float32: rotation world_from_camera by rows, origin, cx, cy, 1 / focal length.
        noise: (texels, 4) float32.
        codes: (CODES,) uint8, sRGB codes.
        time_s: simulation time, seconds.
    """

    light: Light
    shadows: Shadows
    lamps: Beams
    camera: Singles
    noise: Singles
    codes: Bytes
    time_s: float


class Scratch(NamedTuple):
    """What one thread needs for one tile; see the functions that fill the arrays for their meaning.

    Attributes:
        inverse: (4, TILE, TILE) float32, see `rasterise`.
        seen: (4, TILE, TILE) int32, see `rasterise`.
        runs: (ROOM, RUN_COLUMNS) int32, see `gather`.
        ends: (MATERIALS,) int32, see `gather`.
        whole: (TILE,) int32, see `gather`.
        floats: the float rows, see `fragments`.
        ints: the int rows, see `fragments`.
        sums: (TILE * TILE, 3) float32, tone of the pixels, blue first.
    """

    inverse: Singles
    seen: Ints
    runs: Ints
    ends: Ints
    whole: Ints
    floats: FloatRows
    ints: IntRows
    sums: Singles


def scratch_buffers() -> Scratch:
    """Room for one tile."""
    return Scratch(
        np.zeros((4, TILE, TILE), np.float32),
        np.zeros((4, TILE, TILE), np.int32),
        np.zeros((ROOM, RUN_COLUMNS), np.int32),
        np.zeros(MATERIALS, np.int32),
        np.zeros(TILE, np.int32),
        np.zeros(ROOM * FLOAT_ROWS, np.float32),
        np.zeros(ROOM * INT_ROWS, np.int32),
        np.zeros((TILE * TILE, 3), np.float32),
    )


def srgb_table() -> Bytes:
    """(CODES,) uint8: the code of linear value i / (CODES - 1): sRGB (IEC 61966-2-1), contrast of film.

    The S-curve 3 c^2 - 2 c^3 gives shadows depth; without it detectors of photographs find less.
    """
    linear = np.arange(CODES) / (CODES - 1)
    coded = np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)
    coded = coded * coded * (3.0 - 2.0 * coded)
    return np.round(255.0 * coded).astype(np.uint8)


@kernel_part
def _illuminate(g: FloatRows, n: Fragment, light: Light) -> None:
    """Turns albedo into radiance: sun, sky, bounced light, mirrored sky, glint of the sun, own light."""
    f = np.float32
    sx, sy, sz = light.sun_direction[0], light.sun_direction[1], light.sun_direction[2]
    sun_r, sun_g, sun_b = light.sun[0], light.sun[1], light.sun[2]
    up_r, up_g, up_b = light.ambient[0], light.ambient[1], light.ambient[2]
    down_r, down_g, down_b = light.bounce[0], light.bounce[1], light.bounce[2]
    low_r, low_g, low_b = light.horizon[0], light.horizon[1], light.horizon[2]
    high_r, high_g, high_b = light.zenith[0], light.zenith[1], light.zenith[2]
    for j in range(n):
        nx, ny, nz = g[NORMAL_X + j], g[NORMAL_Y + j], g[NORMAL_Z + j]
        facing, mirror, sharp = g[FACING + j], g[MIRROR + j], g[SHARPNESS + j]
        lit, clear = g[LIT + j], g[OPEN + j]
        sun = max(nx * sx + ny * sy + nz * sz, ZERO) * lit
        upward = (HALF + HALF * nz) * clear
        downward = (HALF - HALF * nz) * clear
        # What the surface mirrors, Schlick's approximation of Fresnel's law.
        rx = g[RAY_X + j] + f(2.0) * facing * nx
        ry = g[RAY_Y + j] + f(2.0) * facing * ny
        rz = g[RAY_Z + j] + f(2.0) * facing * nz
        graze = ONE - facing
        graze2 = graze * graze
        gloss = mirror + (sharp * f(0.75) - mirror) * graze2 * graze2 * graze if mirror > ZERO else ZERO
        gloss = max(gloss, ZERO)
        t = min(max(rz, ZERO), ONE)
        back = ONE - t
        high = ONE - back * back * back
        above = min(max(rz * f(6.0) + f(0.25), ZERO), ONE)
        skyline = f(0.55) + f(0.45) * min(max(rz * f(4.0) - f(0.25), ZERO), ONE)
        env = gloss * above * skyline * clear
        ground = gloss * (ONE - above)
        c = min(max(rx * sx + ry * sy + rz * sz, ZERO), ONE)
        c2 = c * c
        c4 = c2 * c2
        c8 = c4 * c4
        c16 = c8 * c8
        c64 = c16 * c16 * c16 * c16
        c512 = c64 * c64
        c512 = c512 * c512
        c512 = c512 * c512
        glint = gloss * lit * (sharp * f(14.0) * c512 + (ONE - sharp) * f(1.5) * c16)
        g[RED + j] = (
            g[RED + j] * (sun_r * sun + up_r * upward + down_r * downward)
            + env * (low_r + (high_r - low_r) * high)
            + ground * down_r
            + glint * sun_r
            + g[GLOW_RED + j]
        )
        g[GREEN + j] = (
            g[GREEN + j] * (sun_g * sun + up_g * upward + down_g * downward)
            + env * (low_g + (high_g - low_g) * high)
            + ground * down_g
            + glint * sun_g
            + g[GLOW_GREEN + j]
        )
        g[BLUE + j] = (
            g[BLUE + j] * (sun_b * sun + up_b * upward + down_b * downward)
            + env * (low_b + (high_b - low_b) * high)
            + ground * down_b
            + glint * sun_b
            + g[GLOW_BLUE + j]
        )


@kernel_part
def _tone(g: FloatRows, n: Fragment, exposure: Single) -> None:
    """Film-like shoulder (Reinhard 2002, eq. 4 with white at 2.2): bright things keep their shape."""
    bend = np.float32(1.0 / 2.2**2)
    for row in (RED, GREEN, BLUE):
        for j in range(n):
            x = g[row + j] * exposure * np.float32(1.45)
            x = x if x > ZERO else ZERO  # NaN becomes black: codes are looked up in a table
            tone = x * (ONE + x * bend) / (ONE + x)
            g[row + j] = tone if tone < ONE else ONE


@kernel_part
def _compose(g: FloatRows, k: IntRows, n: Fragment, sums: Singles) -> None:
    """Adds the fragments to their pixels, (TILE * TILE, 3), by the share of samples they cover."""
    sums[:] = ZERO
    for j in range(n):
        pixel, weight = k[PIXEL + j], np.float32(0.25) * np.float32(k[WEIGHT + j])
        sums[pixel, 0] += weight * g[BLUE + j]
        sums[pixel, 1] += weight * g[GREEN + j]
        sums[pixel, 2] += weight * g[RED + j]


@kernel_part
def _encode(sums: Singles, x0: Index, y0: Index, table: Bytes, bgra: Bytes) -> None:
    """Writes the pixels of the tile whose first one is (x0, y0) as sRGB; `table` has CODES codes."""
    height, width = bgra.shape[0], bgra.shape[1]
    top, left, scale = np.uint64(y0), np.uint64(x0), np.float32(CODES - 1)
    for row in range(np.uint64(min(TILE, height - y0))):
        line, pixel = bgra[top + row], row * np.uint64(TILE)
        for column in range(np.uint64(min(TILE, width - x0))):
            blue, green, red = sums[pixel, 0], sums[pixel, 1], sums[pixel, 2]
            line[left + column, 0] = table[np.uint64(np.int32(blue * scale + HALF))]
            line[left + column, 1] = table[np.uint64(np.int32(green * scale + HALF))]
            line[left + column, 2] = table[np.uint64(np.int32(red * scale + HALF))]
            line[left + column, 3] = 255
            pixel += np.uint64(1)


@kernel_part
def _apply_materials(
    g: FloatRows, k: IntRows, ends: Ints, lamps: Words, noise: Singles, light: Light
) -> None:
    """Lets the fragments of each material be what they are."""
    begin = 0
    for material in range(SKY_MATERIAL):
        end = ends[material]
        if end > begin:
            apply_material(material, g, k, np.uint64(begin), np.uint64(end), lamps, noise, light)
        begin = end


@kernel
def shade_tiles(
    scene: Scene, look: Look, picture: Picture, tiles: Ints, first: int, last: int, own: Scratch
) -> None:
    """Draws the tiles tiles[first:last] into `picture`.

    Args:
        scene: what there is to see.
        look: how it is lit.
        picture: written.
        tiles: (n,) int32, numbers of tiles.
        first: of `tiles`.
        last: of `tiles`.
        own: this thread's room.
    """
    faces, draws, triangles, start, lists = scene
    light, shadows, lamps, camera, noise, codes, time_s = look
    inverse, seen, runs, ends, whole, g, k, sums = own
    across = (picture.depth_m.shape[1] + TILE - 1) // TILE
    for m in range(first, last):
        tile = tiles[m]
        x0, y0 = tile % across * TILE, tile // across * TILE
        rasterise(triangles, lists, start[tile], start[tile + 1], x0, y0, inverse, seen)
        count, total = gather(faces, draws, triangles, seen, x0, y0, picture, runs, ends, whole)
        interpolate(faces, draws, triangles, runs, count, x0, y0, camera, ends, g, k)
        solid, n = np.uint64(ends[SKY_MATERIAL - 1]), np.uint64(total)
        complete(g, solid, camera)
        shade_fragments(g, k, solid, shadows, light)
        _apply_materials(g, k, ends, draws.lamps, noise, light)
        add_beams(g, solid, lamps)
        _illuminate(g, solid, light)
        fog(g, solid, light, camera[11])
        complete_sky(g, solid, n)
        sky(g, solid, n, light, noise, time_s)
        _tone(g, n, light.exposure)
        _compose(g, k, n, sums)
        _encode(sums, x0, y0, codes, picture.bgra)
