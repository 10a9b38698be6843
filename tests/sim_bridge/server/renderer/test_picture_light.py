"""What light and weather do to the picture."""

import numpy as np
import pytest
from renderer_scenes import at, camera, cuboid, placed

from sim_bridge.server.renderer.renderer import Renderer
from sim_bridge.server.renderer.scene import Instances, Lamp, Material, StaticScene, Tag
from sim_bridge.server.renderer.weather import Weather

NOBODY = Instances.none()
NOON, NIGHT = Weather(), Weather(sun_altitude_angle=-60.0)
DULL = Weather(cloudiness=100.0)


def brightness(picture, where=slice(None)):
    return float(picture.bgra[where][..., :3].astype(float).mean())


def test_the_same_input_gives_the_same_bytes(street):
    cars = placed((0, at(12, 1), 5, Tag.CAR), (0, at(25, -2, yaw_deg=30), 6, Tag.CAR))
    one, two = (street.render(camera(), cars, NOON, 1.5) for _ in range(2))
    for name in ("bgra", "depth_m", "instance_ids", "tags"):
        assert getattr(one, name).tobytes() == getattr(two, name).tobytes()


def test_the_number_of_threads_does_not_matter(street):
    scene = StaticScene.empty()
    boxes = placed(*((0, at(6 + 3 * i, (i % 5) - 2, yaw_deg=17 * i), i + 1, Tag.CAR) for i in range(20)))
    pictures = []
    for threads in (1, 2, 3):
        renderer = Renderer(scene, [cuboid((-1, -0.5, 0), (1, 0.5, 1))], threads=threads)
        pictures.append(renderer.render(camera(), boxes, NOON, 0.0))
        renderer.close()
    for other in pictures[1:]:
        assert other.bgra.tobytes() == pictures[0].bgra.tobytes()
        assert other.instance_ids.tobytes() == pictures[0].instance_ids.tobytes()


def test_what_was_drawn_before_does_not_matter(street):
    first = street.render(camera(), NOBODY, NOON, 0.0)
    street.render(camera(x=30.0), NOBODY, Weather(sun_azimuth_angle=120.0, sun_altitude_angle=20.0), 0.0)
    assert street.render(camera(), NOBODY, NOON, 0.0).bgra.tobytes() == first.bgra.tobytes()


def test_night_is_darker_than_dusk_and_dusk_darker_than_day(street):
    day, dusk, night = (
        brightness(street.render(camera(), NOBODY, Weather(sun_altitude_angle=angle), 0.0))
        for angle in (50.0, -4.0, -60.0)
    )
    assert night < 0.7 * dusk < 0.6 * day


def test_fog_hides_what_is_far(street):
    far = placed((0, at(90, 0), 5, Tag.CAR))

    def contrast(weather):
        with_car = street.render(camera(), far, weather, 0.0)
        without = street.render(camera(), NOBODY, weather, 0.0)
        where = with_car.instance_ids == 5
        difference = with_car.bgra[where].astype(int) - without.bgra[where]
        return np.abs(difference).mean()

    assert contrast(Weather(fog_density=90.0)) < 0.15 * contrast(NOON)


def test_a_body_shades_the_ground_beside_it_when_the_sun_shines(street):
    sun_from_left = Weather(sun_azimuth_angle=-90.0, sun_altitude_angle=40.0)
    car = placed((0, at(10, 1.5), 5, Tag.CAR))
    lit = street.render(camera(), NOBODY, sun_from_left, 0.0)
    shaded = street.render(camera(), car, sun_from_left, 0.0)
    view = camera()
    row, column = int(48 + view.focal_px * 1.5 / 10), int(80 + view.focal_px * 3.2 / 10)
    where = (slice(row - 1, row + 2), slice(column - 1, column + 2))
    assert shaded.instance_ids[row, column] == 0
    assert brightness(shaded, where) < 0.75 * brightness(lit, where)


def test_under_a_dull_sky_the_ground_is_darker_only_close_to_a_body(street):
    car = placed((0, at(10, 2.5), 5, Tag.CAR))
    plain, with_car = (street.render(camera(), cars, DULL, 0.0) for cars in (NOBODY, car))
    view = camera()

    def ratio(y):
        row, column = int(48 + view.focal_px * 1.5 / 10), int(80 + view.focal_px * y / 10)
        where = (slice(row, row + 1), slice(column - 1, column + 2))
        return brightness(with_car, where) / brightness(plain, where)

    assert ratio(1.4) < 0.97
    assert ratio(-1.0) == pytest.approx(1.0, abs=0.01)


def test_paint_stands_out_from_asphalt(street):
    picture = street.render(camera(), NOBODY, NOON, 0.0)
    grey = picture.bgra[..., :3].mean(axis=2)
    near = slice(75, 96)
    paint, road = (
        grey[near][picture.tags[near] == Tag.ROAD_LINES],
        grey[near][picture.tags[near] == Tag.ROADS],
    )
    assert paint.mean() > 1.6 * road.mean()


def test_lamps_glow_only_when_their_bit_is_set():
    renderer = Renderer(
        StaticScene.empty(), [cuboid((-1, -1, -1), (1, 1, 1), Material.LAMP_BRAKE, (0.3, 0, 0))]
    )
    one = placed((0, at(8, 0, 1.5), 5, Tag.CAR))
    on = Instances(one.mesh, one.pose, one.colour, [Lamp.BRAKE], one.instance_id, one.tag)
    dark, bright = (renderer.render(camera(), cars, DULL, 0.0) for cars in (one, on))
    renderer.close()
    where = dark.instance_ids == 5
    assert bright.bgra[where][:, 2].mean() > 1.5 * dark.bgra[where][:, 2].mean()


def test_instances_take_their_own_colour(street):
    car = placed((0, at(10, 0), 5, Tag.CAR))
    picture = street.render(camera(), car, DULL, 0.0)
    blue, green, red = picture.bgra[picture.instance_ids == 5][:, :3].mean(axis=0)
    assert red > 1.5 * green
    assert red > 1.5 * blue


def test_edges_are_smooth(street):
    """Along the slanted edge of a line there are pixels between paint and asphalt."""
    view = camera(y=2.0, z=1.5)
    grey = street.render(view, NOBODY, DULL, 0.0).bgra[..., :3].mean(axis=2)
    row = grey[80]
    steps = np.abs(np.diff(row[30:80])).max()
    assert steps < 0.9 * (row[30:80].max() - row[30:80].min())


@pytest.mark.parametrize(
    "weather",
    [
        NOON,
        NIGHT,
        DULL,
        Weather(sun_altitude_angle=3.0),
        Weather(precipitation=100.0, precipitation_deposits=90.0, wetness=100.0, cloudiness=100.0),
        Weather(fog_density=100.0, fog_distance=0.0),
        Weather(dust_storm=100.0),
        Weather(sun_altitude_angle=90.0),
    ],
)
def test_no_weather_makes_black_or_white_pictures(street, weather):
    car = placed((0, at(12, 1), 5, Tag.CAR))
    bgra = street.render(camera(), car, weather, 7.0).bgra
    assert 3 < bgra[..., :3].mean() < 245
    assert bgra[..., :3].std() > 1.0
