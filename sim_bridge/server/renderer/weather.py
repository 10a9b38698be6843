"""CARLA's weather, number for number."""

from __future__ import annotations

from dataclasses import dataclass


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
