"""An end-to-end YOLO network in an ONNX file, run by OpenVINO on the CPU."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import TYPE_CHECKING

import cv2
import numpy as np

from data.arrays import Array
from data.types import Detections, ObjectClass, SensorFrame
from perception.detection.classes import UNWANTED, class_table
from perception.detection.letterbox import Letterbox

if TYPE_CHECKING:
    from openvino import CompiledModel, Model

DEFAULT_WEIGHTS = Path(__file__).parent / "weights" / "nanshan_yolo26n.onnx"

# Below this a tracker cannot use a box either; what is drawn or reported may ask for more.
SCORE_FLOOR = 0.15
# Two boxes of one family that overlap more than this are one thing seen twice (a car read as a truck too).
DUPLICATE_IOU = 0.65

_FAMILY = np.zeros(len(ObjectClass), np.int32)
_FAMILY[[ObjectClass.MOTORCYCLE, ObjectClass.BICYCLE]] = 1
_FAMILY[ObjectClass.PEDESTRIAN] = 2
_FAMILY[ObjectClass.TRAFFIC_LIGHT] = 3
_FAMILY[ObjectClass.STOP_SIGN] = 4


class OpenVinoDetector:
    """Runs a network that answers one (1, n, 6) table of x1, y1, x2, y2, score, class index.

    The input size comes from the network's shape and the class names from the metadata that ultralytics
    writes into its exports; names without a counterpart in `ObjectClass` are dropped.

    Args:
        model_file: ONNX file; None takes the one trained on our own simulator.
        score_floor: detections below are dropped.
        threads: how many CPU threads one inference may use.
        exact: compute in float32 on every CPU. Otherwise a CPU that has bfloat16 uses it: it takes 0.6 of the
            time, and finds slightly other boxes than a CPU without.

    Raises:
        ValueError: the file is missing, unreadable or not such a network; one line that names it.
    """

    def __init__(
        self,
        model_file: Path | None = None,
        score_floor: float = SCORE_FLOOR,
        threads: int = 2,
        exact: bool = False,
    ) -> None:
        model, self._class_table = _read(model_file or DEFAULT_WEIGHTS)
        self._score_floor = score_floor
        height, width = (int(size) for size in model.input(0).shape[2:])
        self.input_size = (width, height)
        self._compiled = _compile(model, threads, exact)
        self._request = self._compiled.create_infer_request()

    def detect(self, frame: SensorFrame) -> Detections:
        """Boxes in pixels of the front image, best first."""
        image = frame.images[0]
        width, height = image.camera.width, image.camera.height
        letterbox = Letterbox.fit(width, height, *self.input_size)
        self._request.infer([letterbox.place(image.rgb)[None]], share_inputs=True)
        rows = self._request.get_output_tensor(0).data[0]
        boxes, scores, classes = _wanted(rows, self._class_table, self._score_floor)
        boxes = letterbox.boxes_in_picture(boxes, width, height)
        keep = _without_duplicates(boxes, scores, classes)
        return Detections(boxes[keep], scores[keep], classes[keep])


def exact_detector(model_file: Path | None = None) -> OpenVinoDetector:
    """The same detector, with the same boxes on every CPU; registered as `yolo-f32`.

    Raises:
        ValueError: as `OpenVinoDetector`.
    """
    return OpenVinoDetector(model_file, exact=True)


def _wanted(rows: Array, table: Array, score_floor: float) -> tuple[Array, Array, Array]:
    """Boxes (n, 4), scores (n,), classes (n,) of the rows that are sure enough and of a class we know."""
    indices = rows[:, 5].astype(np.int64)
    known = (indices >= 0) & (indices < len(table))
    classes = np.where(known, table[np.clip(indices, 0, len(table) - 1)], UNWANTED)
    keep = (rows[:, 4] >= score_floor) & (classes != UNWANTED) & (rows[:, 2:4] > rows[:, :2]).all(axis=1)
    return rows[keep, :4].astype(np.float64), rows[keep, 4].copy(), classes[keep]


def _without_duplicates(boxes: Array, scores: Array, classes: Array) -> Array:
    """Indices of the boxes to keep, best first; one box a thing within each family of classes."""
    if len(scores) == 0:
        return np.zeros(0, np.int64)
    sizes = np.column_stack([boxes[:, :2], boxes[:, 2:] - boxes[:, :2]])
    families = _FAMILY[classes].tolist()
    found = cv2.dnn.NMSBoxesBatched(sizes.tolist(), scores.tolist(), families, 0.0, DUPLICATE_IOU)
    kept: Array = np.asarray(found, np.int64).reshape(-1)
    best_first: Array = kept[np.argsort(-scores[kept], kind="stable")]
    return best_first


def _read(model_file: Path) -> tuple[Model, Array]:
    """The network and its class table."""
    from openvino.frontend import FrontEndManager

    if not model_file.is_file():
        raise ValueError(f"detector model {model_file}: no such file; name an ONNX export of a detector")
    # The ONNX reader is asked directly: the general one would let every format complain about a broken file.
    reader = FrontEndManager().load_by_framework("onnx")
    try:
        model = reader.convert(reader.load(str(model_file)))
    except Exception as error:
        raise ValueError(f"detector model {model_file}: not a readable ONNX file; fetch it again") from error
    _check_shapes(model, model_file)
    return model, _class_table(model, model_file)


def _check_shapes(model: Model, model_file: Path) -> None:
    """Holds the network to one fixed picture in and one (1, n, 6) table out."""
    if len(model.inputs) != 1 or len(model.outputs) != 1:
        raise ValueError(
            f"detector model {model_file}: expected one input and one output, got {len(model.inputs)} and "
            f"{len(model.outputs)}; export it end-to-end (nms=False)"
        )
    taken, given = model.input(0).partial_shape, model.output(0).partial_shape
    fits_in = taken.is_static and len(taken) == 4 and taken[0] == 1 and taken[1] == 3
    fits_out = len(given) == 3 and given[2] == 6
    if not (fits_in and fits_out):
        raise ValueError(
            f"detector model {model_file}: expected input (1, 3, height, width) and output (1, n, 6), got "
            f"{taken} and {given}; export it end-to-end (nms=False) with a fixed size"
        )


def _class_table(model: Model, model_file: Path) -> Array:
    """Class index to `ObjectClass`, from the names in the network's metadata."""
    try:
        metadata = model.get_rt_info()["framework"]
        entry = metadata.value if hasattr(metadata, "value") else metadata
        names = entry["names"]
        return class_table(ast.literal_eval(str(getattr(names, "value", names))))
    except (KeyError, RuntimeError, SyntaxError, TypeError, ValueError) as error:
        raise ValueError(
            f"detector model {model_file}: no usable `names` in its metadata ({error}); export it with "
            "ultralytics, which writes them"
        ) from error


def _compile(model: Model, threads: int, exact: bool) -> CompiledModel:
    """The network for the CPU; takes (1, height, width, 3) uint8 RGB as it lies in memory."""
    import openvino
    from openvino.preprocess import PrePostProcessor

    steps = PrePostProcessor(model)
    steps.input().tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
    steps.input().model().set_layout(openvino.Layout("NCHW"))
    steps.input().preprocess().convert_element_type(openvino.Type.f32).scale(255.0)
    options: dict[str, object] = {"PERFORMANCE_HINT": "LATENCY", "INFERENCE_NUM_THREADS": threads}
    if exact:
        options["INFERENCE_PRECISION_HINT"] = openvino.Type.f32
    return openvino.Core().compile_model(steps.build(), "CPU", options)
