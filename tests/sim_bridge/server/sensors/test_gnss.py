"""GNSS: where the world lies on the earth, and its noise."""

import carla
import numpy as np
import pytest

from sim_bridge.server.sensors.gnss import GeoLocation, GnssNoise, geo_location, geo_reference, measured

ORIGIN = GeoLocation(48.5, 9.25, 0.0)


def test_the_origin_is_the_reference():
    assert geo_location(0.0, 0.0, 3.0, ORIGIN) == pytest.approx((48.5, 9.25, 3.0))


def test_plus_y_is_north_and_plus_x_is_east():
    north, east = geo_location(0.0, 1000.0, 0.0, ORIGIN), geo_location(1000.0, 0.0, 0.0, ORIGIN)
    assert north.latitude > 48.5
    assert east.longitude > 9.25


@pytest.mark.parametrize("place", [(0.0, 1000.0), (1000.0, 0.0), (-700.0, -450.0)])
def test_the_clients_map_finds_the_place_again(place):
    text = (
        '<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4">'
        "<geoReference>+lat_0=48.5 +lon_0=9.25</geoReference></header></OpenDRIVE>"
    )
    fix = geo_location(*place, 2.0, ORIGIN)
    found = carla.Map("empty", text).geolocation_to_transform(carla.GeoLocation(*fix))
    assert (found.x, found.y, found.z) == pytest.approx((*place, 2.0), abs=1e-3)


@pytest.mark.parametrize(
    ("proj", "expected"),
    [
        ("+proj=tmerc +lat_0=48.5 +lon_0=9.25 +k=1", (48.5, 9.25)),
        ("+lat_0=-3.35e1 +lon_0=-70.6", (-33.5, -70.6)),
        ("", (42.0, 2.0)),
        ("+lat_0=north +lon_0=inf", (42.0, 2.0)),
    ],
)
def test_the_reference_is_read_from_the_projection(proj, expected):
    assert geo_reference(proj)[:2] == expected


def test_noise_has_the_deviation_and_bias_that_are_asked_and_repeats_with_the_seed():
    noise = GnssNoise(latitude_stddev=1e-5, altitude_stddev=0.5, longitude_bias=2e-5)
    generator = np.random.default_rng(2)
    fixes = np.array([measured(ORIGIN, noise, generator) for _ in range(4000)])
    assert fixes.std(axis=0) == pytest.approx([1e-5, 0.0, 0.5], rel=0.05, abs=1e-12)
    assert fixes[:, 1] == pytest.approx(np.full(4000, 9.25 + 2e-5))
    assert measured(ORIGIN, noise, np.random.default_rng(3)) == measured(
        ORIGIN, noise, np.random.default_rng(3)
    )
