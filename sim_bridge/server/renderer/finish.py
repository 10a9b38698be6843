"""What is laid over a drawn picture: stars, glare, reflections in wet ground, spray, falling rain."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.display import coded, linear_table
from sim_bridge.server.renderer.halos import draw_halos
from sim_bridge.server.renderer.jit import kernel
from sim_bridge.server.renderer.kernel_types import Bytes, Shorts, Single, Singles
from sim_bridge.server.renderer.light import Light
from sim_bridge.server.renderer.picture import Picture
from sim_bridge.server.renderer.rain import draw_splashes, draw_streaks, rain, rain_radiance
from sim_bridge.server.renderer.scene import Array, View
from sim_bridge.server.renderer.spray import draw_spray, spray_radiance
from sim_bridge.server.renderer.stars import draw_stars, star_field
from sim_bridge.server.renderer.weather import Weather
from sim_bridge.server.renderer.wet import NOTHING, Mirror, mirror_in_ground, mirror_of


class Finish(NamedTuple):
    """What one picture needs; see the parts.

    Attributes:
        camera: (15,) float32: rotation world_from_camera by rows, origin, cx, cy, 1 / focal length.
        stars: (n, 4) float32, see `star_field`.
        starlight: how bright they are.
        glows: (n, 8) float32, see `halos`.
        wet: whether `mirror` counts.
        mirror: see `wet`.
        sources: (ceil(h / 2), ceil(w / 2)) int16, see `mirror_in_ground`.
        drawn_out: (4, ceil(w / 2)) float32, see `mirror_in_ground`.
        clouds: (n, 5) float32, see `spray`.
        cloud_shade: (3,) float32, codes of spray, blue first.
        drops: (n, 5) float32, see `rain`.
        bursts: (n, 3) float32, see `rain`.
        shade: (3,) float32, codes of falling drops, blue first.
        noise: (texels, 4) float32.
        linear: (256,) float32, display-linear value of a code.
        codes: (CODES,) uint8, sRGB codes.
    """

    camera: Singles
    stars: Singles
    starlight: Single
    glows: Singles
    wet: bool
    mirror: Mirror
    sources: Shorts
    drawn_out: Singles
    clouds: Singles
    cloud_shade: Singles
    drops: Singles
    bursts: Singles
    shade: Singles
    noise: Singles
    linear: Singles
    codes: Bytes


_NO_CAMERA = np.zeros(15, np.float32)
_NO_STARS = np.zeros((0, 4), np.float32)
_ZERO = np.float32(0.0)
_NO_MIRROR = Mirror(
    _NO_CAMERA, _ZERO, _ZERO, _ZERO, np.zeros(3, np.float32), _ZERO, _ZERO, _ZERO, _ZERO, _ZERO, 0
)


def finish_of(
    view: View,
    picture: Picture,
    camera: Array,
    weather: Weather,
    light: Light,
    time_s: float,
    glows: Array,
    clouds: Array,
    noise: Array,
    codes: Array,
) -> Finish | None:
    """What is to be laid over a picture; None for nothing.

    Args:
        view: the camera.
        picture: as drawn.
        camera: (15,) float32: rotation world_from_camera by rows, origin, cx, cy, 1 / focal length.
        weather: in range, see `as_shown`.
        light: of that weather.
        time_s: simulation time, seconds.
        glows: (n, 8) float32, see `halos`.
        clouds: (n, 5) float32, see `spray`.
        noise: (texels, 4) float32.
        codes: (CODES,) uint8, sRGB codes.
    """
    mirror = mirror_of(view, picture, camera, 0.01 * weather.precipitation, light)
    if mirror is None and not len(glows) and weather.precipitation <= 0.0 and light.stars <= 0.0:
        return None
    size, wet, pairs = (view.width, view.height), mirror is not None, (view.width + 1) // 2
    return Finish(
        camera,
        star_field() if light.stars > 0.0 else _NO_STARS,
        light.stars,
        glows,
        wet,
        mirror or _NO_MIRROR,
        np.full(((view.height + 1) // 2, pairs) if wet else (0, 0), NOTHING, np.int16),
        np.zeros((4, pairs if wet else 0), np.float32),
        clouds,
        coded(spray_radiance(light), float(light.exposure), codes),
        *rain(size, weather, time_s),
        coded(rain_radiance(light), float(light.exposure), codes),
        noise,
        linear_table(codes),
        codes,
    )


@kernel
def finish_columns(picture: Picture, finish: Finish, first: int, last: int) -> None:
    """Lays everything over some columns of a picture; cells, 2 x 2, depend on none beside them.

    Args:
        picture: its colours are changed.
        finish: what there is.
        first: column of cells.
        last: the one after the last.
    """
    left, right = 2 * first, min(2 * last, picture.bgra.shape[1])
    stars, light = finish.stars, finish.starlight
    draw_stars(picture.bgra, picture.tags, finish.camera, stars, light, left, right)
    draw_halos(picture.bgra, picture.depth_m, finish.glows, left, right)
    if finish.wet:
        mirror_in_ground(
            picture,
            finish.mirror,
            finish.sources,
            finish.drawn_out,
            finish.noise,
            finish.linear,
            finish.codes,
            first,
            last,
        )
    draw_spray(picture.bgra, picture.depth_m, finish.clouds, finish.cloud_shade, left, right)
    draw_splashes(picture.bgra, picture.tags, finish.bursts, finish.shade, left, right)
    draw_streaks(picture.bgra, finish.drops, finish.shade, left, right)
