"""From CARLA's weather to the light of the scene: sun, sky, fog, exposure.

Linear radiance; white paper is near 1.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

import numpy as np

from sim_bridge.server.renderer.scene import Array
from sim_bridge.server.renderer.weather import Weather

# Fog of falloff 1 thins out over so many metres; up to LEVEL_FALLOFF it is as thick at every height.
FOG_HEIGHT_M, LEVEL_FALLOFF = 10.0, 0.1


class Light(NamedTuple):
    """What lights a picture. Colours are (3,) float32 linear RGB, numbers float32.

    Attributes:
        sun_direction: (3,) float32 unit vector towards the sun, world axes.
        sun: radiance of white paper that faces the sun.
        zenith: the clear or clouded sky overhead.
        horizon: the sky at the horizon.
        ambient: radiance of white paper that faces up, sun excluded.
        bounce: radiance of white paper that faces down.
        fog: colour things fade to.
        fog_rate: 1/m, extinction.
        fog_start: metres that stay clear.
        fog_thins: 1/m, how fast fog thins with height; 0 where that cannot be seen.
        fog_height: metres of fog overhead.
        cloud: share of the sky that clouds cover, 0..1.
        cloud_shade: radiance of the clouds.
        afterglow: what a low sun adds to the sky round it.
        stars: how bright they are, 0 by day and under clouds.
        sun_glow: how much of the sun's radiance the air round it scatters.
        wetness: of the ground, 0..1.
        puddles: share of the ground under water, 0..1.
        night: 0 by day, 1 at night: windows and street lamps go on.
        glare: how strongly lamps glare, 0 by day.
        exposure: factor before the tone curve.
        shadow: how much of the sun an obstacle takes, 0..1; 0 when there is no sun.
    """

    sun_direction: Array
    sun: Array
    zenith: Array
    horizon: Array
    ambient: Array
    bounce: Array
    fog: Array
    fog_rate: np.float32
    fog_start: np.float32
    fog_thins: np.float32
    fog_height: np.float32
    cloud: np.float32
    cloud_shade: Array
    afterglow: Array
    stars: np.float32
    sun_glow: np.float32
    wetness: np.float32
    puddles: np.float32
    night: np.float32
    glare: np.float32
    exposure: np.float32
    shadow: np.float32


def _ramp(value: float, low: float, high: float) -> float:
    """Smooth step from 0 at `low` to 1 at `high`."""
    share = min(max((value - low) / (high - low), 0.0), 1.0)
    return share * share * (3.0 - 2.0 * share)


def _rgb(red: float, green: float, blue: float) -> Array:
    return np.array([red, green, blue])


def _mix(first: Array, second: Array, share: float) -> Array:
    mixed: Array = first + (second - first) * share
    return mixed


def _toward_sun(weather: Weather) -> Array:
    altitude, azimuth = np.radians([weather.sun_altitude_angle, weather.sun_azimuth_angle])
    flat = np.cos(altitude)
    return np.array([flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(altitude)])


@lru_cache(maxsize=16)
def light_of(weather: Weather) -> Light:
    """The light that this weather makes; the arrays are shared by all who ask, and not to be changed.

    Args:
        weather: in range, see `as_shown`.
    """
    altitude = weather.sun_altitude_angle
    day, high = _ramp(altitude, -9.0, 14.0), _ramp(altitude, 0.0, 34.0)
    overcast = _ramp(weather.cloudiness, 25.0, 95.0)
    sun_shows = _ramp(altitude, -1.0, 9.0) * (1.0 - overcast)
    sun = _mix(_rgb(1.0, 0.46, 0.15), _rgb(1.0, 0.95, 0.87), high) * 2.1 * sun_shows
    night = 1.0 - _ramp(altitude, -7.0, 5.0)
    low = (1.0 - high) * _ramp(altitude, -8.0, 2.0)

    low_horizon = _mix(_rgb(0.72, 0.54, 0.40), _rgb(0.60, 0.71, 0.85), high)
    blue, pale = _rgb(0.13, 0.29, 0.62) * (0.5 + 0.5 * high), low_horizon * (0.7 + 0.3 * high)
    grey = _mix(_rgb(0.64, 0.58, 0.53), _rgb(0.56, 0.60, 0.65), high) * (0.40 + 0.60 * high)
    city = 0.6 * overcast * _rgb(0.0035, 0.0029, 0.0021)
    zenith = _mix(_rgb(0.0010, 0.0016, 0.0042) + city, _mix(blue, grey * 0.8, overcast), day)
    horizon = _mix(_rgb(0.0042, 0.0046, 0.0068) + city, _mix(pale, grey, overcast), day)
    ambient = 0.80 * (0.55 * zenith + 0.45 * horizon) + 0.10 * day * (1.0 + overcast)
    ambient = ambient + _rgb(0.0075, 0.0085, 0.0115) * night
    sun_height = max(float(np.sin(np.radians(altitude))), 0.0)
    bounce = 0.16 * (ambient + sun * sun_height) * _rgb(1.0, 0.95, 0.85)
    afterglow = _rgb(1.0, 0.45, 0.13) * (1.2 * low * (1.0 - 0.9 * overcast))

    rain = weather.precipitation / 100.0
    dust = weather.dust_storm / 100.0
    haze = _mix(horizon, grey * day + horizon * (1.0 - day), 0.6)
    fog = _mix(haze, _rgb(0.75, 0.55, 0.35) * day + _rgb(0.006, 0.005, 0.0035) * (1.0 - day), dust)
    fog = fog + 0.25 * afterglow * (1.0 - dust)
    # CARLA's nights have fog_density 60 to 100, yet one sees by lamplight: by night its fog counts less.
    density = weather.fog_density / 100.0 * (1.0 - 0.45 * night)
    thickness = density**1.5 + 0.06 * rain**1.5 + 0.5 * dust
    thins = 0.3 * weather.fog_falloff / FOG_HEIGHT_M if weather.fog_falloff > LEVEL_FALLOFF else 0.0
    wetness = max(weather.wetness, weather.precipitation_deposits, 0.7 * weather.precipitation) / 100.0
    clouds = _mix(
        (1.9 * ambient + 0.25 * sun) * (day + 0.6 * (1 - day)), 1.25 * grey * day + 0.004 + city, overcast
    )
    glare = night + (1.0 - night) * 0.35 * min(8.0 * thickness, 1.0) * (1.0 - high)
    f = np.float32

    def colour(value: Array) -> Array:
        return value.astype(f)

    return Light(
        sun_direction=colour(_toward_sun(weather)),
        sun=colour(sun),
        zenith=colour(zenith),
        horizon=colour(horizon),
        ambient=colour(ambient),
        bounce=colour(bounce),
        fog=colour(fog),
        fog_rate=f(0.00035 + 0.05 * thickness),
        fog_start=f(weather.fog_distance),
        fog_thins=f(thins),
        fog_height=f(FOG_HEIGHT_M / max(weather.fog_falloff, LEVEL_FALLOFF)),
        cloud=f(_ramp(weather.cloudiness, 0.0, 85.0)),
        cloud_shade=colour(clouds),
        afterglow=colour(afterglow),
        stars=f(_ramp(-altitude, 6.0, 18.0) * (1.0 - _ramp(weather.cloudiness, 5.0, 55.0))),
        sun_glow=f(1.0 - 0.6 * low),
        wetness=f(min(wetness, 1.0)),
        puddles=f(weather.precipitation_deposits / 100.0),
        night=f(night),
        glare=f(glare),
        exposure=f(1.0 + 2.2 * night + 0.45 * low * (1.0 - night)),
        shadow=f(1.0 if sun_shows * day > 0.02 else 0.0),
    )
