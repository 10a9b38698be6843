"""`nanshan train`: a detector from labelled pictures of the embedded server."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from pathlib import Path
from typing import Annotated, Literal

import cv2
import numpy as np
import tyro
from pydantic import Field
from rich.console import Console
from rich.progress import track

from assistant.command_line import from_command_line
from assistant.outputs import check_outputs
from assistant.results import result_object
from assistant.settings import DEFAULT_TOWN, Settings
from data.files import told
from data.jsonable import write_json
from data.types import ObjectClass
from perception.detection.labels import box_labels
from perception.detection.ultralytics_training import (
    TrainingPlan,
    check_checkpoint,
    export_onnx,
    train,
    validate,
)
from sim_bridge.embedded import start_embedded_server
from sim_bridge.errors import SimulatorError
from sim_bridge.labelled_views import ViewSettings, labelled_views

SPLITS: tuple[tuple[Literal["train", "val"], int], ...] = (("train", 0), ("val", 1))
"""Name of each part of the data and what it adds to the seed: no scene is in two."""

COCO_NAMES = {ObjectClass.PEDESTRIAN: "person"}
"""Where COCO's word for a class is another; ultralytics carries classes over by their words."""


class TrainSettings(Settings):
    """Renders labelled pictures with the embedded server, trains a detector with ultralytics, exports it.

    What stands in the output folder already is kept: finished pictures are not rendered again, and a training
    that was stopped goes on. Needs the extra `ultralytics`. Exit code: 0 done, 1 broke off, 2 unusable input.
    """

    start: Path = Field(description="checkpoint to start from, e.g. yolo26n.pt")
    out: Path = Field(
        default=Path("runs/train"), description="folder for pictures, checkpoints and the model"
    )
    town: str = Field(default=DEFAULT_TOWN, description="where the pictures are taken")
    pictures: int = Field(default=2400, ge=20, le=1_000_000, description="to train with")
    val_pictures: int = Field(default=300, ge=10, le=100_000, description="to measure with")
    epochs: int = Field(default=8, ge=1, le=1000)
    imgsz: int = Field(default=640, ge=64, le=1920, description="longer side while training, pixels")
    width: int = Field(default=640, ge=64, le=1920, description="input of the exported model, pixels")
    height: int = Field(default=384, ge=64, le=1088, description="input of the exported model, pixels")
    batch: int = Field(default=8, ge=1, le=512)
    freeze: int = Field(default=0, ge=0, le=24, description="leading layers that stay as they are")
    rect: bool = Field(
        default=True, description="pictures in their own shape: faster, without mosaic and shuffling"
    )
    seed: int = Field(default=0, ge=0, le=2**30)
    json_: Annotated[Path | None, tyro.conf.arg(name="json")] = Field(
        default=None, alias="json", description="the figures, FILE.json"
    )


def main(argv: list[str]) -> int:
    """Runs the command; see `TrainSettings` for the exit codes."""
    settings = from_command_line(TrainSettings, "train", argv)
    if isinstance(settings, int):
        return settings
    console = Console(stderr=True)
    try:
        if not settings.start.is_file():
            raise ValueError(f"--start {settings.start}: no such file")
        check_outputs({"--json": settings.json_}, [settings.start])
        check_checkpoint(settings.start)
        dataset = render(settings, console)
        return _train(settings, dataset)
    except (ValueError, SimulatorError) as error:
        print(f"nanshan train: {error}", file=sys.stderr)
        return 2
    except OSError as error:
        print(f"nanshan train: {told(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("nanshan train: interrupted; the same command goes on from here", file=sys.stderr)
        return 1


def render(settings: TrainSettings, console: Console) -> Path:
    """Renders what is missing of the data set and returns its YAML file.

    Raises:
        SimulatorError: the embedded server could not start or died.
    """
    folder = settings.out / "pictures"
    wanted = {"train": settings.pictures, "val": settings.val_pictures}
    missing = {split: _missing(folder / "images" / split, count) for split, count in wanted.items()}
    if any(count > 0 for count in missing.values()):
        with start_embedded_server(settings.town, seed=settings.seed) as at:
            for split, offset in SPLITS:
                if missing[split] > 0:
                    views = ViewSettings(at.host, at.port, wanted[split], seed=2 * settings.seed + offset)
                    _render_split(folder, split, views, console)
    names = {kind.value: COCO_NAMES.get(kind, kind.name.lower().replace("_", " ")) for kind in ObjectClass}
    yaml = folder / "data.yaml"
    lines = [f"path: {folder.resolve()}", "train: images/train", "val: images/val", "names:"]
    yaml.write_text("\n".join([*lines, *(f"  {key}: {name}" for key, name in names.items())]) + "\n")
    return yaml


def _missing(folder: Path, count: int) -> int:
    return count - sum(1 for _ in folder.glob("*.jpg")) if folder.is_dir() else count


def _render_split(folder: Path, split: str, settings: ViewSettings, console: Console) -> None:
    images, labels = folder / "images" / split, folder / "labels" / split
    for path in (images, labels):
        path.mkdir(parents=True, exist_ok=True)
    views = track(
        labelled_views(settings), f"rendering {split}", settings.count, console=console, transient=True
    )
    # Neighbours share weather and lens; a training in the pictures' own shape takes them in the files' order.
    order = np.random.default_rng(settings.seed).permutation(settings.count)
    for number, view in zip(order, views, strict=True):
        boxes = box_labels(view.instance_ids, view.tags, view.classes)
        height, width = view.rgb.shape[:2]
        (labels / f"{number:06d}.txt").write_text(boxes.yolo_lines(width, height))
        picture = images / f"{number:06d}.jpg"
        part = picture.with_suffix(".part")
        bgr = cv2.cvtColor(view.rgb, cv2.COLOR_RGB2BGR)
        part.write_bytes(cv2.imencode(".jpg", bgr, [cv2.IMWRITE_JPEG_QUALITY, 92])[1].tobytes())
        os.replace(part, picture)


def _train(settings: TrainSettings, dataset: Path) -> int:
    plan = TrainingPlan(
        epochs=settings.epochs,
        imgsz=settings.imgsz,
        batch=settings.batch,
        freeze=settings.freeze,
        seed=settings.seed,
        rect=settings.rect,
    )
    best = train(dataset, settings.start, settings.out, plan)
    figures = validate(best, dataset, settings.imgsz)
    model = export_onnx(best, settings.out / "detector.onnx", settings.width, settings.height)
    digest = hashlib.sha256(model.read_bytes()).hexdigest()
    value = result_object("train", figures | {"sha256": digest}, settings.model_dump(mode="json"))
    write_json(settings.out / "figures.json", value)
    if settings.json_ is not None:
        write_json(settings.json_, value)
    print(json.dumps(figures, indent=2))
    print(f"left in {model} (sha256 {digest[:12]}...)")
    return 0
