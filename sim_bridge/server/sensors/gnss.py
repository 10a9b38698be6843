"""GNSS: world positions as latitude, longitude, altitude, with CARLA's noise.

CARLA's world has y to the south, so latitude falls as y grows.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

EARTH_RADIUS = 6378137.0
# What CARLA uses when a map says nothing, degrees.
DEFAULT_LATITUDE, DEFAULT_LONGITUDE = 42.0, 2.0


class GeoLocation(NamedTuple):
    """Latitude and longitude in degrees, altitude in metres."""

    latitude: float
    longitude: float
    altitude: float


@dataclass(frozen=True)
class GnssNoise:
    """Attributes of `sensor.other.gnss`; standard deviations and biases, degrees and metres."""

    latitude_stddev: float = 0.0
    longitude_stddev: float = 0.0
    altitude_stddev: float = 0.0
    latitude_bias: float = 0.0
    longitude_bias: float = 0.0
    altitude_bias: float = 0.0


def geo_reference(proj: str) -> GeoLocation:
    """The origin that `+lat_0=` and `+lon_0=` of an OpenDRIVE `<geoReference>` name, else CARLA's default."""

    def value(name: str, default: float) -> float:
        match = re.search(rf"\+{name}=(\S+)", proj)
        try:
            number = float(match.group(1)) if match else default
        except ValueError:
            return default
        return number if math.isfinite(number) else default

    return GeoLocation(value("lat_0", DEFAULT_LATITUDE), value("lon_0", DEFAULT_LONGITUDE), 0.0)


def geo_location(x: float, y: float, z: float, origin: GeoLocation) -> GeoLocation:
    """Where a world position (m) lies on the earth.

    Spherical Mercator, scaled to true metres at the latitude of the origin, as CARLA's
    `carla::geom::GeoLocation::Transform` had it up to 0.9.15.
    """
    metres_per_radian = EARTH_RADIUS * math.cos(math.radians(origin.latitude))
    northing = math.log(math.tan(math.pi / 4.0 + math.radians(origin.latitude) / 2.0))
    northing -= y / metres_per_radian
    return GeoLocation(
        math.degrees(2.0 * math.atan(math.exp(northing)) - math.pi / 2.0),
        origin.longitude + math.degrees(x / metres_per_radian),
        origin.altitude + z,
    )


def measured(true: GeoLocation, noise: GnssNoise, generator: np.random.Generator) -> GeoLocation:
    """`true` with noise; three numbers are drawn whatever the deviations, so that series stay comparable."""
    draws = generator.standard_normal(3)
    return GeoLocation(
        float(true.latitude + noise.latitude_bias + noise.latitude_stddev * draws[0]),
        float(true.longitude + noise.longitude_bias + noise.longitude_stddev * draws[1]),
        float(true.altitude + noise.altitude_bias + noise.altitude_stddev * draws[2]),
    )
