"""Detectors that were trained on photographs of COCO, and our own, all answering in COCO's class numbers."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import openvino

from data.camera import Camera
from data.types import CameraImage, ObjectClass, SensorFrame
from perception.detection.letterbox import Letterbox
from perception.detection.openvino_detector import DEFAULT_WEIGHTS, OpenVinoDetector

WEIGHTS = Path(__file__).parents[3] / "shared/recorded/weights"
SCORE_FLOOR = 0.05
PERSON, BICYCLE, CAR, MOTORCYCLE, BUS, TRUCK, TRAFFIC_LIGHT, STOP_SIGN = 0, 1, 2, 3, 5, 7, 9, 11
COCO_OF_OURS = {
    ObjectClass.CAR: CAR,
    ObjectClass.TRUCK: TRUCK,
    ObjectClass.BUS: BUS,
    ObjectClass.MOTORCYCLE: MOTORCYCLE,
    ObjectClass.BICYCLE: BICYCLE,
    ObjectClass.PEDESTRIAN: PERSON,
    ObjectClass.TRAFFIC_LIGHT: TRAFFIC_LIGHT,
    ObjectClass.STOP_SIGN: STOP_SIGN,
}


@dataclass(frozen=True, eq=False)
class Found:
    """What a network sees in a picture.

    Attributes:
        boxes_px: (n, 4) float64 xyxy.
        scores: (n,) float64.
        classes: (n,) int64, COCO's numbers.
    """

    boxes_px: np.ndarray
    scores: np.ndarray
    classes: np.ndarray


def float_network(size, file="yolo26n_coco_rebuilt.pt"):
    """The float network, run by ultralytics as it comes; `size`: its input's longer side in pixels."""
    from ultralytics import YOLO

    model = YOLO(WEIGHTS / file)

    def detect(rgb):
        bgr = np.ascontiguousarray(rgb[..., ::-1])
        boxes = model.predict(bgr, imgsz=size, conf=SCORE_FLOOR, verbose=False)[0].boxes
        return Found(boxes.xyxy.numpy().astype(float), boxes.conf.numpy(), boxes.cls.numpy().astype(int))

    return detect


def int8_network(file):
    """A quantised ONNX export, run by OpenVINO at the size that it was exported for."""
    network = openvino.Core().compile_model(str(WEIGHTS / file), "CPU", {"INFERENCE_NUM_THREADS": 1})
    height, width = network.input(0).shape[2:]
    ends_with_boxes = network.output(0).shape[2] == 6

    def detect(rgb):
        letterbox = Letterbox.fit(rgb.shape[1], rgb.shape[0], width, height)
        placed = letterbox.place(rgb).transpose(2, 0, 1)[None].astype(np.float32) / 255.0
        rows = network(placed)[0][0]
        found = _of_boxes(rows) if ends_with_boxes else _of_anchors(rows)
        boxes = letterbox.boxes_in_picture(found.boxes_px, rgb.shape[1], rgb.shape[0])
        return Found(boxes, found.scores, found.classes)

    return detect


def _of_boxes(rows):
    kept = rows[rows[:, 4] >= SCORE_FLOOR]
    return Found(kept[:, :4].astype(float), kept[:, 4], kept[:, 5].astype(int))


def _of_anchors(rows):
    """Boxes of a network that answers (4 + classes, anchors): the best of overlapping ones of a class."""
    scores, classes = rows[4:].max(axis=0), rows[4:].argmax(axis=0)
    sure = scores >= SCORE_FLOOR
    middle, size = rows[:2, sure].T.astype(float), rows[2:4, sure].T.astype(float)
    corners, scores, classes = np.hstack([middle - size / 2, size]), scores[sure], classes[sure]
    kept = cv2.dnn.NMSBoxesBatched(corners.tolist(), scores.tolist(), classes.tolist(), SCORE_FLOOR, 0.7)
    kept = np.asarray(kept, int).reshape(-1)
    boxes = np.hstack([corners[kept, :2], corners[kept, :2] + corners[kept, 2:]])
    return Found(boxes, scores[kept], classes[kept])


def own_network():
    """The detector that drives here."""
    detector = OpenVinoDetector(DEFAULT_WEIGHTS, score_floor=SCORE_FLOOR, threads=1, exact=True)
    numbers = np.array([COCO_OF_OURS.get(known, -1) for known in ObjectClass])

    def detect(rgb):
        height, width = rgb.shape[:2]
        camera = Camera("front", width, height, np.eye(3), np.eye(4))
        found = detector.detect(SensorFrame(0, 0, "town", (CameraImage(camera, 0, rgb),)))
        return Found(found.boxes_px, found.scores, numbers[found.classes])

    return detect
