import numpy as np
import pytest

from data.camera import Camera
from data.types import ObjectClass
from perception.distance import measure

FRONT = Camera.mounted("front", 640, 360, np.deg2rad(75.0), (1.3, 0.0, 1.5), np.deg2rad(2.0))


def car_box(x, y, camera=FRONT, yaw=0.0, length=4.5, width=1.85, height=1.5):
    """Pixels of a car-like body whose near face has its middle at (x, y); clipped to the picture."""
    points = []
    for along, up in (
        (0.0, 0.3),
        (length, 0.3),
        (0.6, 0.0),
        (length - 0.7, 0.0),
        (1.0, height),
        (3.0, height),
    ):
        points += [(along, side * 0.5 * width * (0.85 if up == height else 1.0), up) for side in (-1, 1)]
    body = np.array(points)
    c, s = np.cos(yaw), np.sin(yaw)
    body[:, :2] = body[:, :2] @ np.array([[c, s], [-s, c]]) + (x, y)
    pixels, depth = camera.project(body)
    assert (depth > 0).all()
    low, high = pixels.min(axis=0), pixels.max(axis=0)
    size = (camera.width, camera.height)
    return [*np.clip(low, 0, size), *np.clip(high, 0, size)]


def measured(box, object_class=ObjectClass.CAR, camera=FRONT):
    result = measure(np.array([box]), np.array([object_class]), camera)
    return result.positions_m[0], result.covariances_m2[0]


@pytest.mark.parametrize("x", [8.0, 15.0, 25.0, 40.0, 60.0])
@pytest.mark.parametrize("y", [0.0, 3.5, -3.5])
def test_a_car_ahead_is_measured_at_its_near_face(x, y):
    position, _ = measured(car_box(x, y))
    assert position[0] == pytest.approx(x, rel=0.06)
    assert position[1] == pytest.approx(y, abs=0.35)


def test_pitch_of_the_body_costs_less_than_a_tenth_at_forty_metres():
    for pitch in (-0.3, 0.3):
        tipped = Camera.mounted("front", 640, 360, np.deg2rad(75.0), (1.3, 0, 1.5), np.deg2rad(2.0 + pitch))
        position, _ = measured(car_box(40.0, 0.0, camera=tipped))
        assert position[0] == pytest.approx(40.0, rel=0.10)


def test_doubt_grows_with_distance_and_lies_along_the_ray():
    near, far = (measured(car_box(x, 0.0))[1] for x in (10.0, 40.0))
    assert far[0, 0] > 4.0 * near[0, 0]
    assert far[0, 0] > 4.0 * far[1, 1]


def test_a_box_cut_at_the_bottom_is_near_and_doubtful():
    position, covariance = measured([250.0, 120.0, 390.0, 360.0])
    assert position[0] < 6.5
    assert covariance[0, 0] > 0.3


def test_a_car_behind_another_is_not_measured_by_its_hidden_wheels():
    front, back = car_box(12.0, 0.3), car_box(22.0, 0.0)
    back[3] = 0.5 * (front[1] + front[3]) - 3.0  # its lower half is covered
    front[1] = back[3] - 8.0
    alone = measured(back)[1]
    together = measure(np.array([back, front]), np.zeros(2), FRONT)
    assert together.covariances_m2[0, 0, 0] > 4.0 * alone[0, 0]


def test_a_pedestrian_is_measured_by_feet_and_height():
    pixels, _ = FRONT.project(np.array([(20.0, 2.0, 0.0), (20.0, 2.0, 1.75)]))
    box = [pixels[0, 0] - 5, pixels[1, 1], pixels[0, 0] + 5, pixels[0, 1]]
    position, _ = measured(box, ObjectClass.PEDESTRIAN)
    assert position == pytest.approx((20.0, 2.0), abs=0.6)


def test_what_hangs_in_the_air_is_measured_by_its_size_alone():
    pixels, _ = FRONT.project(np.array([(30.0, -3.0, 4.5), (30.0, -3.0, 5.5)]))
    box = [pixels[0, 0] - 3, pixels[1, 1], pixels[0, 0] + 3, pixels[0, 1]]
    position, _ = measured(box, ObjectClass.TRAFFIC_LIGHT)
    assert position[0] == pytest.approx(30.0, rel=0.1)


def test_no_boxes_give_no_positions():
    result = measure(np.zeros((0, 4)), np.zeros(0), FRONT)
    assert result.positions_m.shape == (0, 2)
    assert result.covariances_m2.shape == (0, 2, 2)
