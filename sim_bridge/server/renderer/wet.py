"""What stands and shines round a wet road, mirrored in it."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.display import toned
from sim_bridge.server.renderer.fog import clearness
from sim_bridge.server.renderer.jit import kernel_part
from sim_bridge.server.renderer.kernel_types import Bytes, Index, Shorts, Single, Singles
from sim_bridge.server.renderer.light import Light
from sim_bridge.server.renderer.noise import BLOTCH, texel
from sim_bridge.server.renderer.picture import Picture
from sim_bridge.server.renderer.scene import Array, Tag, View

ZERO, HALF, ONE = np.float32(0.0), np.float32(0.5), np.float32(1.0)
ROADS, SIDEWALKS, LINES = int(Tag.ROADS), int(Tag.SIDEWALKS), int(Tag.ROAD_LINES)
TERRAIN, GROUND, SKY = int(Tag.TERRAIN), int(Tag.GROUND), int(Tag.SKY)
# Texels of the noise a metre: as the puddles of `materials`.
WIDE = np.float32(6.0)
# A sample of pixels that tells how high the road lies.
SAMPLE_ROWS, SAMPLE_COLUMNS = 9, 16
# What the wet film keeps of a reflection from one row of 360 to the next: rough ground draws it out.
KEPT = 0.86
NOTHING = -1
_IS_WET = np.isin(np.arange(256), (ROADS, LINES, SIDEWALKS))


class Mirror(NamedTuple):
    """How the ground of one picture mirrors. Numbers are float32.

    Attributes:
        camera: (15,) float32: rotation world_from_camera by rows, origin, cx, cy, 1 / focal length.
        height_m: of the water's level, world.
        wetness: of the ground, 0..1.
        puddles: share under water, 0..1.
        sky: (3,) float32, what a mirrored thing hides, display-linear, blue first.
        fog_rate: 1/m.
        fog_start: metres.
        kept: what remains of a reflection one row of cells further down.
        calm: 1 where puddles lie still, less where rain falls into them.
        boost: how much brighter lamps are than the picture can show, 0 by day.
        first_row: rows above show no ground.
    """

    camera: Singles
    height_m: Single
    wetness: Single
    puddles: Single
    sky: Singles
    fog_rate: Single
    fog_start: Single
    kept: Single
    calm: Single
    boost: Single
    first_row: int


def mirror_of(view: View, picture: Picture, camera: Array, rain: float, light: Light) -> Mirror | None:
    """The mirror that a picture's wet ground is; None if it is dry, or none is in sight.

    Args:
        view: the camera.
        picture: as drawn.
        camera: see `Mirror`.
        rain: 0..1.
        light: the light of the scene.
    """
    if light.wetness <= 0.0:
        return None
    height = _level(picture, camera)
    if height is None:
        return None
    f = np.float32
    sky = toned(0.6 * light.horizon[::-1], float(light.exposure))
    return Mirror(
        camera,
        f(height),
        light.wetness,
        light.puddles,
        sky.astype(f),
        light.fog_rate,
        light.fog_start,
        f(KEPT ** (720.0 / view.height)),
        f(max(1.0 - 1.5 * rain, 0.1)),
        f(1.5) * light.night,
        _horizon(camera, view),
    )


def _horizon(camera: Array, view: View) -> int:
    """The first row of the picture whose rays go down somewhere; `camera` as in `Mirror`."""
    aside = 0.5 * view.width * camera[14]
    if camera[8] <= 0.1:
        return 0
    slope = min(camera[6] - camera[7] * aside, camera[6] + camera[7] * aside)
    return int(np.clip(camera[13] + slope / (camera[8] * camera[14]), 0, view.height))


@lru_cache(maxsize=16)
def _sample(width: int, height: int) -> tuple[Array, Array]:
    """Rows and columns, (n,) int64 each, of a sample of the lower half of a picture."""
    rows = np.linspace(height // 2, height - 1, SAMPLE_ROWS).astype(int)
    columns = np.linspace(0, width - 1, SAMPLE_COLUMNS).astype(int)
    grid = np.meshgrid(rows, columns, indexing="ij")
    return grid[0].ravel(), grid[1].ravel()


def _level(picture: Picture, camera: Array) -> float | None:
    """Median height of the roads and pavements that a sample of the picture shows, None if it shows none."""
    height, width = picture.tags.shape
    rows, columns = _sample(width, height)
    ground = _IS_WET[picture.tags[rows, columns]]
    rows, columns = rows[ground], columns[ground]
    if not len(rows):
        return None
    right, up = (columns + 0.5 - camera[12]) * camera[14], (camera[13] - rows - 0.5) * camera[14]
    z = camera[11] + picture.depth_m[rows, columns] * (camera[6] + camera[7] * right + camera[8] * up)
    return float(np.sort(z)[len(z) // 2])


@kernel_part
def _find_sources(
    depth_m: Singles, tags: Bytes, m: Mirror, sources: Shorts, first: Index, last: Index
) -> None:
    """For the columns of cells first..last, the row of cells that each cell would mirror, or NOTHING.

    Every visible thing is turned over at the level of the water and put where the camera would see it then;
    of those that meet, the nearest stays. Columns are kept: the camera rolls little.
    """
    c, rows = m.camera, sources.shape[0]
    for cell in range(rows):
        row = 2 * cell
        b = (c[13] - np.float32(row) - HALF) * c[14]
        for across in range(first, last):
            column = 2 * across
            tag = tags[row, column]
            if tag in (SKY, ROADS, LINES, SIDEWALKS, TERRAIN, GROUND):
                continue
            d = depth_m[row, column]
            a = (np.float32(column) + HALF - c[12]) * c[14]
            lift = np.float32(2.0) * (m.height_m - (c[11] + d * (c[6] + c[7] * a + c[8] * b)))
            forward = d + lift * c[6]
            if lift >= ZERO or forward < HALF:
                continue
            to = int((c[13] - (d * b + lift * c[8]) / (forward * c[14])) * HALF)
            if cell < to < rows:
                known = sources[to, across]
                if known == NOTHING or depth_m[2 * known, column] > d:
                    sources[to, across] = cell


@kernel_part
def _filled(sources: Shorts, cell: Index, across: Index) -> Index:
    """The source of a cell, or of the one above or below: what is turned over leaves gaps of a row."""
    source: Index = sources[cell, across]
    if source == NOTHING and cell > 0:
        source = sources[cell - 1, across]
    if source == NOTHING and cell + 1 < sources.shape[0]:
        source = sources[cell + 1, across]
    return source


@kernel_part
def _pool(noise: Singles, x: Single, y: Single, width: Single, puddles: Single) -> Single:
    """Share of water at a place of the ground, as `materials` lays puddles."""
    blotch = noise[np.uint64(texel(x * WIDE, y * WIDE, width * WIDE)), BLOTCH]
    share = min(max((blotch + np.float32(2.4) * puddles - np.float32(1.5)) / np.float32(0.4), ZERO), ONE)
    share = share * share * (np.float32(3.0) - np.float32(2.0) * share)
    pool: Single = share * min(puddles * np.float32(4.0), ONE)
    return pool


@kernel_part
def _gloss_and_pool(
    m: Mirror, noise: Singles, tag: int, d: Single, a: Single, b: Single
) -> tuple[Single, Single]:
    """How much the ground at a pixel mirrors, through the fog before it, and its share of standing water.

    Schlick's approximation of Fresnel's law, as in `shade`.

    Args:
        m: the mirror.
        noise: (texels, 4) float32.
        tag: of the pixel.
        d: its depth, metres.
        a: its ray is (1, a, b) in camera axes.
        b: see a.
    """
    f, c = np.float32, m.camera
    length = np.sqrt(ONE + a * a + b * b)
    facing = min(max(-(c[6] + c[7] * a + c[8] * b) / length, f(0.02)), ONE)
    pool = ZERO
    if m.puddles > ZERO and tag != SIDEWALKS:
        x = c[9] + d * (c[0] + c[1] * a + c[2] * b)
        y = c[10] + d * (c[3] + c[4] * a + c[5] * b)
        pool = _pool(noise, x, y, d * c[14] / np.sqrt(facing), m.puddles)
    head_on = f(0.03) * max(m.wetness * f(0.6), pool)
    sharp = f(0.55) * m.wetness + f(0.45) * pool
    graze = ONE - facing
    graze2 = graze * graze
    gloss = head_on + max(sharp * f(0.75) - head_on, ZERO) * graze2 * graze2 * graze
    return gloss * clearness(max(d * length - m.fog_start, ZERO) * m.fog_rate), pool


@kernel_part
def mirror_in_ground(
    picture: Picture,
    m: Mirror,
    sources: Shorts,
    drawn_out: Singles,
    noise: Singles,
    linear: Singles,
    codes: Bytes,
    first: Index,
    last: Index,
) -> None:
    """Lets the wet ground in some columns mirror what stands there, in cells of 2 x 2 pixels.

    Args:
        picture: its colours are changed.
        m: the mirror.
        sources: (ceil(h / 2), ceil(w / 2)) int16, filled with NOTHING; scratch.
        drawn_out: (4, ceil(w / 2)) float32, zeros; scratch: the reflection so far, blue first, its weight.
        noise: (texels, 4) float32.
        linear: (256,) float32, display-linear value of a code.
        codes: (CODES,) uint8, code of a display-linear value.
        first: column of cells.
        last: the one after the last.
    """
    bgra, depth_m, tags = picture.bgra, picture.depth_m, picture.tags
    _find_sources(depth_m, tags, m, sources, first, last)
    f, c, fresh = np.float32, m.camera, ONE - m.kept
    for cell in range(m.first_row // 2, sources.shape[0]):
        row = 2 * cell
        b = (c[13] - f(row) - HALF) * c[14]
        for across in range(first, last):
            column = 2 * across
            source = 2 * _filled(sources, cell, across)
            blue = green = red = there = ZERO
            if source >= 0:
                there = ONE
                blue, green = linear[bgra[source, column, 0]], linear[bgra[source, column, 1]]
                red = linear[bgra[source, column, 2]]
                lamp = ONE + m.boost * max(max(red, max(green, blue)) - f(0.90), ZERO) * f(10.0)
                blue, green, red = blue * lamp, green * lamp, red * lamp
            old_blue = drawn_out[0, across] * m.kept + blue * fresh
            old_green = drawn_out[1, across] * m.kept + green * fresh
            old_red = drawn_out[2, across] * m.kept + red * fresh
            weight = drawn_out[3, across] * m.kept + there * fresh
            drawn_out[0, across], drawn_out[1, across] = old_blue, old_green
            drawn_out[2, across], drawn_out[3, across] = old_red, weight
            tag = tags[row, column]
            if tag not in (ROADS, LINES, SIDEWALKS) or (weight < f(0.02) and there == ZERO):
                continue
            a = (f(column) + HALF - c[12]) * c[14]
            gloss, pool = _gloss_and_pool(m, noise, tag, depth_m[row, column], a, b)
            # A film draws the reflection out, standing water shows it as it is, unless it rains.
            sheer = pool * m.calm
            weight += (there - weight) * sheer
            blue = gloss * (old_blue + (blue - old_blue) * sheer - weight * m.sky[0])
            green = gloss * (old_green + (green - old_green) * sheer - weight * m.sky[1])
            red = gloss * (old_red + (red - old_red) * sheer - weight * m.sky[2])
            for y in range(row, min(row + 2, bgra.shape[0])):
                for x in range(column, min(column + 2, bgra.shape[1])):
                    if tags[y, x] in (ROADS, LINES, SIDEWALKS):
                        _add(bgra[y, x], blue, green, red, linear, codes)


@kernel_part
def _add(pixel: Bytes, blue: Single, green: Single, red: Single, linear: Singles, codes: Bytes) -> None:
    """Adds display-linear light to a pixel, (4,) uint8; less than none darkens it, never to black."""
    least, top = np.float32(0.3), np.float32(len(codes) - 1)
    old = linear[pixel[0]]
    pixel[0] = codes[np.uint64(np.int32(min(max(old + blue, old * least), ONE) * top + HALF))]
    old = linear[pixel[1]]
    pixel[1] = codes[np.uint64(np.int32(min(max(old + green, old * least), ONE) * top + HALF))]
    old = linear[pixel[2]]
    pixel[2] = codes[np.uint64(np.int32(min(max(old + red, old * least), ONE) * top + HALF))]
