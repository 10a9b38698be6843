import numpy as np
import pytest

from data.types import ObjectClass
from perception.detection.labels import TRAFFIC_LIGHT_TAG, LabelRule, box_labels


def picture(*things, size=(90, 160)):
    """Instance ids and tags of rectangles (id, tag, x1, y1, x2, y2), the later in front."""
    ids, tags = np.zeros(size, np.int32), np.zeros(size, np.uint8)
    for name, tag, x1, y1, x2, y2 in things:
        ids[y1:y2, x1:x2], tags[y1:y2, x1:x2] = name, tag
    return ids, tags


CAR, WALKER = {7: ObjectClass.CAR}, {9: ObjectClass.PEDESTRIAN}


def test_a_visible_actor_gets_the_box_of_its_pixels():
    labels = box_labels(*picture((7, 14, 20, 30, 60, 50)), CAR)
    assert labels.boxes_px.tolist() == [[20, 30, 60, 50]]
    assert labels.classes.tolist() == [ObjectClass.CAR]
    assert labels.ids.tolist() == [7]


@pytest.mark.parametrize(
    "things",
    [
        [],
        [(7, 14, 20, 30, 23, 50)],  # too narrow
        [(7, 14, 20, 30, 40, 36)],  # too low
        [(8, 14, 20, 30, 60, 50)],  # not an actor of ours
        [(7, 14, 20, 30, 60, 50), (8, 14, 25, 30, 60, 50), (7, 14, 58, 30, 60, 50)],  # mostly hidden
    ],
)
def test_what_a_detector_could_not_find_is_not_asked_for(things):
    assert len(box_labels(*picture(*things), CAR, LabelRule(min_fill=0.25)).ids) == 0


def test_a_half_hidden_actor_gets_the_box_of_its_visible_half():
    labels = box_labels(*picture((7, 14, 20, 30, 60, 50), (9, 12, 40, 20, 70, 60)), CAR | WALKER)
    assert labels.boxes_px.tolist() == [[20, 30, 40, 50], [40, 20, 70, 60]]


def test_a_light_is_labelled_without_the_mast_that_bears_its_id():
    ids, tags = picture((300, 6, 78, 20, 82, 80), (300, TRAFFIC_LIGHT_TAG, 76, 10, 84, 30))
    labels = box_labels(ids, tags, CAR)
    assert labels.boxes_px.tolist() == [[76, 10, 84, 30]]
    assert labels.classes.tolist() == [ObjectClass.TRAFFIC_LIGHT]


def test_every_housing_of_a_light_has_a_box_of_its_own():
    housings = ((300, TRAFFIC_LIGHT_TAG, 20, 10, 28, 30), (300, TRAFFIC_LIGHT_TAG, 90, 12, 98, 32))
    labels = box_labels(*picture(*housings), CAR)
    assert labels.boxes_px.tolist() == [[20, 10, 28, 30], [90, 12, 98, 32]]
    assert labels.ids.tolist() == [300, 300]


def test_two_lights_that_touch_in_the_picture_are_two():
    housings = ((300, TRAFFIC_LIGHT_TAG, 20, 10, 28, 30), (301, TRAFFIC_LIGHT_TAG, 28, 10, 36, 30))
    labels = box_labels(*picture(*housings), CAR)
    assert labels.boxes_px.tolist() == [[20, 10, 28, 30], [28, 10, 36, 30]]


def test_yolo_lines_give_centre_and_size_as_shares_of_the_picture():
    labels = box_labels(*picture((7, 14, 40, 30, 80, 60)), CAR)
    assert labels.yolo_lines(160, 90) == "0 0.375000 0.500000 0.250000 0.333333\n"
    assert box_labels(*picture(), CAR).yolo_lines(160, 90) == ""


def test_pictures_of_different_size_are_refused():
    with pytest.raises(ValueError, match=r"tags: expected shape \(90, 160\)"):
        box_labels(np.zeros((90, 160), np.int32), np.zeros((9, 16), np.uint8), CAR)
