"""Each weather looks like its name: rain falls, wet roads mirror, lamps glare, low suns are warm."""

from dataclasses import replace

import cv2
import numpy as np
import pytest
from renderer_scenes import at, camera, cuboid, level, placed

from sim_bridge.server.renderer.renderer import Renderer
from sim_bridge.server.renderer.scene import SPEED_SHIFT, Instances, Lamp, Material, StaticScene, Tag
from sim_bridge.server.renderer.weather import Weather, as_shown

NOBODY = Instances.none()
NOON = Weather()
NIGHT = Weather(sun_altitude_angle=-60.0, fog_density=0.0)
POUR = Weather(cloudiness=100.0, precipitation=100.0, precipitation_deposits=90.0, wetness=100.0)
VIEW = camera(width=320, height=180)


def colours(picture):
    return picture.bgra[..., :3].astype(float)


def lamp_post(material=Material.LAMP_STREET):
    return cuboid((-0.2, -0.2, 5.0), (0.2, 0.2, 5.2), material, (0.9, 0.9, 0.9))


def lit(material, lamps, x=14.0, y=0.0):
    """One lens on legs nobody sees, with its lamps on."""
    one = placed((0, at(x, y, -3.6), 5, Tag.CAR))
    return (
        Renderer(StaticScene.empty(), [lamp_post(material)]),
        Instances(one.mesh, one.pose, one.colour, [int(lamps)], one.instance_id, one.tag),
    )


def test_rain_is_seen_and_falls_on(street):
    dry = replace(POUR, precipitation=0.0, wetness=100.0)
    without, now, later = (
        colours(street.render(VIEW, NOBODY, weather, t))
        for weather, t in ((dry, 1.0), (POUR, 1.0), (POUR, 1.05))
    )
    assert np.mean(np.abs(now - without).max(axis=2) > 8) > 0.015
    assert np.mean(np.abs(now - later).max(axis=2) > 8) > 0.015


def test_a_wet_road_mirrors_the_body_that_stands_on_it(street):
    car = placed((0, at(14, 0), 5, Tag.CAR))

    def redness_below(weather):
        with_car, without = (street.render(VIEW, cars, weather, 0.0) for cars in (car, NOBODY))
        rows, columns = np.nonzero(with_car.instance_ids == 5)
        below = slice(rows.max() + 2, rows.max() + 8), slice(columns.min() + 4, columns.max() - 3)
        change = colours(with_car)[below] - colours(without)[below]
        return float((change[..., 2] - change[..., :2].mean(axis=-1)).mean())

    wet = Weather(cloudiness=100.0, wetness=100.0, precipitation_deposits=60.0)
    assert redness_below(wet) > 5.0 + redness_below(replace(wet, wetness=0.0, precipitation_deposits=0.0))


def test_a_road_that_is_hardly_wet_looks_dry(street):
    car = placed((0, at(14, 0), 5, Tag.CAR))
    dry, damp = (street.render(VIEW, car, weather, 0.0) for weather in (NOON, Weather(wetness=0.01)))
    assert np.abs(dry.bgra.astype(int) - damp.bgra).max() <= 2


@pytest.mark.parametrize(
    ("material", "lamps"),
    [
        (Material.LAMP_HEAD, Lamp.LOW_BEAM),
        (Material.LAMP_TAIL, Lamp.POSITION),
        (Material.LAMP_BRAKE, Lamp.BRAKE),
        (Material.LAMP_INDICATOR_LEFT, Lamp.INDICATOR_LEFT),
        (Material.SIGNAL_RED, Lamp.SIGNAL_RED),
    ],
)
def test_lamps_glare_by_night_and_not_by_day(material, lamps):
    renderer, on = lit(material, lamps)
    off = Instances(on.mesh, on.pose, on.colour, [0], on.instance_id, on.tag)
    gain = []
    for weather in (NIGHT, NOON):
        bright, dark = (renderer.render(VIEW, cars, weather, 0.0) for cars in (on, off))
        lens = cv2.dilate((bright.instance_ids > 0).astype(np.uint8), np.ones((3, 3), np.uint8))
        sky = lens == 0
        gain.append((colours(bright)[sky] - colours(dark)[sky]).max())
    renderer.close()
    assert gain[0] > 10.0
    assert gain[1] == 0.0


def test_a_lamp_behind_a_wall_does_not_glare():
    wall = cuboid((6, -8, -2), (7, 8, 9), Material.CONCRETE)
    one = placed((0, at(14, 0, -3.6), 5, Tag.CAR), (1, at(0, 0), 6, Tag.WALLS))
    renderer = Renderer(StaticScene.empty(), [lamp_post(Material.LAMP_HEAD), wall])
    pictures = []
    for lamps in (Lamp.NONE, Lamp.POSITION | Lamp.LOW_BEAM):
        cars = Instances(one.mesh, one.pose, one.colour, [int(lamps), 0], one.instance_id, one.tag)
        fog_free = replace(NIGHT, sun_altitude_angle=-30.0)
        pictures.append(colours(renderer.render(VIEW, cars, fog_free, 0.0)))
    renderer.close()
    lit_wall = slice(30, 60), slice(120, 200)
    assert np.abs(pictures[1][lit_wall] - pictures[0][lit_wall]).max() <= 1.0


