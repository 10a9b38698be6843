import numpy as np

from data.types import Detections, ObjectClass
from perception.stills import StillTracker
from tests.assistant.frames import CAMERA, result


def seen(*rows):
    boxes = np.array([row[0] for row in rows], np.float32).reshape(-1, 4)
    return Detections(boxes, np.array([row[1] for row in rows]), np.array([row[2] for row in rows]))


def tracked(detections):
    frame = result()
    return StillTracker(CAMERA).track(frame.frame, detections, frame.ego)


def test_a_single_picture_tells_its_sure_objects_at_once_nearest_first():
    far, near = (78.0, 44.0, 82.0, 48.0), (50.0, 40.0, 80.0, 70.0)
    objects = tracked(seen((far, 0.9, ObjectClass.CAR), (near, 0.6, ObjectClass.CAR)))
    assert objects.boxes_px.tolist() == [list(near), list(far)]
    assert objects.distances_m[0] < objects.distances_m[1]
    assert sorted(objects.track_ids) == [1, 2]


def test_a_single_picture_leaves_out_doubts_and_lights():
    box = (50.0, 40.0, 80.0, 70.0)
    objects = tracked(seen((box, 0.2, ObjectClass.CAR), (box, 0.9, ObjectClass.TRAFFIC_LIGHT)))
    assert len(objects) == 0
