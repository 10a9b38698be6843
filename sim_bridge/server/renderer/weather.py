"""CARLA's weather, number for number."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache


@dataclass(frozen=True)
class Weather:
    """The parameters of `carla.WeatherParameters`, same names, same units; the defaults are ClearNoon's.

    Attributes:
        cloudiness: 0..100.
        precipitation: rain, 0..100.
        precipitation_deposits: puddles, 0..100.
        wind_intensity: 0..100.
        sun_azimuth_angle: degrees, from x towards y.
        sun_altitude_angle: degrees above the horizon, -90..90.
        fog_density: 0..100.
        fog_distance: metres from the camera at which fog begins.
        fog_falloff: how fast fog thins out with height.
        wetness: of the road, 0..100.
        scattering_intensity: of light in fog.
        mie_scattering_scale: of haze and dust.
        rayleigh_scattering_scale: of air.
        dust_storm: 0..100.
    """

    cloudiness: float = 5.0
    precipitation: float = 0.0
    precipitation_deposits: float = 0.0
    wind_intensity: float = 10.0
    sun_azimuth_angle: float = -1.0
    sun_altitude_angle: float = 45.0
    fog_density: float = 2.0
    fog_distance: float = 0.75
    fog_falloff: float = 0.1
    wetness: float = 0.0
    scattering_intensity: float = 1.0
    mie_scattering_scale: float = 0.03
    rayleigh_scattering_scale: float = 0.0331
    dust_storm: float = 0.0


_PERCENT = (
    "cloudiness",
    "precipitation",
    "precipitation_deposits",
    "wind_intensity",
    "fog_density",
    "wetness",
    "dust_storm",
)
_FARTHEST_FOG_M = 10_000.0
_THINNEST, _THICKEST = 0.0, 50.0


@lru_cache(maxsize=16)
def as_shown(weather: Weather) -> Weather:
    """The weather with every number in the range that can be drawn.

    CARLA's preset `Default` has -1 nearly everywhere, for "as the town has it": that is ClearNoon here.
    """
    if weather.cloudiness == weather.fog_density == weather.wind_intensity == -1.0:
        return Weather()
    percent = {name: _within(getattr(weather, name), 0.0, 100.0) for name in _PERCENT}
    return replace(
        weather,
        **percent,
        sun_azimuth_angle=math.fmod(weather.sun_azimuth_angle, 360.0),
        sun_altitude_angle=_within(weather.sun_altitude_angle, -90.0, 90.0),
        fog_distance=_within(weather.fog_distance, 0.0, _FARTHEST_FOG_M),
        fog_falloff=_within(weather.fog_falloff, _THINNEST, _THICKEST),
        scattering_intensity=_within(weather.scattering_intensity, _THINNEST, _THICKEST),
        mie_scattering_scale=_within(weather.mie_scattering_scale, _THINNEST, _THICKEST),
        rayleigh_scattering_scale=_within(weather.rayleigh_scattering_scale, _THINNEST, _THICKEST),
    )


def _within(value: float, low: float, high: float) -> float:
    return min(max(value, low), high)
