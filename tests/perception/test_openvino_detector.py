import cv2
import numpy as np
import pytest
from road_drawing import FRONT

from data.camera import Camera, CameraImage
from data.types import ObjectClass, SensorFrame
from perception.detection.classes import NAMES, UNWANTED, class_of, class_table
from perception.detection.letterbox import PAD_GREY, Letterbox
from perception.detection.openvino_detector import (
    DEFAULT_WEIGHTS,
    OpenVinoDetector,
    _wanted,
    _without_duplicates,
    exact_detector,
)


def test_every_class_has_its_name_and_finds_back():
    assert {class_of(name) for name in NAMES.values()} == set(ObjectClass)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("person", ObjectClass.PEDESTRIAN),
        ("Traffic_Light", ObjectClass.TRAFFIC_LIGHT),
        ("motor", ObjectClass.MOTORCYCLE),
        ("zebra", None),
    ],
)
def test_names_of_other_data_sets_are_understood(name, expected):
    assert class_of(name) is expected


def test_the_class_table_drops_what_nobody_drives_into():
    table = class_table({0: "person", 1: "zebra", 3: "car"})
    assert table.tolist() == [ObjectClass.PEDESTRIAN, UNWANTED, UNWANTED, ObjectClass.CAR]


def test_names_that_mean_nothing_here_are_an_error():
    with pytest.raises(ValueError, match="zebra"):
        class_table({0: "zebra"})


@pytest.mark.parametrize("size", [(640, 360), (1280, 720), (300, 500), (1242, 375)])
def test_boxes_come_back_through_the_letterbox(size):
    width, height = size
    letterbox = Letterbox.fit(width, height, 640, 384)
    picture = np.zeros((height, width, 3), np.uint8)
    placed = letterbox.place(picture)
    assert placed.shape == (384, 640, 3)
    assert ((placed == PAD_GREY) | (placed == 0)).all()
    box = np.array([[0.2 * width, 0.3 * height, 0.7 * width, 0.9 * height]])
    scale = np.array([letterbox.size[0] / width, letterbox.size[1] / height] * 2)
    inside = box * scale + (*letterbox.offset, *letterbox.offset)
    assert letterbox.boxes_in_picture(inside, width, height) == pytest.approx(box)


def test_weak_unknown_and_empty_rows_are_dropped():
    table = class_table({0: "car", 1: "zebra"})
    rows = np.array(
        [
            (1, 1, 9, 9, 0.9, 0),
            (1, 1, 9, 9, 0.1, 0),  # weak
            (1, 1, 9, 9, 0.9, 1),  # a zebra
            (1, 1, 9, 9, 0.9, 7),  # no such class
            (9, 1, 1, 9, 0.9, 0),  # inside out
        ],
        np.float32,
    )
    boxes, scores, classes = _wanted(rows, table, 0.15)
    assert boxes.tolist() == [[1, 1, 9, 9]]
    assert scores == pytest.approx([0.9])
    assert classes.tolist() == [ObjectClass.CAR]


def test_one_thing_read_as_car_and_truck_stays_one_and_a_rider_on_a_bicycle_two():
    boxes = np.array([(0, 0, 40, 40), (1, 0, 41, 40), (100, 0, 120, 40), (100, 2, 120, 41)], np.float64)
    classes = np.array([ObjectClass.CAR, ObjectClass.TRUCK, ObjectClass.PEDESTRIAN, ObjectClass.BICYCLE])
    kept = _without_duplicates(boxes, np.array([0.5, 0.8, 0.6, 0.7], np.float32), classes.astype(np.int16))
    assert kept.tolist() == [1, 3, 2]


def test_a_missing_model_is_one_line_that_names_it(tmp_path):
    with pytest.raises(ValueError, match=r"absent\.onnx: no such file") as caught:
        OpenVinoDetector(tmp_path / "absent.onnx")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"not a network", bytes(range(256)) * 40])
def test_a_corrupt_model_is_one_line_that_names_it(tmp_path, content):
    file = tmp_path / "broken.onnx"
    file.write_bytes(content)
    with pytest.raises(ValueError, match=r"broken\.onnx") as caught:
        OpenVinoDetector(file)
    assert "\n" not in str(caught.value)


def test_a_cut_off_model_is_refused(tmp_path):
    file = tmp_path / "half.onnx"
    whole = DEFAULT_WEIGHTS.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(ValueError, match=r"half\.onnx"):
        OpenVinoDetector(file)


def car_seen_from_behind():
    """A plain drawing of a dark car on a road."""
    rgb = np.full((360, 640, 3), (150, 180, 220), np.uint8)
    rgb[170:] = 95
    cv2.rectangle(rgb, (270, 175), (370, 255), (30, 30, 60), -1)
    return rgb


@pytest.mark.parametrize("size", [(640, 360), (1280, 720)])
def test_the_shipped_model_answers_any_picture_with_boxes_inside_it(size):
    width, height = size
    camera = Camera.mounted("front", width, height, 1.3, (1.3, 0.0, 1.5))
    rgb = cv2.resize(car_seen_from_behind(), size)
    frame = SensorFrame(0, 0, "drawing", (CameraImage(camera, 0, rgb),))
    detector = OpenVinoDetector()
    first, second = detector.detect(frame), detector.detect(frame)
    assert first.boxes_px.tobytes() == second.boxes_px.tobytes()
    assert (first.boxes_px[:, ::2] <= width).all()
    assert (first.boxes_px >= 0).all()
    assert (np.diff(first.scores) <= 0).all()


def test_the_exact_detector_computes_in_float32_whatever_the_cpu_offers():
    compiled = exact_detector()._compiled
    assert compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name() == "f32"


def test_an_empty_sky_holds_nothing():
    sky = SensorFrame(0, 0, "sky", (CameraImage(FRONT, 0, np.full((360, 640, 3), 200, np.uint8)),))
    assert len(OpenVinoDetector(score_floor=0.4).detect(sky)) == 0
