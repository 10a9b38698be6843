"""GNSS: world positions as latitude, longitude, altitude, with CARLA's noise.

CARLA 0.9.16 takes y for the northing, so that latitude grows with y, although yaw turns from x to y clockwise
seen from above; earlier releases mirrored y.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from sim_bridge.server.sensors.limits import bounded
from sim_bridge.server.wire.actors import Description

_MOST_NOISE = 1e6
EARTH_RADIUS = 6378137.0
MERIDIAN_SCALE = 0.9996
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


def gnss_noise(description: Description) -> GnssNoise:
    """The noise that a GNSS sensor's attributes ask for.

    Raises:
        WireError: noise beyond all measure.
    """

    def value(name: str) -> float:
        return bounded(description, f"noise_{name}", -_MOST_NOISE, _MOST_NOISE)

    return GnssNoise(
        value("lat_stddev"),
        value("lon_stddev"),
        value("alt_stddev"),
        value("lat_bias"),
        value("lon_bias"),
        value("alt_bias"),
    )


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

    Inverse transverse Mercator projection of the sphere (J. P. Snyder, Map Projections, section 8), scaled
    like UTM: what `carla.Map.transform_to_geolocation` of 0.9.16 gives, and so what inverts it.
    """
    easting = x / (EARTH_RADIUS * MERIDIAN_SCALE)
    northing = y / (EARTH_RADIUS * MERIDIAN_SCALE) + math.radians(origin.latitude)
    return GeoLocation(
        math.degrees(math.asin(math.sin(northing) / math.cosh(easting))),
        origin.longitude + math.degrees(math.atan2(math.sinh(easting), math.cos(northing))),
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
