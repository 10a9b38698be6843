import numpy as np
import pytest

from tests.recognition.networks import BICYCLE, BUS, CAR, PERSON, TRUCK, Found
from tests.recognition.recall import outcomes, overlaps, recall, table
from tests.recognition.street_views import StreetView, Target, seen_side

BOX = np.array([10.0, 10.0, 30.0, 20.0])


def view_of(group, boxes, distance=12.0):
    target = Target(group, f"vehicle.some.{group}", distance, "rear", 1.0, np.array(boxes))
    return StreetView(0, np.zeros((4, 4, 3), np.uint8), (target,), np.zeros((0, 4)))


def found(*rows):
    table = np.array(rows, float).reshape(-1, 6)
    return Found(table[:, :4], table[:, 4], table[:, 5].astype(int))


@pytest.mark.parametrize(
    ("box", "expected"),
    [((10, 10, 30, 20), 1.0), ((10, 10, 20, 20), 0.5), ((30, 10, 40, 20), 0.0), ((20, 10, 40, 20), 1 / 3)],
)
def test_overlap_is_intersection_over_union(box, expected):
    assert overlaps(np.array([box], float), BOX)[0] == pytest.approx(expected)


def test_nothing_found_is_a_miss():
    (outcome,) = outcomes(view_of("car", [BOX]), found())
    assert outcome.score == 0.0
    assert recall([outcome]) == 0.0


def test_a_car_taken_for_a_truck_counts_as_a_vehicle_only():
    (outcome,) = outcomes(view_of("car", [BOX]), found((*BOX, 0.8, TRUCK), (*BOX, 0.2, CAR)))
    assert outcome.score == pytest.approx(0.2)
    assert outcome.as_any_vehicle == pytest.approx(0.8)


def test_a_van_may_be_called_car_truck_or_bus():
    for said in (CAR, TRUCK, BUS):
        (outcome,) = outcomes(view_of("van", [BOX]), found((*BOX, 0.6, said)))
        assert outcome.score == pytest.approx(0.6)


def test_a_cyclist_is_found_by_the_rider_or_by_the_bicycle():
    rider, cycle = [14.0, 0.0, 26.0, 30.0], [10.0, 20.0, 30.0, 40.0]
    view = view_of("cyclist", [[10.0, 0.0, 30.0, 40.0], rider, cycle])
    assert recall(outcomes(view, found((*rider, 0.5, PERSON)))) == 1.0
    assert recall(outcomes(view, found((*cycle, 0.5, BICYCLE)))) == 1.0
    assert recall(outcomes(view, found((*cycle, 0.5, CAR)))) == 0.0


def test_the_table_counts_by_distance_and_side():
    results = [*outcomes(view_of("car", [BOX], 12.0), found((*BOX, 0.9, CAR)))]
    results += outcomes(view_of("car", [BOX], 33.0), found())
    lines = {line[:34].strip(): line[34:].split() for line in table({"net": results})}
    assert lines["CAR"] == ["2", "0.50"]
    assert lines["10-20 m"] == ["1", "1.00"]
    assert lines["30-40 m"] == ["1", "0.00"]
    assert lines["rear"] == ["2", "0.50"]


@pytest.mark.parametrize(
    ("yaw_deg", "side"),
    [(0, "rear"), (180, "front"), (90, "side"), (-90, "side"), (30, "rear corner"), (150, "front corner")],
)
def test_the_side_that_a_camera_sees_follows_from_the_yaw(yaw_deg, side):
    assert seen_side((0.0, 0.0), (20.0, 0.0, np.radians(yaw_deg))) == side
