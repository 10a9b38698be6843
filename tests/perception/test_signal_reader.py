from pathlib import Path

import cv2
import numpy as np
import pytest

from data.camera import Camera, CameraImage
from data.types import Detections, LightState, ObjectClass, RouteAhead, SensorFrame, SignalAhead
from perception.traffic_lights.lens import read_housing
from perception.traffic_lights.reader import HueSignalReader, expected_box

FRONT = Camera.mounted("front", 640, 360, np.deg2rad(75.0), (1.3, 0.0, 1.5), np.deg2rad(2.0))
CROPS = Path(__file__).parents[2].parent / "shared" / "recorded" / "traffic_light_crops"
LIT = {LightState.RED: (255, 70, 60), LightState.YELLOW: (255, 190, 40), LightState.GREEN: (40, 240, 170)}
UNLIT = {LightState.RED: (70, 20, 18), LightState.YELLOW: (75, 55, 15), LightState.GREEN: (12, 50, 35)}
STATES = tuple(LIT)


def housing(height, state=None):
    """A drawn housing of three lenses, `state` lit."""
    big = np.full((240, 100, 3), (22, 24, 26), np.uint8)
    for index, colour in enumerate(STATES):
        paint = LIT[colour] if colour is state else UNLIT[colour]
        cv2.circle(big, (50, 40 + 80 * index), 33, paint, -1, cv2.LINE_AA)
    return cv2.resize(big, (max(round(height * 0.4), 2), height), interpolation=cv2.INTER_AREA)


def street(*lights, sky=(150, 180, 220)):
    """A picture with housings of `state` at positions in vehicle axes."""
    rgb = np.full((360, 640, 3), sky, np.uint8)
    rgb[170:] = 90
    for position, state in lights:
        box, _ = expected_box(FRONT, position)
        x1, y1 = round(box[0]), round(box[1])
        drawn = housing(round(box[3] - box[1]), state)
        rgb[y1 : y1 + drawn.shape[0], x1 : x1 + drawn.shape[1]] = drawn
    return rgb


def frame(rgb, index=0):
    return SensorFrame(index, index * 50_000_000, "drawing", (CameraImage(FRONT, index * 50_000_000, rgb),))


def route(*signals):
    points = np.column_stack([np.arange(5.0), np.zeros(5)])
    return RouteAhead(points, np.arange(5.0), np.full(5, 14.0), np.zeros(5, bool), signals, 0.0, 0.0, 100.0)


def found(position, score=0.8):
    """What a detector says of a light at `position`."""
    box, _ = expected_box(FRONT, position)
    return Detections([box], [score], [ObjectClass.TRAFFIC_LIGHT])


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("height", [8, 14, 30, 90])
def test_a_lit_lens_is_read_at_any_size(state, height):
    reading = read_housing(housing(height, state))
    assert reading.state is state
    assert reading.confidence > 0.5


def test_a_dark_housing_is_off_and_a_tiny_one_unknown():
    assert read_housing(housing(40)).state is LightState.OFF
    assert read_housing(housing(5, LightState.RED)).state is LightState.UNKNOWN


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("distance", [15.0, 30.0, 50.0])
@pytest.mark.parametrize("detected", [True, False])
def test_the_light_of_the_map_is_read_with_and_without_the_detector(state, distance, detected):
    place = (distance, -2.0, 4.0)
    ahead = route(SignalAhead("12", place, distance - 10.0))
    reader, rgb = HueSignalReader(FRONT), street((place, state))
    detections = found(place) if detected else Detections.empty()
    for index in range(3):
        (reading,) = reader.read(frame(rgb, index), detections, ahead)
    assert reading.state is state
    assert (reading.signal_id, reading.stop_distance_m) == ("12", distance - 10.0)


def test_an_error_of_pose_of_half_a_metre_and_half_a_degree_is_borne():
    true, thought = (30.0, -2.0, 4.0), (30.4, -1.6, 4.2)
    reader = HueSignalReader(FRONT)
    for index in range(2):
        (reading,) = reader.read(
            frame(street((true, LightState.RED)), index),
            Detections.empty(),
            route(SignalAhead("1", thought, 20)),
        )
    assert reading.state is LightState.RED