def test_a_street_lamp_that_is_switched_off_leaves_the_road_dark_and_a_red_one_makes_it_red():
    road = level((-50, 150), (-8, 8), 0.0, Material.ASPHALT, Tag.ROADS, (0.1, 0.1, 0.1))
    renderer = Renderer(StaticScene((road,), placed((0, at(16, 2), 77, Tag.POLES))), [lamp_post()])
    assert renderer.street_lamps.shape == (1, 3)

    def pool():
        picture = renderer.render(VIEW, NOBODY, NIGHT, 0.0)
        return colours(picture)[picture.tags == Tag.ROADS].mean(axis=0)

    usual = pool()
    renderer.switch_street_lamps(np.zeros((1, 3)))
    dark = pool()
    renderer.switch_street_lamps(np.array([[1.0, 0.0, 0.0]]))
    red = pool()
    renderer.close()
    assert usual.min() > dark.max() + 3.0
    assert red[2] > dark[2] + 3.0
    assert red[:2].max() < dark[:2].max() + 1.0


def test_fog_that_falls_off_lies_low():
    tower = placed((0, at(60, 0), 5, Tag.BUILDINGS))
    renderer = Renderer(StaticScene.empty(), [cuboid((-4, -4, -5), (4, 4, 50), Material.CONCRETE)])
    level_fog, low_fog = (
        colours(renderer.render(VIEW, tower, Weather(fog_density=70.0, fog_falloff=falloff), 0.0))
        for falloff in (0.1, 3.0)
    )
    renderer.close()
    top, foot = (slice(2, 20), slice(155, 165)), (slice(84, 92), slice(155, 165))
    assert np.abs(low_fog[top] - level_fog[top]).mean() > 5.0 * np.abs(low_fog[foot] - level_fog[foot]).mean()


def test_stars_shine_on_clear_nights_only(street):
    up = camera(z=1.5, width=320, height=180)

    def sparks(weather):
        picture = street.render(up, NOBODY, weather, 0.0)
        grey = np.ascontiguousarray(picture.bgra[:80, :150, 1])
        return int((grey.astype(int) - cv2.medianBlur(grey, 5) > 10).sum())

    assert sparks(NIGHT) > 15
    assert sparks(replace(NIGHT, cloudiness=80.0)) == 0
    assert sparks(replace(NIGHT, cloudiness=0.0, sun_altitude_angle=8.0, sun_azimuth_angle=180.0)) <= 5


def test_a_low_sun_is_warmer_than_a_high_one(street):
    def warmth(altitude):
        sky = street.render(VIEW, NOBODY, Weather(sun_altitude_angle=altitude, cloudiness=0.0), 0.0)
        blue, _, red = colours(sky)[60:88].mean(axis=(0, 1))
        return red / blue

    assert warmth(5.0) > 1.15 * warmth(15.0) > 1.1 * warmth(60.0)


@pytest.mark.parametrize("size", [(1, 1), (2, 1), (33, 17), (160, 97)])
def test_wet_nights_can_be_drawn_in_any_size_and_on_any_number_of_threads(street, size):
    weather = replace(POUR, sun_altitude_angle=-40.0)
    road = level((-50, 250), (-5, 5), 0.0, Material.ASPHALT, Tag.ROADS, (0.1, 0.1, 0.1))
    cars = placed(*((1, at(9 + 6 * i, (i % 3) - 1), i + 1, Tag.CAR) for i in range(6)))
    on = Instances(cars.mesh, cars.pose, cars.colour, [0x0F] * 6, cars.instance_id, cars.tag)
    pictures = []
    for threads in (1, 2, 3):
        meshes = [lamp_post(), cuboid((-2, -0.9, 0), (2, 0.9, 1.4), Material.LAMP_TAIL)]
        renderer = Renderer(StaticScene((road,), placed((0, at(16, 2), 77, Tag.POLES))), meshes, threads)
        view = camera(width=size[0], height=size[1])
        pictures.append(renderer.render(view, on, weather, 2.0).bgra.tobytes())
        renderer.close()
    assert pictures[1] == pictures[0]
    assert pictures[2] == pictures[0]


def test_what_is_out_of_range_is_drawn_as_the_nearest_that_is_in_range():
    wild = Weather(cloudiness=1e30, precipitation=-5.0, sun_altitude_angle=400.0, fog_distance=-1.0)
    assert as_shown(wild) == Weather(
        cloudiness=100.0, precipitation=0.0, sun_altitude_angle=90.0, fog_distance=0.0
    )


def test_the_preset_that_leaves_all_to_the_town_is_clear_noon():
    minus = dict.fromkeys(
        ("cloudiness", "precipitation", "precipitation_deposits", "wind_intensity", "fog_density"), -1.0
    )
    assert as_shown(Weather(**minus, sun_altitude_angle=-1.0, fog_distance=-1.0, wetness=-1.0)) == NOON


def test_a_fast_car_on_a_wet_road_drags_spray_and_a_slow_one_or_a_dry_road_does_not(street):
    def haze(speed, weather):
        car = placed((0, at(14, 0), 5, Tag.CAR))
        moved = Instances(car.mesh, car.pose, car.colour, [speed << SPEED_SHIFT], car.instance_id, car.tag)
        still, driven = (colours(street.render(VIEW, cars, weather, 0.0)) for cars in (car, moved))
        return float(np.abs(driven - still).max())

    wet = Weather(cloudiness=100.0, wetness=90.0)
    assert haze(20, wet) > 15.0
    assert haze(2, wet) == haze(20, NOON) == 0.0
