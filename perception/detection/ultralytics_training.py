"""Training and exporting a detector with ultralytics: the only module that knows it, and only when called.

ultralytics comes with torch and is an extra of this project; nothing that drives needs it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from onnx import ModelProto
    from ultralytics import YOLO


@dataclass(frozen=True)
class TrainingPlan:
    """How to train.

    Attributes:
        epochs: passes over the training set.
        imgsz: longer side of the pictures, pixels, a multiple of 32.
        batch: pictures a step.
        seed: of everything random.
        freeze: so many layers of the network, from the input on, stay as they are.
        learning_rate: of AdamW at its peak.
        threads: of torch on the CPU.
        device: `cpu`, or a GPU's number.
        rect: feed pictures in their own shape; no mosaic and no shuffling then.
        close_mosaic: so many last epochs see whole pictures only.
    """

    epochs: int = 10
    imgsz: int = 640
    batch: int = 16
    seed: int = 0
    freeze: int = 0
    learning_rate: float = 3e-4
    threads: int = 2
    device: str = "cpu"
    rect: bool = False
    close_mosaic: int = 3


def train(dataset_yaml: Path, start_weights: Path, out_dir: Path, plan: TrainingPlan) -> Path:
    """Fine-tunes `start_weights` on a YOLO data set, or goes on where a stopped training of `out_dir` was.

    Returns:
        The best weights, a `.pt` file below `out_dir`.

    Raises:
        ValueError: ultralytics is not installed, or a file is missing.
    """
    for what, file in (("data set", dataset_yaml), ("start weights", start_weights)):
        if not file.is_file():
            raise ValueError(f"{what} {file}: no such file")
    last = out_dir / "train" / "weights" / "last.pt"
    if _unfinished(last):
        model = _load(last)
        _limit_threads(model, plan.threads)
        model.train(resume=True)
        return last.with_name("best.pt")
    model = _load(start_weights)
    _limit_threads(model, plan.threads)
    model.train(
        data=str(dataset_yaml),
        project=str(out_dir.resolve()),
        name="train",
        exist_ok=True,
        epochs=plan.epochs,
        imgsz=plan.imgsz,
        batch=plan.batch,
        seed=plan.seed,
        deterministic=True,
        freeze=plan.freeze or None,
        device=plan.device,
        rect=plan.rect,
        close_mosaic=plan.close_mosaic,
        # `optimizer="auto"` would take its own learning rate instead of ours.
        optimizer="AdamW",
        lr0=plan.learning_rate,
        warmup_epochs=1,
        # The head without non-maximum suppression has to be asked for, here as in export and validation.
        nms=False,
        plots=False,
        verbose=False,
    )
    return last.with_name("best.pt")


def export_onnx(weights: Path, out_file: Path, width: int, height: int, half_stored: bool = True) -> Path:
    """Writes the network end-to-end: one picture in, one table (1, 300, 6) of finished boxes out.

    Args:
        weights: a `.pt` file.
        out_file: where to write the ONNX file.
        width: of the input, pixels, a multiple of 32.
        height: of the input, pixels, a multiple of 32.
        half_stored: store the weights as float16 and compute in float32: half the file, no visible change.

    Raises:
        ValueError: ultralytics is missing, the weights are, or the network cannot be exported end-to-end.
    """
    if not weights.is_file():
        raise ValueError(f"weights {weights}: no such file")
    import onnx

    exported = Path(_load(weights).export(format="onnx", imgsz=[height, width], nms=False, device="cpu"))
    model = onnx.load(exported)
    shape = tuple(d.dim_value for d in model.graph.output[0].type.tensor_type.shape.dim)
    if len(shape) != 3 or shape[2] != 6:
        raise ValueError(f"weights {weights}: expected an end-to-end output (1, 300, 6), got {shape}")
    if half_stored:
        _store_half(model)
    out_file.parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, out_file)
    if exported.resolve() != out_file.resolve():
        exported.unlink()
    return out_file


def validate(weights: Path, dataset_yaml: Path, imgsz: int, split: str = "val") -> dict[str, float]:
    """Mean average precision of a `.pt` file with the end-to-end head: `map50_95`, `map50`, and by class.

    Raises:
        ValueError: ultralytics is not installed.
    """
    result = _load(weights).val(
        data=str(dataset_yaml), imgsz=imgsz, split=split, nms=False, plots=False, verbose=False, device="cpu"
    )
    by_class = {result.names[int(c)]: float(result.box.maps[int(c)]) for c in result.box.ap_class_index}
    return {"map50_95": float(result.box.map), "map50": float(result.box.map50), **by_class}


def check_checkpoint(weights: Path) -> None:
    """Looks whether a training could start from `weights`, before pictures are made for it.

    Raises:
        ValueError: ultralytics is not installed, or cannot load the file.
    """
    try:
        _load(weights)
    except ValueError:
        raise
    except Exception as error:  # torch and ultralytics raise whatever a broken file leads them to
        reason = (str(error) or repr(error)).splitlines()[0]
        raise ValueError(f"weights {weights}: not a checkpoint of ultralytics ({reason})") from error


def _load(weights: Path) -> YOLO:
    """The model as ultralytics holds it; its habits of installing packages and phoning home are off."""
    os.environ.setdefault("YOLO_AUTOINSTALL", "0")
    os.environ.setdefault("YOLO_OFFLINE", "1")
    try:
        from ultralytics import YOLO
    except ImportError as error:
        raise ValueError(
            "training needs ultralytics: pip install '.[ultralytics]' in Nanshan's folder"
        ) from error
    return YOLO(str(weights))


def _limit_threads(model: YOLO, threads: int) -> None:
    """Gives torch its threads back: ultralytics sets it to one when it starts to train."""

    def set_threads(_: object) -> None:
        import torch

        torch.set_num_threads(threads)

    model.add_callback("on_train_start", set_threads)


def _unfinished(last: Path) -> bool:
    """Whether `last` is the checkpoint of a training that was stopped in the middle."""
    if not last.is_file():
        return False
    _load(last)  # says what is missing when ultralytics is; the checkpoint holds its classes
    import torch

    checkpoint = torch.load(last, map_location="cpu", weights_only=False)
    return int(checkpoint.get("epoch", -1)) >= 0


def _store_half(model: ModelProto) -> None:
    """Turns large float32 weights into float16 ones that a Cast widens again when the file is read."""
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for tensor in model.graph.initializer:
        if tensor.data_type != TensorProto.FLOAT or np.prod(tensor.dims) < 256:
            continue
        narrow = numpy_helper.to_array(tensor).astype(np.float16)
        name = tensor.name
        tensor.CopyFrom(numpy_helper.from_array(narrow, f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], to=TensorProto.FLOAT))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend([*casts, *nodes])