def test_the_housing_that_is_seen_best_counts():
    far, near = (75.0, 1.0, 5.5), (32.0, -4.0, 3.0)
    signal = SignalAhead("1", far, 30.0, heads_m=(far, near))
    reader = HueSignalReader(FRONT)
    rgb = street((near, LightState.RED))
    for index in range(2):
        (reading,) = reader.read(frame(rgb, index), Detections.empty(), route(signal))
    assert reading.state is LightState.RED


def test_red_is_believed_at_once_and_green_only_twice():
    place = (25.0, -2.0, 4.0)
    ahead, detections = route(SignalAhead("1", place, 15.0)), found(place)
    reader = HueSignalReader(FRONT)
    states = [
        reader.read(frame(street((place, state)), index), detections, ahead)[0].state
        for index, state in enumerate([LightState.GREEN, LightState.GREEN, LightState.RED, LightState.GREEN])
    ]
    assert states == [LightState.UNKNOWN, LightState.GREEN, LightState.RED, LightState.RED]


def test_a_light_out_of_sight_is_unknown_after_a_moment():
    place = (25.0, -2.0, 4.0)
    ahead, reader = route(SignalAhead("1", place, 15.0)), HueSignalReader(FRONT)
    for index in range(3):
        reader.read(frame(street((place, LightState.RED)), index), found(place), ahead)
    states = [
        reader.read(frame(street(), index), Detections.empty(), ahead)[0].state for index in range(3, 20)
    ]
    assert states[0] is LightState.RED
    assert states[-1] is LightState.UNKNOWN


@pytest.mark.parametrize("place", [(-5.0, 0.0, 5.0), (6.0, 0.0, 9.0), (200.0, 0.0, 5.0)])
def test_behind_above_and_far_away_is_unknown(place):
    ahead = route(SignalAhead("1", place, 1.0))
    (reading,) = HueSignalReader(FRONT).read(frame(street()), Detections.empty(), ahead)
    assert (reading.state, reading.confidence) == (LightState.UNKNOWN, 0.0)


def test_trees_and_brake_lamps_are_no_lights():
    rgb = street()
    rgb[60:175, 250:330] = (70, 120, 40)
    rgb[200:210, 300:330] = (230, 30, 30)
    ahead = route(SignalAhead("1", (35.0, 0.0, 4.0), 25.0))
    reader = HueSignalReader(FRONT)
    for index in range(3):
        (reading,) = reader.read(frame(rgb, index), Detections.empty(), ahead)
    assert reading.state is LightState.UNKNOWN


def test_without_a_map_every_detected_light_is_read_and_followed():
    left, right = (30.0, 4.0, 4.0), (20.0, -4.0, 4.0)
    reader, rgb = HueSignalReader(FRONT), street((left, LightState.GREEN), (right, LightState.RED))
    boxes = np.concatenate([found(left).boxes_px, found(right).boxes_px])
    detections = Detections(boxes, [0.8, 0.8], [ObjectClass.TRAFFIC_LIGHT] * 2)
    for index in range(2):
        readings = reader.read(frame(rgb, index), detections, None)
    assert [reading.state for reading in readings] == [LightState.RED, LightState.GREEN]
    assert all(reading.stop_distance_m == np.inf and reading.signal_id == "" for reading in readings)


@pytest.mark.skipif(not CROPS.is_dir(), reason="the recorded crops of traffic lights are not here")
def test_real_lights_are_hardly_ever_taken_for_another_colour():
    wrong = right = count = 0
    for name in ("red", "yellow", "green"):
        for file in sorted((CROPS / name).iterdir()):
            rgb = cv2.cvtColor(cv2.imread(str(file)), cv2.COLOR_BGR2RGB)
            state = read_housing(rgb).state
            count += 1
            right += state.name.lower() == name
            wrong += state in STATES and state.name.lower() != name
    assert count > 200
    assert right / count > 0.88
    assert wrong / count < 0.01
