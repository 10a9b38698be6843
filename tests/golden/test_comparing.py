from tests.golden.comparing import Difference, Within, differences, report

ROWS = [
    {"frame": 0, "objects": [{"class": "car", "score": 0.8, "box_px": [1.0, 2.0, 3.0, 4.0]}], "far_m": None},
    {"frame": 1, "objects": [], "far_m": 30.0},
]
TOLERANCES = {"score": Within(0.01), "box_px": Within(0.5), "far_m": Within(relative=0.1)}


def changed(**fields):
    return [ROWS[0] | fields, ROWS[1]]


def test_what_is_equal_or_within_its_tolerance_is_no_difference():
    objects = [{"class": "car", "score": 0.809, "box_px": [1.4, 2.0, 3.0, 3.6]}]
    assert differences(ROWS, ROWS, TOLERANCES) == []
    assert differences(ROWS, changed(objects=objects), TOLERANCES) == []
    assert differences(ROWS, [ROWS[0], ROWS[1] | {"far_m": 32.9}], TOLERANCES) == []


def test_a_difference_is_told_with_frame_field_expected_and_got():
    objects = [{"class": "bus", "score": 0.8, "box_px": [1.0, 2.0, 3.6, 4.0]}]
    assert differences(ROWS, changed(objects=objects), TOLERANCES) == [
        Difference(0, "objects[0].class", "car", "bus"),
        Difference(0, "objects[0].box_px[2]", 3.0, 3.6),
    ]


def test_a_missing_object_frame_or_key_is_a_difference_and_so_is_a_number_for_null():
    assert differences(ROWS, changed(objects=[]), TOLERANCES) == [Difference(0, "number of objects", 1, 0)]
    assert differences(ROWS, ROWS[:1], TOLERANCES) == [Difference(1, "number of frames", 2, 1)]
    assert differences(ROWS, changed(far_m=3.0), TOLERANCES) == [Difference(0, "far_m", None, 3.0)]
    assert differences(ROWS, changed(more=1), TOLERANCES) == [Difference(0, "more", "nothing", 1)]


def test_the_report_counts_each_field_and_says_how_to_store_anew():
    objects = [{"class": "bus", "score": 0.8, "box_px": [1.0, 2.0, 9.0, 9.0]}]
    text = report("a.jsonl", differences(ROWS, changed(objects=objects), TOLERANCES))
    assert "a.jsonl: 3 values differ in 1 frames" in text
    assert "frame   0  objects[0].class: expected car, got bus" in text
    assert "2 x objects.box_px" in text
    assert "--update-golden" in text
